"""Conditions follow from the fields of a case by expressions a records manager can read."""

from __future__ import annotations

from decimal import Decimal

import pytest

from archive_service.catalogue.expressions import BadExpression, evaluate, parse

KNOWN = {
    "voltage": Decimal(10_000),
    "capacity": Decimal(400),
    "category": "HV",
    "name_form": None,
    "agent": True,
    "tenant": False,
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("voltage >= 35kV", False),
        ("voltage >= 10kV", True),
        ("voltage == 10000V", True),
        ("capacity > 315kVA and voltage < 35kV", True),
        ("category in (HV, LN)", True),
        ("category != HV", False),
        ("agent", True),
        ("not tenant", True),
        ("tenant or agent and not tenant", True),
        ("(tenant or agent) and tenant", False),
        ("moonlight", None),
        ("name_form == person", None),
        ("moonlight and tenant", False),
        ("moonlight or agent", True),
        ("not moonlight", None),
        ("moonlight and agent", None),
    ],
)
def test_an_expression_is_true_false_or_unknown(text, expected):
    """What is not known stays unknown unless the rest decides alone."""
    assert evaluate(parse(text), KNOWN) is expected


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("", 1),
        ("voltage", 8),
        ("voltage >= 35", 12),
        ("voltage >= 35kW", 12),
        ("category", 9),
        ("category in HV", 13),
        ("(agent", 7),
        ("agent tenant", 7),
        ("agent & tenant", 7),
        ("agent and", 10),
        ("(" * 30 + "agent", 21),
    ],
)
def test_an_expression_that_makes_no_sense_is_refused_with_the_place(text, column):
    """The finding can point at the very character."""
    with pytest.raises(BadExpression) as caught:
        parse(text)
    assert caught.value.facts["column"] == column
