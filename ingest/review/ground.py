"""What every verb of the review stands on: locked rows, the state of the scan afterwards, the audit entry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from archive_service.audit.record import record
from archive_service.errors import NotFound, Refused
from archive_service.people.roles import Right
from archive_service.people.viewer import Viewer
from ingest import states
from ingest.claims import actions as claims
from ingest.file import state_of
from ingest.pipeline import finish_container
from ingest.tables import Scan, ScanDocument

#: State, pages and the row they came from or went to, by the id of a document as text: plain JSON.
Lay = dict[str, list[Any]]


def seen(session: Session, viewer: Viewer, document_id: int) -> ScanDocument:
    """Return a document that the viewer may review; raises NotFound for any other."""
    document = session.get(ScanDocument, document_id)
    if document is None or not viewer.may(Right.SCAN_REVIEW, document.scan.unit_id):
        raise NotFound("review.not-found", "没有这份待校核资料，或您无权查看。请返回校核列表。")
    return document


def locked(session: Session, viewer: Viewer, document_id: int, *, now: datetime) -> tuple[Scan, ScanDocument]:
    """Return a document and its scan as they are now, and let nobody else change them until the transaction ends.

    The scan is locked first and always: whoever cuts, joins or decides in a scan does so after the one before. Raises
    Refused when somebody else has the scan in hand.
    """
    scan, document = _locked(session, viewer, document_id)
    claims.check(session, viewer, scan.id, now=now)
    return scan, document


def locked_open(session: Session, viewer: Viewer, document_id: int, *, now: datetime) -> tuple[Scan, ScanDocument]:
    """Do what `locked` does; raises Refused first of all when somebody else decided the document meanwhile."""
    scan, document = _locked(session, viewer, document_id)
    check_open(document)
    claims.check(session, viewer, scan.id, now=now)
    return scan, document


def lock_scan(session: Session, scan_id: int) -> Scan:
    """Return a scan as it is now, and let nobody else change it until the transaction ends."""
    wanted = select(Scan).where(Scan.id == scan_id).with_for_update()
    return session.scalars(wanted, execution_options={"populate_existing": True}).one()


def lock_document(session: Session, viewer: Viewer, document_id: int) -> None:
    """Keep others from a document that the viewer may review until the transaction ends. Raises NotFound."""
    _locked(session, viewer, document_id)


def _locked(session: Session, viewer: Viewer, document_id: int) -> tuple[Scan, ScanDocument]:
    scan = lock_scan(session, seen(session, viewer, document_id).scan_id)
    return scan, session.get_one(ScanDocument, document_id, populate_existing=True, with_for_update=True)


def check_open(document: ScanDocument) -> None:
    """Raise Refused when the document is decided, or no document any more."""
    if document.state != "proposed":
        raise Refused("review.decided", "这份资料已由他人处理，您的更改没有保存。请继续下一份。", document=document.id)


def changed(document: ScanDocument) -> Refused:
    """Return the refusal for a document whose pages are no longer those that the person saw."""
    return Refused(
        "review.changed", "这份资料的页刚被他人调整过，您的更改没有保存。请对照页面重新核对。", document=document.id
    )


def check_pages(document: ScanDocument, pages: Sequence[int] | None) -> None:
    """Raise Refused unless the document still has the `pages` that the person saw; none means nobody looked."""
    if pages is not None and list(pages) != list(document.pages):
        raise changed(document)


def next_seq(session: Session, scan: Scan) -> int:
    """Return the next running number within the scan, which the caller has locked."""
    return (session.scalar(select(func.max(ScanDocument.seq)).where(ScanDocument.scan_id == scan.id)) or 0) + 1


def settle(session: Session, scan: Scan, *, now: datetime) -> None:
    """Bring the state of the scan, and of the container that it came out of, up to its documents."""
    session.flush()
    session.refresh(scan, ["documents"])
    scan.state = state_of(scan)
    rejected = scan.state == states.REFUSED
    scan.error_code = "review.rejected" if rejected else None
    scan.error_message = "校核人员已将全部资料退回。请按退回原因补正后重新提交。" if rejected else None
    scan.finished_at = now
    if scan.state != states.NEEDS_REVIEW:
        claims.end(session, scan.id)
    session.flush()
    if scan.parent_id is not None:
        finish_container(session, scan.parent_id, now=now)


def lay(session: Session, scan: Scan) -> Lay:
    """Return how the rows of a scan, which the caller has locked, lie now."""
    session.flush()
    rows = session.scalars(select(ScanDocument).where(ScanDocument.scan_id == scan.id))
    return {str(row.id): [row.state, list(row.pages), row.part_of] for row in rows}


def step(session: Session, scan: Scan, was: Lay) -> dict[str, Lay]:
    """Return what a step has changed since the rows lay as `was`, for the audit trail: undoing goes by it."""
    now = lay(session, scan)
    return {
        "was": {key: was[key] for key, row in now.items() if key in was and was[key] != row},
        "is": {key: row for key, row in now.items() if was.get(key) != row},
    }


def audit(
    session: Session,
    viewer: Viewer,
    scan: Scan,
    document: ScanDocument,
    did: str,
    facts: Mapping[str, object],
    *,
    now: datetime,
) -> None:
    """Write down what the viewer did to a document."""
    record(
        session,
        by=viewer.actor,
        did=did,
        object_kind="document",
        object_id=document.id,
        unit_id=scan.unit_id,
        facts={"scan": scan.id, **facts},
        now=now,
    )


def audit_scan(
    session: Session, viewer: Viewer, scan: Scan, did: str, facts: Mapping[str, object], *, now: datetime
) -> None:
    """Write down what the viewer did to the pages of a scan."""
    record(
        session,
        by=viewer.actor,
        did=did,
        object_kind="scan",
        object_id=scan.id,
        unit_id=scan.unit_id,
        facts=facts,
        now=now,
    )
