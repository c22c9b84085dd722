"""Where each character of a text object stands, and which glyph shows it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ingest.formats.ofd.faces import Face
from ingest.formats.ofd.geometry import number, steps
from ingest.formats.ofd.xml import Node

#: No page for people holds more characters.
_MOST_SIGNS = 60_000


@dataclass(frozen=True)
class Glyph:
    """One character at its place, in millimetres of its object."""

    sign: str
    x: float
    y: float
    size: float
    #: Width as a multiple of the height.
    stretch: float
    #: Clockwise degrees about its own origin.
    turn: float
    #: The glyph that the file names; none: the one that the font has for the character.
    number: int | None


def glyphs_of(node: Node, face: Face) -> Iterator[Glyph]:
    """Yield the characters of a text object; `face` tells their widths where the file does not."""
    size = number(node.get("Size"), 3.0)
    stretch, turn = number(node.get("HScale"), 1.0) or 1.0, number(node.get("CharDirection"))
    reading = round(number(node.get("ReadDirection"))) % 360
    named, at = _named(node), 0
    x = y = 0.0
    for code in node.all("TextCode"):
        x, y = number(code.get("X"), x), number(code.get("Y"), y)
        signs = code.text[:_MOST_SIGNS]
        across, down = steps(code.get("DeltaX"), len(signs)), steps(code.get("DeltaY"), len(signs))
        left, top = x, y
        for index, sign in enumerate(signs):
            if sign not in "\r\n\t":
                yield Glyph(sign, left, top, size, stretch, turn, named.get(at + index))
            own = _advance(sign, face) * size * stretch
            if across or down:
                left += across[index] if across else 0.0
                top += down[index] if down else 0.0
            elif reading in (90, 270):
                top += size if reading == 90 else -size
            else:
                left += own if reading == 0 else -own
        at += len(signs)


def _named(node: Node) -> dict[int, int]:
    """Return place of a character -> glyph, as CGTransform gives them."""
    found: dict[int, int] = {}
    for change in node.all("CGTransform"):
        start, count = int(number(change.get("CodePosition"))), int(number(change.get("CodeCount"), 1))
        glyphs = [int(number(part)) for part in change.word("Glyphs").split()[:_MOST_SIGNS]]
        # Several characters for fewer glyphs: the rest of the characters has no glyph of its own.
        found.update((start + n, glyph) for n, glyph in enumerate(glyphs[: max(0, count)]))
    return found


def _advance(sign: str, face: Face) -> float:
    return face.widths.get(face.cmap.get(ord(sign), 0), 1.0)
