"""Values are found at their labels in every layout, with the place where they stand."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.lines import PageText, TextLine
from ingest.recognise.values import FieldFound
from tests.support import read_pages as build
from tests.support.read_pages import line, page, rows, text_block, title


def fields_of(*lines: TextLine, heading: str = "高压供电方案答复单") -> dict[str, FieldFound]:
    return dict(build.proposals(page(1, title(heading), *lines))[0].fields)


def value(found: dict[str, FieldFound], name: str) -> str | None:
    return found[name].value if name in found else None


LAYOUTS: dict[str, list[TextLine]] = {
    "a table cell to the right": rows([("户  号", "3271004518826")]),
    "a colon in one line": [line("户号:3271004518826", 180, 380)],
    "a wide colon": [line("户号：3271004518826", 180, 380)],
    "a space in one line": [line("用户编号 3271004518826", 180, 380)],
    "label and value joined": [line("户号3271004518826", 180, 380)],
    "below the label": [
        line("客户编号", 180, 380),
        line("申请编号", 600, 380),
        line("3271004518826", 170, 450),
        line("202611090401", 600, 450),
    ],
    "several pairs in a line": [line("户号:3271004518826 申请编号:202611090401 户名:青屿县恒润食品有限公司", 100, 380)],
    "digits set apart": [line("户号", 180, 380), line("3271 0045 18826", 420, 380)],
    "a label in two letters far apart": [line("户", 180, 380), line("号", 280, 380), line("3271004518826", 420, 380)],
    "running text": text_block("经审核,同意户号3271004518826的客户新装用电。"),
    "a point read into it": [line("户号:3271.004518826", 180, 380)],
    "a letter read for a digit": [line("户号:327l0O4518826", 180, 380)],
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_an_account_number_is_found_in_every_layout(layout: str) -> None:
    assert value(fields_of(*LAYOUTS[layout]), "account_no") == "3271004518826"


@settings(deadline=None)
@given(x=st.integers(100, 500), gap=st.integers(20, 400), lean=st.integers(-9, 9), size=st.integers(24, 44))
def test_a_value_is_found_wherever_its_row_stands(x: int, gap: int, lean: int, size: int) -> None:
    label = line("供电容量", x, 600, h=size)
    found = fields_of(label, line("630 kVA", label.box[2] + gap, 600 + lean, h=size))
    assert (found["capacity"].value, found["capacity"].unit) == ("630", "kVA")


def test_the_box_of_a_value_covers_the_value_and_not_the_label() -> None:
    whole = line("户号:3271004518826", 180, 380)
    box = fields_of(whole)["account_no"].box
    assert whole.box[0] < box[0] < box[2] <= whole.box[2]
    assert box[2] - box[0] > 0.6 * (whole.box[2] - whole.box[0])


@pytest.mark.parametrize("printed", ["202611 090401", "2026.11090401", "202611090401", "2026 0904"])
def test_a_gap_inside_an_application_number_is_closed(printed: str) -> None:
    found = fields_of(*rows([("申请编号", printed), ("户名", "青屿县恒润食品有限公司")]))
    assert value(found, "application_no") == printed.replace(" ", "").replace(".", "")


def test_two_numbers_side_by_side_stay_two() -> None:
    assert value(fields_of(line("户号:5103826118 202611090401", 180, 380)), "account_no") == "5103826118"


def test_an_empty_cell_does_not_take_the_next_cell() -> None:
    found = fields_of(line("供电电压", 180, 380), line("供电容量", 600, 380), line("630kVA", 800, 380))
    assert ("voltage" in found, value(found, "capacity")) == (False, "630")


def test_an_address_over_two_lines_is_whole_and_stops_before_the_next_row() -> None:
    lines = [
        line("用电地址", 180, 412),
        line("青屿县望江镇工业二路18号", 420, 390),
        line("恒润食品产业园3号厂房", 420, 434),
        line("供电电压", 180, 520),
        line("10kV", 420, 520),
    ]
    assert value(fields_of(*lines), "service_address") == "青屿县望江镇工业二路18号恒润食品产业园3号厂房"


def test_a_number_broken_in_a_narrow_cell_is_put_together() -> None:
    lines = [line("身份证号码", 180, 500), line("11010519491231", 420, 478), line("002X", 420, 524)]
    found = fields_of(*lines, heading="低压居民生活用电登记表")
    assert (value(found, "id_number"), found["id_number"].checked) == ("11010519491231002X", True)


def test_a_label_broken_over_two_rows_is_put_together() -> None:
    lines = [line("统一社会信用代", 150, 478), line("码", 245, 524), line("91350100M000100Y43", 420, 500)]
    assert value(fields_of(*lines, heading="高压客户用电登记表"), "credit_code") == "91350100M000100Y43"


@pytest.mark.parametrize(
    ("heading", "pairs", "wanted"),
    [
        ("高压客户用电登记表", [("原有容量", "400kVA"), ("申请容量", "1030kVA")], "1030"),
        ("现场勘查单", [("申请容量", "1030kVA"), ("核定容量", "800kVA")], "800"),
        ("高压供电方案答复单", [("申请容量", "1030kVA"), ("供电容量", "630kVA")], "630"),
        ("高压供用电合同", [("供电容量", "630kVA"), ("合同容量", "800kVA")], "800"),
    ],
)
def test_each_form_gives_its_own_capacity(heading: str, pairs: list[tuple[str, str]], wanted: str) -> None:
    assert value(fields_of(*rows(pairs), heading=heading), "capacity") == wanted


def test_the_unit_of_a_capacity_may_stand_in_its_label() -> None:
    found = fields_of(line("供电容量(kVA)", 180, 380), line("630", 480, 380))
    assert (found["capacity"].value, found["capacity"].unit) == ("630", "kVA")


@pytest.mark.parametrize(
    ("heading", "wanted"),
    [("高压供电方案答复单", "2026-11-11"), ("高压客户用电登记表", "2026-11-09"), ("电能计量装接单", "2026-11-17")],
)
def test_the_date_of_a_document_is_the_one_of_its_role(heading: str, wanted: str) -> None:
    lines = rows(
        [
            ("受理日期", "2026-11-09"),
            ("答复日期", "2026.11.11"),
            ("签收日期", "2026年11月12日"),
            ("装接日期", "20261117"),
        ]
    )
    assert value(fields_of(*lines, heading=heading), "document_date") == wanted


def test_the_end_of_a_period_is_not_the_date_of_the_document() -> None:
    lines = text_block("委托期限至2027年5月31日。", "2026年11月8日")
    assert value(fields_of(*lines, heading="授权委托书"), "document_date") == "2026-11-08"


def test_a_contract_in_running_text_gives_its_values() -> None:
    lines = text_block(
        "供电人:青屿县供电公司",
        "用电人:青屿县恒润食品有限公司",
        "第一条 用电地址:青屿县望江镇工业二路18号。",
        "第二条 供电人以交流10kV电源向用电人供电,合同容量为630千伏安。用电人应当按时缴纳电费。",
        y=300,
    )
    found = fields_of(*lines, heading="高压供用电合同")
    assert value(found, "account_name") == "青屿县恒润食品有限公司"
    assert value(found, "service_address") == "青屿县望江镇工业二路18号"
    assert (found["capacity"].value, found["capacity"].unit) == ("630", "kVA")
    assert value(found, "voltage") == "10kV"


def test_a_supply_company_is_nobodys_customer() -> None:
    found = fields_of(
        line("甲方:国网青屿县供电公司", 150, 300), line("乙方:青屿县恒润食品有限公司", 150, 380), heading="电费结算协议"
    )
    assert value(found, "account_name") == "青屿县恒润食品有限公司"


def test_the_number_in_the_agents_row_is_the_agents() -> None:
    lines = [
        line("户名", 180, 380),
        line("周启明", 420, 380),
        line("证件号码", 800, 380),
        line("11010519491231002X", 1000, 380),
        line("经办人", 180, 460),
        line("许嘉禾", 420, 460),
        line("身份证号", 800, 460),
        line("440524188001010014", 1000, 460),
    ]
    found = fields_of(*lines, heading="低压非居民用电登记表")
    assert value(found, "id_number") == "11010519491231002X"
    assert (value(found, "agent_name"), value(found, "agent_id_number")) == ("许嘉禾", "440524188001010014")


def test_a_power_of_attorney_names_the_agent_in_its_sentence() -> None:
    lines = text_block("兹委托许嘉禾同志(身份证号:11010519491231002X)代表我单位办理用电新装业务。")
    found = fields_of(*lines, heading="授权委托书")
    assert (value(found, "agent_name"), value(found, "agent_id_number")) == ("许嘉禾", "11010519491231002X")
    assert "id_number" not in found


def test_a_wrong_check_digit_is_kept_and_said() -> None:
    found = build.proposals(
        page(
            1, title("低压居民生活用电登记表"), *rows([("户号", "3271004518826"), ("身份证号码", "110105194912310021")])
        )
    )[0]
    assert found.fields["id_number"].checked is False
    assert any("校验位不对" in doubt for doubt in found.doubts)


def test_a_masked_number_is_not_read_as_a_number() -> None:
    found = fields_of(
        *rows([("身份证号", "330000********1234"), ("联系电话", "138****0092")]), heading="高压客户用电登记表"
    )
    assert "id_number" not in found
    assert "phone" not in found


def test_a_licence_gives_the_name_and_code_of_the_firm() -> None:
    lines = [
        title("营业执照", y=260),
        line("统一社会信用代码", 150, 420),
        line("91350100M000100Y43", 150, 470),
        line("名    称  青屿县恒润食品有限公司", 200, 600),
        line("类    型  有限责任公司", 200, 680),
        line("法定代表人  周启明", 200, 760),
        line("住    所  青屿县望江镇工业二路18号", 200, 840),
    ]
    found = build.proposals(page(1, *lines))[0]
    assert found.document_type == "A06"
    assert value(dict(found.fields), "account_name") == "青屿县恒润食品有限公司"
    assert value(dict(found.fields), "credit_code") == "91350100M000100Y43"


def test_values_that_agree_are_surer_than_one_and_values_that_differ_less() -> None:
    once = fields_of(line("户号:3271004518826", 180, 380))["account_no"].confidence
    twice = fields_of(line("户号:3271004518826", 180, 380), line("户号:3271004518826", 180, 900))[
        "account_no"
    ].confidence
    torn = fields_of(line("户号:3271004518826", 180, 380), line("户号:3271004518829", 180, 900))[
        "account_no"
    ].confidence
    assert torn < once < twice


def test_a_line_read_with_little_confidence_gives_a_field_with_little_confidence() -> None:
    found = build.proposals(page(1, title("高压供电方案答复单"), line("户号:3271004518826", 180, 380, confidence=0.4)))[
        0
    ]
    assert found.fields["account_no"].confidence < 0.5
    assert any("不清楚" in doubt for doubt in found.doubts)


def test_the_page_of_a_field_counts_within_the_document() -> None:
    contract = page(2, title("高压供用电合同"), *text_block("第一条 总则"), line("第1页 共2页", 760, 2230))
    last = page(3, *text_block("第九条 签订日期:2026年11月13日"), line("第2页 共2页", 760, 2230))
    found = build.proposals(build.reply(1), contract, last)[1]
    assert (found.pages, found.fields["document_date"].page) == ((2, 3), 2)


@settings(deadline=None)
@given(st.lists(st.tuples(st.text(max_size=20), st.integers(0, 1600), st.integers(0, 2300)), max_size=12))
def test_no_page_breaks_recognition(scraps: list[tuple[str, int, int]]) -> None:
    source = PageText(1, tuple(line(text, x, y) for text, x, y in scraps), build.WIDTH, build.HEIGHT)
    assert [one.pages for one in build.proposals(source)] == [(1,)]


HOLDER = "青屿县恒润食品有限公司"


def test_a_number_written_right_behind_the_name_is_not_part_of_the_name() -> None:
    found = fields_of(line(f"用电方:{HOLDER}户号:3271004518826", 180, 380), heading="高压供用电合同")
    assert (value(found, "account_name"), value(found, "account_no")) == (HOLDER, "3271004518826")


STACKED: dict[str, list[TextLine]] = {
    "sign by sign": [line(sign, 180, 500 + 46 * place) for place, sign in enumerate("用户编号")]
    + [line("3271004518826", 300, 569)],
    "two and two, each a label of its own": [
        line("用户", 180, 500), line("编号", 180, 546), line("3271004518826", 300, 523),
    ],
    "in brackets": [line("(用户编", 180, 500), line("号)", 180, 546), line("3271004518826", 400, 523)],
    "in brackets in one row": [line("(用户编号)", 180, 500), line("3271004518826", 400, 500)],
}  # fmt: skip


@pytest.mark.parametrize("layout", STACKED)
def test_a_label_in_a_narrow_cell_is_read(layout: str) -> None:
    assert value(fields_of(*STACKED[layout]), "account_no") == "3271004518826"


def test_a_value_of_three_rows_is_read_whole_when_its_label_stands_in_their_middle() -> None:
    cell = [line("青屿县恒润", 1300, 500), line("食品有限", 1300, 546), line("公司", 1300, 592)]
    found = fields_of(line("户名", 1180, 546), *cell, line("用电地址", 180, 740), line("望江镇工业二路18号", 420, 740))
    assert value(found, "account_name") == HOLDER


def test_the_row_above_is_not_taken_into_a_cell() -> None:
    table = [("申请编号", "202611090401"), ("户名", HOLDER), ("用电地址", "青屿县望江镇工业二路18号")]
    assert value(fields_of(*rows(table, step=50)), "account_name") == HOLDER


def test_a_value_of_two_rows_beside_its_label_comes_before_the_cell_after_it() -> None:
    cell = [line("青屿县恒润食品有限", 374, 480), line("公司", 374, 522)]
    found = fields_of(line("客户名称", 174, 501), *cell, line("(档案标识二维码,系统自", 677, 478))
    assert value(found, "account_name") == HOLDER


def test_who_somebody_is_may_stand_in_brackets_behind_the_name() -> None:
    text = f"{HOLDER}(项目业主)分布式光伏项目接入系统方案已知悉,本人同意接入系统方案。"
    found = fields_of(*text_block(text), heading="接入系统方案项目业主确认单")
    assert value(found, "account_name") in (None, HOLDER)


def test_a_misread_label_of_the_application_number_is_known() -> None:
    assert value(fields_of(*rows([("中请编号", "202611090401")])), "application_no") == "202611090401"


def test_a_total_further_right_in_its_row_is_read() -> None:
    lines = [line("用电设备容量合计:15台", 174, 900), line("887千瓦", 634, 900)]
    assert value(fields_of(*lines, heading="客户主要用电设备清单"), "capacity") == "887"


def test_a_village_names_the_owner_with_what_he_is_to_it() -> None:
    found = fields_of(*text_block("兹证明我村村民许嘉禾(身份证号见附件)在本村建有住房。"), heading="房屋权属证明")
    assert value(found, "owner_name") == "许嘉禾"


def test_a_signature_beside_its_label_is_not_read_together_with_it() -> None:
    found = fields_of(*rows([("项目业主签字", "许嘉禾"), ("户号", "3271004518826")]))
    assert value(found, "account_name") in (None, "许嘉禾")


def test_an_upright_label_further_left_belongs_to_the_whole_row_of_the_cell() -> None:
    upright = TextLine("户号", (158, 490, 214, 600), 0.98)
    cell = [line("青屿县恒润", 1300, 500), line("食品有限", 1300, 546), line("公司", 1300, 592)]
    found = fields_of(upright, line("3271004518826", 250, 540), line("户名", 1180, 546), *cell)
    assert (value(found, "account_no"), value(found, "account_name")) == ("3271004518826", HOLDER)
