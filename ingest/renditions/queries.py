"""Whether an item has a rendition, handing it over, and finding the items that lack one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Select, String, and_, cast, exists, func, or_, select, true
from sqlalchemy.orm import Session

from archive_service.audit.record import record
from archive_service.db.session import Database
from archive_service.errors import Refused, Unavailable
from archive_service.households import queries as households
from archive_service.households.tables import Item
from archive_service.households.views import ItemView
from archive_service.jobs.queries import OPEN
from archive_service.jobs.tables import Job
from archive_service.people.roles import Right
from archive_service.people.viewer import Viewer
from archive_service.restricted.queries import check_open, lasting
from ingest.renditions import source
from ingest.renditions.about import BUILDER
from ingest.renditions.owed import RENDITION_JOB, owe
from ingest.renditions.tables import PDF_A, Rendition
from ingest.tables import Scan

#: Items that one sweep gives to the workers; the next ones wait, so that old files do not keep new ones waiting.
PORTION = 200
#: Items that one sweep looks at.
LOOKED_AT = 5000
#: What failed is tried again after so long: its objects may have been restored meanwhile.
TRY_AGAIN = timedelta(days=1)


class Readiness(StrEnum):
    """How far the rendition of an item is."""

    READY = "ready"
    WAITING = "waiting"
    FAILED = "failed"


@dataclass(frozen=True)
class Handed:
    """A rendition to be handed over: its object, and what it should be called."""

    digest: str
    file_name: str


@dataclass(frozen=True)
class Swept:
    """How many items were given to the workers, and below which id the next sweep goes on; none for the newest."""

    count: int
    below: int | None


def readiness(session: Session, item_id: int) -> Readiness:
    """Say how far the rendition of an item is; the caller has checked who asks."""
    found = source.load(session, item_id)
    return _readiness(session.get(Rendition, (item_id, PDF_A)), found.fingerprint if found else "")


def _readiness(made: Rendition | None, fingerprint: str) -> Readiness:
    if made is None or made.fingerprint != fingerprint:
        return Readiness.WAITING
    return Readiness.READY if made.digest else Readiness.FAILED


def hand_over(database: Database, viewer: Viewer, item_id: int, *, now: datetime) -> Handed:
    """Return the rendition of an item for somebody who may take originals out, and put that on record.

    One that is outdated or not there is asked for. Raises NotFound, NotPermitted, Refused for an item that is
    withdrawn, or stored only and has none, and for a rendition that could not be made, Unavailable while it is made.
    """
    with database.unit_of_work() as session:
        item = check_may_have(session, viewer, item_id)
        found = source.load(session, item_id)
        made = session.get(Rendition, (item_id, PDF_A))
        state = _readiness(made, found.fingerprint if found else "")
        if state is Readiness.FAILED and made is not None:
            raise Refused("rendition.failed", FAILED, cause=made.error_code)
        if state is Readiness.READY and made is not None and made.digest is not None:
            _record(session, viewer, item_id, item.unit_id, made.digest, now=now)
            return Handed(made.digest, f"{item.account_no}-{item.item_no:03d}-{item.title}.pdf")
        if found is not None and found.stored_only:
            raise Refused("rendition.stored-only", STORED_ONLY)
        if not _is_owed(session, item_id):
            owe(session, item_id, now=now)
    raise Unavailable("rendition.not-ready", "可检索 PDF 正在生成，一般几秒钟就好。请稍后再试。")


def check_may_have(session: Session, viewer: Viewer, item_id: int) -> ItemView:
    """Return the item if the viewer may have its rendition. Raises NotFound, NotPermitted, Refused when withdrawn."""
    item = households.item(session, viewer, item_id)
    viewer.require(Right.ORIGINAL_DOWNLOAD, item.unit_id)
    check_open(session, viewer, [item_id])
    # It shows the pages as they are: nothing in it is masked.
    if not viewer.reads_personal(item.unit_id, item.household_id):
        viewer.require(Right.RECORD_READ_PERSONAL, item.unit_id)
    if item.state != "filed":
        raise Refused("rendition.withdrawn", "这份资料已经撤回，不提供可检索 PDF。原件仍可由档案员下载。")
    return item


FAILED = "这份资料的可检索 PDF 没有生成成功，原件未受影响，可照常下载。系统每天会再试一次；仍不成功请联系管理员。"

STORED_ONLY = "这份资料只作存储，不再生成可检索 PDF。确需内容时请打开收到的原件；限制解除后系统会自动补做。"


def _record(session: Session, viewer: Viewer, item_id: int, unit_id: int, digest: str, *, now: datetime) -> None:
    record(
        session,
        by=viewer.actor,
        did="rendition.downloaded",
        object_kind="item",
        object_id=str(item_id),
        unit_id=unit_id,
        facts={"sha256": digest, "kind": PDF_A},
        now=now,
    )


def _is_owed(session: Session, item_id: int) -> bool:
    owed = select(Job.id).where(Job.kind == RENDITION_JOB, Job.subject == str(item_id), Job.state.in_(OPEN))
    return session.scalar(owed.limit(1)) is not None


def being_made(session: Session, scan_ids: Sequence[int]) -> int:
    """Return how many renditions of the items of these files, or of the members of containers, are still to be made.

    What failed once is not waited for: it is tried again later.
    """
    scans = select(Scan.id).where(or_(Scan.id.in_(scan_ids), Scan.parent_id.in_(scan_ids)))
    items = select(cast(Item.id, String)).where(Item.scan_id.in_(scans))
    owed = select(func.count()).select_from(Job).where(Job.kind == RENDITION_JOB, Job.state.in_(OPEN))
    return session.scalar(owed.where(Job.error_code.is_(None), Job.subject.in_(items))) or 0


def sweep(session: Session, *, below: int | None, now: datetime) -> Swept:
    """Give the workers some filed items without a rendition of this builder, newest first, below the id `below`.

    So the items of older versions get theirs without anybody waiting for it. However large the archive is, one sweep
    looks at LOOKED_AT items at most; the next goes on where it stopped.
    """
    waiting = select(func.count()).select_from(Job).where(Job.kind == RENDITION_JOB, Job.state.in_(OPEN))
    room = PORTION - (session.scalar(waiting) or 0)
    if room <= 0:
        return Swept(0, below)
    filed = select(Item.id).where(Item.state == "filed", Item.id < below if below is not None else true())
    looked_at = session.scalars(filed.order_by(Item.id.desc()).limit(LOOKED_AT)).all()
    if not looked_at:
        return Swept(0, None)
    items = session.scalars(_lacking(looked_at[-1], looked_at[0], now).limit(room)).all()
    for item_id in items:
        owe(session, item_id, now=now)
    return Swept(len(items), items[-1] if len(items) == room else looked_at[-1])


def _lacking(lowest: int, highest: int, now: datetime) -> Select[int]:
    ours = and_(Rendition.item_id == Item.id, Rendition.kind == PDF_A, Rendition.builder == BUILDER)
    settled = exists().where(ours, or_(Rendition.digest.is_not(None), Rendition.made_at > now - TRY_AGAIN))
    # What a person cancelled waits until somebody asks for it.
    left = (*OPEN, "cancelled")
    owed = exists().where(Job.kind == RENDITION_JOB, Job.state.in_(left), Job.subject == cast(Item.id, String))
    # What is stored only is left out until that ends.
    filed = select(Item.id).where(Item.id.between(lowest, highest), Item.state == "filed", ~lasting(Item.id))
    return filed.where(~settled, ~owed).order_by(Item.id.desc())
