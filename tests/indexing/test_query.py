"""What people type, and what it means."""

from __future__ import annotations

from datetime import date

import pytest

from archive_service.errors import Invalid
from indexing.query import AllOf, Code, OfType, Phrase, Prefix, Tolerant, parse


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("", AllOf()),
        ("  \u3000", AllOf()),
        ("供用电 合同", AllOf((Tolerant("供用电"), Tolerant("合同")))),
        ('"供用电合同"', AllOf((Phrase("供用电合同"),))),
        ("“供用电合同”「计量 装置」", AllOf((Phrase("供用电合同"), Phrase("计量装置")))),
        ("”供用电合同“", AllOf((Phrase("供用电合同"),))),
        ("合同 -草稿", AllOf((Tolerant("合同"),), (Phrase("草稿"),))),
        ('-"草 稿" －作废', AllOf((), (Phrase("草稿"), Phrase("作废")))),
        ("3401234567", AllOf((Code("3401234567"),))),
        ("３４０１", AllOf((Code("3401"),))),
        ("HT-2024-001", AllOf((Tolerant("ht 2024 001"),))),
        ("户号:3401 户名：王建国", AllOf((Prefix("3401"), Phrase("王建国", "name")))),
        ('地址:"长江路 1号"', AllOf((Phrase("长江路1号", "address"),))),
        ("类型:合同 类型:k01h", AllOf((Phrase("合同", "title"), OfType("K01H")))),
        ("-类型:K01H", AllOf((), (OfType("K01H"),))),
        ("合同编号：HT2024", AllOf((Tolerant("合同编号 ht2024"),))),
        ("合同 -", AllOf((Tolerant("合同"),))),
        ("合同 ——", AllOf((Tolerant("合同"),))),
        ("a AND b OR NOT *", AllOf((Code("a"), Code("and"), Code("b"), Code("or"), Code("not")))),
    ],
)
def test_what_is_typed_means(typed: str, meant: AllOf) -> None:
    assert parse(typed) == meant


@pytest.mark.parametrize(
    ("typed", "position"),
    [
        ('合同 "计量', 4),
        ("「计量", 1),
        ("户名:", 1),
        ("合同 户号: 12", 4),
        ("户号:长江", 1),
        ("——", 1),
        ("字" * 201, 200),
        ("词 " * 21, 1),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(typed: str, position: int) -> None:
    with pytest.raises(Invalid) as refused:
        parse(typed)
    assert (refused.value.code, refused.value.facts["position"]) == ("search.query", position)


@pytest.mark.parametrize(
    ("typed", "first", "last"),
    [
        ("日期:2024", date(2024, 1, 1), date(2024, 12, 31)),
        ("日期：２０２４-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("date:2024-03-15", date(2024, 3, 15), date(2024, 3, 15)),
        ("日期:2024-01..2024-06", date(2024, 1, 1), date(2024, 6, 30)),
        ("日期:2024..", date(2024, 1, 1), None),
        ("日期:..2024-06-30", None, date(2024, 6, 30)),
        ("日期:2024年3月至2024年5月", date(2024, 3, 1), date(2024, 5, 31)),
        ("日期:2024 日期:2024-06..", date(2024, 6, 1), date(2024, 12, 31)),
    ],
)
def test_days_that_are_typed_bound_the_result(typed: str, first: date | None, last: date | None) -> None:
    """A year, a month, a day, or two of them; several narrow each other, and words beside them stay words."""
    assert parse(typed) == AllOf(between=(first, last))
    assert parse(f"合同 {typed}") == AllOf((Tolerant("合同"),), between=(first, last))


@pytest.mark.parametrize(
    "typed",
    ["日期:去年", "日期:2024-13", "日期:2024-02-30", "日期:..", "日期:1..2..3", "日期:2025..2024", "-日期:2024"],
)
def test_days_that_cannot_be_read_are_refused_with_their_place(typed: str) -> None:
    """Half of a question is not answered as if it were all of it."""
    with pytest.raises(Invalid) as refused:
        parse(f"合同 {typed}")
    assert refused.value.facts["position"] == 4
