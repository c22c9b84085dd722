"""Numbers, matrices and outlines as OFD writes them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import islice

Matrix = tuple[float, float, float, float, float, float]
Point = tuple[float, float]
#: One step of an outline: m, l, c or h with its points.
Segment = tuple[str, tuple[Point, ...]]

IDENTITY: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
#: A number beyond this is a mistake of the maker or an attack: a kilometre.
_FURTHEST = 1_000_000.0
#: An ellipse that is thinner, in millimetres, is a line: its square would be nothing.
_THINNEST = 1e-6
_MOST_WORDS = 2_000_000
_POINTS = {"S": 1, "M": 1, "L": 1, "Q": 2, "B": 3, "C": 0}


def number(text: str, default: float = 0.0) -> float:
    """Return a number; `default` for none, nonsense and numbers no page has a place for."""
    try:
        value = float(text)
    except ValueError:
        return default
    return value if abs(value) <= _FURTHEST else default


def numbers(text: str) -> list[float]:
    """Return the numbers of a list with blanks between; what is none counts as 0."""
    return [number(part) for part in text.split()]


def box(text: str) -> tuple[float, float, float, float] | None:
    """Return x, y, width and height; none unless there are four numbers."""
    found = numbers(text)
    return (found[0], found[1], found[2], found[3]) if len(found) == 4 else None


def matrix(text: str) -> Matrix:
    """Return a CTM; the identity unless there are six numbers."""
    found = numbers(text)
    return (found[0], found[1], found[2], found[3], found[4], found[5]) if len(found) == 6 else IDENTITY


def times(inner: Matrix, outer: Matrix) -> Matrix:
    """Return the matrix that does `inner` first, then `outer`."""
    a, b, c, d, e, f = inner
    p, q, r, s, t, u = outer
    return (a * p + b * r, a * q + b * s, c * p + d * r, c * q + d * s, e * p + f * r + t, e * q + f * s + u)


def placed(point: Point, by: Matrix) -> Point:
    """Return where `by` puts a point."""
    x, y = point
    a, b, c, d, e, f = by
    return a * x + c * y + e, b * x + d * y + f


def steps(text: str, count: int) -> list[float]:
    """Return the `count` distances of DeltaX or DeltaY, where "g n v" means n times v; the last holds on."""
    found: list[float] = []
    words = iter(text.split())
    for word in words:
        if len(found) >= count:
            break
        if word == "g":
            times_, value = next(words, "0"), next(words, "0")
            found += [number(value)] * min(max(0, int(number(times_))), count - len(found))
        else:
            found.append(number(word))
    if found and len(found) < count:
        found += [found[-1]] * (count - len(found))
    return found[:count]


def outline(text: str) -> Iterator[Segment]:
    """Yield the segments of AbbreviatedData; stops at the first thing that makes no sense."""
    words = iter(text.split(maxsplit=_MOST_WORDS))
    at: Point = (0.0, 0.0)
    for word in words:
        if word == "A":
            given = [number(part) for part in islice(words, 7)]
            if len(given) < 7:
                return
            end = (given[5], given[6])
            yield from _arc(at, end, (given[0], given[1]), given[2], large=given[3] != 0, sweep=given[4] != 0)
            at = end
            continue
        if word not in _POINTS:
            return
        given = [number(part) for part in islice(words, 2 * _POINTS[word])]
        if len(given) < 2 * _POINTS[word]:
            return
        points = tuple(zip(given[::2], given[1::2], strict=True))
        yield _segment(word, at, points)
        at = points[-1] if points else at


def _segment(word: str, at: Point, points: tuple[Point, ...]) -> Segment:
    if word == "Q":
        middle, end = points
        return "c", (_towards(at, middle), _towards(end, middle), end)
    return {"S": "m", "M": "m", "L": "l", "B": "c", "C": "h"}[word], points


def _towards(point: Point, middle: Point) -> Point:
    return point[0] + 2 / 3 * (middle[0] - point[0]), point[1] + 2 / 3 * (middle[1] - point[1])


def _arc(start: Point, end: Point, radii: Point, turn: float, *, large: bool, sweep: bool) -> Iterator[Segment]:
    """Yield curves for an elliptical arc between two points, as SVG 1.1 does in F.6."""
    rx, ry = abs(radii[0]), abs(radii[1])
    if start == end:
        return
    if min(rx, ry) < _THINNEST:
        yield "l", (end,)
        return
    phi = math.radians(turn)
    cos, sin = math.cos(phi), math.sin(phi)
    dx, dy = (start[0] - end[0]) / 2, (start[1] - end[1]) / 2
    x, y = cos * dx + sin * dy, -sin * dx + cos * dy
    grow = max(1.0, math.sqrt((x / rx) ** 2 + (y / ry) ** 2))
    rx, ry = rx * grow, ry * grow
    below = (rx * y) ** 2 + (ry * x) ** 2
    far = math.sqrt(max(0.0, ((rx * ry) ** 2 - below) / below)) * (-1 if large == sweep else 1)
    cx, cy = far * rx * y / ry, -far * ry * x / rx
    first = math.atan2((y - cy) / ry, (x - cx) / rx)
    angle = math.atan2((-y - cy) / ry, (-x - cx) / rx) - first
    if sweep and angle < 0:
        angle += 2 * math.pi
    elif not sweep and angle > 0:
        angle -= 2 * math.pi
    centre = (cos * cx - sin * cy + (start[0] + end[0]) / 2, sin * cx + cos * cy + (start[1] + end[1]) / 2)
    shape: Matrix = (rx * cos, rx * sin, -ry * sin, ry * cos, *centre)
    yield from _pieces(shape, first, angle)


def _pieces(shape: Matrix, first: float, angle: float) -> Iterator[Segment]:
    count = max(1, math.ceil(abs(angle) / (math.pi / 2) - 1e-9))
    step = angle / count
    bend = 4 / 3 * math.tan(step / 4)
    for n in range(count):
        a, b = first + n * step, first + (n + 1) * step
        controls = (
            (math.cos(a) - bend * math.sin(a), math.sin(a) + bend * math.cos(a)),
            (math.cos(b) + bend * math.sin(b), math.sin(b) - bend * math.cos(b)),
            (math.cos(b), math.sin(b)),
        )
        yield "c", tuple(placed(point, shape) for point in controls)


def operators(segments: Iterator[Segment] | Sequence[Segment], by: Matrix = IDENTITY) -> bytes:
    """Return the outline as operators of a PDF page, each point put where `by` says."""
    rows = []
    open_ = False
    for kind, points in segments:
        if kind != "m" and not open_:
            continue
        open_ = True
        rows.append(b" ".join([*(written(*placed(point, by)) for point in points), kind.encode()]))
    return b"\n".join(rows)


def written(*values: float) -> bytes:
    """Return numbers as a PDF holds them."""
    return b" ".join(f"{value:.4f}".rstrip("0").rstrip(".").encode() for value in values)
