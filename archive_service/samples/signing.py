"""Papers signed and sealed in many ways, or not at all: handwriting as strokes, seals of several kinds, lacking marks.

Works on finished sheets, so that the papers themselves stay what they are.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random

from archive_service.samples.sheet import BLACK, BLUE, RED, Block, Curve, Ink, Mark, Seal, Sheet, Text

Box = tuple[float, float, float, float]
#: How often a signature lacks or is only a printed name, and how often a seal lacks or has another shape.
_UNSIGNED, _PRINTED, _BY_STROKES = 0.28, 0.06, 0.6
_UNSEALED, _OVAL, _FADED = 0.35, 0.12, 0.3
_RIDING, _PERSONAL, _STAMPED = 0.08, 0.08, 0.1
#: Most that a faded seal lacks of its ink.
_MOST_FADED = 0.6


@dataclass(frozen=True)
class Signing:
    """The truth about one place to sign, in millimetres: its label, and `signed`, `printed` or `empty`."""

    label: str
    box: Box
    state: str


@dataclass(frozen=True)
class Signed:
    """A sheet as it was signed and sealed. Seals that the edge cuts stand apart: they seal no paper by themselves."""

    sheet: Sheet
    places: tuple[Signing, ...]
    seals: tuple[Seal, ...]
    riding: tuple[Seal, ...]


def signed(sheet: Sheet, rng: Random) -> Signed:
    """Return `sheet` with its signatures and seals varied, some of them left out."""
    marks: list[Mark] = []
    places: list[Signing] = []
    seals: list[Seal] = []
    for mark in sheet.marks:
        if isinstance(mark, Text) and mark.kind == "signature":
            place, drawn = _sign(mark, sheet, rng)
            places += [place] if place else []
            marks += drawn
        elif isinstance(mark, Seal) and mark.around:
            seals += _seals(mark, rng)
        elif not (isinstance(mark, Curve) and _is_flourish(mark, sheet)):
            marks.append(mark)
    riding = _riding(sheet, rng)
    marks += [*seals, *riding, *(_stamp(sheet, rng) if rng.random() < _STAMPED else ())]
    return Signed(Sheet(sheet.width, sheet.height, marks), tuple(places), tuple(seals), riding)


def handwriting(x: float, y: float, name: str, size_mm: float, ink: Ink, rng: Random) -> list[Curve]:
    """Write a name as a hurried hand does: one or two long strokes a character, slanted, run together."""
    slant = rng.uniform(0.1, 0.55)
    curves: list[Curve] = []
    end: tuple[float, float] | None = None
    for _ in name:
        tall = size_mm * rng.uniform(0.9, 1.5)
        for _ in range(rng.choice((1, 2, 2, 3))):
            points = [
                (x + rng.uniform(0, size_mm) + slant * (up := rng.uniform(-0.15, 1.0) * tall), y - up)
                for _ in range(rng.randint(4, 7))
            ]
            if end and rng.random() < 0.7:
                points = [end, *points]
            curves.append(Curve(tuple(_smooth(points)), ink, rng.uniform(0.28, 0.6)))
            end = points[-1]
        x += size_mm * rng.uniform(0.7, 1.0)
    return curves


def _sign(mark: Text, sheet: Sheet, rng: Random) -> tuple[Signing | None, list[Mark]]:
    label = _label(mark, sheet)
    if label is None:
        return None, [mark]
    chance = rng.random()
    if chance < _UNSIGNED:
        return Signing(label.text, label.box, "empty"), []
    if chance < _UNSIGNED + _PRINTED:
        printed = replace(mark, kind="print", face=label.face, ink=label.ink, size_pt=label.size_pt)
        return Signing(label.text, label.box, "printed"), [printed]
    place = Signing(label.text, label.box, "signed")
    if rng.random() >= _BY_STROKES:
        return place, [mark]
    ink = rng.choice((BLUE, BLACK))
    size = mark.size_pt * 25.4 / 72
    return place, [*handwriting(mark.x + rng.uniform(0, 4), mark.y, mark.text, size, ink, rng)]


def _label(mark: Text, sheet: Sheet) -> Text | None:
    """Return the print just left of a signature."""
    print_ = [one for one in sheet.marks if isinstance(one, Text) and one.kind == "print"]
    near = [one for one in print_ if abs(one.y - mark.y) < 2 and -1 < mark.x - one.box[2] < 4]
    return near[-1] if near else None


def _is_flourish(curve: Curve, sheet: Sheet) -> bool:
    x, y = curve.points[0]
    return any(
        isinstance(mark, Text) and mark.kind == "signature" and abs(mark.x - x) < 1 and abs(mark.y - y) < 4
        for mark in sheet.marks
    )


def _seals(mark: Seal, rng: Random) -> list[Seal]:
    if rng.random() < _UNSEALED:
        return []
    faded = rng.uniform(0.2, _MOST_FADED) if rng.random() < _FADED else 0.0
    shape = "oval" if rng.random() < _OVAL else "round"
    ink = rng.choice((RED, RED, (214, 70, 62), (186, 30, 66)))
    pressed = [replace(mark, shape=shape, faded=faded, ink=ink, angle=rng.gauss(0, 12))]
    if rng.random() < _PERSONAL:
        at = (mark.x + mark.diameter / 2 + 14, mark.y + rng.uniform(-4, 6))
        pressed.append(Seal(*at, mark.around[:3], diameter=rng.choice((16.0, 18.0, 20.0)), shape="square", ink=ink))
    return pressed


def _riding(sheet: Sheet, rng: Random) -> tuple[Seal, ...]:
    """Return a seal across the right edge of the sheet, of which the left part shows."""
    if rng.random() >= _RIDING:
        return ()
    y = rng.uniform(0.3, 0.7) * sheet.height
    x = sheet.width + rng.uniform(-8, 8)
    return (Seal(x, y, "青屿县供电有限公司", diameter=42, angle=rng.uniform(0, 360), cut=True),)


def _stamp(sheet: Sheet, rng: Random) -> list[Mark]:
    """Return a framed stamp of words in the head of the sheet."""
    words = rng.choice(("作废", "已核对", "复印无效", "与原件核对无误"))
    x, y = rng.uniform(0.55, 0.7) * sheet.width, rng.uniform(16, 26)
    size = 16.0
    wide = len(words) * size * 25.4 / 72
    return [Block(x - 2, y - 7, wide + 4, 10, None, RED, 0.7), Text(x, y, words, size, "hei", RED, "seal")]


def _smooth(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return a curve through `points` without corners (Catmull-Rom)."""
    padded = [points[0], *points, points[-1]]
    curve = []
    for a, b, c, d in zip(padded, padded[1:], padded[2:], padded[3:], strict=False):
        for step in range(8):
            t = step / 8
            curve.append(tuple(_between(*axis, t) for axis in zip(a, b, c, d, strict=True)))
    return [(x, y) for x, y in curve] + [points[-1]]


def _between(a: float, b: float, c: float, d: float, t: float) -> float:
    return 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * math.pow(t, 3))
