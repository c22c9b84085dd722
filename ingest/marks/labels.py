"""Find the labels beside which somebody is to sign or seal, and where on the page they stand."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from archive_service import hanzi
from ingest.lines import Box, TextLine

#: Words that ask for a signature or a seal, and endings of words for whoever gives it.
ASKS = re.compile(r"签字|签名|签章|签收|签署|签认|签\(|盖章|公章|印章|\(章\)")
_WHO = re.compile(
    r"(?:人|员|者|经理|代表|户主|客户|用户|单位|企业|公司|[甲乙丙]方|[供用售购发]电方|[供用]电人|负责人)$"
)
#: What may stand around a mark to say whose it is.
PARTY = re.compile(r"[甲乙丙]方|[供用售购发]电[方人]|客户|用户|单位|企业|公司|委员会|中心|[局所院]|[人员][:(]|签|章")
_COLON = re.compile(r"[:：]")
_DAY = re.compile(r"\d{2,4}\s*年|年\s*\d*\s*月|\d{4}\s*[-./]\s*\d|日\s*期|月\s*\d*\s*日")
_LONGEST = 18
#: A line without a colon that is longer is a sentence, not a label.
_BARE_LONGEST = 14


@dataclass(frozen=True)
class Label:
    """A label with its place on the page; `asks` where it says in words that somebody is to sign or seal."""

    text: str
    box: Box
    asks: bool
    #: Pixel at which the next label or a date begins on the same line, 0 if none does; and where its own text ends.
    until: int
    ends: int
    #: What the line says behind it, and how sure the reader was.
    value: str
    confidence: float
    #: Its usual width in heights of a character.
    width: float

    @property
    def height(self) -> int:
        """Height of the line in pixels."""
        return self.box[3] - self.box[1]


def labels(lines: Sequence[TextLine]) -> list[Label]:
    """Return the labels among the lines of a page, in the order of the lines."""
    return [label for line in lines for label in _in_line(line)]


def is_day(text: str) -> bool:
    """Say whether a text is a date, or the words of one that is to be filled in."""
    return bool(_DAY.search(text)) or not re.sub(r"[年月日\s_.]", "", text)


def plain(text: str) -> str:
    """Return a text in half width and simplified, without spaces."""
    return re.sub(r"\s+", "", hanzi.simplified(unicodedata.normalize("NFKC", text)))


def around(lines: Sequence[TextLine]) -> list[TextLine]:
    """Return the short lines that may say whose a mark is."""
    return [line for line in lines if len(line.text) <= 30 and PARTY.search(plain(line.text))]


def _in_line(line: TextLine) -> Iterator[Label]:
    text = line.text
    starts, ends = _parts(text)
    for at, (start, end) in enumerate(zip(starts, ends, strict=True)):
        word = plain(text[start:end]).rstrip(":")
        if not _is_label(word, bare=end == len(text) and not _COLON.search(text[end - 1 : end])):
            continue
        behind = starts[at + 1] if at + 1 < len(starts) else len(text)
        day = _DAY.search(text, end)
        behind = min(behind, day.start()) if day else behind
        _, y0, x1, y1 = line.box
        box = (_x(line, start), y0, _x(line, end), y1)
        until = _x(line, behind) if behind < len(text) else 0
        value = text[end:behind].strip()
        width = sum(_widths(text[start:end]))
        yield Label(word[:40], box, bool(ASKS.search(word)), until, until or x1, value, line.confidence, width)


def _parts(text: str) -> tuple[list[int], list[int]]:
    """Return where possible labels begin and end: runs up to a colon, or the whole of a short line."""
    starts, ends = [], []
    begin = 0
    for colon in _COLON.finditer(text):
        start = _run(text, begin, colon.start())
        starts.append(start)
        ends.append(colon.end())
        begin = colon.end()
    rest = text[begin:]
    asked = ASKS.search(plain(rest))
    if asked and len(plain(rest)) <= _BARE_LONGEST:
        starts.append(begin + len(rest) - len(rest.lstrip()))
        ends.append(len(text))
    return starts, ends


def _run(text: str, begin: int, end: int) -> int:
    """Return where the label begins that ends at `end`: behind a wide gap or a full stop, at most so long."""
    gap = max(text.rfind(sign, begin, end) for sign in ("  ", "，", "。", "；", "\u3000"))
    start = gap + 1 if gap >= begin else begin
    start = max(start, end - _LONGEST)
    while start < end and text[start].isspace():
        start += 1
    return start


def _is_label(word: str, *, bare: bool) -> bool:
    if not word or len(word) > _LONGEST:
        return False
    without = re.sub(r"\([^)]*\)", "", word)
    return bool(ASKS.search(word)) or (not bare and bool(_WHO.search(without)))


def _x(line: TextLine, at: int) -> int:
    """Return the pixel at which a character of a line begins, its characters taken to be of their usual widths."""
    widths = _widths(line.text)
    whole = sum(widths) or 1.0
    x0, _, x1, _ = line.box
    return round(x0 + (x1 - x0) * sum(widths[:at]) / whole)


def _widths(text: str) -> list[float]:
    """Return the usual widths of characters, in heights of their line."""
    return [1.0 if unicodedata.east_asian_width(sign) in "WF" else 0.55 for sign in text]
