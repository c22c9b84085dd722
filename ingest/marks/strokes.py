"""Measure the strokes in a part of a page: how much ink, how tall, how slanted, how blue, how thick."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ingest.lines import Box
from ingest.ocr.engine import Pixels

Mask = NDArray[np.uint8]
#: Height that a line of print is brought to before its strokes are measured.
_LINE_PX = 30
#: Brightness against the paper from which a pixel is ink.
_INK = 0.7
#: By how much blue outshines red, of 255 against the paper, in blue ink.
_BLUE = 26
#: Strokes within so many degrees of level or upright are those of print.
_LEVEL_DEG = 14.0
#: Specks smaller than this share of a squared line height are dust.
_DUST = 0.012


@dataclass(frozen=True)
class Strokes:
    """The ink of a part of a page, sizes in heights of the line of print it was measured against."""

    #: Area of the ink in squared line heights: a printed character has about a fifth.
    amount: float
    #: Height of the rows that hold nearly all of it, and the extent of its largest connected piece.
    tall: float
    reach: float
    #: Share of edges that are level or upright, and how thick strokes are.
    level: float
    thick: float
    #: Share of the ink that is blue.
    blue: float
    #: First and last column with ink, in pixels of the page.
    left: int
    right: int


NOTHING = Strokes(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0, 0)


def measure(pixels: Pixels, area: Box, line_px: int, *, without: tuple[Box, ...] = (), rules: bool = True) -> Strokes:
    """Measure the ink in an area of a page beside print whose lines are `line_px` high.

    What lies in `without` does not count, nor do ruled lines where `rules` says that there may be some.
    """
    x0, y0, x1, y1 = area
    if x1 - x0 < 4 or y1 - y0 < 4 or line_px < 4:
        return NOTHING
    part = pixels[y0:y1, x0:x1]
    scale = min(1.0, _LINE_PX / line_px)
    if scale < 1:
        part = np.asarray(cv2.resize(part, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA))
    line = line_px * scale
    red, blue = _channels(part)
    mask = (red < _INK * 255).astype(np.uint8)
    for left, top, right, bottom in without:
        rows, columns = (_span(top - y0, bottom - y0, scale), _span(left - x0, right - x0, scale))
        mask[rows, columns] = 0
    if rules:
        mask = _without_rules(mask, line)
    mask, reach = _without_dust(mask, line)
    if not mask.any():
        return NOTHING
    rows_inked, columns_inked = np.nonzero(mask)
    top, bottom = np.percentile(rows_inked, (3, 97))
    return Strokes(
        amount=float(mask.sum()) / line**2,
        tall=float(bottom - top + 1) / line,
        reach=reach / line,
        level=_level(red, mask),
        thick=_thickness(mask) / line,
        blue=float(np.mean(blue[mask > 0].astype(np.int16) - red[mask > 0] > _BLUE)),
        left=x0 + round(float(columns_inked.min()) / scale),
        right=x0 + round(float(columns_inked.max()) / scale),
    )


def _channels(part: Pixels) -> tuple[Mask, Mask]:
    """Return the red and the blue light of a part, each against its paper."""
    if part.ndim == 2:
        grey = _against_paper(part)
        return grey, grey
    return _against_paper(part[..., 0]), _against_paper(part[..., 2])


def _against_paper(channel: NDArray[np.uint8]) -> Mask:
    paper = max(1.0, float(np.percentile(channel[::2, ::2], 90)))
    return np.asarray(cv2.convertScaleAbs(channel, alpha=255 / paper), np.uint8)


def _span(start: float, end: float, scale: float) -> slice:
    return slice(max(0, int(start * scale)), max(0, int(np.ceil(end * scale))))


def _without_rules(mask: Mask, line: float) -> Mask:
    height, width = mask.shape
    long = max(12, round(2.2 * line))
    if width > long:
        level = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((1, long), np.uint8))
        mask = _less(mask, cv2.dilate(level, np.ones((3, 3), np.uint8)))
    upright_px = max(12, round(0.8 * height))
    if height > upright_px:
        upright = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((upright_px, 1), np.uint8))
        mask = _less(mask, cv2.dilate(upright, np.ones((3, 3), np.uint8)))
    return mask


def _less(mask: Mask, other: object) -> Mask:
    return np.asarray(cv2.subtract(mask, np.asarray(other, np.uint8)), np.uint8)


def _without_dust(mask: Mask, line: float) -> tuple[Mask, float]:
    """Return a mask without specks, and the extent of its largest connected piece."""
    _, places, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    small = stats[:, cv2.CC_STAT_AREA] < max(3.0, _DUST * line**2)
    small[0] = True
    kept = stats[~small]
    reach = float(kept[:, 2:4].max()) if len(kept) else 0.0
    return np.asarray((~small)[places], np.uint8), reach


def level_share(grey: Mask, mask: Mask) -> float:
    """Return the share of the edges around the ink of `mask` that are level or upright; a third if there is no rule."""
    return _level(grey, mask)


def _level(grey: Mask, mask: Mask) -> float:
    soft = cv2.GaussianBlur(grey, (3, 3), 0)
    gx, gy = cv2.Sobel(soft, cv2.CV_32F, 1, 0), cv2.Sobel(soft, cv2.CV_32F, 0, 1)
    strength = cv2.magnitude(gx, gy)
    near = (cv2.dilate(mask, np.ones((3, 3), np.uint8)) > 0) & (strength > 40)
    if not near.any():
        return 0.0
    angle = np.degrees(np.arctan2(np.abs(gy[near]), np.abs(gx[near])))
    aligned = (angle < _LEVEL_DEG) | (angle > 90 - _LEVEL_DEG)
    weight = strength[near]
    return float(weight[aligned].sum() / weight.sum())


def _thickness(mask: Mask) -> float:
    """Return how thick strokes are on the average, in pixels: twice the area over the length of the edge."""
    edge = _less(mask, cv2.erode(mask, np.ones((3, 3), np.uint8)))
    return 2.0 * float(mask.sum()) / max(1.0, float(edge.sum()))
