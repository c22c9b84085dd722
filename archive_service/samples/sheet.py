"""A page before it is printed: marks with their places in millimetres from the top left."""

from __future__ import annotations

from dataclasses import dataclass, field

from archive_service.samples import fonts

Ink = tuple[int, int, int]
BLACK: Ink = (28, 28, 32)
BLUE: Ink = (32, 52, 150)
RED: Ink = (198, 36, 40)
GREY: Ink = (120, 120, 120)
A4 = (210.0, 297.0)


@dataclass(frozen=True)
class Text:
    """One run of text; `y` is its baseline. `kind` is print, hand, signature or seal."""

    x: float
    y: float
    text: str
    size_pt: float
    face: str = "song"
    ink: Ink = BLACK
    kind: str = "print"
    bold: bool = False

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Where it stands, in millimetres."""
        height = self.size_pt * fonts.MM_PER_POINT
        width = fonts.width_mm(self.text, self.face, self.size_pt)
        return self.x, self.y - 0.86 * height, self.x + width, self.y + 0.14 * height


@dataclass(frozen=True)
class Rule:
    """A straight line."""

    x0: float
    y0: float
    x1: float
    y1: float
    width: float = 0.25
    ink: Ink = BLACK


@dataclass(frozen=True)
class Block:
    """A rectangle, filled or only outlined."""

    x: float
    y: float
    width: float
    height: float
    fill: Ink | None = None
    outline: Ink | None = BLACK
    line: float = 0.3


@dataclass(frozen=True)
class Curve:
    """A pen stroke through points."""

    points: tuple[tuple[float, float], ...]
    ink: Ink = BLUE
    width: float = 0.45


@dataclass(frozen=True)
class Seal:
    """A seal about its centre: text along the rim, a star, a line of text below; square ones bear a person's name.

    `shape` is round, oval or square. `faded` is how much of the ink lacks, 0 to 1. A seal beyond the edge is cut.
    """

    x: float
    y: float
    around: str
    below: str = ""
    diameter: float = 40.0
    ink: Ink = RED
    angle: float = 0.0
    seed: int = 0
    shape: str = "round"
    faded: float = 0.0
    cut: bool = False


@dataclass(frozen=True)
class Portrait:
    """A head-and-shoulders picture in greys."""

    x: float
    y: float
    width: float
    height: float


Mark = Text | Rule | Block | Curve | Seal | Portrait


@dataclass
class Sheet:
    """One page and its marks, in the order of printing."""

    width: float = A4[0]
    height: float = A4[1]
    marks: list[Mark] = field(default_factory=list)

    def lines(self) -> list[dict[str, object]]:
        """Return the text lines top to bottom, left to right: text, box as fractions of the page, kind.

        A round seal gives its texts too: OCR may read them, although they are not set in a line.
        """
        rows = [(mark.text, mark.box, mark.kind) for mark in self.marks if isinstance(mark, Text) and mark.text.strip()]
        for seal in (mark for mark in self.marks if isinstance(mark, Seal)):
            half = seal.diameter / 2
            box = (seal.x - half, seal.y - half, seal.x + half, seal.y + half)
            rows += [(text, box, "seal") for text in (seal.around, seal.below) if text]
        rows.sort(key=lambda row: (round(row[1][3] / 2.5), row[1][0]))
        size = (self.width, self.height, self.width, self.height)
        return [
            {"text": text, "box": [round(edge / whole, 4) for edge, whole in zip(box, size, strict=True)], "kind": kind}
            for text, box, kind in rows
        ]
