"""Background jobs: follow them, cancel one, have failed ones tried again."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import Query, Request
from pydantic import BaseModel, Field

from archive_service.jobs.nudge import nudge
from archive_service.jobs.queries import STATES, UNFINISHED, JobFilters
from archive_service.jobs.queue import QUEUES
from archive_service.web.api.caller import Caller, Words
from archive_service.web.api.route import api_router, check_match
from archive_service.web.api.scans import Problem
from archive_service.web.visit import LARGEST_ID, Id
from ingest import jobs

router = api_router("jobs")

State = Annotated[str | None, Query(pattern=f"^({'|'.join((*STATES, UNFINISHED))})$")]
Queue = Annotated[str | None, Query(pattern=f"^({'|'.join(QUEUES)})$")]
Kind = Annotated[str | None, Query(max_length=40)]


class JobOut(BaseModel):
    """A job. `since`: waiting or running since then, or to be tried again then; `attempt` of `max_attempts` tries."""

    job: str
    kind: str
    step: str | None
    queue: str
    state: str
    scan: str | None
    file: str | None
    batch: str | None
    done_units: int
    total_units: int
    attempt: int
    max_attempts: int
    created_at: datetime
    since: datetime
    finished_at: datetime | None
    error: Problem | None
    may_cancel: bool
    may_retry: bool


class EventOut(BaseModel):
    """Something that happened to a job or its file."""

    at: datetime
    by: str
    did: str
    reason: str | None


class JobDetail(JobOut):
    """A job with its history, newest first; `error_detail` only for those who look after the system."""

    error_detail: str | None
    history: list[EventOut]


class JobList(BaseModel):
    """A page of jobs, newest first; `next` goes into `after`. `total` is null when there are too many to count."""

    jobs: list[JobOut]
    total: int | None
    next: int | None


class Reason(BaseModel):
    """Why a job is cancelled."""

    reason: Words = Field(max_length=400)


class RetriedOut(BaseModel):
    """What became of the failed jobs; `next` goes into `after` when there may be more."""

    retried: list[str]
    refused: dict[str, str]
    next: int | None


@router.get("/jobs")
def list_jobs(
    visit: Caller,
    state: State = None,
    queue: Queue = None,
    kind: Kind = None,
    after: Annotated[int | None, Query(ge=1, le=LARGEST_ID)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> JobList:
    """List jobs, newest first."""
    with visit.services.database.reading() as session:
        found = jobs.listing(session, visit.viewer, JobFilters(state, queue, kind), after=after, limit=limit)
    return JobList(jobs=[_job(row) for row in found.rows], total=found.total, next=found.next_after)


@router.post("/jobs/retry-failed")
def retry_failed(
    visit: Caller,
    queue: Queue = None,
    kind: Kind = None,
    after: Annotated[int | None, Query(ge=1, le=LARGEST_ID)] = None,
) -> RetriedOut:
    """Queue the failed jobs that fit again, at most 500 of them in one call."""
    filters = JobFilters(queue=queue, kind=kind)
    done = jobs.retry_failed(visit.services.database, visit.viewer, filters, now=visit.now, after=after)
    nudge(visit.services.settings, sorted(done.queues))
    refused = {str(number): message for number, message in done.refused.items()}
    return RetriedOut(retried=[str(number) for number in done.jobs], refused=refused, next=done.next_after)


@router.get("/jobs/{job_id}")
def get_job(visit: Caller, job_id: Id) -> JobDetail:
    """Return a job with its history."""
    return _detail(visit, job_id)


@router.post("/jobs/{job_id}/cancel")
def cancel_job(visit: Caller, request: Request, job_id: Id, why: Reason) -> JobDetail:
    """Cancel a job that is queued or running; what is finished of its file stays."""
    check_match(request, _detail(visit, job_id))
    with visit.services.database.unit_of_work() as session:
        jobs.cancel(session, visit.viewer, job_id, reason=why.reason, now=visit.now)
    return _detail(visit, job_id)


@router.post("/jobs/{job_id}/retry")
def retry_job(visit: Caller, request: Request, job_id: Id) -> JobDetail:
    """Queue a failed or cancelled job again; its file goes on from the last finished page."""
    check_match(request, _detail(visit, job_id))
    with visit.services.database.unit_of_work() as session:
        queue = jobs.retry(session, visit.viewer, job_id, now=visit.now)
    nudge(visit.services.settings, (queue,))
    return _detail(visit, job_id)


def _detail(visit: Caller, job_id: int) -> JobDetail:
    with visit.services.database.reading() as session:
        found = jobs.find(session, visit.viewer, job_id)
    history = [
        EventOut(at=event.at, by=event.person_name, did=event.did, reason=event.facts.get("reason"))
        for event in found.history
    ]
    return JobDetail(**_job(found.job).model_dump(), error_detail=found.error_detail, history=history)


def _job(row: jobs.JobView) -> JobOut:
    return JobOut(
        job=str(row.id),
        kind=row.kind,
        step=row.step,
        queue=row.queue,
        state=row.state,
        scan=str(row.scan_id) if row.scan_id else None,
        file=row.file_name,
        batch=str(row.batch_id) if row.batch_id else None,
        done_units=row.done_units,
        total_units=row.total_units,
        attempt=row.attempt,
        max_attempts=row.max_attempts,
        created_at=row.created_at,
        since=row.since,
        finished_at=row.finished_at,
        error=Problem(code=row.error_code, message=row.error_message or "") if row.error_code else None,
        may_cancel=row.may_cancel,
        may_retry=row.may_retry,
    )
