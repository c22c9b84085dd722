"""The first page: each person's next thing to do, by what they may do. Every number is a link to what it counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from archive_service import workdays
from archive_service.audit.queries import EntryFilters
from archive_service.borrowing import queries as loans
from archive_service.holds import queries as holds
from archive_service.households import queries as households
from archive_service.households.views import CaseFilters
from archive_service.jobs.queries import JobFilters
from archive_service.notebook import queries as notebook
from archive_service.notebook.rules import Kind
from archive_service.people import queries as people
from archive_service.people.roles import Right, Role
from archive_service.subjects import queries as subjects
from archive_service.web import reminders
from archive_service.web.pages import completeness
from archive_service.web.visit import SignedIn, Visit
from ingest import jobs
from ingest import queries as ingest

router = APIRouter()

_CASES_SHOWN = 12
_DAYS_AHEAD = 6
_REVIEW_SHOWN = 5
_BATCHES_LOOKED_AT = 12
#: Fewer seconds a document than a careful person needs would promise too much.
_SECONDS_A_REVIEW = 20
_OPEN = CaseFilters(state="open")
_JOB_STATES = ("queued", "running", "failed")


#: Entries of the trail on the first page of who reads it.
_ENTRIES_SHOWN = 12
_RECENT_SHOWN = 8


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
    if Role.UNIT_HEAD in viewer.roles and viewer.may(Right.RECORD_READ):
        return _unit_head(visit)
    if viewer.may(Right.RECORD_READ):
        return _staff(visit)
    if viewer.may(Right.BATCH_OWN):
        return RedirectResponse("/intake", status_code=303)
    if any(map(viewer.may, (Right.SYSTEM_HEALTH, Right.PEOPLE_MANAGE, Right.AUDIT_READ))):
        return _administrator(visit)
    return visit.page("home/plain.html")


def _archivist(visit: Visit) -> Response:
    with visit.services.database.reading() as session:
        review = ingest.review_queue(session, visit.viewer, limit=_REVIEW_SHOWN)
        batches = ingest.batches(session, visit.viewer, limit=_BATCHES_LOOKED_AT)
        failed = ingest.scans(session, visit.viewer, state="set_aside", limit=_REVIEW_SHOWN)
        recent = notebook.recent_files(session, visit.viewer, limit=_RECENT_SHOWN)
    return visit.page(
        "home/archivist.html",
        review=review,
        minutes=max(1, review.total * _SECONDS_A_REVIEW // 60) if review.total else 0,
        running=[batch for batch in batches if batch.running],
        failed=failed,
        recent=recent,
        **_due(visit),
    )


def _unit_head(visit: Visit) -> Response:
    since = visit.today.replace(day=1)
    with visit.services.database.reading() as session:
        incomplete = households.cases(session, visit.viewer, filters=CaseFilters(state="open", complete=False), limit=1)
        rates = households.rates(session, visit.viewer, since=since, today=visit.today)
        waiting = loans.count_to_decide(session, visit.viewer, visit.now)
    centres = completeness.rows(rates, [])
    return visit.page("home/unit_head.html", incomplete=incomplete, centres=centres, waiting=waiting, **_due(visit))


def _staff(visit: Visit) -> Response:
    with visit.services.database.reading() as session:
        due = households.cases(session, visit.viewer, filters=_OPEN, limit=_CASES_SHOWN)
        recent = notebook.recent_files(session, visit.viewer, limit=_RECENT_SHOWN)
        saved = notebook.kept(session, visit.viewer, Kind.SAVED, limit=_RECENT_SHOWN)
        searches = notebook.kept(session, visit.viewer, Kind.SEARCH, limit=_RECENT_SHOWN)
        lent = loans.own_counts(session, visit.viewer, now=visit.now)
    return visit.page("home/staff.html", due=due, recent=recent, saved=saved, searches=searches, lent=lent)


def _administrator(visit: Visit) -> Response:
    """Show how the program is to who keeps it running, and what happened to who reads the trail."""
    viewer = visit.viewer
    health = visit.request.app.state.readiness.components() if viewer.may(Right.SYSTEM_HEALTH) else []
    counts: dict[str, int | None] = {}
    entries = None
    with visit.services.database.reading() as session:
        if viewer.may(Right.SYSTEM_HEALTH):
            counts = {state: jobs.count(session, viewer, JobFilters(state=state)) for state in _JOB_STATES}
        if viewer.may(Right.AUDIT_READ):
            entries = people.audit_entries(session, viewer, filters=EntryFilters(changes=True), limit=_ENTRIES_SHOWN)
    return visit.page("home/administrator.html", health=health, jobs_by_state=counts, entries=entries)


def _due(visit: Visit) -> dict[str, Any]:
    """Return what is due for filing: the first of it, its numbers, and the load of the days ahead."""
    today = visit.today
    with visit.services.database.reading() as session:
        due = households.cases(session, visit.viewer, filters=_OPEN, limit=_CASES_SHOWN)
        days = households.due_days(session, visit.viewer)
        rates = households.rates(session, visit.viewer, since=today.replace(day=1), today=today)
        reviews = holds.overdue(session, visit.viewer, today=today)
        answers, late = subjects.waiting_count(session, visit.viewer, today=today)
    load, count = _load(days, today), reminders.counted(days, today)
    judged = sum(rate.judged_for_time for rate in rates)
    return {
        "due": due,
        "overdue": count.overdue,
        "due_today": count.today,
        "due_week": count.week,
        "on_time": None if not judged else 100 * sum(rate.on_time for rate in rates) / judged,
        "month": f"{today:%Y-%m}",
        "load": load,
        "hold_reviews": reviews,
        "subject_answers": answers,
        "subject_late": late,
        "most": max([one.cases for one in load], default=0),
    }


def _load(days: Mapping[date, int], today: date) -> list[Load]:
    """Return the working days ahead with the cases due on each; today counts only if offices work today."""
    first = today if workdays.is_working_day(today) else workdays.add_working_days(today, 1)
    ahead = [workdays.add_working_days(first, number) for number in range(_DAYS_AHEAD)]
    return [Load(day, days.get(day, 0)) for day in ahead]
