"""Write findings down: those of a page with its reading, those of the whole scan when all of its pages are read."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

import cv2
import numpy as np
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from archive_service.errors import Damaged
from archive_service.storage.store import ObjectStore
from ingest import lines, turned
from ingest.lines import PageText
from ingest.ocr import images
from ingest.ocr.reading import MIRRORED, PageReading
from ingest.quality import findings, measure, numbers, repeated
from ingest.quality.findings import Finding, Limits
from ingest.quality.numbers import Place
from ingest.quality.repeated import Look
from ingest.quality.tables import PageFinding
from ingest.sheets import codes
from ingest.tables import ScanPage

#: Flag of a page that cannot be read with any trust; the review desk says so of its document.
HOPELESS = "unreadable-picture"


def look(read: PageReading, row: ScanPage, limits: Limits) -> list[Finding]:
    """Return what is wrong with the picture of a page that was just read."""
    if read.scanned is None or read.kept is None:
        return []
    seen = measure.Seen(
        pixels=read.scanned,
        kept=read.kept,
        lines=read.lines,
        lean=read.lean,
        dpi=row.dpi,
        scanned_dpi=row.scanned_dpi,
        blank=read.blank or findings.BLANK in row.flags,
        mirrored=MIRRORED in read.flags,
    )
    return measure.page_findings(seen, limits)


def keep_page(session: Session, row: ScanPage, read: PageReading, found: Sequence[Finding], *, now: datetime) -> None:
    """Put findings about the picture of a page in the place of those before."""
    _replace(session, row.scan_id, [row.page_no], findings.OF_PAGE, {row.page_no: found}, now=now)
    hopeless = measure.is_hopeless(found, read.confidence)
    row.flags = [*(flag for flag in row.flags if flag != HOPELESS), *([HOPELESS] if hopeless else [])]


def keep_scan(
    session: Session, scan_id: int, page_nos: Collection[int], found: Mapping[int, Sequence[Finding]], *, now: datetime
) -> None:
    """Put findings about the pages of a scan among each other in the place of those before."""
    _replace(session, scan_id, page_nos, findings.OF_SCAN, found, now=now)


def _replace(
    session: Session,
    scan_id: int,
    page_nos: Collection[int],
    codes: Sequence[str],
    found: Mapping[int, Sequence[Finding]],
    *,
    now: datetime,
) -> None:
    before = delete(PageFinding).where(PageFinding.scan_id == scan_id, PageFinding.code.in_(codes))
    if codes is findings.OF_PAGE:
        before = before.where(PageFinding.page_no.in_(page_nos))
    session.execute(before)
    session.add_all(_row(scan_id, number, one, now) for number in page_nos for one in found.get(number, ()))


def _row(scan_id: int, page_no: int, one: Finding, now: datetime) -> PageFinding:
    return PageFinding(
        scan_id=scan_id,
        page_no=page_no,
        code=one.code,
        measure=one.measure,
        limit=one.limit,
        boxes=[list(box) for box in one.boxes],
        facts=dict(one.facts),
        found_at=now,
    )


def among(store: ObjectStore, pages: Sequence[ScanPage]) -> dict[int, list[Finding]]:
    """Return what the pages of a scan show together: some lack, lie there twice or out of order."""
    pages = [page for page in pages if page.engine != codes.READER]
    read = [page for page in pages if page.lines_digest is not None]
    texts = {page.page_no: _text(store, page) for page in read}
    full = [page for page in read if findings.BLANK not in page.flags]
    twice = repeated.repeated([_look(store, page, texts[page.page_no]) for page in full]) if len(full) > 1 else {}
    places = [_place(page, texts.get(page.page_no)) for page in pages if page.page_no not in twice]
    found = numbers.sequence_findings(places)
    for page_no, other in twice.items():
        found.setdefault(page_no, []).append(Finding(findings.REPEATED, 0.0, 0.0, facts={"other": other}))
    return found


def _text(store: ObjectStore, page: ScanPage) -> PageText:
    found = lines.from_json(store.read(page.lines_digest or ""))
    return PageText(page.page_no, found, page.width_px, page.height_px)


def _look(store: ObjectStore, page: ScanPage, text: PageText) -> Look:
    try:
        small = images.decode(store.read(page.thumbnail_digest or ""))
    except Damaged:
        small = np.full((32, 32, 3), 255, np.uint8)
    grey = np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), np.uint8)
    return Look(page.page_no, grey, text.lines)


def _place(page: ScanPage, text: PageText | None) -> Place:
    return Place(page.page_no, numbers.printed(text) if text else None, empty=findings.BLANK in page.flags)


def pages_of(session: Session, scan_id: int) -> Sequence[ScanPage]:
    """Return the pages of a scan in their order."""
    return session.scalars(select(ScanPage).where(ScanPage.scan_id == scan_id).order_by(ScanPage.page_no)).all()


def turn_places(session: Session, scan_id: int, page_no: int, *, degrees: int, size: tuple[int, int]) -> None:
    """Turn the boxes of a page's findings with its image, by 0, 90, 180 or 270 degrees clockwise.

    `size` is width and height of the image before the turn, in pixels.
    """
    for row in session.scalars(select(PageFinding).where(PageFinding.scan_id == scan_id)):
        if row.page_no == page_no:
            row.boxes = [
                list(turned.box((x0, y0, x1, y1), degrees % 360, width_px=size[0], height_px=size[1]))
                for x0, y0, x1, y1 in row.boxes
            ]
