"""Reads of received files, their pages and proposals, limited to the units in which the viewer works on scans."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from archive_service import masking
from archive_service.errors import NotFound
from archive_service.households.tables import Item
from archive_service.people.roles import Right
from archive_service.people.viewer import Viewer
from archive_service.restricted.queries import check_open
from ingest import reach, signatures, states
from ingest.batch_queries import batch as batch
from ingest.batch_queries import batches as batches
from ingest.batch_queries import standing_of as standing_of
from ingest.review_queries import (
    ORDER,
    document_views,
)
from ingest.review_queries import count_waiting as count_waiting
from ingest.review_queries import document as document
from ingest.review_queries import documents_of_batch as documents_of_batch
from ingest.review_queries import review_progress as review_progress
from ingest.review_queries import review_queue as review_queue
from ingest.review_queries import sent_for_rescan as sent_for_rescan
from ingest.review_queries import waiting_for as waiting_for
from ingest.signatures import SignatureSaid
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
    wanted = select(Scan).where(reach.of_scans(viewer))
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
    if found is None or not reach.sees(session, viewer, found):
        raise NotFound("scan.not-found", "没有这份扫描件，或您无权查看。请返回扫描列表。")
    members = session.scalars(select(Scan).where(Scan.parent_id == found.id).order_by(Scan.id))
    return ScanView(
        row=_rows(session, viewer, [found])[0],
        digest=found.digest,
        unit_id=found.unit_id,
        pages=tuple(_page(page, viewer, found.unit_id) for page in found.pages),
        documents=tuple(document_views(session, standing(found.documents))),
        dropped=tuple(document_views(session, [one for one in found.documents if one.state == "dropped"])),
        members=_rows(session, viewer, members.all()),
        signatures=_signed(found, viewer),
    )


def _signed(scan: Scan, viewer: Viewer) -> tuple[SignatureSaid, ...]:
    found = signatures.from_json(scan.signatures)
    return found if viewer.may(Right.RECORD_READ_PERSONAL, scan.unit_id) else signatures.masked(found)


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
        select(ScanPage, Scan).join(Scan).where(Scan.id == scan_id, ScanPage.page_no == page_no)
    ).one_or_none()
    if found is None or not reach.sees(session, viewer, found.Scan):
        raise NotFound("scan.page-not-found", "没有这一页，或您无权查看。请返回扫描列表。")
    check_scan_open(session, viewer, scan_id)
    return _page(found.ScanPage, viewer, found.Scan.unit_id)


def check_scan_open(session: Session, viewer: Viewer, scan_id: int) -> None:
    """Raise NotPermitted when a paper out of a received file is stored only and not opened: its bytes stand there."""
    check_open(session, viewer, session.scalars(select(Item.id).where(Item.scan_id == scan_id)).all())


def documents_of(session: Session, viewer: Viewer, scan_ids: Sequence[int]) -> dict[int, tuple[DocumentView, ...]]:
    """Return the documents of several files by scan id, leaving out files of units the viewer does not work in."""
    wanted = (
        select(ScanDocument)
        .join(Scan)
        .where(
            ScanDocument.scan_id.in_(scan_ids),
            ScanDocument.state.in_(STANDING),
            reach.of_scans(viewer),
        )
        .order_by(*ORDER)
    )
    found: dict[int, tuple[DocumentView, ...]] = {}
    for view in document_views(session, session.scalars(wanted).all()):
        found[view.scan_id] = (*found.get(view.scan_id, ()), view)
    return found


def _rows(session: Session, viewer: Viewer, scans: Sequence[Scan]) -> tuple[ScanRow, ...]:
    """Return files as rows; the file that one repeats is named only to those who may know of it."""
    firsts = {scan.duplicate_of for scan in scans if scan.duplicate_of is not None}
    known = (
        set(session.scalars(select(Scan.id).where(Scan.id.in_(firsts), reach.of_scans(viewer)))) if firsts else set()
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
        reading_settings=page.reading_settings,
        confidence=page.confidence,
        text=masking.text(page.text) if masked and page.text else page.text,
        error_code=page.error_code,
        flags=tuple(page.flags),
        masked=masked,
    )
