"""A page made ready for recognition: cleaned lines, their size against the body, what marks the page as a whole."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import median
from typing import Any

from ingest.lines import Box, PageText
from ingest.recognise import normalise

#: A page with fewer characters than this says nothing that could be filed.
BLANK_CHARACTERS = 4
#: What shines through from the other side of a sheet is read as a few signs, each with little confidence.
_STAINS = 24
_LEGIBLE = 0.35
#: No sheet of paper holds more lines; what a made-up text layer holds beyond them is not looked at.
_MOST_LINES = 2000
_LONGEST_LINE = 1000
_EDGE = 0.13  # share of the height in which printed page numbers stand
_PAGE_OF = (
    re.compile(r"第([0-9一二三四五六七八九十]{1,3})页[,，/、|]?共([0-9一二三四五六七八九十]{1,3})页"),
    re.compile(r"共(?P<of>[0-9一二三四五六七八九十]{1,3})页[,，/、|]?第(?P<page>[0-9一二三四五六七八九十]{1,3})页"),
    re.compile(r"^[-—(]?(?:页码:?|page)?(\d{1,3})/(\d{1,3})(?:页)?[-—)]?$", re.IGNORECASE),
)
_PAGE_ALONE = (re.compile(r"第([0-9一二三四五六七八九十]{1,3})页"), re.compile(r"^[-—·]+(\d{1,3})[-—·]+$"))


@dataclass(frozen=True)
class Line:
    """A line of a page with its text in one form of writing."""

    text: str
    compact: str
    box: Box
    confidence: float

    @property
    def height(self) -> int:
        """Height in pixels."""
        return self.box[3] - self.box[1]

    @property
    def size(self) -> float:
        """Size of its characters in pixels; readers draw boxes larger than that."""
        units = sum(1.0 if ord(sign) >= 0x2E80 else 0.55 for sign in self.compact) or 1.0
        return min(float(self.height), max((self.box[2] - self.box[0]) / units, 8.0))

    @property
    def middle(self) -> float:
        """Vertical middle in pixels."""
        return (self.box[1] + self.box[3]) / 2


@dataclass(frozen=True)
class PrintedNumber:
    """A page number as printed; `of` is None where the paper does not say of how many."""

    page: int
    of: int | None


class Page:
    """One page of a scan with everything that is asked of it more than once."""

    def __init__(self, source: PageText) -> None:
        self.page_no = source.page_no
        #: What later steps found and need again.
        self.memo: dict[str, Any] = {}
        self.width = max(source.width_px, 1)
        self.height = max(source.height_px, 1)
        self.lines: tuple[Line, ...] = tuple(
            Line(text, re.sub(r"\s+", "", text), line.box, line.confidence)
            for line in source.lines[:_MOST_LINES]
            if (text := normalise.clean(line.text[:_LONGEST_LINE]).strip())
        )

    @cached_property
    def text(self) -> str:
        """The whole page without white space, one line a row."""
        return "\n".join(line.compact for line in self.lines)

    @cached_property
    def joined(self) -> str:
        """The whole page in one string without white space, so that phrases broken over lines are found."""
        return "".join(line.compact for line in self.lines)

    @cached_property
    def blank(self) -> bool:
        """Say whether the page has no text to speak of: none, or a few signs that were hardly legible."""
        signs = len(re.sub(r"\W", "", self.joined))
        legible = sum(len(re.sub(r"\W", "", line.compact)) for line in self.lines if line.confidence >= _LEGIBLE)
        return signs < BLANK_CHARACTERS or (legible < BLANK_CHARACTERS and signs < _STAINS)

    @cached_property
    def body_height(self) -> float:
        """Height of an ordinary line."""
        return float(median(line.height for line in self.lines)) if self.lines else 1.0

    @cached_property
    def middle_x(self) -> float:
        """Middle of what is printed, which on a badly laid sheet is not the middle of the page."""
        left = min(line.box[0] for line in self.lines)
        right = max(line.box[2] for line in self.lines)
        return (left + right) / 2

    @cached_property
    def rows(self) -> list[list[Line]]:
        """Lines that stand side by side, from the top, each row from the left."""
        rows: list[list[Line]] = []
        for line in sorted(self.lines, key=lambda one: one.middle):
            if rows and _same_row(rows[-1], line):
                rows[-1].append(line)
            else:
                rows.append([line])
        return [sorted(row, key=lambda one: one.box[0]) for row in rows]

    @cached_property
    def number(self) -> PrintedNumber | None:
        """The page number printed on the page."""
        alone = None
        for line in self.lines:
            for pattern in _PAGE_OF:
                hit = pattern.search(line.compact)
                if hit and ("页" in hit[0] or self._at_edge(line)):
                    named = hit.groupdict()
                    page = _count(named.get("page") or hit[1])
                    of = _count(named.get("of") or hit[2])
                    if 1 <= page <= of:
                        return PrintedNumber(page, of)
            if self._at_edge(line):
                hit = next((found for pattern in _PAGE_ALONE if (found := pattern.search(line.compact))), None)
                alone = PrintedNumber(_count(hit[1]), None) if hit else alone
        return alone

    def _at_edge(self, line: Line) -> bool:
        return line.middle < _EDGE * self.height or line.middle > (1 - _EDGE) * self.height


def prepare(sources: Sequence[PageText]) -> list[Page]:
    """Return the pages ready for recognition, in the given order."""
    return [Page(source) for source in sources]


def union(boxes: Sequence[Box]) -> Box:
    """Return the smallest box around `boxes`."""
    return (
        min(box[0] for box in boxes),
        min(box[1] for box in boxes),
        max(box[2] for box in boxes),
        max(box[3] for box in boxes),
    )


def _same_row(row: Sequence[Line], line: Line) -> bool:
    last = row[-1]
    overlap = min(last.box[3], line.box[3]) - max(last.box[1], line.box[1])
    apart = line.box[0] >= max(one.box[2] for one in row) - 2 or line.box[2] <= min(one.box[0] for one in row) + 2
    between = any(line.box[0] >= one.box[2] - 2 for one in row) or apart
    return between and overlap > 0.5 * min(last.height, line.height)


def _count(text: str) -> int:
    return int(text) if text.isdecimal() else normalise.small_number(text)
