"""The text a PDF page carries: read with its places, and believed only if the picture of the page agrees.

A layer may be missing, empty, wrongly coded, half (a stamp over a scan), hidden, or of another page. What is not
sound is not used, and the page is read from its picture instead: that costs seconds, a wrong layer costs a record.
"""

from __future__ import annotations

import ctypes
import math
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pypdfium2 as pdfium
import pypdfium2.raw as raw
from PIL import Image

from ingest.formats import pages
from ingest.formats.layout import joined

Boxes = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

#: No page for people holds more characters; a longer layer is not worth its time.
_MOST_CHARS = 60_000
_MOST_OBJECTS = 4_000
#: A picture this large, as a share of the page, may hold text of its own: a pasted identity card has 7 %,
#: a seal has 4 %.
_PICTURE_SHARE = 0.06
_ALL_PICTURES_SHARE = 0.2
_MOSTLY_PICTURE = 0.5
_LEAST_PLAUSIBLE = 0.9
#: Of Chinese characters, the share that must be in the 6,763 of GB 2312: mojibake is full of rare ones.
_LEAST_COMMON = 0.8
#: Share of Chinese characters in a layer over a scan.
_LEAST_CHINESE = 0.25
_LEAST_CHARS = 8
#: Share of the page's ink that lies within the lines of the layer, ruled lines left out.
_LEAST_COVER = 0.4
#: Share of the layer's lines that have ink below them.
_LEAST_SHOWN = 0.7
#: Levels that make ink for this comparison; backgrounds and watermarks are fainter.
_DARK = 50
#: Run of ink, in cells of 4 pixels, that is a ruled line and no stroke.
_RULE = 24
_PLAUSIBLE_EXTRA = set("°±×÷·§²³µ–—‘’“”…‰′″℃№™≤≥≠≈∞√∑→←↑↓△▲▽▼○●◎□■◇◆☆★☑☒✓✔✗㎡㎥㎞㎏㎜㎝￥¥€")


@dataclass(frozen=True)
class Layer:
    """Characters of a page in the order of the file, with places as shares of the page, upright, from the top left."""

    text: Sequence[str]
    #: n × 4: where the ink of each character is.
    tight: Boxes
    #: n × 4: the cell of the font that each stands in.
    loose: Boxes
    #: Clockwise degrees by which the page must be turned for most of the text to run from left to right.
    turn: int
    #: Characters that the font cannot name.
    unmapped: int
    #: Most of the text is meant to be seen in a font that the file does not carry.
    borrowed_font: bool
    #: From page space to shares of the upright page.
    matrix: npt.NDArray[np.float64]


def read(page: pdfium.PdfPage) -> Layer:
    """Return the characters of `page`; none when there are none or too many."""
    text_page = page.get_textpage()
    try:
        count = text_page.count_chars()
        if not 0 < count <= _MOST_CHARS:
            return _nothing(page)
        return _read(page, text_page.raw, count)
    finally:
        text_page.close()


def judge(page: pdfium.PdfPage, text: Layer, image: Image.Image) -> tuple[list[dict[str, Any]] | None, list[str]]:
    """Return the lines of the layer with boxes in pixels of `image`, in reading order, and flags of the page.

    No lines if the layer is not to be believed; then the page is to be read from its picture.
    """
    pictures = picture_areas(page, text)
    over_picture = _share(pictures) > _MOSTLY_PICTURE
    plausible = is_plausible(text.text, unmapped=text.unmapped, over_picture=over_picture)
    found = joined(text.text, text.tight, text.loose, np.asarray(image.convert("L"))) if plausible else []
    if pages.is_blank(image):
        if found and text.borrowed_font:
            # The file names a font that no one here has: the picture is empty, the page is not.
            return found, ["text-not-shown"]
        # Text that nobody can see is no part of the paper.
        return None, ["blank", "hidden-text"] if found else ["blank"]
    if not found or not _agrees([line["box"] for line in found], image, pictures):
        return None, []
    return found, []


