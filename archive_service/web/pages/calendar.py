"""The holiday table of a unit: what is announced, what the unit keeps itself, and until when deadlines are known."""

from __future__ import annotations

import re
from datetime import date

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from archive_service.calendars import queries
from archive_service.errors import Invalid
from archive_service.lifecycle import actions
from archive_service.people import queries as people
from archive_service.people.roles import Right
from archive_service.web.forms import SentForm
from archive_service.web.visit import SignedIn, Visit

router = APIRouter()

_LINE = re.compile(r"(\d{4}-\d{2}-\d{2})\s+(休|班|off|on)(?:\s+(\S.*))?", re.ASCII)


@router.get("/calendar")
def show_calendar(visit: SignedIn) -> Response:
    """Show the table of a unit for a year."""
    visit.viewer.require(Right.RECORD_READ)
    asked = visit.request.query_params
    return _page(visit, asked.get("centre", ""), asked.get("year", ""))


@router.post("/calendar")
def keep_calendar(visit: SignedIn, form: SentForm) -> Response:
    """Keep the table of a unit for a year, and move the deadlines that follow from it."""
    centre, year = form.text("centre", limit=40), form.text("year", limit=4)
    try:
        with visit.services.database.unit_of_work() as session:
            actions.keep_year(
                session,
                centre,
                int(year) if year.isdigit() and year.isascii() else 0,
                days_of(form.text("days", limit=20_000)),
                complete=form.flag("complete"),
                by=visit.viewer,
                now=visit.now,
                filing_due_workdays=visit.services.settings.filing_due_workdays,
            )
    except Invalid as error:
        return _page(visit, centre, year, error=visit.told(error), said=form.text("days", limit=20_000), status=422)
    return RedirectResponse(f"/calendar?centre={centre}&year={year}&done=calendar-kept", status_code=303)


def days_of(text: str) -> dict[date, tuple[bool, str]]:
    """Return the days of a table, a line each: 2027-01-01 休 元旦, or off and on. Raises Invalid, naming the line."""
    found: dict[date, tuple[bool, str]] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        match = _LINE.fullmatch(line.strip())
        try:
            day = date.fromisoformat(match[1]) if match else None
        except ValueError:
            day = None
        if match is None or day is None:
            raise Invalid("calendar.line", f"第 {number} 行不对。请写成“2027-01-01 休 元旦”的样子，调休上班写“班”。")
        if day in found:
            raise Invalid("calendar.line", f"第 {number} 行的日期前面已经写过。请只写一次。")
        found[day] = (match[2] in ("班", "on"), match[3] or "")
    return found


def _page(
    visit: Visit, centre: str, year: str, *, error: str = "", said: str | None = None, status: int = 200
) -> Response:
    chosen = int(year) if re.fullmatch(r"\d{4}", year, re.ASCII) else visit.today.year
    with visit.services.database.reading() as session:
        units = people.unit_tree(session, visit.viewer, Right.RECORD_READ)
        code = centre or (units[0].code if units else "")
        view = queries.year_of(session, visit.viewer, code, chosen)
    own = "\n".join(f"{one.day} {'班' if one.works else '休'} {one.name}".rstrip() for one in view.days if one.own)
    return visit.page(
        "lifecycle/calendar.html",
        status=status,
        table=view,
        units=units,
        own=own if said is None else said,
        error=error,
        may_keep=visit.viewer.may(Right.CALENDAR_KEEP, view.unit_id),
    )
