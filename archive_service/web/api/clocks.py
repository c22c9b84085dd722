"""Stopping and starting the clocks of a case, saying why one was missed, closing an account, keeping a calendar."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Path
from pydantic import BaseModel, Field

from archive_service.lifecycle import actions, queries
from archive_service.web.api.calendar import ClockOut, YearOut, list_clocks, year_out
from archive_service.web.api.caller import Caller, Day, Words
from archive_service.web.api.route import api_router
from archive_service.web.pages import papers
from archive_service.web.visit import Visit
from retention import reckoning

router = api_router("deadlines")


class Pause(BaseModel):
    """From which day on the clocks stand still, and why."""

    first_on: Day
    reason: Words = Field(max_length=500)


class Lateness(BaseModel):
    """Why a clock was missed: a code such as customer, and words."""

    clock: Words = Field(max_length=20)
    code: Words = Field(max_length=20)
    note: Words = Field("", max_length=500)


class MissedOut(BaseModel):
    """Why a clock of a case was missed."""

    clock: str
    code: str
    note: str


class ClosedOut(BaseModel):
    """An account that was closed, and how many cases with it."""

    account_no: str
    cases: int


class KeptDay(BaseModel):
    """A day that a unit keeps itself: a holiday, or a day off that is worked."""

    day: Day
    works: bool
    name: Words = Field("", max_length=40)


class KeptYear(BaseModel):
    """The days of a year that a unit keeps itself, all of them; `complete`: the year is announced and whole."""

    days: list[KeptDay] = Field(max_length=366)
    complete: bool = False


class WrittenOut(BaseModel):
    """The scan that has a paper that the program wrote; `new` is false when it had been handed in before."""

    scan: str
    new: bool


@router.post("/cases/{application_no}/pause")
def pause(visit: Caller, application_no: str, said: Pause) -> list[ClockOut]:
    """Let the clocks of a case stand still from a day on, while the customer owes papers."""
    with visit.services.database.unit_of_work() as session:
        actions.pause_case(session, application_no, first_on=said.first_on, reason=said.reason, **_said(visit))
    return list_clocks(visit, application_no)


@router.post("/cases/{application_no}/resume")
def resume(visit: Caller, application_no: str) -> list[ClockOut]:
    """Let the clocks of a case run again."""
    with visit.services.database.unit_of_work() as session:
        actions.resume_case(session, application_no, **_said(visit))
    return list_clocks(visit, application_no)


@router.get("/cases/{application_no}/lateness")
def list_lateness(visit: Caller, application_no: str) -> list[MissedOut]:
    """Return why clocks of a case were missed."""
    with visit.services.database.reading() as session:
        return _missed(session, visit, application_no)


@router.post("/cases/{application_no}/lateness")
def say_why(visit: Caller, application_no: str, said: Lateness) -> list[MissedOut]:
    """Say why a clock of a case was missed, once."""
    with visit.services.database.unit_of_work() as session:
        actions.say_why_late(session, application_no, clock=said.clock, code=said.code, note=said.note, **_said(visit))
        return _missed(session, visit, application_no)


@router.post("/households/{account_no}/close")
def close_household(visit: Caller, account_no: str) -> ClosedOut:
    """Close an account and its cases, once its cancellation is filed."""
    with visit.services.database.unit_of_work() as session:
        count = actions.close_household(session, account_no, by=visit.viewer, now=visit.now)
        reckoning.reckon_account(session, account_no, today=visit.today)
    return ClosedOut(account_no=account_no, cases=count)


@router.put("/calendars/{centre}/{year}")
def keep_calendar(visit: Caller, centre: str, year: Annotated[int, Path(ge=1950, le=2200)], said: KeptYear) -> YearOut:
    """Keep the table of a unit for a year, in the place of what it kept before, and move the deadlines that follow."""
    days = {one.day: (one.works, one.name) for one in said.days}
    with visit.services.database.unit_of_work() as session:
        actions.keep_year(
            session,
            centre,
            year,
            days,
            complete=said.complete,
            by=visit.viewer,
            now=visit.now,
            filing_due_workdays=visit.services.settings.filing_due_workdays,
        )
        return year_out(session, visit, centre, year)


@router.post("/cases/{application_no}/papers/{paper}/file")
def file_paper(visit: Caller, application_no: str, paper: str) -> WrittenOut:
    """Write a paper of a case, such as its contents, and hand it in as one of its papers; the same one only once."""
    new, scan_id = papers.write(visit, application_no, paper)
    return WrittenOut(scan=str(scan_id), new=new)


def _said(visit: Visit) -> dict[str, Any]:
    workdays = visit.services.settings.filing_due_workdays
    return {"by": visit.viewer, "now": visit.now, "today": visit.today, "filing_due_workdays": workdays}


def _missed(session: Any, visit: Visit, application_no: str) -> list[MissedOut]:
    found = queries.reasons_of(session, visit.viewer, application_no)
    return [MissedOut(clock=clock, code=code, note=note) for clock, (code, note) in sorted(found.items())]