def picture_areas(page: pdfium.PdfPage, text: Layer) -> list[tuple[float, float, float, float]]:
    """Return the boxes of images large enough to hold text, as shares of the upright page."""
    boxes = []
    for number, thing in enumerate(page.get_objects(filter=_PICTURES, max_depth=1)):
        if number > _MOST_OBJECTS:
            return [(0.0, 0.0, 1.0, 1.0)]
        if thing.type == raw.FPDF_PAGEOBJ_IMAGE or _holds_image(page, thing):
            boxes.append(thing.get_bounds())
    if not boxes:
        return []
    areas = _placed(np.array(boxes, np.float64), text.matrix).clip(0, 1)
    sizes = (areas[:, 2] - areas[:, 0]) * (areas[:, 3] - areas[:, 1])
    keep = sizes > (0 if sizes.sum() > _ALL_PICTURES_SHARE else _PICTURE_SHARE)
    return [tuple(area) for area in areas[keep].tolist()]


_PICTURES = [raw.FPDF_PAGEOBJ_IMAGE, raw.FPDF_PAGEOBJ_FORM]


def _holds_image(page: pdfium.PdfPage, form: Any) -> bool:
    inner = page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE], max_depth=4, form=form, level=1)
    return next(iter(inner), None) is not None


def _share(areas: Sequence[Sequence[float]]) -> float:
    return sum((x1 - x0) * (y1 - y0) for x0, y0, x1, y1 in areas)


def _nothing(page: pdfium.PdfPage) -> Layer:
    none = np.zeros((0, 4))
    return Layer((), none, none, 0, 0, False, _matrix(page, 0))


def _read(page: pdfium.PdfPage, text_page: Any, count: int) -> Layer:
    left, right, bottom, top = (ctypes.c_double() for _ in range(4))
    rect = raw.FS_RECTF()
    chars: list[str] = []
    tight: list[tuple[float, float, float, float]] = []
    loose: list[tuple[float, float, float, float]] = []
    unmapped = 0
    for index in range(count):
        code = raw.FPDFText_GetUnicode(text_page, index)
        raw.FPDFText_GetCharBox(text_page, index, left, right, bottom, top)
        raw.FPDFText_GetLooseCharBox(text_page, index, rect)
        unmapped += raw.FPDFText_HasUnicodeMapError(text_page, index) == 1
        chars.append(chr(code) if code < 0x110000 and not 0xD800 <= code < 0xE000 else "\ufffd")
        tight.append((left.value, bottom.value, right.value, top.value))
        loose.append((rect.left, rect.bottom, rect.right, rect.top))
    turn = _turn(page, text_page, count)
    borrowed = _borrows_font(text_page, count)
    matrix = _matrix(page, turn)
    return Layer(
        chars, _placed(np.array(tight), matrix), _placed(np.array(loose), matrix), turn, unmapped, borrowed, matrix
    )


