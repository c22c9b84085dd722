"""Reads of jobs, limited to what the viewer works on or looks after."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, and_, case, cast, func, or_, select
from sqlalchemy.orm import Session

from archive_service.audit.queries import page_of
from archive_service.audit.tables import AuditEntry
from archive_service.errors import NotFound, NotPermitted, Refused
from archive_service.jobs.actions import not_found
from archive_service.jobs.queries import ENDED, OPEN, JobFilters
from archive_service.jobs.queue import tries
from archive_service.jobs.tables import Job
from archive_service.people.roles import Right
from archive_service.people.viewer import Viewer
from ingest import states
from ingest.jobs.views import JobDetail, JobListing, JobView, sentence
from ingest.pipeline import STEPS
from ingest.receive import STEP_JOB
from ingest.tables import Batch, Scan

#: More jobs than this are not counted: a list says "more", and the database is spared.
MOST_COUNTED = 10_000
_HISTORY = 50

# A subject is text; only that of a step is a scan's number, and only then may the database read it as one.
_SCAN_ID = case((Job.kind == STEP_JOB, cast(Job.subject, BigInteger)))


def listing(
    session: Session, viewer: Viewer, filters: JobFilters, *, after: int | None = None, limit: int = 50
) -> JobListing:
    """List jobs, newest first, below the id `after`; raises NotPermitted for those who have to do with none."""
    check_may_look(viewer)
    chosen = _seen(viewer).where(filters.condition())
    counted = count(session, viewer, filters)
    if after is not None:
        chosen = chosen.where(Job.id < after)
    rows = session.execute(chosen.order_by(Job.id.desc()).limit(limit + 1)).all()
    next_after = rows[limit - 1][0].id if len(rows) > limit else None
    return JobListing(_views(viewer, rows[:limit]), counted if counted <= MOST_COUNTED else None, next_after)


def count(session: Session, viewer: Viewer, filters: JobFilters) -> int:
    """Return how many jobs there are; one more than MOST_COUNTED stands for any larger number."""
    found = _seen(viewer).where(filters.condition()).with_only_columns(Job.id).limit(MOST_COUNTED + 1)
    return session.scalar(select(func.count()).select_from(found.subquery())) or 0


def ids(session: Session, viewer: Viewer, filters: JobFilters, *, after: int | None, limit: int) -> list[int]:
    """Return the ids of jobs, oldest first, above the id `after`."""
    chosen = _seen(viewer).where(filters.condition(), Job.id > (after or 0)).with_only_columns(Job.id)
    return list(session.scalars(chosen.order_by(Job.id).limit(limit)))


def find(session: Session, viewer: Viewer, job_id: int) -> JobDetail:
    """Return one job; raises NotFound when it does not exist or the viewer may not know of it."""
    row = session.execute(_seen(viewer).where(Job.id == job_id)).one_or_none()
    if row is None:
        raise not_found()
    job: Job = row[0]
    (shown,) = _views(viewer, [row])
    operator = viewer.may(Right.SYSTEM_HEALTH, shown.unit_id)
    return JobDetail(
        shown, job.error_detail if operator else None, job.worker if operator else None, _history(session, shown)
    )


def moving(session: Session, viewer: Viewer, job_ids: Sequence[int]) -> tuple[JobView, ...]:
    """Return those of the jobs that the viewer may see, whatever has become of them; for progress.

    Raises NotPermitted for somebody who sees no jobs at all.
    """
    check_may_look(viewer)
    return _views(viewer, session.execute(_seen(viewer).where(Job.id.in_(job_ids)).order_by(Job.id)).all())


def jobs_of_scan(session: Session, viewer: Viewer, scan_id: int) -> tuple[JobView, ...]:
    """Return the jobs of a scan that are not done, newest first."""
    of_scan = (Job.kind == STEP_JOB, Job.subject == str(scan_id), Job.state.in_((*OPEN, *ENDED)))
    return _views(viewer, session.execute(_seen(viewer).where(*of_scan).order_by(Job.id.desc())).all())


def open_job_of_scan(session: Session, viewer: Viewer, scan_id: int) -> JobView:
    """Return the job of a scan that is queued or running; raises NotFound, and Refused when nothing is owed to it."""
    shown = session.get(Scan, scan_id)
    if shown is None or shown.unit_id not in _units(viewer):
        raise NotFound("scan.not-found", "没有这份扫描件，或您无权查看。请返回扫描列表。")
    found = [job for job in jobs_of_scan(session, viewer, scan_id) if job.may_cancel]
    if not found:
        raise Refused("job.none", "这份文件没有正在排队或执行的任务，不用取消。请刷新页面查看当前状态。", scan=scan_id)
    return found[0]


def check_may_look(viewer: Viewer) -> None:
    """Raise NotPermitted for somebody who neither works on scans nor looks after the system."""
    if not _units(viewer) and not viewer.may(Right.SYSTEM_HEALTH):
        raise NotPermitted("people.not-permitted", "您没有办理此事的权限。如工作需要，请向本单位系统管理员申请。")


def _units(viewer: Viewer) -> frozenset[int]:
    return frozenset().union(*(viewer.units(r) for r in (Right.SCAN_RECEIVE, Right.SCAN_REVIEW, Right.SYSTEM_HEALTH)))


def _seen(viewer: Viewer) -> Select[Job, Scan, Batch]:
    """Return the jobs that the viewer may see, each with its scan and batch where it has one."""
    seen: ColumnElement[bool] = Scan.unit_id.in_(_units(viewer))
    if viewer.may(Right.SYSTEM_HEALTH):
        seen = or_(seen, Job.kind != STEP_JOB)
    joined = select(Job, Scan, Batch).outerjoin(Scan, Scan.id == _SCAN_ID).outerjoin(Batch, Batch.id == Scan.batch_id)
    return joined.where(seen)


def _history(session: Session, job: JobView) -> tuple[Any, ...]:
    told = and_(AuditEntry.object_kind == "job", AuditEntry.object_id == str(job.id))
    if job.scan_id is not None:
        told = or_(told, and_(AuditEntry.object_kind == "scan", AuditEntry.object_id == str(job.scan_id)))
    return page_of(session, select(AuditEntry).where(told), before=None, limit=_HISTORY).entries


def _views(viewer: Viewer, rows: Sequence[Any]) -> tuple[JobView, ...]:
    return tuple(_view(viewer, job, scan, batch) for job, scan, batch in rows)


def _view(viewer: Viewer, job: Job, scan: Scan | None, batch: Batch | None) -> JobView:
    attempt, most = tries(job.attempt, job.max_attempts)
    named = scan is not None and viewer.may(Right.SCAN_REVIEW, scan.unit_id)
    step = STEPS.get(scan.state) if scan and job.state in OPEN else None
    return JobView(
        id=job.id,
        kind=job.kind,
        queue=job.queue,
        state=job.state,
        step=step.name if step else None,
        scan_id=scan.id if scan else None,
        unit_id=scan.unit_id if scan else None,
        file_name=scan.file_name if scan and named else None,
        batch_id=scan.batch_id if scan and named else None,
        batch_name=batch.name if batch and named else None,
        done_units=job.done_units,
        total_units=job.total_units,
        attempt=min(attempt, most),
        max_attempts=most,
        created_at=job.created_at,
        since=job.not_before,
        finished_at=job.finished_at,
        error_code=job.error_code,
        error_message=sentence(job.error_code),
        may_cancel=job.state in OPEN,
        may_retry=job.state in ENDED and (scan is None or scan.state == states.SET_ASIDE),
    )
