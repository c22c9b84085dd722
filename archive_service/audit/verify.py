"""Check the whole audit chain against its head."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive_service.audit.chain import GENESIS, Break, Link, breaks
from archive_service.audit.tables import AuditEntry, AuditHead


def chain_breaks(session: Session) -> list[Break]:
    """Return every place where the chain does not hold; empty means that nothing was altered, removed or inserted."""
    head = session.get(AuditHead, 1)
    return list(breaks(_links(session), head=(head.seq, head.hash) if head else (0, GENESIS)))


def last_seq(session: Session) -> int:
    """Return the number of the newest entry, 0 before the first."""
    head = session.get(AuditHead, 1)
    return head.seq if head else 0


def _links(session: Session) -> Iterator[tuple[Link, str, str]]:
    for entry in session.scalars(select(AuditEntry).order_by(AuditEntry.seq).execution_options(yield_per=1000)):
        link = Link(
            entry.seq,
            entry.at,
            entry.person_id,
            entry.person_name,
            entry.did,
            entry.object_kind,
            entry.object_id,
            entry.unit_id,
            entry.facts,
        )
        yield link, entry.previous_hash, entry.hash
