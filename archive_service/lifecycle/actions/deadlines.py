"""Deadlines of filing follow the holiday table of the unit: worked out anew when it changes, a day at a time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from archive_service.calendars import actions as calendars
from archive_service.calendars.queries import calendars_of
from archive_service.calendars.rules import Calendar
from archive_service.households import counting, states
from archive_service.households.actions.dues import due_in
from archive_service.households.tables import CaseFile, HouseholdFile
from archive_service.lifecycle.tables import ClockPause
from archive_service.people.queries import units_below
from archive_service.people.viewer import Viewer


def keep_year(
    session: Session,
    unit_code: str,
    year: int,
    days: dict[date, tuple[bool, str]],
    *,
    complete: bool,
    by: Viewer,
    now: datetime,
    filing_due_workdays: int,
) -> int:
    """Keep a unit's table of a year, and move the deadlines of its open cases; return how many moved.

    What is filed keeps the deadline that it was filed under.
    """
    unit = calendars.keep_year(session, unit_code, year, days, complete=complete, by=by, now=now)
    below = sorted(units_below(session, unit.id))
    known = calendars_of(session, below)
    moved: list[int] = []
    for unit_id in below:
        moved += _move(session, _may_move(unit_id, year), known[unit_id], filing_due_workdays)
    session.expire_all()
    counting.count(session, moved)
    return len(moved)


def _may_move(unit_id: int, year: int) -> Sequence[ColumnElement[bool]]:
    """Return what holds of the cases of a unit whose deadline the table of `year` may move."""
    return (
        CaseFile.household_id.in_(select(HouseholdFile.id).where(HouseholdFile.unit_id == unit_id)),
        CaseFile.state.in_(states.OPEN),
        # A deadline of this year may begin in the year before; one that begins later is not touched.
        CaseFile.energised_on.between(date(year - 1, 1, 1), date(year, 12, 31)),
        # One that was opened again has its deadline from that day.
        CaseFile.first_due_on.is_(None),
        # One that pauses or paused has a deadline of its own; it is worked out when the clocks run again.
        CaseFile.id.not_in(select(ClockPause.case_id)),
    )


def _move(
    session: Session, cases: Sequence[ColumnElement[bool]], calendar: Calendar, filing_due_workdays: int
) -> list[int]:
    """Give the cases the deadlines that follow from the calendar; return the ids of those that had another."""
    moved: list[int] = []
    pairs = select(CaseFile.energised_on, CaseFile.filing_due_on).where(*cases).distinct()
    for energised, due in session.execute(pairs).all():
        wanted = due_in(calendar, energised, filing_due_workdays) if energised else due
        if wanted == due:
            continue
        same = CaseFile.filing_due_on.is_(None) if due is None else CaseFile.filing_due_on == due
        changing = (*cases, CaseFile.energised_on == energised, same)
        moved += session.scalars(select(CaseFile.id).where(*changing)).all()
        session.execute(
            update(CaseFile).where(*changing).values(filing_due_on=wanted).execution_options(synchronize_session=False)
        )
    return moved
