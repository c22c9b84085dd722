"""The editions of the package hold what the catalogue of the archive must hold."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest

from archive_service.catalogue import load
from archive_service.catalogue.schema import Ask, UnknownCombination
from archive_service.errors import Invalid

EDITIONS = load.editions()


@pytest.mark.parametrize("edition", EDITIONS, ids=lambda edition: edition.code)
def test_each_edition_holds_the_whole_catalogue(edition):
    """98 types, 20 businesses, 4 categories, 12 stages, 32 conditions, 46 combinations."""
    assert len(edition.document_types) == 98
    assert len(edition.business_types) == 20
    assert len(edition.customer_categories) == 4
    assert len(edition.stages) == 12
    assert len(edition.conditions) == 32
    assert len(edition.combinations) == 46


@pytest.mark.parametrize("edition", EDITIONS, ids=lambda edition: edition.code)
def test_every_entry_names_its_source_and_says_whether_it_is_a_default(edition):
    """Nothing is asked of a customer without saying where that comes from."""
    assert all(each.source for each in edition.document_types.values())
    assert all(each.source for each in edition.conditions.values())
    defaults = {each.code for each in edition.document_types.values() if each.is_default}
    assert {"A04", "A12", "K02"} <= defaults
    assert not {"A02H", "P03H", "K01H"} & defaults


def test_every_condition_decides_something():
    """A condition on which no paper depends would be asked of clerks for nothing."""
    edition = load.edition_for(None)
    used = {code for kind in edition.document_types.values() for each in kind.applies for code in each.when_any}
    used |= {code for group in edition.groups.values() for each in group.any_of for code in each.when_any}
    assert used == set(edition.conditions)


# What the checklist of the domain notes asks, without the five papers that every case has.
CHECKLIST = {
    ("HV", "SUSP"): ("A02V E03", "A06 T01", "A27 C09 K07"),
    ("HV", "DG"): ("A02D A10 A13 S01 P01 P05 P06 C04 C05 K04 K08 T01 G01 G02", "A06 A36 M02 M05", "T02"),
    ("LN", "TEMP"): ("A01 A02N A03 A10 S01 P03L C11 K01T T01", "A05 A06 A07 A11 A12 S03 F01 F02 K05 K06", ""),
    ("LR", "NEW"): ("A02R A05 A10 S01 P03L K01R T01", "A11 A12 A32 S02 S03", "A01 A25 E02 V01"),
    ("LR", "EV"): ("A02R A05 A33 A34 A35 S01 P03L K01R T01", "", "A03"),
    ("LB", "BATCH"): (
        "A01 A03 A06 A07 A10 A13 A14 A15 A37 S01 P01 P02 P03H T01 E02",
        "S03 F01 F02 D01 D02 D03 D04 M01 M02 M03 M04 M05 C01 C02 C04 C05 C06 C10 K09",
        "K01R T03",
    ),
}
ALWAYS = ("X01 X02", "A08 A09 A23 A24", "X03")


@pytest.mark.parametrize(("case", "expected"), CHECKLIST.items(), ids=lambda each: "-".join(each)[:8])
def test_the_checklist_of_a_business_is_that_of_the_domain_notes(case, expected):
    """Required, conditional and optional papers of a combination are exactly these."""
    asked: dict[Ask, set[str]] = {ask: set() for ask in Ask}
    for each in load.edition_for(None).requirements(*case):
        asked[each.requirement].add(each.document_type)
    for ask, own, always in zip(Ask, expected, ALWAYS, strict=True):
        assert asked[ask] == set(own.split()) | set(always.split())


def test_requirements_come_in_catalogue_order_and_once_each():
    """The matrix on the screen follows the catalogue, with one cell a paper."""
    for edition in EDITIONS:
        order = list(edition.document_types)
        for combination in edition.combinations:
            asked = [each.document_type for each in edition.requirements(*combination)]
            assert asked == sorted(set(asked), key=order.index)


def test_a_business_that_does_not_exist_in_a_category_is_refused_by_name():
    """A household cannot suspend a transformer it does not have."""
    with pytest.raises(UnknownCombination, match="LR × SUSP"):
        load.edition_for(None).requirements("LR", "SUSP")


@pytest.mark.parametrize(
    ("accepted_on", "expected"),
    [
        (date(2009, 5, 1), "2010"),
        (date(2013, 6, 1), "2010"),
        (date(2017, 12, 31), "2010"),
        (date(2018, 1, 1), "2018"),
        (date(2026, 11, 1), "2018"),
        (None, "2018"),
    ],
)
def test_a_case_is_judged_by_the_edition_in_force_on_its_acceptance_date(accepted_on, expected):
    """Before the first edition the first one serves, without a date the latest."""
    assert load.edition_for(accepted_on).code == expected


def test_editions_follow_each_other_without_gap_or_overlap():
    """The last day of one edition is the day before the next begins."""
    for earlier, later in pairwise(EDITIONS):
        assert earlier.effective_until is not None
        assert (later.effective_from - earlier.effective_until).days == 1
    assert EDITIONS[-1].effective_until is None


OVERLAY = """\
edition: centre-2027
based_on: '2018'
title_zh: 本中心目录
title_en: catalogue of this centre
effective_from: 2027-01-01
without_document_types: [A25]
"""


def test_a_unit_adds_an_edition_of_its_own_by_its_differences(tmp_path: Path):
    """From its first day on the unit's edition is in force; earlier cases keep theirs."""
    path = tmp_path / "centre.yaml"
    path.write_text(OVERLAY, encoding="utf-8")
    assert load.current(date(2027, 1, 1), [path]).code == "centre-2027"
    assert "A25" not in load.current(date(2027, 1, 1), [path]).document_types
    assert load.current(date(2026, 12, 31), [path]).effective_until == date(2026, 12, 31)


def test_a_changed_file_of_the_unit_is_read_anew(tmp_path: Path):
    """What the records manager saves counts at once."""
    path = tmp_path / "centre.yaml"
    path.write_text(OVERLAY, encoding="utf-8")
    assert "A34" in load.editions([path])[-1].document_types
    path.write_text(OVERLAY.replace("[A25]", "[A25, V01]"), encoding="utf-8")
    assert "V01" not in load.editions([path])[-1].document_types


def test_editions_of_overlapping_dates_are_refused(tmp_path: Path):
    """No case may be judged by two catalogues."""
    path = tmp_path / "centre.yaml"
    path.write_text(OVERLAY.replace("2027-01-01", "2018-01-01"), encoding="utf-8")
    with pytest.raises(Invalid, match="重叠"):
        load.editions([path])


def test_a_bad_file_of_the_unit_is_named_with_its_line_and_without_its_folder(tmp_path: Path):
    """The message helps whoever edits the file and tells nothing of the machine."""
    path = tmp_path / "centre.yaml"
    path.write_text(OVERLAY + "colour: red\n", encoding="utf-8")
    with pytest.raises(load.BadCatalogue) as caught:
        load.editions([path])
    assert "“centre.yaml”第 7 行" in caught.value.message
    assert str(tmp_path) not in caught.value.message


def test_a_file_that_is_gone_is_refused_by_name(tmp_path: Path):
    """A wrong setting is said, not passed over."""
    with pytest.raises(load.BadCatalogue, match=r"“gone\.yaml”"):
        load.editions([tmp_path / "gone.yaml"])
