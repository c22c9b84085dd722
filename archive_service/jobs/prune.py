"""Old jobs go: what they did is in the records and the audit trail, and the queue stays quick."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, CursorResult, and_, delete, func, or_, select

from archive_service.db import partitions
from archive_service.db.session import Database
from archive_service.jobs.tables import Job

#: Jobs looked at in one transaction: a moment's work, so that nobody waits for it.
BATCH = 1000
#: Failed jobs say what went wrong, and cancelled ones may be wanted again; they stay this many times as long.
STAY_LONGER = 4


@dataclass(frozen=True)
class Pruned:
    """What went."""

    jobs: int
    #: Names of partitions that held nothing any more.
    partitions: tuple[str, ...]
    #: Number of the job behind which to go on; none when all old jobs were looked at.
    after: int | None


def prune(database: Database, *, now: datetime, kept: timedelta, after: int = 0, batches: int = 20) -> Pruned:
    """Delete jobs that were done more than `kept` ago, and failed or cancelled ones after four times as long.

    Looks at `batches` times a thousand jobs at most, from the oldest behind `after` on; queued and running jobs stay
    whatever their age.
    """
    gone = 0
    for _ in range(batches):
        some, last = _prune_behind(database, after, now=now, kept=kept)
        gone += some
        if last is None:
            return Pruned(gone, tuple(partitions.drop_emptied(database.engine, Job.__tablename__)), after=None)
        after = last
    return Pruned(gone, (), after=after)


def _prune_behind(database: Database, after: int, *, now: datetime, kept: timedelta) -> tuple[int, int | None]:
    """Prune the next batch of jobs; return how many went and the last looked at, none when all others are younger."""
    # Numbers grow with time, so behind the first young job there are no old ones. Looking costs no lock.
    batch = select(Job.id, Job.created_at).where(Job.id > after).order_by(Job.id).limit(BATCH)
    with database.reading() as session:
        seen = session.execute(batch).all()
    old = [number for number, created_at in seen if created_at < now - kept]
    if not old:
        return 0, None
    with database.unit_of_work() as session:
        these = and_(Job.id > after, Job.id <= old[-1], _may_go(now, kept))
        result = session.execute(delete(Job).where(these).execution_options(synchronize_session=False))
        gone = result.rowcount if isinstance(result, CursorResult) else 0
    return gone, old[-1] if len(old) == BATCH else None


def _may_go(now: datetime, kept: timedelta) -> ColumnElement[bool]:
    ended = func.coalesce(Job.finished_at, Job.created_at)
    return or_(
        and_(Job.state == "done", ended < now - kept),
        and_(Job.state.in_(("failed", "cancelled")), ended < now - STAY_LONGER * kept),
    )
