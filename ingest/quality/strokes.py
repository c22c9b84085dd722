"""How sharp and how dark the print is, measured on the lines that were read.

Blur is how far the edges of strokes spread, as a share of the height of the text: two pixels are nothing on a heading
and the end of small print. A variance of the whole picture would call an empty form blurred and a noisy one sharp.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from ingest.lines import TextLine
from ingest.ocr.engine import Pixels

#: Lines looked at, and how much of each, in heights of the line.
_MOST_LINES = 10
_LONGEST = 10
_LEAST_HEIGHT_PX = 8
#: Edges of a sharp picture spread over so many pixels: sampling and compression see to that.
_SHARP_PX = 2.4
#: Share of the contrast of a line that a step must have to be the edge of a stroke and not grain.
_EDGE = 0.55
_LEAST_EDGES = 20
#: Contrast in levels below which a line is too faint to say anything about its edges.
_FAINT = 25


@dataclass(frozen=True)
class Strokes:
    """The print of a page: blur as a share of the height of text, contrast with the paper from 0 to 1.

    None stands for what could not be told.
    """

    blur: float | None
    contrast: float | None
    #: Height of the text in pixels, that of a typical line.
    height_px: float | None


def strokes(pixels: Pixels, lines: Sequence[TextLine]) -> Strokes:
    """Measure the print under `lines` of an upright image."""
    spreads: list[float] = []
    contrasts: list[float] = []
    height, width = pixels.shape[:2]
    chosen = _chosen([line for line in lines if _is_inside(line, width, height)])
    for line in chosen:
        crop = _crop(pixels, line)
        low, high = np.percentile(crop[::3, ::2], (4, 85))
        contrasts.append(float(high - low) / max(float(high), 1.0))
        spread = _spread(crop, line.height, float(high - low))
        if spread is not None:
            spreads.append(spread / line.height)
    heights = [line.height for line in chosen]
    return Strokes(_median(spreads), _median(contrasts), _median(heights))


def _chosen(lines: Sequence[TextLine]) -> list[TextLine]:
    """Return lines from all over the page, longer ones first."""
    wide = [line for line in lines if line.height >= _LEAST_HEIGHT_PX and len(line.text) >= 2 and _lies(line)]
    return sorted(wide, key=lambda line: -len(line.text))[:_MOST_LINES]


def _is_inside(line: TextLine, width: int, height: int) -> bool:
    """Say whether a line lies on the page: a text layer may put one anywhere."""
    x0, y0, x1, y1 = line.box
    return 0 <= x0 < x1 <= width and 0 <= y0 < y1 <= height


def _lies(line: TextLine) -> bool:
    return line.box[2] - line.box[0] > 1.2 * line.height


def _crop(pixels: Pixels, line: TextLine) -> Pixels:
    x0, y0, x1, y1 = line.box
    part = pixels[y0:y1, x0 : min(x1, x0 + _LONGEST * line.height)]
    return part if part.ndim == 2 else np.asarray(cv2.cvtColor(part, cv2.COLOR_RGB2GRAY), np.uint8)


def _spread(crop: Pixels, height: int, contrast: float) -> float | None:
    """Return over how many pixels the edges of strokes spread beyond those of a sharp picture; none if unclear."""
    if contrast < _FAINT:
        return None
    reach = max(3, round(height * 0.3) | 1)
    around = np.ones((reach, reach), np.uint8)
    step = cv2.subtract(cv2.dilate(crop, around), cv2.erode(crop, around))
    # The kernel adds eight differences of one level a pixel.
    slope = cv2.magnitude(*(cv2.Sobel(crop, cv2.CV_32F, *way, ksize=3, scale=1 / 8) for way in ((1, 0), (0, 1))))
    # The middle of an edge is where it is steepest, as far as its neighbours can tell.
    steepest = slope >= cv2.dilate(slope, np.ones((3, 3), np.uint8)) - 1e-3
    edges = steepest & (step >= _EDGE * contrast) & (slope > 0.02 * contrast)
    if np.count_nonzero(edges) < _LEAST_EDGES:
        return None
    widths = step[edges] / slope[edges]
    spread = float(np.percentile(widths, 30))
    return float(np.sqrt(max(0.0, spread**2 - _SHARP_PX**2)))


def _median(values: Sequence[float]) -> float | None:
    return float(np.median(values)) if values else None
