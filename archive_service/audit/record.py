"""Append to the audit trail, in the transaction of what is recorded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Table, insert, select
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


@dataclass(frozen=True)
class Deed:
    """One thing that was done, for `record_all`; fields as `record` takes them."""

    did: str
    object_kind: str
    object_id: str | int
    unit_id: int | None
    facts: Mapping[str, Any]


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


def record_all(session: Session, deeds: Sequence[Deed], *, by: Actor, now: datetime) -> None:
    """Append many deeds in their order, as `record` would one by one, and write them at once."""
    if not deeds:
        return
    head = _locked_head(session)
    seq, previous = head.seq, head.hash
    rows: list[dict[str, Any]] = []
    for deed in deeds:
        seq += 1
        facts, key = dict(deed.facts), str(deed.object_id)
        link = Link(seq, now, by.person_id, by.name, deed.did, deed.object_kind, key, deed.unit_id, facts)
        made = link_hash(previous, link)
        row = {
            "seq": seq,
            "at": now,
            "person_id": by.person_id,
            "person_name": by.name,
            "did": deed.did,
            "object_kind": deed.object_kind,
            "object_id": key,
            "unit_id": deed.unit_id,
            "facts": facts,
            "previous_hash": previous,
            "hash": made,
        }
        previous = made
        rows.append(row)
    session.execute(insert(cast(Table, AuditEntry.__table__)), rows)
    head.seq, head.hash = seq, previous
    session.flush()


def _locked_head(session: Session) -> AuditHead:
    head = session.scalar(select(AuditHead).where(AuditHead.id == 1).with_for_update())
    if head is None:
        head = AuditHead(id=1, seq=0, hash=GENESIS)
        session.add(head)
        session.flush()
    return head
