"""Find the sheet in a photograph of it, and straighten its perspective.

A page off the glass of a scanner is all sheet; a photograph shows the desk around it. What is taken for a sheet has to
look like one from outside as well: other ground beyond each of its four sides, near them and farther away. The frame of
a form has paper on both sides; a dark table, a card or a picture on a page has print around it, which the reader finds
out by reading (`Sheet.sure`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from ingest.ocr.engine import Pixels

#: Four corners clockwise from the top left, in pixels of the picture.
Corners = NDArray[np.float32]
_Lab = NDArray[np.float32]

#: Long side of the small picture that is looked at, pixels; the distances below are pixels of it.
_LONG_PX = 480
#: A stroke narrower than this is ink and no edge of a sheet.
_INK_PX = 13
#: How far inside and outside of a side the ground is compared: close by, and beyond any frame or shadow.
_NEAR_PX, _FAR_PX = 5, 13
#: Least difference in colour between a sheet and what it lies on; lightness counts from 0 to 100.
_DIFFERENT = 3.5
#: Share of a side along which there has to be other ground, and of all four sides together.
_A_SIDE, _ALL_SIDES = 0.8, 0.88
#: A side so near to the edge of the picture, as a share of its long side, is the end of the picture. One may be.
_AT_END = 0.012
#: Share of the picture that a sheet covers at least, at least where its ground is lighter than itself, and at most.
_LEAST, _LEAST_ON_LIGHT, _MOST = 0.2, 0.4, 0.97
#: Corners of a sheet seen from aside, degrees; its sides differ by no more than this factor.
_SHARPEST, _BLUNTEST, _FORESHORTENED = 50.0, 130.0, 2.2
_LONGEST_SHEET = 4.2
#: How well four corners have to fit the outline that was found.
_FITS = 0.93
#: Lightness by which a sheet stands out from its ground beyond doubt, and share of ink on the ground that is none.
_STANDS_OUT, _NO_INK = 12.0, 0.004
#: Samples along a side.
_SAMPLES = 48


@dataclass(frozen=True)
class Sheet:
    """The corners of a sheet, and whether its ground is so dark and empty that nothing can be lost around it."""

    corners: Corners
    sure: bool


def find(pixels: Pixels) -> Sheet | None:
    """Return the sheet that a picture shows on other ground; none where it is all sheet itself, or if unclear."""
    scale = min(1.0, _LONG_PX / max(pixels.shape[:2]))
    if min(pixels.shape[:2]) * scale < 8 * _INK_PX:
        return None
    small = _small(pixels, scale)
    plain = _without_ink(small)
    lab = _lab(plain)
    found: tuple[float, Corners] | None = None
    for outline in _outlines(lab):
        corners = _four_corners(outline, lab.shape[:2])
        if corners is None:
            continue
        corners = _on_edges(corners, lab)
        strength = _strength(corners, lab) if _is_like_a_sheet(corners, lab.shape[:2]) else 0.0
        if strength > (found[0] if found else 0.0):
            found = strength, corners
    if found is None:
        return None
    return Sheet((found[1] / scale).astype(np.float32), _is_alone(found[1], lab, small, plain))


def flatten(pixels: Pixels, sheet: Sheet) -> Pixels:
    """Return the sheet seen from straight above, as large as it was seen from aside."""
    top_left, top_right, bottom_right, bottom_left = corners = sheet.corners
    width = round(max(_length(top_left, top_right), _length(bottom_left, bottom_right)))
    height = round(max(_length(top_left, bottom_left), _length(top_right, bottom_right)))
    flat = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    matrix = cv2.getPerspectiveTransform(corners, flat)
    return cast(Pixels, cv2.warpPerspective(pixels, matrix, (width, height), flags=cv2.INTER_CUBIC))


def _small(pixels: Pixels, scale: float) -> Pixels:
    size = (max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale)))
    # Every few pixels first: averaging all of a large picture would cost more than everything else here.
    step = max(1, int(0.5 / scale))
    return cast(Pixels, cv2.resize(np.ascontiguousarray(pixels[::step, ::step]), size, interpolation=cv2.INTER_AREA))


def _without_ink(small: Pixels) -> Pixels:
    """Let print, rulings and frames vanish into the paper around them."""
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (_INK_PX, _INK_PX))
    return cast(Pixels, cv2.medianBlur(cv2.morphologyEx(small, cv2.MORPH_CLOSE, disc), 5))


def _lab(plain: Pixels) -> _Lab:
    """Return lightness and two colours; like grains of a desk, the grain of the picture is averaged away."""
    smooth = cv2.GaussianBlur(plain, (0, 0), 1.2).astype(np.float32) / 255
    return cast(_Lab, cv2.cvtColor(smooth, cv2.COLOR_RGB2Lab))


def _outlines(lab: _Lab) -> Iterator[NDArray[np.int32]]:
    """Yield outlines of what may be the sheet: what differs from the rim of the picture, is light, or has an edge."""
    masks = [_unlike_rim(lab), _otsu(lab[..., 0] * 2.55), *_edges(lab)]
    for mask in masks:
        found, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
        for outline in sorted(found, key=cv2.contourArea, reverse=True)[:2]:
            if cv2.contourArea(outline) >= _LEAST * mask.size:
                yield cast(NDArray[np.int32], outline)


def _unlike_rim(lab: _Lab) -> NDArray[np.uint8]:
    """Return where the picture has none of the colours of its rim."""
    rim = np.concatenate(
        [lab[:6].reshape(-1, 3), lab[-6:].reshape(-1, 3), lab[:, :6].reshape(-1, 3), lab[:, -6:].reshape(-1, 3)]
    )
    ends = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 8, 1.0)
    # Seeded, so that the same picture always gives the same answer.
    cv2.setRNGSeed(1)
    _, _, colours = cv2.kmeans(np.ascontiguousarray(rim[::3]), 5, None, ends, 1, cv2.KMEANS_PP_CENTERS)  # type: ignore[call-overload]
    distance = np.min([np.linalg.norm(lab - colour, axis=2) for colour in colours], axis=0)
    return _otsu(np.clip(distance * 4, 0, 255))


def _otsu(levels: NDArray[np.float32]) -> NDArray[np.uint8]:
    grey = levels.astype(np.uint8)
    _, mask = cv2.threshold(grey, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    return cast(NDArray[np.uint8], cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((7, 7), np.uint8)))


def _edges(lab: _Lab) -> Iterator[NDArray[np.uint8]]:
    """Yield what edges enclose, at a strong and at a faint contrast."""
    grey = np.clip(lab[..., 0] * 2.55, 0, 255).astype(np.uint8)
    for low, high in ((30, 80), (8, 24)):
        lines = cv2.dilate(cv2.Canny(grey, low, high), np.ones((5, 5), np.uint8))
        found, _ = cv2.findContours(lines, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
        mask = np.zeros(grey.shape, np.uint8)
        cv2.drawContours(mask, found, -1, 255, cv2.FILLED)
        yield cast(NDArray[np.uint8], cv2.erode(mask, np.ones((5, 5), np.uint8)))


def _four_corners(outline: NDArray[np.int32], shape: tuple[int, ...]) -> Corners | None:
    """Return the four corners of an outline; none when it has another shape."""
    hull = cv2.convexHull(outline)
    for share in (0.01, 0.02, 0.03, 0.05):
        corners = cv2.approxPolyDP(hull, share * cv2.arcLength(hull, True), True)
        if len(corners) <= 4:
            break
    if len(corners) != 4:
        return None
    quad = _clockwise(corners.reshape(4, 2).astype(np.float32))
    area, covered = cv2.contourArea(quad), cv2.contourArea(outline)
    if area == 0 or not _FITS <= covered / area <= 2 - _FITS:
        return None
    return quad if area <= _MOST * shape[0] * shape[1] else None


def _clockwise(corners: Corners) -> Corners:
    """Return corners clockwise, first the one nearest to the top left of the picture: the turn is left for later."""
    middle = corners.mean(axis=0)
    around = corners[np.argsort(np.arctan2(*(corners - middle).T[::-1]))]
    return np.roll(around, -int(around.sum(axis=1).argmin()), axis=0)


def _on_edges(corners: Corners, lab: _Lab) -> Corners:
    """Lay the sides where the colour changes most, and return where they cross."""
    lines = [_on_edge(corners[i], corners[(i + 1) % 4], lab) for i in range(4)]
    crossings = [np.cross(lines[i - 1], lines[i]) for i in range(4)]
    if any(abs(one[2]) < 1e-6 for one in crossings):
        return corners
    moved = np.array([one[:2] / one[2] for one in crossings], np.float32)
    # Where an edge is not clear the corner stays.
    return moved if float(np.abs(moved - corners).max()) < 2 * _FAR_PX else corners


def _on_edge(start: NDArray[np.float32], end: NDArray[np.float32], lab: _Lab) -> NDArray[np.float64]:
    """Return the line, in homogeneous coordinates, along which the ground changes near a side."""
    reach = np.arange(-8, 9)
    outwards = _outwards(start, end)
    along = _along(start, end)
    profile = np.stack([_at(lab, along + outwards * shift) for shift in reach], axis=1)
    steps = np.linalg.norm(profile[:, 2:] - profile[:, :-2], axis=2)
    at = reach[1:-1][steps.argmax(axis=1)]
    clear = steps.max(axis=1) >= _DIFFERENT
    points = along + outwards * np.where(clear, at, 0)[:, None]
    if clear.sum() < _SAMPLES // 3:
        points = along
    vx, vy, x, y = cv2.fitLine(points.astype(np.float32), cv2.DIST_HUBER, 0, 0.01, 0.01).ravel().tolist()
    return np.array([vy, -vx, vx * y - vy * x], np.float64)


def _outwards(start: NDArray[np.float32], end: NDArray[np.float32]) -> NDArray[np.float32]:
    x, y = end - start
    # Corners go clockwise as one sees them, and rows count downwards: outside is to the left.
    return np.array([y, -x], np.float32) / max(1.0, float(np.hypot(x, y)))


def _along(start: NDArray[np.float32], end: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return points along a side, its ends left out: corners are folded, held and rounded."""
    shares = np.linspace(0.06, 0.94, _SAMPLES, dtype=np.float32)[:, None]
    return np.asarray(start + (end - start) * shares, np.float32)


