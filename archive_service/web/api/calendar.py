"""Time limits of a case, and the holiday tables that they are counted by."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import Query
from pydantic import BaseModel

from archive_service.calendars import queries as calendars
from archive_service.lifecycle import queries
from archive_service.web.api.caller import Caller
from archive_service.web.api.route import api_router
from archive_service.web.visit import Visit

router = api_router("deadlines")


class ClockOut(BaseModel):
    """A clock of a case: of a stage, of FILING, or of a family of papers; `due_on` is null where nobody can know it."""

    of: str
    begun_on: date
    workdays: int
    due_on: date | None
    done_on: date | None
    standing: str
    over: int


class DayOut(BaseModel):
    """A day that a unit keeps itself."""

    day: date
    works: bool
    name: str
    unit_name: str


class YearOut(BaseModel):
    """The table of a unit for a year; deadlines are known up to `known_until`."""

    centre: str
    year: int
    announced: bool
    known_until: date
    days: list[DayOut]


@router.get("/cases/{application_no}/clocks")
def list_clocks(visit: Caller, application_no: str) -> list[ClockOut]:
    """Return the clocks of a case that have begun."""
    workdays = visit.services.settings.filing_due_workdays
    with visit.services.database.reading() as session:
        found = queries.case_clocks(
            session, visit.viewer, application_no, today=visit.today, filing_due_workdays=workdays
        )
    return [ClockOut(**vars(one)) for one in found]


@router.get("/calendars/{centre}")
def get_calendar(visit: Caller, centre: str, year: Annotated[int | None, Query(ge=1950, le=2200)] = None) -> YearOut:
    """Return what a unit, and those above it, keep of a year, of this one unless another is asked for."""
    with visit.services.database.reading() as session:
        return year_out(session, visit, centre, year or visit.today.year)


def year_out(session: Any, visit: Visit, centre: str, year: int) -> YearOut:
    """Return the table of a unit as the interface answers it. Raises NotFound."""
    view = calendars.year_of(session, visit.viewer, centre, year)
    days = [DayOut(day=one.day, works=one.works, name=one.name, unit_name=one.unit_name) for one in view.days]
    return YearOut(
        centre=view.unit_code, year=view.year, announced=view.announced, known_until=view.known_until, days=days
    )
