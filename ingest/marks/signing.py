"""Look at the places where somebody is to sign: is there handwriting, nothing, or print?

Handwriting is told from print by the print beside it, the label: it is taller or wider, its strokes hang together and
slant, they have another thickness, the ink is blue, and what the reader made of it is nothing or not sure.
"""

from __future__ import annotations

import math
import re
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from ingest.lines import Box, TextLine
from ingest.marks.labels import Label, around, is_day, labels
from ingest.marks.strokes import Strokes, measure
from ingest.marks.values import Kind, Mark, Place, Shape, State
from ingest.ocr.engine import Pixels

#: Width of a place beside its label, as a share of the page, and how far it reaches above and below, in line heights.
_WIDEST = 0.3
_NARROWEST = 0.035
_ABOVE, _BELOW = 0.75, 0.75
_UNDER = 3.4
#: Ink below this amount (in squared line heights) is none; above the second, it is something.
_NO_INK = 0.05
_SOME_INK = 0.2
#: Evidence from which handwriting, or print, is taken to be what it is.
_SIGNED, _PRINTED = 1.6, -1.2
#: How far above a label words may stand that say whose column it is, in line heights.
_COLUMN = 14
_MOST_AROUND = 4
#: A label this much wider than its characters holds something that was not read; a character is so much larger than
#: its ink is high.
_TOO_WIDE, _OF_INK = 1.2, 1.12
#: A line this much higher than most holds more than print; one that is lower cannot be judged by.
_TOO_HIGH, _LEAST_PX = 1.6, 6
_HAN = re.compile(r"[\u4e00-\u9fff]")


@dataclass(frozen=True)
class _Page:
    """A page to be looked at: its picture, what was read and stamped on it, and the height of most of its lines."""

    pixels: Pixels
    lines: Sequence[TextLine]
    marks: Sequence[Mark]
    colour: bool
    usual: float


def places(pixels: Pixels, lines: Sequence[TextLine], marks: Sequence[Mark], *, colour: bool) -> list[Place]:
    """Return what stands beside each label of a page that names who is to sign or seal."""
    usual = statistics.median(line.height for line in lines) if lines else 0.0
    page = _Page(pixels, lines, marks, colour, usual)
    found = [_as_printed(label, pixels) for label in labels(lines)]
    return [_place(label, found, page) for label in found if label.height >= _LEAST_PX]


def _as_printed(label: Label, pixels: Pixels) -> Label:
    """Return a label as wide as its characters are: a box that the reader drew may hold a signature that it left out.

    How wide they are is told from the first one and a half, in which nobody signs.
    """
    x0, y0, x1, y1 = label.box
    first = measure(pixels, (x0, y0, min(x1, x0 + round(1.2 * label.height)), y1), label.height, rules=False)
    character = first.tall * label.height * _OF_INK
    expected = label.width * character
    if not expected or x1 - x0 <= _TOO_WIDE * expected:
        return label
    middle = (y0 + y1) / 2
    low, high = round(middle - 0.6 * character), round(middle + 0.6 * character)
    return replace(label, box=(x0, low, round(x0 + expected), high))


def _place(label: Label, others: Sequence[Label], page: _Page) -> Place:
    print_ = measure(page.pixels, _within(label.box, page.pixels), label.height, rules=False)
    beside = _beside(label, others, page)
    seen = [(beside, *_judge(label, beside, print_, page))]
    under = _under(label, others, page)
    if label.asks and under is not None and seen[0][1] is State.EMPTY:
        seen.append((under, *_judge(label, under, print_, page)))
    area, state, sure = min(seen, key=lambda one: _ORDER[one[1]])
    return Place(label.text, label.box, area, state, round(sure, 3), _column(label, page.lines))


_ORDER = {State.SIGNED: 0, State.UNCLEAR: 1, State.EMPTY: 2, State.PRINTED: 3}


def _beside(label: Label, others: Sequence[Label], page: _Page) -> Box:
    """Return the area to the right of a label, up to the next label, a date or the edge."""
    height, width = page.pixels.shape[:2]
    _, y0, x1, y1 = label.box
    end = min(width - round(0.02 * width), x1 + round(_WIDEST * width))
    if label.until > x1:
        end = min(end, label.until)
    stops = [other.box for other in others] + [line.box for line in page.lines if is_day(line.text)]
    for left, top, _, bottom in stops:
        if left >= x1 - 2 and _same_row((y0, y1), (top, bottom)):
            end = min(end, left - round(0.2 * label.height))
    rise, fall = round(_ABOVE * label.height), round(_BELOW * label.height)
    return x1, max(0, y0 - rise), max(x1, end), min(height, y1 + fall)


def _under(label: Label, others: Sequence[Label], page: _Page) -> Box | None:
    """Return the area below a label, down to the next line of print; none where there is no room."""
    height, width = page.pixels.shape[:2]
    x0, _, x1, y1 = label.box
    left, right = max(0, x0 - label.height), min(width, max(x1, x0 + 8 * label.height))
    bottom = min(height, y1 + round(_UNDER * label.height))
    for box in [other.box for other in others] + [line.box for line in page.lines]:
        if box[1] >= y1 - 2 and box[0] < right and box[2] > left:
            bottom = min(bottom, box[1] - 2)
    top = y1 + round(0.15 * label.height)
    return (left, top, right, bottom) if bottom - top >= 1.2 * label.height else None


