"""How a page is put before the network that finds lines: whole from afar, or band by band from near.

Every view lies on a sheet of one of few shapes and of about the same area. So the runtime compiles few times,
and its memory is that of one sheet, however large the page.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from ingest.ocr.engine import Pixels

#: Four corners a line, clockwise from the top left, in pixels of the page.
Quads = NDArray[np.float32]

#: Short side over long side of the sheets for whole pages; A4 fits the fourth.
_SHAPES = (0.25, 0.5, 0.625, 0.725, 0.85, 1.0)
#: Long sides of the sheets for slips such as a seal or a cut-out card, and their shapes.
_SLIPS = (640, 960)
_SLIP_SHAPES = (0.5, 1.0)
#: Width and height of the sheets for bands, pixels.
_BANDS = ((1440, 896), (2016, 640), (2688, 480))
#: What neighbouring bands share: a line is lower than this, so one of the two shows it whole.
_SHARED_PX = 96
#: By how much brightness differs within a few pixels where there is more than bare paper; grain does too.
_ROUGH = 10


@dataclass(frozen=True)
class View:
    """A part of a page as the network sees it; `first` to `last` are the page rows it answers for."""

    blob: NDArray[np.float32]
    scale: float
    left: int
    top: int
    first: float
    last: float
    width: int
    height: int

    def on_page(self, quads: Quads) -> Quads:
        """Return the quads found in the view as pixels of the page, without those another view answers for."""
        moved = quads / self.scale + np.array([self.left, self.top], np.float32)
        middle = moved[:, :, 1].mean(axis=1)
        kept = moved[(middle >= self.first) & (middle < self.last)]
        return np.asarray(np.clip(kept, 0, np.array([self.width, self.height])), np.float32)


def whole(bgr: Pixels, long_px: int) -> View:
    """Return the whole page, its long side at most `long_px`."""
    height, width = bgr.shape[:2]
    long_px, shapes = next(((s, _SLIP_SHAPES) for s in _SLIPS if s >= max(height, width)), (long_px, _SHAPES))
    scale = min(1.0, long_px / max(height, width))
    needed = min(height, width) * scale
    short = next(s for s in (round(long_px * part / 32) * 32 for part in shapes) if s >= int(needed))
    sheet = (long_px, short) if width > height else (short, long_px)
    return View(_blob(bgr, scale, sheet), scale, 0, 0, 0, np.inf, width, height)


def bands(bgr: Pixels, scale: float) -> Iterator[View]:
    """Yield what is not bare paper, in bands from top to bottom at `scale`, or less where it is too wide for that.

    On a sheet that is empty but for a line or two the network sees little or nothing, so no band is left to the
    end of the page: they lie evenly over the part that bears anything.
    """
    height, width = bgr.shape[:2]
    left, top, right, bottom = _marked(bgr)
    scale = min(scale, _BANDS[-1][0] / (right - left))
    sheet = next(sheet for sheet in _BANDS if sheet[0] >= int((right - left) * scale))
    rows, shared = int(sheet[1] / scale), int(_SHARED_PX / scale)
    count = max(1, math.ceil((bottom - top - shared) / (rows - shared)))
    tops = np.linspace(top, max(top, bottom - rows), count).astype(int).tolist()
    # Where two bands overlap, each answers for its half.
    borders = [0.0, *((before + rows + after) / 2 for before, after in pairwise(tops)), np.inf]
    for place, first, last in zip(tops, borders[:-1], borders[1:], strict=True):
        part = bgr[place : place + rows, left:right]
        yield View(_blob(part, scale, sheet), scale, left, place, first, last, width, height)


def _marked(bgr: Pixels) -> tuple[int, int, int, int]:
    """Return left, top, right and bottom of the part of the page that is not even paper, with a margin."""
    height, width = bgr.shape[:2]
    small = (
        cv2.resize(bgr[..., 0], None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
        if min(height, width) > 64
        else bgr[..., 0]
    )
    near = np.ones((5, 5), np.uint8)
    rough = cv2.subtract(cv2.dilate(small, near), cv2.erode(small, near)) > _ROUGH
    rows, columns = np.flatnonzero(rough.any(axis=1)), np.flatnonzero(rough.any(axis=0))
    if not len(rows):
        return 0, 0, width, height
    times = height / small.shape[0]
    x0, x1 = int(columns[0] * times) - _SHARED_PX, int((columns[-1] + 1) * times) + _SHARED_PX
    y0, y1 = int(rows[0] * times) - _SHARED_PX, int((rows[-1] + 1) * times) + _SHARED_PX
    return max(0, x0), max(0, y0), min(width, x1), min(height, y1)


def without_doubles(quads: Quads) -> Quads:
    """Drop lines that two bands both found."""
    low, high = quads.min(axis=1), quads.max(axis=1)
    area = np.prod(high - low, axis=1)
    kept: list[int] = []
    for i in range(len(quads)):
        shared = np.clip(np.minimum(high[kept], high[i]) - np.maximum(low[kept], low[i]), 0, None)
        if not np.any(np.prod(shared, axis=1) > 0.6 * np.minimum(area[kept], area[i])):
            kept.append(i)
    return quads[kept]


def _blob(bgr: Pixels, scale: float, sheet: tuple[int, int]) -> NDArray[np.float32]:
    width, height = (max(1, min(round(side * scale), most)) for side, most in zip(bgr.shape[1::-1], sheet, strict=True))
    small = cv2.resize(bgr, (width, height), interpolation=cv2.INTER_AREA)
    filled = np.empty((sheet[1], sheet[0], 3), np.uint8)
    # What the page does not fill is paper.
    filled[:] = np.median(small[::8, ::8], axis=(0, 1)).astype(np.uint8)
    filled[:height, :width] = small
    blob = (filled.astype(np.float32) * np.float32(2 / 255) - 1).transpose(2, 0, 1)[None]
    return np.ascontiguousarray(blob)
