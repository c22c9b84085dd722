"""A sheet is found on any desk, and nothing on a scan is taken for one."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from ingest.ocr import sheet
from tests.ingest.ocr.conftest import LETTER, draw_page, grainy, lean_by
from tests.support import photographs
from tests.support.photographs import DESKS, on_desk

PAGE = draw_page(LETTER * 2).pixels
CARD = photographs.framed(draw_page(("居民身份证", "姓名 王秀英"), size=(860, 540)).pixels, stroke=3, margin=0.01)


def _banded(page: np.ndarray) -> np.ndarray:
    out = page.copy()
    out[:, :60] = 25
    out[:50] = 30
    return out


def _copied_askew(page: np.ndarray) -> np.ndarray:
    height, width = page.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), 3, 1.0)
    return cv2.warpAffine(page, turn, (width, height), borderValue=(18, 18, 18))


#: Scans with something on them that has four sides.
SCANS: dict[str, Callable[[], np.ndarray]] = {
    "plain": lambda: PAGE,
    "framed form": lambda: photographs.framed(PAGE),
    "thick frame": lambda: photographs.framed(PAGE, stroke=30),
    "drawing border": lambda: photographs.framed(np.full((1754, 2480, 3), 250, np.uint8), stroke=10, margin=0.03),
    "dark table": lambda: photographs.with_dark_table(PAGE),
    "card on a page": lambda: photographs.with_card(PAGE, (CARD * 0.8).astype(np.uint8)),
    "large card on a page": lambda: photographs.with_card(PAGE, (CARD * 0.8).astype(np.uint8), share=0.9),
    "grain": lambda: grainy(PAGE, 9),
    "askew": lambda: grainy(lean_by(PAGE, 3), 9),
    "black borders": lambda: _banded(PAGE),
    "copied askew": lambda: _copied_askew(PAGE),
    "strip": lambda: np.full((300, 9000, 3), 240, np.uint8),
    "slip": lambda: np.full((20, 20, 3), 240, np.uint8),
    "black": lambda: np.full((1754, 1240, 3), 5, np.uint8),
}


def off_by(found: sheet.Sheet, seen: np.ndarray, shape: tuple[int, ...]) -> float:
    """Return how far the worst corner is from where it is, as a share of the picture."""
    ways = (np.abs(np.roll(found.corners, turn, axis=0) - seen).max() for turn in range(4))
    return float(min(ways)) / max(shape)


@pytest.mark.parametrize("desk", DESKS)
@pytest.mark.parametrize(("tilt", "turn"), [(0.03, 2), (0.08, 90), (0.15, -8), (0.2, 40)])
def test_the_corners_of_a_sheet_are_found_on_any_desk(desk: str, tilt: float, turn: float) -> None:
    """Dark, light, patterned or coloured, in uneven light, seen from aside and turned any way."""
    picture, seen = on_desk(PAGE, desk, tilt=tilt, turn=turn, light=0.45, seed=3)
    found = sheet.find(picture)
    assert found is not None
    assert off_by(found, seen, picture.shape) < 0.008


@pytest.mark.parametrize("desk", ["dark", "light"])
def test_the_sheet_is_found_and_not_the_frame_on_it(desk: str) -> None:
    """A form has a frame of its own; what lies outside of it belongs to the page."""
    picture, seen = on_desk(photographs.framed(PAGE, stroke=8), desk)
    found = sheet.find(picture)
    assert found is not None
    assert off_by(found, seen, picture.shape) < 0.008


@pytest.mark.parametrize("scan", SCANS)
def test_a_scan_is_all_sheet(scan: str) -> None:
    """Frames, tables, cards and borders stay where they are."""
    assert sheet.find(SCANS[scan]()) is None


def test_a_straightened_sheet_has_its_lines_level_and_its_size() -> None:
    """Nothing of the desk is left, and the frame runs along the edges."""
    picture, _ = on_desk(photographs.framed(PAGE, stroke=8), "dark", tilt=0.12)
    found = sheet.find(picture)
    assert found is not None
    flat = sheet.flatten(picture, found)
    assert flat.shape[1] / flat.shape[0] == pytest.approx(1240 / 1754, rel=0.12)
    grey = flat.min(axis=2)
    assert np.median(grey[8:-8, 8]) > 100
    rows = grey[20:, round(0.2 * flat.shape[1]) : round(0.8 * flat.shape[1])]
    frame = rows[: round(0.07 * flat.shape[0])].argmin(axis=0)
    assert np.ptp(frame) < 0.01 * flat.shape[0]
