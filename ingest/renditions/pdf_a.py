"""Pages and their lines become one searchable PDF/A-2b. Pure: the same pages and facts give the same bytes.

The picture of each page stands over its invisible text; docs/decisions/0016 says why it is built so.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import BinaryIO

from pikepdf import Array, Dictionary, Name, Object, ObjectStreamMode, Page, Pdf, String

from ingest.lines import TextLine
from ingest.renditions import colour, font, metadata, text_layer
from ingest.renditions.about import About
from ingest.renditions.picture import Picture, picture_of

#: Sides of a page that PDF readers take, in units.
SHORTEST, LONGEST = 3.0, 14_400.0
#: A page without a resolution, or with an absurd one, counts as scanned at this.
_USUAL_DPI = 200
_LEAST_DPI, _MOST_DPI = 20, 4800
_POINTS_PER_INCH = 72


@dataclass(frozen=True)
class SourcePage:
    """A page to be put in: its upright picture (JPEG or PNG), and its lines in pixels of that picture."""

    picture: Callable[[], bytes]
    dpi: int
    width_px: int
    height_px: int
    lines: Sequence[TextLine]


@dataclass(frozen=True)
class _Sheet:
    """Size of a page in units, how many points a unit has, and units for a pixel."""

    width: float
    height: float
    user_unit: float
    units_per_px: float


def build(pages: Sequence[SourcePage], about: About) -> bytes:
    """Return the PDF/A-2b of `pages`; see `write`."""
    out = io.BytesIO()
    write(pages, about, out)
    return out.getvalue()


def write(pages: Sequence[SourcePage], about: About, out: BinaryIO) -> None:
    """Write the PDF/A-2b of `pages`, in their order. Raises Damaged for a picture that cannot be decoded."""
    encoding = font.encoding_of(text_layer.searchable(line.text) for page in pages for line in page.lines)
    with Pdf.new() as pdf:
        embedded = font.embed(pdf, encoding) if encoding.codes else None
        for page in pages:
            _add_page(pdf, page, embedded, encoding)
        _describe(pdf, about)
        if len(pages) > 1:
            _add_bookmarks(pdf)
        pdf.save(out, deterministic_id=True, min_version="1.7", object_stream_mode=ObjectStreamMode.disable)


def _sheet(page: SourcePage) -> _Sheet:
    dpi = page.dpi if _LEAST_DPI <= page.dpi <= _MOST_DPI else _USUAL_DPI
    scale = _POINTS_PER_INCH / dpi
    longest = max(page.width_px, page.height_px) * scale
    # A drawing of twenty metres keeps its true size: its units are larger than a point.
    unit = max(1.0, round(longest / LONGEST + 0.0005, 3))
    scale /= unit
    width, height = (max(SHORTEST, side * scale) for side in (page.width_px, page.height_px))
    return _Sheet(width, height, unit, scale)


def _add_page(pdf: Pdf, page: SourcePage, embedded: Object | None, encoding: font.Encoding) -> None:
    sheet = _sheet(page)
    picture = picture_of(page.picture())
    text = b""
    if embedded is not None:
        size = (page.width_px, page.height_px)
        text = text_layer.content(page.lines, encoding, size_px=size, units_per_px=sheet.units_per_px)
    resources = Dictionary(XObject=Dictionary(P=_image(pdf, picture)))
    if text and embedded is not None:
        resources.Font = Dictionary(F=embedded)
    made = Dictionary(
        Type=Name.Page,
        MediaBox=Array([0, 0, _round(sheet.width), _round(sheet.height)]),
        Resources=resources,
        # The text lies under the picture: a reader that paints what is invisible would still show the picture only.
        Contents=pdf.make_stream(b"\n".join(filter(None, [text, _paint(page, picture, sheet)]))),
    )
    if sheet.user_unit != 1:
        made.UserUnit = _round(sheet.user_unit)
    pdf.pages.append(Page(pdf.make_indirect(made)))


def _paint(page: SourcePage, picture: Picture, sheet: _Sheet) -> bytes:
    across, up = page.width_px * sheet.units_per_px, page.height_px * sheet.units_per_px
    a, b, c, d, e, f = picture.matrix
    numbers = (a * across, b * up, c * across, d * up, e * across, f * up)
    return b"q %s cm /P Do Q" % b" ".join(map(text_layer.number, numbers))


def _image(pdf: Pdf, picture: Picture) -> Object:
    image = pdf.make_stream(
        picture.data,
        Type=Name.XObject,
        Subtype=Name.Image,
        Width=picture.width_px,
        Height=picture.height_px,
        BitsPerComponent=8,
        ColorSpace=_colours(pdf, picture),
    )
    if picture.filter:
        image.Filter = Name(f"/{picture.filter}")
    return image


def _colours(pdf: Pdf, picture: Picture) -> Object:
    if picture.profile is None:
        return Name.DeviceGray if picture.channels == 1 else Name.DeviceRGB
    return Array([Name.ICCBased, pdf.make_stream(picture.profile, N=picture.channels)])


def _describe(pdf: Pdf, about: About) -> None:
    profile = pdf.make_stream(colour.srgb(), N=3)
    intent = Dictionary(
        Type=Name.OutputIntent,
        S=Name.GTS_PDFA1,
        OutputConditionIdentifier=String("sRGB IEC61966-2.1"),
        Info=String("sRGB IEC61966-2.1"),
        DestOutputProfile=profile,
    )
    root = pdf.Root
    root.OutputIntents = Array([pdf.make_indirect(intent)])
    root.Metadata = pdf.make_stream(metadata.xmp(about), Type=Name.Metadata, Subtype=Name.XML)
    root.Lang = String("zh-CN")
    root.PageLabels = Dictionary(Nums=Array([0, Dictionary(S=Name.D)]))
    root.ViewerPreferences = Dictionary(DisplayDocTitle=True)
    pdf.trailer.Info = pdf.make_indirect(metadata.information(about))


def _add_bookmarks(pdf: Pdf) -> None:
    """Give every page a bookmark; readers show them closed."""
    outlines = pdf.make_indirect(Dictionary(Type=Name.Outlines))
    marks = [
        pdf.make_indirect(Dictionary(Title=f"第 {number} 页", Parent=outlines, Dest=Array([page.obj, Name.Fit])))
        for number, page in enumerate(pdf.pages, start=1)
    ]
    for before, after in pairwise(marks):
        before.Next, after.Prev = after, before
    outlines.First, outlines.Last, outlines.Count = marks[0], marks[-1], len(marks)
    pdf.Root.Outlines = outlines


def _round(value: float) -> Decimal:
    return Decimal(text_layer.number(value).decode())
