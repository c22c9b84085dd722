"""A page that was scanned twice is found; two forms of one layout are two pages."""

from __future__ import annotations

import cv2
import numpy as np

from ingest.lines import TextLine
from ingest.quality.repeated import Look, picture_hash, repeated
from tests.ingest.quality.conftest import blurred, paper

LETTER = paper()


def look(page_no: int, pixels: np.ndarray = LETTER.pixels, lines: tuple[TextLine, ...] = LETTER.lines) -> Look:
    small = cv2.resize(pixels, (320, round(320 * pixels.shape[0] / pixels.shape[1])), interpolation=cv2.INTER_AREA)
    return Look(page_no, small, lines)


def said(old: str, new: str) -> tuple[TextLine, ...]:
    """The letter with one word in the place of another, on every line."""
    return tuple(TextLine(line.text.replace(old, new), line.box, line.confidence) for line in LETTER.lines)


def again() -> np.ndarray:
    """The letter on its second way through the scanner: moved a little, softer, darker."""
    moved = cv2.warpAffine(LETTER.pixels, np.float32([[1, 0, 9], [0, 1, -7]]), LETTER.pixels.shape[1::-1])
    moved[:, :9], moved[-7:] = 250, 250
    return np.asarray(blurred(moved, 0.8) * 0.95, np.uint8)


def test_a_page_that_went_through_the_scanner_twice_is_found() -> None:
    assert repeated([look(1), look(2, again())]) == {2: 1}


def test_the_nearest_page_before_it_is_named() -> None:
    other = paper(text_px=60)
    assert repeated([look(1), look(2, other.pixels, other.lines), look(5, again())]) == {5: 1}


def test_a_sign_read_otherwise_does_not_make_it_another_page() -> None:
    assert repeated([look(1), look(2, again(), said("承诺", "承喏"))]) == {2: 1}


def test_the_same_form_with_another_number_is_another_page() -> None:
    assert repeated([look(1), look(2, again(), said("3206810473", "3206810474"))]) == {}


def test_the_same_form_with_another_name_is_another_page() -> None:
    assert repeated([look(1), look(2, again(), said("户名：王秀英", "户名：李建国"))]) == {}


def test_pictures_without_words_must_be_alike_in_everything() -> None:
    plan = np.full((1700, 1200, 3), 250, np.uint8)
    cv2.circle(plan, (600, 700), 350, (20, 20, 20), 8)
    cv2.line(plan, (100, 1300), (1100, 1500), (20, 20, 20), 6)
    other = plan.copy()
    cv2.rectangle(other, (300, 1000), (700, 1300), (20, 20, 20), 12)
    same = np.asarray(plan * 0.96, np.uint8)
    assert repeated([look(1, plan, ()), look(2, same, ())]) == {2: 1}
    assert repeated([look(1, plan, ()), look(2, other, ())]) == {}


def test_the_hash_of_a_page_hardly_changes_with_the_scanner() -> None:
    near = (picture_hash(LETTER.pixels) ^ picture_hash(again())).bit_count()
    far = (picture_hash(LETTER.pixels) ^ picture_hash(np.rot90(LETTER.pixels).copy())).bit_count()
    assert near < 14 < far
