"""Searching records as a person does, on a real database and real engines."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from archive_service.errors import Invalid
from indexing.index import Index
from indexing.search import Filters, SearchPage, search
from indexing.suggest import suggest
from indexing.sync import follow

from .conftest import NOW, Records

CONTRACT = (
    "甲方按照本合同约定的用电容量用电。\n" * 12 + "第七条 计量装置的安装位置为产权分界处。\n" + "其他约定见附件。" * 20
)
IDENTITY = "340104198001011234"
PHONE = "13812345678"


def find(records: Records, index: Index, typed: str, *units: int, **more: Any) -> SearchPage:
    follow(records.database, index, now=NOW)
    with records.database.reading() as session:
        return search(session, index, viewer_units=frozenset(units), query=typed, **more)


def test_a_phrase_from_inside_a_scan_finds_item_page_and_place(records: Records, index: Index) -> None:
    unit = records.unit("C01")
    item = records.file(records.household(unit, "3401000001"), "封面", CONTRACT, title="低压供用电合同")
    page = find(records, index, '"计量装置的安装位置"', unit)
    [hit] = page.hits
    assert (hit.item_id, hit.account_no, hit.page, hit.exact, page.total) == (item, "3401000001", 2, True, 1)
    assert [text for text, marked in hit.snippet if marked] == ["计量装置的安装位置"]
    assert "产权分界处" in "".join(text for text, _ in hit.snippet)


def test_the_mark_covers_the_text_as_stored_with_the_gaps_of_the_reader(records: Records, index: Index) -> None:
    unit = records.unit("C01")
    records.file(records.household(unit, "3401000001"), "约定 计 量\n装 置：ＡＢ１２ 号")
    for typed, marked in (("计量装置", "计 量 装 置"), ("ab12", "ＡＢ１２"), ('"装置/AB12"', "装 置：ＡＢ１２")):
        [hit] = find(records, index, typed, unit).hits
        assert [text for text, mark in hit.snippet if mark] == [marked]


def test_markup_in_a_page_stays_text(records: Records, index: Index) -> None:
    unit = records.unit("C01")
    records.file(records.household(unit, "3401000001"), "<b>计量</b>装置\x00\u202e")
    [hit] = find(records, index, "计量", unit).hits
    assert hit.snippet == (("<b>", False), ("计量", True), ("</b>装置  ", False))


def test_a_near_hit_is_shown_with_what_does_match(records: Records, index: Index) -> None:
    unit = records.unit("C01")
    records.file(records.household(unit, "3401000001"), "前面的话。计量装置的安袋位置为产权分界处")
    [hit] = find(records, index, "计量装置的安装位置", unit).hits
    assert not hit.exact
    assert "计量装置的安" in [text for text, marked in hit.snippet if marked]


def test_a_name_found_only_in_the_record_needs_no_snippet(records: Records, index: Index) -> None:
    unit = records.unit("C01")
    records.file(records.household(unit, "3401000001", name="欧阳建国"), "一页没有名字的纸")
    [hit] = find(records, index, "欧阳建国", unit).hits
    assert (hit.exact, hit.snippet, hit.page, hit.account_name) == (True, (), None, "欧阳建国")


def test_what_is_too_strict_to_find_anything_is_loosened(records: Records, index: Index) -> None:
    unit = records.unit("C01")
    records.file(records.household(unit, "3401000001"), "表号 88123456 户主欧阳建国")
    for typed in ("88123457", "欧阳健国"):
        assert [hit.exact for hit in find(records, index, typed, unit).hits] == [False]


def test_papers_of_other_units_leave_no_trace(records: Records, index: Index) -> None:
    here, there = records.unit("C01"), records.unit("C02")
    records.file(records.household(here, "3401000001"), "计量装置")
    seen = [find(records, index, typed, here) for typed in ("计量装置", "变压器", "")]
    secret = records.household(there, "9999000001", name="保密单位")
    records.file(secret, "计量装置 变压器", document_date=date(1987, 1, 1))
    for before, typed in zip(seen, ("计量装置", "变压器", ""), strict=True):
        after = find(records, index, typed, here)
        assert (after.total, after.hits, after.facets) == (before.total, before.hits, before.facets)
    with records.database.reading() as session:
        assert suggest(session, frozenset({here}), "9999") == suggest(session, frozenset({here}), "保密") == []
    assert find(records, index, "计量装置").total == 0


def test_a_household_that_moved_away_is_hidden_before_the_index_has_followed(records: Records, index: Index) -> None:
    here, there = records.unit("C01"), records.unit("C02")
    household = records.household(here, "3401000001")
    records.file(household, "计量装置")
    assert find(records, index, "计量装置", here).total == 1
    records.move(household, there)
    with records.database.reading() as session:
        page = search(session, index, viewer_units=frozenset({here}), query="计量装置")
    assert (page.total, page.hits) == (0, ())
    assert find(records, index, "计量装置", there).total == 1


def test_a_centre_holds_what_lies_below_it(records: Records, index: Index) -> None:
    county = records.unit("N01")
    town, other = records.unit("C01", below=county), records.unit("C02")
    records.file(records.household(town, "3401000001"), "计量装置")
    records.file(records.household(other, "3401000002"), "计量装置")
    units = (county, town, other)
    assert find(records, index, "计量装置", *units, filters=Filters(centre=county)).total == 1
    assert find(records, index, "计量装置", *units, filters=Filters(centre=9999)).total == 0
    assert find(records, index, "计量装置", other, filters=Filters(centre=county)).total == 0
    labels = [(bucket.value, bucket.count) for bucket in find(records, index, "计量装置", *units).facets["centre"]]
    assert labels == [("C01", 1), ("C02", 1)]


def test_personal_numbers_are_hidden_and_cannot_be_searched_for_without_the_right(
    records: Records, index: Index
) -> None:
    unit = records.unit("C01")
    page = f"经办人联系电话{PHONE}已核对"
    records.file(records.household(unit, "3401000001"), page, fields={"phone": PHONE})
    for typed in (PHONE, f'"{PHONE}"', PHONE[:8], f'"{PHONE[2:10]}"', f"联系电话{PHONE}"):
        assert find(records, index, typed, unit).total == 0, typed
        [hit] = find(records, index, typed, unit, may_read_personal_units=frozenset({unit})).hits
        assert hit.exact
        assert PHONE in "".join(text for text, _ in hit.snippet)
    [hit] = find(records, index, "经办人", unit).hits
    assert PHONE[4:] not in "".join(text for text, _ in hit.snippet)
    assert "已核对" in "".join(text for text, _ in hit.snippet)


def test_identity_numbers_are_found_by_nobody_here_whole_or_in_part(records: Records, index: Index) -> None:
    unit = records.unit("C01")
    page = f"经办人身份证号{IDENTITY}已核对"
    records.file(records.household(unit, "3401000001"), page, fields={"id_number": IDENTITY})
    allowed = frozenset({unit})
    for typed in (IDENTITY, f'"{IDENTITY}"', f"身份证号{IDENTITY}"):
        assert find(records, index, typed, unit, may_read_personal_units=allowed).refused == "search.identity"
    for typed in (IDENTITY[:12], f'"{IDENTITY[4:12]}"'):
        assert find(records, index, typed, unit, may_read_personal_units=allowed).total == 0, typed
    [hit] = find(records, index, "经办人", unit, may_read_personal_units=allowed).hits
    assert IDENTITY in "".join(text for text, _ in hit.snippet)


def test_a_sensitive_paper_is_named_but_not_quoted_without_the_right(records: Records, index: Index) -> None:
    unit = records.unit("C01")
    records.file(records.household(unit, "3401000001"), "计量装置", sensitivity="sensitive")
    assert [hit.snippet for hit in find(records, index, "计量装置", unit).hits] == [()]
    [hit] = find(records, index, "计量装置", unit, may_read_personal_units=frozenset({unit})).hits
    assert hit.snippet == (("计量装置", True),)


def test_nothing_typed_lists_what_the_filters_leave_newest_first(records: Records, index: Index) -> None:
    unit = records.unit("C01")
    household = records.household(unit, "3401000001")
    old, new = (records.file(household, "纸", document_date=date(year, 5, 1)) for year in (2019, 2024))
    undated = records.file(household, "纸")
    assert [hit.item_id for hit in find(records, index, "", unit).hits] == [undated, new, old]
    found = find(records, index, " ", unit, filters=Filters(date_from=date(2019, 1, 1), date_to=date(2019, 12, 31)))
    assert [hit.item_id for hit in found.hits] == [old]
    assert [(bucket.value, bucket.count) for bucket in found.facets["year"]] == [("2019", 1)]


def test_pages_that_lie_too_deep_are_refused_with_what_to_do(records: Records, index: Index) -> None:
    unit = records.unit("C01")
    with pytest.raises(Invalid, match="缩小范围") as refused:
        find(records, index, "合同", unit, offset=9_990, limit=20)
    assert refused.value.code == "search.too-deep"
    for limit, offset in ((0, 0), (1_001, 0), (10, -1)):
        with pytest.raises(Invalid, match="每页"):
            find(records, index, "合同", unit, limit=limit, offset=offset)


def test_numbers_and_names_are_suggested_by_their_beginning(records: Records) -> None:
    unit = records.unit("C01")
    records.household(unit, "3401000001", name="长江机械厂")
    records.household(unit, "3402000002", name="100%面粉厂")
    with records.database.reading() as session:
        for typed, account in (
            ("3401", "3401000001"),
            ("３４０１", "3401000001"),
            ("长江", "3401000001"),
            ("100%", "3402000002"),
        ):
            assert [one.account_no for one in suggest(session, frozenset({unit}), typed)] == [account]
        assert suggest(session, frozenset({unit}), "%") == suggest(session, frozenset({unit}), " ") == []
