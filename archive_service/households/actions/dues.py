"""When a case has to be filed."""

from __future__ import annotations

from datetime import date
from functools import lru_cache

from sqlalchemy.orm import Session

from archive_service.calendars.queries import calendar_of
from archive_service.calendars.rules import NATIONAL, Calendar, CalendarEnds
from archive_service.households import rules
from archive_service.households.tables import CaseFile


def filing_due_on(session: Session, unit_id: int, energised_on: date, workdays: int) -> date | None:
    """Return when a case of a unit must be filed; none where the holiday table ends before that day."""
    return due_in(calendar_of(session, unit_id), energised_on, workdays)


def set_first_due(case: CaseFile, due_on: date | None) -> None:
    """Keep the deadline that counts from the energisation; a case that was opened again has another one beside it."""
    if case.first_due_on is None:
        case.filing_due_on = due_on
    else:
        case.first_due_on = due_on or case.first_due_on


def due_in(calendar: Calendar, energised_on: date, workdays: int) -> date | None:
    """Return when a case must be filed by a calendar; none where its table ends before that day."""
    if calendar is NATIONAL:
        return _national_due(energised_on, workdays)
    try:
        filing = rules.filing_due(energised_on, workdays=workdays, add_workdays=calendar.add)
    except CalendarEnds:
        # Nobody knows yet which days are worked on: the pages say so, and the day is filled in with the table.
        return None
    return filing.on if filing else None


@lru_cache(maxsize=4096)
def _national_due(energised_on: date, workdays: int) -> date | None:
    try:
        filing = rules.filing_due(energised_on, workdays=workdays, add_workdays=NATIONAL.add)
    except CalendarEnds:
        return None
    return filing.on if filing else None
