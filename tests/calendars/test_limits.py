"""The table of time limits, row by row as domain.md section 2 has it, and how a clock stands."""

from __future__ import annotations

from datetime import date

import pytest

from archive_service.calendars import limits
from archive_service.calendars.limits import clock, clocks, limit_of
from archive_service.calendars.rules import NATIONAL, Pause
from archive_service.catalogue.load import current
from tests.support.records import TODAY

NEW, OLD = date(2026, 11, 2), date(2015, 3, 2)
MONDAY = date(2026, 11, 16)


@pytest.mark.parametrize(
    ("stage", "category", "multi", "on", "workdays"),
    [
        ("SCHEME", "LR", False, NEW, 3),
        ("SCHEME", "LN", False, NEW, 7),
        ("SCHEME", "LB", False, NEW, 7),
        ("SCHEME", "HV", False, NEW, 15),
        ("SCHEME", "HV", True, NEW, 30),
        ("SCHEME", "HV", None, NEW, 30),
        ("DESIGN", "LN", False, OLD, 8),
        ("DESIGN", "HV", False, OLD, 20),
        ("DESIGN", "HV", False, NEW, 10),
        ("INTERIM", "HV", False, NEW, 5),
        ("COMPLETE", "HV", True, NEW, 5),
        ("ENERGISE", "HV", False, NEW, 5),
        ("VISIT", "LR", False, NEW, 2),
        ("ENERGISE", "LR", False, NEW, None),
        ("DESIGN", "LR", False, NEW, None),
        ("SCHEME", "LR", False, date(2009, 12, 31), None),
    ],
)
def test_the_limit_of_a_stage(stage: str, category: str, multi: bool | None, on: date, workdays: int | None) -> None:
    """By category, sources and the day on which the clock begins."""
    found = limit_of(stage, category=category, multi=multi, on=on)
    assert (found.workdays if found else None) == workdays


@pytest.mark.parametrize(("family", "workdays"), [("contract", 30), ("amendment", 15)])
def test_the_filing_limit_of_a_family_of_papers(family: str, workdays: int) -> None:
    """Counted from the date of the paper."""
    assert {one.family: one.workdays for one in limits.families()}[family] == workdays


def test_every_row_names_stages_and_papers_of_the_catalogue() -> None:
    """And says where it comes from."""
    known = current(TODAY)
    for one in limits.limits():
        assert one.stage in known.stages
        assert one.after in known.stages or one.after in known.document_types
        assert one.source
        assert one.workdays > 0
    for family in limits.families():
        assert family.document_types <= set(known.document_types)


@pytest.mark.parametrize(
    ("done", "today", "standing", "over"),
    [
        (date(2026, 11, 19), TODAY, "met", 0),
        (date(2026, 11, 23), date(2026, 11, 23), "late", 2),
        (None, date(2026, 11, 16), "running", 0),
        (None, date(2026, 11, 18), "soon", 0),
        (None, date(2026, 11, 19), "soon", 0),
        (None, date(2026, 11, 20), "overdue", 1),
    ],
)
def test_how_a_clock_of_three_days_from_monday_stands(done: date | None, today: date, standing: str, over: int) -> None:
    """Due on Thursday the 19th."""
    found = clock("SCHEME", MONDAY, 3, done, NATIONAL, today=today)
    assert (found.due_on, found.standing, found.over) == (date(2026, 11, 19), standing, over)


def test_a_clock_whose_end_nobody_can_know_says_so() -> None:
    """And one that stands still has no day."""
    assert clock("SCHEME", date(2026, 12, 30), 3, None, NATIONAL, today=TODAY).standing == "unknown"
    paused = clock("SCHEME", MONDAY, 3, None, NATIONAL, today=TODAY, pauses=[Pause(date(2026, 11, 17), None)])
    assert (paused.due_on, paused.standing) == (None, "paused")


def test_a_case_has_the_clocks_that_have_begun() -> None:
    """Without the application for the review nobody waits for it."""
    days = {"ACCEPT": date(2026, 9, 1), "SCHEME": date(2026, 9, 15)}
    found = clocks(days, {"D01": date(2026, 11, 2)}, category="HV", multi=False, calendar=NATIONAL, today=TODAY)
    assert [(one.of, one.standing) for one in found] == [("SCHEME", "met"), ("DESIGN", "overdue")]
