"""Check the whole audit chain against its head, also while others append to it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, String, and_, select, type_coerce
from sqlalchemy.orm import Session

from archive_service.audit.chain import GENESIS, Break, Link, breaks
from archive_service.audit.tables import AuditEntry, AuditHead

#: Entries between two tellings of how far a check is.
_TOLD_EVERY = 1000


def chain_breaks(session: Session, *, seen: Callable[[int], object] = lambda count: None) -> list[Break]:
    """Return every place where the chain does not hold; empty means that nothing was altered, removed or inserted.

    `seen` is told now and then how many entries were looked at.
    """
    head = _head(session)
    found = list(breaks(_counted(_links(session, up_to=head[0]), seen), head=head))
    # What others append while we read lies beyond the head that we began with, but never beyond the head of now.
    rest = list(session.scalars(select(AuditEntry.seq).where(AuditEntry.seq > head[0]).order_by(AuditEntry.seq)))
    now = _head(session)[0]
    return found + [Break(seq, "beyond-end") for seq in rest if seq > now]


def _counted(
    links: Iterator[tuple[Link | int, str, str]], seen: Callable[[int], object]
) -> Iterator[tuple[Link | int, str, str]]:
    for count, one in enumerate(links, start=1):
        if count % _TOLD_EVERY == 0:
            seen(count)
        yield one


def breaks_since(
    session: Session, *, after: int, previous: str, up_to: int, seen: Callable[[str], object]
) -> Iterator[Break]:
    """Yield what does not hold from behind the entry `after`, whose hash is `previous`, to the entry `up_to`.

    `seen` is told the hash of every entry, as the row holds it.
    """
    last = session.scalar(select(AuditEntry.hash).where(AuditEntry.seq == up_to)) or ""
    links = _links(session, after=after, up_to=up_to)
    told = ((link, before, kept) for link, before, kept in links if (seen(kept), True))
    return breaks(told, head=(up_to, last), after=(after, previous))


def _head(session: Session) -> tuple[int, str]:
    row = session.execute(select(AuditHead.seq, AuditHead.hash).where(AuditHead.id == 1)).one_or_none()
    return (row.seq, row.hash) if row else (0, GENESIS)


def last_seq(session: Session) -> int:
    """Return the number of the newest entry, 0 before the first."""
    head = session.get(AuditHead, 1)
    return head.seq if head else 0


def _links(session: Session, *, up_to: int, after: int = 0) -> Iterator[tuple[Link | int, str, str]]:
    return rows_as_kept(session, and_(AuditEntry.seq > after, AuditEntry.seq <= up_to))


def rows_as_kept(session: Session, condition: ColumnElement[bool]) -> Iterator[tuple[Link | int, str, str]]:
    """Yield the entries of a condition in their order: link, or number where it cannot be read, and both hashes."""
    # Moments and facts come as the database keeps them: what was changed may not be a moment or JSON any more, and has
    # to be named instead of ending the check.
    asked = select(
        AuditEntry.seq,
        type_coerce(AuditEntry.at, String).label("at"),
        AuditEntry.person_id,
        AuditEntry.person_name,
        AuditEntry.did,
        AuditEntry.object_kind,
        AuditEntry.object_id,
        AuditEntry.unit_id,
        type_coerce(AuditEntry.facts, String).label("facts"),
        AuditEntry.previous_hash,
        AuditEntry.hash,
    )
    rows = session.execute(asked.where(condition).order_by(AuditEntry.seq).execution_options(yield_per=1000))
    for row in rows:
        yield _link(row) or row.seq, row.previous_hash, row.hash


def _link(row: Any) -> Link | None:
    """Return what the hash of a row covers, none when it cannot be read."""
    try:
        at = datetime.fromisoformat(row.at) if isinstance(row.at, str) else row.at
        facts = json.loads(row.facts)
        # SQLite drops the zone, PostgreSQL gives its own.
        moment = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, TypeError, AttributeError):
        return None
    return Link(
        row.seq,
        moment,
        row.person_id,
        row.person_name,
        row.did,
        row.object_kind,
        row.object_id,
        row.unit_id,
        facts,
    )
