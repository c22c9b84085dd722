"""The outline of a patch of ink: round, oval, square, cut by the edge of the page, or none of these."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.int32]
#: Angles at which an outline is asked for ink.
_ANGLES = 72


@dataclass(frozen=True)
class Oval:
    """An ellipse: centre, half axes, angle of the first one in degrees; `strays` is how far its hull strays, 0 to 1."""

    x: float
    y: float
    a: float
    b: float
    angle: float
    strays: float

    @property
    def aspect(self) -> float:
        """Return the long axis over the short one."""
        return max(self.a, self.b) / max(1e-6, min(self.a, self.b))

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Return the box around it, taken as if it lay level."""
        turned = abs(np.sin(np.radians(self.angle)))
        wide, high = (self.b, self.a) if turned > 0.7 else (self.a, self.b)
        return self.x - wide, self.y - high, self.x + wide, self.y + high


@dataclass(frozen=True)
class Inking:
    """How the ink lies inside an oval: the share of angles with ink on its rim, and between rim and middle."""

    rim: float
    inside: float
    #: The same only of the angles that are on the page.
    shown: float


def hull_of(points: Points) -> NDArray[np.int32]:
    """Return the hull of pixels as rows of x and y."""
    return np.asarray(cv2.convexHull(points).reshape(-1, 2), np.int32)


def fullness(hull: NDArray[np.int32]) -> tuple[float, float, float]:
    """Return the share of the tightest rectangle that a hull fills, and the long and short side of that rectangle.

    A rectangle fills it all, a circle or ellipse 0.79, a triangle the half.
    """
    _, sides, _ = cv2.minAreaRect(hull)
    area = sides[0] * sides[1]
    return (float(cv2.contourArea(hull)) / area if area else 0.0), max(sides), min(sides)


def oval_of(hull: NDArray[np.int32]) -> Oval | None:
    """Return the ellipse that a hull follows, or none if there are too few points to tell."""
    dense = _along(hull)
    if len(hull) < 8 or len(dense) < 12:
        return None
    (x, y), (wide, high), angle = cv2.fitEllipseDirect(dense)
    if not all(map(np.isfinite, (x, y, wide, high))) or min(wide, high) < 4:
        return None
    reach = _reach(dense, x, y, wide / 2, high / 2, angle)
    return Oval(x, y, wide / 2, high / 2, angle, float(np.mean(np.abs(reach - 1))))


def circle_through(points: NDArray[np.float32]) -> Oval | None:
    """Return the circle that lies nearest to points of an arc."""
    x, y = points[:, 0].astype(np.float64), points[:, 1].astype(np.float64)
    if len(x) < 8:
        return None
    sides = np.column_stack([x, y, np.ones_like(x)])
    (a, b, c), *_ = np.linalg.lstsq(sides, x * x + y * y, rcond=None)
    square = c + a * a / 4 + b * b / 4
    if square <= 0:
        return None
    r = float(np.sqrt(square))
    strays = float(np.mean(np.abs(np.hypot(x - a / 2, y - b / 2) / r - 1)))
    return Oval(float(a / 2), float(b / 2), r, r, 0.0, strays)


def inking(mask: NDArray[np.uint8], oval: Oval) -> Inking:
    """Say how ink lies on the rim of an oval and inside of it."""
    turns = np.linspace(0, 2 * np.pi, _ANGLES, endpoint=False)
    rim = _sampled(mask, oval, turns, np.linspace(0.88, 1.05, 9))
    inside = _sampled(mask, oval, turns, np.linspace(0.5, 0.84, 12))
    on_page = rim.shown
    seen = max(1, int(on_page.sum()))
    return Inking(
        rim=float((rim.ink & on_page).sum()) / seen,
        # Words along the rim leave gaps between the characters: what counts is the neighbourhood.
        inside=float((_wider(inside.ink) & on_page).sum()) / seen,
        shown=seen / _ANGLES,
    )


def bordered(mask: NDArray[np.uint8], hull: NDArray[np.int32]) -> float:
    """Return the share of the edge of the tightest rectangle around a hull that has ink on it."""
    corners = cv2.boxPoints(cv2.minAreaRect(hull))
    centre = corners.mean(axis=0)
    found = []
    for start, end in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        steps = np.linspace(0.03, 0.97, 24)[:, None]
        side = start * (1 - steps) + end * steps
        inward = np.stack([side + (centre - side) * depth for depth in (0.0, 0.04, 0.08, 0.13)])
        found.append(_at(mask, inward[..., 0], inward[..., 1])[0].any(axis=0))
    return float(np.concatenate(found).mean())


@dataclass(frozen=True)
class _Sample:
    ink: NDArray[np.bool_]
    shown: NDArray[np.bool_]


def _sampled(mask: NDArray[np.uint8], oval: Oval, turns: NDArray[np.float64], depths: NDArray[np.float64]) -> _Sample:
    tilt = np.radians(oval.angle)
    across, down = oval.a * np.cos(turns), oval.b * np.sin(turns)
    x = oval.x + depths[:, None] * (across * np.cos(tilt) - down * np.sin(tilt))
    y = oval.y + depths[:, None] * (across * np.sin(tilt) + down * np.cos(tilt))
    ink, shown = _at(mask, x, y)
    return _Sample(np.asarray(ink.any(axis=0)), np.asarray(shown.all(axis=0)))


def _at(
    mask: NDArray[np.uint8], x: NDArray[np.floating], y: NDArray[np.floating]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    height, width = mask.shape
    column, row = np.rint(x).astype(np.int64), np.rint(y).astype(np.int64)
    shown = (column >= 0) & (column < width) & (row >= 0) & (row < height)
    return (mask[row.clip(0, height - 1), column.clip(0, width - 1)] > 0) & shown, shown


def _wider(ink: NDArray[np.bool_]) -> NDArray[np.bool_]:
    return ink | np.roll(ink, 1) | np.roll(ink, -1)


def _along(hull: NDArray[np.int32]) -> NDArray[np.float32]:
    """Return points at even steps along a hull, so that long sides count for their length."""
    ring = np.vstack([hull, hull[:1]]).astype(np.float64)
    steps = np.hypot(*np.diff(ring, axis=0).T)
    whole = np.concatenate([[0], np.cumsum(steps)])
    if whole[-1] < 8:
        return ring[:-1].astype(np.float32)
    at = np.linspace(0, whole[-1], 96, endpoint=False)
    return np.column_stack([np.interp(at, whole, ring[:, axis]) for axis in (0, 1)]).astype(np.float32)


def _reach(points: NDArray[np.float32], x: float, y: float, a: float, b: float, angle: float) -> NDArray[np.float64]:
    tilt = np.radians(angle)
    dx, dy = points[:, 0] - x, points[:, 1] - y
    across = (dx * np.cos(tilt) + dy * np.sin(tilt)) / a
    down = (-dx * np.sin(tilt) + dy * np.cos(tilt)) / b
    return np.asarray(np.hypot(across, down), np.float64)
