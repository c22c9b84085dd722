"""Reads of received files, their pages and proposals, limited to the units in which the viewer works on scans."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import ColumnElement, Select, func, select, tuple_
from sqlalchemy.orm import Session

from archive_service import masking
from archive_service.errors import NotFound
from archive_service.households.tables import CaseFile, HouseholdFile
from archive_service.people.roles import Right
from archive_service.people.viewer import Viewer
from ingest import states
from ingest.batch_queries import batch as batch
from ingest.batch_queries import batches as batches
from ingest.tables import STANDING, Scan, ScanDocument, ScanPage, standing
from ingest.views import (
    BatchProgress as BatchProgress,
)
from ingest.views import (
    DocumentView as DocumentView,
)
from ingest.views import (
    ReviewListing as ReviewListing,
)
from ingest.views import (
    ScanListing as ScanListing,
)
from ingest.views import (
    ScanPageView as ScanPageView,
)
from ingest.views import (
    ScanRow as ScanRow,
)
from ingest.views import (
    ScanView as ScanView,
)

#: Counting further would read the whole archive for a number that nobody reads to the last digit.
COUNTED = 1000
#: The order of documents: as their scans came in, and within a scan as their pages lie.
_QUEUE = (ScanDocument.scan_id, ScanDocument.first_page, ScanDocument.id)


def scans(
    session: Session,
    viewer: Viewer,
    *,
    state: str | None = None,
    batch_id: int | None = None,
    text: str = "",
    after: int | None = None,
    limit: int = 50,
    counted: int | None = COUNTED,
) -> ScanListing:
    """List received files, newest first, below the id `after`.

    No more than `counted` are counted; none counts all, which takes the longer the more there are.
    """
    wanted = select(Scan).where(Scan.unit_id.in_(viewer.units(Right.SCAN_REVIEW)))
    if state == "moving":
        wanted = wanted.where(Scan.state.in_((*states.MOVING, states.UNPACKED)))
    elif state:
        wanted = wanted.where(Scan.state == state)
    if batch_id is not None:
        wanted = wanted.where(Scan.batch_id == batch_id)
    if text:
        wanted = wanted.where(_named(text))
    few = wanted.with_only_columns(Scan.id).limit(None if counted is None else counted + 1)
    total = session.scalar(select(func.count()).select_from(few.subquery())) or 0
    if after is not None:
        wanted = wanted.where(Scan.id < after)
    if state not in (None, states.FILED) and not text:
        # Nearly all files are filed and rest. Of any other state there are few: the index of states knows them all, and
        # they are sorted when found, instead of walking back through all files until there are enough.
        few = wanted.with_only_columns(Scan.id).order_by((Scan.id + 0).desc()).limit(limit + 1)
        wanted = select(Scan).where(Scan.id.in_(session.scalars(few).all()))
    rows = session.scalars(wanted.order_by(Scan.id.desc()).limit(limit + 1)).all()
    next_after = rows[limit - 1].id if len(rows) > limit else None
    more = counted is not None and total > counted
    return ScanListing(_rows(session, viewer, rows[:limit]), counted if more and counted else total, next_after, more)


def _named(text: str) -> ColumnElement[bool]:
    # Folding every name takes longer than looking into it, and most words have no upper and lower case.
    cased = text.upper() != text.lower()
    return Scan.file_name.icontains(text, autoescape=True) if cased else Scan.file_name.contains(text, autoescape=True)


def scan(session: Session, viewer: Viewer, scan_id: int) -> ScanView:
    """Return a received file; raises NotFound when it does not exist or the viewer does not work in its unit."""
    found = session.get(Scan, scan_id)
    if found is None or not viewer.may(Right.SCAN_REVIEW, found.unit_id):
        raise NotFound("scan.not-found", "没有这份扫描件，或您无权查看。请返回扫描列表。")
    members = session.scalars(select(Scan).where(Scan.parent_id == found.id).order_by(Scan.id))
    return ScanView(
        row=_rows(session, viewer, [found])[0],
        digest=found.digest,
        unit_id=found.unit_id,
        pages=tuple(_page(page, viewer, found.unit_id) for page in found.pages),
        documents=tuple(_documents(session, standing(found.documents))),
        dropped=tuple(_documents(session, [one for one in found.documents if one.state == "dropped"])),
        members=_rows(session, viewer, members.all()),
    )


def scan_if_allowed(session: Session, viewer: Viewer, scan_id: int) -> ScanView | None:
    """Return a received file, or none when it does not exist or the viewer does not work in its unit."""
    try:
        return scan(session, viewer, scan_id)
    except NotFound:
        return None


def states_of(session: Session, scan_ids: Sequence[int]) -> dict[int, tuple[str, int, int]]:
    """Return state, pages done and page count by scan id, members of containers counted with them; for progress."""
    own = session.execute(select(Scan.id, Scan.state, Scan.pages_done, Scan.page_count).where(Scan.id.in_(scan_ids)))
    found = {row.id: (row.state, row.pages_done, row.page_count) for row in own}
    members = session.execute(
        select(Scan.parent_id, func.sum(Scan.pages_done), func.sum(Scan.page_count))
        .where(Scan.parent_id.in_(scan_ids))
        .group_by(Scan.parent_id)
    )
    for parent_id, done, count in members:
        found[parent_id] = (found[parent_id][0], done or 0, count or 0)
    return found


def scan_page(session: Session, viewer: Viewer, scan_id: int, page_no: int) -> ScanPageView:
    """Return one page of a received file; raises NotFound like `scan`."""
    found = session.execute(
        select(ScanPage, Scan.unit_id).join(Scan).where(Scan.id == scan_id, ScanPage.page_no == page_no)
    ).one_or_none()
    if found is None or not viewer.may(Right.SCAN_REVIEW, found.unit_id):
        raise NotFound("scan.page-not-found", "没有这一页，或您无权查看。请返回扫描列表。")
    return _page(found.ScanPage, viewer, found.unit_id)


def review_queue(
    session: Session, viewer: Viewer, *, batch_id: int | None = None, after: int | None = None, limit: int = 50
) -> ReviewListing:
    """List the documents that wait for a person, oldest scan first and page by page, behind the document `after`."""
    wanted = _waiting(viewer)
    if batch_id is not None:
        wanted = wanted.where(Scan.batch_id == batch_id)
    total = session.scalar(select(func.count()).select_from(wanted.subquery())) or 0
    if after is not None:
        last = session.execute(select(*_QUEUE).where(ScanDocument.id == after)).one_or_none()
        wanted = wanted.where(tuple_(*_QUEUE) > tuple_(*last) if last else ScanDocument.id > after)
    rows = session.scalars(wanted.order_by(*_QUEUE).limit(limit + 1)).all()
    next_after = rows[limit - 1].id if len(rows) > limit else None
    return ReviewListing(tuple(_documents(session, rows[:limit])), total, next_after)


def waiting_for(session: Session, viewer: Viewer, household_id: int) -> list[DocumentView]:
    """List the documents that wait for a person and are taken for papers of a household, in the order of the queue."""
    wanted = _waiting(viewer).where(ScanDocument.household_id == household_id).order_by(*_QUEUE)
    return _documents(session, session.scalars(wanted).all())


def document(session: Session, viewer: Viewer, document_id: int) -> DocumentView:
    """Return one document of a scan, decided or not; raises NotFound when the viewer may not review it."""
    found = session.get(ScanDocument, document_id)
    if found is None or not viewer.may(Right.SCAN_REVIEW, found.scan.unit_id):
        raise NotFound("review.not-found", "没有这份待校核资料，或您无权查看。请返回校核列表。")
    return _documents(session, [found])[0]


def documents_of(session: Session, viewer: Viewer, scan_ids: Sequence[int]) -> dict[int, tuple[DocumentView, ...]]:
    """Return the documents of several files by scan id, leaving out files of units the viewer does not work in."""
    wanted = (
        select(ScanDocument)
        .join(Scan)
        .where(
            ScanDocument.scan_id.in_(scan_ids),
            ScanDocument.state.in_(STANDING),
            Scan.unit_id.in_(viewer.units(Right.SCAN_REVIEW)),
        )
        .order_by(*_QUEUE)
    )
    found: dict[int, tuple[DocumentView, ...]] = {}
    for view in _documents(session, session.scalars(wanted).all()):
        found[view.scan_id] = (*found.get(view.scan_id, ()), view)
    return found


def _waiting(viewer: Viewer) -> Select[ScanDocument]:
    return (
        select(ScanDocument)
        .join(Scan)
        .where(
            ScanDocument.state == "proposed",
            # Only what has come to rest: a scan that is being sorted again may still lose its proposals.
            Scan.state == states.NEEDS_REVIEW,
            Scan.unit_id.in_(viewer.units(Right.SCAN_REVIEW)),
        )
    )


def _documents(session: Session, rows: Sequence[ScanDocument]) -> list[DocumentView]:
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
    )


def _rows(session: Session, viewer: Viewer, scans: Sequence[Scan]) -> tuple[ScanRow, ...]:
    """Return files as rows; the file that one repeats is named only to those who may know of it."""
    firsts = {scan.duplicate_of for scan in scans if scan.duplicate_of is not None}
    units = viewer.units(Right.SCAN_REVIEW)
    known = (
        set(session.scalars(select(Scan.id).where(Scan.id.in_(firsts), Scan.unit_id.in_(units)))) if firsts else set()
    )
    return tuple(
        row if row.duplicate_of is None or row.duplicate_of in known else replace(row, duplicate_of=None)
        for row in map(_row, scans)
    )


def _row(scan: Scan) -> ScanRow:
    return ScanRow(
        id=scan.id,
        batch_id=scan.batch_id,
        file_name=scan.file_name,
        state=scan.state,
        format=scan.format,
        size_bytes=scan.size_bytes,
        page_count=scan.page_count,
        pages_done=scan.pages_done,
        error_code=scan.error_code,
        error_message=scan.error_message,
        duplicate_of=scan.duplicate_of,
        parent_id=scan.parent_id,
        received_at=scan.received_at,
        finished_at=scan.finished_at,
        flags=tuple(scan.flags),
    )


def _page(page: ScanPage, viewer: Viewer, unit_id: int) -> ScanPageView:
    masked = not viewer.may(Right.RECORD_READ_PERSONAL, unit_id)
    return ScanPageView(
        page_no=page.page_no,
        image_digest=page.image_digest,
        thumbnail_digest=page.thumbnail_digest,
        lines_digest=page.lines_digest,
        width_px=page.width_px,
        height_px=page.height_px,
        dpi=page.dpi,
        rotation=page.rotation,
        engine=page.engine,
        confidence=page.confidence,
        text=masking.text(page.text) if masked and page.text else page.text,
        error_code=page.error_code,
        flags=tuple(page.flags),
        masked=masked,
    )
