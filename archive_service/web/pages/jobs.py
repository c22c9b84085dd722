"""Background jobs: the list with its progress, one of them, cancel and retry."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from archive_service.errors import ArchiveError, Invalid, Refused
from archive_service.jobs.nudge import nudge
from archive_service.jobs.queries import UNFINISHED, JobFilters
from archive_service.web import render
from archive_service.web.forms import Form, SentForm
from archive_service.web.i18n import N_
from archive_service.web.pages.people import inside
from archive_service.web.visit import Id, SignedIn, Visit, whole_number
from ingest import jobs

router = APIRouter()

_SHOWN = 50
_STOP_POLLING = 286
REASONS = (N_("传错了文件"), N_("批次或单位不对"), N_("重复扫描"), N_("先处理别的文件"), N_("其他"))


@router.get("/jobs")
def list_jobs(visit: SignedIn) -> Response:
    """List jobs, newest first, filtered by what stands in the address; without a state, those that are not done."""
    asked = {name: visit.request.query_params.get(name, "") for name in ("state", "queue", "kind")}
    filters = _filters(asked)
    after = whole_number(visit.request.query_params.get("after"))
    failed = JobFilters(state="failed", queue=filters.queue, kind=filters.kind)
    with visit.services.database.reading() as session:
        found = jobs.listing(session, visit.viewer, filters, after=after, limit=_SHOWN)
        count = jobs.count(session, visit.viewer, failed)
    return visit.page(
        "jobs/list.html",
        found=found,
        filters=filters,
        asked=asked,
        filtered=any(asked.values()),
        after=after,
        failed=count,
        now=visit.now,
        figures=_told(visit),
    )


@router.get("/jobs/moving")
def show_progress(visit: SignedIn) -> Response:
    """Return the changing cells of the jobs asked for; says when there is nothing left to wait for."""
    asked = visit.request.query_params
    ids = [number for number in map(whole_number, asked.get("ids", "").split(",")[:_SHOWN]) if number]
    with visit.services.database.reading() as session:
        found = jobs.moving(session, visit.viewer, ids)
    goes_on = any(job.may_cancel for job in found)
    headers = {"HX-Refresh": "true"} if asked.get("alone") and not goes_on else {}
    return visit.page(
        "jobs/moving.html",
        status=200 if goes_on or headers else _STOP_POLLING,
        headers=headers,
        jobs=found,
        now=visit.now,
        next=inside(asked.get("next", "/jobs")),
    )


@router.get("/jobs/retry-failed")
def ask_retry_failed(visit: SignedIn) -> Response:
    """Ask before all failed jobs that fit are tried again, with their number."""
    chosen = {name: visit.request.query_params.get(name, "") for name in ("queue", "kind")}
    filters = _filters({**chosen, "state": "failed"})
    jobs.check_may_look(visit.viewer)
    with visit.services.database.reading() as session:
        failed = jobs.count(session, visit.viewer, filters)
    return visit.page("jobs/retry_failed.html", failed=failed, filters=filters, most=jobs.MOST)


@router.post("/jobs/retry-failed")
def retry_failed(visit: SignedIn, form: SentForm) -> Response:
    """Queue all failed jobs that fit again."""
    chosen = {name: form.text(name, limit=40) for name in ("queue", "kind")}
    filters = _filters({**chosen, "state": "failed"})
    done = jobs.retry_failed(visit.services.database, visit.viewer, filters, now=visit.now)
    nudge(visit.services.settings, sorted(done.queues))
    told = {"done": "all-retried", "retried": len(done.jobs), "refused": len(done.refused)}
    return RedirectResponse(render.query("/jobs", {**chosen, **told}), status_code=303)


@router.get("/jobs/{job_id}")
def show_job(visit: SignedIn, job_id: Id) -> Response:
    """Show one job with what happened to it."""
    return _show(visit, job_id)


@router.get("/jobs/{job_id}/cancel")
def ask_reason(visit: SignedIn, job_id: Id) -> Response:
    """Ask for the reason before a job is cancelled."""
    with visit.services.database.reading() as session:
        job = jobs.find(session, visit.viewer, job_id).job
    if not job.may_cancel:
        return _show(visit, job_id)
    return _ask(visit, job, f"/jobs/{job_id}/cancel", visit.request.query_params.get("next", f"/jobs/{job_id}"))


@router.post("/jobs/{job_id}/cancel")
def cancel(visit: SignedIn, form: SentForm, job_id: Id) -> Response:
    """Cancel a job; what cannot be cancelled any more is shown with the reason why."""
    try:
        with visit.services.database.unit_of_work() as session:
            jobs.cancel(session, visit.viewer, job_id, reason=reason_of(form), now=visit.now)
    except (Invalid, Refused) as error:
        return _show(visit, job_id, error)
    return _back(form, f"/jobs/{job_id}", "cancelled")


@router.post("/jobs/{job_id}/retry")
def retry(visit: SignedIn, form: SentForm, job_id: Id) -> Response:
    """Queue a failed or cancelled job again."""
    try:
        with visit.services.database.unit_of_work() as session:
            queue = jobs.retry(session, visit.viewer, job_id, now=visit.now)
    except Refused as error:
        return _show(visit, job_id, error)
    nudge(visit.services.settings, (queue,))
    return _back(form, f"/jobs/{job_id}", "retried")


@router.get("/scans/{scan_id}/cancel")
def ask_reason_for_scan(visit: SignedIn, scan_id: Id) -> Response:
    """Ask for the reason before the work on a file is cancelled, whichever step it has come to."""
    with visit.services.database.reading() as session:
        job = jobs.open_job_of_scan(session, visit.viewer, scan_id)
    return _ask(visit, job, f"/scans/{scan_id}/cancel", f"/scans/{scan_id}")


@router.post("/scans/{scan_id}/cancel")
def cancel_for_scan(visit: SignedIn, form: SentForm, scan_id: Id) -> Response:
    """Cancel the work on a file."""
    with visit.services.database.unit_of_work() as session:
        job = jobs.open_job_of_scan(session, visit.viewer, scan_id)
        jobs.cancel(session, visit.viewer, job.id, reason=reason_of(form), now=visit.now)
    return _back(form, f"/scans/{scan_id}", "cancelled")


def _filters(asked: dict[str, str]) -> JobFilters:
    state = asked["state"] or UNFINISHED
    return JobFilters(
        state=None if state == "all" else state, queue=asked["queue"] or None, kind=asked["kind"][:40] or None
    )


def _told(visit: Visit) -> dict[str, int | None]:
    """Return the figures of what was just done, for the toast."""
    return {name: whole_number(visit.request.query_params.get(name)) for name in ("retried", "refused", "count")}


def _show(visit: Visit, job_id: int, error: ArchiveError | None = None) -> Response:
    with visit.services.database.reading() as session:
        detail = jobs.find(session, visit.viewer, job_id)
    return visit.page(
        "jobs/detail.html",
        refusal=error,
        detail=detail,
        job=detail.job,
        now=visit.now,
        figures=_told(visit),
    )


def _ask(visit: Visit, job: jobs.JobView, address: str, back: str) -> Response:
    return visit.page("jobs/cancel.html", job=job, address=address, next=inside(back), reasons=REASONS, error="")


def reason_of(form: Form) -> str:
    """Return the reason that a form gives: what was chosen, and what was said besides."""
    code, text = form.text("reason_code", limit=60), form.text("reason", limit=200)
    return "：".join(part for part in (code, text) if part)


def _back(form: Form, usual: str, done: str) -> Response:
    back = inside(form.text("next") or usual)
    return RedirectResponse(f"{back}{'&' if '?' in back else '?'}done={done}", status_code=303)