def _judge(label: Label, area: Box, print_: Strokes, page: _Page) -> tuple[State, float]:
    if area[2] - area[0] < _NARROWEST * page.pixels.shape[1]:
        return State.UNCLEAR, 0.5
    found = measure(page.pixels, area, label.height, without=tuple(_foreign(label, area, page.lines)))
    if found.amount < _NO_INK and found.reach < 0.8:
        # Something was read behind the label, or its box is too high for print: then the ink is there, not here.
        if label.value or label.height > _TOO_HIGH * page.usual:
            return State.UNCLEAR, 0.5
        # Pale ink would show as a little of it.
        return State.EMPTY, 0.93 - 2 * found.amount
    if any(one.ink == "dark" and one.kind is Kind.SEAL and _overlap(one.box, area) > 0.1 for one in page.marks):
        return State.UNCLEAR, 0.5
    if found.amount < _SOME_INK:
        return State.UNCLEAR, 0.5
    evidence = _evidence(found, print_, *_read(label, area, found, page.lines))
    # Without colour the ring of a seal that was not found looks like a pen.
    needed = _SIGNED if page.colour else _SIGNED + 0.5
    if evidence >= needed:
        return State.SIGNED, 1 / (1 + math.exp(-evidence))
    if evidence <= _PRINTED:
        return State.PRINTED, 1 / (1 + math.exp(evidence))
    return State.UNCLEAR, 0.5


def _evidence(found: Strokes, print_: Strokes, covered: float, confidence: float) -> float:
    """Return how much speaks for handwriting (positive) or for print; the steps are weights of evidence."""
    total = 3.0 * found.blue * (print_.blue < 0.3)
    if covered < 0.5:
        total += 1.5
    elif confidence < 0.8:
        total += 0.9
    else:
        total -= 0.8 if confidence > 0.95 else 0.3
    taller = found.tall / max(0.3, print_.tall)
    total += 1.2 if taller > 1.35 else 0.5 if taller > 1.15 else -0.5
    total += 1.0 if found.reach > 1.9 else 0.4 if found.reach > 1.35 else -0.3
    slanted = print_.level - found.level
    total += 1.5 if slanted > 0.14 else 0.8 if slanted > 0.07 else 0.0 if slanted > 0.03 else -1.0
    thickness = found.thick / max(0.01, print_.thick)
    total += 0.5 if not 0.72 < thickness < 1.38 else -0.2
    return total


def _read(label: Label, area: Box, found: Strokes, lines: Sequence[TextLine]) -> tuple[float, float]:
    """Return the share of the ink's width that was read as text, and how sure the reader was of it."""
    spans = [
        (line.box[0], line.box[2], _trust(line.text, line.confidence))
        for line in lines
        if _stands_in(line.box, area, label.box)
    ]
    if label.value:
        spans.append((label.box[2], label.ends, _trust(label.value, label.confidence)))
    width = max(1, found.right - found.left)
    parts = [(min(right, found.right) - max(left, found.left), sure) for left, right, sure in spans]
    parts = [(part, sure) for part, sure in parts if part > 0]
    covered = sum(part for part, _ in parts)
    if not covered:
        return 0.0, 0.0
    return min(1.0, covered / width), sum(part * sure for part, sure in parts) / covered


def _trust(text: str, confidence: float) -> float:
    """Return how far to trust what was read where a name may stand: a scribble is read as a few letters."""
    return confidence if _HAN.search(text) else min(confidence, 0.6)


def _foreign(label: Label, area: Box, lines: Iterable[TextLine]) -> Iterable[Box]:
    """Return the lines of print that reach into the area from the rows above and below."""
    for line in lines:
        if line.box == label.box or _stands_in(line.box, area, label.box):
            continue
        if _overlap(line.box, area) > 0 and not _holds(line.box, label.box):
            yield line.box


def _stands_in(box: Box, area: Box, label: Box) -> bool:
    """Say whether a line stands in the area itself: its middle lies there, and it is not the label's own line."""
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    low = 0.25 * (label[3] - label[1])
    return area[0] <= x <= area[2] and area[1] + low <= y <= area[3] - low and not _holds(box, label)


def _holds(box: Box, label: Box) -> bool:
    return box[0] - 2 <= label[0] and label[2] <= box[2] + 2 and box[1] - 2 <= label[1] and label[3] <= box[3] + 2


def _column(label: Label, lines: Sequence[TextLine]) -> tuple[str, ...]:
    """Return the labels above in the same column, nearest first."""
    x0, y0, x1, _ = label.box
    above = [
        (y0 - line.box[3], line)
        for line in around(lines)
        if line.box[0] < x1 + label.height
        and line.box[2] > x0 - label.height
        and 0 <= y0 - line.box[1] - line.height < _COLUMN * label.height
    ]
    return tuple(line.text[:40] for _, line in sorted(above, key=lambda one: one[0])[:_MOST_AROUND])


def signatures(found: Iterable[Place]) -> list[Mark]:
    """Return the signatures in places that bear one."""
    return [
        Mark(Kind.SIGNATURE, Shape.STROKES, one.area, one.confidence, "dark", one.label, one.above)
        for one in found
        if one.state is State.SIGNED
    ]


def _same_row(one: tuple[int, int], other: tuple[int, int]) -> bool:
    overlap = min(one[1], other[1]) - max(one[0], other[0])
    return overlap > 0.4 * min(one[1] - one[0], other[1] - other[0])


def _overlap(box: Box, area: Box) -> float:
    """Return the share of `area` that a box covers."""
    wide = min(box[2], area[2]) - max(box[0], area[0])
    high = min(box[3], area[3]) - max(box[1], area[1])
    whole = max(1, (area[2] - area[0]) * (area[3] - area[1]))
    return max(0, wide) * max(0, high) / whole


def _within(box: Box, pixels: Pixels) -> Box:
    height, width = pixels.shape[:2]
    return max(0, box[0]), max(0, box[1]), min(width, box[2]), min(height, box[3])
