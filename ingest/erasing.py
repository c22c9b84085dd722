"""The received file as a way to the content of an item: its document, the pages read, better scans, renditions."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from archive_service.exchange.tables import HandIn
from archive_service.households.tables import Item
from ingest import states
from ingest.again.tables import PageReadingRow
from ingest.naming.tables import NamingModel
from ingest.quality.tables import PageFinding, PageInspection, Rescan
from ingest.renditions.tables import Rendition
from ingest.tables import STANDING, Scan, ScanDocument, ScanPage

#: State of a document whose item was destroyed.
ERASED = "erased"
_BLANK: dict[str, Any] = {"fields": {}, "reasons": [], "doubts": [], "marks": None, "candidates": [], "state": ERASED}
_OF_PAGE = ("raw_digest", "image_digest", "thumbnail_digest", "layer_digest", "lines_digest")
_PLAIN = (
    *(getattr(ScanPage, name) for name in _OF_PAGE),
    *(getattr(Rescan, name) for name in (*_OF_PAGE, "digest")),
    *(getattr(PageReadingRow, name) for name in ("image_digest", "thumbnail_digest", "lines_digest")),
    Rendition.digest,
    NamingModel.digest,
)


class ScanRoad:
    """The rows of an item in the file that it was received in."""

    def close(self, session: Session, item: Item) -> Collection[str]:
        """Blank document and pages, forget better scans and readings, and with the last document the file's name."""
        named = set(session.scalars(select(Rendition.digest).where(Rendition.item_id == item.id)))
        session.execute(delete(Rendition).where(Rendition.item_id == item.id))
        document = session.scalar(select(ScanDocument).where(ScanDocument.item_id == item.id))
        if document is None:
            return {digest for digest in named if digest}
        pages = list(document.pages)
        session.execute(update(ScanDocument).where(ScanDocument.id == document.id).values(_BLANK))
        session.expire(document)
        scan = session.get_one(Scan, document.scan_id)
        named |= _packages(session, scan)
        if not _lives(session, scan.id):
            # Also the pages that belong to no document.
            pages = list(session.scalars(select(ScanPage.page_no).where(ScanPage.scan_id == scan.id)))
            named |= self._forget_file(session, scan)
        named |= self._forget_pages(session, scan.id, pages)
        return {digest for digest in named if digest}

    def names(self, session: Session, digest: str) -> bool:
        """Say whether a page, a better scan, a rendition or a file with something left in it is this object."""
        if any(session.scalar(select(one).where(one == digest).limit(1)) is not None for one in _PLAIN):
            return True
        kept = select(Scan.id).where(Scan.digest == digest, Scan.state != states.REFUSED)
        return any(_lives(session, scan_id) for scan_id in session.scalars(kept))

    def still_open(self, session: Session, item_id: int) -> str:
        """Look for a document that is not blank, text of its pages, and a rendition."""
        document = session.scalar(select(ScanDocument).where(ScanDocument.item_id == item_id))
        text = None
        if document is not None:
            pages = (ScanPage.scan_id == document.scan_id, ScanPage.page_no.in_(document.pages))
            text = session.scalar(
                select(ScanPage.id).where(*pages, or_(ScanPage.text.is_not(None), ScanPage.image_digest.is_not(None)))
            )
        made = session.scalar(select(Rendition.item_id).where(Rendition.item_id == item_id))
        filled = document is not None and (document.state != ERASED or bool(document.fields))
        return "收到的文件" if filled or text is not None or made is not None else ""

    def _forget_pages(self, session: Session, scan_id: int, pages: Iterable[int]) -> set[str]:
        numbers, named = list(pages), set()
        for table, names in ((ScanPage, _OF_PAGE), (Rescan, (*_OF_PAGE, "digest")), (PageReadingRow, _OF_PAGE[1:3])):
            rows = session.scalars(select(table).where(table.scan_id == scan_id, table.page_no.in_(numbers)))
            for row in rows:
                named |= {digest for name in (*names, "lines_digest") if (digest := getattr(row, name))}
        blank = {**dict.fromkeys(_OF_PAGE), "text": None, "marks": None}
        of_scan = (ScanPage.scan_id == scan_id, ScanPage.page_no.in_(numbers))
        session.execute(update(ScanPage).where(*of_scan).values(blank))
        for gone in (Rescan, PageReadingRow, PageFinding):
            session.execute(delete(gone).where(gone.scan_id == scan_id, gone.page_no.in_(numbers)))
        notes = update(PageInspection).where(PageInspection.scan_id == scan_id, PageInspection.page_no.in_(numbers))
        session.execute(notes.values(note=""))
        return named

    def _forget_file(self, session: Session, scan: Scan) -> set[str]:
        """Forget the name of a file in which nothing is left; sent again, the same bytes are new. Return digests."""
        named = {scan.digest}
        for same in session.scalars(select(Scan).where(Scan.digest == scan.digest)):
            same.file_name = f"{same.id}"
        scan.state, scan.error_code = states.REFUSED, "file.destroyed"
        scan.error_message = "这份文件的内容已按销毁计划销毁，登记簿见“鉴定与销毁”。"
        session.flush()
        parent = session.get(Scan, scan.parent_id) if scan.parent_id is not None else None
        if parent is not None and not _lives(session, parent.id):
            named |= self._forget_file(session, parent)
        return named


def _packages(session: Session, scan: Scan) -> set[str]:
    """Take the file of the package off its record that the scan came in with; return its digest."""
    came = select(HandIn).where(HandIn.batch_id == scan.batch_id, HandIn.digest.is_not(None))
    named = set()
    for row in session.scalars(came):
        named.add(str(row.digest))
        row.digest = None
    return named


def _lives(session: Session, scan_id: int) -> bool:
    """Say whether a file, or a member of a container, is under way or has a document that is not destroyed."""
    scan = session.get_one(Scan, scan_id)
    if scan.state in states.MOVING:
        return True
    standing = select(ScanDocument.id).where(ScanDocument.scan_id == scan_id, ScanDocument.state.in_(STANDING))
    if session.scalar(standing.limit(1)) is not None:
        return True
    members = select(Scan.id).where(Scan.parent_id == scan_id, Scan.state != states.REFUSED)
    found = list(session.scalars(members))
    if any(_lives(session, one) for one in found):
        return True
    erased = select(ScanDocument.id).where(ScanDocument.scan_id == scan_id, ScanDocument.state == ERASED).limit(1)
    emptied = select(Scan.id).where(Scan.parent_id == scan_id, Scan.error_code == "file.destroyed").limit(1)
    # A file in which nothing was destroyed and nothing stands is kept as it is: it is no disposal's business.
    return session.scalar(erased) is None and session.scalar(emptied) is None
