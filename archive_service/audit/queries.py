"""Reading the audit trail; who may read it is decided by the caller, who passes the units."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, false, func, not_, or_, select
from sqlalchemy.orm import Session

from archive_service.audit.flags import Reading
from archive_service.audit.tables import AuditEntry

_MOST = 500


@dataclass(frozen=True)
class EntryFilters:
    """What to look for; every filter given must hold."""

    person_id: int | None = None
    object_kind: str | None = None
    object_id: str | None = None
    #: A whole verb such as item.filed, or its first part followed by a dot (item.).
    did: str | None = None
    #: Only what changed something: no readings.
    changes: bool = False
    #: From this moment on.
    since: datetime | None = None
    #: Up to, not including, this moment.
    until: datetime | None = None


@dataclass(frozen=True)
class EntryView:
    """One thing that happened, as auditors read it."""

    seq: int
    at: datetime
    person_id: int | None
    person_name: str
    did: str
    object_kind: str
    object_id: str
    unit_id: int | None
    facts: Mapping[str, Any]
    hash: str


@dataclass(frozen=True)
class EntryListing:
    """A page of entries, newest first; `next` is the `before` of the following page, `total` 0 where nobody counted."""

    entries: tuple[EntryView, ...]
    next: int | None
    total: int


def entries(
    session: Session,
    *,
    units: Collection[int],
    whole_system: bool,
    filters: EntryFilters,
    before: int | None = None,
    limit: int = 50,
) -> EntryListing:
    """Return the entries of `units` (and, with `whole_system`, those of no unit), newest first, older than `before`."""
    limit = max(1, min(limit, _MOST))
    mine = AuditEntry.unit_id.in_(units) if units else false()
    wanted = _filtered(select(AuditEntry), filters).where(
        or_(mine, AuditEntry.unit_id.is_(None)) if whole_system else mine
    )
    return page_of(session, wanted, before=before, limit=limit)


def page_of(
    session: Session, wanted: Select[AuditEntry], *, before: int | None, limit: int, counted: bool = True
) -> EntryListing:
    """Return one page of the entries that `wanted` selects, newest first, older than `before`, and their total."""
    total = (session.scalar(select(func.count()).select_from(wanted.subquery())) or 0) if counted else 0
    if before is not None:
        wanted = wanted.where(AuditEntry.seq < before)
    rows = list(session.scalars(wanted.order_by(AuditEntry.seq.desc()).limit(limit + 1)))
    views = tuple(view(row) for row in rows[:limit])
    return EntryListing(views, next=views[-1].seq if len(rows) > limit else None, total=total)


def readings(session: Session, *, units: Collection[int], since: datetime, until: datetime) -> list[Reading]:
    """Return who read which household of `units`, from `since` to before `until`, in the order of the trail."""
    wanted = select(
        AuditEntry.seq, AuditEntry.at, AuditEntry.person_id, AuditEntry.person_name, AuditEntry.facts
    ).where(
        AuditEntry.did == "household.read",
        AuditEntry.unit_id.in_(units),
        AuditEntry.person_id.is_not(None),
        AuditEntry.at >= since,
        AuditEntry.at < until,
    )
    return [
        Reading(seq, at, person, name, str(facts.get("account_no", "")), bool(facts.get("unmasked")))
        for seq, at, person, name, facts in session.execute(wanted.order_by(AuditEntry.seq))
        if person is not None
    ]


def view(row: AuditEntry) -> EntryView:
    """Return an entry as it is shown."""
    return EntryView(
        seq=row.seq,
        at=row.at,
        person_id=row.person_id,
        person_name=row.person_name,
        did=row.did,
        object_kind=row.object_kind,
        object_id=row.object_id,
        unit_id=row.unit_id,
        facts=row.facts,
        hash=row.hash,
    )


def _filtered(wanted: Select[AuditEntry], filters: EntryFilters) -> Select[AuditEntry]:
    conditions: list[ColumnElement[bool]] = []
    if filters.person_id is not None:
        conditions.append(AuditEntry.person_id == filters.person_id)
    if filters.object_kind:
        conditions.append(AuditEntry.object_kind == filters.object_kind)
    if filters.object_id:
        conditions.append(AuditEntry.object_id == filters.object_id)
    if filters.did:
        conditions.append(
            AuditEntry.did.startswith(filters.did, autoescape=True)
            if filters.did.endswith(".")
            else AuditEntry.did == filters.did
        )
    if filters.changes:
        conditions.append(not_(AuditEntry.object_kind.startswith("reading")))
    if filters.since is not None:
        conditions.append(AuditEntry.at >= filters.since)
    if filters.until is not None:
        conditions.append(AuditEntry.at < filters.until)
    return wanted.where(*conditions)
