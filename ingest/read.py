"""Read: turn each page upright and into lines of text; a page is kept as soon as it is read.

The file's own text is taken where it was found sound; every other page is read by the engine.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive_service.jobs import queue
from archive_service.jobs.queue import Claimed
from archive_service.storage.record import record_object
from archive_service.storage.store import Stored
from ingest import lines, states
from ingest.ocr import images
from ingest.ocr.reading import PageReading
from ingest.tables import Scan, ScanPage
from ingest.workshop import Apply, Workshop

#: Name of the reader of pages that bring their own text.
TEXT_LAYER = "text-layer"
#: Flag of a page with nothing on it.
BLANK = "blank"


def prepare(workshop: Workshop, scan: Scan, claimed: Claimed) -> Apply:
    """Read every page that is not read yet."""
    with workshop.database.reading() as session:
        pages = session.scalars(select(ScanPage).where(ScanPage.scan_id == scan.id).order_by(ScanPage.page_no)).all()
    done = sum(page.lines_digest is not None for page in pages)
    for page in pages:
        if page.raw_digest is not None and page.lines_digest is None:
            done += 1
            _page(workshop, scan, claimed, page, done)
    return _apply


def _apply(_session: Session, _scan: Scan) -> str:
    return states.READ


def _page(workshop: Workshop, scan: Scan, claimed: Claimed, page: ScanPage, done: int) -> None:
    read = _layer(workshop, page) if page.layer_digest else _engine(workshop, page)
    image = workshop.store.put_bytes(read.image)
    thumbnail = workshop.store.put_bytes(read.thumbnail)
    text = workshop.store.put_bytes(lines.to_json(read.lines))
    workshop.passed("read.page")
    with workshop.database.unit_of_work() as session:
        now = workshop.now()
        queue.renew(session, claimed, now=now, lease_s=workshop.settings.lease_s, done=done, total=scan.page_count)
        _record(session, (image, "image/jpeg"), (thumbnail, "image/jpeg"), (text, "application/json"), now=now)
        row = session.get_one(ScanPage, page.id)
        _write(row, read, image=image, thumbnail=thumbnail, text=text)
        session.get_one(Scan, scan.id).pages_done = done


def _record(session: Session, *objects: tuple[Stored, str], now: datetime) -> None:
    for stored, media_type in objects:
        record_object(session, stored, role="rendition", media_type=media_type, now=now)


def _write(row: ScanPage, read: PageReading, *, image: Stored, thumbnail: Stored, text: Stored) -> None:
    row.rotation, row.engine, row.confidence = read.rotation, read.engine, read.confidence
    row.width_px, row.height_px = read.width_px, read.height_px
    row.image_digest, row.thumbnail_digest, row.lines_digest = image.digest, thumbnail.digest, text.digest
    row.text = lines.page_text(read.lines)
    if read.blank and BLANK not in row.flags:
        row.flags = [*row.flags, BLANK]


def _layer(workshop: Workshop, page: ScanPage) -> PageReading:
    found = lines.from_json(workshop.store.read(page.layer_digest or ""))
    upright = images.upright(workshop.store.read(page.raw_digest or ""), 0)
    return PageReading(
        rotation=0,
        engine=TEXT_LAYER,
        confidence=1.0,
        lines=found,
        width_px=upright.width_px,
        height_px=upright.height_px,
        image=upright.image,
        thumbnail=upright.thumbnail,
    )


def _engine(workshop: Workshop, page: ScanPage) -> PageReading:
    return workshop.reader.read(workshop.store.read(page.raw_digest or ""), dpi=page.dpi)
