"""Cleaning measures what is there and leaves alone what it does not understand."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from ingest.ocr import cleanup
from tests.ingest.ocr.conftest import LETTER, draw_page, lean_by


@pytest.mark.parametrize("degrees", [-5.0, -1.2, 0.8, 3.0])
def test_the_lean_of_rows_is_measured_to_a_fifth_of_a_degree(degrees: float) -> None:
    """Straightening needs the angle, not only the fact."""
    grey = cleanup.ink(lean_by(draw_page(LETTER * 2).pixels, degrees))
    assert cleanup.lean(grey) == pytest.approx(degrees, abs=0.2)


def test_levelling_undoes_the_lean() -> None:
    """What is left is less than would be straightened again."""
    leaning = cleanup.ink(lean_by(draw_page(LETTER * 2).pixels, 2.4))
    assert abs(cleanup.lean(cleanup.level(leaning, cleanup.lean(leaning)))) < 0.3


def test_a_drawing_without_rows_has_no_lean() -> None:
    """A circle and a slanting line are no reason to turn a page."""
    page = np.full((1754, 1240), 250, np.uint8)
    cv2.circle(page, (600, 600), 350, 20, 6)
    cv2.line(page, (150, 1100), (1000, 1400), 20, 5)
    assert cleanup.lean(page) == 0


def test_red_ink_fades_and_black_and_blue_ink_stay() -> None:
    """Seals go; print and signatures must not."""
    page = np.full((400, 400, 3), 250, np.uint8)
    page[50:80, 50:350] = (214, 35, 40)
    page[150:180, 50:350] = (20, 20, 20)
    page[250:280, 50:350] = (40, 50, 170)
    grey = cleanup.ink(page)
    assert grey[65, 200] > 200
    assert grey[165, 200] < 40
    assert grey[265, 200] < 60


def test_gold_letters_on_a_red_cover_are_not_bleached() -> None:
    """On red paper the red channel is all one brightness: there grey is looked at instead."""
    cover = np.full((400, 400, 3), (165, 25, 30), np.uint8)
    cover[150:200, 100:300] = (225, 190, 90)
    grey = cleanup.ink(cover).astype(int)
    assert abs(grey[175, 200] - grey[50, 50]) > 80


def test_a_page_with_dark_ink_is_not_touched_by_lifting() -> None:
    """Only faint pages are changed."""
    grey = cleanup.ink(draw_page().pixels)
    assert cleanup.lift(grey) is grey


def test_one_short_word_is_enough_for_a_page_not_to_be_blank() -> None:
    """A divider sheet with a single word still has that word."""
    assert cleanup.is_blank(cleanup.ink(draw_page(()).pixels))
    assert not cleanup.is_blank(cleanup.ink(draw_page(("附件",), text_px=24).pixels))
