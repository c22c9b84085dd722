"""Each measure finds what is there, in its unit and at its place, and is silent about a page as it should be."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from ingest.ocr import cleanup
from ingest.quality import findings, lean
from ingest.quality.findings import CODES, Finding, Limits, sentence
from ingest.quality.measure import Seen, is_hopeless, page_findings
from tests.ingest.ocr.conftest import lean_by
from tests.ingest.quality.conftest import Paper, blurred, paper

GOOD = paper()


def banded(page: Paper, side: str, px: int, *, rim: int = 0) -> Paper:
    """Lay a dark band along one side, behind a light rim."""
    pixels = page.pixels.copy()
    area = {
        "left": np.s_[:, rim : rim + px],
        "right": np.s_[:, pixels.shape[1] - px - rim : pixels.shape[1] - rim],
        "top": np.s_[rim : rim + px],
        "bottom": np.s_[pixels.shape[0] - px - rim : pixels.shape[0] - rim],
    }[side]
    pixels[area] = 28
    return page.but(pixels)


@pytest.mark.parametrize("text_px", [26, 38, 70])
@pytest.mark.parametrize("noise", [0, 9])
def test_nothing_is_found_on_a_good_page(text_px: int, noise: int) -> None:
    """Whatever the size of its print, and with the grain of an office scanner."""
    page = paper(text_px=text_px)
    grain = np.random.default_rng(2).normal(0, noise, page.pixels.shape[:2])[..., None]
    assert page.but((page.pixels + grain).clip(0, 255).astype(np.uint8)).found() == {}


def test_an_empty_form_with_a_frame_that_touches_nothing_is_good() -> None:
    pixels = GOOD.pixels.copy()
    for y in range(300, 2100, 120):
        cv2.line(pixels, (90, y), (1560, y), (20, 20, 20), 3)
    assert GOOD.but(pixels).found() == {}


@pytest.mark.parametrize("sigma", [3, 4, 6])
def test_blur_is_found_and_grows_with_its_strength(sigma: float) -> None:
    found = GOOD.but(blurred(GOOD.pixels, sigma)).found()
    assert set(found) == {findings.BLURRED}
    weaker = GOOD.but(blurred(GOOD.pixels, sigma - 0.5)).found()
    assert findings.BLURRED not in weaker or weaker[findings.BLURRED].measure < found[findings.BLURRED].measure
    assert set(found[findings.BLURRED].boxes) <= {line.box for line in GOOD.lines}


def test_the_same_blur_matters_to_small_print_and_not_to_large() -> None:
    """Two pixels are nothing on a heading and the end of a footnote."""
    small, large = paper(text_px=22), paper(text_px=80)
    assert findings.BLURRED in small.but(blurred(small.pixels, 2)).found()
    assert large.but(blurred(large.pixels, 2)).found() == {}


@pytest.mark.parametrize("side", ["left", "right", "top", "bottom"])
@pytest.mark.parametrize("width_px", [24, 60, 160])
def test_a_dark_border_is_found_on_its_side_with_its_width(side: str, width_px: int) -> None:
    found = banded(GOOD, side, width_px).found()
    assert set(found) == {findings.DARK_BORDER}
    border = found[findings.DARK_BORDER]
    assert border.measure == pytest.approx(width_px / 200 * 25.4, abs=0.5)
    (box,) = border.boxes
    height, width = GOOD.pixels.shape[:2]
    edge = {"left": box[0], "top": box[1], "right": width - box[2], "bottom": height - box[3]}[side]
    assert edge == pytest.approx(0, abs=3)


def test_a_border_behind_a_light_rim_counts_and_a_hairline_does_not() -> None:
    assert findings.DARK_BORDER in banded(GOOD, "left", 60, rim=4).found()
    assert banded(GOOD, "left", 6).found() == {}


def test_a_dark_picture_on_a_page_is_no_border() -> None:
    """A photograph printed in the middle, and one that runs out of a page at its corner for a few centimetres."""
    pixels = GOOD.pixels.copy()
    pixels[1300:1900, 300:1300] = 40
    pixels[2200:, :120] = 40
    assert GOOD.but(pixels).found() == {}


def test_text_that_runs_out_of_the_picture_is_found() -> None:
    """The page was laid too far to one side: the first strokes of its lines are gone."""
    cut = 4 * 38 + 17
    lines = tuple(type(line)(line.text, (0, line.box[1], line.box[2] - cut, line.box[3]), 0.9) for line in GOOD.lines)
    found = Paper(np.ascontiguousarray(GOOD.pixels[:, cut:]), lines).found()
    assert set(found) == {findings.CROPPED}
    assert found[findings.CROPPED].measure >= 5
    assert set(found[findings.CROPPED].boxes) <= {line.box for line in lines}


def test_text_close_to_the_edge_but_whole_is_not_cut() -> None:
    near = 4 * 38 - 4
    lines = tuple(type(line)(line.text, (2, line.box[1], line.box[2] - near, line.box[3]), 0.9) for line in GOOD.lines)
    assert Paper(np.ascontiguousarray(GOOD.pixels[:, near:]), lines).found() == {}


def test_a_seal_across_the_edge_is_not_cut_text() -> None:
    """Seals over the edges of all pages of a contract are meant to run out of each."""
    pixels = GOOD.pixels.copy()
    cv2.circle(pixels, (0, 1700), 150, (205, 35, 40), 8)
    cv2.putText(pixels, "AB", (0, 1720), cv2.FONT_HERSHEY_SIMPLEX, 2, (205, 35, 40), 6)
    seal = type(GOOD.lines[0])("合同", (0, 1670, 90, 1730), 0.9)
    assert Paper(pixels, (*GOOD.lines, seal)).found() == {}


@pytest.mark.parametrize("degrees", [-12.0, 4.5, 9.0, 18.0])
def test_a_page_that_leans_is_found_also_where_nobody_could_level_it(degrees: float) -> None:
    leaning = lean_by(GOOD.pixels, degrees)
    page = Paper(leaning, ())
    found = page.found(lean=cleanup.lean(cleanup.ink(leaning)))
    assert found[findings.SKEWED].measure == pytest.approx(abs(degrees), abs=1.0)


def test_a_straight_page_does_not_lean() -> None:
    assert lean.steep_lean(GOOD.pixels) == 0
    assert lean.steep_lean(np.full((2339, 1654, 3), 250, np.uint8)) == 0


def test_boxes_lie_on_the_level_picture() -> None:
    """What was found at the edge of the scan is outlined where that edge lies after levelling."""
    leaning = banded(GOOD.but(lean_by(GOOD.pixels, 4.0)), "left", 90).pixels
    level = cleanup.level(leaning, 4.0)
    seen = Seen(leaning, level, (), 4.0, 200, 200, blank=False)
    (border,) = [one for one in page_findings(seen, Limits()) if one.code == findings.DARK_BORDER]
    band = level.max(axis=2) < 60
    band[:, level.shape[1] // 6 :] = False
    outside = band.copy()
    for x0, y0, x1, y1 in border.boxes:
        outside[y0:y1, x0:x1] = False
    assert band.sum() > 40_000
    assert outside.sum() < 0.05 * band.sum()


@pytest.mark.parametrize(("dpi", "low"), [(100, True), (150, True), (198, False), (300, False)])
def test_resolution_is_what_the_file_says_of_its_picture(dpi: int, *, low: bool) -> None:
    found = GOOD.found(scanned_dpi=dpi)
    assert (findings.LOW_RESOLUTION in found) is low


def test_a_photograph_without_a_resolution_is_judged_by_its_letters() -> None:
    tiny = paper(text_px=12, size=(600, 850))
    assert findings.LOW_RESOLUTION in tiny.found(dpi=73, scanned_dpi=None)
    assert findings.LOW_RESOLUTION not in GOOD.found(scanned_dpi=None)


@pytest.mark.parametrize(
    ("ink", "ground", "code"),
    [(205, 250, findings.TOO_LIGHT), (185, 240, findings.TOO_LIGHT), (5, 70, findings.TOO_DARK)],
)
def test_faint_print_and_dark_paper_are_told_apart(ink: int, ground: int, code: str) -> None:
    assert set(paper(ink=ink, ground=ground).found()) == {code}


def test_red_paper_is_not_dark() -> None:
    """Covers of contracts are red; their gold letters read well."""
    pixels = GOOD.pixels.copy()
    paper_ = pixels.min(axis=2) > 150
    pixels[paper_] = (172, 25, 30)
    pixels[~paper_] = (240, 215, 120)
    assert findings.TOO_DARK not in GOOD.but(pixels).found()
    assert findings.DARK_BORDER not in GOOD.but(pixels).found()


def test_a_black_page_is_dark_and_a_strip_or_a_speck_is_nothing() -> None:
    black = Paper(np.full((2339, 1654, 3), 6, np.uint8), ())
    assert set(black.found()) == {findings.TOO_DARK}
    assert Paper(np.full((10, 40, 3), 250, np.uint8), ()).found() == {}
    assert Paper(np.full((20, 9000, 3), 250, np.uint8), ()).found() == {}


def test_a_page_is_hopeless_only_with_a_fault_that_explains_the_bad_reading() -> None:
    """Handwriting reads badly, too; that is no fault of the scan."""
    blur = Finding(findings.BLURRED, 0.3, 0.09)
    border = Finding(findings.DARK_BORDER, 9.0, 2.0)
    assert is_hopeless([blur], 0.4)
    assert not is_hopeless([blur], 0.95)
    assert not is_hopeless([border], 0.4)
    assert not is_hopeless([], 0.2)


@pytest.mark.parametrize("code", CODES)
def test_every_finding_says_what_is_wrong_and_what_to_do(code: str) -> None:
    said = sentence(code, 1.5, 3.0, {"missing": [2, 3], "of": 5, "other": 7})
    assert said.endswith("。")
    assert "{" not in said
    assert any(verb in said for verb in ("扫", "剔除", "核对"))
