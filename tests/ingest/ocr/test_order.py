"""Reading order and the bands in which large pages are looked at."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.lines import TextLine
from ingest.ocr import canvas
from ingest.ocr.order import in_reading_order


def line(text: str, x: int, y: int, *, width: int = 100, height: int = 30) -> TextLine:
    return TextLine(text, (x, y, x + width, y + height), 0.9)


def test_rows_are_read_from_left_to_right_and_top_to_bottom() -> None:
    """Cells of a row belong together even if they do not stand at quite the same height."""
    cells = [line("值二", 300, 158), line("标签一", 50, 100), line("标签二", 50, 150), line("值一", 300, 96)]
    assert [cell.text for cell in in_reading_order(cells)] == ["标签一", "值一", "标签二", "值二"]


def test_lines_above_one_another_are_never_one_row() -> None:
    """Close rows of small print overlap a little in height."""
    rows = [line("下", 60, 120, width=500), line("上", 50, 104, width=500)]
    assert [row.text for row in in_reading_order(rows)] == ["上", "下"]


@given(st.lists(st.tuples(st.integers(0, 900), st.integers(0, 900)), max_size=30))
def test_ordering_loses_no_line(places: list[tuple[int, int]]) -> None:
    """Whatever the layout, every line comes out once."""
    lines = [line(str(i), x, y) for i, (x, y) in enumerate(places)]
    assert sorted(in_reading_order(lines), key=lambda one: int(one.text)) == lines


@settings(max_examples=25, deadline=None)
@given(st.integers(40, 3000), st.integers(40, 4400), st.floats(0.3, 1.0))
def test_bands_share_the_page_out_without_gap_or_overlap(width: int, height: int, scale: float) -> None:
    """Each row of the page has exactly one band that answers for it, and that band shows it."""
    views = list(canvas.bands(np.full((height, width, 3), 255, np.uint8), scale))
    assert views[0].first == 0
    assert views[-1].last == np.inf
    for above, below in pairwise(views):
        assert abs(above.last - below.first) <= 1
        assert below.top < below.first
        assert above.last < above.top + above.blob.shape[2] / above.scale


@settings(max_examples=25, deadline=None)
@given(st.data(), st.integers(40, 3000), st.integers(40, 4400), st.floats(0.3, 1.0))
def test_bands_leave_out_nothing_that_is_on_the_page(
    data: st.DataObject, width: int, height: int, scale: float
) -> None:
    """Bare paper around the print is not looked at; a faint mark anywhere is."""
    page = np.full((height, width, 3), 240, np.uint8)
    marks = data.draw(
        st.lists(st.tuples(st.integers(0, width - 8), st.integers(0, height - 8)), min_size=1, max_size=4)
    )
    for x, y in marks:
        page[y : y + 8, x : x + 8] = 215
    views = list(canvas.bands(page, scale))
    for x, y in marks:
        (answering,) = [view for view in views if view.first <= y + 4 < view.last]
        assert answering.left <= x
        assert answering.left + answering.blob.shape[3] / answering.scale >= min(x + 8, width)
        assert answering.top <= y
        assert answering.top + answering.blob.shape[2] / answering.scale >= min(y + 8, height)


def test_a_line_that_two_bands_found_counts_once() -> None:
    """The second of two nearly equal boxes goes."""
    box = np.array([[10, 10], [200, 10], [200, 40], [10, 40]], np.float32)
    lower = box + np.array([0, 60], np.float32)
    assert len(canvas.without_doubles(np.stack([box, box + 3, lower]))) == 2
    assert len(canvas.without_doubles(np.zeros((0, 4, 2), np.float32))) == 0
