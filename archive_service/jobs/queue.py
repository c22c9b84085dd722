"""Enqueue, claim, renew and finish jobs.

A claim raises the attempt and takes a lease in one UPDATE; the attempt is the fencing token: whoever lost the lease can
no longer finish, because its attempt is not the row's any more. Source: docs/decisions/0004.
"""

from __future__ import annotations

import threading
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, CursorResult, Select, and_, func, or_, select, update
from sqlalchemy.orm import Session

from archive_service.db.session import Database
from archive_service.jobs.tables import Job

#: Job queues by cost, cheapest first.
QUEUES = ("light", "read", "index", "upkeep")
#: Tries that a job has, and has anew when a person puts it back.
TRIES = 3
#: Wait before the next try, by the number of tries behind.
BACK_OFF = (timedelta(seconds=2), timedelta(seconds=20), timedelta(minutes=2))


@dataclass(frozen=True)
class Claimed:
    """A job that this process may work on until its lease ends."""

    id: int
    kind: str
    subject: str
    attempt: int
    max_attempts: int
    #: True when the tries are used up: nothing may be tried, only set aside.
    exhausted: bool
    #: Set by the heart-beat as soon as it sees that the job is cancelled or somebody else's.
    lost: threading.Event = field(default_factory=threading.Event, repr=False, compare=False)

    def check(self) -> None:
        """Raise LeaseLost once the job is known to be lost; long work asks between its pages."""
        if self.lost.is_set():
            raise LeaseLost


class LeaseLost(Exception):
    """The job is cancelled, or another process has it; whatever this one found out must not be written."""


def enqueue(
    session: Session, *, kind: str, subject: str | int, queue: str, now: datetime, max_attempts: int = TRIES
) -> Job:
    """Add a job in the caller's transaction; a queued job of the same kind and subject is returned instead."""
    waiting = select(Job).where(Job.kind == kind, Job.subject == str(subject), Job.state == "queued")
    job = session.scalar(waiting.limit(1))
    if job is None:
        job = Job(
            kind=kind, subject=str(subject), queue=queue, not_before=now, created_at=now, max_attempts=max_attempts
        )
        session.add(job)
        session.flush()
    return job


def claim(
    database: Database,
    *,
    worker: str,
    queues: Collection[str],
    now: datetime,
    lease_s: float,
    last: Claimed | None = None,
) -> Claimed | None:
    """Take the oldest job that is due, or one whose worker gave no sign of life; none when there is nothing to do.

    A job about the same thing as `last`, the one that this worker did before, goes first: of many files taken in at
    once each is finished in its turn, rather than all of them at the very end.
    """
    due = _due(queues, now)
    with database.reading() as session:
        # Looking costs no lock; on SQLite an idle worker would otherwise stand in the writers' line all day.
        if session.scalar(select(due.subquery().c.id)) is None:
            return None
    with database.unit_of_work() as session:
        # Several workers ask at once; SKIP LOCKED gives each its own row instead of making them wait in line.
        job = None
        if last is not None:
            next_step = due.where(Job.kind == last.kind, Job.subject == last.subject)
            job = session.scalar(next_step.with_for_update(skip_locked=True))
        job = job or session.scalar(due.with_for_update(skip_locked=True))
        if job is None:
            return None
        exhausted = job.attempt >= job.max_attempts
        job.state, job.worker = "running", worker
        job.attempt += 1
        # While it runs, this is when it was taken up: what a person wants to know of a running job.
        job.not_before = now
        job.lease_until = now + timedelta(seconds=lease_s)
        return Claimed(job.id, job.kind, job.subject, job.attempt, job.max_attempts, exhausted)


def _due(queues: Collection[str], now: datetime) -> Select[Job]:
    return select(Job).where(_claimable(now), Job.queue.in_(queues)).order_by(Job.id).limit(1)


def _claimable(now: datetime) -> ColumnElement[bool]:
    ready = and_(Job.state == "queued", Job.not_before <= now)
    abandoned = and_(Job.state == "running", Job.lease_until < now)
    return or_(ready, abandoned)


