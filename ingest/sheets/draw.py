"""Print sheets as a PDF: A4, the code twice at corners far apart, so that half a sheet still says all.

The codes carry the highest error correction and stand 8 mm and more from every edge. What people need stands beside
them in large letters; the black band shows in a stack of paper from the side.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fpdf import FPDF

from archive_service import fonts
from archive_service.printing import codes
from ingest.sheets.codes import SheetCode

#: All lengths in mm, from the top left of an A4 page.
_WIDTH, _HEIGHT, _MARGIN = 210.0, 297.0, 14.0
_CODE = 50.0
_BAND = 9.0
_PLACES = ((_WIDTH - _MARGIN - _CODE, 24.0), (_MARGIN, _HEIGHT - _MARGIN - _CODE))
_FACE = "hei"
#: Rows of the list of papers: two columns of so many lines, and their height.
_ROWS, _ROW, _LIST_TOP = 24, 5.6, 92.0
_LONGEST = 21
_DARK, _GREY = (0, 0, 0), (90, 90, 90)


@dataclass(frozen=True)
class Expected:
    """A paper that the case calls for: its code, its name, whether the archive has it."""

    code: str
    name: str
    there: bool


@dataclass(frozen=True)
class Sheet:
    """One sheet to print: its code, its heading, lines of label and value, and the papers to tick off."""

    code: SheetCode
    heading: str
    facts: Sequence[tuple[str, str]] = ()
    papers: Sequence[Expected] = ()
    advice: str = ""


def pdf(sheets: Sequence[Sheet]) -> bytes:
    """Return the sheets as one PDF; a list of papers too long for its page goes on on another with the same code."""
    book = FPDF(unit="mm", format="A4")
    book.set_auto_page_break(False)
    book.set_margin(0)
    book.add_font(_FACE, fname=fonts.path(_FACE))
    for sheet in sheets:
        parts = [sheet.papers[at : at + 2 * _ROWS] for at in range(0, len(sheet.papers), 2 * _ROWS)] or [()]
        for part in parts:
            _page(book, sheet, part)
    return bytes(book.output())


def _page(book: FPDF, sheet: Sheet, papers: Sequence[Expected]) -> None:
    book.add_page()
    book.set_fill_color(*_DARK)
    book.rect(0, 0, _WIDTH, _BAND, style="F")
    _text(book, _MARGIN, 6.3, "封面页" if sheet.code.cover else "分隔页", 14, colour=(255, 255, 255))
    for x, y in _PLACES:
        codes.draw(book, sheet.code.text, x, y, _CODE)
    wide = _PLACES[0][0] - _MARGIN - 6
    size = next((size for size in (30, 24, 19, 15) if _fits(book, sheet.heading, size, wide)), 12)
    _text(book, _MARGIN, 36, sheet.heading, size)
    for row, (label, value) in enumerate(sheet.facts):
        _text(book, _MARGIN, 48 + 8 * row, label, 10, colour=_GREY)
        _text(book, _MARGIN + 24, 48 + 8 * row, value, 14 if _fits(book, value, 14, wide - 24) else 10)
    for at, paper in enumerate(papers):
        _paper(book, paper, _MARGIN + 92 * (at // _ROWS), _LIST_TOP + _ROW * (at % _ROWS))
    _text(book, _MARGIN + _CODE + 8, _HEIGHT - _MARGIN - 10, sheet.advice, 10)
    _text(book, _MARGIN + _CODE + 8, _HEIGHT - _MARGIN - 2, sheet.code.text, 8, colour=_GREY)


def _paper(book: FPDF, paper: Expected, x: float, y: float) -> None:
    book.set_draw_color(*_DARK)
    book.set_line_width(0.3)
    book.rect(x, y - 3.1, 3.4, 3.4)
    if paper.there:
        book.line(x + 0.6, y - 1.5, x + 1.5, y - 0.4)
        book.line(x + 1.5, y - 0.4, x + 2.9, y - 2.7)
    name = paper.name if len(paper.name) <= _LONGEST else f"{paper.name[: _LONGEST - 1]}…"
    _text(book, x + 5, y, paper.code, 9, colour=_GREY)
    _text(book, x + 16, y, name, 9)


def _text(book: FPDF, x: float, y: float, text: str, size: float, *, colour: tuple[int, int, int] = _DARK) -> None:
    book.set_font(_FACE, size=size)
    book.set_text_color(*colour)
    book.text(x, y, fonts.printable(text, _FACE))


def _fits(book: FPDF, text: str, size: float, wide: float) -> bool:
    book.set_font(_FACE, size=size)
    return bool(book.get_string_width(fonts.printable(text, _FACE)) <= wide)