def _at(lab: _Lab, points: NDArray[np.float32]) -> _Lab:
    height, width = lab.shape[:2]
    x = np.clip(np.round(points[:, 0]).astype(int), 0, width - 1)
    y = np.clip(np.round(points[:, 1]).astype(int), 0, height - 1)
    return np.asarray(lab[y, x], np.float32)


def _is_like_a_sheet(corners: Corners, shape: tuple[int, ...]) -> bool:
    if not cv2.isContourConvex(corners.astype(np.int32)) or corners.min() < -_FAR_PX:
        return False
    area = cv2.contourArea(corners)
    sides = [_length(corners[i], corners[(i + 1) % 4]) for i in range(4)]
    width, height = (sides[0] + sides[2]) / 2, (sides[1] + sides[3]) / 2
    if not _LEAST * shape[0] * shape[1] <= area <= _MOST * shape[0] * shape[1] or min(sides) < 4 * _FAR_PX:
        return False
    if max(width, height) > _LONGEST_SHEET * min(width, height):
        return False
    if any(max(a, b) > _FORESHORTENED * min(a, b) for a, b in ((sides[0], sides[2]), (sides[1], sides[3]))):
        return False
    return all(_SHARPEST <= _angle(corners, i) <= _BLUNTEST for i in range(4))


