"""Put pages into the kinds of files that an office has: PDFs of pictures or of text, photos, TIFFs, ZIPs."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from fpdf import FPDF
from fpdf.enums import TextMode
from PIL import Image

from archive_service import fonts
from archive_service.samples import raster
from archive_service.samples.sheet import Block, Curve, Portrait, Rule, Seal, Sheet, Text
from archive_service.samples.wear import Worn

#: Files say they were made on this day, so that the same seed gives the same bytes.
_MADE = datetime(2026, 6, 30, 8, 0, tzinfo=UTC)
_SEAL_DPI = 200
PrintedPage = Worn | Sheet


def pdf(pages: Sequence[PrintedPage], path: Path) -> None:
    """Write a PDF: a picture for each scanned page, real text for each sheet printed straight from a program."""
    book = FPDF(unit="mm")
    book.set_creation_date(_MADE)
    book.set_auto_page_break(False)
    faces = {mark.face for page in pages if isinstance(page, Sheet) for mark in page.marks if isinstance(mark, Text)}
    for face in sorted(faces):
        book.add_font(face, fname=fonts.path(face))
    for page in pages:
        if isinstance(page, Worn):
            _picture(book, page)
        else:
            _print(book, page)
    book.output(str(path))


def tiff(pages: Sequence[Worn], path: Path) -> None:
    """Write a multi-page TIFF, bilevel-free and compressed as office scanners do."""
    first, *rest = [page.image for page in pages]
    first.save(path, "TIFF", save_all=True, append_images=rest, compression="jpeg", dpi=(pages[0].dpi, pages[0].dpi))


def jpeg(page: Worn, path: Path) -> None:
    """Write one photo."""
    path.write_bytes(page.jpeg)


def png(page: Worn, path: Path) -> None:
    """Write one picture without loss, as screenshots and some apps do."""
    page.image.save(path, "PNG", dpi=(page.dpi, page.dpi))


def pack(members: Sequence[Path], path: Path) -> None:
    """Write a ZIP of files and remove the loose ones."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for member in members:
            entry = zipfile.ZipInfo(member.name, (2026, 6, 30, 8, 0, 0))
            entry.external_attr = 0o644 << 16
            package.writestr(entry, member.read_bytes())
    for member in members:
        member.unlink()


def _picture(book: FPDF, page: Worn) -> None:
    with Image.open(io.BytesIO(page.jpeg)) as image:
        width, height = (side / page.dpi * raster.MM_PER_INCH for side in image.size)
    book.add_page(format=(width, height))
    book.image(io.BytesIO(page.jpeg), 0, 0, width, height)


def _print(book: FPDF, sheet: Sheet) -> None:
    book.add_page(format=(sheet.width, sheet.height))
    for mark in sheet.marks:
        match mark:
            case Text():
                book.set_font(mark.face, size=mark.size_pt)
                book.set_text_color(*mark.ink)
                with book.local_context(
                    text_mode=TextMode.FILL_STROKE if mark.bold else TextMode.FILL, line_width=0.12
                ):
                    book.text(mark.x, mark.y, mark.text)
            case Rule():
                _stroke(book, mark.ink, mark.width)
                book.line(mark.x0, mark.y0, mark.x1, mark.y1)
            case Block():
                _block(book, mark)
            case Curve():
                _stroke(book, mark.ink, mark.width)
                book.polyline(mark.points)
            case Seal():
                stamp = raster.seal(mark, _SEAL_DPI / raster.MM_PER_INCH)
                half = mark.diameter / 2
                book.image(stamp, mark.x - half, mark.y - half, mark.diameter, mark.diameter)
            case Portrait():
                book.image(raster.portrait(240, 300), mark.x, mark.y, mark.width, mark.height)


def _stroke(book: FPDF, ink: tuple[int, int, int], width: float) -> None:
    book.set_draw_color(*ink)
    book.set_line_width(width)


def _block(book: FPDF, mark: Block) -> None:
    if mark.fill:
        book.set_fill_color(*mark.fill)
    if mark.outline:
        _stroke(book, mark.outline, mark.line)
    style = ("D" if mark.outline else "") + ("F" if mark.fill else "")
    book.rect(mark.x, mark.y, mark.width, mark.height, style=style or "D")
