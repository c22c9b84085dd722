"""Quarter turns that a person gave a page: what is noted on its row, and where lines and boxes come to lie."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from ingest.lines import Box, TextLine

_FLAG = "turned:"
QUARTERS = (0, 90, 180, 270)


def as_flag(rotation: int) -> str:
    """Return the flag of a page that a person has set upright; `rotation` in degrees clockwise from the scan."""
    return f"{_FLAG}{rotation}"


def of_flags(flags: Iterable[str]) -> int | None:
    """Return the turn that a person gave a page, in degrees clockwise from the scan; none where nobody did."""
    given = next((flag.removeprefix(_FLAG) for flag in flags if flag.startswith(_FLAG)), None)
    return int(given) if given is not None else None


def with_turn(flags: Iterable[str], rotation: int) -> list[str]:
    """Return the flags of a page after a person has turned it."""
    return [*(flag for flag in flags if not flag.startswith(_FLAG)), as_flag(rotation)]


def lines(found: Sequence[TextLine], turn: int, *, width_px: int, height_px: int) -> tuple[TextLine, ...]:
    """Return lines as they lie once their page, of this size before the turn, is turned clockwise."""
    return tuple(replace(line, box=box(line.box, turn, width_px=width_px, height_px=height_px)) for line in found)


def box(place: Box, turn: int, *, width_px: int, height_px: int) -> Box:
    """Return where a box comes to lie when its page, of this size before the turn, is turned clockwise."""
    x0, y0, x1, y1 = place
    if turn == 90:
        return height_px - y1, x0, height_px - y0, x1
    if turn == 180:
        return width_px - x1, height_px - y1, width_px - x0, height_px - y0
    if turn == 270:
        return y0, width_px - x1, y1, width_px - x0
    return place
