"""Take a better scan of one page in: its bytes first, then its row and the job that reads it, in one commit.

The page itself changes only when the better scan was read; until then, and if it is no good, everything stays.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive_service.audit.record import SYSTEM, record
from archive_service.db.session import Database
from archive_service.errors import Invalid, NotFound, Refused
from archive_service.jobs import queue
from archive_service.jobs.actions import CANCELLED
from archive_service.people.viewer import Viewer
from archive_service.storage.record import record_object
from archive_service.storage.store import ObjectStore, Readable, Stored
from ingest import reach, states
from ingest.names import display_name
from ingest.quality.tables import REFUSED, WAITING, Rescan
from ingest.receive import limited
from ingest.tables import Scan, ScanDocument, ScanPage

#: Kind of the job; its subject is the id of the rescan.
RESCAN_JOB = "page.rescan"


def receive(
    database: Database,
    store: ObjectStore,
    *,
    stream: Readable,
    file_name: str,
    scan_id: int,
    page_no: int,
    reason: str,
    viewer: Viewer,
    max_bytes: int,
    now: datetime,
) -> int:
    """Take the better scan of a page in and return the id of the rescan, once it is durable.

    Raises NotFound, Invalid without a reason, FileRefused for an empty or too large file, Refused when the page is
    filed, its scan is on its way, or another rescan of it waits.
    """
    if not reason.strip():
        raise Invalid("rescan.reason", "请填写重扫原因，以便日后查对。")
    with database.reading() as session:
        check_may_change(session, viewer, scan_id, page_no)
    stored = store.put(limited(stream, max_bytes))
    with database.unit_of_work() as session:
        scan = _locked(session, scan_id)
        check_may_change(session, viewer, scan_id, page_no)
        row = _row(session, scan, page_no, stored, display_name(file_name), reason.strip()[:200], viewer, now)
        queue.enqueue(session, kind=RESCAN_JOB, subject=row.id, queue="read", now=now)
        return row.id


def _row(
    session: Session, scan: Scan, page_no: int, stored: Stored, name: str, reason: str, viewer: Viewer, now: datetime
) -> Rescan:
    record_object(session, stored, role="original", media_type="application/octet-stream", now=now)
    row = Rescan(
        scan_id=scan.id,
        page_no=page_no,
        digest=stored.digest,
        file_name=name,
        reason=reason,
        received_by=viewer.person_id,
        received_at=now,
    )
    session.add(row)
    session.flush()
    facts = {"page": page_no, "file": name, "sha256": stored.digest, "reason": reason}
    record(
        session, by=viewer.actor, did="page.rescan-received", object_kind="scan", object_id=scan.id,
        unit_id=scan.unit_id, facts=facts, now=now,
    )  # fmt: skip
    return row


def _locked(session: Session, scan_id: int) -> Scan:
    wanted = select(Scan).where(Scan.id == scan_id).with_for_update()
    return session.scalars(wanted, execution_options={"populate_existing": True}).one()


def check_may_change(session: Session, viewer: Viewer, scan_id: int, page_no: int) -> None:
    """Raise NotFound or Refused unless the page may be replaced by a better scan."""
    scan = session.get(Scan, scan_id)
    page = session.scalar(select(ScanPage).where(ScanPage.scan_id == scan_id, ScanPage.page_no == page_no))
    if scan is None or page is None or not reach.sees(session, viewer, scan):
        raise NotFound("scan.page-not-found", "没有这一页，或您无权查看。请返回扫描列表。")
    check_changeable(session, scan, page_no)
    _check_alone(session, scan_id, page_no)


def _check_alone(session: Session, scan_id: int, page_no: int) -> None:
    waits = select(Rescan.id).where(Rescan.scan_id == scan_id, Rescan.page_no == page_no, Rescan.state == WAITING)
    if session.scalar(waits.limit(1)) is not None:
        raise Refused("rescan.waiting", "这一页已有一份重扫正在识读。请等它完成后再换。")


def stop(session: Session, rescan_id: int, *, now: datetime) -> None:
    """Let a rescan whose job was cancelled wait no more: the page stays as it is, and another may be handed in."""
    message = "换页任务已被取消，原来的页不变。需要时请重试该任务，或重新交重扫件。"
    refuse_rescan(session, rescan_id, code=CANCELLED, message=message, now=now)


def resume(session: Session, rescan_id: int) -> None:
    """Let a rescan wait again for its job, which is tried again; raises Refused when the page went another way."""
    row = session.get_one(Rescan, rescan_id)
    if row.state != REFUSED:
        return
    check_changeable(session, _locked(session, row.scan_id), row.page_no)
    _check_alone(session, row.scan_id, row.page_no)
    row.state, row.error_code, row.error_message = WAITING, None, None


def refuse_rescan(session: Session, rescan_id: int, *, code: str, message: str, now: datetime) -> None:
    """Write down that a better scan was not taken, and why."""
    row = session.get_one(Rescan, rescan_id)
    row.state, row.error_code, row.error_message = REFUSED, code, message
    scan = session.get_one(Scan, row.scan_id)
    facts = {"page": row.page_no, "rescan": row.id, "code": code}
    record(
        session, by=SYSTEM, did="page.rescan-refused", object_kind="scan", object_id=scan.id,
        unit_id=scan.unit_id, facts=facts, now=now,
    )  # fmt: skip


def check_changeable(session: Session, scan: Scan, page_no: int) -> None:
    """Raise Refused when a scan is on its way, or when the page was filed with its document."""
    if scan.state not in states.FINAL:
        raise Refused("rescan.moving", "这份文件还在处理中，暂不能换页。请等处理完成后再交重扫件。")
    filed = select(ScanDocument).where(ScanDocument.scan_id == scan.id, ScanDocument.state == "filed")
    if any(page_no in document.pages for document in session.scalars(filed)):
        raise Refused(
            "rescan.page-filed",
            "这一页已经归入户档案，不能直接换页。请由归入的人员先在校核台撤销归入，换页后再确认归入。",
        )
