"""Queue pages to be read again: their rows and one job a file, file by file, so that nothing large is held."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive_service.audit.record import record
from archive_service.errors import Invalid, Refused
from archive_service.jobs import queue
from archive_service.people.roles import Right
from archive_service.people.viewer import Viewer
from ingest import queries as scans
from ingest.again import queries
from ingest.again.queries import READ_AGAIN_JOB, Filters
from ingest.again.tables import PageReadingRow
from ingest.tables import Scan

QUEUE = "read"
_LONGEST_REASON = 200


def ask_for_scan(session: Session, viewer: Viewer, scan_id: int, *, reason: str, now: datetime) -> int:
    """Queue all pages of one file that an engine read; return how many. For somebody who reviews such files.

    Raises NotFound, NotPermitted, Invalid without a reason, and Refused when there is nothing to read again.
    """
    scan = scans.scan(session, viewer, scan_id)
    viewer.require(Right.SCAN_REVIEW, scan.unit_id)
    reason = reason.strip()
    if not reason or len(reason) > _LONGEST_REASON:
        raise Invalid("reread.reason", f"请写明重新识读的原因，不超过 {_LONGEST_REASON} 字。")
    filters = Filters(frozenset({scan.unit_id}), scan_id=scan_id)
    queued = ask(session, viewer, scan_id, filters, said={"reason": reason}, now=now)
    if not queued:
        raise Refused(
            "reread.nothing",
            "这份文件没有可以重新识读的页：文字原本就在文件里，或者已在排队、还在处理。请刷新页面查看进度。",
            scan=scan_id,
        )
    return queued


def ask(
    session: Session, viewer: Viewer, scan_id: int, filters: Filters, *, said: Mapping[str, Any], now: datetime
) -> int:
    """Queue the pages of a file that the filters find; return how many. `said` is what the person asked for."""
    scan = session.scalars(select(Scan).where(Scan.id == scan_id).with_for_update()).one()
    pages = queries.pages_of(session, filters, scan_id)
    if not pages:
        return 0
    waiting = {row.page_no: row for row in queries.wanted(session, scan_id)}
    new = [number for number in pages if number not in waiting]
    for number in set(pages) & set(waiting):
        # The wish of a job that was cancelled or failed belongs to the new one.
        waiting[number].wanted_at = now
    session.add_all(PageReadingRow(scan_id=scan_id, page_no=number, wanted_at=now) for number in new)
    queue.enqueue(session, kind=READ_AGAIN_JOB, subject=scan_id, queue=QUEUE, now=now)
    record(
        session, by=viewer.actor, did="scan.read-again-asked", object_kind="scan", object_id=scan_id,
        unit_id=scan.unit_id, facts={"pages": len(pages), **said}, now=now,
    )  # fmt: skip
    return len(pages)
