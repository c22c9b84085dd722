"""Values come into one form, however they were written or misread."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.recognise import normalise

DAYS = st.dates(min_value=date(1950, 1, 1), max_value=date(2099, 12, 31))
CHINESE_DIGITS = str.maketrans("0123456789", "〇一二三四五六七八九")


def chinese(number: int) -> str:
    if number < 10:
        return "〇一二三四五六七八九"[number]
    tens, ones = divmod(number, 10)
    return (
        ("" if tens == 1 else "〇一二三四五六七八九"[tens]) + "十" + ("" if ones == 0 else "〇一二三四五六七八九"[ones])
    )


@given(DAYS)
def test_every_way_of_writing_a_day_means_the_same_day(day: date) -> None:
    ways = [
        f"{day.year}年{day.month}月{day.day}日",
        f"{day.year} 年 {day.month:02d} 月 {day.day:02d} 日",
        f"{day.year}-{day.month:02d}-{day.day:02d}",
        f"{day.year}.{day.month}.{day.day}",
        f"{day.year}/{day.month}/{day.day}",
        day.strftime("%Y%m%d"),
        f"{str(day.year).translate(CHINESE_DIGITS)}年{chinese(day.month)}月{chinese(day.day)}日",
    ]
    assert {normalise.day(way) for way in ways} == {day.isoformat()}


@pytest.mark.parametrize("text", ["2026年13月9日", "2026-02-30", "19991301", "330198196206209999", "第2026号"])
def test_what_is_no_day_is_not_made_one(text: str) -> None:
    assert normalise.day(text) is None


def test_a_day_with_letters_for_digits_is_still_read() -> None:
    assert normalise.day("2O26年1l月9曰") == "2026-11-09"


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("630 kVA", "630", "kVA"),
        ("630KVA", "630", "kVA"),
        ("630千伏安", "630", "kVA"),
        ("1.25MVA", "1250", "kVA"),
        ("12 kW", "12", "kW"),
        ("10千瓦", "10", "kW"),
        ("1,250.00 kVA", "1250", "kVA"),
        ("2×630kVA", "1260", "kVA"),
        ("630kVA+400kVA", "1030", "kVA"),
        ("630 k V A", "630", "kVA"),
    ],
)
def test_a_capacity_is_a_number_with_its_unit(text: str, value: str, unit: str) -> None:
    assert normalise.capacity(text) == (value, unit)


def test_a_bare_number_takes_the_unit_of_its_label() -> None:
    assert normalise.capacity("630", normalise.capacity_unit("(kVA)")) == ("630", "kVA")


def test_energy_is_no_capacity() -> None:
    assert normalise.capacity("1500kWh") is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("10kV", "10kV"),
        ("交流 10 kV", "10kV"),
        ("交流10千伏", "10kV"),
        ("10000V", "10kV"),
        ("380V", "380V"),
        ("交流380伏", "380V"),
        ("220V/380V", "380V"),
        ("380/220V", "380V"),
        ("220V", "220V"),
        ("0.38kV", "380V"),
    ],
)
def test_a_voltage_is_written_one_way(text: str, value: str) -> None:
    assert normalise.voltage(text) == value


def test_a_capacity_is_no_voltage() -> None:
    assert normalise.voltage("630kVA") is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("¥12,600.00", "12600.00"),
        ("12600元", "12600"),
        ("1.26万元", "12600"),
        ("壹万贰仟陆佰元整", "12600"),
        ("叁拾元伍角", "30.5"),
    ],
)
def test_money_is_a_plain_number_of_yuan(text: str, value: str) -> None:
    assert normalise.amount(text) == value


@given(st.text(alphabet="青屿县恒润食品有限公司() ", min_size=1))
def test_a_name_is_the_same_however_it_is_spaced(text: str) -> None:
    assert normalise.name(normalise.name(text)) == normalise.name(text)
    assert " " not in normalise.name(text)


@given(st.integers(min_value=0, max_value=10**12), st.integers(min_value=0, max_value=99))
def test_a_number_keeps_its_value_without_separators(whole: int, cents: int) -> None:
    assert float(normalise.number(f"{whole:,}.{cents:02d}")) == float(f"{whole}.{cents:02d}")


@given(st.text())
def test_no_text_breaks_a_normaliser(text: str) -> None:
    for read in (
        normalise.day,
        normalise.capacity,
        normalise.voltage,
        normalise.amount,
        normalise.phone,
        normalise.name,
    ):
        read(text)
    assert normalise.compact(text) == normalise.compact(normalise.compact(text))


@pytest.mark.parametrize(
    ("text", "value"),
    [("138 1234 5678", "13812345678"), ("0571-88889999", "0571-88889999"), ("(0571)88889999", "0571-88889999")],
)
def test_a_phone_number_is_read_with_or_without_spaces(text: str, value: str) -> None:
    assert normalise.phone(text) == value


def test_a_masked_phone_number_is_not_read_as_a_whole_one() -> None:
    assert normalise.phone("138****0092") is None
