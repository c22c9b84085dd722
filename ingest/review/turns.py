"""Turn pages by quarters: a new image and lines that fit it at once; a job then reads the page anew that way up."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive_service.errors import Invalid, Refused
from archive_service.jobs import queue
from archive_service.storage.record import record_object
from archive_service.storage.store import ObjectStore
from ingest import lines, turned
from ingest.ocr import images
from ingest.quality import record as quality
from ingest.tables import Scan, ScanPage

#: Kind of the job that reads a turned page anew; its subject is "scan/page".
REREAD_JOB = "page.reread"
_QUEUE = "read"


@dataclass(frozen=True)
class Turned:
    """A page that is to be turned: by how much, from which turn of the scan, and its size before."""

    page_no: int
    degrees: int
    rotation: int
    image_digest: str
    width_px: int
    height_px: int

    def fields(self, found: Mapping[str, Mapping[str, Any]], pages: Sequence[int]) -> dict[str, dict[str, Any]]:
        """Return the fields of a document of these pages, with the boxes on this page turned as well."""
        size = {"width_px": self.width_px, "height_px": self.height_px}
        result = {name: dict(field) for name, field in found.items()}
        for field in result.values():
            page, box = field.get("page"), field.get("box")
            if page and box and page <= len(pages) and pages[page - 1] == self.page_no:
                field["box"] = list(turned.box(tuple(box), self.degrees, **size))
        return result


def turned_pages(
    session: Session, scan_id: int, by_page: Mapping[int, int], *, allowed: Collection[int]
) -> list[Turned]:
    """Return the pages to be turned; raises Invalid for other turns than quarters and pages without an image."""
    wanted = {number: degrees % 360 for number, degrees in by_page.items() if degrees % 360}
    if not set(wanted) <= set(allowed) or not set(wanted.values()) <= set(turned.QUARTERS):
        raise Invalid("review.turn", "只能把待校核资料中的页转 90、180 或 270 度。请刷新页面后再试。")
    chosen = select(ScanPage).where(ScanPage.scan_id == scan_id, ScanPage.page_no.in_(wanted))
    rows = {row.page_no: row for row in session.scalars(chosen) if row.image_digest is not None}
    if set(rows) != set(wanted):
        raise Invalid("review.turn-image", "没有影像的页不能转动。请重新扫描这些页面。")
    return [
        Turned(number, wanted[number], row.rotation, row.image_digest or "", row.width_px, row.height_px)
        for number, row in sorted(rows.items())
    ]


def write(
    session: Session, scan: Scan, pages: Sequence[Turned], *, store: ObjectStore, now: datetime
) -> dict[str, list[int]]:
    """Turn pages of a scan that is locked; return the turn before and after by page, for the audit trail.

    Raises Refused when the image is no longer the one that was looked at.
    """
    return {str(page.page_no): [page.rotation, _write(session, scan, page, store, now)] for page in pages}


def _write(session: Session, scan: Scan, page: Turned, store: ObjectStore, now: datetime) -> int:
    chosen = select(ScanPage).where(ScanPage.scan_id == scan.id, ScanPage.page_no == page.page_no)
    row = session.scalars(chosen, execution_options={"populate_existing": True}).one()
    if row.image_digest != page.image_digest:
        raise Refused("review.changed", "这一页刚被他人转过，您的更改没有保存。请对照页面重新核对。", page=page.page_no)
    shown = images.upright(store.read(page.image_digest), page.degrees)
    found = lines.from_json(store.read(row.lines_digest)) if row.lines_digest else None
    row.image_digest = _keep(session, store, shown.image, "image/jpeg", now)
    row.thumbnail_digest = _keep(session, store, shown.thumbnail, "image/jpeg", now)
    row.width_px, row.height_px = shown.width_px, shown.height_px
    if found is not None:
        lie = turned.lines(found, page.degrees, width_px=page.width_px, height_px=page.height_px)
        row.lines_digest = _keep(session, store, lines.to_json(lie), "application/json", now)
    size = page.width_px, page.height_px
    quality.turn_places(session, scan.id, page.page_no, degrees=page.degrees, size=size)
    row.rotation = (page.rotation + page.degrees) % 360
    row.flags = turned.with_turn(row.flags, row.rotation)
    queue.enqueue(session, kind=REREAD_JOB, subject=f"{scan.id}/{page.page_no}", queue=_QUEUE, now=now)
    return row.rotation


def _keep(session: Session, store: ObjectStore, data: bytes, media_type: str, now: datetime) -> str:
    stored = store.put_bytes(data)
    record_object(session, stored, role="rendition", media_type=media_type, now=now)
    return stored.digest
