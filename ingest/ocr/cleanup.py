"""Make a page easier to read: look through red ink, even out the light, level the rows."""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from ingest.lines import Box
from ingest.ocr.engine import Pixels

#: Rows that lean by less than this are level enough for reading and for finding values beside labels.
LEVEL_DEG = 0.7
_STEEPEST_DEG = 8.0
#: Redness from which a pixel is red ink, and the share of them that is more than a speck.
RED = 35
_SOME_RED = 0.0002
#: Red spots read one by one; where there are more, the area around them is read at once.
_MOST_SPOTS = 4
#: Share of coloured pixels above which colour is the paper (a red cover), not ink on it.
_COLOURED_PAPER = 0.35
#: Brightness of the darkest ink against the paper from which a page is faint, and from which it is only grain.
_FAINT = 0.6
_NO_INK = 0.97
#: No line of print fits on a sheet narrower than this.
_LEAST_SIDE_PX = 16
#: Half of a negative is darker than this; its ink is brighter by so much, and covers these shares of it.
_DARK_GROUND, _BRIGHTER, _INK_OF_NEGATIVE = 110.0, 50.0, (0.001, 0.3)
#: No paper is as dark as that.
_BLACK = 60.0
#: A page of twenty characters covers more than this; ink that shines through from the back covers less.
_PICTURE = 0.004


def ink(pixels: Pixels) -> Pixels:
    """Return the page in one channel in which black and blue ink is dark and red seals fade.

    Red ink reflects red light, so in the red channel a seal nearly vanishes from the text below it. Print that
    is red itself fades too: see `red_ink`.
    """
    if pixels.ndim == 2:
        return pixels
    if has_red_ink(pixels):
        return np.ascontiguousarray(pixels[..., 0])
    return cast(Pixels, cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY))


def positive(pixels: Pixels) -> Pixels:
    """Return a page with light print on dark ground, a negative or a blueprint, as dark print on light ground."""
    small = pixels[::8, ::8]
    grey = small if small.ndim == 2 else small.mean(axis=2)
    ground = float(np.median(grey))
    least, most = _INK_OF_NEGATIVE
    if ground > _DARK_GROUND or not least < float(np.mean(grey > ground + _BRIGHTER)) < most:
        return pixels
    return np.asarray(255 - pixels, np.uint8)


def is_black(pixels: Pixels) -> bool:
    """Say whether nearly all of a page is darker than any paper: the lid was open, or a lens covered."""
    return float(np.percentile(pixels[::8, ::8], 95)) < _BLACK


def red_ink(pixels: Pixels) -> Pixels | None:
    """Return what is printed in red as dark on white: seals, red headings and numbers; None if there is none."""
    if not has_red_ink(pixels):
        return None
    return (255 - np.clip(redness(pixels).astype(np.int32) * 2, 0, 235)).astype(np.uint8)


def has_red_ink(pixels: Pixels) -> bool:
    """Say whether there is more red than a speck, and less than a sheet of red paper."""
    return pixels.ndim == 3 and _SOME_RED < float(np.mean(redness(pixels[::4, ::4]) > RED)) < _COLOURED_PAPER


