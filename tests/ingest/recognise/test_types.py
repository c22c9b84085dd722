"""The type of a document follows from its title, also a misread one; only from its text with less confidence."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ingest.recognise.propose import propose
from ingest.recognise.values import OTHER, Said, Thresholds
from tests.support import read_pages as build


@pytest.mark.parametrize(
    ("heading", "code"),
    [
        ("高压供电方案答复单", "P03H"),
        ("低压供电方案答复书", "P03L"),
        ("国网青屿县供电公司高压供电方案答复单", "P03H"),
        ("高压客户用电申请书", "A02H"),
        ("低压非居民客户用电登记表", "A02N"),
        ("低压居民生活用电申请表", "A02R"),
        ("暂停用电申请表", "A02V"),
        ("客户受电工程竣工检验意见单", "C10"),
        ("受电工程竣工检验申请书", "C01"),
        ("受电工程中间检查结果通知单", "M04"),
        ("受电工程中间检查报验单", "M01"),
        ("受电工程设计文件审查意见单", "D04"),
        ("受电工程设计文件送审单", "D01"),
        ("高压供用电合同", "K01H"),
        ("低压供用电合同(正本)", "K01L"),
        ("居民生活供用电合同", "K01R"),
        ("临时供用电合同", "K01T"),
        ("供用电合同补充协议", "K07"),
        ("电能计量装置装拆工作单", "T01"),
        ("电能表检定证书", "T02"),
        ("新装(增容)送电单", "E02"),
        ("销户拆表现场确认单", "E04"),
        ("机动车行驶证", "A35"),
        ("卷内备考表", "X03"),
        ("设计变更通知单", "C03"),
        ("安全工器具试验报告", "C07"),
        ("自备电源安全使用协议", "K03"),
        ("客户服务回访记录表", "V01"),
    ],
)
def test_a_title_in_other_words_than_the_catalogue_names_the_type(heading: str, code: str) -> None:
    found = build.proposals(build.page(1, build.title(heading), *build.text_block("内容略。")))[0]
    assert (found.document_type, found.confidence >= 0.85) == (code, True)
    assert heading in found.reasons[0]


@pytest.mark.parametrize(
    ("heading", "code"),
    [
        ("高 压 供 电 方 室 答 复 单", "P03H"),
        ("电能汁量装接单", "T01"),
        ("授杈委托书", "A08"),
        ("低压供电万案答复单", "P03L"),
        ("高压供用电台同", "K01H"),
    ],
)
def test_a_title_with_spaces_and_a_reading_error_is_still_found(heading: str, code: str) -> None:
    found = build.proposals(build.page(1, build.title(heading), *build.text_block("内容略。")))[0]
    assert found.document_type == code


@pytest.mark.parametrize("heading", ["购货合同", "房屋出售合同", "用电检查报告", "供货合同"])
def test_a_short_title_that_is_only_nearly_a_known_one_waits_for_a_person(heading: str) -> None:
    found = build.proposals(build.page(1, build.title(heading), *build.text_block("内容略。")))[0]
    assert found.confidence < 0.85
    assert found.doubts


def test_a_title_whose_letters_were_read_one_by_one_is_put_together() -> None:
    letters = [build.line(sign, 500 + place * 110, 180, h=58) for place, sign in enumerate("授权委托书")]
    assert (
        build.proposals(build.page(1, *letters, *build.text_block("兹委托许嘉禾同志办理用电业务。")))[0].document_type
        == "A08"
    )


def test_a_title_over_two_rows_is_put_together() -> None:
    page = build.page(
        1, build.title("低压非居民", y=150), build.title("用电登记表", y=225), *build.rows([("户号", "3271004518826")])
    )
    assert build.proposals(page)[0].document_type == "A02N"


@pytest.mark.parametrize(
    "heading",
    [
        "食堂采购清单公告",
        "关于召开年度会议的通知",
        "员工健康体检报告",
        "温馨提示",
        "用电检查工作单",
        "采购合同",
        "劳动合同",
    ],
)
def test_a_paper_outside_the_catalogue_is_other_and_waits_for_a_person(heading: str) -> None:
    found = build.proposals(build.page(1, build.title(heading), *build.text_block("与用电业务无关的内容。" * 2)))[0]
    assert (found.document_type, found.confidence < 0.5) == (OTHER, True)
    assert any("不能归入资料目录" in doubt for doubt in found.doubts)


def test_a_reply_mentioned_in_a_sentence_is_no_title() -> None:
    page = build.page(
        1, build.title("授权委托书"), *build.text_block("权限包括:提交资料、签收高压供电方案答复单、办理缴费。")
    )
    assert build.proposals(page)[0].document_type == "A08"


def test_a_cell_label_that_is_also_a_keyword_is_no_title() -> None:
    page = build.page(
        1,
        build.title("现场勘查工作单"),
        *build.rows([("用电性质", "大工业用电"), ("用电地址", "青屿县望江镇工业二路18号")]),
    )
    assert build.proposals(page)[0].document_type == "S01"


@pytest.mark.parametrize(("voltage", "code"), [("10kV", "P03H"), ("380V", "P03L"), ("交流 220 V", "P03L")])
def test_a_title_without_the_telling_word_is_decided_by_the_voltage(voltage: str, code: str) -> None:
    page = build.page(1, build.title("供电方案答复单"), *build.rows([("供电电压", voltage)]))
    assert build.proposals(page, register=build.Register())[0].document_type == code


def test_a_title_that_contradicts_the_voltage_is_less_sure() -> None:
    plain = build.proposals(build.page(1, build.title("高压供电方案答复单"), *build.rows([("供电电压", "10kV")])))[0]
    odd = build.proposals(build.page(1, build.title("高压供电方案答复单"), *build.rows([("供电电压", "380V")])))[0]
    assert odd.confidence < 0.85 < plain.confidence
    assert any("把握不足" in doubt for doubt in odd.doubts)


def test_text_alone_never_makes_a_type_sure() -> None:
    page = build.page(
        1,
        *build.text_block(
            "不动产单元号 330198", "权利人 周启明", "坐落 青屿县望江镇", "共有情况 单独所有", "建筑面积 120平方米"
        ),
    )
    found = build.proposals(page)[0]
    assert (found.document_type, found.confidence <= 0.8) == ("A10", True)


def test_what_the_person_said_is_believed_and_the_contradiction_shown() -> None:
    found = build.proposals(build.reply(), said=Said(document_type="K01H"))[0]
    assert (found.document_type, found.confidence) == ("K01H", 1.0)
    assert any("高压供电方案答复单" in doubt for doubt in found.doubts)


def test_a_type_said_without_contradiction_brings_no_doubt() -> None:
    assert build.proposals(build.reply(), said=Said(document_type="P03H"))[0].doubts == ()


def test_a_type_that_a_unit_added_to_its_catalogue_is_recognised_by_its_own_keywords() -> None:
    known = build.EDITION.document_types
    own = known["V01"].model_copy(
        update={"code": "Z01", "name_zh": "绿电交易确认函", "title_keywords": ("绿电交易确认函",)}
    )
    edition = replace(build.EDITION, document_types={**known, "Z01": own})
    sheet = build.page(1, build.title("绿电交易确认函"), *build.text_block("内容略。"))
    found = propose(
        [sheet],
        edition=edition,
        lookup=build.Register(build.household()),
        said=Said(),
        thresholds=Thresholds(),
        account_pattern=build.ACCOUNTS,
        application_pattern=build.APPLICATIONS,
    )[0]
    assert (found.document_type, found.confidence >= 0.85) == ("Z01", True)


def test_candidates_come_best_first_and_say_the_chosen_type() -> None:
    found = build.proposals(build.reply())[0]
    scores = [score for _, score in found.candidates]
    assert found.candidates[0] == (found.document_type, found.confidence)
    assert scores == sorted(scores, reverse=True)


@pytest.mark.parametrize("heading", ["供电安全协议", "供用电安全协议", "用电安全协议书"])
def test_an_agreement_on_safety_is_not_the_one_on_own_generators(heading: str) -> None:
    found = build.proposals(build.page(1, build.title(heading), *build.text_block("双方签订本协议,明确安全责任。")))[0]
    assert found.document_type != "K03"
    assert found.doubts


def test_a_deed_is_known_by_its_number_at_the_head() -> None:
    deed = build.page(
        1,
        build.title("苏(2023)青屿县不动产权第0045120号", h=34),
        *build.rows([("权利人", "许嘉禾"), ("坐落", "青屿县望江镇1号"), ("权利类型", "国有建设用地使用权/房屋所有权")]),
    )
    found = build.proposals(deed)[0]
    assert (found.document_type, found.confidence >= 0.85) == ("A10", True)


@pytest.mark.parametrize(
    ("heading", "code"),
    [
        ("10kV用户供电方案通知函", "P03H"),
        ("客户工程竣工报检单", "C01"),
        ("宅基地使用权证书", "A10"),
        ("办电事项委托函", "A08"),
        ("用电现场踏勘意见单", "S01"),
    ],
)
def test_who_writes_to_whom_tells_papers_about_one_thing_apart(heading: str, code: str) -> None:
    """A plan that is told to the customer is the reply; what is handed in is no result."""
    found = build.proposals(build.page(1, build.title(heading), *build.text_block("内容略。")))[0]
    assert found.document_type == code


@pytest.mark.parametrize(
    ("heading", "code"),
    [
        ("低壓居民用電登記表", "A02R"),
        ("授權委託書", "A08"),
        ("高壓供用電合同", "K01H"),
        ("電能計量裝置裝拆工作單", "T01"),
        ("營業執照", "A06"),
    ],
)
def test_a_title_in_traditional_characters_is_known(heading: str, code: str) -> None:
    found = build.proposals(build.page(1, build.title(heading), *build.text_block("內容略。")))[0]
    assert found.document_type == code
