"""Filing a batch through the check, sending it back, and handing it in again."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from archive_service.audit.record import record
from archive_service.errors import Invalid, NotFound, Refused
from archive_service.households import actions as households
from archive_service.households.tables import Item
from archive_service.notices.actions import tell
from archive_service.people.roles import Right
from archive_service.people.viewer import Viewer
from archive_service.properties.actions import ExaminedBatch, enter_batch, examine_batch, refusal
from archive_service.properties.queries import in_force
from archive_service.properties.reading import Looked
from archive_service.properties.tables import PropertyRun
from ingest import reach, states
from ingest.filing import gather, rules
from ingest.tables import Batch, ReturnedPaper, Scan

_CODES = 8


@dataclass(frozen=True)
class BatchFiling:
    """What came of it: the run over the batch; `refused` where it was sent back, to be raised after the commit."""

    run_id: int
    refused: Refused | None = None


def to_file(session: Session, viewer: Viewer, batch_id: int) -> Batch:
    """Return a batch that the viewer may file now. Raises NotFound, NotPermitted, Refused."""
    batch = _seen(session, viewer, batch_id)
    viewer.require(Right.SCAN_REVIEW, batch.unit_id)
    rules.check_may_file(batch.state, _by_state(session, batch.id))
    return batch


def file_batch(
    session: Session,
    viewer: Viewer,
    batch_id: int,
    *,
    looked: Looked,
    asked: Collection[str],
    now: datetime,
    today: date,
) -> BatchFiling:
    """File a batch that passes the check at filing; one that fails goes back to who handed it in.

    What goes back counts as filed nowhere: its papers leave their files until the batch passes, and it takes no more
    files before it is handed in again. The caller commits in each case: the run is evidence, also of what went wrong.
    Raises like `to_file`, and Refused when files were added since the objects `asked` for were read back.
    """
    _lock(session, viewer, batch_id)
    batch = to_file(session, viewer, batch_id)
    _check_still(session, batch, asked)
    scheme = in_force(session, today)
    found = examine_batch(scheme, gather.facts_of(session, batch, scheme=scheme, looked=looked))
    run = enter_batch(session, viewer, found, unit_id=batch.unit_id, now=now)
    batch.decided_at = now
    if run.state == "failed":
        _send_back(session, viewer, batch, run, found, now=now, today=today)
        consequence = f"批次 {batch.id} 没有归档，已退回交件人，依据见检测 {run.id}。"
        return BatchFiling(run.id, refusal("failed", found.failed, consequence=consequence))
    batch.state = states.FILED
    back = _put_back(session, viewer, batch, now=now, today=today)
    _note(session, viewer, batch, "batch.filed", {"check": run.id, "files": run.papers, "put_back": len(back)}, now=now)
    return BatchFiling(run.id)


def hand_in_again(
    session: Session, viewer: Viewer, batch_id: int, *, mended: str, replaced: Collection[int] = (), now: datetime
) -> Batch:
    """Open a batch that was sent back for the files that mend it, saying what was mended.

    `replaced` are files that go back for good because others take their place. Raises NotFound, Invalid, Refused.
    """
    batch = _lock(session, viewer, batch_id)
    said = rules.check_again(batch.state, mended)
    there = {one.id for one in gather.scans_of(session, batch.id)}
    if not set(replaced) <= there:
        raise Invalid("batch.no-file", "要换掉的文件不在这个批次里。请刷新页面后再选。")
    batch.state, batch.mended = states.OPEN, said
    _let_go(session, batch, set(replaced), now=now)
    facts: dict[str, object] = {"mended": said, "replaced": sorted(replaced)}
    _note(session, viewer, batch, "batch.handed-in-again", facts, now=now)
    return batch


def give_way(session: Session, item_id: int, *, now: datetime) -> bool:
    """Say whether a paper waits for its batch, and let it wait no more: its document is decided anew."""
    row = session.scalar(
        select(ReturnedPaper).where(ReturnedPaper.item_id == item_id, ReturnedPaper.settled_at.is_(None))
    )
    if row is not None:
        row.settled_at = now
    return row is not None


def _check_still(session: Session, batch: Batch, asked: Collection[str]) -> None:
    """Raise Refused when a file or a better scan came in after the objects `asked` for were read back."""
    originals, images = gather.named_by(session, gather.scans_of(session, batch.id))
    if not originals | images <= set(asked):
        raise Refused("batch.changed", "检测时批次里又加了文件或换了页，没有归档。请再办一次。")


def _send_back(
    session: Session,
    viewer: Viewer,
    batch: Batch,
    run: PropertyRun,
    found: ExaminedBatch,
    *,
    now: datetime,
    today: date,
) -> None:
    batch.state = states.RETURNED
    refused = [one.scan_id for one in found.facts.files if one.refused and one.error != "file.duplicate"]
    _go_back(session, refused, now=now)
    ours = select(Scan.id).where(Scan.batch_id == batch.id)
    items = session.scalars(select(Item.id).where(Item.scan_id.in_(ours), Item.state == "filed")).all()
    gone = households.take_back(session, items, batch=batch.id, by=viewer.actor, now=now, today=today)
    session.add_all(ReturnedPaper(batch_id=batch.id, item_id=one) for one in gone.taken)
    facts = {
        "check": run.id,
        "failed": found.failed,
        "taken_back": len(gone.taken),
        "staying": len(gone.staying),
        "refused": len(refused),
    }
    _note(session, viewer, batch, "batch.returned", facts, now=now)
    tell(
        session,
        to=batch.received_by,
        kind="batch-returned",
        address=f"/intake?batch={batch.id}",
        values={"number": batch.id, "by": viewer.name, "items": "、".join(found.failed[:_CODES])},
        once_key=f"batch-returned:{run.id}",
        now=now,
    )


def _put_back(session: Session, viewer: Viewer, batch: Batch, *, now: datetime, today: date) -> list[int]:
    wanted = select(ReturnedPaper).where(ReturnedPaper.batch_id == batch.id, ReturnedPaper.settled_at.is_(None))
    rows = session.scalars(wanted.order_by(ReturnedPaper.id)).all()
    for row in rows:
        row.settled_at = now
    items = [row.item_id for row in rows]
    return households.put_back(session, items, batch=batch.id, by=viewer.actor, now=now, today=today)


def _let_go(session: Session, batch: Batch, scans: set[int], *, now: datetime) -> None:
    """Let files go back for good: their papers stay out."""
    _go_back(session, scans, now=now)
    for row in session.scalars(
        select(ReturnedPaper)
        .join(Item, Item.id == ReturnedPaper.item_id)
        .where(ReturnedPaper.batch_id == batch.id, ReturnedPaper.settled_at.is_(None), Item.scan_id.in_(scans))
    ):
        row.settled_at = now


def _go_back(session: Session, scans: Collection[int], *, now: datetime) -> None:
    session.execute(update(Scan).where(Scan.id.in_(scans)).values(went_back_at=now))


def _lock(session: Session, viewer: Viewer, batch_id: int) -> Batch:
    _seen(session, viewer, batch_id)
    wanted = select(Batch).where(Batch.id == batch_id).with_for_update()
    return session.scalars(wanted.execution_options(populate_existing=True)).one()


def _seen(session: Session, viewer: Viewer, batch_id: int) -> Batch:
    batch = session.get(Batch, batch_id)
    if batch is None or not reach.sees_batch(viewer, batch):
        raise NotFound("batch.not-found", "没有这个批次，或您无权查看。请返回扫描入库。")
    return batch


def _by_state(session: Session, batch_id: int) -> dict[str, int]:
    wanted = select(Scan.state, func.count()).where(Scan.batch_id == batch_id, Scan.went_back_at.is_(None))
    return dict(session.execute(wanted.group_by(Scan.state)).all())


def _note(session: Session, viewer: Viewer, batch: Batch, did: str, facts: dict[str, object], *, now: datetime) -> None:
    record(
        session,
        by=viewer.actor,
        did=did,
        object_kind="batch",
        object_id=batch.id,
        unit_id=batch.unit_id,
        facts={"name": batch.name, **facts},
        now=now,
    )
