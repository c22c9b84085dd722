"""Read a better scan of a page and let the page show it; the picture of before is kept beside, as superseded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive_service.audit.record import SYSTEM, record
from archive_service.errors import Refused
from archive_service.jobs import queue
from archive_service.jobs.queue import Claimed
from archive_service.storage.record import record_object
from archive_service.storage.store import Stored
from ingest import lines, opening, read, scanner, sort
from ingest.errors import FileRefused, refuse
from ingest.ocr.reading import PageReading
from ingest.quality import record as findings_record
from ingest.quality.findings import Finding, Limits
from ingest.quality.rescan import check_changeable, refuse_rescan
from ingest.quality.tables import TAKEN, WAITING, Rescan
from ingest.review import ground
from ingest.tables import Scan, ScanDocument, ScanPage, standing
from ingest.workshop import Workshop

_FORMATS = ("jpeg", "png", "tiff", "pdf")
_DIGESTS = ("raw_digest", "image_digest", "thumbnail_digest", "layer_digest", "lines_digest")
_FACTS = (
    "width_px", "height_px", "dpi", "scanned_dpi", "rotation", "engine", "reading_settings", "confidence",
    "text", "flags",
)  # fmt: skip


@dataclass(frozen=True)
class _Better:
    """A better scan, read: the row that the page is to have, what was read, what to record, and what follows."""

    page: ScanPage
    reading: PageReading
    found: Sequence[Finding]
    objects: tuple[tuple[Stored, str], ...]
    image: Stored
    thumbnail: Stored
    text: Stored
    among: dict[int, list[Finding]]
    documents: dict[int, dict[str, Any]]


@dataclass(frozen=True)
class RescanHandler:
    """The job handler that puts a better scan in the place of a page."""

    workshop: Workshop

    def run(self, claimed: Claimed) -> None:
        """Read the better scan and commit the page together with the end of the job."""
        workshop = self.workshop
        with workshop.database.reading() as session:
            rescan = session.get_one(Rescan, int(claimed.subject))
            session.expunge(rescan)
        if rescan.state != WAITING:
            with workshop.database.unit_of_work() as session:
                queue.finish(session, claimed, now=workshop.now())
            return
        try:
            better = _read(workshop, rescan, claimed)
        except FileRefused as error:
            self._refuse(claimed, rescan.id, error)
            return
        with workshop.keeping(*better.objects), workshop.database.unit_of_work() as session:
            now = workshop.now()
            queue.finish(session, claimed, now=now)
            for stored, media_type in better.objects:
                record_object(session, stored, role="rendition", media_type=media_type, now=now)
            _take(session, rescan.id, better, now=now)

    def give_up(self, session: Session, claimed: Claimed, *, code: str, now: datetime) -> None:
        """Say that it could not be read; the page stays as it is."""
        message = "重扫件没有识读成功，原来的页不变，文件已保存。请重新交件，仍不成功时请通知管理员。"
        refuse_rescan(session, int(claimed.subject), code=code, message=message, now=now)

    def _refuse(self, claimed: Claimed, rescan_id: int, error: FileRefused) -> None:
        with self.workshop.database.unit_of_work() as session:
            now = self.workshop.now()
            queue.finish(session, claimed, now=now)
            refuse_rescan(session, rescan_id, code=error.code, message=error.message, now=now)


def _read(workshop: Workshop, rescan: Rescan, claimed: Claimed) -> _Better:
    with workshop.desk() as desk:
        page, objects = _rendered(workshop, rescan, desk)
    with workshop.keeping(*objects):
        claimed.check()
        reading = read.read_page(workshop, page)
        claimed.check()
    store = workshop.store
    image, thumbnail = store.put_bytes(reading.image), store.put_bytes(reading.thumbnail)
    text = store.put_bytes(lines.to_json(reading.lines))
    read.write(page, reading, image=image, thumbnail=thumbnail, text=text, now=workshop.now())
    kept = ((image, "image/jpeg"), (thumbnail, "image/jpeg"), (text, "application/json"))
    found = findings_record.look(reading, page, Limits.of(workshop.settings))
    with workshop.database.reading() as session:
        scan = session.get_one(Scan, rescan.scan_id)
        pages = [page if one.page_no == page.page_no else one for one in findings_record.pages_of(session, scan.id)]
        documents = _recognised(session, workshop, scan, pages, page.page_no)
        among = findings_record.among(store, pages)
    return _Better(page, reading, found, (*objects, *kept), image, thumbnail, text, among, documents)


def _rendered(workshop: Workshop, rescan: Rescan, desk: Path) -> tuple[ScanPage, tuple[tuple[Stored, str], ...]]:
    """Return the row of the better page, which no session knows, and the objects that it names."""
    path = desk / "original"
    workshop.store.fetch(rescan.digest, path)
    scanner.check(path, workshop.settings)
    probe = opening.probe(path, file_name=rescan.file_name, limits=workshop.limits)
    if probe.format not in _FORMATS or probe.page_count != 1:
        raise refuse("file.not-one-page")
    out = desk / "page"
    out.mkdir()
    (shown,) = opening.render(path, format=probe.format, first=1, last=1, out_dir=out, limits=workshop.limits)
    if shown.image is None:
        raise refuse(shown.error_code or "file.damaged")
    image = workshop.store.put_bytes(shown.image.read_bytes())
    layer = workshop.store.put_bytes(lines.to_json(shown.layer)) if shown.layer is not None else None
    page = ScanPage(
        scan_id=rescan.scan_id,
        page_no=rescan.page_no,
        raw_digest=image.digest,
        layer_digest=layer.digest if layer else None,
        dpi=shown.dpi,
        scanned_dpi=shown.scanned_dpi,
        flags=list(shown.flags),
    )
    return page, ((image, "image/jpeg"), *(((layer, "application/json"),) if layer else ()))


def _recognised(
    session: Session, workshop: Workshop, scan: Scan, pages: Sequence[ScanPage], page_no: int
) -> dict[int, dict[str, Any]]:
    """Return what the undecided document of the page is taken for now, by its id."""
    documents = standing(scan.documents)
    concerned = [
        one for one in documents if page_no in one.pages and (one.state == "proposed" or _waits_for(one, page_no))
    ]
    if not concerned:
        return {}
    cut = [tuple(one.pages) for one in documents]
    wanted = {number for numbers in cut for number in numbers}
    proposals = sort.recognised(
        session, scan, [page for page in pages if page.page_no in wanted], settings=workshop.settings,
        store=workshop.store, today=workshop.today(), cut=cut,
    )  # fmt: skip
    found = {number: sort.columns(one) for one in proposals for number in one.pages}
    return {one.id: found[page_no] for one in concerned if page_no in found}


def _take(session: Session, rescan_id: int, better: _Better, *, now: datetime) -> None:
    rescan = session.get_one(Rescan, rescan_id)
    scan = session.scalars(select(Scan).where(Scan.id == rescan.scan_id).with_for_update()).one()
    try:
        check_changeable(session, scan, rescan.page_no)
    except Refused as error:
        refuse_rescan(session, rescan_id, code=error.code, message=error.message, now=now)
        return
    wanted = select(ScanPage).where(ScanPage.scan_id == scan.id, ScanPage.page_no == rescan.page_no)
    row = session.scalars(wanted).one()
    _put_aside(rescan, row)
    # The flags too are those of the better scan alone: an old turn, or a sheet that lay there, says nothing about it.
    for name in (*_DIGESTS, *_FACTS):
        setattr(row, name, getattr(better.page, name))
    row.error_code, row.read_at = None, better.page.read_at
    findings_record.keep_page(session, row, better.reading, better.found, now=now)
    findings_record.keep_scan(session, scan.id, sorted(better.among), better.among, now=now)
    _take_up_again(session, scan, row.page_no, now=now)
    for document_id, columns in better.documents.items():
        _tell(session, document_id, columns)
    rescan.state, rescan.taken_at = TAKEN, now
    facts = {"page": row.page_no, "rescan": rescan.id, "before": rescan.image_digest, "after": row.image_digest}
    _audit(session, scan, "page.superseded", facts, now=now)


def _put_aside(rescan: Rescan, row: ScanPage) -> None:
    for name in _DIGESTS:
        setattr(rescan, name, getattr(row, name))
    rescan.superseded = {name: getattr(row, name) for name in _FACTS}


def _waits_for(document: ScanDocument, page_no: int) -> bool:
    return document.state == "rejected" and page_no in (document.rescan_pages or ())


def _take_up_again(session: Session, scan: Scan, page_no: int, *, now: datetime) -> None:
    """Let a document that was sent back for want of this page alone wait for a person again."""
    back = []
    for document in session.scalars(select(ScanDocument).where(ScanDocument.scan_id == scan.id)):
        if _waits_for(document, page_no):
            left = [number for number in document.rescan_pages or () if number != page_no]
            document.rescan_pages = left or None
            back += [] if left else [document]
    for document in back:
        document.state, document.decided_by, document.decided_at = "proposed", None, None
        record(
            session, by=SYSTEM, did="document.reopened", object_kind="document", object_id=document.id,
            unit_id=scan.unit_id, facts={"scan": scan.id, "page": page_no}, now=now,
        )  # fmt: skip
    if back:
        ground.settle(session, scan, now=now)


def _tell(session: Session, document_id: int, columns: dict[str, Any]) -> None:
    """Let an undecided document say what was recognised; what a person typed stays."""
    document = session.get_one(ScanDocument, document_id, with_for_update=True, populate_existing=True)
    if document.state != "proposed":
        return
    given = {name: one for name, one in document.fields.items() if one.get("confidence") == 1.0}
    for name, value in columns.items():
        setattr(document, name, value)
    document.fields = {**document.fields, **given}
    document.doubts = [*document.doubts, "有一页换成了重扫件，请对照影像核对。"]


def _audit(session: Session, scan: Scan, did: str, facts: dict[str, Any], *, now: datetime) -> None:
    record(
        session, by=SYSTEM, did=did, object_kind="scan", object_id=scan.id, unit_id=scan.unit_id, facts=facts, now=now
    )
