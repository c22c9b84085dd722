"""A page prepared for looking at its ink: small, even in light, parted into red ink and dark ink."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from ingest.lines import Box
from ingest.ocr.engine import Pixels

Mask = NDArray[np.uint8]
#: Short side of the small picture: about 110 dpi of an A4 sheet, at which the ring of a seal is four pixels wide.
_SHORT_SIDE_PX = 900
_MOST_PIXELS = 2_000_000
#: Sizes of seals are given in millimetres of an A4 sheet; a photo does not know its resolution.
_A4_SHORT_MM = 210.0
#: By how much red outshines green and blue, against the paper, in red ink, and up to what share of that these differ.
_RED = 24
_REDDISH = 0.7
#: Brightness against the paper below which a pixel is ink, and below which it may be the pale ink of thin strokes.
_DARK, _PALE = 190, 212
#: Mean difference between the colours of a picture that was taken in colour, even of a page without colour on it.
_COLOURED = 0.8


@dataclass(frozen=True)
class Paint:
    """The small picture of a page. `unit` is the pixels of a millimetre, `scale` its size against the page image."""

    #: RGB against the paper around: 255 is paper.
    evened: Pixels
    red: Mask
    #: By how much red outshines green and blue, against the paper, where it is red and not yellow.
    outshines: Mask
    #: Ink that is dark in red light: black and blue ink, without the red; and the same with pale ink.
    dark: Mask
    pale: Mask
    unit: float
    scale: float
    colour: bool

    @property
    def size(self) -> tuple[int, int]:
        """Return width and height in its own pixels."""
        return self.red.shape[1], self.red.shape[0]

    def on_page(self, x0: float, y0: float, x1: float, y1: float) -> Box:
        """Return a box of the small picture as a box of the page image."""
        s = 1 / self.scale
        width, height = self.size
        left, top = max(0, round(x0 * s)), max(0, round(y0 * s))
        return left, top, min(round(width * s), round(x1 * s)), min(round(height * s), round(y1 * s))


def paint(pixels: Pixels) -> Paint:
    """Prepare the upright picture of a page, grey or RGB."""
    rgb = pixels if pixels.ndim == 3 else cast(Pixels, cv2.cvtColor(pixels, cv2.COLOR_GRAY2RGB))
    width = rgb.shape[1]
    small = _small(rgb)
    evened = even(small)
    red, green, blue = cv2.split(evened)
    outshines = np.asarray(cv2.subtract(red, cv2.max(green, blue)), np.uint8)
    reddish = cv2.absdiff(green, blue) <= _REDDISH * outshines
    outshines = np.asarray(np.where(reddish, outshines, 0), np.uint8)
    mask = (outshines > _RED).astype(np.uint8)
    soft = cv2.GaussianBlur(red, (3, 3), 0)
    return Paint(
        evened=evened,
        red=mask,
        outshines=outshines,
        dark=(soft < _DARK).astype(np.uint8),
        pale=(soft < _PALE).astype(np.uint8),
        unit=min(small.shape[:2]) / _A4_SHORT_MM,
        scale=min(1.0, small.shape[1] / width),
        colour=_in_colour(small),
    )


def _small(rgb: Pixels) -> Pixels:
    height, width = rgb.shape[:2]
    scale = min(1.0, _SHORT_SIDE_PX / min(height, width), (_MOST_PIXELS / (height * width)) ** 0.5)
    if scale == 1.0:
        return rgb
    # Whole steps are several times as fast as any others, and half as much again is no harm.
    step = round(1 / scale)
    if step > 1 and min(height, width) >= 2 * step:
        level = rgb[: height - height % step, : width - width % step]
        return cast(Pixels, cv2.resize(level, None, fx=1 / step, fy=1 / step, interpolation=cv2.INTER_AREA))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return cast(Pixels, cv2.resize(rgb, size, interpolation=cv2.INTER_LINEAR))


def even(small: Pixels) -> Pixels:
    """Return an RGB picture against the paper around each spot: 255 is paper, whatever its colour and light."""
    height, width = small.shape[:2]
    coarse = cv2.resize(small, (max(1, width // 12), max(1, height // 12)), interpolation=cv2.INTER_AREA)
    paper = cv2.morphologyEx(coarse, cv2.MORPH_CLOSE, np.ones((17, 17), np.uint8))
    paper = cv2.GaussianBlur(paper, (0, 0), 4)
    paper = cv2.resize(paper, (width, height), interpolation=cv2.INTER_LINEAR)
    return cast(Pixels, cv2.divide(small, np.maximum(np.asarray(paper, np.uint8), 1), scale=255))


def _in_colour(small: Pixels) -> bool:
    part = small[::6, ::6].astype(np.int16)
    return float(np.mean(part.max(axis=2) - part.min(axis=2))) > _COLOURED
