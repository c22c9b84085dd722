"""Reads of the documents of scans: the queue of the review desk, and what a person may see of a document."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Select, func, select, tuple_
from sqlalchemy.orm import Session

from archive_service.completeness import marks
from archive_service.errors import NotFound
from archive_service.households.tables import CaseFile, HouseholdFile
from archive_service.people.roles import Right
from archive_service.people.viewer import Viewer
from ingest import states
from ingest.claims import queries as claims
from ingest.tables import STANDING, Batch, Scan, ScanDocument
from ingest.views import BatchReview, DocumentView, ReviewListing

#: The order of documents: as their scans came in, and within a scan as their pages lie.
ORDER = (ScanDocument.scan_id, ScanDocument.first_page, ScanDocument.id)


def review_queue(
    session: Session,
    viewer: Viewer,
    *,
    batch_id: int | None = None,
    after: int | None = None,
    limit: int = 50,
    free_at: datetime | None = None,
    handed: bool = False,
) -> ReviewListing:
    """List the documents that wait for a person, oldest scan first and page by page, behind the document `after`.

    With `free_at` those of scans that somebody else has in hand at that moment are left out; `handed` keeps only those
    of scans that were handed over to the viewer.
    """
    wanted = _waiting(viewer)
    if batch_id is not None:
        wanted = wanted.where(Scan.batch_id == batch_id)
    if free_at is not None:
        wanted = wanted.where(~claims.taken_from(viewer, Scan.id, free_at))
    if handed:
        wanted = wanted.where(claims.handed_to(viewer, Scan.id))
    return _listing(session, wanted, after=after, limit=limit)


def sent_for_rescan(
    session: Session, viewer: Viewer, *, batch_id: int | None = None, after: int | None = None, limit: int = 50
) -> ReviewListing:
    """List the documents that were sent back because their pages are to be scanned anew, in the order of the queue."""
    wanted = _documents_of_units(viewer).where(ScanDocument.state == "rejected", ScanDocument.rescan_pages.is_not(None))
    if batch_id is not None:
        wanted = wanted.where(Scan.batch_id == batch_id)
    return _listing(session, wanted, after=after, limit=limit)


def documents_of_batch(
    session: Session, viewer: Viewer, batch_id: int, *, after: int | None = None, limit: int = 50
) -> ReviewListing:
    """List all documents of a batch, sure ones and decided ones too, in the order of the queue."""
    wanted = _documents_of_units(viewer).where(Scan.batch_id == batch_id, ScanDocument.state.in_(STANDING))
    return _listing(session, wanted, after=after, limit=limit)


def review_progress(session: Session, viewer: Viewer, batch_id: int) -> BatchReview:
    """Return how far the documents of a batch have come."""
    wanted = _documents_of_units(viewer).where(Scan.batch_id == batch_id, ScanDocument.state.in_(STANDING))
    counted = select(func.count(), func.count().filter(ScanDocument.state == "proposed"))
    found = session.execute(wanted.with_only_columns(*counted.selected_columns).order_by(None)).one()
    name = session.scalar(select(Batch.name).where(Batch.id == batch_id)) or ""
    return BatchReview(name, found[0] - found[1], found[0])


def _listing(session: Session, wanted: Select[ScanDocument], *, after: int | None, limit: int) -> ReviewListing:
    total = session.scalar(select(func.count()).select_from(wanted.subquery())) or 0
    if after is not None:
        last = session.execute(select(*ORDER).where(ScanDocument.id == after)).one_or_none()
        wanted = wanted.where(tuple_(*ORDER) > tuple_(*last) if last else ScanDocument.id > after)
    rows = session.scalars(wanted.order_by(*ORDER).limit(limit + 1)).all()
    next_after = rows[limit - 1].id if len(rows) > limit else None
    return ReviewListing(tuple(document_views(session, rows[:limit])), total, next_after)


def count_waiting(session: Session, viewer: Viewer) -> int:
    """Return how many documents wait for a person."""
    wanted = _waiting(viewer).with_only_columns(ScanDocument.id)
    return session.scalar(select(func.count()).select_from(wanted.subquery())) or 0


def waiting_for(session: Session, viewer: Viewer, household_id: int) -> list[DocumentView]:
    """List the documents that wait for a person and are taken for papers of a household, in the order of the queue."""
    wanted = _waiting(viewer).where(ScanDocument.household_id == household_id).order_by(*ORDER)
    return document_views(session, session.scalars(wanted).all())


def document(session: Session, viewer: Viewer, document_id: int) -> DocumentView:
    """Return one document of a scan, decided or not; raises NotFound when the viewer may not review it."""
    found = session.get(ScanDocument, document_id)
    if found is None or not viewer.may(Right.SCAN_REVIEW, found.scan.unit_id):
        raise NotFound("review.not-found", "没有这份待校核资料，或您无权查看。请返回校核列表。")
    return document_views(session, [found])[0]


def _documents_of_units(viewer: Viewer) -> Select[ScanDocument]:
    return select(ScanDocument).join(Scan).where(Scan.unit_id.in_(viewer.units(Right.SCAN_REVIEW)))


def _waiting(viewer: Viewer) -> Select[ScanDocument]:
    # Only what has come to rest: a scan that is being sorted again may still lose its proposals.
    return _documents_of_units(viewer).where(ScanDocument.state == "proposed", Scan.state == states.NEEDS_REVIEW)


def document_views(session: Session, rows: Sequence[ScanDocument]) -> list[DocumentView]:
    """Return rows as they are shown, with the households and cases that they name."""
    household_ids = {row.household_id for row in rows if row.household_id}
    case_ids = {row.case_id for row in rows if row.case_id}
    households = {h.id: h for h in session.scalars(select(HouseholdFile).where(HouseholdFile.id.in_(household_ids)))}
    cases = {c.id: c for c in session.scalars(select(CaseFile).where(CaseFile.id.in_(case_ids)))}
    return [_document(row, households.get(row.household_id or 0), cases.get(row.case_id or 0)) for row in rows]


def _document(row: ScanDocument, household: HouseholdFile | None, case: CaseFile | None) -> DocumentView:
    return DocumentView(
        id=row.id,
        scan_id=row.scan_id,
        seq=row.seq,
        pages=tuple(row.pages),
        document_type=row.document_type,
        confidence=row.confidence,
        candidates=tuple((code, score) for code, score in row.candidates),
        fields=row.fields,
        reasons=tuple(row.reasons),
        doubts=tuple(row.doubts),
        marks=marks.from_json(row.marks),
        state=row.state,
        item_id=row.item_id,
        household_id=row.household_id,
        account_no=household.account_no if household else None,
        account_name=household.account_name if household else None,
        case_id=row.case_id,
        application_no=case.application_no if case else None,
        match_confidence=row.match_confidence,
        decided_at=row.decided_at,
        part_of=row.part_of,
        decided_by=row.decided_by,
        rescan_pages=tuple(row.rescan_pages or ()),
    )
