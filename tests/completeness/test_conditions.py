"""What is known of a case follows from what was said, from its fields, and never from silence."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from archive_service.catalogue import load
from archive_service.completeness.conditions import UnknownCondition, UnknownFact, facts_of, name_form, volts

NOW = load.edition_for(None)
OLD = load.edition_for(date(2013, 1, 1))


def facts(conditions, *, edition=NOW, category="LN", business_type="NEW", **fields):
    return facts_of(edition, category=category, business_type=business_type, conditions=conditions, **fields)


def test_a_condition_that_was_listed_holds_and_the_others_do_not():
    """The business system's list is the whole of what it says."""
    found = facts(["agent", "natural"])
    assert found.any_holds(["agent"])
    assert not found.any_holds(["tenant", "entity"])


def test_where_the_business_system_says_nothing_nothing_is_known():
    """Missing data is not "no"."""
    found = facts(None)
    with pytest.raises(UnknownFact, match="agent"):
        found.any_holds(["agent"])


def test_one_condition_that_holds_is_enough_whatever_the_others():
    """An unknown fact matters only if the answer hangs on it."""
    found = facts(None, voltage="110kV", category="HV")
    assert found.any_holds(["nonlinear", "kv35"])
    with pytest.raises(UnknownFact) as caught:
        found.any_holds(["nonlinear", "multi"])
    assert caught.value.facts["fact"] in ("nonlinear", "multi")


def test_a_condition_the_catalogue_does_not_have_is_refused():
    """A misspelt flag would otherwise be a paper never asked for."""
    with pytest.raises(UnknownCondition, match="tennant"):
        facts(["tennant"])


@pytest.mark.parametrize(
    ("voltage", "expected"), [("35kV", True), ("110千伏", True), ("10kV", False), ("380V", False), ("", False)]
)
def test_the_voltage_decides_whether_it_is_high(voltage, expected):
    """35 kV and above follows from the field, without a flag."""
    assert facts(["entity"], category="HV", voltage=voltage).conditions["kv35"] is expected


def test_the_flag_is_believed_over_the_field_and_the_contradiction_is_told():
    """The person at the counter may know better; the archive shows that they differ."""
    found = facts(["entity", "kv35"], category="HV", voltage="10kV")
    assert found.conditions["kv35"] is True
    assert len(found.contradictions) == 1
    assert "35kV及以上" in found.contradictions[0]


def test_two_conditions_that_exclude_each_other_are_a_contradiction():
    """An account holder is a person or an organisation."""
    assert "只能有一项" in facts(["natural", "entity"]).contradictions[0]


@pytest.mark.parametrize(
    ("category", "name", "natural"),
    [
        ("LN", "江城市远大机械有限公司", False),
        ("LN", "东湖区第一小学", False),
        ("HV", "红星农业合作社", False),
        ("LN", "王小明", True),
        ("LN", "欧阳建国", True),
        ("LN", "买买提·吐尔逊", True),
        ("LR", None, True),
        ("LB", None, False),
    ],
)
def test_who_holds_the_account_follows_from_category_or_name(category, name, natural):
    """Registered names say their form of organisation; the reason is kept."""
    found = facts([], category=category, business_type="BATCH" if category == "LB" else "NEW", account_name=name)
    assert (found.conditions["natural"], found.conditions["entity"]) == (natural, not natural)
    assert found.derived


@pytest.mark.parametrize("name", [None, "", "供销社", "阳光花园二期", "ABC"])
def test_a_name_that_does_not_tell_leaves_the_holder_unknown(name):
    """Neither identity card nor licence may be left out by a guess."""
    with pytest.raises(UnknownFact):
        facts([], account_name=name).any_holds(["natural"])


def test_the_holder_that_was_named_is_believed_over_the_name():
    """A person may trade under the name of a firm."""
    found = facts(["natural"], account_name="王记五金商店有限公司")
    assert (found.conditions["natural"], found.conditions["entity"]) == (True, False)


def test_under_the_rules_of_2010_every_high_voltage_case_is_reviewed():
    """A case of 2013 is not excused from design review because today's would be."""
    assert facts(["entity"], edition=OLD, category="HV").conditions["review"] is True
    assert facts(["entity"], edition=OLD, category="LN").conditions["review"] is False
    assert facts(["entity"], edition=NOW, category="HV").conditions["review"] is False


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("10kV", 10_000),
        ("交流 10 千伏", 10_000),
        ("220/380V", 380),
        ("380V/220V", 380),
        ("0.4kV", 400),
        ("10KV", 10_000),
        ("10", None),
        (None, None),
    ],
)
def test_a_voltage_is_read_however_it_is_printed(text, expected):
    """A number without a unit is no voltage."""
    assert volts(text) == (None if expected is None else Decimal(expected))


def test_a_name_with_a_branch_in_brackets_is_that_of_an_organisation():
    """Brackets of either width are looked past."""
    assert name_form("江城远大有限公司(东湖)") == "organisation"
