"""What identifies a person is hidden; what the archive is searched by is not; nothing moves."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive_service import masking


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("身份证号:330106198501011234", "身份证号:330***********1234"),
        ("33010619850101123X", "330***********123X"),
        ("33010619850101123x", "330***********123x"),
        ("330106 19850101 1234", "330*** ******** 1234"),
        ("3 3 0 1 0 6 1 9 8 5 0 1 0 1 1 2 3 4", "3 3 0 * * * * * * * * * * * 1 2 3 4"),
        ("\uff13\uff13\uff10106198501011234", "\uff13\uff13\uff10***********1234"),
        ("证件号码330l0619850lOl1234", "证件号码330***********1234"),
        ("330106850101123", "330********1123"),
        ("电话 138 1234 5678", "电话 138 **** 5678"),
        ("(+86)13812345678", "(+86)138****5678"),
        ("0571-87654321", "0571-******21"),
        ("电话:87654321", "电话:******21"),
        ("卡号 6222021234567890123", "卡号 ***************0123"),
        ("6222 0212 3456 7894", "**** **** **** 7894"),
        ("户号 3300123456 手机 13812345678", "户号 3300123456 手机 138****5678"),
    ],
)
def test_personal_numbers_are_hidden_however_they_are_written(text: str, shown: str) -> None:
    """With spaces, in full width, with letters that OCR put in place of digits."""
    assert masking.text(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "户号 3300123456",
        "户号 0330123456",
        "1380013800012",
        "1 3 8 0 0 1 3 8 0 0 0 1 2",
        "138 0013 800012",
        "申请编号:330106202604010012",
        "申请编号 13800138000",
        "20261102000001",
        "2026-11-09 12:30:00",
        "容量 315 kVA 电压 10000 V",
        "表号 13812345678",
        "91330106MA2XXXXX1X",
        "金额 12,345,678.90",
    ],
)
def test_numbers_of_the_archive_are_never_hidden(text: str) -> None:
    """Account and application numbers, dates, amounts and meters stay readable."""
    assert masking.text(text) == text


@given(st.from_regex(r"\A(\d{10}|\d{13})\Z"))
def test_no_account_number_is_ever_hidden(number: str) -> None:
    """Of either length, alone, after its label or in a sentence."""
    for text in (number, f"户号:{number}", f"户号 {number} 户名 李四", f"{number},{number}"):
        assert masking.text(text) == text


@given(st.text(alphabet="0123456789Xx lO-—:户号电话身份证\n\uff11ａ", max_size=80))
def test_masking_keeps_the_length_and_every_character_it_does_not_hide(text: str) -> None:
    """Places of words stay true; masking twice is masking once more at most, never less."""
    masked = masking.text(text)
    assert len(masked) == len(text)
    assert all(new in (old, masking.MASK) for old, new in zip(text, masked, strict=True))


@given(
    st.sampled_from(["110101", "330106", "440305"]),
    st.dates(date(1900, 1, 1), date(2099, 12, 31)),
    st.integers(0, 999),
    st.sampled_from("0123456789X"),
    st.sampled_from(["", " "]),
    st.sampled_from(["", "身份证号 ", "经办人张三,证件:"]),
)
def test_no_identity_number_of_a_living_person_stays_readable(
    region: str, born: date, serial: int, check: str, gap: str, before: str
) -> None:
    """Whatever its check digit: a misread digit must not lay it open."""
    day = f"{born:%Y%m%d}"
    number = gap.join(f"{region}{day}{serial:03d}{check}")
    assert day not in masking.text(before + number).replace(" ", "")


def test_names_show_the_surname_to_outsiders_and_organisations_stay() -> None:
    """张*, 欧阳*; a company is nobody's secret."""
    names = ["张三", "王小明", "欧阳明", "国网某县供电公司", "A", ""]
    assert [masking.name_for_outsiders(name) for name in names] == ["张*", "王**", "欧阳*", "国网某县供电公司", "A", ""]


def test_fields_are_masked_by_what_they_hold() -> None:
    """Identity and phone fields by name, free text by content, the archive's numbers not at all."""
    assert masking.field("agent_id_number", "110101199003077758") == "110***********7758"
    assert masking.field("id_number", "G12345678") == "G******78"
    assert masking.field("phone", "13812345678") == "138****5678"
    assert masking.field("service_address", "清河路 12 号 13812345678") == "清河路 12 号 138****5678"
    assert masking.field("account_no", "1381234567890") == "1381234567890"
    assert masking.field("contract_no", "110101199003077758") == "110101199003077758"
