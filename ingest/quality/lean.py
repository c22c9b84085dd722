"""How far a page leans when it leans far, and where a place of the page lies once the page is level."""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np
from numpy.typing import NDArray

from ingest.lines import Box
from ingest.ocr.engine import Pixels

#: The reader levels what leans up to eight degrees; beyond that we only want to know that it does.
_FROM_DEG, _TO_DEG = 7.0, 25.0
_LONG_PX = 500
_MOST_POINTS = 6_000
_LEAST_POINTS = 400
#: How much sharper the rows must be at their angle than at the usual one.
_STANDS_OUT = 1.4


def steep_lean(pixels: Pixels) -> float:
    """Return by how many degrees rows fall to the right when by more than seven; 0 when they do not, or if unclear."""
    height, width = pixels.shape[:2]
    scale = min(1.0, _LONG_PX / max(height, width))
    size = (max(32, round(width * scale)), max(32, round(height * scale)))
    # Every other pixel first: averaging all of them would take longer than everything else here.
    small = cv2.resize(np.ascontiguousarray(pixels[::2, ::2]), size, interpolation=cv2.INTER_AREA)
    small = small if small.ndim == 2 else cv2.cvtColor(small, cv2.COLOR_RGB2GRAY)
    dark = cv2.adaptiveThreshold(small, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, 15, 12)
    edge = max(4, min(small.shape) // 20)
    y, x = np.nonzero(dark[edge:-edge, edge:-edge])
    if len(x) < _LEAST_POINTS:
        return 0.0
    step = max(1, len(x) // _MOST_POINTS)
    steep = np.arange(_FROM_DEG, _TO_DEG + 0.1, 1.0)
    angles = np.concatenate([-steep[::-1], [0.0], steep])
    sharpness = np.array([_sharpness(x[::step], y[::step], angle) for angle in angles])
    best = float(angles[int(sharpness.argmax())])
    usual = max(float(np.median(sharpness)), float(sharpness[np.abs(angles) < _FROM_DEG].max()))
    if abs(best) <= _FROM_DEG or abs(best) >= _TO_DEG or sharpness.max() < _STANDS_OUT * usual:
        return 0.0
    return best


def _sharpness(x: NDArray[np.int64], y: NDArray[np.int64], degrees: float) -> float:
    rows = (y - x * np.tan(np.radians(degrees))).astype(np.int32)
    counts = np.bincount(rows - rows.min()).astype(np.float64)
    # Per row that carries ink: a steep angle spreads a page over more rows.
    return float(np.sum(np.diff(counts) ** 2))


def levelling(size: tuple[int, int], degrees: float) -> NDArray[np.float64]:
    """Return the matrix by which `cleanup.level` moves the pixels of a page of `size` (width, height)."""
    width, height = size
    matrix = np.asarray(cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0), np.float64)
    cos, sin = abs(matrix[0, 0]), abs(matrix[0, 1])
    matrix[:, 2] += (width * cos + height * sin - width) / 2, (width * sin + height * cos - height) / 2
    return matrix


def moved(boxes: Iterable[Box], matrix: NDArray[np.float64]) -> tuple[Box, ...]:
    """Return the boxes around where `matrix` moves the corners of `boxes`."""
    return tuple(_moved(box, matrix) for box in boxes)


def _moved(box: Box, matrix: NDArray[np.float64]) -> Box:
    x0, y0, x1, y1 = box
    corners = np.array([(x0, y0, 1), (x1, y0, 1), (x1, y1, 1), (x0, y1, 1)], np.float64)
    there = corners @ matrix.T
    low, high = np.floor(there.min(axis=0)), np.ceil(there.max(axis=0))
    return max(0, int(low[0])), max(0, int(low[1])), int(high[0]), int(high[1])
