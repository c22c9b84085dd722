"""Sheets among the pages: they begin documents, say their type and their case, and never hide a contradiction."""

from __future__ import annotations

import pytest

from ingest.recognise.values import Proposal, Said, Sheet
from tests.support import read_pages as build
from tests.support.read_pages import line, page, text_block, title

OURS, THEIRS = "202611090401", "202611090402"
BOTH = build.Register(
    build.household(), build.household(2, "3271009999990", "青屿县大洋渔具厂", "青屿县望江镇渔港路3号")
)
ACCOUNT, OTHER_ACCOUNT = "3271004518826", "3271009999990"


def cover(page_no: int, application_no: str = OURS) -> Sheet:
    return Sheet(page_no, application_no, cover=True)


def separator(page_no: int, kind: str | None = None, application_no: str | None = OURS) -> Sheet:
    return Sheet(page_no, application_no if kind else None, kind)


def bare(number: int) -> build.PageText:
    """A page of running text without title or number."""
    return page(number, *text_block(*["双方应当按照约定履行各自的义务，任何一方不得擅自变更本约定的内容。"] * 8))


def lie(found: list[Proposal]) -> list[tuple[int, ...]]:
    return [one.pages for one in found]


def test_a_cover_says_whose_papers_follow_until_the_next_cover() -> None:
    found = build.proposals(bare(2), bare(4), register=BOTH, sheets=[cover(1), cover(3, THEIRS)])
    assert [one.household_id for one in found] == [1, 2]
    assert "封面页指定申请编号 202611090402" in found[1].reasons


def test_a_separator_gives_the_type_and_holds_its_pages_together() -> None:
    found = build.proposals(bare(2), bare(3), bare(5), sheets=[separator(1, "K01H"), separator(4, "T01")])
    assert lie(found) == [(2, 3), (5,)]
    assert [(one.document_type, one.confidence) for one in found] == [("K01H", 1.0), ("T01", 1.0)]
    assert all(one.doubts == () for one in found)


def test_a_plain_separator_parts_two_documents_that_would_be_taken_for_one() -> None:
    contract = page(1, title("高压供用电合同"))
    found = build.proposals(contract, bare(3), sheets=[separator(2)])
    assert lie(found) == [(1,), (3,)]


@pytest.mark.parametrize("doubled", [[separator(1, "K01H"), separator(2, "K01H")], [cover(1), separator(2, "K01H")]])
def test_sheets_on_top_of_each_other_make_no_empty_document(doubled: list[Sheet]) -> None:
    found = build.proposals(bare(3), sheets=doubled)
    assert lie(found) == [(3,)]
    assert (found[0].document_type, found[0].doubts) == ("K01H", ())


def test_the_blank_back_of_a_sheet_belongs_to_nothing() -> None:
    found = build.proposals(build.reply(1), page(3), bare(4), sheets=[separator(2, "K01H")])
    assert lie(found) == [(1,), (4,)]
    assert found[1].document_type == "K01H"


def test_two_types_in_a_row_ask_whether_a_paper_was_left_out() -> None:
    found = build.proposals(bare(3), sheets=[separator(1, "T01"), separator(2, "K01H")])
    assert found[0].document_type == "K01H"
    assert any("漏扫" in doubt for doubt in found[0].doubts)


def test_a_separator_after_the_last_page_says_nothing() -> None:
    assert lie(build.proposals(build.reply(1), sheets=[separator(2, "K01H")])) == [(1,)]


def test_a_paper_that_looks_otherwise_than_its_separator_says_is_doubtful() -> None:
    found = build.proposals(build.reply(2), sheets=[separator(1, "K01H")])
    assert found[0].document_type == "K01H"
    assert any("分隔页指定为" in doubt and "看来是" in doubt for doubt in found[0].doubts)


def test_the_head_of_another_paper_behind_a_separator_is_kept_there_and_doubted() -> None:
    found = build.proposals(bare(2), build.reply(3), sheets=[separator(1, "K01H")])
    assert lie(found) == [(2, 3)]
    assert any("第 3 页看来是" in doubt and "分件" in doubt for doubt in found[0].doubts)


def test_a_paper_of_another_household_under_a_cover_is_doubtful() -> None:
    theirs = build.reply(2, account_no=OTHER_ACCOUNT, application_no=THEIRS, name="青屿县大洋渔具厂")
    (found,) = build.proposals(theirs, register=BOTH, sheets=[cover(1)])
    assert found.household_id == 1
    assert any(OTHER_ACCOUNT in doubt for doubt in found.doubts)


def test_a_separator_of_another_case_than_the_cover_is_doubtful() -> None:
    found = build.proposals(bare(2), bare(4), register=BOTH, sheets=[cover(1), separator(3, "K01H", THEIRS)])
    assert found[0].doubts != found[1].doubts
    assert any("分隔页属于申请编号" in doubt for doubt in found[1].doubts)


@pytest.mark.parametrize("said", [Said(account_no=OTHER_ACCOUNT), Said(application_no=THEIRS)])
def test_a_cover_against_the_word_of_the_person_is_doubtful(said: Said) -> None:
    (found,) = build.proposals(bare(2), register=BOTH, said=said, sheets=[cover(1)])
    assert any(doubt.startswith("交件人指定") and "封面页" in doubt for doubt in found.doubts)


def test_a_separator_against_the_type_that_the_person_gave_is_doubtful() -> None:
    (found,) = build.proposals(bare(2), said=Said(document_type="T01"), sheets=[separator(1, "K01H")])
    assert found.document_type == "K01H"
    assert any("但分隔页是" in doubt for doubt in found.doubts)


def test_a_sheet_that_may_not_say_so_leaves_its_pages_to_a_person() -> None:
    """Neither its own case nor the one of the cover before it holds behind it."""
    refused = Sheet(3, None, "K01H", doubt="第 3 页的分隔页指明申请编号 X")
    found = build.proposals(bare(2), bare(4), sheets=[cover(1), refused])
    assert (found[0].household_id, found[1].household_id) == (1, None)
    assert "第 3 页的分隔页指明申请编号 X" in found[1].doubts


def test_a_picture_behind_a_typed_separator_is_that_paper() -> None:
    found = build.proposals(
        page(2), page(3), bare(5), sheets=[separator(1, "P02"), separator(4, "K01H")], pictures=[2, 3]
    )
    assert lie(found) == [(2, 3), (5,)]
    assert (found[0].document_type, found[0].household_id) == ("P02", 1)


def test_a_document_that_a_person_cut_keeps_the_word_of_its_sheet() -> None:
    found = build.proposals(bare(2), bare(3), sheets=[separator(1, "K01H")], cut=[(3,), (2,)])
    by_page = {one.pages: one for one in found}
    assert by_page[(2,)].document_type == "K01H"
    assert by_page[(3,)].candidates[0][0] != "K01H" or by_page[(3,)].confidence < 1.0
    assert {one.household_id for one in found} == {1}


def test_without_sheets_nothing_is_said() -> None:
    with_line = page(1, line("分隔页", 100, 100, h=60), *text_block("AS1:S:1:K01R:AAAAAA"))
    assert all(one.confidence < 1.0 for one in build.proposals(with_line))
