"""Look at the picture of one page and say what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ingest.lines import Box, TextLine
from ingest.ocr.engine import Pixels
from ingest.quality import edges, findings, lean
from ingest.quality.findings import Finding, Limits
from ingest.quality.strokes import Strokes, strokes

_MM_PER_INCH = 25.4
#: A file may round its resolution, and a page of 8.27 inches may be cut to 8.2.
_NEARLY = 0.96
#: Lines of so many pixels are what common print comes to at 85 dots per inch; below, strokes run together.
_LEAST_TEXT_PX = 20.0
_LEAST_LINES = 5
#: A page of which less than this is likely to be right, with a fault that explains it, cannot be trusted as read.
_READS_BADLY = 0.5
_HIDES_TEXT = frozenset({findings.BLURRED, findings.TOO_LIGHT, findings.TOO_DARK, findings.LOW_RESOLUTION})


@dataclass(frozen=True)
class Seen:
    """A page as it was scanned, turned upright, and as it is kept, with its lines there.

    `lean` says by how many degrees rows fall to the right; `kept` is turned back by that, or the same picture.
    `scanned_dpi` is what the file says of the scanner, none when nothing sure.
    """

    pixels: Pixels
    kept: Pixels
    lines: Sequence[TextLine]
    lean: float
    dpi: int
    scanned_dpi: int | None
    blank: bool
    #: Whether the picture came as a mirror image; `pixels` are those of the page turned over.
    mirrored: bool = False


def page_findings(page: Seen, limits: Limits) -> list[Finding]:
    """Return what is wrong with the picture of a page; boxes are pixels of the image that is kept."""
    if min(page.pixels.shape[:2]) < 16:
        return []
    if page.blank:
        return [Finding(findings.BLANK, 0.0, 0.0)]
    print_ = strokes(page.kept, page.lines)
    afar = edges.overview(page.pixels)
    found = [*_resolution(page, print_, limits), *_lean(page, limits), *_print(page, print_, afar.paper, limits)]
    mirrored = [Finding(findings.MIRRORED, 0.0, 0.0)] if page.mirrored else []
    return [*found, *_edges(page, afar, limits), *mirrored]


def is_hopeless(found: Sequence[Finding], confidence: float) -> bool:
    """Say whether a page cannot be trusted as read: too blurred, faint or dark, and read badly at that."""
    return confidence < _READS_BADLY and any(one.code in _HIDES_TEXT for one in found)


def _resolution(page: Seen, print_: Strokes, limits: Limits) -> Iterator[Finding]:
    if page.scanned_dpi is not None:
        if page.scanned_dpi < _NEARLY * limits.dpi:
            yield Finding(findings.LOW_RESOLUTION, float(page.scanned_dpi), float(limits.dpi))
    elif print_.height_px is not None and len(page.lines) >= _LEAST_LINES and print_.height_px < _LEAST_TEXT_PX:
        # Nothing says how large the paper is; letters this small cannot come of a good picture of it.
        yield Finding(findings.LOW_RESOLUTION, float(page.dpi), float(limits.dpi))


def _lean(page: Seen, limits: Limits) -> Iterator[Finding]:
    degrees = page.lean or lean.steep_lean(page.pixels)
    if abs(degrees) > limits.lean_deg:
        turned = 0.0 if page.kept is page.pixels else round(page.lean, 2)
        yield Finding(findings.SKEWED, round(abs(degrees), 1), limits.lean_deg, facts={"turned": turned})


def _print(page: Seen, print_: Strokes, paper: float, limits: Limits) -> Iterator[Finding]:
    if paper < limits.brightness:
        yield Finding(findings.TOO_DARK, round(paper), float(limits.brightness))
    if print_.blur is not None and print_.blur > limits.blur:
        # Blur takes the contrast of fine strokes with it: one fault, said once.
        yield Finding(findings.BLURRED, round(print_.blur, 3), limits.blur, _worst(page.lines))
    elif print_.contrast is not None and print_.contrast < limits.contrast:
        yield Finding(findings.TOO_LIGHT, round(print_.contrast, 2), limits.contrast)


def _worst(lines: Sequence[TextLine]) -> tuple[Box, ...]:
    """Return the boxes of the lines read worst: what a person should look at first."""
    return tuple(line.box for line in sorted(lines, key=lambda line: line.confidence)[:3])


def _edges(page: Seen, afar: edges.Overview, limits: Limits) -> Iterator[Finding]:
    height, width = page.pixels.shape[:2]
    levelled = page.kept is not page.pixels
    matrix = lean.levelling((width, height), page.lean if levelled else 0.0)
    px_per_mm = page.dpi / _MM_PER_INCH
    bands = edges.dark_bands(afar, least_px=limits.border_mm * px_per_mm)
    # A photograph may be dark along its edges; a paper is not.
    if bands and (page.lines or afar.is_paper):
        widest = max(band.width_px for band in bands) / px_per_mm
        boxes = lean.moved((band.box for band in bands), matrix)
        yield Finding(findings.DARK_BORDER, round(widest, 1), limits.border_mm, boxes)
    back = np.linalg.inv(np.vstack([matrix, (0, 0, 1)]))[:2]
    places = [line.box for line in page.lines] if not levelled else _back(page.lines, back)
    cut = edges.cut_lines(page.pixels, page.lines, places)
    if cut:
        yield Finding(findings.CROPPED, float(len(cut)), 0.0, tuple(page.lines[number].box for number in cut))


def _back(lines: Sequence[TextLine], matrix: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> list[Box]:
    """Return where lines of the levelled page lay before: their middle line, with their height about it."""
    places: list[Box] = []
    for line in lines:
        x0, y0, x1, y1 = line.box
        middle = (y0 + y1) / 2
        ends = np.array([(x0, middle, 1), (x1, middle, 1)], np.float64) @ matrix.T
        half = line.height / 2
        left, right = ends[0], ends[1]
        top, bottom = min(left[1], right[1]) - half, max(left[1], right[1]) + half
        places.append((round(left[0]), round(top), round(right[0]), round(bottom)))
    return places
