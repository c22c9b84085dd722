"""Labels for boxes and spines on sheets of A4, each with the archive code as a QR code; cut along the thin lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from archive_service import ids
from archive_service.printing import codes
from archive_service.printing.book import Book


class Shape(StrEnum):
    """What a label is stuck on."""

    BOX = "box"
    SPINE = "spine"


@dataclass(frozen=True)
class Label:
    """What stands on a label; the code is printed in letters and as a QR code."""

    code: str
    name: str
    #: Quiet lines: account number, kind of business, unit.
    lines: Sequence[str]


#: Columns, rows, width and height of a label, in mm; what is left of the page is its edge.
_GRID = {Shape.BOX: (2, 5, 97.0, 55.0), Shape.SPINE: (6, 2, 32.0, 138.0)}
_PAGE = (210.0, 297.0)
_PAD = 4.0
_QR = {Shape.BOX: 26.0, Shape.SPINE: 24.0}


def label_sheets(labels: Sequence[Label], shape: Shape, *, title: str, made_at: datetime | None = None) -> bytes:
    """Return sheets of labels as PDF, at least one page."""
    columns, rows, wide, high = _GRID[shape]
    left, top = (_PAGE[0] - columns * wide) / 2, (_PAGE[1] - rows * high) / 2
    book = Book(title, made_at=made_at)
    book.set_auto_page_break(False)
    book.set_margin(0)
    book.set_line_width(0.1)
    a_page = columns * rows
    for at, label in enumerate(labels):
        if at % a_page == 0:
            book.add_page()
        row, column = divmod(at % a_page, columns)
        x, y = left + column * wide, top + row * high
        book.set_draw_color(170, 170, 170)
        book.rect(x, y, wide, high)
        (_box if shape is Shape.BOX else _spine)(book, label, x, y)
    if not labels:
        book.add_page()
    return book.finished()


def _box(book: Book, label: Label, x: float, y: float) -> None:
    _, _, wide, high = _GRID[Shape.BOX]
    qr = _QR[Shape.BOX]
    codes.draw(book, ids.scanned_code(label.code), x + wide - qr - _PAD, y + _PAD, qr, correction="M")
    room = wide - 2 * _PAD
    beside = room - qr - 4
    for row, line in enumerate(_lines(book, label.name, 13, beside, most=3)):
        book.put(line, x + _PAD, y + _PAD + 5 + 6.2 * row, 13)
    for row, line in enumerate(label.lines[:3]):
        book.put(_cut(book, line, 9, beside), x + _PAD, y + _PAD + 25 + 4.6 * row - 2, 9)
    book.put(label.code, x + _PAD, y + high - _PAD - 2, _size(book, label.code, room, 16))


def _spine(book: Book, label: Label, x: float, y: float) -> None:
    _, _, wide, high = _GRID[Shape.SPINE]
    qr = _QR[Shape.SPINE]
    codes.draw(book, ids.scanned_code(label.code), x + (wide - qr) / 2, y + _PAD, qr, correction="M")
    room = high - qr - 3 * _PAD
    start = y + qr + 2 * _PAD
    # Lines run from top to bottom, the first at the right, as on the back of a book.
    texts = [(label.code, _size(book, label.code, room, 15)), (label.name, 13.0), *((one, 9.0) for one in label.lines)]
    at = x + wide - 9
    for text, size in texts[:4]:
        with book.rotation(-90, at, start):
            book.put(_cut(book, text, size, room), at, start, size)
        at -= 7.0 if size > 10 else 5.0


def _size(book: Book, text: str, room: float, largest: float) -> float:
    """Return the size in points at which a text fits on its line."""
    return min(largest, largest * room / max(book.wide(text, largest), 0.1))


def _cut(book: Book, text: str, size: float, room: float) -> str:
    """Return a text that fits; what is left out shows as an ellipsis."""
    if book.wide(text, size) <= room:
        return text
    while text and book.wide(f"{text}…", size) > room:
        text = text[:-1]
    return f"{text}…"


def _lines(book: Book, text: str, size: float, room: float, *, most: int) -> list[str]:
    """Part a name into lines that fit; the last of `most` is cut."""
    found: list[str] = []
    while text and len(found) < most - 1:
        part = text
        while len(part) > 1 and book.wide(part, size) > room:
            part = part[:-1]
        found.append(part)
        text = text[len(part) :]
    return [*found, _cut(book, text, size, room)] if text else found
