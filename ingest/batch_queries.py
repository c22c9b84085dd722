"""Batches with their progress, limited to the units for which the viewer receives scans."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from archive_service.errors import NotFound
from archive_service.people.viewer import Viewer
from ingest import reach
from ingest.filing.queries import Standing, standing
from ingest.tables import Batch, Scan
from ingest.views import BatchProgress


def batches(
    session: Session, viewer: Viewer, *, state: str = "", after: int | None = None, limit: int = 20
) -> list[BatchProgress]:
    """List batches with their progress, those of a state or all, newest first, below the id `after`."""
    wanted = select(Batch).where(reach.of_batches(viewer))
    if state:
        wanted = wanted.where(Batch.state == state)
    if after is not None:
        wanted = wanted.where(Batch.id < after)
    return _progress(session, session.scalars(wanted.order_by(Batch.id.desc()).limit(limit)).all())


def batch(session: Session, viewer: Viewer, batch_id: int) -> BatchProgress:
    """Return a batch with its progress; raises NotFound when the viewer may not receive scans in its unit."""
    found = session.get(Batch, batch_id)
    if found is None or not reach.sees_batch(viewer, found):
        raise NotFound("batch.not-found", "没有这个批次，或您无权查看。请返回扫描入库。")
    return _progress(session, [found])[0]


def standing_of(session: Session, viewer: Viewer, batch_id: int) -> Standing:
    """Return how a batch stands with its filing; raises NotFound like `batch`."""
    batch(session, viewer, batch_id)
    return standing(session, viewer, session.get_one(Batch, batch_id))


def _progress(session: Session, rows: Sequence[Batch]) -> list[BatchProgress]:
    counts = session.execute(
        select(Scan.batch_id, Scan.state, func.count(), func.sum(Scan.page_count), func.sum(Scan.pages_done))
        .where(Scan.batch_id.in_([row.id for row in rows]))
        .group_by(Scan.batch_id, Scan.state)
    ).all()
    return [_batch(row, [tuple(c)[1:] for c in counts if c[0] == row.id]) for row in rows]


def _batch(row: Batch, counts: Sequence[tuple[Any, ...]]) -> BatchProgress:
    return BatchProgress(
        id=row.id,
        name=row.name,
        channel=row.channel,
        received_at=row.received_at,
        files=sum(c[1] for c in counts),
        pages=sum(c[2] or 0 for c in counts),
        pages_done=sum(c[3] or 0 for c in counts),
        by_state={c[0]: c[1] for c in counts},
        state=row.state,
    )
