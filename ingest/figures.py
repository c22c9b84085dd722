"""Received files, pages and papers that wait, in numbers for whoever watches; nothing of what they are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from archive_service.audit.tables import AuditEntry
from archive_service.people.tables import Unit
from ingest import states
from ingest.tables import Scan, ScanDocument, ScanPage

#: Minutes over which the pages read are averaged.
MINUTES = 5
#: Entries of the trail that are looked at for it at most; where more were written, the average is over less time.
MOST_ENTRIES = 20_000
#: Every unit's files are one range of an index; without the units the database would read all files there ever were.
_EVERYWHERE = Scan.unit_id.in_(select(Unit.id))
#: All but filed: those are nearly all, and counting them would cost as much as there are.
_COUNTED = (*states.MOVING, states.UNPACKED, states.NEEDS_REVIEW, states.SET_ASIDE)


@dataclass(frozen=True)
class IntakeFigures:
    """What is on its way: files by state, pages not read yet, documents that wait for a person.

    `pages`: all pages of received files, read or not.
    """

    scans: dict[str, int]
    pages: int
    pages_waiting: int
    review_documents: int


def intake(session: Session) -> IntakeFigures:
    """Return what is on its way now."""
    rows = session.execute(
        select(Scan.state, func.count()).where(_EVERYWHERE, Scan.state.in_(_COUNTED)).group_by(Scan.state)
    )
    unread = session.scalar(
        select(func.sum(Scan.page_count - Scan.pages_done)).where(
            _EVERYWHERE, Scan.state.in_((states.CHECKED, states.RENDERED))
        )
    )
    # Rows are numbered as they come and never removed; counting them would read every one.
    pages = session.scalar(select(func.max(ScanPage.id))) or 0
    review = session.scalar(
        select(func.count())
        .select_from(ScanDocument)
        .join(Scan)
        .where(ScanDocument.state == "proposed", Scan.state == states.NEEDS_REVIEW)
    )
    found = dict(rows.all())
    return IntakeFigures({state: found.get(state, 0) for state in _COUNTED}, pages, int(unread or 0), review or 0)


def refused(session: Session) -> dict[str, int]:
    """Return how many files were refused, by code; reads each of them, so ask seldom."""
    asked = (
        select(Scan.error_code, func.count()).where(_EVERYWHERE, Scan.state == states.REFUSED).group_by(Scan.error_code)
    )
    return {code or "": count for code, count in session.execute(asked)}


def pages_per_minute(session: Session, *, now: datetime) -> float:
    """Return how many pages were read a minute of late; the pages of a file count when its last one is read."""
    since = now - timedelta(minutes=MINUTES)
    newest = session.scalar(select(func.max(AuditEntry.seq))) or 0
    # By number, because entries have no index by time; the newest tell about the last minutes.
    rows = session.execute(
        select(AuditEntry.at, AuditEntry.facts).where(
            AuditEntry.seq > newest - MOST_ENTRIES, AuditEntry.did == "scan.advanced", AuditEntry.at > since
        )
    ).all()
    pages = sum(int(row.facts.get("pages", 0)) for row in rows if row.facts.get("step") == "read")
    first = session.scalar(select(AuditEntry.at).where(AuditEntry.seq == newest - MOST_ENTRIES + 1))
    covered = min(now - first, timedelta(minutes=MINUTES)) if first else timedelta(minutes=MINUTES)
    return pages / max(covered / timedelta(minutes=1), 1 / 60)
