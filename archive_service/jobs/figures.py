"""How much work is owed and how long it has waited, for whoever watches; reads indexes only, never the done jobs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from archive_service.jobs.queue import QUEUES
from archive_service.jobs.tables import Job


@dataclass(frozen=True)
class QueueFigures:
    """One queue: jobs that wait (also those that wait for another try), that run, and whose worker fell silent."""

    waiting: int
    running: int
    abandoned: int
    #: Seconds since the job that could be taken up the longest ago could be; 0 when none can.
    oldest_s: float


def by_queue(session: Session, *, now: datetime) -> dict[str, QueueFigures]:
    """Return the figures of every queue."""
    waiting = _rows(session, Job.state == "queued")
    due = _rows(session, and_(Job.state == "queued", Job.not_before <= now))
    running = _rows(session, and_(Job.state == "running", Job.lease_until >= now))
    # From when its lease ended, a job of a dead worker waits like any other.
    abandoned = {
        queue: (count, since)
        for queue, count, since in session.execute(
            select(Job.queue, func.count(), func.min(Job.lease_until))
            .where(Job.state == "running", Job.lease_until < now)
            .group_by(Job.queue)
        )
    }
    found = {}
    for name in QUEUES:
        since = [rows[name][1] for rows in (due, abandoned) if name in rows]
        found[name] = QueueFigures(
            waiting=waiting.get(name, (0, now))[0],
            running=running.get(name, (0, now))[0],
            abandoned=abandoned.get(name, (0, now))[0],
            oldest_s=max(((now - moment).total_seconds() for moment in since if moment), default=0.0),
        )
    return found


def _rows(session: Session, condition: object) -> dict[str, tuple[int, datetime]]:
    asked = select(Job.queue, func.count(), func.min(Job.not_before)).where(condition).group_by(Job.queue)  # type: ignore[arg-type]
    return {queue: (count, since) for queue, count, since in session.execute(asked)}


def by_error(session: Session) -> dict[tuple[str, str], int]:
    """Return how many jobs stand with an error, by (state, code): failed, or queued for another try."""
    asked = (
        select(Job.state, Job.error_code, func.count())
        .where(Job.state.in_(("failed", "queued")), Job.error_code.is_not(None))
        .group_by(Job.state, Job.error_code)
    )
    return {(state, code or ""): count for state, code, count in session.execute(asked)}
