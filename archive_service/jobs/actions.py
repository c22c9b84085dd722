"""What a person does to a job: end it, or put it back. The row alone; what it means for a file is its workflow's."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive_service.errors import NotFound, Refused
from archive_service.jobs.queries import ENDED, OPEN
from archive_service.jobs.queue import TRIES
from archive_service.jobs.tables import Job

#: Code of a job that a person ended, and of what it was about.
CANCELLED = "job.cancelled"
_ENDED_WORDS = {"done": "已经完成", "failed": "已经失败", "cancelled": "已被取消"}


def cancel(session: Session, job_id: int, *, now: datetime) -> Job:
    """End a job that is queued or running, at once: a worker that has it can write nothing more.

    Raises NotFound, and Refused when the job has ended already.
    """
    job = _locked(session, job_id)
    if job.state not in OPEN:
        raise Refused(
            "job.ended",
            f"这个任务{_ENDED_WORDS[job.state]}，没有可取消的处理。请刷新页面查看当前状态。",
            job=job.id,
            state=job.state,
        )
    job.state, job.finished_at, job.lease_until = "cancelled", now, None
    job.error_code, job.error_detail = CANCELLED, None
    session.flush()
    return job


def put_back(session: Session, job_id: int, *, now: datetime) -> Job:
    """Queue a failed or cancelled job again, with all its tries.

    Raises NotFound, and Refused when the job is done or on its way.
    """
    job = _locked(session, job_id)
    if job.state == "done":
        raise Refused("job.done", "这个任务已经完成，不用重试。结果请看扫描件。", job=job.id)
    if job.state not in ENDED:
        raise Refused("job.under-way", "这个任务正在排队或执行，不用重试。请等待它完成。", job=job.id)
    job.state, job.not_before, job.finished_at, job.lease_until = "queued", now, None, None
    # The attempt goes on: a worker that lost this job long ago may still hold an old one as its token.
    job.max_attempts = job.attempt + TRIES
    job.error_code, job.error_detail = None, None
    session.flush()
    return job


def _locked(session: Session, job_id: int) -> Job:
    # Afresh: the session may have read the row before it could lock it.
    chosen = select(Job).where(Job.id == job_id).with_for_update().execution_options(populate_existing=True)
    job = session.scalar(chosen)
    if job is None:
        raise not_found()
    return job


def not_found() -> NotFound:
    """Return the answer for a job that does not exist, or that this person may not know of."""
    return NotFound("job.not-found", "没有这个后台任务，或您无权查看。请返回任务列表。")
