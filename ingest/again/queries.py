"""Which pages could be read again, and what was read on a page before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, String, and_, cast, exists, func, or_, select
from sqlalchemy.orm import Session

from archive_service.households.tables import Item, Page
from archive_service.jobs.queries import OPEN
from archive_service.jobs.tables import Job
from archive_service.restricted.queries import lasting
from ingest import states
from ingest.again.tables import WANTED, PageReadingRow
from ingest.read import TEXT_LAYER
from ingest.sheets import codes
from ingest.tables import Scan, ScanPage

#: Kind of the job; its subject is the id of the scan.
READ_AGAIN_JOB = "scan.read-again"


@dataclass(frozen=True)
class Filters:
    """Which pages; every filter given must hold. `begin` and `end` bound when the file was received, `end` excluded."""

    #: Units whose files are meant, as ids.
    units: frozenset[int]
    #: Read by another engine than this, or, with `settings_not`, by the same with other settings.
    engine_not: str | None = None
    settings_not: str | None = None
    #: Read with less confidence than this.
    below: float | None = None
    begin: datetime | None = None
    end: datetime | None = None
    scan_id: int | None = None

    def condition(self) -> ColumnElement[bool]:
        """Return what a page and its scan must fulfil.

        Pages that no engine read or that are stored only, and moving files, never do.
        """
        chosen: list[ColumnElement[bool]] = [
            Scan.unit_id.in_(self.units),
            Scan.state.in_(states.FINAL),
            ScanPage.raw_digest.is_not(None),
            ScanPage.lines_digest.is_not(None),
            ScanPage.engine.not_in((TEXT_LAYER, codes.READER)),
            ~_stored_only(ScanPage.scan_id, ScanPage.page_no),
        ]
        if self.engine_not is not None:
            other = [ScanPage.engine != self.engine_not]
            if self.settings_not is not None:
                other += [ScanPage.reading_settings.is_(None), ScanPage.reading_settings != self.settings_not]
            chosen.append(or_(*other))
        if self.below is not None:
            chosen.append(ScanPage.confidence < self.below)
        if self.begin is not None:
            chosen.append(Scan.received_at >= self.begin)
        if self.end is not None:
            chosen.append(Scan.received_at < self.end)
        if self.scan_id is not None:
            chosen.append(Scan.id == self.scan_id)
        return and_(*chosen)


@dataclass(frozen=True)
class ReadingAgain:
    """How far the job has come that reads a file again, in pages."""

    #: queued, running or failed.
    state: str
    done: int
    total: int


@dataclass(frozen=True)
class Counted:
    """How many files and pages a filter finds that do not wait to be read again already."""

    scans: int
    pages: int


def count(session: Session, filters: Filters) -> Counted:
    """Count what would be queued."""
    row = session.execute(
        _pages(filters).with_only_columns(func.count(ScanPage.scan_id.distinct()), func.count())
    ).one()
    return Counted(*row)


def next_scans(session: Session, filters: Filters, *, after: int, limit: int) -> list[int]:
    """Return files above the id `after` with pages to be queued, by id."""
    chosen = _pages(filters).with_only_columns(ScanPage.scan_id).where(ScanPage.scan_id > after)
    return list(session.scalars(chosen.distinct().order_by(ScanPage.scan_id).limit(limit)))


def pages_of(session: Session, filters: Filters, scan_id: int) -> list[int]:
    """Return the numbers of the pages of a file that are to be queued."""
    chosen = _pages(filters).with_only_columns(ScanPage.page_no).where(ScanPage.scan_id == scan_id)
    return list(session.scalars(chosen.order_by(ScanPage.page_no)))


def wanted(session: Session, scan_id: int) -> Sequence[PageReadingRow]:
    """Return the pages of a file that wait to be read again."""
    chosen = select(PageReadingRow).where(PageReadingRow.scan_id == scan_id, PageReadingRow.state == WANTED)
    return session.scalars(chosen.order_by(PageReadingRow.page_no)).all()


def under_way(session: Session, scan_id: int) -> ReadingAgain | None:
    """Return how far reading a file again has come; none when nothing is owed. A failed job counts until it is retried.

    The caller has made sure that the viewer may see the file.
    """
    chosen = select(Job).where(Job.kind == READ_AGAIN_JOB, Job.subject == str(scan_id)).order_by(Job.id.desc()).limit(1)
    job = session.scalars(chosen).one_or_none()
    if job is None or job.state not in (*OPEN, "failed"):
        return None
    return ReadingAgain(job.state, job.done_units, job.total_units or len(wanted(session, scan_id)))


def read_for(session: Session, job_id: int, scan_id: int) -> list[int]:
    """Return the numbers of the pages of a file that were read for a job, in this try of it or an earlier one."""
    asked = session.get_one(Job, job_id).created_at
    chosen = select(PageReadingRow.page_no).where(
        PageReadingRow.scan_id == scan_id, PageReadingRow.state != WANTED, PageReadingRow.wanted_at >= asked
    )
    return sorted(set(session.scalars(chosen)))


def readings(session: Session, scan_id: int) -> Sequence[PageReadingRow]:
    """Return the readings that pages of a file had before, or that were not taken, newest first."""
    chosen = select(PageReadingRow).where(PageReadingRow.scan_id == scan_id, PageReadingRow.state != WANTED)
    return session.scalars(chosen.order_by(PageReadingRow.page_no, PageReadingRow.id.desc())).all()


def stored_only(session: Session, scan_id: int, page_no: int) -> bool:
    """Say whether a page belongs to a paper that is stored only, and is read no more."""
    return bool(session.scalar(select(_stored_only(scan_id, page_no))))


def _stored_only(scan_id: Any, page_no: Any) -> ColumnElement[bool]:
    filed = select(Page.id).join(Item, Item.id == Page.item_id)
    return filed.where(Item.scan_id == scan_id, Page.original_page == page_no, lasting(Item.id)).exists()


def _pages(filters: Filters) -> Select[Any]:
    # A wish whose job was cancelled or failed is no reason against asking anew.
    waits = exists().where(
        PageReadingRow.scan_id == ScanPage.scan_id,
        PageReadingRow.page_no == ScanPage.page_no,
        PageReadingRow.state == WANTED,
        Job.kind == READ_AGAIN_JOB,
        Job.subject == cast(PageReadingRow.scan_id, String),
        Job.state.in_(OPEN),
    )
    return select(ScanPage).join(Scan, Scan.id == ScanPage.scan_id).where(filters.condition(), ~waits)