def spots(mask: NDArray[np.bool_]) -> list[Box]:
    """Return the boxes of the places where `mask` is set, near ones joined, at most four; else one around all."""
    height, width = mask.shape
    size = (max(1, width // 8), max(1, height // 8))
    # Thin strokes fill little of a coarse pixel; a tenth of it is enough.
    small = (cv2.resize(mask.astype(np.uint8) * 255, size, interpolation=cv2.INTER_AREA) > 25).astype(np.uint8)
    reach = max(3, max(small.shape) // 30)
    near = cv2.dilate(small, np.ones((reach, reach), np.uint8))
    _, _, stats, _ = cv2.connectedComponentsWithStats(near, connectivity=8)
    boxes = [(x, y, x + w, y + h) for x, y, w, h, _ in stats[1:].tolist() if max(w, h) > 1.5 * reach]
    if len(boxes) > _MOST_SPOTS:
        x0, y0, x1, y1 = np.array(boxes).T
        boxes = [(int(x0.min()), int(y0.min()), int(x1.max()), int(y1.max()))]
    return [(8 * x0, 8 * y0, min(width, 8 * x1 + 8), min(height, 8 * y1 + 8)) for x0, y0, x1, y1 in boxes]


def redness(pixels: Pixels) -> NDArray[np.uint8]:
    """Return by how much red outshines green and blue, 0 to 255."""
    red, green, blue = cv2.split(pixels)
    return cast(NDArray[np.uint8], cv2.subtract(red, cv2.max(green, blue)))


def even(grey: Pixels) -> NDArray[np.float32]:
    """Return how bright each pixel is against the paper around it: 1 is paper, 0 is black."""
    small = cv2.resize(grey, None, fx=1 / 8, fy=1 / 8, interpolation=cv2.INTER_AREA)
    paper = cv2.morphologyEx(small, cv2.MORPH_CLOSE, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (15, 15)))
    paper = cv2.GaussianBlur(paper, (0, 0), 6)
    paper = cv2.resize(paper, (grey.shape[1], grey.shape[0]), interpolation=cv2.INTER_LINEAR)
    return np.clip(grey / np.maximum(paper.astype(np.float32), 1), 0, 1)


def lift(grey: Pixels) -> Pixels:
    """Darken the ink of a faint page; a page with dark ink is returned as it is."""
    bright = cv2.GaussianBlur(even(grey), (0, 0), 0.6)
    darkest = float(np.percentile(cv2.GaussianBlur(bright, (0, 0), 0.8)[::2, ::2], 0.7))
    if not _FAINT < darkest < _NO_INK:
        return grey
    return np.asarray(np.clip((bright - darkest) / (1 - darkest), 0, 1) * 215 + 30, np.uint8)


def lean(grey: Pixels) -> float:
    """Return by how many degrees the rows of a page fall to the right (positive: clockwise); 0 if unclear.

    The right angle is the one at which the ink, summed along the rows, piles up most sharply.
    """
    x, y = _ink_points(grey)
    if len(x) < 400:
        return 0.0
    coarse = np.arange(-_STEEPEST_DEG, _STEEPEST_DEG + 0.01, 0.5)
    sharpness = np.array([_sharpness(x, y, angle) for angle in coarse])
    best = float(coarse[int(sharpness.argmax())])
    upright = sharpness[len(coarse) // 2]
    # A page without rows (a cover, a drawing, a stain) has no angle that stands out; rows of print do by far.
    if abs(best) > _STEEPEST_DEG - 0.6 or sharpness.max() < 1.25 * max(np.median(sharpness), upright):
        return 0.0
    fine = np.arange(best - 0.5, best + 0.51, 0.1)
    return float(fine[int(np.argmax([_sharpness(x, y, angle) for angle in fine]))])


def _ink_points(grey: Pixels) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    scale = min(1.0, 1000 / max(grey.shape))
    size = (max(32, round(grey.shape[1] * scale)), max(32, round(grey.shape[0] * scale)))
    small = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    dark = cv2.adaptiveThreshold(small, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, 25, 18)
    # The border is where shadows and the edge of the sheet lie.
    edge = max(4, min(small.shape) // 40)
    y, x = np.nonzero(dark[edge:-edge, edge:-edge])
    step = max(1, len(x) // 60_000)
    return x[::step].astype(np.float32), y[::step].astype(np.float32)


def _sharpness(x: NDArray[np.float32], y: NDArray[np.float32], degrees: float) -> float:
    rows = (y - x * np.float32(np.tan(np.radians(degrees)))).astype(np.int32)
    counts = np.bincount(rows - rows.min()).astype(np.float64)
    return float(np.sum(np.diff(counts) ** 2))


def level(pixels: Pixels, degrees: float) -> Pixels:
    """Turn the page back by `degrees`, on a sheet large enough to lose no corner."""
    height, width = pixels.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    cos, sin = abs(matrix[0, 0]), abs(matrix[0, 1])
    new_width, new_height = round(width * cos + height * sin), round(width * sin + height * cos)
    matrix[:, 2] += (new_width - width) / 2, (new_height - height) / 2
    size = (new_width, new_height)
    return cast(Pixels, cv2.warpAffine(pixels, matrix, size, flags=cv2.INTER_CUBIC, borderValue=_paper(pixels)))


def _paper(pixels: Pixels) -> tuple[float, ...]:
    flat = pixels[::8, ::8].reshape(-1, 1 if pixels.ndim == 2 else 3)
    return tuple(float(v) for v in np.median(flat, axis=0))


def is_blank(grey: Pixels) -> bool:
    """Say whether there is no ink on the page beyond dust and the shadow of its edge."""
    return coverage(grey) == 0.0


def shows_something(grey: Pixels) -> bool:
    """Say whether a page on which nothing could be read bears a picture, rather than what shines through."""
    return coverage(grey) >= _PICTURE


def coverage(grey: Pixels) -> float:
    """Return the share of the page, without its edge, that strokes cover; dust does not count."""
    if min(grey.shape) < _LEAST_SIDE_PX:
        return 0.0
    small = cv2.resize(grey, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA) if max(grey.shape) > 1200 else grey
    dark = cv2.adaptiveThreshold(small, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, 31, 12)
    edge = max(3, min(small.shape) // 50)
    inner = dark[edge:-edge, edge:-edge]
    _, _, stats, _ = cv2.connectedComponentsWithStats(inner, connectivity=8)
    marks = stats[1:]
    # A dot or grain of dust is smaller than a stroke of the smallest print.
    strokes = (marks[:, cv2.CC_STAT_AREA] >= 6) & (marks[:, 2:4].max(axis=1) >= 4)
    return float(marks[strokes, cv2.CC_STAT_AREA].sum()) / inner.size
