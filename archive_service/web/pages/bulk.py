"""Acts on the ticked rows of a list: jobs, scans that wait for a person, cases."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from archive_service.jobs.nudge import nudge
from archive_service.people.roles import Right
from archive_service.web import bulk
from archive_service.web.forms import Form, SentForm
from archive_service.web.pages.cases import hand_over_chosen
from archive_service.web.pages.jobs import REASONS, reason_of
from archive_service.web.pages.people import inside
from archive_service.web.visit import SignedIn, Visit
from ingest import jobs
from ingest.claims import actions as claims
from ingest.claims import queries as holding

router = APIRouter()


@router.post("/jobs/chosen/retry")
def retry_jobs(visit: SignedIn, form: SentForm) -> Response:
    """Queue the ticked jobs again."""
    jobs.check_may_look(visit.viewer)
    queues: set[str] = set()

    def act(session: Any, job_id: int) -> None:
        queues.add(jobs.retry(session, visit.viewer, job_id, now=visit.now))

    outcome = bulk.each(visit, bulk.chosen(form), act)
    nudge(visit.services.settings, sorted(queues))
    return bulk.told(visit, form, outcome, "/jobs", "/jobs/%d")


@router.post("/jobs/chosen/cancel")
def cancel_jobs(visit: SignedIn, form: SentForm) -> Response:
    """Cancel the ticked jobs; without a reason, ask for it first."""
    jobs.check_may_look(visit.viewer)
    ids, reason = bulk.chosen(form), reason_of(form)
    if not reason:
        return visit.page("bulk/cancel.html", ids=ids, back=_back(form, "/jobs"), reasons=REASONS)
    outcome = bulk.each(
        visit, ids, lambda session, job_id: jobs.cancel(session, visit.viewer, job_id, reason=reason, now=visit.now)
    )
    return bulk.told(visit, form, outcome, "/jobs", "/jobs/%d")


@router.post("/review/queue/take")
def take_scans(visit: SignedIn, form: SentForm) -> Response:
    """Take the ticked scans into one's own hands, also out of others', on record."""
    visit.viewer.require(Right.SCAN_REVIEW)
    minutes = visit.services.settings.review_claim_minutes
    outcome = bulk.each(
        visit,
        bulk.chosen(form),
        lambda session, scan_id: claims.take(session, visit.viewer, scan_id, minutes=minutes, now=visit.now, over=True),
    )
    return bulk.told(visit, form, outcome, "/review/queue", "/scans/%d")


@router.post("/review/queue/hand-over")
def hand_scans_over(visit: SignedIn, form: SentForm) -> Response:
    """Give the ticked scans to a colleague; without a name, ask for it first."""
    visit.viewer.require(Right.SCAN_REVIEW)
    ids, to = bulk.chosen(form), form.id("person")
    if to is None:
        return visit.page("bulk/hand_over.html", ids=ids, back=_back(form, "/review/queue"), colleagues=_near(visit))
    note = form.text("note", limit=200)
    outcome = bulk.each(
        visit, ids, lambda session, scan_id: claims.hand_over(
            session, visit.viewer, scan_id, to=to, note=note, now=visit.now
        )
    )  # fmt: skip
    return bulk.told(visit, form, outcome, "/review/queue", "/scans/%d")


@router.post("/cases/export")
def export_chosen_cases(visit: SignedIn, form: SentForm) -> Response:
    """Hand over the ticked cases as CSV, on record."""
    visit.viewer.require(Right.RECORD_READ)
    return hand_over_chosen(visit, bulk.chosen(form))


def _near(visit: Visit) -> list[Any]:
    """Return who may review where the person reviews; each scan is looked at again when it is given."""
    found: dict[int, Any] = {}
    with visit.services.database.reading() as session:
        for unit_id in sorted(visit.viewer.units(Right.SCAN_REVIEW)):
            found |= {one.id: one for one in holding.colleagues(session, visit.viewer, unit_id)}
    return sorted(found.values(), key=lambda one: str(one.login))


def _back(form: Form, usual: str) -> str:
    return inside(form.text("next") or usual)
