"""Render: make an image of every page in the sandbox, and take the text that the file itself brings.

Pages are rendered in chunks and kept chunk by chunk, so that a crash costs one chunk and not the file.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive_service.jobs import queue
from archive_service.jobs.queue import Claimed
from archive_service.storage.record import record_object
from archive_service.storage.store import Stored
from ingest import lines, opening, states
from ingest.errors import refuse
from ingest.opening import RenderedPage
from ingest.tables import Scan, ScanPage
from ingest.workshop import Apply, Workshop

#: Pages of one child process.
CHUNK = 20


@dataclass(frozen=True)
class _Kept:
    """A rendered page whose bytes the store holds."""

    page: RenderedPage
    image: Stored | None
    layer: Stored | None


def prepare(workshop: Workshop, scan: Scan, claimed: Claimed) -> Apply:
    """Render the pages that have no image yet; raises FileRefused when not one page can be rendered."""
    with workshop.desk() as desk:
        path = desk / "original"
        workshop.store.fetch(scan.digest, path)
        for first in range(1, scan.page_count + 1, CHUNK):
            last = min(first + CHUNK - 1, scan.page_count)
            claimed.check()
            if not _is_rendered(workshop, scan, first, last):
                _chunk(workshop, scan, claimed, path, desk / f"pages{first}", first, last)
    return _apply


def _apply(session: Session, scan: Scan) -> str:
    pages = session.scalars(select(ScanPage).where(ScanPage.scan_id == scan.id)).all()
    if all(page.raw_digest is None for page in pages):
        raise_code = next((page.error_code for page in pages if page.error_code), "file.damaged")
        error = refuse(raise_code)
        scan.error_code, scan.error_message = error.code, error.message
        return states.REFUSED
    return states.RENDERED


def _is_rendered(workshop: Workshop, scan: Scan, first: int, last: int) -> bool:
    with workshop.database.reading() as session:
        open_pages = select(ScanPage.id).where(
            ScanPage.scan_id == scan.id,
            ScanPage.page_no.between(first, last),
            ScanPage.raw_digest.is_(None),
            ScanPage.error_code.is_(None),
        )
        return session.scalars(open_pages.limit(1)).first() is None


def _chunk(workshop: Workshop, scan: Scan, claimed: Claimed, path: Path, out_dir: Path, first: int, last: int) -> None:
    out_dir.mkdir()
    rendered = opening.render(path, format=scan.format, first=first, last=last, out_dir=out_dir, limits=workshop.limits)
    claimed.check()
    kept = [_keep(workshop, page) for page in rendered]
    stored = [one for page in kept for one in ((page.image, "image/jpeg"), (page.layer, "application/json"))]
    objects = [(thing, media_type) for thing, media_type in stored if thing]
    workshop.passed("render.chunk")
    with workshop.keeping(*objects), workshop.database.unit_of_work() as session:
        now = workshop.now()
        queue.renew(session, claimed, now=now, lease_s=workshop.settings.lease_s, done=last, total=scan.page_count)
        rows = {row.page_no: row for row in session.scalars(select(ScanPage).where(ScanPage.scan_id == scan.id))}
        for one in kept:
            _write(rows[one.page.page_no], one)
        for thing, media_type in objects:
            record_object(session, thing, role="rendition", media_type=media_type, now=now)


def _keep(workshop: Workshop, page: RenderedPage) -> _Kept:
    image = workshop.store.put_bytes(page.image.read_bytes()) if page.image else None
    layer = workshop.store.put_bytes(lines.to_json(page.layer)) if page.layer is not None else None
    return _Kept(page, image, layer)


def _write(row: ScanPage, kept: _Kept) -> None:
    row.raw_digest = kept.image.digest if kept.image else None
    row.layer_digest = kept.layer.digest if kept.layer else None
    row.width_px, row.height_px, row.dpi = kept.page.width_px, kept.page.height_px, kept.page.dpi
    row.scanned_dpi = kept.page.scanned_dpi
    row.error_code, row.flags = kept.page.error_code, list(kept.page.flags)
