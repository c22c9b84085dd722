"""The job that reads a page anew after a person has turned it, and recognises its document again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive_service.jobs import queue
from archive_service.jobs.queue import Claimed
from archive_service.storage.record import record_object
from ingest import lines, read, turned
from ingest.quality import record as quality
from ingest.quality.findings import Limits
from ingest.review.ahead import Tools, columns_of
from ingest.review.lying import PROPOSED
from ingest.tables import Scan, ScanDocument, ScanPage
from ingest.workshop import Workshop

_REVIEWED = "页面由人工转正并重新识读，请核对类型和归属。"


@dataclass(frozen=True)
class RereadHandler:
    """The job handler for pages that were turned. Pages of documents that were decided meanwhile stay as they are."""

    workshop: Workshop

    def run(self, claimed: Claimed) -> None:
        """Read the page the way up that the person gave it, then see what its document says now."""
        scan_id, page_no = map(int, claimed.subject.split("/"))
        self._page(scan_id, page_no, claimed)
        self._document(scan_id, page_no, claimed)

    def give_up(self, session: Session, claimed: Claimed, *, code: str, now: datetime) -> None:
        """Leave the page as it was turned, with the lines that were read before."""

    def _page(self, scan_id: int, page_no: int, claimed: Claimed) -> None:
        with self.workshop.database.reading() as session:
            page, document = _page(session, scan_id, page_no), _document(session, scan_id, page_no)
        if document is None or page.raw_digest is None:
            return
        found = read.read_page(self.workshop, page)
        claimed.check()
        store = self.workshop.store
        image, thumbnail = store.put_bytes(found.image), store.put_bytes(found.thumbnail)
        text = store.put_bytes(lines.to_json(found.lines))
        kept = ((image, "image/jpeg"), (thumbnail, "image/jpeg"), (text, "application/json"))
        with self.workshop.keeping(*kept), self.workshop.database.unit_of_work() as session:
            now = self.workshop.now()
            queue.renew(session, claimed, now=now, lease_s=self.workshop.settings.lease_s, done=1, total=2)
            for stored, media_type in kept:
                record_object(session, stored, role="rendition", media_type=media_type, now=now)
            _lock(session, scan_id)
            row = _page(session, scan_id, page_no)
            again = turned.of_flags(row.flags) != turned.of_flags(page.flags)
            # Turned once more meanwhile: that has a job of its own. Scanned anew meanwhile: this was the old picture.
            # Filed meanwhile: the item has these images.
            if not again and row.raw_digest == page.raw_digest and _document(session, scan_id, page_no) is not None:
                read.write(row, found, image=image, thumbnail=thumbnail, text=text, now=now)
                seen = quality.look(found, row, Limits.of(self.workshop.settings))
                quality.keep_page(session, row, found, seen, now=now)

    def _document(self, scan_id: int, page_no: int, claimed: Claimed) -> None:
        tools = Tools(self.workshop.settings, self.workshop.store, self.workshop.today())
        with self.workshop.database.reading() as session:
            document = _document(session, scan_id, page_no)
            lie = tuple(document.pages) if document else ()
            columns = columns_of(session, document.scan, [document], [lie], tools)[0] if document else {}
        claimed.check()
        with self.workshop.database.unit_of_work() as session:
            queue.finish(session, claimed, now=self.workshop.now())
            _lock(session, scan_id)
            current = _document(session, scan_id, page_no)
            if document and current and current.id == document.id and tuple(current.pages) == lie:
                for name, value in columns.items():
                    setattr(current, name, value)
                current.doubts = current.doubts or [_REVIEWED]


def _lock(session: Session, scan_id: int) -> None:
    session.scalars(select(Scan).where(Scan.id == scan_id).with_for_update()).one()


def _page(session: Session, scan_id: int, page_no: int) -> ScanPage:
    chosen = select(ScanPage).where(ScanPage.scan_id == scan_id, ScanPage.page_no == page_no)
    return session.scalars(chosen, execution_options={"populate_existing": True}).one()


def _document(session: Session, scan_id: int, page_no: int) -> ScanDocument | None:
    """Return the undecided document that has the page."""
    chosen = select(ScanDocument).where(ScanDocument.scan_id == scan_id, ScanDocument.state == PROPOSED)
    rows = session.scalars(chosen, execution_options={"populate_existing": True})
    return next((one for one in rows if page_no in one.pages), None)