def renew(
    session: Session,
    claimed: Claimed,
    *,
    now: datetime,
    lease_s: float,
    done: int | None = None,
    total: int | None = None,
) -> None:
    """Give a sign of life, with progress when known; raises LeaseLost when another process took over."""
    values: dict[str, object] = {"lease_until": now + timedelta(seconds=lease_s)}
    if done is not None:
        values["done_units"] = done
    if total is not None:
        values["total_units"] = total
    _update_owned(session, claimed, values)


def holds(session: Session, claimed: Claimed) -> bool:
    """Say whether the job is still this worker's; a look that writes nothing."""
    return session.scalar(select(Job.id).where(_owned(claimed))) is not None


def tries(attempt: int, max_attempts: int) -> tuple[int, int]:
    """Return which try this is and how many there are, counted from when a person last put the job back.

    The attempt itself is never set back: it is the fencing token, and a slow worker still knows its old one.
    """
    behind = max(0, max_attempts - TRIES)
    return max(0, attempt - behind), max_attempts - behind


def finish(session: Session, claimed: Claimed, *, now: datetime) -> None:
    """Mark the job done in the transaction that holds its results; raises LeaseLost when another process took over."""
    _update_owned(session, claimed, {"state": "done", "finished_at": now, "lease_until": None})


def retry(session: Session, claimed: Claimed, *, code: str, detail: str, now: datetime) -> None:
    """Put the job back to be tried again after a while."""
    current, _ = tries(claimed.attempt, claimed.max_attempts)
    wait = BACK_OFF[min(max(current, 1), len(BACK_OFF)) - 1]
    values = {
        "state": "queued",
        "not_before": now + wait,
        "lease_until": None,
        "error_code": code,
        "error_detail": detail[-8000:],
    }
    _update_owned(session, claimed, values)


def postpone(session: Session, claimed: Claimed, *, code: str, until: datetime) -> None:
    """Put the job back until a moment before which nothing can be done; this try does not count."""
    values = {
        "state": "queued",
        "not_before": until,
        "lease_until": None,
        "error_code": code,
        "error_detail": None,
        "max_attempts": claimed.max_attempts + 1,
    }
    _update_owned(session, claimed, values)


def fail(session: Session, claimed: Claimed, *, code: str, detail: str, now: datetime) -> None:
    """End the job without success."""
    values = {
        "state": "failed",
        "finished_at": now,
        "lease_until": None,
        "error_code": code,
        "error_detail": detail[-8000:],
    }
    _update_owned(session, claimed, values)


def _update_owned(session: Session, claimed: Claimed, values: dict[str, object]) -> None:
    result = session.execute(
        update(Job).where(_owned(claimed)).values(values).execution_options(synchronize_session=False)
    )
    if not isinstance(result, CursorResult) or result.rowcount != 1:
        raise LeaseLost


def _owned(claimed: Claimed) -> ColumnElement[bool]:
    return and_(Job.id == claimed.id, Job.attempt == claimed.attempt, Job.state == "running")


def release(database: Database, *, worker: str, now: datetime) -> int:
    """End the leases of a worker that is known to be dead, so that others need not wait; return how many."""
    with database.unit_of_work() as session:
        held = and_(Job.worker == worker, Job.state == "running")
        result = session.execute(update(Job).where(held).values(lease_until=now - timedelta(seconds=1)))
        return result.rowcount if isinstance(result, CursorResult) else 0


def holders(session: Session) -> list[str]:
    """Return the names of the workers that hold jobs."""
    return [name for name in session.scalars(select(Job.worker).where(Job.state == "running").distinct()) if name]


def due(session: Session, *, now: datetime) -> dict[str, int]:
    """Return how many jobs could be claimed now, by queue; queues without any are left out."""
    counted = select(Job.queue, func.count()).where(_claimable(now)).group_by(Job.queue).order_by(Job.queue)
    return dict(session.execute(counted).tuples().all())


def waiting(session: Session, *, kind: str | None = None) -> int:
    """Return how many jobs are queued or running."""
    open_jobs = select(func.count()).select_from(Job).where(Job.state.in_(("queued", "running")))
    if kind is not None:
        open_jobs = open_jobs.where(Job.kind == kind)
    return session.scalar(open_jobs) or 0
