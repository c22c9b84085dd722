"""The clocks of one case: its stages, the filing of its families of papers, and the case as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from archive_service import masking, zone
from archive_service.calendars.limits import Clock, clock, clocks, families
from archive_service.calendars.queries import calendar_of
from archive_service.calendars.rules import Calendar, Pause
from archive_service.households import queries as households
from archive_service.households.handed import LatenessReason
from archive_service.households.tables import CaseFile, HouseholdFile, Item
from archive_service.households.views import CaseView
from archive_service.lifecycle.tables import ClockPause
from archive_service.people.roles import Right
from archive_service.people.viewer import Viewer


def case_clocks(
    session: Session, viewer: Viewer, application_no: str, *, today: date, filing_due_workdays: int
) -> list[Clock]:
    """Return the clocks of a case that have begun. Raises NotFound."""
    case = households.case(session, viewer, application_no)
    unit_id = session.scalar(select(HouseholdFile.unit_id).where(HouseholdFile.id == case.household_id))
    calendar = calendar_of(session, unit_id or 0)
    first = select(Item.document_type, func.min(Item.document_date)).where(
        Item.case_id == case.id, Item.state == "filed", Item.document_date.is_not(None)
    )
    papers = {code: day for code, day in session.execute(first.group_by(Item.document_type)) if day is not None}
    pauses = pauses_of(session, case.id)
    multi = None if case.conditions is None else "multi" in case.conditions
    days = {one.stage: one.done_on for one in case.stages}
    # A stage whose end nobody recorded stands still once the case is filed.
    filed_on = zone.local(case.filed_at).date() if case.filed_at else today
    found = clocks(
        days,
        papers,
        category=case.customer_category,
        multi=multi,
        calendar=calendar,
        today=min(today, filed_on),
        pauses=pauses,
    )
    return [*found, *_filing(case, papers, calendar, today=today, workdays=filing_due_workdays, pauses=pauses)]


def pauses_of(session: Session, case_id: int) -> list[Pause]:
    """Return the pauses of a case, the one that lasts among them."""
    rows = session.execute(
        select(ClockPause.first_on, ClockPause.last_on).where(ClockPause.case_id == case_id).order_by(ClockPause.id)
    )
    return [Pause(first, last) for first, last in rows]


def reasons_of(session: Session, viewer: Viewer, application_no: str) -> dict[str, tuple[str, str]]:
    """Return why clocks of a case were missed: code and note by clock. Raises NotFound."""
    case = households.case(session, viewer, application_no)
    rows = session.execute(
        select(LatenessReason.clock, LatenessReason.code, LatenessReason.note).where(LatenessReason.case_id == case.id)
    )
    return {clock: (code, masking.text(note)) for clock, code, note in rows}


def lateness(session: Session, viewer: Viewer, *, since: datetime, until: datetime) -> list[tuple[str, str, int]]:
    """Return how often each reason was given from `since` up to, not including, `until`: clock, code, how often."""
    wanted = (
        select(LatenessReason.clock, LatenessReason.code, func.count())
        .join(CaseFile, CaseFile.id == LatenessReason.case_id)
        .join(HouseholdFile, HouseholdFile.id == CaseFile.household_id)
        .where(HouseholdFile.unit_id.in_(viewer.units(Right.RECORD_READ)))
        .where(LatenessReason.said_at >= since, LatenessReason.said_at < until)
        .group_by(LatenessReason.clock, LatenessReason.code)
        .order_by(func.count().desc(), LatenessReason.clock, LatenessReason.code)
    )
    return [(row[0], row[1], row[2]) for row in session.execute(wanted)]


def _filing(
    case: CaseView,
    papers: dict[str, date],
    calendar: Calendar,
    *,
    today: date,
    workdays: int,
    pauses: Sequence[Pause],
) -> list[Clock]:
    done = zone.local(case.filed_at).date() if case.filed_at else None
    found = []
    if case.energised_on:
        found.append(clock("FILING", case.energised_on, workdays, done, calendar, today=today, pauses=pauses))
    for one in families():
        begun = min((day for code, day in papers.items() if code in one.document_types), default=None)
        if begun and begun >= one.effective_from:
            found.append(clock(f"family-{one.family}", begun, one.workdays, done, calendar, today=today, pauses=pauses))
    return found
