"""How a page is put before the network that finds lines: whole from afar, or band by band from near.

Every view lies on a sheet of one of few shapes and of about the same area. So the runtime compiles few times,
and its memory is that of one sheet, however large the page.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

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


@dataclass(frozen=True)
class View:
    """A part of a page as the network sees it; `first` to `last` are the page rows it answers for."""

    blob: NDArray[np.float32]
    scale: float
    top: int
    first: float
    last: float
    width: int
    height: int

    def on_page(self, quads: Quads) -> Quads:
        """Return the quads found in the view as pixels of the page, without those another view answers for."""
        moved = quads / self.scale + np.array([0, self.top], np.float32)
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
    return View(_blob(bgr, scale, sheet), scale, 0, 0, np.inf, width, height)


def bands(bgr: Pixels, scale: float) -> Iterator[View]:
    """Yield the page in bands from top to bottom at `scale`, or less where it is too wide for that."""
    height, width = bgr.shape[:2]
    scale = min(scale, _BANDS[-1][0] / width)
    sheet = next(sheet for sheet in _BANDS if sheet[0] >= int(width * scale))
    rows, shared = int(sheet[1] / scale), int(_SHARED_PX / scale)
    for top in range(0, max(1, height - shared), rows - shared):
        last = np.inf if top + rows >= height else top + rows - shared / 2
        part = bgr[top : top + rows]
        yield View(_blob(part, scale, sheet), scale, top, top + shared / 2 if top else 0, last, width, height)


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
