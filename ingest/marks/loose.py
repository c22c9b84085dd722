"""Find handwriting that stands by no label: strokes without print where people sign, in the lower part of a page."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from ingest.lines import Box, TextLine
from ingest.marks.paint import Mask, Paint
from ingest.marks.strokes import level_share
from ingest.marks.values import Kind, Mark, Shape

#: Size of a signature in millimetres of an A4 sheet.
_WIDE_MM, _HIGH_MM = (7.0, 65.0), (4.0, 26.0)
_JOIN_MM = 2.2
#: Share of its box that a signature inks, and the most of its edges that may be level or upright.
_INKED = (0.03, 0.4)
_LEVEL = 0.5
#: More such pieces than this make a drawing or a written page.
_MOST = 6
#: Where people sign: below this share of the page.
_FOOT = 0.3
#: By how much blue outshines red in blue ink.
_BLUE = 26


def loose(paint: Paint, lines: Sequence[TextLine], taken: Sequence[Box]) -> list[Mark]:
    """Return strokes that may be signatures and lie in none of the areas `taken`; never sure of it."""
    if not lines:
        return []
    top = round(_FOOT * paint.size[1])
    mask = _unread(paint, lines, taken)[top:]
    reach = max(3, round(_JOIN_MM * paint.unit))
    joined = cv2.dilate(mask, np.ones((reach, reach), np.uint8))
    _, places, stats, _ = cv2.connectedComponentsWithStats(joined)
    found = []
    pieces = 0
    for label, (x, y, wide, high, _) in enumerate(stats[1:].tolist(), start=1):
        if not _in_mm(wide, _WIDE_MM, paint) or not _in_mm(high, _HIGH_MM, paint):
            pieces += max(wide, high) > _WIDE_MM[1] * paint.unit
            continue
        window = np.s_[y : y + high, x : x + wide]
        own = (mask[window] * (places[window] == label)).astype(np.uint8)
        mark = _written(paint, own, (x, y + top, x + wide, y + top + high))
        found += [mark] if mark else []
    return found if len(found) + pieces <= _MOST else []


def _written(paint: Paint, own: Mask, box: tuple[int, int, int, int]) -> Mark | None:
    x0, y0, x1, y1 = box
    inked = float(own.mean())
    if not _INKED[0] <= inked <= _INKED[1]:
        return None
    part = paint.evened[y0:y1, x0:x1]
    level = level_share(np.ascontiguousarray(part[..., 0]), own)
    if level > _LEVEL:
        return None
    ink = part[own > 0].astype(np.int16)
    blue = float(np.mean(ink[:, 2] - ink[:, 0] > _BLUE))
    sure = 0.4 + 0.3 * blue + 0.6 * max(0.0, 0.45 - level)
    colour = "blue" if blue > 0.5 else "dark"
    return Mark(Kind.SIGNATURE, Shape.STROKES, paint.on_page(x0, y0, x1, y1), round(min(0.75, sure), 3), colour)


def _unread(paint: Paint, lines: Sequence[TextLine], taken: Sequence[Box]) -> Mask:
    """Return dark ink that was not read as text, is no ruled line and lies in no area that is taken."""
    mask = paint.dark.copy()
    for long in ((1, round(12 * paint.unit)), (round(12 * paint.unit), 1)):
        rules = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones(long, np.uint8))
        mask &= 1 - np.asarray(cv2.dilate(rules, np.ones((3, 3), np.uint8)), np.uint8)
    for box in [line.box for line in lines if line.confidence >= 0.6] + list(taken):
        x0, y0, x1, y1 = (edge * paint.scale for edge in box)
        mask[max(0, int(y0) - 2) : int(y1) + 3, max(0, int(x0) - 2) : int(x1) + 3] = 0
    edge = max(4, round(6 * paint.unit))
    mask[:edge], mask[-edge:], mask[:, :edge], mask[:, -edge:] = 0, 0, 0, 0
    return mask


def _in_mm(size: int, limits: tuple[float, float], paint: Paint) -> bool:
    return limits[0] <= size / paint.unit <= limits[1]
