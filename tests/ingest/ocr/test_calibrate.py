"""Confidence is a probability: it rises with every evidence, and what is said to be sure is right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive_service import samples
from benchmarks import calibration
from benchmarks.support import plain
from ingest.lines import TextLine
from ingest.ocr import calibrate, images
from ingest.ocr.evidence import Evidence, ReadLine, decode, of_line
from ingest.ocr.reader import Reader

SHARE = st.floats(0.0, 1.0)
EVIDENCE = st.builds(
    Evidence, score=SHARE, mean=SHARE, weakest=SHARE, height_px=st.floats(4, 90), contrast=SHARE, sharpness=SHARE,
    rare=SHARE,
)  # fmt: skip


def line(evidence: Evidence, text: str = "用电地址") -> ReadLine:
    return ReadLine(text, (0, 0, 200, 40), evidence.score, evidence)


def output(*rows: Sequence[float]) -> np.ndarray:
    return np.array(rows, np.float32)


@given(EVIDENCE, SHARE, st.sampled_from(["mean", "weakest", "height_px", "contrast", "sharpness", "rare"]), SHARE)
def test_more_evidence_never_makes_less_sure(evidence: Evidence, page: float, name: str, more: float) -> None:
    """No odd page turns the order around; only rare characters count the other way."""
    raised = asdict(evidence)[name] + more
    better = calibrate.probability(line(replace(evidence, **{name: raised})), page)
    before = calibrate.probability(line(evidence), page)
    assert better <= before if name == "rare" else better >= before


def test_a_bad_page_and_a_single_character_are_less_sure() -> None:
    """The same line counts for less among lines that hardly read, and less when there is little of it."""
    good = Evidence(0.99, 0.99, 0.97, 32, 0.6, 0.5, 0.0)
    alone = calibrate.probability(line(good), 0.999)
    assert calibrate.probability(line(good), 0.7) < alone
    assert calibrate.probability(line(good, "电"), 0.999) < alone


def test_lines_of_older_versions_are_brought_onto_the_same_scale() -> None:
    """Their score rises with the engine's own and claims no more than the table knows."""
    old = [TextLine("户号", (0, 0, 9, 9), score) for score in (0.5, 0.8, 0.95, 0.999)]
    sure = [one.confidence for one in calibrate.from_scores(old)]
    assert sure == sorted(sure)
    assert sure[1] < 0.8
    assert sure[-1] > 0.95


def test_the_least_sure_character_counts_and_the_width_of_a_colon_does_not() -> None:
    """Blanks part equal neighbours; between two widths nobody has to choose."""
    signs = ["", "户", "号", "：", ":"]
    found = decode(
        output((0, 0.9, 0.1, 0, 0), (0, 0.99, 0, 0, 0), (1, 0, 0, 0, 0), (0.3, 0, 0.7, 0, 0), (0, 0, 0, 0.55, 0.45)),
        signs,
    )
    assert found.text == "户号："
    assert found.weakest == pytest.approx(0.7)
    assert found.mean == pytest.approx((0.99 + 0.7) / 2)
    assert decode(output((1, 0, 0, 0, 0)), signs).text == ""


def test_faint_and_blurred_print_shows_in_the_evidence() -> None:
    """Contrast and sharpness are those of the scan, before it is made readable."""
    crisp = np.full((40, 300), 240, np.uint8)
    crisp[8:32, 20:280:12] = 30
    faint = (240 - (240 - crisp.astype(int)) * 0.15).astype(np.uint8)
    reading = decode(output((0, 1)), ["", "电"])
    dark, pale = (of_line(reading, part, height_px=24) for part in (crisp, faint))
    assert dark.contrast > 4 * pale.contrast
    assert dark.sharpness > 0.5


@pytest.mark.ocr
def test_what_is_said_to_be_sure_is_right_on_worn_pages(reader: Reader) -> None:
    """Pages that nothing was fitted on: hardly a wrong line among the sure ones, and most lines are sure."""
    wrong = sure = total = 0
    for image, truth in samples.pages(5, 6007, "hard"):
        true = [plain(one["text"]) for one in truth["lines"]]
        for one in reader.read(images.encode_jpeg(np.asarray(image)), dpi=truth["dpi"]).lines:
            total += 1
            if one.confidence >= 0.95:
                sure += 1
                wrong += not calibration.is_right(one, true)
    assert wrong <= 0.01 * sure
    assert sure > 0.7 * total
