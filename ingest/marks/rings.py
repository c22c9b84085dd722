"""Find rings in ink: every edge votes for the centres that it could be a rim of."""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from ingest.marks.shapes import Oval

#: Shorter side that a picture is brought to for voting, and the most edges that vote.
_VOTING_PX = 450
_MOST_EDGES = 15_000
#: Steps of the radii that an edge votes for, in pixels.
_STEP_PX = 2.0
#: Centres that are looked at, and the angles at which they are asked for a rim.
_CENTRES = 8
_ANGLES = 120


def rings(mask: NDArray[np.uint8], *, unit: float, radii_mm: tuple[float, float], least: float) -> list[Oval]:
    """Return rings with a rim inked over at least the share `least` of their angles, the best rim first.

    `strays` of each is the share of its rim that lacks. `unit` is the pixels of a millimetre. A rim stands out from
    what lies just outside of it: rows of print around a spot are no ring.
    """
    scale = min(1.0, _VOTING_PX / min(mask.shape))
    small = np.asarray(cv2.resize(mask * 255, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
    least_r, most_r = (one * unit * scale for one in radii_mm)
    votes = _votes(small, least_r, most_r)
    found: list[Oval] = []
    for _ in range(_CENTRES):
        y, x = np.unravel_index(int(votes.argmax()), votes.shape)
        if votes[y, x] <= 0:
            break
        ring = _ring_at(small, float(x - most_r), float(y - most_r), least_r, most_r)
        if ring is not None and 1 - ring.strays >= least and not any(_same(ring, one) for one in found):
            found.append(ring)
        cv2.circle(votes, (int(x), int(y)), max(3, int(least_r / 2)), 0, -1)
    whole = [Oval(one.x / scale, one.y / scale, one.a / scale, one.b / scale, 0.0, one.strays) for one in found]
    return sorted(whole, key=lambda one: one.strays)


def _votes(small: NDArray[np.uint8], least_r: float, most_r: float) -> NDArray[np.float32]:
    """Return how many edges point at each spot; the picture is padded by the largest radius on all sides."""
    soft = cv2.GaussianBlur(small, (0, 0), 1.0)
    gx, gy = cv2.Sobel(soft, cv2.CV_32F, 1, 0), cv2.Sobel(soft, cv2.CV_32F, 0, 1)
    strength = cv2.magnitude(gx, gy)
    y, x = np.nonzero(strength > 120)
    if len(x) > _MOST_EDGES:
        step = len(x) // _MOST_EDGES + 1
        x, y = x[::step], y[::step]
    pad = int(most_r) + 1
    height, width = small.shape[0] + 2 * pad, small.shape[1] + 2 * pad
    total = np.zeros(height * width, np.float32)
    if not len(x):
        return total.reshape(height, width)
    ux, uy = gx[y, x] / strength[y, x], gy[y, x] / strength[y, x]
    ways = np.arange(least_r, most_r, _STEP_PX, dtype=np.float32)
    ways = np.concatenate([ways, -ways])[:, None]
    across = (x + pad + ways * ux + 0.5).astype(np.int32)
    down = (y + pad + ways * uy + 0.5).astype(np.int32)
    places = np.clip(down, 0, height - 1) * width + np.clip(across, 0, width - 1)
    total = np.bincount(places.ravel(), minlength=total.size).astype(np.float32)
    return cast(NDArray[np.float32], cv2.blur(total.reshape(height, width), (3, 3)))


def _ring_at(small: NDArray[np.uint8], x: float, y: float, least_r: float, most_r: float) -> Oval | None:
    """Return the best ring around a spot, its centre moved by a few pixels where that is better."""
    best = None
    for dx in (-2, 0, 2):
        for dy in (-2, 0, 2):
            r, rim = _rim(small, x + dx, y + dy, least_r, most_r)
            if best is None or rim > 1 - best.strays:
                best = Oval(x + dx, y + dy, r, r, 0.0, 1 - rim)
    return best


def _rim(small: NDArray[np.uint8], x: float, y: float, least_r: float, most_r: float) -> tuple[float, float]:
    """Return the radius with the fullest rim and how full it is, less what lies outside of it."""
    radii = np.arange(least_r * 0.95, most_r * 1.12)
    turns = np.linspace(0, 2 * np.pi, _ANGLES, endpoint=False)
    across = (x + radii[:, None] * np.cos(turns)).astype(np.float32)
    down = (y + radii[:, None] * np.sin(turns)).astype(np.float32)
    ink = cv2.remap(small, across, down, cv2.INTER_LINEAR, borderValue=0) > 70
    near = ink[:-2] | ink[1:-1] | ink[2:]
    full = near.mean(axis=1)
    outside = np.convolve(np.pad(full, (0, 8)), np.full(3, 1 / 3), "full")[6 : 6 + len(full)]
    # A rim that only touches much print is as full outside as on it.
    clear = full - np.maximum(0, outside - 0.25)
    at = int(clear.argmax())
    return float(radii[at + 1]), float(clear[at])


def _same(one: Oval, other: Oval) -> bool:
    return bool(np.hypot(one.x - other.x, one.y - other.y) < 0.7 * max(one.a, other.a))
