"""Cancel and retry: the job's row, its scan and the audit entry change together or not at all.

The job is locked before its scan, as the worker does that ends it, so that neither waits for the other for ever.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from archive_service.audit.record import record
from archive_service.db.session import Database
from archive_service.errors import Invalid, NotFound, Refused
from archive_service.jobs import actions
from archive_service.jobs.queries import JobFilters
from archive_service.people.viewer import Viewer
from ingest import pipeline
from ingest.jobs import queries
from ingest.jobs.views import JobView
from ingest.quality import rescan
from ingest.quality.rescan import RESCAN_JOB

#: Most jobs that one call puts back, so that a door answers in time.
MOST = 500
_LONGEST_REASON = 200


@dataclass(frozen=True)
class Retried:
    """What became of failed jobs that were to be tried again."""

    jobs: tuple[int, ...]
    #: Their queues, for the nudge.
    queues: frozenset[str]
    #: Jobs that stay as they are, with the sentence that says why.
    refused: Mapping[int, str]
    #: The last job looked at, if there may be more behind it.
    next_after: int | None


def cancel(session: Session, viewer: Viewer, job_id: int, *, reason: str, now: datetime) -> None:
    """End a job that is queued or running; its scan is set aside with what is finished of it.

    Raises NotFound, Invalid without a reason, and Refused when the job has ended already.
    """
    job = queries.find(session, viewer, job_id).job
    reason = reason.strip()
    if not reason or len(reason) > _LONGEST_REASON:
        raise Invalid("job.reason", f"请写明取消的原因，不超过 {_LONGEST_REASON} 字。")
    row = actions.cancel(session, job_id, now=now)
    _audit(session, viewer, job, "job.cancelled", {"reason": reason}, now=now)
    if job.scan_id is not None:
        pipeline.stop(session, job.scan_id, now=now)
    if row.kind == RESCAN_JOB:
        rescan.stop(session, int(row.subject), now=now)


def retry(session: Session, viewer: Viewer, job_id: int, *, now: datetime) -> str:
    """Queue a failed or cancelled job again; its scan goes on from its last finished page. Return the queue.

    Raises NotFound, and Refused when the job is done or on its way, or its scan no longer waits for it.
    """
    job = queries.find(session, viewer, job_id).job
    row = actions.put_back(session, job_id, now=now)
    if job.scan_id is not None:
        row.queue = _resume(session, job.scan_id, now=now)
    if row.kind == RESCAN_JOB:
        rescan.resume(session, int(row.subject))
    _audit(session, viewer, job, "job.retried", {"code": job.error_code}, now=now)
    return row.queue


def retry_failed(
    database: Database, viewer: Viewer, filters: JobFilters, *, now: datetime, after: int | None = None
) -> Retried:
    """Queue the failed jobs that fit again, oldest first, each in a transaction of its own; at most MOST of them."""
    queries.check_may_look(viewer)
    chosen = JobFilters(state="failed", queue=filters.queue, kind=filters.kind)
    with database.reading() as session:
        ids = queries.ids(session, viewer, chosen, after=after, limit=MOST)
    done: list[int] = []
    queues: set[str] = set()
    refused: dict[int, str] = {}
    for job_id in ids:
        try:
            with database.unit_of_work() as session:
                queues.add(retry(session, viewer, job_id, now=now))
            done.append(job_id)
        except (Refused, NotFound) as e:
            # Somebody else was quicker, or the file went another way; the others are not kept back.
            refused[job_id] = e.message
    return Retried(tuple(done), frozenset(queues), refused, ids[-1] if len(ids) == MOST else None)


def _resume(session: Session, scan_id: int, *, now: datetime) -> str:
    try:
        return pipeline.resume(session, scan_id, now=now).queue
    except IntegrityError as e:
        # The same bytes are being received at this very moment.
        raise pipeline.file_again(scan_id) from e


def _audit(
    session: Session, viewer: Viewer, job: JobView, did: str, facts: Mapping[str, object], *, now: datetime
) -> None:
    record(
        session,
        by=viewer.actor,
        did=did,
        object_kind="job",
        object_id=job.id,
        unit_id=job.unit_id,
        facts={"kind": job.kind, "scan": job.scan_id, **facts},
        now=now,
    )
