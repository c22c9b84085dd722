"""Drop pages that belong to no document, such as blank sheets and advertising, and take them back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from archive_service.errors import Invalid, Refused
from archive_service.people.viewer import Viewer
from ingest import sort
from ingest.review import ground
from ingest.review.ahead import Ahead, check_dropped
from ingest.review.cuts import as_facts, check_unchanged, put_away, unchanged_other, write
from ingest.tables import Scan, ScanDocument, standing


def drop_pages(session: Session, viewer: Viewer, ahead: Ahead, *, reason: str, now: datetime) -> ScanDocument:
    """Take pages out of a document as `before_drop` saw it; return the row that holds them.

    The pages stay in the scan and in the file as received. A document that loses all its pages becomes that row
    itself. Raises Invalid without a reason, NotFound, and Refused when somebody changed the document meanwhile or
    when nothing would be left of the scan.
    """
    said = reason.strip()[:200]
    if not said:
        raise Invalid("review.reason", "请填写剔除原因，以便日后查对。")
    scan, document = ground.locked_open(session, viewer, ahead.document_id, now=now)
    check_unchanged(session, ahead)
    was, lay = ground.lay(session, scan), as_facts(document)
    held = _taken_out(session, scan, document, ahead) if ahead.parts else _whole(scan, document)
    held.state, held.doubts = "dropped", [f"剔除：{said}"]
    held.decided_by, held.decided_at = viewer.person_id, now
    session.flush()
    after = as_facts(document) if ahead.parts else {}
    facts = {"before": lay, "after": after, "dropped": list(held.pages), "held_by": held.id, "reason": said}
    facts |= ground.step(session, scan, was)
    ground.audit(session, viewer, scan, document, "document.pages-dropped", facts, now=now)
    ground.settle(session, scan, now=now)
    return held


def restore_pages(session: Session, viewer: Viewer, ahead: Ahead, *, now: datetime) -> ScanDocument:
    """Take dropped pages back as `before_restore` saw them; return the document that has them now."""
    scan, held = ground.locked(session, viewer, ahead.document_id, now=now)
    check_dropped(held)
    was = ground.lay(session, scan)
    back = list(held.pages)
    if len(ahead.before) > 1:
        document = unchanged_other(session, ahead)
        write(document, ahead.parts[0])
        put_away(held, document, viewer, now=now)
    else:
        check_unchanged(session, ahead)
        document = held
        write(held, ahead.parts[0])
        held.state, held.part_of, held.decided_by, held.decided_at = "proposed", None, None, None
    session.flush()
    facts = {"pages": back, "after": as_facts(document), **ground.step(session, scan, was)}
    ground.audit(session, viewer, scan, document, "document.pages-restored", facts, now=now)
    ground.settle(session, scan, now=now)
    return document


def _taken_out(session: Session, scan: Scan, document: ScanDocument, ahead: Ahead) -> ScanDocument:
    """Return a new row with the pages that the document loses."""
    gone = _lost(document, ahead.parts[0].pages)
    held = ScanDocument(
        scan_id=scan.id, seq=ground.next_seq(session, scan), pages=gone, part_of=document.id, **sort.nothing("")
    )
    session.add(held)
    write(document, ahead.parts[0])
    return held


def _lost(document: ScanDocument, left: Sequence[int]) -> list[int]:
    return [number for number in document.pages if number not in left]


def _whole(scan: Scan, document: ScanDocument) -> ScanDocument:
    """Return the row itself, unless it is the last document of its scan."""
    if len(standing(scan.documents)) < 2:
        raise Refused("review.nothing-left", "剔除后这份扫描件就没有资料了。请改用“退回”并说明原因。")
    return document
