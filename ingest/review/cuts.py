"""Mend a wrong cut: split a document in two, join one with the document before it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from archive_service.people.viewer import Viewer
from ingest.review import ground
from ingest.review.ahead import Ahead, Part
from ingest.tables import ScanDocument


def split(session: Session, viewer: Viewer, ahead: Ahead, *, now: datetime) -> tuple[ScanDocument, ScanDocument]:
    """Cut a document as `before_split` saw it; return the document with the first pages and the new one behind it.

    Raises NotFound, and Refused when somebody else decided the document or moved its pages meanwhile.
    """
    scan, document = ground.locked_open(session, viewer, ahead.document_id, now=now)
    check_unchanged(session, ahead)
    head, tail = ahead.parts
    was, lay = ground.lay(session, scan), list(document.pages)
    write(document, head)
    behind = ScanDocument(scan_id=scan.id, seq=ground.next_seq(session, scan), pages=list(tail.pages), **tail.columns)
    session.add(behind)
    session.flush()
    facts = {"before": {str(document.id): lay}, "after": as_facts(document, behind), **ground.step(session, scan, was)}
    ground.audit(session, viewer, scan, document, "document.split", facts, now=now)
    ground.settle(session, scan, now=now)
    return document, behind


def join(session: Session, viewer: Viewer, ahead: Ahead, *, now: datetime) -> ScanDocument:
    """Join a document with the one before it as `before_join` saw them; return the one that has all the pages.

    The joined one keeps its row, without pages: whoever still has it on the desk is told, and its number never comes
    to mean another document. Raises NotFound and Refused like `split`.
    """
    scan, document = ground.locked_open(session, viewer, ahead.document_id, now=now)
    previous = unchanged_other(session, ahead)
    was, lay = ground.lay(session, scan), as_facts(previous, document)
    write(previous, ahead.parts[0])
    put_away(document, previous, viewer, now=now)
    session.flush()
    facts = {"before": lay, "after": as_facts(previous), **ground.step(session, scan, was)}
    ground.audit(session, viewer, scan, previous, "document.joined", facts, now=now)
    ground.settle(session, scan, now=now)
    return previous


def unchanged_other(session: Session, ahead: Ahead) -> ScanDocument:
    """Return the other document concerned; raises Refused when it, or the first, is no longer as it was."""
    check_unchanged(session, ahead)
    other = next(one for one in ahead.before if one != ahead.document_id)
    document = session.get_one(ScanDocument, other)
    ground.check_open(document)
    return document


def check_unchanged(session: Session, ahead: Ahead) -> None:
    """Raise Refused unless all documents concerned, whose scan is locked, lie as they did."""
    for document_id, pages in ahead.before.items():
        document = session.get_one(ScanDocument, document_id, populate_existing=True)
        ground.check_pages(document, pages)


def write(document: ScanDocument, part: Part) -> None:
    """Give a document its new pages and what was recognised of them."""
    document.pages = list(part.pages)
    for name, value in part.columns.items():
        setattr(document, name, value)


def put_away(document: ScanDocument, into: ScanDocument, viewer: Viewer, *, now: datetime) -> None:
    """Note that all pages of a row lie in another document now."""
    document.state, document.part_of, document.pages = "joined", into.id, []
    document.decided_by, document.decided_at = viewer.person_id, now


def as_facts(*documents: ScanDocument) -> dict[str, list[int]]:
    """Return the pages of documents by id, for the audit trail."""
    return {str(one.id): list(one.pages) for one in documents}
