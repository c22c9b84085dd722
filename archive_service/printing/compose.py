"""Compose a paper: head, facts, tables whose heads stand on each of their pages, places to sign."""

from __future__ import annotations

from collections.abc import Sequence

from fpdf.enums import WrapMode
from fpdf.fonts import FontFace

from archive_service import fonts
from archive_service.printing.book import FACE, Book
from archive_service.printing.values import Paper, Section, Signature

_MARGIN, _BOTTOM = 15.0, 18.0
_TEXT, _LINE = 10.0, 5.6
#: The face comes in one weight.
_HEADS = FontFace(emphasis="", fill_color=230)
_SIGNING = 30.0


def pdf(paper: Paper) -> bytes:
    """Return a paper as PDF; the same values give the same bytes."""
    book = Book(paper.title, across=paper.across, made_at=paper.made_at)
    book.printed, book.numbering = paper.printed, paper.numbering
    book.set_margin(_MARGIN)
    book.set_auto_page_break(True, margin=_BOTTOM)
    book.add_page()
    book.say(paper.unit, 10, 6, align="C")
    book.say(paper.title, 18, 11, align="C")
    book.ln(2)
    _facts(book, paper.facts)
    for sentence in paper.before:
        book.say(sentence, _TEXT, _LINE)
    for section in paper.sections:
        _section(book, section)
    if paper.behind:
        book.ln(3)
    for sentence in paper.behind:
        book.say(sentence, _TEXT, _LINE)
    _signatures(book, paper.signatures, paper.by_hand)
    return book.finished()


def _facts(book: Book, facts: Sequence[tuple[str, str]]) -> None:
    """Write names and values, each on lines of its own, the values below one another."""
    indent = max((book.wide(name, _TEXT) for name, _ in facts), default=0) + 4
    for name, value in facts:
        book.set_font(FACE, size=_TEXT)
        book.set_text_color(90, 90, 90)
        book.cell(indent, _LINE, fonts.printable(name, FACE))
        book.set_text_color(0, 0, 0)
        book.multi_cell(
            0, _LINE, fonts.printable(value or "—", FACE), new_x="LMARGIN", new_y="NEXT", align="L",
            wrapmode=WrapMode.CHAR,
        )  # fmt: skip
    book.ln(2)


def _section(book: Book, section: Section) -> None:
    book.ln(2)
    # A heading does not stand alone at the foot of a page.
    if book.will_page_break(26):
        book.add_page()
    if section.heading:
        book.say(section.heading, 12, 8)
    if not section.rows:
        book.say(section.empty, _TEXT, _LINE)
        return
    book.set_font(FACE, size=9)
    with book.table(
        col_widths=tuple(section.widths), line_height=4.8, padding=1, repeat_headings=1, headings_style=_HEADS,
        text_align="LEFT", wrapmode=WrapMode.CHAR,
    ) as table:  # fmt: skip
        for row in (section.head, *section.rows):
            cells = table.row()
            for cell in row:
                cells.cell(fonts.printable(cell, FACE))


def _signatures(book: Book, signatures: Sequence[Signature], by_hand: tuple[str, str]) -> None:
    """Leave places to sign, two beside each other, never parted by the end of a page."""
    wide = book.epw / 2
    for at in range(0, len(signatures), 2):
        book.ln(6)
        if book.will_page_break(_SIGNING):
            book.add_page()
        top = book.get_y()
        for column, one in enumerate(signatures[at : at + 2]):
            # Where the text of cells begins.
            x = _MARGIN + book.c_margin + column * wide
            book.put(one.role, x, top + 4, 10)
            if one.confirmed:
                book.set_font(FACE, size=8)
                book.set_xy(x - book.c_margin, top + 6)
                book.multi_cell(wide - 6, 4, fonts.printable(one.confirmed, FACE), align="L", wrapmode=WrapMode.CHAR)
            for row, name in enumerate(by_hand):
                y = top + 20 + 8 * row
                book.put(name, x, y, 10)
                book.line(x + book.wide(name, 10) + 2, y + 1, x + wide - 8, y + 1)
        book.set_xy(_MARGIN, top + _SIGNING)
