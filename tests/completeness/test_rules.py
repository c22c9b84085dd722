"""What a case has, lacks or has in doubt, against the catalogue."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive_service.catalogue import load
from archive_service.completeness.conditions import Facts, UnknownFact, facts_of
from archive_service.completeness.rules import HeldItem, Status, assess

EDITION = load.edition_for(None)
TYPES = list(EDITION.document_types)


def judge(held, conditions=("natural",), *, category="LN", business_type="NEW", edition=EDITION):
    facts = facts_of(edition, category=category, business_type=business_type, conditions=list(conditions))
    items = [each if isinstance(each, HeldItem) else HeldItem(n, each) for n, each in enumerate(held, start=1)]
    return assess(edition.requirements(category, business_type), facts, items)


def status(assessment, document_type):
    return verdict(assessment, document_type).status


def verdict(assessment, document_type):
    return next(each for each in assessment.verdicts if each.document_type == document_type)


def required(category, business_type):
    return [
        each.document_type for each in EDITION.requirements(category, business_type) if each.requirement == "required"
    ]


def doubtful(number, document_type, doubt="身份证号校验位不符"):
    return HeldItem(number, document_type, doubts=(doubt,))


@pytest.mark.parametrize(("category", "business_type"), EDITION.combinations)
def test_a_case_with_every_required_paper_and_no_condition_is_complete(category, business_type):
    """Of each of the 46 combinations, with the holder's proof where the holder's kind decides."""
    case = [*required(category, business_type), "A05"]
    assert judge(case, category=category, business_type=business_type).complete


@pytest.mark.parametrize(("category", "business_type"), EDITION.combinations)
def test_a_case_that_lacks_one_required_paper_is_incomplete(category, business_type):
    """Whichever it is, it is named, with no evidence."""
    papers = [*required(category, business_type), "A05"]
    for lacking in required(category, business_type):
        found = judge([each for each in papers if each != lacking], category=category, business_type=business_type)
        assert not found.complete
        assert status(found, lacking) is Status.MISSING
        assert verdict(found, lacking).evidence == ()


def test_a_conditional_paper_is_due_when_any_of_its_conditions_holds():
    """The reason names the condition."""
    found = judge([], ["entity", "multi"], category="HV")
    assert status(found, "A16") is Status.MISSING
    assert "双(多)电源" in verdict(found, "A16").reason
    assert verdict(found, "A16").condition == "critical/multi/nonlinear"


def test_a_conditional_paper_is_not_needed_when_its_condition_does_not_hold():
    """And says so, also of one that came all the same."""
    found = judge(["A08"])
    assert status(found, "A08") is Status.NOT_APPLICABLE
    assert verdict(found, "A08").evidence == (1,)
    assert "请更正办理条件" in verdict(found, "A08").reason


def test_a_case_whose_holder_nobody_named_is_an_error():
    """An unknown fact is never "not required"; the message says which paper hangs on it."""
    facts = Facts("LN", "NEW", {})
    with pytest.raises(UnknownFact) as caught:
        assess(EDITION.requirements("LN", "NEW"), facts, [HeldItem(1, "A05")])
    assert caught.value.facts == {"fact": "natural", "document_type": "A05"}
    assert "自然人用电" in caught.value.message


def test_a_tenant_proves_the_premises_by_lease_and_consent():
    """A10 is no longer asked for; the verdict rests on the two papers that stand in."""
    found = judge(["A11", "A12"], ["natural", "tenant"])
    assert status(found, "A10") is Status.NOT_APPLICABLE
    assert verdict(found, "A10").evidence == (1, 2)
    assert status(judge(["A11", "A12"]), "A10") is Status.MISSING


@pytest.mark.parametrize("held", [["A11"], ["A12"], []])
def test_half_of_an_alternative_is_none(held):
    """The lease without the owner's consent does not stand for the title."""
    assert status(judge(held, ["natural", "tenant"]), "A10") is Status.MISSING


def test_a_doubtful_alternative_makes_the_paper_it_stands_for_doubtful():
    """Doubt does not vanish by standing in for something else."""
    found = judge([HeldItem(1, "A11"), doubtful(2, "A12")], ["natural", "tenant"])
    assert status(found, "A10") is Status.DOUBTFUL


def test_a_leased_parking_space_is_proved_by_the_lease():
    """For a charging pile of a household."""
    held = [each for each in required("LR", "EV") if each != "A33"]
    leased = judge([*held, "A11"], ["rentedspace"], category="LR", business_type="EV")
    assert leased.complete
    assert leased.extra == ()
    assert not judge([*held, "A11"], [], category="LR", business_type="EV").complete
    assert not judge(held, ["rentedspace"], category="LR", business_type="EV").complete


def test_a_paper_held_only_in_doubt_is_doubtful_and_the_case_not_complete():
    """The doubt is told; a sound copy settles it."""
    papers = [HeldItem(n, each) for n, each in enumerate(required("LR", "NEW"), start=1) if each != "A05"]
    found = judge([*papers, doubtful(99, "A05")], category="LR")
    assert (status(found, "A05"), found.complete, found.doubtful_count) == (Status.DOUBTFUL, False, 1)
    assert "校验位不符" in verdict(found, "A05").reason
    assert judge([*papers, doubtful(99, "A05"), HeldItem(100, "A05")], category="LR").complete


