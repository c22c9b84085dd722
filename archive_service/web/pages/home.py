"""The first page: each person's next thing to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from archive_service import workdays
from archive_service.households import queries as households
from archive_service.households.views import CaseFilters
from archive_service.people.roles import Right
from archive_service.web.pages import completeness
from archive_service.web.visit import SignedIn, Visit
from ingest import queries as ingest

router = APIRouter()

_CASES_SHOWN = 12
_DAYS_AHEAD = 6
_REVIEW_SHOWN = 5
_BATCHES_LOOKED_AT = 12
#: Fewer seconds a document than a careful person needs would promise too much.
_SECONDS_A_REVIEW = 20
_OPEN = CaseFilters(state="collecting")


@dataclass(frozen=True)
class Load:
    """A working day and how many cases are due on it."""

    day: date
    cases: int


@router.get("/")
def show_home(visit: SignedIn) -> Response:
    """Show the home page of this person's work."""
    viewer = visit.viewer
    if viewer.may(Right.SCAN_REVIEW):
        return _archivist(visit)
    if viewer.may(Right.AUDIT_READ) and viewer.may(Right.RECORD_READ):
        return completeness.show(visit, template="home/auditor.html")
    if viewer.may(Right.RECORD_READ):
        return _staff(visit)
    if viewer.may(Right.BATCH_OWN):
        return RedirectResponse("/intake", status_code=303)
    return visit.page("home/plain.html")


def _archivist(visit: Visit) -> Response:
    today = visit.today
    with visit.services.database.reading() as session:
        due = households.cases(session, visit.viewer, filters=_OPEN, limit=_CASES_SHOWN)
        days = households.due_days(session, visit.viewer)
        review = ingest.review_queue(session, visit.viewer, limit=_REVIEW_SHOWN)
        batches = ingest.batches(session, visit.viewer, limit=_BATCHES_LOOKED_AT)
        failed = ingest.scans(session, visit.viewer, state="set_aside", limit=_REVIEW_SHOWN)
        rates = households.rates(session, visit.viewer, since=today.replace(day=1), until=today, today=today)
    load = _load(days, today)
    judged = sum(rate.judged_for_time for rate in rates)
    return visit.page(
        "home/archivist.html",
        due=due,
        overdue=sum(cases for day, cases in days.items() if day < today),
        due_today=days.get(today, 0),
        review=review,
        minutes=max(1, review.total * _SECONDS_A_REVIEW // 60) if review.total else 0,
        running=[batch for batch in batches if batch.running],
        failed=failed,
        on_time=None if not judged else 100 * sum(rate.on_time for rate in rates) / judged,
        load=load,
        most=max([one.cases for one in load], default=0),
    )


def _staff(visit: Visit) -> Response:
    with visit.services.database.reading() as session:
        due = households.cases(session, visit.viewer, filters=_OPEN, limit=_CASES_SHOWN)
    return visit.page("home/staff.html", due=due)


def _load(days: Mapping[date, int], today: date) -> list[Load]:
    """Return the working days ahead with the cases due on each; today counts only if offices work today."""
    first = today if workdays.is_working_day(today) else workdays.add_working_days(today, 1)
    ahead = [workdays.add_working_days(first, number) for number in range(_DAYS_AHEAD)]
    return [Load(day, days.get(day, 0)) for day in ahead]
