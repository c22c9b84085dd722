"""A document goes to the household it belongs to, and where that is not sure, to a person."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.lines import PageText
from ingest.recognise.values import Said
from tests.support import read_pages as build
from tests.support.read_pages import Register, case, household, line, page, rows, text_block, title

OTHER_HOUSEHOLD = household(2, "3271009999990", "青屿县宏达机械有限公司", "青屿县石桥镇人民路60号")
BOTH = Register(household(), OTHER_HOUSEHOLD)


def deed(number: int = 1, owner: str = "青屿县恒润食品有限公司", place: str = "青屿县望江镇工业二路18号") -> PageText:
    return page(number, title("不动产权证书"), *rows([("权利人", owner), ("坐落", place), ("共有情况", "单独所有")]))


def drawing(number: int) -> PageText:
    return page(number, title("用电地址总平面图"), *text_block("比例 1:500", "图例"))


def card(number: int, name: str) -> PageText:
    return page(
        number,
        *rows(
            [
                ("姓名", name),
                ("性别", "男"),
                ("民族", "汉"),
                ("住址", "北京市朝阳区建国路1号"),
                ("公民身份号码", "11010519491231002X"),
            ],
            y=700,
        ),
    )


def test_a_document_with_account_number_and_name_is_filed_without_a_person() -> None:
    found = build.proposals(build.reply())[0]
    assert (found.household_id, found.case_id, found.doubts) == (1, 1, ())
    assert found.match_confidence >= 0.9


@settings(deadline=None, max_examples=60)
@given(place=st.integers(0, 12), shift=st.integers(1, 9))
def test_one_wrong_digit_does_not_file_into_another_household(place: int, shift: int) -> None:
    right = "3271004518826"
    wrong = right[:place] + str((int(right[place]) + shift) % 10) + right[place + 1 :]
    neighbour = household(2, wrong, "青屿县宏达机械有限公司", "青屿县石桥镇人民路60号")
    fields = [("户号", wrong), ("户名", "青屿县恒润食品有限公司"), ("用电地址", "青屿县望江镇工业二路18号")]
    misread = page(1, title("高压供电方案答复单"), *rows(fields))
    found = build.proposals(misread, register=Register(household(), neighbour))[0]
    assert found.doubts


@settings(deadline=None, max_examples=60)
@given(place=st.integers(0, 12), shift=st.integers(1, 9))
def test_one_wrong_digit_of_an_unknown_number_is_only_proposed(place: int, shift: int) -> None:
    right = "3271004518826"
    wrong = right[:place] + str((int(right[place]) + shift) % 10) + right[place + 1 :]
    misread = page(1, title("高压供电方案答复单"), *rows([("户号", wrong), ("户名", "青屿县恒润食品有限公司")]))
    found = build.proposals(misread)[0]
    assert (found.household_id, found.match_confidence < 0.9) == (1, True)
    assert any("只差一位" in doubt for doubt in found.doubts)


def test_an_unknown_account_is_said_to_be_unregistered() -> None:
    found = build.proposals(build.reply(account_no="5555500001", name="某某"), register=Register())[0]
    assert found.household_id is None
    assert any("户号 5555500001 未登记" in doubt for doubt in found.doubts)


def test_an_application_number_alone_leads_to_household_and_case() -> None:
    sheet = page(1, title("业务缴费通知单"), *rows([("申请编号", "202611090401"), ("合计", "1200.00元")]))
    found = build.proposals(sheet)[0]
    assert (found.household_id, found.case_id, found.doubts) == (1, 1, ())


def test_account_and_application_of_two_households_go_to_a_person() -> None:
    found = build.proposals(build.reply(application_no="202611090402"), register=BOTH)[0]
    assert any("不属于同一户" in doubt for doubt in found.doubts)


def test_a_title_deed_finds_its_household_by_name_and_address() -> None:
    found = build.proposals(deed(), register=BOTH)[0]
    assert (found.household_id, found.match_confidence >= 0.9) == (1, True)


def test_papers_without_number_follow_their_neighbours_with_less_confidence_and_a_reason() -> None:
    first, second, _third = build.proposals(build.reply(1), drawing(2), build.reply(3))
    assert second.household_id == 1
    assert second.match_confidence < first.match_confidence
    assert any("随相邻资料" in reason for reason in second.reasons)


def test_a_paper_without_number_between_two_households_goes_to_a_person() -> None:
    other = build.reply(3, account_no="3271009999990", application_no="202611090402", name="青屿县宏达机械有限公司")
    found = build.proposals(build.reply(1), drawing(2), other, register=BOTH)
    assert [one.household_id for one in (found[0], found[2])] == [1, 2]
    assert found[1].doubts


def test_a_page_of_another_household_inside_a_batch_goes_to_that_household() -> None:
    other = build.reply(2, account_no="3271009999990", application_no="202611090402", name="青屿县宏达机械有限公司")
    found = build.proposals(build.reply(1), other, build.reply(3), register=BOTH)
    assert [one.household_id for one in found] == [1, 2, 1]
    assert found[1].doubts == ()


def test_a_bare_number_of_another_household_inside_a_batch_goes_to_a_person() -> None:
    bare = page(2, title("电费结清证明"), *rows([("户号", "3271009999990")]))
    found = build.proposals(build.reply(1), bare, build.reply(3), register=BOTH)
    assert found[1].doubts


def test_what_the_person_said_is_believed_and_the_paper_shown_against_it() -> None:
    found = build.proposals(build.reply(), register=BOTH, said=Said(account_no="3271009999990"))[0]
    assert found.household_id == 2
    assert any("3271004518826" in doubt for doubt in found.doubts)


def test_a_household_said_but_not_registered_is_named() -> None:
    found = build.proposals(build.reply(), said=Said(account_no="0000000000"))[0]
    assert found.household_id is None
    assert any("0000000000 未登记" in doubt for doubt in found.doubts)


def test_an_application_said_but_not_registered_is_named() -> None:
    found = build.proposals(build.reply(), said=Said(application_no="209900000000"))[0]
    assert any("209900000000 未登记" in doubt for doubt in found.doubts)


def test_an_application_said_alone_gives_household_and_case() -> None:
    found = build.proposals(drawing(1), said=Said(application_no="202611090401"))[0]
    assert (found.household_id, found.case_id, found.doubts) == (1, 1, ())


@pytest.mark.parametrize(("whose", "code"), [("周启明", "A05"), ("许嘉禾", "A09"), ("沈德胜", "A07")])
def test_a_card_is_filed_as_what_its_person_is_in_the_case(whose: str, code: str) -> None:
    form = page(
        1,
        title("低压非居民用电登记表"),
        *rows([("户号", "3271004518826"), ("户名", "周启明"), ("经办人", "许嘉禾"), ("法定代表人", "沈德胜")]),
    )
    found = build.proposals(form, card(2, whose), register=Register(household(name="周启明", category="LN")))[1]
    assert (found.document_type, found.confidence >= 0.85) == (code, True)


def test_a_card_of_nobody_known_waits_for_a_person() -> None:
    found = build.proposals(card(1, "陌生人"))[0]
    assert found.document_type in ("A05", "A07", "A09")
    assert found.doubts


def test_of_several_cases_the_one_that_expects_the_paper_at_that_time_is_chosen() -> None:
    old = case(1, 1, "201503010001", "NEW", date(2015, 3, 1), date(2015, 5, 1), frozenset({"P03H", "K01H"}))
    new = case(2, 1, "202611090401", "INC", date(2026, 11, 9), None, frozenset({"P03H", "K01H"}))
    sheet = page(
        1,
        title("高压供电方案答复单"),
        *rows([("户号", "3271004518826"), ("户名", "青屿县恒润食品有限公司"), ("答复日期", "2026-11-11")]),
    )
    assert build.proposals(sheet, register=Register(household(cases=(old, new))))[0].case_id == 2


def test_cases_that_cannot_be_told_apart_go_to_a_person() -> None:
    cases = (case(1, 1, "202611090401"), case(2, 1, "202611090402"))
    sheet = page(1, title("高压供电方案答复单"), *rows([("户号", "3271004518826"), ("户名", "青屿县恒润食品有限公司")]))
    found = build.proposals(sheet, register=Register(household(cases=cases)))[0]
    assert any("2 个业务" in doubt for doubt in found.doubts)


def test_a_household_without_case_goes_to_a_person() -> None:
    found = build.proposals(build.reply(application_no=""), register=Register(household(cases=())))[0]
    assert (found.household_id, found.case_id, bool(found.doubts)) == (1, None, True)


def test_two_persons_of_one_name_are_not_mixed_up() -> None:
    twins = Register(
        household(1, "3271004518826", "王芳", category="LR"),
        household(2, "3271009999990", "王芳", "青屿县石桥镇人民路60号", "LR"),
    )
    found = build.proposals(card(1, "王芳"), register=twins)[0]
    assert (found.household_id, bool(found.doubts)) == (None, True)


def test_the_letter_of_a_representative_takes_his_card_along() -> None:
    letter = page(
        1,
        title("法定代表人身份证明书"),
        *text_block("周启明同志,现任青屿县恒润食品有限公司总经理职务,系我单位法定代表人。"),
        line("法定代表人:周启明", 170, 700),
    )
    found = build.proposals(letter, card(2, "周启明"))
    assert [(one.pages, one.document_type) for one in found] == [((1, 2), "A07")]


def test_who_ordered_a_report_is_the_customer() -> None:
    cover = build.page(1, build.title("电能质量评估报告"), build.line("委托单位:青屿县恒润食品有限公司", 560, 1200))
    found = build.proposals(cover)[0]
    assert (found.document_type, found.household_id) == ("A19", 1)
