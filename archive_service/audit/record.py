"""Append to the audit trail, in the transaction of what is recorded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive_service.audit.chain import GENESIS, Link, link_hash
from archive_service.audit.tables import AuditEntry, AuditHead


@dataclass(frozen=True)
class Actor:
    """Who did something: a person, or the system itself when `person_id` is none."""

    person_id: int | None
    name: str


#: The program acting by itself.
SYSTEM = Actor(None, "system")


def record(
    session: Session,
    *,
    by: Actor,
    did: str,
    object_kind: str,
    object_id: str | int,
    unit_id: int | None,
    facts: Mapping[str, Any],
    now: datetime,
) -> AuditEntry:
    """Append what was done to the chain; it becomes true with the caller's commit or not at all.

    `facts` holds plain JSON values and no secrets. Appending locks the head until the transaction ends, so that
    numbers have no gaps and no two entries share a predecessor.
    """
    head = _locked_head(session)
    link = Link(head.seq + 1, now, by.person_id, by.name, did, object_kind, str(object_id), unit_id, dict(facts))
    entry = AuditEntry(
        seq=link.seq,
        at=now,
        person_id=by.person_id,
        person_name=by.name,
        did=did,
        object_kind=object_kind,
        object_id=str(object_id),
        unit_id=unit_id,
        facts=dict(facts),
        previous_hash=head.hash,
        hash=link_hash(head.hash, link),
    )
    session.add(entry)
    head.seq, head.hash = entry.seq, entry.hash
    session.flush()
    return entry


def _locked_head(session: Session) -> AuditHead:
    head = session.scalar(select(AuditHead).where(AuditHead.id == 1).with_for_update())
    if head is None:
        head = AuditHead(id=1, seq=0, hash=GENESIS)
        session.add(head)
        session.flush()
    return head
