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
