"""The holiday table that holds for a unit, and what a unit keeps itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import extract, select
from sqlalchemy.orm import Session

from archive_service import workdays
from archive_service.calendars.rules import NATIONAL, Calendar
from archive_service.calendars.tables import CalendarDay, CalendarYear
from archive_service.errors import NotFound
from archive_service.people.roles import Right
from archive_service.people.tables import Person, Unit
from archive_service.people.viewer import Viewer


@dataclass(frozen=True)
class KeptDay:
    """A day in the table of a unit."""

    day: date
    works: bool
    name: str
    #: Of which unit it is: the unit itself or one above it.
    unit_name: str
    own: bool


@dataclass(frozen=True)
class YearView:
    """The table of a unit for a year."""

    unit_id: int
    unit_code: str
    unit_name: str
    year: int
    #: The program knows the year from the announcement of the State Council.
    announced: bool
    #: When the unit, or one above it, entered the year completely, and who.
    kept_at: datetime | None
    kept_by: str | None
    known_until: date
    days: tuple[KeptDay, ...]


def calendar_of(session: Session, unit_id: int) -> Calendar:
    """Return the working days of a unit: its own word comes before that of the units above it."""
    return calendars_of(session, [unit_id])[unit_id]


def calendars_of(session: Session, unit_ids: Sequence[int]) -> dict[int, Calendar]:
    """Return the working days of units by their ids."""
    years = [(one.unit_id, one.year) for one in session.scalars(select(CalendarYear))]
    rows = session.execute(select(CalendarDay.unit_id, CalendarDay.day, CalendarDay.works)).all()
    if not years and not rows:
        return dict.fromkeys(unit_ids, NATIONAL)
    above = _above(session, unit_ids)
    made: dict[int, Calendar] = {}
    for unit_id in unit_ids:
        path = above[unit_id]
        days: dict[date, bool] = {}
        for owner in path:
            days.update({day: works for kept_by, day, works in rows if kept_by == owner})
        made[unit_id] = Calendar(days, frozenset(year for kept_by, year in years if kept_by in path))
    return made


def _above(session: Session, unit_ids: Sequence[int]) -> Mapping[int, list[int]]:
    """Return for each unit the ids from the root down to it."""
    paths = session.execute(select(Unit.id, Unit.path).where(Unit.id.in_(unit_ids)))
    found = {key: [int(part) for part in path.split("/") if part] for key, path in paths}
    return {key: found.get(key, [key]) for key in unit_ids}


def year_of(session: Session, viewer: Viewer, unit_code: str, year: int) -> YearView:
    """Return the table of a unit for a year. Raises NotFound."""
    unit = session.scalar(select(Unit).where(Unit.code == unit_code))
    if unit is None or not viewer.may(Right.RECORD_READ, unit.id):
        raise NotFound("people.unit-not-found", "没有这个单位，或者您无权查看。请核对单位代码。")
    path = _above(session, [unit.id])[unit.id]
    kept = session.execute(
        select(CalendarDay, Unit.name)
        .join(Unit, Unit.id == CalendarDay.unit_id)
        .where(CalendarDay.unit_id.in_(path), extract("year", CalendarDay.day) == year)
    ).all()
    by_day: dict[date, KeptDay] = {}
    for row, name in sorted(kept, key=lambda one: path.index(one[0].unit_id)):
        by_day[row.day] = KeptDay(row.day, row.works, row.name, name, own=row.unit_id == unit.id)
    entered = session.execute(
        select(CalendarYear, Person.name)
        .outerjoin(Person, Person.id == CalendarYear.kept_by)
        .where(CalendarYear.unit_id.in_(path), CalendarYear.year == year)
        .order_by(CalendarYear.kept_at.desc())
    ).first()
    return YearView(
        unit_id=unit.id,
        unit_code=unit.code,
        unit_name=unit.name,
        year=year,
        announced=workdays.is_settled(year),
        kept_at=entered[0].kept_at if entered else None,
        kept_by=entered[1] if entered else None,
        known_until=calendar_of(session, unit.id).last_known,
        days=tuple(by_day[day] for day in sorted(by_day)),
    )
