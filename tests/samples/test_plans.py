"""The planned cases agree with the catalogue: complete means complete, and what is left out is missing."""

from __future__ import annotations

from random import Random

import pytest

from archive_service.catalogue import load
from archive_service.catalogue.schema import Ask, Edition
from archive_service.samples import PAPERS, case_for, cases, one_document, plans
from archive_service.samples.plans import PLANS, Plan


@pytest.fixture(scope="module")
def edition() -> Edition:
    return load.editions()[-1]


def _asked(edition: Edition, plan: Plan) -> set[str]:
    """Say what the catalogue requires of the plan's case, minus what the case's other papers excuse."""
    held, asked = set(plan.papers), set()
    for need in edition.requirements(plan.category, plan.business_type):
        due = need.requirement is Ask.REQUIRED or (
            need.requirement is Ask.CONDITIONAL and set(need.when_any) & set(plan.conditions)
        )
        excused = any(set(e.papers) <= held and set(e.when_any) & set(plan.conditions) for e in need.excused_by)
        if due and not excused:
            asked.add(need.document_type)
    return asked


@pytest.mark.parametrize("plan", PLANS, ids=lambda plan: f"{plan.category}-{plan.business_type}-{plan.files}")
def test_the_papers_a_plan_knows_as_asked_are_those_of_the_catalogue(plan: Plan, edition: Edition):
    assert _asked(edition, plan) <= set(plan.asked)
    assert set(plan.asked) - _asked(edition, plan) <= {"A10"}


def test_a_complete_case_of_every_category_is_among_the_plans():
    complete = {plan.category for plan in PLANS if set(plan.asked) <= set(plan.papers) and not plan.contradiction}
    assert complete == {"HV", "LN", "LR", "LB"}


def test_at_least_four_plans_of_the_first_dozen_are_complete_and_four_are_not():
    complete = [set(plan.asked) <= set(plan.papers) for plan in PLANS[:12]]
    assert complete.count(True) >= 4
    assert complete.count(False) >= 4


@pytest.mark.parametrize("code", sorted(PAPERS))
def test_every_paper_is_of_a_type_of_the_catalogue_and_says_only_fields_it_knows(code: str, edition: Edition):
    rng = Random(code)
    document = one_document(code, case_for(code, rng), rng)
    known = {field.name for field in getattr(edition.fields, "values", lambda: edition.fields)()}
    assert code in edition.document_types
    assert set(document.fields) <= known


@pytest.mark.parametrize("code", sorted(PAPERS))
def test_what_a_paper_is_said_to_state_can_be_read_on_it(code: str):
    """Codes and names are printed as they are noted; days, capacities and voltages have forms of their own."""
    rng = Random(code)
    document = one_document(code, case_for(code, rng), rng)
    text = "".join(str(line["text"]) for sheet in document.sheets for line in sheet.lines()).replace(" ", "")
    literal = {"account_no", "application_no", "id_number", "agent_id_number", "credit_code", "contract_no", "meter_no"}
    for name in literal & set(document.fields):
        assert document.fields[name] in _joined(document.sheets), f"{name} of {code}"
    assert text


def _joined(sheets) -> str:
    """Return the runs of text in the order of printing, so that a wrapped cell reads on in its next line."""
    return "".join(mark.text for sheet in sheets for mark in sheet.marks if hasattr(mark, "face"))


@pytest.mark.parametrize("kind", ["name", "id", "account", "voltage", "dates", "capacity"])
def test_a_contradiction_changes_one_paper_and_is_noted(kind: str):
    rng = Random(7)
    case = cases.invent(rng, category="HV", business_type="NEW", conditions=("entity",))
    _, other, note = plans.contradicting(kind, case, rng)
    assert other != case
    assert note["says"] != note["others_say"]


def test_the_days_of_a_case_are_weekdays_in_their_order():
    for seed in range(20):
        case = cases.invent(Random(seed), category="LN", business_type="NEW", conditions=("entity",))
        days = [case.on[stage] for stage in cases.STAGES if stage in case.on]
        assert days == sorted(days)
        assert all(day.weekday() < 5 for day in days)
