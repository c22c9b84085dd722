"""Read: turn each page upright and into lines of text; a page is kept as soon as it is read.

The file's own text is taken where it was found sound; every other page is read by the engine.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive_service.jobs import queue
from archive_service.jobs.queue import Claimed
from archive_service.storage.record import record_object
from archive_service.storage.store import Stored
from ingest import lines, states, turned
from ingest.lines import TextLine
from ingest.marks import values as marks
from ingest.marks.find import with_marks
from ingest.ocr import cleanup, images
from ingest.ocr.reading import FLAGS, PageReading
from ingest.quality import record
from ingest.quality.findings import Finding, Limits
from ingest.sheets import look
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
            claimed.check()
            done += 1
            _page(workshop, scan, claimed, page, done)
    with workshop.database.reading() as session:
        found = record.among(workshop.store, record.pages_of(session, scan.id))
    return partial(_apply, found=found, now=workshop.now())


def _apply(session: Session, scan: Scan, *, found: Mapping[int, Sequence[Finding]], now: datetime) -> str:
    record.keep_scan(session, scan.id, sorted(found), found, now=now)
    return states.READ


def _page(workshop: Workshop, scan: Scan, claimed: Claimed, page: ScanPage, done: int) -> None:
    read = read_page(workshop, page)
    found = record.look(read, page, Limits.of(workshop.settings))
    image = workshop.store.put_bytes(read.image)
    thumbnail = workshop.store.put_bytes(read.thumbnail)
    text = workshop.store.put_bytes(lines.to_json(read.lines))
    kept = ((image, "image/jpeg"), (thumbnail, "image/jpeg"), (text, "application/json"))
    workshop.passed("read.page")
    with workshop.keeping(*kept), workshop.database.unit_of_work() as session:
        now = workshop.now()
        queue.renew(session, claimed, now=now, lease_s=workshop.settings.lease_s, done=done, total=scan.page_count)
        _record(session, *kept, now=now)
        row = session.get_one(ScanPage, page.id)
        write(row, read, image=image, thumbnail=thumbnail, text=text, now=now)
        record.keep_page(session, row, read, found, now=now)
        session.get_one(Scan, scan.id).pages_done = done


def _record(session: Session, *objects: tuple[Stored, str], now: datetime) -> None:
    for stored, media_type in objects:
        record_object(session, stored, role="rendition", media_type=media_type, now=now)


def read_page(workshop: Workshop, page: ScanPage) -> PageReading:
    """Read the image of a page and look for marks on it; a sheet of ours is only set upright."""
    raw = workshop.store.read(page.raw_digest or "")
    sheet = look.find(raw)
    if sheet is not None:
        return look.reading(raw, sheet)
    return with_marks(_read(workshop, page, raw))


def _read(workshop: Workshop, page: ScanPage, raw: bytes) -> PageReading:
    """Let the engine read a page, or take the text that its file brought."""
    turn = turned.of_flags(page.flags)
    if page.layer_digest:
        found = lines.from_json(workshop.store.read(page.layer_digest))
        return _layer(page, raw, found, turn or 0)
    return workshop.reader.read(raw, dpi=page.dpi, rotation=turn)


def write(row: ScanPage, read: PageReading, *, image: Stored, thumbnail: Stored, text: Stored, now: datetime) -> None:
    """Let the row of a page say what was read, with what, and where its image and lines are kept."""
    row.reading_settings, row.read_at = read.settings, now
    row.rotation, row.engine, row.confidence = read.rotation, read.engine, read.confidence
    row.width_px, row.height_px = read.width_px, read.height_px
    row.image_digest, row.thumbnail_digest, row.lines_digest = image.digest, thumbnail.digest, text.digest
    row.text = lines.page_text(read.lines)
    kept = [flag for flag in row.flags if flag not in FLAGS]
    told = (*([BLANK] if read.blank else []), *read.flags)
    row.flags = [*kept, *(flag for flag in told if flag not in kept)]
    row.marks = None if read.marks is None else marks.to_json(read.marks)


def _layer(page: ScanPage, raw: bytes, found: Sequence[TextLine], turn: int) -> PageReading:
    scan = images.decode(raw)
    height, width = scan.shape[:2]
    pixels = images.turn(scan, turn)
    upright = images.store(pixels, original=None if turn else raw)
    # What this program drew itself is neither blurred nor askew: only a scan is looked at.
    scanned = pixels if page.scanned_dpi else None
    return PageReading(
        rotation=turn,
        engine=TEXT_LAYER,
        confidence=1.0,
        lines=turned.lines(found, turn, width_px=width, height_px=height),
        width_px=upright.width_px,
        height_px=upright.height_px,
        image=upright.image,
        thumbnail=upright.thumbnail,
        scanned=scanned,
        kept=scanned,
        lean=0.0 if scanned is None else cleanup.lean(cleanup.ink(scanned)),
    )