def _matrix(page: pdfium.PdfPage, turn: int) -> npt.NDArray[np.float64]:
    """Return the 2 × 3 matrix from page space to shares of the page as shown, turned by `turn` degrees.

    PDFium itself is asked, with three points, so that crop box, origin and the page's own rotation are right.
    """
    size = 1_000_000
    x, y = ctypes.c_int(), ctypes.c_int()
    points = []
    for at in ((0.0, 0.0), (100.0, 0.0), (0.0, 100.0)):
        raw.FPDF_PageToDevice(page, 0, 0, size, size, turn // 90, *at, x, y)
        points.append((x.value / size, y.value / size))
    origin, right, up = (np.array(p) for p in points)
    return np.column_stack([(right - origin) / 100, (up - origin) / 100, origin])


def _placed(boxes: Boxes, matrix: npt.NDArray[np.float64]) -> Boxes:
    """Map boxes (left, bottom, right, top) of page space by `matrix` to (x0, y0, x1, y1)."""
    first = boxes[:, [0, 1]] @ matrix[:, :2].T + matrix[:, 2]
    second = boxes[:, [2, 3]] @ matrix[:, :2].T + matrix[:, 2]
    return np.hstack([np.minimum(first, second), np.maximum(first, second)])


def _borrows_font(text_page: Any, count: int) -> bool:
    sample = range(0, count, max(1, count // 50))
    borrowed = 0
    for index in sample:
        thing = raw.FPDFText_GetTextObject(text_page, index)
        if thing and raw.FPDFTextObj_GetTextRenderMode(thing) != raw.FPDF_TEXTRENDERMODE_INVISIBLE:
            borrowed += raw.FPDFFont_GetIsEmbedded(raw.FPDFTextObj_GetFont(thing)) == 0
    return borrowed > len(sample) / 2


def _turn(page: pdfium.PdfPage, text_page: Any, count: int) -> int:
    """Return the turn after which most of a sample of the text runs to the right."""
    step = max(1, count // 200)
    votes = [0, 0, 0, 0]
    straight = _matrix(page, 0)[:, :2]
    width, height = page.get_size()
    for index in range(0, count, step):
        angle = raw.FPDFText_GetCharAngle(text_page, index)
        if angle < 0:
            continue
        # The angle is given against the baseline of page space; what counts is where it points on the page as shown.
        along = straight @ np.array([math.cos(angle), -math.sin(angle)])
        votes[round(math.atan2(along[1] * height, along[0] * width) / (math.pi / 2)) % 4] += 1
    quarter = max(range(4), key=lambda q: votes[q])
    return (360 - 90 * quarter) % 360


def is_plausible(text: Iterable[str], *, unmapped: int = 0, over_picture: bool = False) -> bool:
    """Say whether characters are ones that papers of the archive are written with.

    `unmapped` of them the font itself cannot name; `over_picture` when they lie over a scan.
    """
    chars = [c for c in text if not c.isspace()]
    if len(chars) < _LEAST_CHARS:
        return False
    good = sum(_is_plausible(c) for c in chars) - unmapped
    if good < _LEAST_PLAUSIBLE * len(chars):
        return False
    chinese = [c for c in chars if "\u3400" <= c <= "\u9fff"]
    if sum(_is_common(c) for c in chinese) < _LEAST_COMMON * len(chinese):
        return False
    # A layer laid over a scan by a reader that knew no Chinese is full of plausible letters.
    return not over_picture or len(chinese) >= _LEAST_CHINESE * len(chars)


def _is_plausible(char: str) -> bool:
    if " " <= char <= "~" or char in _PLAUSIBLE_EXTRA:
        return True
    code = ord(char)
    if 0x80 <= code < 0x250:
        return False  # accented letters on our papers are Chinese read in the wrong code page
    if 0xE000 <= code <= 0xF8FF or code == 0xFFFD or code >= 0xF0000:
        return False
    return unicodedata.category(char) not in {"Cc", "Cn", "Cs", "Co"}


def _is_common(char: str) -> bool:
    try:
        char.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True


def _agrees(boxes: Sequence[Sequence[int]], image: Image.Image, pictures: Sequence[Sequence[float]]) -> bool:
    """Compare the places of the lines with the ink of the picture, on the whole page and in each image on it."""
    ink = pages.ink(image, darker_by=_DARK)
    lines_mask = np.zeros_like(ink)
    shown = 0
    for x0, y0, x1, y1 in boxes:
        # A cell around each line: boxes end at the ink, and the ink mask is coarse.
        part = (slice(max(0, y0 // 4 - 1), y1 // 4 + 2), slice(max(0, x0 // 4 - 1), x1 // 4 + 2))
        lines_mask[part] = True
        shown += bool(ink[part].any())
    if shown < _LEAST_SHOWN * len(boxes):
        return False
    ink = _without_rules(ink)
    height, width = ink.shape
    for left, top, right, bottom in [(0.0, 0.0, 1.0, 1.0), *pictures]:
        across = slice(round(left * width), round(right * width) + 1)
        part = (slice(round(top * height), round(bottom * height) + 1), across)
        inside = ink[part]
        total = int(np.count_nonzero(inside))
        covered = int(np.count_nonzero(inside & lines_mask[part]))
        if total > 40 and covered < _LEAST_COVER * total:
            return False
    return True


def _without_rules(ink: Mask) -> Mask:
    """Take long straight runs out of an ink mask: ruled lines and frames are no text."""
    return np.asarray(ink & ~_runs(ink) & ~_runs(ink.T).T)


def _runs(ink: Mask) -> Mask:
    """Return the cells that belong to a horizontal run of at least _RULE cells."""
    if ink.shape[1] < _RULE:
        return np.zeros_like(ink)
    sums = np.cumsum(np.pad(ink.astype(np.int32), ((0, 0), (1, 0))), axis=1)
    starts = (sums[:, _RULE:] - sums[:, :-_RULE]) == _RULE
    found = np.zeros_like(ink)
    for shift in range(_RULE):
        found[:, shift : shift + starts.shape[1]] |= starts
    return found
