"""What the register confirms is mended on a paper, and nothing else."""

from __future__ import annotations

import pytest

from ingest.recognise.confirm import means
from tests.support import read_pages as build
from tests.support.read_pages import Register, household, line, page, rows, text_block, title

NAME, PLACE = "青屿县恒润食品有限公司", "青屿县望江镇工业二路18号"
REGISTER = Register(household())


def read(name: str, place: str) -> tuple[str | None, str | None]:
    lines = rows([("户号", "3271004518826"), ("申请编号", "202611090401"), ("户名", name), ("用电地址", place)])
    found = build.proposals(page(1, title("高压供电方案答复单"), *lines), register=REGISTER)[0].fields
    return found["account_name"].value, found["service_address"].value


def test_a_misread_sign_is_mended() -> None:
    assert read("青屿县恒闰食品有限公司", "青屿县望江镇工业二路18号") == (NAME, PLACE)


def test_what_was_cut_off_at_the_end_of_a_line_is_put_back() -> None:
    assert read("青屿县恒润食品有限公", "青屿县望江镇工业二路18") == (NAME, PLACE)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (PLACE, "青屿县望江镇工业二路19号"),
        ("周启明", "周启朋"),
        (NAME, "青屿县宏达机械有限公司"),
        ("青屿县望江镇工业二路18号3室", PLACE),
    ],
)
def test_another_number_or_name_is_another(left: str, right: str) -> None:
    assert not means(left, right)


def test_a_name_that_stands_in_the_text_is_found_without_a_label() -> None:
    numbers = rows([("户号", "3271004518826"), ("申请编号", "202611090401")])
    text = text_block(f"经核实,{NAME}拟在该处用电,我们没有意见。", y=700)
    found = build.proposals(page(1, title("客户承诺书"), *numbers, *text), register=REGISTER)[0].fields
    assert found["account_name"].value == NAME


def test_a_type_that_no_such_customer_has_waits_for_a_person() -> None:
    lines = rows([("户号", "3271004518826"), ("户名", NAME), ("身份证号码", "11010519491231002X")])
    found = build.proposals(page(1, title("居民供用电合同"), *lines), register=REGISTER)[0]
    assert any("没有“居民供用电合同" in doubt for doubt in found.doubts)


def test_a_list_with_a_head_of_its_own_does_not_go_on_with_the_letter_before_it() -> None:
    letter = page(1, title("授权委托书"), *text_block("兹委托许嘉禾同志办理用电业务。"))
    offer = page(2, title("报价单"), *text_block("1、电力电缆300米", "2、配电箱4台"), line("合计:65000元", 170, 900))
    assert [one.pages for one in build.proposals(letter, offer)] == [(1,), (2,)]


def test_the_numbers_of_the_register_are_found_where_their_labels_were_lost() -> None:
    """Small print in the corner of a box is easily lost; the number below it is not."""
    numbers = [line("3271004518826", 180, 420), line("202611090401", 900, 420), *rows([("户名", NAME)], y=560)]
    found = build.proposals(page(1, title("服务回访单"), *numbers), register=REGISTER)[0]
    assert found.fields["account_no"].value == "3271004518826"
    assert found.fields["application_no"].value == "202611090401"
    assert found.fields["account_no"].box == numbers[0].box


def test_a_number_that_only_holds_that_of_the_register_is_another() -> None:
    found = build.proposals(page(1, title("服务回访单"), *rows([("户名", NAME)]), line("93271004518826", 180, 620)))
    assert all("account_no" not in one.fields for one in found)


def test_a_name_broken_off_in_its_cell_is_whole_where_the_paper_says_it_whole() -> None:
    numbers = rows([("户号", "3271004518826"), ("申请编号", "202611090401"), ("户名", "青屿县恒润食品")])
    text = text_block(f"经核实,{NAME}具备供电条件。", y=900)
    (found,) = build.proposals(page(1, title("高压供电方案答复单"), *numbers, *text), register=REGISTER)
    assert found.fields["account_name"].value == NAME
    assert not any("户名" in doubt for doubt in found.doubts)


def test_a_whole_name_that_another_begins_with_is_another() -> None:
    numbers = rows([("户号", "3271004518826"), ("申请编号", "202611090401"), ("户名", "青屿县恒润厂")])
    register = Register(household(name="青屿县恒润厂职工医院"))
    (found,) = build.proposals(page(1, title("高压供电方案答复单"), *numbers), register=register)
    assert any("户名" in doubt for doubt in found.doubts)


def test_a_register_in_traditional_characters_agrees_with_a_paper_in_simplified_ones() -> None:
    """The value is written as the register writes it."""
    numbers = rows([("户号", "3271004518826"), ("申请编号", "202611090401"), ("户名", "恒丰贸易有限公司")])
    register = Register(household(name="恆豐貿易有限公司"))
    (found,) = build.proposals(page(1, title("高压供电方案答复单"), *numbers), register=register)
    assert found.fields["account_name"].value == "恆豐貿易有限公司"
    assert not any("户名" in doubt for doubt in found.doubts)
