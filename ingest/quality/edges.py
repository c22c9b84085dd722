"""Where a page ends: dark bands along its edges, and text that runs out of the picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ingest.lines import Box, TextLine
from ingest.ocr.engine import Pixels

_LONG_PX = 800
#: Brightness against the paper below which a pixel is border, and how dark it must be at all.
_DARK, _DARKEST = 0.5, 120
#: Share of a side along which a band must run; specks, staples and punched holes are shorter.
_ALONG = 0.12
#: Deeper than this share of the page a dark area is what the page shows, not its border.
_DEEPEST = 0.3
#: What is left dark for so many pixels of the small picture may begin behind a light rim.
_RIM = 2
#: Text nearer to the edge than this share of its height may be cut.
_NEAR = 0.35
#: Text less likely to be right than this may be a fold or a shadow; text cut through its strokes is often misread.
_READS = 0.1
_EDGE_PX = 2
#: Brightness against the brightest from which a pixel is paper, and how much of a page is.
_PAPER, _MOSTLY = 0.8, 0.5
_CUT_INK = 0.62


@dataclass(frozen=True)
class Band:
    """A dark band along one side: how wide it is in pixels of the page, and where it lies."""

    width_px: float
    box: Box


@dataclass(frozen=True)
class Overview:
    """A page from afar: in its brightest colour, for red paper is not dark; `scale` times as large it is the page."""

    small: Pixels
    scale: float
    #: How bright the paper is, 0 to 255.
    paper: float

    @property
    def is_paper(self) -> bool:
        """Say whether most of the picture is as bright as paper; that of a photograph is not."""
        return bool(np.mean(self.small > _PAPER * self.paper) > _MOSTLY)


def overview(pixels: Pixels) -> Overview:
    """Return a page from afar."""
    scale = min(1.0, _LONG_PX / max(pixels.shape[:2]))
    size = (max(16, round(pixels.shape[1] * scale)), max(16, round(pixels.shape[0] * scale)))
    # Not averaged: a band is many pixels wide, and this is done for each page.
    small = _brightest(np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_LINEAR), np.uint8))
    return Overview(small, pixels.shape[1] / small.shape[1], float(np.percentile(small[::2, ::2], 85)))


def dark_bands(page: Overview, *, least_px: float) -> list[Band]:
    """Return the bands at least `least_px` wide, in pixels of the page, that run along its sides."""
    scale = page.scale
    dark = (page.small < min(_DARKEST, _DARK * page.paper)).astype(np.uint8)
    # Strokes that run out of the page are no band.
    dark = np.asarray(cv2.morphologyEx(dark, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)), np.uint8)
    found = [_band(dark, side, least_px / scale) for side in ("left", "right", "top", "bottom")]
    return [Band(band.width_px * scale, _scaled(band.box, scale)) for band in found if band]


def _band(dark: NDArray[np.uint8], side: str, least: float) -> Band | None:
    depth = _depth(_seen_from(dark, side))
    deep = depth >= max(1.0, least)
    if deep.mean() < _ALONG:
        return None
    width = float(np.percentile(depth[deep], 75))
    across = dark.shape[1] if side in ("left", "right") else dark.shape[0]
    if width > _DEEPEST * across:
        return None
    along = np.flatnonzero(deep)
    return Band(width, _box(side, int(along[0]), int(along[-1]) + 1, round(float(depth[deep].max())), dark.shape))


def _seen_from(dark: NDArray[np.uint8], side: str) -> NDArray[np.uint8]:
    """Return the picture turned so that `side` is its left."""
    turned = {"left": dark, "right": dark[:, ::-1], "top": dark.T, "bottom": dark[::-1].T}[side]
    return np.asarray(turned, np.uint8)


def _depth(dark: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return for each row how far it is dark from the left, a light rim not counted."""
    reach = max(_RIM + 1, round(dark.shape[1] * (_DEEPEST + 0.05)))
    part = dark[:, :reach].astype(bool)
    starts = part[:, _RIM]
    whole = part.copy()
    whole[:, :_RIM] = True
    depth = np.where(whole.all(axis=1), reach, whole.argmin(axis=1))
    return np.asarray(np.where(starts, depth, 0), np.int64)


def _box(side: str, first: int, last: int, depth: int, shape: tuple[int, ...]) -> Box:
    height, width = shape[:2]
    return {
        "left": (0, first, depth, last),
        "right": (width - depth, first, width, last),
        "top": (first, 0, last, depth),
        "bottom": (first, height - depth, last, height),
    }[side]


def _scaled(box: Box, scale: float) -> Box:
    x0, y0, x1, y1 = (round(side * scale) for side in box)
    return x0, y0, x1, y1


def cut_lines(pixels: Pixels, lines: Sequence[TextLine], places: Sequence[Box]) -> list[int]:
    """Return which of `lines`, whose `places` on the page these are, run out of the picture: ink up to its edge."""
    found = []
    for number, (line, place) in enumerate(zip(lines, places, strict=True)):
        if line.confidence < _READS or len(line.text.strip()) < 2:
            continue
        strip = _outermost(pixels, place)
        if strip is not None and _has_ink(strip):
            found.append(number)
    return found


def _outermost(pixels: Pixels, place: Box) -> Pixels | None:
    """Return the outermost pixels of the page beside a line, none when the line ends well before the edge.

    Only where it begins and ends: a heading may stand at the very top of a page and be whole.
    """
    height, width = pixels.shape[:2]
    x0, y0, x1, y1 = place
    tall = y1 - y0
    near = max(2.0, _NEAR * tall)
    inset = tall // 6
    if x1 - x0 > tall:
        rows = slice(max(0, y0 + inset), max(0, y1 - inset))
        if x0 <= near:
            return pixels[rows, :_EDGE_PX]
        if x1 >= width - near:
            return pixels[rows, -_EDGE_PX:]
    columns = slice(max(0, x0), max(0, x1))
    if y0 <= 1:
        return pixels[:_EDGE_PX, columns]
    if y1 >= height - 1:
        return pixels[-_EDGE_PX:, columns]
    return None


def _has_ink(strip: Pixels) -> bool:
    """Say whether strokes reach the edge: dark spots between light ones; a band that is dark all over is a border."""
    if not strip.size:
        return False
    levels = np.asarray(_brightest(strip), np.float32)
    paper = float(np.percentile(levels, 85))
    dark = levels < _CUT_INK * paper
    # Strokes are a part of the edge; red ink is bright in its brightest colour and does not count.
    return bool(paper > 60 and 0.04 < dark.mean() < 0.8)


def _brightest(pixels: Pixels) -> Pixels:
    if pixels.ndim == 2:
        return pixels
    red, green, blue = cv2.split(pixels)
    return np.asarray(cv2.max(cv2.max(red, green), blue), np.uint8)
