"""Where one paper ends and the next begins; every page is in exactly one document or named as blank."""

from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.lines import PageText, TextLine
from tests.support import read_pages as build
from tests.support.read_pages import line, page, text_block, title


def pages_of(*sources: PageText) -> list[tuple[int, ...]]:
    return [found.pages for found in build.proposals(*sources)]


def article(number: int, first: str, *more: str, footer: str = "") -> PageText:
    lines = text_block(first, *more, y=200)
    return page(number, *lines, *([line(footer, 760, 2230, h=26)] if footer else []))


LONG = "供电人按照国家标准向用电人供电,供电频率偏差不超过规定范围。"


def test_each_title_starts_a_document() -> None:
    assert pages_of(
        build.reply(1), page(2, title("授权委托书"), *text_block("兹委托许嘉禾同志。")), build.reply(3)
    ) == [(1,), (2,), (3,)]


def test_a_contract_goes_on_by_its_printed_page_numbers() -> None:
    first = page(1, title("高压供用电合同"), *text_block("第一条 用电地址", LONG), line("第 1 页 共 3 页", 760, 2230))
    assert pages_of(
        first, article(2, LONG, LONG, footer="第2页 共3页"), article(3, "签约代表", footer="第 3 页,共 3 页")
    ) == [(1, 2, 3)]


def test_a_contract_without_page_numbers_goes_on_by_its_articles() -> None:
    first = page(1, title("高压供用电合同"), *text_block("第一条 用电地址", LONG))
    assert pages_of(first, article(2, "第七条 电费结算", LONG), article(3, LONG, LONG, LONG, LONG, LONG, LONG)) == [
        (1, 2, 3)
    ]


def test_page_numbers_as_a_fraction_are_understood() -> None:
    first = page(1, title("高压供用电合同"), *text_block(LONG), line("- 1/2 -", 790, 2230))
    assert pages_of(first, article(2, LONG, footer="- 2/2 -")) == [(1, 2)]


def test_a_missing_page_is_named() -> None:
    first = page(1, title("高压供用电合同"), *text_block(LONG), line("第1页 共4页", 760, 2230))
    found = build.proposals(first, article(2, LONG, footer="第3页 共4页"))[0]
    assert found.pages == (1, 2)
    assert any("缺第 2 页" in doubt for doubt in found.doubts)
    assert any("缺第 4 页" in doubt for doubt in found.doubts)


def test_a_paper_that_begins_in_its_middle_is_doubtful() -> None:
    found = build.proposals(article(1, LONG, footer="第2页 共3页"))[0]
    assert any("前面的页不在其中" in doubt for doubt in found.doubts)


def test_the_signature_page_belongs_to_the_form_before_it() -> None:
    form = page(
        1, title("现场勘查单"), *build.rows([("户号", "3271004518826"), ("用电地址", "青屿县望江镇工业二路18号")])
    )
    rest = page(
        2,
        line("勘查人员:", 150, 200),
        line("罗景行", 330, 200),
        line("客户签字:", 800, 200),
        line("2026-11-10", 800, 280),
    )
    assert pages_of(form, rest) == [(1, 2)]


def test_the_rows_of_a_list_go_on_over_the_page() -> None:
    def rows_from(first: int, y: int) -> list[TextLine]:
        made = []
        for place in range(4):
            made += [line(str(first + place), 200, y + place * 70), line("用电设备", 400, y + place * 70)]
        return made

    first = page(1, title("客户主要用电设备清单"), *rows_from(1, 400))
    assert pages_of(first, page(2, *rows_from(5, 200))) == [(1, 2)]
    assert pages_of(first, page(2, *rows_from(9, 200))) == [(1,), (2,)]


def test_two_sides_of_an_identity_card_are_one_document() -> None:
    found = build.proposals(identity_front(1), identity_back(2))
    assert [one.pages for one in found] == [(1, 2)]


def test_two_fronts_are_two_cards() -> None:
    assert pages_of(identity_front(1), identity_front(2, "许嘉禾")) == [(1,), (2,)]


def test_a_page_with_another_account_number_is_not_swallowed() -> None:
    first = page(1, title("高压供用电合同"), *text_block("户号:3271004518826", LONG))
    other = page(2, *text_block("户号:3271009999990", "第七条 电费结算", LONG))
    assert pages_of(first, other) == [(1,), (2,)]


def test_an_untitled_page_that_fits_nothing_is_a_document_with_a_doubt() -> None:
    found = build.proposals(build.reply(1), page(2, *text_block("速冻生产线", "冷库")))
    assert [one.pages for one in found] == [(1,), (2,)]
    assert any("没有标题" in doubt for doubt in found[1].doubts)


