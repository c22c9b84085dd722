"""The invisible text of a page: each line stands over its box, so that what is found or marked is what is seen."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence

from ingest.lines import Box, TextLine
from ingest.renditions.font import ASCENT, DESCENT, Encoding, width

#: A line of several characters whose box is so many times higher than wide is read from top to bottom.
VERTICAL = 1.6
#: Percent; readers take a line that is squeezed to nothing for none.
_LEAST_SCALE = 0.01
#: Characters of one string; PDF/A allows 32,767 bytes, and a character has two.
_CHARACTERS = 8000
#: Characters that nobody can find and that confuse readers: control and format signs, halves of surrogate pairs,
#: private and unassigned places.
_DROPPED = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
_SPACES = frozenset({"Zs", "Zl", "Zp"})


def searchable(text: str) -> str:
    """Return `text` as it can be found: without characters that mean nothing, any white space as a plain blank."""
    return "".join(map(_searchable, text)).strip()


def _searchable(sign: str) -> str:
    kind = unicodedata.category(sign)
    if kind in _SPACES or sign in "\t\n\r\f\v":
        return " "
    return "" if kind in _DROPPED else sign


def content(lines: Iterable[TextLine], encoding: Encoding, *, size_px: tuple[int, int], units_per_px: float) -> bytes:
    """Return the operators that write `lines` invisibly in the font /F on a page of this width and height in pixels."""
    written = [
        part
        for line in lines
        if (text := searchable(line.text))
        for part in _line(text, _on_page(line.box, *size_px), encoding, page_px=size_px[1], scale=units_per_px)
    ]
    # Mode 3 neither fills nor strokes.
    return b"\n".join([b"BT", b"3 Tr", *written, b"ET"]) if written else b""


def _line(text: str, box: Box, encoding: Encoding, *, page_px: int, scale: float) -> Sequence[bytes]:
    left, top, right, bottom = (edge * scale for edge in box)
    across, down = right - left, bottom - top
    vertical = len(text) > 1 and down >= VERTICAL * across
    size, length = (across, down) if vertical else (down, across)
    above, below = size * ASCENT / 1000, -size * DESCENT / 1000
    natural = sum(map(width, text)) * size / 1000
    page = page_px * scale
    if vertical:
        matrix = (0.0, -1.0, 1.0, 0.0, right - above, page - top)
    else:
        matrix = (1.0, 0.0, 0.0, 1.0, left, page - bottom + below)
    shown = (text[first : first + _CHARACTERS] for first in range(0, len(text), _CHARACTERS))
    return [
        b"/F %s Tf %s Tz" % (number(size), number(max(100 * length / natural, _LEAST_SCALE))),
        b"%s Tm" % b" ".join(map(number, matrix)),
        *(b"<%s> Tj" % encoding.encode(part).hex().encode() for part in shown),
    ]


def _on_page(box: Box, width_px: int, height_px: int) -> Box:
    """Return the part of the box that is on the page, at least one pixel each way."""
    left, right = sorted((box[0], box[2]))
    top, bottom = sorted((box[1], box[3]))
    left, top = max(0, min(left, width_px - 1)), max(0, min(top, height_px - 1))
    return left, top, max(left + 1, min(right, width_px)), max(top + 1, min(bottom, height_px))


def number(value: float) -> bytes:
    """Return a number as PDF writes it: no exponent, no needless digits."""
    return f"{value:.4f}".rstrip("0").rstrip(".").encode() or b"0"
