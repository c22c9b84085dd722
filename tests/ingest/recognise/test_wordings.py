"""Forms and letters that nobody has seen are read by the parts of their words and the way that tables are made."""

from __future__ import annotations

import pytest

from ingest.lines import TextLine
from ingest.recognise.values import FieldFound
from tests.support import read_pages as build
from tests.support.read_pages import line, page, rows, text_block, title

HOLDER, PLACE = "青屿县恒润食品有限公司", "青屿县望江镇工业二路18号"


def fields_of(*lines: TextLine, heading: str = "高压供电方案答复单") -> dict[str, FieldFound]:
    return dict(build.proposals(page(1, title(heading), *lines))[0].fields)


def value(found: dict[str, FieldFound], name: str) -> str | None:
    return found[name].value if name in found else None


@pytest.mark.parametrize(
    ("label", "text", "name", "wanted"),
    [
        ("电力用户编号", "3271004518826", "account_no", "3271004518826"),
        ("业务受理流水号", "202611090401", "application_no", "202611090401"),
        ("用电客户姓名(名称)", HOLDER, "account_name", HOLDER),
        ("装表接电具体位置", PLACE, "service_address", PLACE),
        ("批准供电容量合计", "630kVA", "capacity", "630"),
        ("额定供电电压", "10kV", "voltage", "10kV"),
        ("联系人手机号码", "13800000092", "phone", "13800000092"),
        ("方案答复客户日期", "2026-11-11", "document_date", "2026-11-11"),
    ],
)
def test_a_label_that_is_in_no_list_is_known_by_its_parts(label: str, text: str, name: str, wanted: str) -> None:
    lines = [line(label, 180, 380), line(text, 620, 380), line("备注", 180, 460), line("无", 620, 460)]
    assert value(fields_of(*lines), name) == wanted


def test_a_value_stands_below_the_head_of_its_column_however_narrow_the_head() -> None:
    heads = [line(text, x, 700) for text, x in (("类别", 180), ("电能表编号", 620), ("表型", 900), ("起码", 1200))]
    cells = [("装出", 150), ("665378920853", 430), ("三相智能表", 860), ("6.94", 1180)]
    found = fields_of(*heads, *(line(text, x, 770) for text, x in cells), heading="电能计量装接单")
    assert value(found, "meter_no") == "665378920853"


def test_the_first_row_of_a_list_of_fees_is_not_the_sum() -> None:
    heads = [line(text, x, 700) for text, x in (("序号", 180), ("收费项目", 500), ("金额(元)", 1000))]
    first = [line(text, x, 770) for text, x in (("1", 190), ("高可靠性供电费", 480), ("1200.00", 1010))]
    found = fields_of(*rows([("费用总计", "2000.00元")]), *heads, *first, heading="业务缴费通知单")
    assert value(found, "amount") == "2000.00"


def test_a_day_below_the_signature_comes_before_the_day_of_another_step() -> None:
    lines = [*rows([("受理日期", "2026-11-09")]), line("供电企业:许嘉禾", 870, 900), line("2026年11月11日", 870, 960)]
    assert value(fields_of(*lines), "document_date") == "2026-11-11"


def test_the_day_on_which_a_lease_begins_may_also_be_the_day_it_was_signed() -> None:
    lines = text_block("租赁期限:自2026年1月13日起至2029年2月20日止", "承租方:", "2026年1月13日")
    assert value(fields_of(*lines, heading="房屋租赁合同"), "document_date") == "2026-01-13"


def test_a_value_goes_on_in_the_next_row_where_the_next_column_leaves_no_room() -> None:
    lines = [
        line("户名:青屿县恒润食品有限", 150, 500), line("申请编号:202611090401", 600, 500),
        line("公司", 150, 545), line("户号:3271004518826", 150, 640),
    ]  # fmt: skip
    assert value(fields_of(*lines), "account_name") == HOLDER


def test_a_short_label_has_its_value_below_and_further_in() -> None:
    found = fields_of(line("手机", 180, 500), line("13800000092", 225, 555), line("备注", 180, 640))
    assert value(found, "phone") == "13800000092"


def test_a_head_written_downwards_is_nobodys_name() -> None:
    side = TextLine("用电信息", (120, 480, 152, 660), 0.98)
    found = fields_of(side, line("户名", 180, 500), line("用电地址", 180, 600), line(PLACE, 420, 600))
    assert value(found, "account_name") != "用电信息"


LETTERS = {
    "授权委托书": ("因工作需要,特委派许嘉禾前往办理青屿县望江镇工业二路18号的用电手续。", "agent_name", "许嘉禾"),
    "法定代表人证明书": (
        "现任总经理许嘉禾,身份证号码11010519491231002X,系我公司法定代表人。",
        "legal_rep_name",
        "许嘉禾",
    ),
    "产权人同意用电证明": ("青屿县望江镇工业二路18号房屋归许嘉禾所有,租给周启明使用。", "owner_name", "许嘉禾"),
    "车位使用证明": ("兹证明业主许嘉禾对本小区地下车库B1-207号车位享有使用权。", "parking_space_no", "B1-207"),
    "用电过户协议": ("原户主周启明与新户主许嘉禾达成过户协议,户号3271004518826。", "new_name", "许嘉禾"),
}


@pytest.mark.parametrize("heading", LETTERS)
def test_a_letter_says_who_somebody_is_by_the_words_around_the_name(heading: str) -> None:
    text, name, wanted = LETTERS[heading]
    assert value(fields_of(*text_block(text), heading=heading), name) == wanted


def test_a_number_behind_the_representative_is_the_representatives() -> None:
    text = "现任总经理许嘉禾,身份证号码11010519491231002X,系我公司法定代表人。"
    found = fields_of(*text_block(text), heading="法定代表人证明书")
    assert value(found, "legal_rep_id_number") == "11010519491231002X"


def test_where_somebody_lives_is_not_where_the_electricity_is_used() -> None:
    text = "兹证明业主许嘉禾(住址:青屿县石桥镇人民路60号)拥有青屿县望江镇工业二路18号车位。"
    assert value(fields_of(*text_block(text), heading="车位使用证明"), "service_address") == PLACE


def test_a_name_right_behind_its_label_is_read_but_a_sentence_is_not() -> None:
    assert value(fields_of(line("经办人许嘉禾", 180, 500)), "agent_name") == "许嘉禾"
    assert "agent_name" not in fields_of(line("经办人应当携带证件", 180, 500))


def test_a_contract_names_the_class_of_electricity_without_a_label() -> None:
    found = fields_of(*text_block("电费按农业生产用电计价,每月结算一次。"), heading="高压供用电合同")
    assert value(found, "usage_class") == "农业生产用电"


def test_a_heading_of_two_labels_is_the_value_of_neither() -> None:
    lines = text_block("第一条 用电地址和用电性质:用电地址:青屿县临溪镇建设路296号;用电类别:农业生产用电。")
    found = fields_of(*lines, heading="高压供用电合同")
    assert (value(found, "usage_class"), value(found, "service_address")) == ("农业生产用电", "青屿县临溪镇建设路296号")


def test_a_sentence_about_a_place_is_no_address() -> None:
    text = "兹有业主许嘉禾,申请在青屿县望江镇双溪村129号安装充电设施,其拟安装位置符合小区管理规定。"
    found = fields_of(*text_block(text), heading="同意安装充电桩证明")
    assert value(found, "service_address") == "青屿县望江镇双溪村129号"
