"""PDF by PDFium: opened, counted, rendered; mended once by qpdf (pikepdf) when PDFium cannot."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import pikepdf
import pypdfium2 as pdfium
import pypdfium2.raw as raw
from PIL import Image

from ingest.errors import refuse
from ingest.formats import layer, pages
from ingest.formats.limits import Limits

#: Pages looked at, small, to see whether a mended file shows anything.
_LOOKED_AT = 20
_SMALL_SCALE = 0.5
#: Share of a page that its picture covers when the page is a scan, and how many pictures are looked at for it.
_MOSTLY, _PICTURES_LOOKED_AT = 0.5, 20
_HIGHEST_DPI = 10_000
_NEEDS_PASSWORD = {raw.FPDF_ERR_PASSWORD, raw.FPDF_ERR_SECURITY}
#: Larger sides than this are a mistake of the maker or an attack; PDFium itself gives up a little further on.
_LONGEST_SIDE_PT = 10_000_000


class CannotOpen(Exception):
    """PDFium makes nothing of the file."""


def check(path: Path, work: Path, limits: Limits) -> tuple[int, list[str]]:
    """Return the number of pages and flags. Raises FileRefused."""
    with opened(path, work) as (document, flags):
        count = len(document)
        if count > limits.max_pages:
            raise refuse("file.too-many-pages", limit=limits.max_pages)
        if "repaired" in flags and not _shows_anything(document):
            # A file that comes back from mending without anything to see has not come back.
            raise refuse("file.damaged/blank")
        return count, flags


@contextmanager
def opened(path: Path, work: Path) -> Iterator[tuple[pdfium.PdfDocument, list[str]]]:
    """Open a PDF, mended if need be; yield it with flags. Raises FileRefused."""
    flags: list[str] = []
    try:
        document = _open(path)
    except CannotOpen:
        document = _open_mended(path, work)
        flags.append("repaired")
    else:
        if not raw.FPDF_DocumentHasValidCrossReferenceTable(document):
            # PDFium has rebuilt the table of objects by searching the file; what it missed is not known.
            flags.append("repaired")
    try:
        yield document, flags
    finally:
        document.close()


def render(
    document: pdfium.PdfDocument, page_no: int, into: Path, limits: Limits, *, as_page: int | None = None
) -> dict[str, Any]:
    """Write page `page_no` as JPEG into the folder `into` and return its record, with its text where that is sound.

    `as_page` is the number it goes by where that is another: a page that was taken out of a longer file.
    """
    known_as = as_page or page_no
    try:
        page = _page(document, page_no)
        try:
            return _render(page, known_as, into, limits)
        finally:
            page.close()
    except pdfium.PdfiumError:
        return pages.record(known_as, error_code="file.damaged")


def _page(document: pdfium.PdfDocument, page_no: int) -> pdfium.PdfPage:
    page = document[page_no - 1]
    if raw.FPDFPage_GetAnnotCount(page) <= 0:
        return page
    # What was filled in or stamped becomes part of the page, for the picture and for the text. It shows only on a
    # page loaded anew.
    raw.FPDFPage_Flatten(page, raw.FLAT_NORMALDISPLAY)
    page.close()
    return document[page_no - 1]


def _render(page: pdfium.PdfPage, page_no: int, into: Path, limits: Limits) -> dict[str, Any]:
    width, height = page.get_size()
    if not 0 < max(width, height) < _LONGEST_SIDE_PT:
        return pages.record(page_no, error_code="file.pixel-limit")
    asked = limits.render_dpi / 72
    scale = pages.scale_to_fit(width, height, asked, max_pixels=limits.max_render_pixels)
    text = layer.read(page)
    image = _picture(page, scale, turn=text.turn)
    saved = pages.save(image, into / pages.file_name(page_no))
    lines, flags = layer.judge(page, text, saved)
    flags += ["scaled-down"] if scale < asked else []
    flags += ["turned"] if text.turn else []
    file, dpi = pages.file_name(page_no), max(1, round(scale * 72))
    scanned = _scanned_dpi(page)
    return pages.record(page_no, file=file, size=saved.size, dpi=dpi, flags=flags, layer=lines, scanned_dpi=scanned)


def _scanned_dpi(page: pdfium.PdfPage) -> int | None:
    """Return the resolution at which the page shows the picture that covers most of it; none without such a picture."""
    width, height = page.get_size()
    for number, picture in enumerate(page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE], max_depth=2)):
        if number > _PICTURES_LOOKED_AT:
            break
        left, bottom, right, top = picture.get_bounds()
        if (right - left) * (top - bottom) > _MOSTLY * width * height:
            found = raw.FPDF_IMAGEOBJ_METADATA()
            told = raw.FPDFImageObj_GetImageMetadata(picture, page, found)
            dpi = min(found.horizontal_dpi, found.vertical_dpi)
            return round(dpi) if told and 0 < dpi < _HIGHEST_DPI else None
    return None


def _picture(page: pdfium.PdfPage, scale: float, *, turn: int = 0) -> Image.Image:
    bitmap = page.render(scale=scale, rotation=turn, rev_byteorder=True)
    try:
        # PDFium frees its own memory on closing; the copy is what makes the picture ours.
        return Image.fromarray(np.ascontiguousarray(bitmap.to_numpy()[..., :3]))
    finally:
        bitmap.close()


def _open(path: Path) -> pdfium.PdfDocument:
    try:
        document = pdfium.PdfDocument(path)
    except pdfium.PdfiumError as error:
        if error.err_code in _NEEDS_PASSWORD:
            raise refuse("file.password") from error
        raise CannotOpen from error
    if not _has_pages(document):
        document.close()
        raise CannotOpen
    return document


def _has_pages(document: pdfium.PdfDocument) -> bool:
    """Say whether any page can be found: the count is only what the file says of itself."""
    for index in range(min(len(document), _LOOKED_AT)):
        with suppress(pdfium.PdfiumError):
            document.get_page_size(index)
            return True
    return False


def _open_mended(path: Path, work: Path) -> pdfium.PdfDocument:
    """Have qpdf write the file anew and open that. The original stays as it is."""
    mended = work / "mended.pdf"
    try:
        with pikepdf.open(path) as broken:
            broken.save(mended)
        return _open(mended)
    except pikepdf.PasswordError as error:
        raise refuse("file.password") from error
    except (pikepdf.PdfError, CannotOpen, ValueError, TypeError, IndexError, KeyError, RuntimeError) as error:
        raise refuse("file.damaged") from error
    finally:
        with suppress(FileNotFoundError):
            mended.unlink()


def _shows_anything(document: pdfium.PdfDocument) -> bool:
    for number in range(min(len(document), _LOOKED_AT)):
        with suppress(pdfium.PdfiumError):
            page = document[number]
            width, height = page.get_size()
            scale = pages.scale_to_fit(width, height, _SMALL_SCALE, max_pixels=1_000_000)
            if not pages.is_blank(_picture(page, scale)):
                return True
    return False
