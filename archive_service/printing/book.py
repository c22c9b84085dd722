"""A PDF that is being written: one embedded face, cut down to what is used, and the foot of each page."""

from __future__ import annotations

from datetime import UTC, datetime

from fpdf import FPDF
from fpdf.fonts import TTFFont

from archive_service import fonts

FACE = "hei"
_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
_FOOT_MM = 10.0


class Book(FPDF):
    """Pages of A4 measured in mm."""

    def __init__(self, title: str, *, across: bool = False, made_at: datetime | None = None) -> None:
        super().__init__(orientation="landscape" if across else "portrait", unit="mm", format="A4")
        self.add_font(FACE, fname=fonts.path(FACE))
        self.set_title(fonts.printable(title, FACE))
        self.set_creation_date(made_at or _EARLIEST)
        self.printed = ""
        self.numbering = ""

    def footer(self) -> None:
        """Write who printed it, and the number of the page."""
        if not self.numbering:
            return
        self.set_y(-_FOOT_MM - 2)
        self.set_font(FACE, size=8)
        self.set_text_color(90, 90, 90)
        self.cell(self.epw * 0.7, 5, fonts.printable(self.printed, FACE))
        number = self.numbering.format(page=self.page_no(), pages=self.str_alias_nb_pages)
        self.cell(0, 5, fonts.printable(number, FACE), align="R")
        self.set_text_color(0, 0, 0)

    def say(self, text: str, size: float, height: float, *, align: str = "L") -> None:
        """Write a text over the whole width, in as many lines as it takes, and go below it."""
        self.set_font(FACE, size=size)
        self.multi_cell(0, height, fonts.printable(text, FACE), align=align, new_x="LMARGIN", new_y="NEXT")

    def put(self, text: str, x: float, y: float, size: float) -> None:
        """Write a text from a place on, on one line."""
        self.set_font(FACE, size=size)
        self.text(x, y, fonts.printable(text, FACE))

    def wide(self, text: str, size: float) -> float:
        """Return how wide a text is on one line, in mm."""
        self.set_font(FACE, size=size)
        return float(self.get_string_width(fonts.printable(text, FACE)))

    def finished(self) -> bytes:
        """Return the file; nothing can be written after it."""
        made = bytes(self.output())
        # The library leaves the file of the face open.
        for face in self.fonts.values():
            if isinstance(face, TTFFont):
                face.ttfont.close()
        return made