def _strength(corners: Corners, lab: _Lab) -> float:
    """Return how much of the four sides has other ground beyond it, 0 when that is not enough for a sheet."""
    height, width = lab.shape[:2]
    shares: list[float] = []
    ended = 0
    for i in range(4):
        start, end = corners[i], corners[(i + 1) % 4]
        if _ends_with_picture(start, end, width, height):
            ended += 1
            continue
        differs = _differs(start, end, lab)
        if differs.mean() < _A_SIDE:
            return 0.0
        shares.append(float(differs.mean()))
    if ended > 1 or not shares or float(np.mean(shares)) < _ALL_SIDES:
        return 0.0
    covered = cv2.contourArea(corners) / (width * height)
    inside, outside = _grounds(corners, lab)
    if outside[0] > inside[0] and covered < _LEAST_ON_LIGHT:
        # What is darker than the ground around it and small is more likely a picture or a card on a page.
        return 0.0
    # Four sides that are seen are worth more than three and the end of the picture.
    return float(sum(shares) + covered)


def _differs(start: NDArray[np.float32], end: NDArray[np.float32], lab: _Lab) -> NDArray[np.bool_]:
    """Say for each point of a side whether the ground beyond is another one, near it and farther away."""
    along, outwards = _along(start, end), _outwards(start, end)
    found = np.ones(len(along), bool)
    for reach in (_NEAR_PX, _FAR_PX):
        steps = _at(lab, along - outwards * reach) - _at(lab, along + outwards * reach)
        usual = np.median(steps, axis=0)
        # The same change all along: of lightness or of colour, and in the same direction.
        towards = steps @ usual / max(1e-6, float(np.linalg.norm(usual)))
        found &= towards >= _DIFFERENT
    return found


