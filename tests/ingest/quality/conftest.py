"""Pages drawn as a scanner sees them at 200 dots per inch, with their lines, and what may be wrong with them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from ingest.lines import TextLine
from ingest.quality.findings import Finding, Limits
from ingest.quality.measure import Seen, page_findings
from tests.ingest.ocr.conftest import LETTER, draw_page, grainy

A4 = (1654, 2339)


@dataclass(frozen=True)
class Paper:
    """A drawn page and where its lines stand."""

    pixels: np.ndarray
    lines: tuple[TextLine, ...]

    def but(self, pixels: np.ndarray) -> Paper:
        """The same lines on another picture of the page."""
        return replace(self, pixels=np.ascontiguousarray(pixels))

    def found(self, *, dpi: int = 200, scanned_dpi: int | None = 200, lean: float = 0.0) -> dict[str, Finding]:
        """What is found wrong with it, by code."""
        seen = Seen(self.pixels, self.pixels, self.lines, lean, dpi, scanned_dpi, blank=False)
        return {one.code: one for one in page_findings(seen, Limits())}


def paper(*, ink: int = 25, ground: int = 250, text_px: int = 38, size: tuple[int, int] = A4) -> Paper:
    """A letter as it should be: dark print, margins, a little grain."""
    drawing = draw_page(LETTER * 2, size=size, text_px=text_px, ink=ink, paper=ground)
    lines = tuple(
        TextLine(text, (int(x0), int(y0) - 3, int(x1), int(y1) + 3), 0.98)
        for text, (x0, y0, x1, y1) in zip(drawing.lines, drawing.boxes, strict=True)
        if y1 < size[1] - 60
    )
    return Paper(grainy(drawing.pixels, 2), lines)


def blurred(pixels: np.ndarray, sigma: float) -> np.ndarray:
    return np.asarray(cv2.GaussianBlur(pixels, (0, 0), sigma))
