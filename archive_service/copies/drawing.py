"""A certified copy as PDF: each page's picture above a strip with stamp, number, date, unit, count and code: pure."""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from PIL import Image

from archive_service.printing import codes
from archive_service.printing.book import Book

#: A4 in mm, the margin, and the height of the strip at the foot of each page.
_WIDE, _HIGH, _MARGIN, _STRIP = 210.0, 297.0, 8.0, 44.0
_CODE = 30.0
_STAMP_W, _STAMP_H = 52.0, 24.0
_RED, _GREY = (176, 20, 20), (90, 90, 90)


@dataclass(frozen=True)
class Words:
    """What the strip says, in the language of the copy; `{page}` and `{pages}` in `count` are filled in."""

    title: str
    #: Text of the stamp, a line each.
    stamp: tuple[str, ...]
    #: Names and values beside the stamp.
    facts: tuple[tuple[str, str], ...]
    count: str
    masking: str


@dataclass(frozen=True)
class CopyOf:
    """One page of the copy: where it stands in the file, and its picture."""

    source: str
    picture: bytes


def pdf(pages: Iterable[CopyOf], total: int, words: Words, *, code: str, link: str, made_at: datetime) -> bytes:
    """Return the copy. `link` is what the QR code says, `code` what is printed below it."""
    book = Book(words.title, made_at=made_at)
    book.set_auto_page_break(False)
    for at, page in enumerate(pages, start=1):
        book.add_page()
        _picture(book, page.picture)
        _strip(book, words, page.source, at, total, code=code, link=link)
    return book.finished()


def _picture(book: Book, data: bytes) -> None:
    """Put a picture as large as fits above the strip, in the middle."""
    with Image.open(io.BytesIO(data)) as opened:
        width, height = opened.size
    room_w, room_h = _WIDE - 2 * _MARGIN, _HIGH - _STRIP - 1.5 * _MARGIN
    scale = min(room_w / width, room_h / height)
    w, h = width * scale, height * scale
    book.image(io.BytesIO(data), x=(_WIDE - w) / 2, y=_MARGIN + (room_h - h) / 2, w=w, h=h)


def _strip(book: Book, words: Words, source: str, at: int, total: int, *, code: str, link: str) -> None:
    top = _HIGH - _STRIP
    book.set_draw_color(*_GREY)
    book.set_line_width(0.2)
    book.line(_MARGIN, top, _WIDE - _MARGIN, top)
    _stamp(book, words.stamp, _MARGIN, top + 4)
    x, y = _MARGIN + _STAMP_W + 4, top + 6.5
    book.set_text_color(0, 0, 0)
    book.put(words.title, x, y, 10)
    for name, value in (*words.facts, ("", source)):
        y += 4.3
        text = f"{name}：{value}" if name else value
        book.put(_cut(book, text, _WIDE - _MARGIN - _CODE - 6 - x, 7.5), x, y, 7.5)
    book.put(words.count.format(page=at, pages=total), _MARGIN, top + 33, 9)
    if words.masking:
        book.put(words.masking, _MARGIN, top + 38, 7)
    codes.draw(book, link, _WIDE - _MARGIN - _CODE, top + 3, _CODE, correction="M")
    book.put(code, _WIDE - _MARGIN - book.wide(code, 8), top + 38, 8)


def _stamp(book: Book, lines: tuple[str, ...], x: float, y: float) -> None:
    """Draw a double red frame with the lines of the stamp in its middle."""
    book.set_draw_color(*_RED)
    book.set_text_color(*_RED)
    for inset, line in ((0.0, 0.7), (1.2, 0.25)):
        book.set_line_width(line)
        book.rect(x + inset, y + inset, _STAMP_W - 2 * inset, _STAMP_H - 2 * inset)
    step = (_STAMP_H - 5) / max(1, len(lines))
    for at, text in enumerate(lines):
        size = 11.0
        while size > 5 and book.wide(text, size) > _STAMP_W - 5:
            size -= 0.5
        shown = _cut(book, text, _STAMP_W - 4, size)
        book.put(shown, x + (_STAMP_W - book.wide(shown, size)) / 2, y + 2.5 + step * (at + 0.7), size)
    book.set_text_color(0, 0, 0)
    book.set_draw_color(0, 0, 0)


def _cut(book: Book, text: str, room: float, size: float) -> str:
    """Return a text that fits into a room, in mm, shortened where it is too long."""
    if book.wide(text, size) <= room:
        return text
    while text and book.wide(text + "…", size) > room:
        text = text[:-1]
    return text + "…"
