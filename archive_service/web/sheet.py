"""A page as an SVG drawing: the image, the recognised lines over it, and boxes around fields.

Everything is an attribute: no style is ever written into a page.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from archive_service.errors import ArchiveError
from archive_service.storage.store import ObjectStore
from ingest import lines as ingest_lines
from ingest.lines import Box, TextLine
from ingest.redaction import rules

#: Share of a line's height that its letters take, and how far below the top their foot stands.
_SIZE, _FOOT = 0.86, 0.82


@dataclass(frozen=True)
class Words:
    """A recognised line, placed so that the browser draws it exactly over the picture of itself."""

    text: str
    x: int
    y: int
    size: int
    length: int
    upright: bool
    box: Box
    marked: bool = False


@dataclass(frozen=True)
class Mark:
    """A box around a field on the page."""

    name: str
    label: str
    box: Box
    doubtful: bool


@dataclass(frozen=True)
class Sheet:
    """One page ready to be drawn."""

    image: str
    label: str
    width: int
    height: int
    words: Sequence[Words] = ()
    marks: Sequence[Mark] = ()
    #: Boxes around what was looked for.
    found: Sequence[Box] = ()
    #: Why there is no picture; empty when there is one.
    missing: str = ""
    text: str = ""
    extra: dict[str, str] = field(default_factory=dict)


def lines_of(store: ObjectStore, digest: str | None) -> tuple[TextLine, ...]:
    """Return the recognised lines of a page; none when they cannot be read, for the picture can still be shown."""
    if not digest:
        return ()
    try:
        return ingest_lines.from_json(store.read(digest))
    except ArchiveError:
        return ()


def place(lines: Iterable[TextLine], *, masked: bool, looked_for: str = "") -> list[Words]:
    """Return the lines as drawn; `masked` hides personal numbers, lines that hold a word looked for are marked."""
    wanted = [w for w in looked_for.replace('"', " ").split() if w]
    shown = rules.masked(tuple(lines)) if masked else lines
    return [_place(line, wanted) for line in shown if line.text.strip() and line.height > 0]


def found(lines: Iterable[TextLine], *, masked: bool, looked_for: str) -> list[Box]:
    """Return boxes around the words of `looked_for` in the lines, by the share of its line that a word takes.

    Upper and lower case and white space inside a line make no difference; what `masked` hides is not found.
    """
    wanted = words_of(looked_for)
    shown = rules.masked(tuple(lines)) if masked else lines
    return [box for line in shown if line.text.strip() and line.height > 0 for box in _found_in(line, wanted)]


def words_of(looked_for: str) -> list[str]:
    """Return the words of what somebody looks for in a paper, without white space and in lower case."""
    parts = looked_for.translate(_QUOTES).split()
    return [word for word in ("".join(part.split()).casefold() for part in parts) if word]


_QUOTES = str.maketrans(dict.fromkeys('"“”＂「」『』', " "))


def _found_in(line: TextLine, wanted: Sequence[str]) -> Iterable[Box]:
    text = line.text
    places = [at for at, character in enumerate(text) if not character.isspace()]
    plain = "".join(text[at].casefold()[0] for at in places)
    widths = [1.0 if ord(character) > _WIDE else 0.55 for character in text]
    whole = sum(widths) or 1.0
    for word in wanted:
        begin = plain.find(word)
        while begin >= 0:
            first, last = places[begin], places[begin + len(word) - 1]
            yield _share(line.box, sum(widths[:first]) / whole, sum(widths[: last + 1]) / whole)
            begin = plain.find(word, begin + len(word))


#: Characters above this take the whole width of a line's height.
_WIDE = 0x2E7F


def _share(box: Box, begin: float, end: float) -> Box:
    x0, y0, x1, y1 = box
    if (y1 - y0) > 1.8 * (x1 - x0):
        return x0, y0 + int(begin * (y1 - y0)), x1, y0 + int(end * (y1 - y0)) + 1
    return x0 + int(begin * (x1 - x0)), y0, x0 + int(end * (x1 - x0)) + 1, y1


def _place(line: TextLine, wanted: Sequence[str]) -> Words:
    (x0, y0, x1, y1), text = line.box, line.text
    tall = (y1 - y0) > 1.8 * (x1 - x0) and len(text) > 1
    marked = any(w in text for w in wanted)
    if tall:
        return Words(text, (x0 + x1) // 2, y0, max(1, int((x1 - x0) * _SIZE)), y1 - y0, True, line.box, marked)
    height = y1 - y0
    return Words(
        text, x0, y0 + int(height * _FOOT), max(1, int(height * _SIZE)), max(1, x1 - x0), False, line.box, marked
    )
