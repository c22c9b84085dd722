"""Whether rows are still what the trail says was done to them: who edits a row and no entry leaves the two at odds.

Looked at is what only the program's own acts change and each act has an entry for: the bytes that a scan was received
with, the account and type of an item, the account of a household and of a case. None of these rows is ever removed.
The rows of borrowing change with each step: `verify_loans`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, islice
from typing import Any

from sqlalchemy import Executable, String, select, type_coerce
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from archive_service.audit.tables import AuditEntry
from archive_service.cli.findings import Finding
from archive_service.households.tables import CaseFile, HouseholdFile, Item
from ingest.tables import Scan

GONE = "审计链记有这一条，而数据库中没有。请保留现场，从备份恢复。"
DIFFERS = "这一条与审计链所记的不同，不是由程序改动的。请保留现场，与备份比对。"
_AT_ONCE = 500

Facts = Mapping[str, Any]


@dataclass(frozen=True)
class _Kind:
    """Objects of a kind: what each of their verbs says of them, and how their rows are read, number first."""

    name: str
    told: Mapping[str, Callable[[Facts], Facts]]
    rows: Callable[[Sequence[int]], Executable]


def _picked(*names: str) -> Callable[[Facts], Facts]:
    return lambda facts: {name: facts[name] for name in names if name in facts}


_IN_HOUSEHOLD = HouseholdFile.account_no.label("account_no")
_KINDS = (
    _Kind(
        "household",
        {"household.opened": _picked("account_no")},
        lambda ids: select(HouseholdFile.id, _IN_HOUSEHOLD).where(HouseholdFile.id.in_(ids)),
    ),
    _Kind(
        "case",
        {"case.registered": _picked("account_no", "application_no")},
        lambda ids: (
            select(CaseFile.id, _IN_HOUSEHOLD, CaseFile.application_no)
            .join(HouseholdFile, HouseholdFile.id == CaseFile.household_id)
            .where(CaseFile.id.in_(ids))
        ),
    ),
    _Kind(
        "item",
        {
            "item.filed": _picked("account_no", "document_type"),
            "item.moved": lambda facts: {"account_no": facts["to"]["account_no"]},
            "item.retyped": lambda facts: {"document_type": facts["to"]},
        },
        lambda ids: (
            select(Item.id, _IN_HOUSEHOLD, Item.document_type)
            .join(HouseholdFile, HouseholdFile.id == Item.household_id)
            .where(Item.id.in_(ids))
        ),
    ),
    _Kind(
        "scan",
        {"scan.received": _picked("sha256", "size_bytes")},
        lambda ids: select(Scan.id, Scan.digest.label("sha256"), Scan.size_bytes).where(Scan.id.in_(ids)),
    ),
)


def findings(session: Session, *, altered: Collection[int]) -> list[Finding]:
    """Compare rows with what the trail says of them; what `altered` entries speak of is not compared."""
    found: list[Finding] = []
    for kind in _KINDS:
        told = _told(session, kind, altered)
        while part := dict(islice(told, _AT_ONCE)):
            found += _compared(session, kind, part)
    return found


def _compared(session: Session, kind: _Kind, told: Mapping[int, Facts]) -> Iterator[Finding]:
    rows = {row[0]: row._mapping for row in session.execute(kind.rows(list(told)))}
    for number, said in told.items():
        row = rows.get(number)
        if row is None:
            yield Finding("row.gone", f"{kind.name} {number}", GONE)
        elif any(row[name] != value for name, value in said.items()):
            yield Finding("row.differs-from-trail", f"{kind.name} {number}", DIFFERS)


def _told(session: Session, kind: _Kind, altered: Collection[int]) -> Iterator[tuple[int, Facts]]:
    """Yield for each object what the trail says of it last; nothing of one whose entries are not whole."""
    asked = (
        select(AuditEntry.object_id, AuditEntry.seq, AuditEntry.did, type_coerce(AuditEntry.facts, String))
        .where(AuditEntry.object_kind == kind.name, AuditEntry.did.in_(kind.told))
        .order_by(AuditEntry.object_id, AuditEntry.seq)
    )
    try:
        # Read to the end: rows are asked for meanwhile.
        entries = session.execute(asked).all()
    except DatabaseError:
        # Text that is none; the chain has named its entry.
        return
    for number, of in groupby(entries, key=lambda row: row[0]):
        said: dict[str, Any] = {}
        try:
            for _, seq, did, facts in of:
                if seq in altered:
                    raise ValueError("not to be believed")
                said |= kind.told[did](json.loads(facts))
            yield int(number), said
        except (ValueError, TypeError, LookupError, RecursionError):
            continue