def _ends_with_picture(start: NDArray[np.float32], end: NDArray[np.float32], width: int, height: int) -> bool:
    near = _AT_END * max(width, height)
    x, y = np.array([start[0], end[0]]), np.array([start[1], end[1]])
    return bool(
        (x <= near).all() or (x >= width - 1 - near).all() or (y <= near).all() or (y >= height - 1 - near).all()
    )


def _grounds(corners: Corners, lab: _Lab) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the usual colour inside and outside of the sheet, near its sides."""
    inside, outside = [], []
    for i in range(4):
        start, end = corners[i], corners[(i + 1) % 4]
        along, outwards = _along(start, end), _outwards(start, end)
        inside.append(_at(lab, along - outwards * _FAR_PX))
        outside.append(_at(lab, along + outwards * _FAR_PX))
    return np.median(np.concatenate(inside), axis=0), np.median(np.concatenate(outside), axis=0)


def _is_alone(corners: Corners, lab: _Lab, small: Pixels, plain: Pixels) -> bool:
    """Say whether the ground is darker than the sheet and bears nothing that may be print."""
    inside, outside = _grounds(corners, lab)
    if inside[0] - outside[0] < _STANDS_OUT:
        return False
    covered = cv2.fillConvexPoly(np.zeros(small.shape[:2], np.uint8), corners.astype(np.int32), 1)
    ground = cv2.dilate(covered, np.ones((9, 9), np.uint8)) == 0
    ink = np.min(plain.astype(np.int16) - small, axis=2) > 40
    return bool((ink & ground).sum() < _NO_INK * ground.size)


def _length(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    return float(np.linalg.norm(a - b))


def _angle(corners: Corners, i: int) -> float:
    before, after = corners[i - 1] - corners[i], corners[(i + 1) % 4] - corners[i]
    cosine = float(before @ after) / max(1e-6, float(np.linalg.norm(before) * np.linalg.norm(after)))
    return float(np.degrees(np.arccos(np.clip(cosine, -1, 1))))