def test_an_optional_paper_is_never_due():
    """Absent it is not applicable, held it is present, and doubt about it keeps no case open."""
    assert status(judge([]), "V01") is Status.NOT_APPLICABLE
    assert status(judge(["V01"]), "V01") is Status.PRESENT
    found = judge([*required("LR", "NEW"), doubtful(99, "V01")], category="LR")
    assert (status(found, "V01"), found.complete) == (Status.DOUBTFUL, True)


def test_papers_beyond_the_usual_number_are_pointed_at():
    """Two application forms are no gap, and worth a look."""
    assert "多于通常的 1 份" in verdict(judge(["A02N", "A02N"]), "A02N").reason


def test_of_a_paper_needed_twice_one_is_too_few():
    """The verdict rests on the one there is and says how many there should be."""
    wanted = replace(EDITION.requirements("LN", "NEW")[0], count_min=2)
    facts = Facts("LN", "NEW", {})
    one = assess([wanted], facts, [HeldItem(7, wanted.document_type)]).verdicts[0]
    assert (one.status, one.evidence) == (Status.MISSING, (7,))
    assert "应有 2 份，只有 1 份" in one.reason
    second = doubtful(8, wanted.document_type)
    assert assess([wanted], facts, [HeldItem(7, wanted.document_type), second]).verdicts[0].status is Status.DOUBTFUL


def test_a_paper_kept_only_if_it_exists_is_never_missing():
    """A change of scheme need not have changed the design (C03)."""
    assert status(judge([], ["entity", "changed"], category="HV"), "C03") is Status.NOT_APPLICABLE
    assert status(judge(["C03"], ["entity", "changed"], category="HV"), "C03") is Status.PRESENT
    assert status(judge([], ["entity", "photos"], category="HV"), "S02") is Status.MISSING


def test_a_case_of_2013_is_judged_by_the_rules_of_its_time():
    """Its design review is missing, which a case of today does not need."""
    old = load.edition_for(date(2013, 6, 1))
    assert status(judge([], ["entity"], category="HV", edition=old), "D04") is Status.MISSING
    assert status(judge([], ["entity"], category="HV"), "D04") is Status.NOT_APPLICABLE


def test_every_verdict_names_rule_edition_and_source():
    """Nobody has to believe the program."""
    for each in judge(["A02N", "V01"]).verdicts:
        assert "依据目录 2018 版" in each.reason
        assert each.reason.endswith("。")


def test_items_that_the_catalogue_does_not_know_in_such_a_case_are_told_apart():
    """Nothing that was filed falls out of sight."""
    assert judge(["A02N", "OTHER", "G01"]).extra == (2, 3)


held_items = st.lists(
    st.builds(
        HeldItem, st.integers(1, 500), st.sampled_from([*TYPES, "OTHER"]), doubts=st.sampled_from([(), ("存疑",)])
    ),
    max_size=40,
    unique_by=lambda each: each.id,
)
cases = st.tuples(
    st.sampled_from(EDITION.combinations),
    st.sets(st.sampled_from([code for code in EDITION.conditions if code not in ("natural", "entity")])),
    st.sampled_from(["natural", "entity"]),
)


def judged(case, held):
    (category, business_type), flags, holder = case
    return judge(held, [*flags, holder], category=category, business_type=business_type)


def gaps(assessment):
    return {each.document_type for each in assessment.verdicts if each.status is Status.MISSING}


def open_points(assessment):
    return gaps(assessment) | {
        each.document_type for each in assessment.verdicts if each.due and each.status is Status.DOUBTFUL
    }


@settings(max_examples=150, deadline=None)
@given(cases, held_items, st.sampled_from([*TYPES, "OTHER"]), st.booleans())
def test_filing_an_item_never_adds_a_gap(case, held, document_type, doubt):
    """Sound or doubtful, of whatever type, it can only help."""
    before = judged(case, held)
    after = judged(case, [*held, HeldItem(1000, document_type, doubts=("存疑",) if doubt else ())])
    assert gaps(after) <= gaps(before)
    assert open_points(after) <= open_points(before)
    assert after.complete >= before.complete


@settings(max_examples=60, deadline=None)
@given(cases, held_items, st.randoms())
def test_the_order_of_the_items_does_not_matter(case, held, random):
    """The same papers give the same verdicts."""
    shuffled = list(held)
    random.shuffle(shuffled)
    assert judged(case, held) == judged(case, shuffled)


@settings(max_examples=60, deadline=None)
@given(cases, held_items)
def test_every_requirement_has_one_verdict_and_the_counts_add_up(case, held):
    """Nothing is left out of the sum or counted twice."""
    found = judged(case, held)
    asked = [each.document_type for each in EDITION.requirements(*case[0])]
    assert [each.document_type for each in found.verdicts] == asked
    assert found.due_count == found.satisfied_count + found.missing_count + found.doubtful_count
    assert found.complete == (found.due_count == found.satisfied_count)
    told = {number for each in found.verdicts for number in each.evidence} | set(found.extra)
    assert told == {item.id for item in held}
