"""Circles in an edition, local additions of units, and what is different between two editions."""

from __future__ import annotations

import dataclasses
from datetime import date

import pytest

from archive_service.catalogue import load
from archive_service.catalogue.difference import affected, alike, difference

HEAD = "edition: '{code}'\nbased_on: '2018'\n{unit}title_zh: 试\ntitle_en: trial\neffective_from: {day}\n"
CARD = """document_types:
- code: A25
  name_zh: 业务联系卡
  name_en: contact card
  stage: ACCEPT
  origin: utility
  medium_rule: original_or_copy
  signatures: []
  seals: []
  count_min: 1
  count_max: 1
  sensitivity: internal
  applies:
  - {category: LR, business_types: [NEW], requirement: required}
  title_keywords: [业务联系卡]
  key_fields: [account_name]
  source: OWN
  is_default: true
"""


def text(code="T1", unit="", day="2026-01-01", rest=CARD):
    return HEAD.format(code=code, day=day, unit=f"for_unit: {unit}\n" if unit else "") + rest


def told(rest):
    return [each.message for each in load.check_text(text(rest=rest))]


def test_conditions_that_follow_from_each_other_are_refused():
    """Each of them is named with the way round."""
    rest = "conditions:\n" + "".join(
        f"- {{code: {one}, name_zh: 甲, meaning: m, derived_from: {other}, derived_zh: 乙, "
        "source: OWN, is_default: true}\n"
        for one, other in (("tenant", "multi"), ("multi", "tenant"))
    )
    found = told(rest)
    assert len(found) == 2
    assert all("成环" in each for each in found)


def test_papers_that_stand_for_each_other_are_refused():
    """Else neither would ever be held."""
    rest = """groups:
- code: TITLE
  name_zh: 权属
  name_en: title
  any_of:
  - {papers: [A10], excuses: [A11]}
  - {papers: [A11], excuses: [A10]}
  source: OWN
  is_default: true
"""
    assert any("互相代替成环" in each for each in told(rest))


def test_every_place_is_named():
    """Three faults, three lines."""
    rest = CARD.replace("ACCEPT", "NOWHERE").replace("LR", "XX").replace("[account_name]", "[no_such_field]")
    found = load.check_text(text(rest=rest))
    assert len(found) == 3
    assert len({each.line for each in found}) == 3


def test_local_additions_count_in_their_unit_and_below_it_only():
    """From their first day, while the edition that they stand on is in force."""
    known = load.with_text(text(unit="COUNTY"), among=load.standard_texts())
    day = date(2026, 5, 1)
    assert known.for_case(day, ("HALL", "COUNTY", "ROOT")).code == "T1"
    assert known.for_case(day, ("OTHER", "ROOT")).code == "2018"
    assert known.for_case(date(2025, 12, 31), ("COUNTY",)).code == "2018"
    assert known.for_case(date(2012, 1, 1), ("COUNTY",)).code == "2010"
    assert [each.code for each in known.central] == ["2010", "2018"]


def test_the_nearest_unit_goes_first_and_a_new_central_edition_ends_them():
    """A hall's own before the county's."""
    county = load.with_text(text("C", "COUNTY"), among=load.standard_texts())
    assert county.for_case(date(2026, 5, 1), ("HALL", "COUNTY")).code == "C"
    written = [*load.standard_texts()]
    for one in (text("C", "COUNTY"), text("H", "HALL"), text("N", day="2026-07-01")):
        made = load.whole(one, among=written)
        written.append(made)
    every = load.of_texts(written)
    assert every.for_case(date(2026, 5, 1), ("HALL", "COUNTY")).code == "H"
    assert every.for_case(date(2026, 7, 1), ("HALL", "COUNTY")).code == "N"


def test_two_central_editions_of_one_day_clash_and_a_local_one_does_not():
    """Only what would both count is refused."""
    assert load.check_text(text(day="2018-01-01"))
    assert not load.check_text(text(unit="COUNTY", day="2018-01-01"))


def test_the_difference_names_what_was_added_changed_and_gone():
    """And nothing else."""
    rest = "without_document_types: [V01]\ntolerances: {amount_yuan: 1}\n" + CARD
    known = load.with_text(text(rest=rest), among=load.standard_texts())
    before, after = known.for_case(date(2025, 1, 1)), known.for_case(date(2026, 5, 1))
    found = {(each.kind, each.code, each.part) for each in difference(before, after)}
    assert ("gone", "V01", "") in found
    assert ("changed", "amount_yuan", "amount_yuan") in found
    assert ("changed", "A25", "适用 LR×NEW") in found
    assert {code for _, code, _ in found} == {"V01", "A25", "amount_yuan"}
    assert not difference(before, before)


@pytest.mark.parametrize("combination", load.edition_for(None).combinations)
def test_only_what_an_edition_changes_is_judged_again(combination):
    """For each of the 46 combinations: the edition that changes one concerns that one."""
    category, business = combination
    rest = CARD.replace("category: LR, business_types: [NEW]", f"category: {category}, business_types: [{business}]")
    known = load.with_text(text(rest=rest), among=load.standard_texts())
    before, after = known.for_case(date(2025, 1, 1)), known.for_case(date(2026, 5, 1))
    old = before.document_types["A25"]
    asked = {(each.category, code) for each in old.applies for code in each.business_types}
    assert affected(before, after) - asked == {combination} - asked
    assert combination in affected(before, after)


def test_a_type_is_judged_alike_only_where_it_and_its_stand_ins_are_asked_alike():
    """The paper that changes is not, nor is the one for which it may stand; under other conditions nothing is."""
    standard, both = load.edition_for(None), ("LR", "NEW")
    asked = {each.document_type: each for each in standard.requirements(*both)}
    replaced, stands_in = next((code, one.excused_by[0].papers[0]) for code, one in asked.items() if one.excused_by)
    rest = CARD.replace("A25", stands_in).replace("original_or_copy", "original")
    after = load.with_text(text(rest=rest), among=load.standard_texts()).for_case(date(2026, 5, 1))
    found = alike(standard, after, both)
    assert found == set(asked) - {stands_in} - {
        code for code, one in asked.items() if any(stands_in in each.papers for each in one.excused_by)
    }
    assert replaced not in found
    assert alike(standard, standard, both) == set(asked)
    assert not alike(standard, dataclasses.replace(standard, exactly_one=()), both)


def test_an_overlay_may_stand_on_an_overlay_whatever_their_files_are_called(tmp_path):
    """Local additions to an edition that is itself written as a difference."""
    central, local = tmp_path / "z.yaml", tmp_path / "a.yaml"
    central.write_text(text("N", day="2026-07-01"), encoding="utf-8")
    local.write_text(text("L", "HALL", day="2026-07-01").replace("based_on: '2018'", "based_on: N"), encoding="utf-8")
    known = load.known([central, local])
    assert known.for_case(date(2026, 8, 1), ("HALL",)).code == "L"
    assert known.for_case(date(2026, 8, 1), ("OTHER",)).code == "N"