def test_a_blank_page_is_left_out_and_named() -> None:
    found = build.proposals(build.reply(1), page(2), build.reply(3))
    assert [one.pages for one in found] == [(1,), (3,)]
    assert any("第 2 页" in reason and "空白" in reason for reason in found[0].reasons)


def test_what_shines_through_a_sheet_is_a_blank_page() -> None:
    stains = page(2, line("虽笼廿", 300, 900, confidence=0.31), line("丰", 700, 1200, confidence=0.22))
    assert pages_of(build.reply(1), stains) == [(1,)]


def test_a_scan_of_blank_pages_only_goes_to_a_person() -> None:
    found = build.proposals(page(1), page(2))
    assert [(one.pages, one.document_type, bool(one.doubts)) for one in found] == [((1, 2), "OTHER", True)]


def test_the_same_form_twice_is_two_documents() -> None:
    assert pages_of(build.reply(1), build.reply(2)) == [(1,), (2,)]


def test_a_made_up_page_of_thousands_of_lines_is_still_one_document() -> None:
    lines = [line("户号" if n % 2 else "3271004518826", 100 + n % 12 * 120, 50 + n // 12 * 4, h=4) for n in range(5000)]
    assert pages_of(page(1, *lines, line("第一条" * 9000, 100, 2200))) == [(1,)]


SHEETS = st.sampled_from(["title", "blank", "articles", "card", "back", "numbered", "scraps"])


@settings(deadline=None, max_examples=60)
@given(st.lists(SHEETS, min_size=1, max_size=8), st.randoms(use_true_random=False))
def test_no_page_is_lost_or_used_twice(kinds: list[str], random: object) -> None:
    made = [sheet(kind, number) for number, kind in enumerate(kinds, 1)]
    found = build.proposals(*made)
    used = [number for one in found for number in one.pages]
    named = {
        int(hit)
        for one in found
        for reason in one.reasons
        if "空白" in reason
        for hit in re.findall(r"第 (\d+) 页", reason)
    }
    assert len(used) == len(set(used))
    assert set(used) | named == set(range(1, len(kinds) + 1))
    assert all(list(one.pages) == sorted(one.pages) for one in found)


def sheet(kind: str, number: int) -> PageText:
    return {
        "title": lambda: build.reply(number),
        "blank": lambda: page(number),
        "articles": lambda: article(number, "第七条 电费结算", LONG),
        "card": lambda: identity_front(number),
        "back": lambda: identity_back(number),
        "numbered": lambda: article(number, LONG, footer="第2页 共2页"),
        "scraps": lambda: page(number, line("速冻生产线", 300, 800)),
    }[kind]()


def identity_front(number: int, name: str = "周启明") -> PageText:
    return page(
        number,
        line("姓 名", 300, 600),
        line(name, 430, 600),
        line("性 别 男", 300, 670),
        line("民 族 汉", 520, 670),
        line("出 生 1949 年 12 月 31 日", 300, 740),
        line("住 址", 300, 810),
        line("北京市朝阳区建国路1号", 430, 810),
        line("公民身份号码", 300, 960),
        line("11010519491231002X", 560, 960),
    )


def identity_back(number: int) -> PageText:
    return page(
        number,
        line("中华人民共和国", 600, 600, h=44),
        line("居民身份证", 600, 680, h=56),
        line("签发机关 青屿县公安局", 500, 900),
        line("有效期限 2016.05.01-2036.05.01", 500, 970),
    )


def test_a_headed_paper_that_begins_with_its_first_article_is_not_joined_to_the_one_before() -> None:
    owner = page(1, title("房屋权属证明"), *text_block("兹证明我村村民许嘉禾在本村建有住房。"))
    contract = page(
        2,
        title("分布式光伏发电项目发用电合同", h=44),
        line("合同编号:QYFB-2026-0331", 170, 300),
        line("甲方:青屿县供电公司", 170, 360),
        *text_block("一、乙方在青屿县建设分布式光伏发电项目。", *(f"{n}、{LONG}" for n in "二三四五六"), y=480),
    )
    assert pages_of(owner, contract) == [(1,), (2,)]


def test_a_chapter_of_a_report_belongs_to_it_and_a_second_transformer_does_not() -> None:
    cover = page(1, title("电能质量评估报告", y=700), line("委托单位:青屿县恒润食品有限公司", 560, 1200))
    chapters = [
        page(n, title(text, h=44), *text_block(LONG, LONG, LONG)) for n, text in ((2, "1 概述"), (3, "2 评估结论"))
    ]
    assert pages_of(cover, *chapters) == [(1, 2, 3)]
    other = page(2, title("2号变压器"), *text_block(LONG, LONG, LONG))
    assert pages_of(cover, other) == [(1,), (2,)]
