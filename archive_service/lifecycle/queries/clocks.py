"""The clocks of one case: its stages, the filing of its families of papers, and the case as a whole."""

from __future__ import annotations

from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from archive_service import zone
from archive_service.calendars.limits import Clock, clock, clocks, families
from archive_service.calendars.queries import calendar_of
from archive_service.calendars.rules import Calendar
from archive_service.households import queries as households
from archive_service.households.tables import HouseholdFile, Item
from archive_service.households.views import CaseView
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
    multi = None if case.conditions is None else "multi" in case.conditions
    days = {one.stage: one.done_on for one in case.stages}
    found = clocks(days, papers, category=case.customer_category, multi=multi, calendar=calendar, today=today)
    return [*found, *_filing(case, papers, calendar, today=today, workdays=filing_due_workdays)]


def _filing(case: CaseView, papers: dict[str, date], calendar: Calendar, *, today: date, workdays: int) -> list[Clock]:
    done = zone.local(case.filed_at).date() if case.filed_at else None
    found = []
    if case.energised_on:
        found.append(clock("FILING", case.energised_on, workdays, done, calendar, today=today))
    for one in families():
        begun = min((day for code, day in papers.items() if code in one.document_types), default=None)
        if begun and begun >= one.effective_from:
            found.append(clock(f"family-{one.family}", begun, one.workdays, done, calendar, today=today))
    return found
