"""Whether what keeps records safe still stands as the trail says: holds, disposals with their tombstones, roles.

Who lifts a hold, changes who signed for a disposal, sets a tombstone or takes a role with access to the database alone
leaves no entry, and is named: a row changed, removed, or one of which no entry speaks.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import String, select, type_coerce
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from archive_service.audit.tables import AuditEntry
from archive_service.cli.findings import Finding
from archive_service.cli.verify_loans import INVENTED
from archive_service.cli.verify_trail import DIFFERS, GONE
from archive_service.holds.rules import subjects_mark
from archive_service.holds.tables import Hold, HoldSubject
from archive_service.people.tables import RoleGrant
from retention.disposal_tables import DisposalList, Tombstone

Facts = Mapping[str, Any]
#: What stands of a record after an entry: from what stood before, who did it, and the facts of the entry.
Step = Callable[[Facts, int | None, Facts], Facts]


@dataclass(frozen=True)
class _Kind:
    """Records of a kind: the entries about them, what each says, and how their rows stand by their number."""

    name: str
    object_kind: str
    steps: Mapping[str, Step]
    rows: Callable[[Session], Mapping[int, Facts]]
    #: Whether what stands is all that may: then a row that lacks all is like one with nothing, and none has more.
    whole: bool = False


def findings(session: Session, *, altered: Collection[int]) -> list[Finding]:
    """Compare the rows with the trail; of a record with an `altered` entry nothing is believed."""
    first = list(_compared(session, altered))
    # Somebody who works meanwhile is between an entry and a row only while this reads; they do not look so twice.
    again = set(_compared(session, altered)) if first else set()
    return [one for one in first if one in again]


def _compared(session: Session, altered: Collection[int]) -> Iterator[Finding]:
    for kind in _KINDS:
        try:
            told, unbelieved = _told(session, kind, altered)
        except DatabaseError:
            # Text that is none; the chain has named its entry.
            continue
        rows = kind.rows(session)
        for number in sorted(told.keys() | (rows.keys() - unbelieved)):
            name, said, row = f"{kind.name} {number}", told.get(number), rows.get(number)
            if kind.whole and (said or {}) != (row or {}):
                yield Finding("row.differs-from-trail", name, DIFFERS)
            elif not kind.whole:
                yield from _judged(name, said, row)


def _judged(name: str, told: Facts | None, row: Facts | None) -> Iterator[Finding]:
    if told is None:
        yield Finding("row.not-in-trail", name, INVENTED)
    elif row is None:
        yield Finding("row.gone", name, GONE)
    elif any(row.get(one) != value for one, value in told.items()):
        yield Finding("row.differs-from-trail", name, DIFFERS)


def _told(session: Session, kind: _Kind, altered: Collection[int]) -> tuple[dict[int, Facts], set[int]]:
    asked = (
        select(
            AuditEntry.object_id, AuditEntry.seq, AuditEntry.did, AuditEntry.person_id,
            type_coerce(AuditEntry.facts, String),
        )
        .where(AuditEntry.object_kind == kind.object_kind, AuditEntry.did.in_(kind.steps))
        .order_by(AuditEntry.seq)
    )  # fmt: skip
    told: dict[int, Facts] = {}
    unbelieved: set[int] = set()
    for object_id, seq, did, by, facts in session.execute(asked).all():
        if not (object_id.isascii() and object_id.isdigit()):
            continue
        number = int(object_id)
        try:
            if seq in altered:
                raise ValueError("not to be believed")
            told[number] = kind.steps[did](told.get(number, {}), by, json.loads(facts))
        except (ValueError, TypeError, LookupError, RecursionError):
            unbelieved.add(number)
    return {number: said for number, said in told.items() if number not in unbelieved}, unbelieved


def _picked(facts: Facts, **names: str) -> dict[str, Any]:
    """Return facts by the names of the rows, as far as the entry has them."""
    return {row: facts[name] for row, name in names.items() if name in facts}


def _hold_rows(session: Session) -> Mapping[int, Facts]:
    subjects: dict[int, list[tuple[int, int | None, int | None]]] = defaultdict(list)
    asked = select(HoldSubject.hold_id, HoldSubject.household_id, HoldSubject.case_id, HoldSubject.item_id)
    for hold, household, case, item in session.execute(asked):
        subjects[hold].append((household, case, item))
    return {
        one.id: {
            "kind": one.kind, "review_on": one.review_on, "placed_by": one.placed_by, "released_by": one.released_by,
            "released": one.released_at is not None, "which": subjects_mark(subjects[one.id]),
        }
        for one in session.scalars(select(Hold))
    }  # fmt: skip


_HOLD: Mapping[str, Step] = {
    "hold.placed": lambda _, by, facts: {
        **_picked(facts, kind="kind", which="which"), "review_on": date.fromisoformat(facts["review_on"]),
        "placed_by": by, "released": False, "released_by": None,
    },
    "hold.reviewed": lambda stood, _, facts: {**stood, "review_on": date.fromisoformat(facts["review_on"])},
    "hold.went-along": lambda stood, _, facts: {
        **{name: value for name, value in stood.items() if name != "which"}, **_picked(facts, which="which")
    },
    "hold.released": lambda stood, by, _: {**stood, "released": True, "released_by": by},
}  # fmt: skip


def _list_rows(session: Session) -> Mapping[int, Facts]:
    names = (
        "number", "made_by", "proposed_by", "report_digest", "decided_by", "execute_from", "requested_by", "plan_hash",
        "first_witness", "second_witness", "certificate_digest", "state",
    )  # fmt: skip
    return {one.id: {name: getattr(one, name) for name in names} for one in session.scalars(select(DisposalList))}


def _witnessed(stood: Facts, by: int | None, facts: Facts) -> Facts:
    which, state = (("first_witness", "planned"), ("second_witness", "executing"))[facts["witness"] - 1]
    return {**stood, which: by, "plan_hash": facts["plan"], "state": state}


_DISPOSAL: Mapping[str, Step] = {
    "disposal.frozen": lambda _, by, facts: {
        "number": facts["number"], "made_by": by, "state": "open", "certificate_digest": None, "second_witness": None,
        "plan_hash": None,
    },
    "disposal.proposed": lambda stood, by, facts: {
        **stood, "proposed_by": by, "report_digest": facts["sha256"], "state": "proposed",
    },
    "disposal.approved": lambda stood, by, facts: {
        **stood, "decided_by": by, "execute_from": date.fromisoformat(facts["from"]), "state": "approved",
    },
    "disposal.sent-back": lambda stood, _, facts: {
        **stood, "decided_by": None, "execute_from": None, "requested_by": None, "plan_hash": None,
        "first_witness": None, "state": "open",
    },
    "disposal.planned": lambda stood, by, facts: {
        **stood, "requested_by": by, "plan_hash": facts["plan"], "state": "planned",
    },
    "disposal.witnessed": _witnessed,
    "disposal.given-up": lambda stood, _, facts: {**stood, "state": "dropped"},
    "disposal.done": lambda stood, _, facts: {
        **stood, "certificate_digest": facts["sha256"], "plan_hash": facts["plan"], "state": "done",
    },
}  # fmt: skip


def _tombstone_rows(session: Session) -> Mapping[int, Facts]:
    asked = select(Tombstone.item_id, Tombstone.register_no, Tombstone.code, Tombstone.content_hash)
    return {row.item_id: dict(row._mapping) for row in session.execute(asked)}


_TOMBSTONE: Mapping[str, Step] = {
    "item.destroyed": lambda _, by, facts: _picked(facts, register_no="number", code="code", content_hash="sha256"),
}


def _role_rows(session: Session) -> Mapping[int, Facts]:
    held: dict[int, dict[str, Any]] = {}
    for one in session.scalars(select(RoleGrant)):
        held.setdefault(one.person_id, {})[f"{one.role} {one.unit_id}"] = (one.starts_on, one.ends_on, one.deputy_for)
    return held


def _granted(stood: Facts, _: int | None, facts: Facts) -> Facts:
    begins, ends = (date.fromisoformat(facts[one]) if one in facts else None for one in ("from", "to"))
    return {**stood, f"{facts['role']} {facts['unit']}": (begins, ends, facts.get("deputy_for"))}


def _revoked(stood: Facts, _: int | None, facts: Facts) -> Facts:
    return {key: value for key, value in stood.items() if key != f"{facts['role']} {facts['unit']}"}


_KINDS = (
    _Kind("hold", "hold", _HOLD, _hold_rows),
    _Kind("disposal", "disposal", _DISPOSAL, _list_rows),
    _Kind("tombstone", "item", _TOMBSTONE, _tombstone_rows),
    _Kind("roles of person", "person", {"role.granted": _granted, "role.revoked": _revoked}, _role_rows, whole=True),
)
