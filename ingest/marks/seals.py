"""Find seals: red patches with the outline and the inside of a seal, grey rings with words along the rim.

What is red without being a seal is told apart by its outline: letterheads and rules are long and flat, stamps of words
are wide frames, handwriting has no outline, logos and photographs are filled.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ingest.marks import shapes
from ingest.marks.paint import Mask, Paint
from ingest.marks.rings import rings
from ingest.marks.shapes import Inking, Oval
from ingest.marks.values import Kind, Mark, Shape

#: Diameters and sides in millimetres of an A4 sheet; the limits are wide because photos and A3 sheets shift them.
_ROUND_MM = (13.0, 64.0)
_COMPANY_MM = 26.0
_SQUARE_MM = (8.0, 32.0)
_RIDING_RADIUS_MM = (12.0, 32.0)
#: Red strokes nearer to each other than this belong together.
_JOIN_MM = 2.6
#: Strokes of a seal are thinner than this, its star aside; logos and photographs are not.
_STROKE_MM = 2.4
_MOST_FILLED = 0.45
#: Cut by the edge: the patch comes so near to it.
_EDGE_MM = 3.0
#: Least share of the rim that shows, by the colour of the ink: in grey only the ring tells a seal from print, whose
#: rows look like a ring over half of the angles at most.
_RED_RIM = 0.45
_GREY_RIM = 0.6
#: How much higher than wide ovals are drawn to be looked for as rings.
_STRETCH = 1.4
_MOST_PATCHES = 60
#: Redness of thin strokes as a share of that of thick ones, and the least that is no colour noise.
_THIN, _FAINTEST = 0.3, 10
#: Share of the middle of a grey ring that is inked by star or words.
_CORE = 0.03
#: How much emptier the strip inside of a grey ring is than the ring.
_GAP = 0.14


@dataclass(frozen=True)
class _Patch:
    """Red strokes that lie together: their own mask in a window of the page, and where that window begins."""

    mask: Mask
    x: int
    y: int

    @property
    def points(self) -> NDArray[np.int32]:
        return np.argwhere(self.mask)[:, ::-1].astype(np.int32)


def seals(paint: Paint) -> list[Mark]:
    """Return the seals and stamps of words on a page, in no special order."""
    found = [mark for patch in _patches(paint.red, paint.unit) for mark in _of_patch(patch, paint)]
    if not any(mark.kind is Kind.SEAL for mark in found):
        found += _grey(paint)
    return found


def _patches(red: Mask, unit: float) -> Iterator[_Patch]:
    if not red.any():
        return
    # Single pixels are the colour noise of the picture, not ink.
    clean = cv2.morphologyEx(red, cv2.MORPH_OPEN, np.ones((2, 2), np.uint8))
    reach = max(3, round(_JOIN_MM * unit))
    _, places, stats, _ = cv2.connectedComponentsWithStats(cv2.dilate(clean, np.ones((reach, reach), np.uint8)))
    order = np.argsort(-stats[1:, cv2.CC_STAT_AREA])[:_MOST_PATCHES] + 1
    for label in order:
        x, y, wide, high, _ = stats[label].tolist()
        window = np.s_[y : y + high, x : x + wide]
        mask = clean[window] * (places[window] == label)
        if int(mask.sum()) >= 12 * unit:
            yield _Patch(mask.astype(np.uint8), x, y)


def _of_patch(patch: _Patch, paint: Paint, *, split: bool = True) -> Iterator[Mark]:
    hull = shapes.hull_of(patch.points)
    full, long, short = shapes.fullness(hull)
    if short < _SQUARE_MM[0] * paint.unit * 0.5:
        return
    filled = _filled(patch.mask, paint.unit)
    for shape in (_round, _square, _riding):
        mark = shape(patch, hull, paint) if filled <= _MOST_FILLED else None
        if mark is not None:
            yield mark
            return
    if split and long > _COMPANY_MM * paint.unit:
        rest = list(_peeled(_Patch(_strokes(patch.mask, paint.unit), patch.x, patch.y), paint))
        if rest:
            yield from rest
            return
    stamp = _stamp(patch, hull, paint, full, long / max(1.0, short), filled)
    if stamp is not None:
        yield stamp


def _filled(mask: Mask, unit: float) -> float:
    """Return the share of ink in strokes too thick for a pen or a seal."""
    return float(_thick(mask, unit).sum()) / max(1, int(mask.sum()))


def _thick(mask: Mask, unit: float) -> Mask:
    width = max(2, round(_STROKE_MM * unit))
    return np.asarray(cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((width, width), np.uint8)), np.uint8)


def _strokes(mask: Mask, unit: float) -> Mask:
    """Return a mask without what is filled: a seal may stand on a photograph or beside a logo."""
    filled = cv2.dilate(_thick(mask, unit), np.ones((5, 5), np.uint8))
    return np.asarray(cv2.subtract(mask, np.asarray(filled, np.uint8)), np.uint8)


def _round(patch: _Patch, hull: NDArray[np.int32], paint: Paint) -> Mark | None:
    oval = shapes.oval_of(hull)
    if oval is None or oval.aspect > 1.75 or oval.strays > 0.045:
        return None
    if not _ROUND_MM[0] <= 2 * min(oval.a, oval.b) / paint.unit or 2 * max(oval.a, oval.b) / paint.unit > _ROUND_MM[1]:
        return None
    return _sealed(patch, oval, paint, Shape.ROUND if oval.aspect < 1.18 else Shape.OVAL)


def _sealed(patch: _Patch, oval: Oval, paint: Paint, shape: Shape) -> Mark | None:
    ink = shapes.inking(_pale(patch, paint), oval)
    if ink.rim < _RED_RIM or ink.inside < 0.4:
        return None
    sure = _sure(ink, oval.strays)
    if 2 * max(oval.a, oval.b) < _COMPANY_MM * paint.unit:
        sure -= 0.08
    return _mark(patch, oval.box, paint, Kind.SEAL, shape, sure)


def _pale(patch: _Patch, paint: Paint) -> Mask:
    """Return the red of a patch with its thin strokes, which are paler than its thick ones."""
    height, width = patch.mask.shape
    window = paint.outshines[patch.y : patch.y + height, patch.x : patch.x + width]
    usual = float(np.median(window[patch.mask > 0]))
    return (window > max(_FAINTEST, _THIN * usual)).astype(np.uint8)


def _sure(ink: Inking, strays: float) -> float:
    return 0.5 + 0.28 * ink.rim + 0.24 * ink.inside - 1.5 * strays


def _square(patch: _Patch, hull: NDArray[np.int32], paint: Paint) -> Mark | None:
    full, long, short = shapes.fullness(hull)
    if full < 0.86 or long > 1.32 * short:
        return None
    if not _SQUARE_MM[0] * paint.unit <= short or long > _SQUARE_MM[1] * paint.unit:
        return None
    border = shapes.bordered(patch.mask, hull)
    inked = float(patch.mask.sum()) / max(1.0, float(cv2.contourArea(hull)))
    if border < 0.72 or not 0.16 <= inked <= 0.85:
        return None
    x, y, wide, high = cv2.boundingRect(hull)
    return _mark(patch, (x, y, x + wide, y + high), paint, Kind.SEAL, Shape.SQUARE, 0.45 + 0.45 * border)


def _riding(patch: _Patch, hull: NDArray[np.int32], paint: Paint) -> Mark | None:
    """Return the part of a round seal that the edge of the page leaves."""
    width, height = paint.size
    near = _EDGE_MM * paint.unit
    x, y = hull[:, 0] + patch.x, hull[:, 1] + patch.y
    cut = (x <= near) | (x >= width - 1 - near) | (y <= near) | (y >= height - 1 - near)
    if not cut.any() or cut.all():
        return None
    oval = shapes.circle_through(hull[~cut].astype(np.float32))
    if oval is None or oval.strays > 0.05:
        return None
    if not _RIDING_RADIUS_MM[0] <= oval.a / paint.unit <= _RIDING_RADIUS_MM[1]:
        return None
    apart = np.arctan2(hull[~cut][:, 1] - oval.y, hull[~cut][:, 0] - oval.x)
    ink = shapes.inking(_placed(patch, paint), Oval(oval.x + patch.x, oval.y + patch.y, oval.a, oval.b, 0, 0))
    if _spread(apart) < 1.2 or ink.rim < _RED_RIM or ink.inside < 0.35 or ink.shown < 0.15:
        return None
    left, top, right, bottom = cv2.boundingRect(hull)
    box = (left, top, left + right, top + bottom)
    return _mark(patch, box, paint, Kind.SEAL, Shape.RIDING, _sure(ink, oval.strays) - 0.1)


def _placed(patch: _Patch, paint: Paint) -> Mask:
    whole = np.zeros(paint.red.shape, np.uint8)
    whole[patch.y : patch.y + patch.mask.shape[0], patch.x : patch.x + patch.mask.shape[1]] = patch.mask
    return whole


def _spread(angles: NDArray[np.floating]) -> float:
    """Return the arc that angles span, in radians: the whole turn without the widest gap."""
    ordered = np.sort(angles)
    gaps = np.diff(np.append(ordered, ordered[0] + 2 * np.pi))
    return float(2 * np.pi - gaps.max())


def _peeled(patch: _Patch, paint: Paint) -> Iterator[Mark]:
    """Return round seals inside a patch that they share with something, then what is left of it."""
    left = patch.mask.copy()
    radii = (_COMPANY_MM / 2, _ROUND_MM[1] / 2)
    found = False
    for ring in rings(patch.mask, unit=paint.unit, radii_mm=radii, least=0.62):
        mark = _sealed(patch, ring, paint, Shape.ROUND)
        if mark is not None and ring.strays < 0.4:
            found = True
            yield mark
            cv2.circle(left, (round(ring.x), round(ring.y)), round(ring.a * 1.08), 0, -1)
    for rest in _patches(left, paint.unit) if found else ():
        yield from _of_patch(_Patch(rest.mask, rest.x + patch.x, rest.y + patch.y), paint, split=False)


def _stamp(
    patch: _Patch, hull: NDArray[np.int32], paint: Paint, full: float, aspect: float, filled: float
) -> Mark | None:
    """Return a stamp of words: a frame, wider than high, with words in it."""
    x, y, wide, high = cv2.boundingRect(hull)
    flat = wide > 0.45 * paint.size[0]
    if flat or full < 0.8 or filled > _MOST_FILLED or aspect < 1.2 or high > 40 * paint.unit:
        return None
    border = shapes.bordered(patch.mask, hull)
    sure = 0.4 + 0.5 * border
    return _mark(patch, (x, y, x + wide, y + high), paint, Kind.TEXT_STAMP, Shape.FRAME, sure) if border > 0.5 else None


def _grey(paint: Paint) -> list[Mark]:
    """Return rings with words along the rim in dark ink, as photocopies and faxes show seals."""
    found = _ringed_words(paint, 1.0)
    # In colour, an oval seal would have been red; the second look costs as much as the first.
    return found if found or paint.colour else _ringed_words(paint, _STRETCH)


def _ringed_words(paint: Paint, stretch: float) -> list[Mark]:
    """Return grey seals on a page drawn higher by `stretch`, so that ovals lying flat are round."""
    radii = (_COMPANY_MM / 2, 27.0)
    found = []
    dark, pale = (_stretched(mask, stretch) for mask in (paint.dark, paint.pale))
    for ring in rings(dark, unit=paint.unit, radii_mm=radii, least=_GREY_RIM):
        ink = shapes.inking(pale, ring)
        core = float(np.mean([_ringed(pale, ring, depth) for depth in np.linspace(0.06, 0.5, 8)]))
        if ink.inside < 0.6 or ink.shown < 0.9 or _gap(dark, ring) < _GAP or core < _CORE:
            continue
        x0, y0, x1, y1 = ring.box
        box = paint.on_page(x0, y0 / stretch, x1, y1 / stretch)
        sure = min(0.92, 0.5 + 0.45 * (1 - ring.strays))
        found.append(Mark(Kind.SEAL, Shape.ROUND if stretch == 1.0 else Shape.OVAL, box, round(sure, 3), "dark"))
    return found


def _stretched(mask: Mask, stretch: float) -> Mask:
    if stretch == 1.0:
        return mask
    return np.asarray(cv2.resize(mask, None, fx=1, fy=stretch, interpolation=cv2.INTER_NEAREST), np.uint8)


def _gap(mask: Mask, ring: Oval) -> float:
    """Return how much emptier the strip between rim and words is than both, 0 to 1: a seal leaves it free."""
    share = [float(_ringed(mask, ring, depth)) for depth in np.linspace(0.8, 0.96, 7)]
    return max(0.0, _ringed(mask, ring, 1.0) - min(share))


def _ringed(mask: Mask, ring: Oval, depth: float) -> float:
    turns = np.linspace(0, 2 * np.pi, 120, endpoint=False)
    x = np.rint(ring.x + depth * ring.a * np.cos(turns)).astype(int)
    y = np.rint(ring.y + depth * ring.b * np.sin(turns)).astype(int)
    inside = (x >= 0) & (x < mask.shape[1]) & (y >= 0) & (y < mask.shape[0])
    return float((mask[y.clip(0, mask.shape[0] - 1), x.clip(0, mask.shape[1] - 1)] & inside).mean())


def _mark(
    patch: _Patch, box: tuple[float, float, float, float], paint: Paint, kind: Kind, shape: Shape, sure: float
) -> Mark:
    x0, y0, x1, y1 = box
    on_page = paint.on_page(x0 + patch.x, y0 + patch.y, x1 + patch.x, y1 + patch.y)
    return Mark(kind, shape, on_page, round(float(np.clip(sure, 0.05, 0.98)), 3), "red")
