"""Set a document on as many sheets as it takes: titles, tables, paragraphs, signatures, page numbers."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random

from archive_service.samples import fonts
from archive_service.samples.sheet import A4, BLACK, BLUE, Curve, Ink, Rule, Seal, Sheet, Text
from archive_service.samples.style import Style

_FULL_WIDTH = str.maketrans(",;:!?()", "，；：！？（）")
_BY_HANZI = re.compile(
    r"(?<=[\u4e00-\u9fff》”）)])[,;:!?()]|[(](?=[\u4e00-\u9fff])|(?<=[0-9A-Za-z）])[,;)](?=[\u4e00-\u9fff]|$)"
)
_NO_LINE_START = "，。、；：！？）》」』”,.;:!?)%"


@dataclass(frozen=True)
class Cell:
    """A cell of a ruled table; `share` is its part of the width, `kind` label, value, head or plain."""

    text: str
    share: float
    kind: str = "value"
    centred: bool = False


class Writer:
    """Writes down the page and turns to a new one when it is full."""

    def __init__(self, style: Style, rng: Random, *, size: tuple[float, float] = A4) -> None:
        self.style, self.rng, self.size = style, rng, size
        self.sheets: list[Sheet] = []
        self.left, self.right = style.margin_mm, size[0] - style.margin_mm
        self.y = 0.0
        self.turn()

    @property
    def page(self) -> Sheet:
        """The sheet being written."""
        return self.sheets[-1]

    @property
    def width(self) -> float:
        """Width between the margins."""
        return self.right - self.left

    def turn(self) -> None:
        """Begin a new sheet."""
        self.sheets.append(Sheet(*self.size))
        self.y = self.style.margin_mm + self.rng.uniform(-2, 4)

    def need(self, height: float) -> None:
        """Turn the page unless `height` still fits."""
        if self.y + height > self.size[1] - 18:
            self.turn()

    def put(self, x: float, y: float, text: str, size_pt: float = 0, **look: object) -> float:
        """Print a run of text at its baseline and return its right end."""
        size = size_pt or self.style.size_pt
        mark = replace(Text(x, y, text, size, self.style.face), **look)  # type: ignore[arg-type]
        mark = replace(mark, face=fonts.face_for(text, mark.face))
        self.page.marks.append(mark)
        return mark.box[2]

    def fill(self, x: float, y: float, text: str, size_pt: float = 0) -> float:
        """Fill in a blank, by pen or by printer as the style has it."""
        s = self.style
        return self.put(x, y, text, size_pt, face=s.fill_face, ink=s.fill_ink, kind=s.fill_kind)

    def typeset(self, text: str) -> str:
        """Return running text with the punctuation of this document: most print it full-width."""
        if not self.style.full_width:
            return text
        return _BY_HANZI.sub(lambda found: found.group().translate(_FULL_WIDTH), text)

    def centre(self, text: str, size_pt: float, **look: object) -> None:
        """Print a centred line and step below it."""
        face = str(look.get("face", self.style.face))
        wide = fonts.width_mm(text, fonts.face_for(text, face), size_pt)
        self.y += size_pt * fonts.MM_PER_POINT
        self.put((self.left + self.right - wide) / 2, self.y, text, size_pt, **look)
        self.y += size_pt * fonts.MM_PER_POINT * 0.5

    def title(self, text: str, above: str = "") -> None:
        """Print the title, with the issuing office above it if there is one to print."""
        s = self.style
        text = self.typeset(text)
        if above:
            self.centre(above, s.title_pt * 0.8, face=s.title_face)
        shown = s.heading(text)
        size = s.title_pt
        while fonts.width_mm(shown, s.title_face, size) > self.width:
            size -= 1
        self.centre(shown, size, face=s.title_face, bold=True)
        self.y += 3

    def sides(self, left: str, right: str, size_pt: float = 0) -> None:
        """Print small notes at both margins of one line."""
        left, right = self.typeset(left), self.typeset(right)
        size = size_pt or self.style.size_pt - 1
        self.y += size * fonts.MM_PER_POINT
        if left:
            self.put(self.left, self.y, left, size)
        if right:
            self.put(self.right - fonts.width_mm(right, self.style.face, size), self.y, right, size)
        self.y += 2.2

    def paragraph(
        self, text: str, *, indent: int = 2, size_pt: float = 0, leading: float = 1.75, bold: bool = False
    ) -> None:
        """Set running text between the margins; `indent` counts signs."""
        size = size_pt or self.style.size_pt
        step = size * fonts.MM_PER_POINT * leading
        first = indent * size * fonts.MM_PER_POINT
        for number, line in enumerate(self.wrapped(text, self.width, size, first=first)):
            self.need(step)
            self.y += step
            self.put(self.left + (first if number == 0 else 0), self.y, line, size, bold=bold)

    def wrapped(self, text: str, width: float, size_pt: float, *, first: float = 0, face: str = "") -> list[str]:
        """Break `text` into lines that fit; `first` is the indent of the first."""
        face = face or self.style.face
        lines, line, room = [], "", width - first
        for sign in self.typeset(text):
            if sign == "\n" or (
                fonts.width_mm(line + sign, face, size_pt) > room and sign not in _NO_LINE_START and line
            ):
                lines.append(line)
                line, room = "", width
            line += "" if sign == "\n" else sign
        return [*lines, line] if line or not lines else lines

    def table(self, rows: Sequence[Sequence[Cell]], *, row_mm: float = 0) -> None:
        """Print a ruled table between the margins."""
        for row in rows:
            self._row(row, row_mm or self.style.row_mm)

    def blank(self, label: str, value: str, x: float, width: float, *, lined: bool = True) -> None:
        """Print a label and its value beside it, mostly on a ruled blank, without a table."""
        s = self.style
        end = self.put(x, self.y, f"{label}{s.colon}") + 1
        self.fill(end + 1, self.y - 0.4, value)
        if lined:
            self.page.marks.append(Rule(end, self.y + 1, x + width - 4, self.y + 1, 0.2))

    def signatures(self, *parties: tuple[str, str, str, str]) -> None:
        """Print side by side for each party: label, signer, day as printed, name on its seal ("" for none).

        A seal's name may end with a bar and the words below its star: 某某公司|合同专用章.
        """
        self.need(48)
        self.y += 12 + self.rng.random() * min(30.0, max(0.0, self.size[1] - 70 - self.y))
        share = self.width / len(parties)
        top = self.y
        for place, (label, signer, day, seal) in enumerate(parties):
            x = self.left + share * place
            end = self.put(x, top, self.typeset(label + self._colon(label))) if label else x
            if signer:
                self.sign(end + 1, top, signer)
            if day:
                if self.style.layout % 2:
                    self.put(x, top + 10, f"日期{self.style.colon}")
                self.fill(x + (14 if self.style.layout % 2 else 2), top + 10, day)
            if seal:
                self.seal(x + min(share * 0.55, 34), top + 3, seal)
        self.y = top + 22

    def _colon(self, label: str) -> str:
        """Return the colon after the words before a signature; an office's own name has none."""
        return "" if label.endswith(("公司", "委员会", "局", "所", "中心")) else self.style.colon

    def sign(self, x: float, y: float, name: str) -> None:
        """Sign by hand, often with a flourish through or below the name."""
        size = self.style.size_pt * 1.3
        ink: Ink = BLUE if self.rng.random() < 0.6 else BLACK
        end = self.put(x, y + 0.5, name, size, face="kai", ink=ink, kind="signature")
        if self.rng.random() < 0.35:
            points = [
                (x + (end - x) * part / 12, y + 1.6 + math.sin(part * 0.8 + self.rng.random()) * 0.7)
                for part in range(14)
            ]
            self.page.marks.append(Curve(tuple(points), ink))

    def seal(self, x: float, y: float, name: str, diameter: float = 40) -> None:
        """Press a round seal; its words below the star follow a bar."""
        around, _, below = name.partition("|")
        x = min(max(x, self.left + diameter / 3), self.size[0] - diameter / 2 - 4)
        y = min(max(y, diameter / 2 + 4), self.size[1] - diameter / 2 - 4)
        mark = Seal(
            x + self.rng.uniform(-3, 3),
            y + self.rng.uniform(-3, 3),
            around,
            below,
            diameter,
            angle=self.rng.gauss(0, 7),
            seed=self.rng.randrange(2**31),
        )
        self.page.marks.append(mark)

    def number_pages(self, pattern: str = "第 {n} 页 共 {m} 页") -> None:
        """Print page numbers at the foot of all sheets."""
        for number, sheet in enumerate(self.sheets, 1):
            text = pattern.format(n=number, m=len(self.sheets))
            wide = fonts.width_mm(text, "song", 9)
            sheet.marks.append(Text((self.size[0] - wide) / 2, self.size[1] - 10, text, 9))

    def _row(self, row: Sequence[Cell], least: float) -> None:
        s, size = self.style, self.style.size_pt
        step = size * fonts.MM_PER_POINT * 1.35
        widths = [cell.share * self.width for cell in row]
        texts = [
            self.wrapped(cell.text, wide - 3, size, face=s.fill_face if cell.kind == "value" else s.face)
            for cell, wide in zip(row, widths, strict=True)
        ]
        height = max(least, max(map(len, texts)) * step + 3.2)
        self.need(height)
        x = self.left
        for cell, wide, lines in zip(row, widths, texts, strict=True):
            self._outline(x, wide, height)
            y = self.y + (height - len(lines) * step) / 2 + step * 0.78
            for line in lines:
                self._in_cell(cell, line, x, wide, y)
                y += step
            x += wide
        self.y += height

    def _outline(self, x: float, wide: float, height: float) -> None:
        corners = ((x, self.y), (x + wide, self.y), (x + wide, self.y + height), (x, self.y + height))
        for (x0, y0), (x1, y1) in zip(corners, (*corners[1:], corners[0]), strict=True):
            self.page.marks.append(Rule(x0, y0, x1, y1, self.style.rule_mm))

    def _in_cell(self, cell: Cell, line: str, x: float, wide: float, y: float) -> None:
        if not line:
            return
        face = self.style.fill_face if cell.kind == "value" else self.style.face
        text_mm = fonts.width_mm(line, face, self.style.size_pt)
        at = x + (wide - text_mm) / 2 if cell.centred or cell.kind in ("label", "head") else x + 1.8
        if cell.kind == "value":
            self.fill(max(at, x + 0.6), y, line)
        else:
            self.put(max(at, x + 0.6), y, line, bold=cell.kind == "head")
