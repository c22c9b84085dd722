"""Placing holds and releasing them, on record."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive_service import masking
from archive_service.audit.record import record
from archive_service.errors import NotFound
from archive_service.holds import queries, rules
from archive_service.holds.rules import Terms
from archive_service.holds.tables import Hold, HoldSubject
from archive_service.households.queries.locked import households_for_update
from archive_service.households.tables import CaseFile, HouseholdFile, Item
from archive_service.people.roles import Right
from archive_service.people.viewer import Viewer


@dataclass(frozen=True)
class On:
    """What a hold is to be placed on: whole households, whole cases, single items."""

    accounts: Sequence[str] = ()
    applications: Sequence[str] = ()
    item_ids: Sequence[int] = ()

    @property
    def count(self) -> int:
        """Return how many subjects it names."""
        return len(set(self.accounts)) + len(set(self.applications)) + len(set(self.item_ids))


def place(
    session: Session, viewer: Viewer, on: On, terms: Terms, *, now: datetime, today: date, found_by: str = ""
) -> Hold:
    """Place a hold. Nothing that it covers is disposed of until it is released.

    `found_by`: the search that found its subjects, put on record with it.
    Raises Invalid, NotFound for a subject that the viewer may not know of, NotPermitted.
    """
    said = rules.checked(terms, today=today)
    rules.check_subjects(on.count)
    found = _subjects(session, viewer, on)
    # A disposal that executes holds the same rows: it sees the hold, or the hold comes after it.
    heads = households_for_update(session, {one.household_id for one in found})
    units = {head.unit_id for head in heads.values()}
    for unit_id in units:
        viewer.require(Right.HOLD_KEEP, unit_id)
    made = Hold(
        unit_id=units.pop() if len(units) == 1 else viewer.unit_id,
        kind=said.kind,
        reason=said.reason,
        authority=said.authority,
        review_on=said.review_on,
        placed_by=viewer.person_id,
        placed_at=now,
        release_reason="",
    )
    session.add(made)
    session.flush()
    for one in found:
        one.hold_id = made.id
    session.add_all(found)
    for head in heads.values():
        # How long its papers are kept is reckoned again: a dispute makes it longer.
        head.revision += 1
    session.flush()
    facts = {
        "kind": said.kind,
        "reason": masking.text(said.reason),
        "authority": masking.text(said.authority),
        "review_on": said.review_on.isoformat(),
        "which": rules.subjects_mark([(one.household_id, one.case_id, one.item_id) for one in found]),
        **({"search": found_by} if found_by else {}),
    }
    _note(session, viewer, made, "hold.placed", facts, accounts=_accounts(heads.values()), now=now)
    return made


def place_all(
    session: Session, viewer: Viewer, on: On, terms: Terms, *, found_by: str, now: datetime, today: date
) -> list[Hold]:
    """Hold all that a search found, households or items, in as many holds as it takes; all of it or nothing.

    Raises as `place` does.
    """
    rules.check_at_once(on.count)
    accounts, items, step = sorted(set(on.accounts)), sorted(set(on.item_ids)), rules.MOST_SUBJECTS
    parts = [On(accounts=accounts[at : at + step]) for at in range(0, len(accounts), step)]
    parts += [On(item_ids=items[at : at + step]) for at in range(0, len(items), step)]
    # Whom it locks, it locks in the order of the households, whatever part they are in.
    _lock_all(session, on)
    return [place(session, viewer, one, terms, now=now, today=today, found_by=found_by) for one in parts]


def release(session: Session, viewer: Viewer, hold_id: int, *, reason: str, now: datetime) -> Hold:
    """Release a hold, saying why; it stays on record. Raises NotFound, NotPermitted, Refused, Invalid."""
    row = queries.for_update(session, viewer, hold_id)
    said = rules.check_reason(reason)
    rules.check_lasts(released=row.released_at is not None)
    row.released_by, row.released_at, row.release_reason = viewer.person_id, now, said
    session.flush()
    heads = session.scalars(
        select(HouseholdFile)
        .join(HoldSubject, HoldSubject.household_id == HouseholdFile.id)
        .where(HoldSubject.hold_id == row.id)
        .distinct()
        .order_by(HouseholdFile.id)
    ).all()
    facts = {"kind": row.kind, "reason": masking.text(said)}
    _note(session, viewer, row, "hold.released", facts, accounts=_accounts(heads), now=now)
    return row


def postpone_review(
    session: Session, viewer: Viewer, hold_id: int, *, review_on: date, reason: str, now: datetime, today: date
) -> Hold:
    """Say that a hold was looked at and is still needed, and when to look next. Raises as `release` does."""
    row = queries.for_update(session, viewer, hold_id)
    rules.check_lasts(released=row.released_at is not None)
    said = rules.checked(Terms(row.kind, reason, row.authority, review_on), today=today)
    was, row.review_on = row.review_on, said.review_on
    session.flush()
    facts = {"was": was.isoformat(), "review_on": review_on.isoformat(), "reason": masking.text(said.reason)}
    _note(session, viewer, row, "hold.reviewed", facts, accounts=(), now=now)
    return row


def _lock_all(session: Session, on: On) -> None:
    keys: set[int] = set()
    for at in range(0, len(on.item_ids), 500):
        wanted = select(Item.household_id).where(Item.id.in_(on.item_ids[at : at + 500]))
        keys |= set(session.scalars(wanted))
    for at in range(0, len(on.accounts), 500):
        named = select(HouseholdFile.id).where(HouseholdFile.account_no.in_(on.accounts[at : at + 500]))
        keys |= set(session.scalars(named))
    households_for_update(session, keys)


def _subjects(session: Session, viewer: Viewer, on: On) -> list[HoldSubject]:
    units = viewer.units(Right.RECORD_READ)
    heads = session.execute(
        select(HouseholdFile.account_no, HouseholdFile.id)
        .where(HouseholdFile.account_no.in_(set(on.accounts)), HouseholdFile.unit_id.in_(units))
        .order_by(HouseholdFile.id)
    ).all()
    cases = session.execute(
        select(CaseFile.application_no, CaseFile.id, CaseFile.household_id)
        .join(HouseholdFile, HouseholdFile.id == CaseFile.household_id)
        .where(CaseFile.application_no.in_(set(on.applications)), HouseholdFile.unit_id.in_(units))
        .order_by(CaseFile.id)
    ).all()
    items = session.execute(
        select(Item.id, Item.household_id)
        .join(HouseholdFile, HouseholdFile.id == Item.household_id)
        .where(Item.id.in_(set(on.item_ids)), HouseholdFile.unit_id.in_(units))
        .order_by(Item.id)
    ).all()
    _check_all(on.accounts, {one.account_no for one in heads})
    _check_all(on.applications, {one.application_no for one in cases})
    _check_all(on.item_ids, {one.id for one in items})
    return [
        *(HoldSubject(household_id=one.id) for one in heads),
        *(HoldSubject(household_id=one.household_id, case_id=one.id) for one in cases),
        *(HoldSubject(household_id=one.household_id, item_id=one.id) for one in items),
    ]


def _check_all(asked: Collection[str | int], found: set[Any]) -> None:
    lacking = [str(one) for one in asked if one not in found]
    if lacking:
        named = "、".join(lacking[:5])
        raise NotFound("hold.subject-not-found", f"没有找到 {named}，或者您无权查看。请核对后再试，没有冻结任何资料。")


def _accounts(heads: Collection[HouseholdFile]) -> list[str]:
    return sorted(head.account_no for head in heads)[:50]


def _note(
    session: Session,
    viewer: Viewer,
    row: Hold,
    did: str,
    facts: Mapping[str, Any],
    *,
    accounts: Sequence[str],
    now: datetime,
) -> None:
    named: Mapping[str, Any] = {"accounts": list(accounts)} if accounts else {}
    record(
        session,
        by=viewer.actor,
        did=did,
        object_kind="hold",
        object_id=row.id,
        unit_id=row.unit_id,
        facts={**facts, **named},
        now=now,
    )
