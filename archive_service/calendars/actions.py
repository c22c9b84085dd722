"""Keeping the holiday table of a unit."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from archive_service.audit.record import record
from archive_service.calendars import rules
from archive_service.calendars.tables import CalendarDay, CalendarYear
from archive_service.errors import NotFound
from archive_service.people.roles import Right
from archive_service.people.tables import Unit
from archive_service.people.viewer import Viewer


def keep_year(
    session: Session,
    unit_code: str,
    year: int,
    days: Mapping[date, tuple[bool, str]],
    *,
    complete: bool,
    by: Viewer,
    now: datetime,
) -> Unit:
    """Let a unit's table of a year be these days, worked on or not, with their names; return the unit.

    `complete` says that they are all of the year, so that deadlines are counted into it. Raises NotFound,
    NotPermitted, Invalid. Deadlines that it moves are set by `lifecycle`.
    """
    unit = session.scalar(select(Unit).where(Unit.code == unit_code).with_for_update())
    if unit is None or not by.may(Right.RECORD_READ, unit.id):
        raise NotFound("people.unit-not-found", "没有这个单位，或者您无权查看。请核对单位代码。")
    by.require(Right.CALENDAR_KEEP, unit.id)
    works = {day: one[0] for day, one in days.items()}
    rules.check_days(works, {day: one[1] for day, one in days.items()}, year=year)
    first, last = date(year, 1, 1), date(year, 12, 31)
    session.execute(delete(CalendarDay).where(CalendarDay.unit_id == unit.id, CalendarDay.day.between(first, last)))
    session.execute(delete(CalendarYear).where(CalendarYear.unit_id == unit.id, CalendarYear.year == year))
    session.add_all(
        CalendarDay(unit_id=unit.id, day=day, works=one, name=name.strip()) for day, (one, name) in days.items()
    )
    if complete:
        session.add(CalendarYear(unit_id=unit.id, year=year, kept_by=by.person_id, kept_at=now))
    session.flush()
    record(
        session,
        by=by.actor,
        did="calendar.kept",
        object_kind="unit",
        object_id=unit.id,
        unit_id=unit.id,
        facts={
            "year": year,
            "complete": complete,
            "off": sorted(day.isoformat() for day, one in works.items() if not one),
            "on": sorted(day.isoformat() for day, one in works.items() if one),
        },
        now=now,
    )
    return unit
