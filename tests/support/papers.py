"""Born-digital and scanned pages of Chinese papers, as PDF, for tests of the text layer."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import pikepdf
from fpdf import FPDF
from PIL import Image, ImageDraw, ImageFont

FONT = Path(__file__).resolve().parents[2] / "archive_service" / "fonts" / "song.ttf"
LINES = (
    "低压居民新装用电申请表",
    "户号：0501234567",
    "户名：张三",
    "用电地址：幸福路12号院3单元402室",
    "申请容量：8 kW",
    "本人自愿申请用电并承诺所提供的资料真实有效",
)


def born_digital(lines: Sequence[str] = LINES, *, columns: Sequence[str] = ()) -> bytes:
    """One A4 page with `lines` in an embedded font; with `columns`, each line is a ruled cell, closely followed."""
    document = _document()
    for number, line in enumerate(lines):
        if columns:
            document.cell(document.get_string_width(line) + 3, 14, line, border=1)
            document.cell(60, 14, columns[number], border=1)
        else:
            document.cell(120, 11, line)
        document.ln(14)
    return bytes(document.output())


def table() -> bytes:
    """A ruled table of labels and values, two pairs a row."""
    document = _document()
    for row in (("户号", "0501234567", "户名", "张三"), ("容量", "8 kW", "电压", "220 V")):
        for text in row:
            document.cell(45, 12, text, border=1)
        document.ln()
    return bytes(document.output())


def picture_of(lines: Sequence[str] = LINES, *, size: tuple[int, int] = (1654, 2339)) -> Image.Image:
    """The page as a scanner sees it, at 200 dpi."""
    image = Image.new("L", size, 244)
    font = ImageFont.truetype(FONT, 44)
    draw = ImageDraw.Draw(image)
    for number, line in enumerate(lines):
        draw.text((160, 160 + number * 110), line, fill=30, font=font)
    return image


def scan(
    seen: Sequence[str] = LINES, laid_over: Sequence[str] = (), *, visible: bool = False, turned: int = 0
) -> bytes:
    """A scanned page that shows `seen`, with a text layer of `laid_over` as a reader elsewhere wrote it."""
    document = _document()
    picture = picture_of(seen)
    document.image(picture.rotate(turned, expand=True) if turned else picture, 0, 0, 210, 297)
    if not visible:
        document.text_mode = 3  # type: ignore[assignment]
    for number, line in enumerate(laid_over):
        document.set_font("song", size=44 * 72 / 200)
        document.text(160 * 25.4 / 200, (160 + number * 110 + 40) * 25.4 / 200, line)
    return bytes(document.output())


def with_picture_inside(lines: Sequence[str], inside: Sequence[str]) -> bytes:
    """Born-digital text above a pasted picture that holds text of its own: an identity card, say."""
    document = _document()
    for line in lines:
        document.cell(0, 10, line, new_x="LMARGIN", new_y="NEXT")
    document.image(picture_of(inside, size=(1200, 800)), 30, 150, 120, 80)
    return bytes(document.output())


def rotated(data: bytes, degrees: int) -> bytes:
    """The same page with an entry /Rotate, as viewers write it."""
    return _changed(data, lambda page: page.update({"/Rotate": degrees}))


def moved(data: bytes) -> bytes:
    """The same page with an origin that is not zero and a crop box smaller than its paper."""

    def change(page: dict[str, object]) -> None:
        page["/MediaBox"] = pikepdf.Array([-50, -40, 645, 902])
        page["/CropBox"] = pikepdf.Array([10, 20, 585, 830])

    return _changed(data, change)


def _changed(data: bytes, change: object) -> bytes:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(data)) as document:
        entries: dict[str, object] = {}
        change(entries)  # type: ignore[operator]
        for key, value in entries.items():
            document.pages[0].obj[key] = value
        document.save(out)
    return out.getvalue()


def _document() -> FPDF:
    document = FPDF()
    document.add_font("song", "", str(FONT))
    document.add_page()
    document.set_font("song", size=16)
    return document
