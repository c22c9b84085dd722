"""The job that reads pages of a file again: page by page, each kept as soon as it is read.

A better reading takes the place of the old one, on the page and on the item that it was filed with; the old one, or
the new one if it is worse, becomes history. What a person decided or typed stays. A job that ends early leaves the
pages that are not read yet waiting, and goes on with them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive_service.audit.record import SYSTEM, record
from archive_service.households import actions as households
from archive_service.jobs import queue
from archive_service.jobs.queue import Claimed
from archive_service.storage.record import record_object
from archive_service.storage.store import Stored
from ingest import lines, read, states, turned
from ingest.again import queries, rules
from ingest.again.rules import Choice
from ingest.again.tables import NOT_TAKEN, REPLACED, PageReadingRow
from ingest.file import new_page
from ingest.lines import TextLine
from ingest.ocr import calibrate
from ingest.ocr.reading import PageReading
from ingest.quality import record as quality
from ingest.quality.findings import Limits
from ingest.quality.tables import PageFinding
from ingest.renditions.owed import owe
from ingest.review.ahead import Tools, columns_of
from ingest.review.lying import PROPOSED
from ingest.tables import Scan, ScanDocument, ScanPage
from ingest.workshop import Workshop

#: What a page's reading is, on the row of the page and on that of a reading of before.
_READING = (
    "engine", "reading_settings", "confidence", "rotation", "width_px", "height_px",
    "image_digest", "thumbnail_digest", "lines_digest", "read_at",
)  # fmt: skip
_READ_AGAIN = "页面重新识读过，请核对类型和归属。"


@dataclass(frozen=True)
class ReadAgainHandler:
    """The job handler for files whose pages are to be read again."""

    workshop: Workshop

    def run(self, claimed: Claimed) -> None:
        """Read every waiting page, then see what undecided documents say now."""
        scan_id = int(claimed.subject)
        with self.workshop.database.reading() as session:
            waiting = [row.page_no for row in queries.wanted(session, scan_id)]
        for done, page_no in enumerate(waiting):
            claimed.check()
            self._page(scan_id, page_no, claimed, done=done, total=len(waiting))
        self._documents(scan_id, claimed)

    def give_up(self, session: Session, claimed: Claimed, *, code: str, now: datetime) -> None:
        """Leave pages as they are; those not read yet go on waiting until somebody retries the job."""

    def _page(self, scan_id: int, page_no: int, claimed: Claimed, *, done: int, total: int) -> None:
        workshop, store = self.workshop, self.workshop.store
        with workshop.database.reading() as session:
            page = _page_row(session, scan_id, page_no)
            moving = session.get_one(Scan, scan_id).state not in states.FINAL
            shut = queries.stored_only(session, scan_id, page_no)
        if moving or shut or page.raw_digest is None or page.lines_digest is None:
            self._forget(scan_id, page_no, claimed)
            return
        found = read.read_page(workshop, page)
        choice = rules.choose(_on_todays_scale(page, lines.from_json(store.read(page.lines_digest))), found.lines)
        image, thumbnail = store.put_bytes(found.image), store.put_bytes(found.thumbnail)
        text = store.put_bytes(lines.to_json(found.lines))
        kept = ((image, "image/jpeg"), (thumbnail, "image/jpeg"), (text, "application/json"))
        with workshop.keeping(*kept), workshop.database.unit_of_work() as session:
            now = workshop.now()
            queue.renew(session, claimed, now=now, lease_s=workshop.settings.lease_s, done=done + 1, total=total)
            for stored, media_type in kept:
                record_object(session, stored, role="rendition", media_type=media_type, now=now)
            scan = _locked(session, scan_id)
            row = _page_row(session, scan_id, page_no)
            # A restriction may have begun while it was read.
            if _is_as_it_was(row, page) and not queries.stored_only(session, scan_id, page_no):
                new = _Found(found, image, thumbnail, text, choice)
                _take(session, scan, row, new, limits=Limits.of(workshop.settings), now=now)
            else:
                _drop_wish(session, scan_id, page_no)

    def _forget(self, scan_id: int, page_no: int, claimed: Claimed) -> None:
        with self.workshop.database.unit_of_work() as session:
            queue.renew(session, claimed, now=self.workshop.now(), lease_s=self.workshop.settings.lease_s)
            _drop_wish(session, scan_id, page_no)

    def _documents(self, scan_id: int, claimed: Claimed) -> None:
        """Recognise undecided documents with pages read again anew, and end the job."""
        workshop = self.workshop
        tools = Tools(workshop.settings, workshop.store, workshop.today())
        with workshop.database.reading() as session:
            # Also what an earlier try of this job has read.
            pages = queries.read_for(session, claimed.id, scan_id)
            concerned = [one for one in _undecided(session, scan_id) if set(one.pages) & set(pages)]
            lie = [tuple(one.pages) for one in concerned]
            found = columns_of(session, concerned[0].scan, concerned, lie, tools) if concerned else []
        claimed.check()
        with workshop.database.unit_of_work() as session:
            now = workshop.now()
            queue.finish(session, claimed, now=now)
            scan = _locked(session, scan_id)
            current = {one.id: one for one in _undecided(session, scan_id)}
            for document, columns in zip(concerned, found, strict=True):
                same = current.get(document.id)
                if same is not None and tuple(same.pages) == tuple(document.pages):
                    for name, value in columns.items():
                        setattr(same, name, value)
                    same.doubts = same.doubts or [_READ_AGAIN]
            if pages:
                _audit(session, scan, "scan.read-again", {"pages": len(pages)}, now=now)


@dataclass(frozen=True)
class _Found:
    reading: PageReading
    image: Stored
    thumbnail: Stored
    text: Stored
    choice: Choice


def _take(session: Session, scan: Scan, row: ScanPage, new: _Found, *, limits: Limits, now: datetime) -> None:
    """Let the page show the new reading, or keep that beside it if it is worse."""
    wish = _wish(session, row)
    if wish is None:
        # Cancelled and taken back meanwhile.
        return
    if not new.choice.take:
        shown = _apart(row)
        read.write(shown, new.reading, image=new.image, thumbnail=new.thumbnail, text=new.text, now=now)
        _note(wish, shown)
        wish.state = NOT_TAKEN
        return
    _note(wish, row)
    wish.state, wish.replaced_at = REPLACED, now
    before, old_image = row.lines_digest or "", row.image_digest
    read.write(row, new.reading, image=new.image, thumbnail=new.thumbnail, text=new.text, now=now)
    if row.image_digest != old_image or not _has_findings(session, row):
        quality.keep_page(session, row, new.reading, quality.look(new.reading, row, limits), now=now)
    _on_item(session, scan, row, before, now=now)


def _on_item(session: Session, scan: Scan, row: ScanPage, before: str, *, now: datetime) -> None:
    """Let the item that the page was filed with say the new text; index and rendition follow."""
    for item_id in households.replace_reading(
        session, scan_id=scan.id, before=before, page=new_page(scan, row), by=SYSTEM, now=now
    ):
        owe(session, item_id, now=now)


def _on_todays_scale(page: ScanPage, found: Sequence[TextLine]) -> Sequence[TextLine]:
    """Return lines with confidence that can be compared: older versions kept what the engine thought of itself."""
    told = (page.reading_settings or "").split()
    return found if calibrate.setting() in told else calibrate.from_scores(found)


def _is_as_it_was(row: ScanPage, page: ScanPage) -> bool:
    """Say whether the page is still the one that was read: not scanned, turned or read anew meanwhile."""
    same = row.raw_digest == page.raw_digest and row.lines_digest == page.lines_digest
    return same and turned.of_flags(row.flags) == turned.of_flags(page.flags)


def _apart(row: ScanPage) -> ScanPage:
    """Return a row that no session knows, to be written on in the place of `row`."""
    return ScanPage(scan_id=row.scan_id, page_no=row.page_no, flags=list(row.flags))


def _note(wish: PageReadingRow, shown: ScanPage) -> None:
    for name in _READING:
        setattr(wish, name, getattr(shown, name))


def _wish(session: Session, row: ScanPage) -> PageReadingRow | None:
    return next((one for one in queries.wanted(session, row.scan_id) if one.page_no == row.page_no), None)


def _drop_wish(session: Session, scan_id: int, page_no: int) -> None:
    for one in queries.wanted(session, scan_id):
        if one.page_no == page_no:
            session.delete(one)


def _has_findings(session: Session, row: ScanPage) -> bool:
    found = select(PageFinding.id).where(PageFinding.scan_id == row.scan_id, PageFinding.page_no == row.page_no)
    return session.scalar(found.limit(1)) is not None


def _locked(session: Session, scan_id: int) -> Scan:
    chosen = select(Scan).where(Scan.id == scan_id).with_for_update().execution_options(populate_existing=True)
    return session.scalars(chosen).one()


def _page_row(session: Session, scan_id: int, page_no: int) -> ScanPage:
    chosen = select(ScanPage).where(ScanPage.scan_id == scan_id, ScanPage.page_no == page_no)
    return session.scalars(chosen, execution_options={"populate_existing": True}).one()


def _undecided(session: Session, scan_id: int) -> Sequence[ScanDocument]:
    chosen = select(ScanDocument).where(ScanDocument.scan_id == scan_id, ScanDocument.state == PROPOSED)
    return session.scalars(chosen.order_by(ScanDocument.id), execution_options={"populate_existing": True}).all()


def _audit(session: Session, scan: Scan, did: str, facts: dict[str, object], *, now: datetime) -> None:
    record(
        session, by=SYSTEM, did=did, object_kind="scan", object_id=scan.id, unit_id=scan.unit_id, facts=facts, now=now
    )
