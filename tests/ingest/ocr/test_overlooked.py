"""Ink on which no line was found is noticed, and pale ink is made as dark as the rest."""

from __future__ import annotations

import cv2
import numpy as np

from ingest.ocr import cleanup
from ingest.ocr.overlooked import lift_locally, overlooked
from tests.ingest.ocr.conftest import LETTER, Drawing, draw_page, grainy

PALE = (2, 4)


def page_with_pale_lines() -> Drawing:
    return draw_page(ink=[215 if i in PALE else 25 for i in range(len(LETTER))])


def quads(boxes: list[tuple[float, float, float, float]]) -> list[np.ndarray]:
    return [np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]], np.float32) for x0, y0, x1, y1 in boxes]


def test_a_pale_line_of_which_nobody_knows_is_noticed() -> None:
    """Finding all dark lines is not finding all lines."""
    page = page_with_pale_lines()
    grey = cleanup.ink(grainy(page.pixels))
    dark = [box for i, box in enumerate(page.boxes) if i not in PALE]
    assert overlooked(grey, quads(dark), None)
    assert not overlooked(grey, quads(list(page.boxes)), None)


def test_rulings_and_seals_are_not_taken_for_overlooked_words() -> None:
    """Looking again costs as much as the first time, so only words are a reason."""
    page = draw_page()
    pixels = grainy(page.pixels)
    cv2.rectangle(pixels, (100, 900), (1100, 1400), (30, 30, 30), 2)
    cv2.line(pixels, (100, 1100), (1100, 1100), (30, 30, 30), 2)
    seal = np.zeros(pixels.shape[:2], bool)
    seal[1450:1700, 600:850] = True
    cv2.putText(pixels, "SEAL", (610, 1600), cv2.FONT_HERSHEY_SIMPLEX, 3, (200, 40, 40), 9)
    assert not overlooked(cleanup.ink(pixels), quads(list(page.boxes)), seal)


def test_pale_and_dark_lines_look_alike_after_lifting() -> None:
    """The darkest strokes of a pale line come near those of a black one."""
    page = page_with_pale_lines()
    lifted = lift_locally(cleanup.ink(page.pixels))
    darkest = [float(np.percentile(lifted[int(y0) : int(y1), int(x0) : int(x1)], 3)) for x0, y0, x1, y1 in page.boxes]
    assert max(darkest) - min(darkest) < 60
