"""How a batch stands with its filing, for whoever sees the batch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from archive_service.people.roles import Right
from archive_service.people.viewer import Viewer
from archive_service.properties import queries as properties
from archive_service.properties.queries import ResultView
from ingest import states
from ingest.tables import Batch, ReturnedPaper, Scan


@dataclass(frozen=True)
class Standing:
    """How a batch stands: `failed` is what it was sent back for, each item with what is wrong and what to do."""

    state: str
    decided_at: datetime | None
    #: The newest check of it; none before the first.
    check: int | None
    failed: tuple[ResultView, ...]
    mended: str
    #: Papers that are out of their files until the batch passes, and files that went back for good.
    out: int
    went_back: int
    may_file: bool
    may_hand_in_again: bool
    #: Whether the viewer may open the check, and not only what it says of this batch.
    may_read: bool


def standing(session: Session, viewer: Viewer, batch: Batch) -> Standing:
    """Return how a batch stands that the viewer sees."""
    check = properties.newest_of_batches(session, [batch.id]).get(batch.id)
    returned = batch.state == states.RETURNED
    results: Sequence[ResultView] = properties.results_of(session, check) if returned and check is not None else ()
    out = select(func.count()).where(ReturnedPaper.batch_id == batch.id, ReturnedPaper.settled_at.is_(None))
    back = select(func.count()).where(Scan.batch_id == batch.id, Scan.went_back_at.is_not(None))
    return Standing(
        state=batch.state,
        decided_at=batch.decided_at,
        check=check,
        failed=tuple(one for one in results if one.result == "failed"),
        mended=batch.mended,
        out=session.scalar(out) or 0,
        went_back=session.scalar(back) or 0,
        may_file=batch.state == states.OPEN and viewer.may(Right.SCAN_REVIEW, batch.unit_id),
        may_hand_in_again=returned,
        may_read=viewer.may(Right.RECORD_READ, batch.unit_id),
    )
