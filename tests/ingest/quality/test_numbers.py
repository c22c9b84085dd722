"""Printed page numbers tell of pages that lack or lie in the wrong order, and of nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.quality import findings, numbers
from ingest.quality.numbers import Place, Printed, parse
from tests.support.read_pages import line, page

BLANK = "blank"
Said = tuple[int, int] | int | str | None


def places(*said: Said) -> list[Place]:
    """Pages of a scan that say this of themselves: (number, total), a number, nothing, or are blank."""
    return [_place(number, one) for number, one in enumerate(said, start=1)]


def _place(page_no: int, said: Said) -> Place:
    if isinstance(said, tuple):
        return Place(page_no, Printed(*said))
    return Place(page_no, Printed(said, None) if isinstance(said, int) else None, empty=said == BLANK)


def found(*said: Said) -> dict[int, list[tuple[str, object]]]:
    """Findings by page: the code, and the numbers that lack."""
    result = numbers.sequence_findings(places(*said))
    return {no: [(one.code, one.facts.get("missing")) for one in ones] for no, ones in result.items()}


@pytest.mark.parametrize(
    ("text", "number", "total"),
    [
        ("第 2 页 共 5 页", 2, 5), ("第2页/共5页", 2, 5), ("- 2 / 5 -", 2, 5), ("2/5", 2, 5), ("共5页 第2页", 2, 5),
        ("第2页，共5页", 2, 5), ("第 1 页（共 3 页）", 1, 3), ("－ 3 －", 3, None), ("第3页", 3, None),
        ("—12—", 12, None),
    ],
)  # fmt: skip
def test_the_usual_ways_to_number_pages_are_understood(text: str, number: int, total: int | None) -> None:
    assert parse(text) == Printed(number, total)


@pytest.mark.parametrize("text", ["11/3", "2026-11-23", "第3条", "3", "共5页", "合计:12页", "0/5", "第2页共900页起"])
def test_what_only_looks_like_a_page_number_is_none(text: str) -> None:
    assert parse(text) is None


def test_only_the_head_and_the_foot_of_a_page_are_looked_at() -> None:
    """A list of attachments names pages, too."""
    assert numbers.printed(page(1, line("第2页 共5页", 700, 2250))) == Printed(2, 5)
    assert numbers.printed(page(1, line("第2页 共5页", 700, 1200))) is None
    assert numbers.printed(page(1, line("第2页 共5页", 700, 2250, confidence=0.5))) is None


@pytest.mark.parametrize(
    "said",
    [
        ((1, 3), (2, 3), (3, 3)), ((1, 2), (2, 2), (1, 2), (2, 2)), ((1, 3), None, (3, 3)), (None, (2, 2)),
        ((1, 2), None), (1, 2, 3, 1, 2), (3, 9), ((1, 2), BLANK, (2, 2), BLANK), (None, None), (), (2, 9, 4),
        ((1, 1), (1, 1), (1, 1)),
    ],
)  # fmt: skip
def test_nothing_is_said_of_pages_that_can_all_be_there(said: tuple[Said, ...]) -> None:
    """A page whose number nobody could read may be the one that lacks."""
    assert found(*said) == {}


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (((1, 3), (3, 3)), {1: [2]}),
        (((1, 3), BLANK, (3, 3)), {1: [2]}),
        (((1, 3), (2, 3)), {2: [3]}),
        (((2, 3), (3, 3)), {1: [1]}),
        (((1, 5), None, (4, 5), (5, 5)), {1: [2, 3]}),
        (((2, 3), (3, 3), (1, 2), (2, 2)), {1: [1]}),
        (((1, 2), (1, 2), (2, 2)), {1: [2]}),
        ((1, 2, 4, 5), {2: [3]}),
    ],
)  # fmt: skip
def test_a_page_that_lacks_is_named_at_the_page_before_the_gap(
    said: tuple[Said, ...], expected: dict[int, list[int]]
) -> None:
    assert found(*said) == {no: [(findings.MISSING, lacking)] for no, lacking in expected.items()}


@pytest.mark.parametrize("said", [((1, 3), (3, 3), (2, 3)), ((3, 3), (2, 3), (1, 3)), ((2, 2), (1, 2))])
def test_pages_in_the_wrong_order_are_found_and_none_is_called_missing(said: tuple[Said, ...]) -> None:
    codes = [code for ones in found(*said).values() for code, _ in ones]
    assert codes == [findings.OUT_OF_ORDER]


@given(st.lists(st.integers(1, 6), min_size=1, max_size=8))
def test_whole_papers_one_behind_the_other_are_never_found_fault_with(lengths: list[int]) -> None:
    assert found(*((n, total) for total in lengths for n in range(1, total + 1))) == {}


@given(st.integers(2, 9), st.data())
def test_a_single_page_taken_out_of_a_paper_is_always_missed(total: int, data: st.DataObject) -> None:
    gone = data.draw(st.integers(1, total))
    left = [(n, total) for n in range(1, total + 1) if n != gone]
    assert [lacking for ones in found(*left).values() for _, lacking in ones] == [[gone]]
