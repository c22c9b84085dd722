"""What people say from which a clock counts: a paper was superseded, its contract has ended; and taking that back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive_service import masking
from archive_service.audit.record import record
from archive_service.errors import Invalid, NotFound, Refused
from archive_service.households.queries.locked import household_for_update
from archive_service.households.tables import HouseholdFile, Item
from archive_service.people.roles import Right
from archive_service.people.tables import Person
from archive_service.people.viewer import Viewer
from retention import reckoning
from retention.facts import CONTRACT_ENDED, SUPERSEDED
from retention.tables import RetentionFact

KINDS = (SUPERSEDED, CONTRACT_ENDED)
_LONGEST = 300


@dataclass(frozen=True)
class FactView:
    """What somebody said of a paper; `by_item_no` is the number of the paper that took its place."""

    id: int
    kind: str
    happened_on: date
    by_item_id: int | None
    by_item_no: int | None
    reason: str
    said_by: str | None
    said_at: datetime


def facts_of(session: Session, item_id: int) -> list[FactView]:
    """Return what is said of a paper now; who asks has seen the paper."""
    rows = session.execute(
        select(RetentionFact, Person.name, Item.item_no)
        .outerjoin(Person, Person.id == RetentionFact.said_by)
        .outerjoin(Item, Item.id == RetentionFact.by_item_id)
        .where(RetentionFact.item_id == item_id, RetentionFact.taken_back_at.is_(None))
        .order_by(RetentionFact.id)
    )
    return [
        FactView(one.id, one.kind, one.happened_on, one.by_item_id, number, one.reason, name, one.said_at)
        for one, name, number in rows
    ]


def _check(item: Item, kind: str, happened_on: date, reason: str, *, today: date) -> str:
    """Return the reason, trimmed. Raises Invalid for a kind or a reason that cannot be, and a day that cannot be so."""
    said = reason.strip().replace("\x00", "")
    if kind not in KINDS:
        raise Invalid("fact.kind", "请选择登记的事实：被新件取代或合同终止。")
    if not 2 <= len(said) <= _LONGEST:
        raise Invalid("fact.reason", f"请写明依据（2 到 {_LONGEST} 字），例如新合同编号。")
    if happened_on > today:
        raise Invalid("fact.ahead", "日期在今天以后，还没有发生。请到那天以后再登记。")
    if item.document_date is not None and happened_on < item.document_date:
        raise Invalid("fact.before", f"日期早于这份资料自己的日期 {item.document_date}。请核对。")
    return said


def say(
    session: Session,
    viewer: Viewer,
    item_id: int,
    *,
    kind: str,
    happened_on: date,
    by_item_no: int | None,
    reason: str,
    now: datetime,
    today: date,
) -> RetentionFact:
    """Say that a paper was superseded or its contract has ended, and reckon its household at once.

    Raises NotFound, NotPermitted, Invalid for a day that lies ahead or before the paper, Refused for what is said
    already and for a circle of papers that take each other's place.
    """
    item, head = _held(session, viewer, item_id)
    said = _check(item, kind, happened_on, reason, today=today)
    there = select(RetentionFact.id).where(
        RetentionFact.item_id == item.id, RetentionFact.kind == kind, RetentionFact.taken_back_at.is_(None)
    )
    if session.scalar(there) is not None:
        raise Refused("fact.said", "这一事实已经登记。要改正，请先撤销原来的登记。")
    by = _by(session, item, by_item_no) if by_item_no is not None else None
    made = RetentionFact(
        item_id=item.id,
        household_id=head.id,
        kind=kind,
        happened_on=happened_on,
        by_item_id=by,
        reason=said,
        said_by=viewer.person_id,
        said_at=now,
    )
    session.add(made)
    _anew(session, head, today=today)
    facts = {
        "account_no": head.account_no, "item_no": item.item_no, "kind": kind, "happened_on": happened_on.isoformat(),
        "by": by_item_no, "reason": masking.text(said),
    }  # fmt: skip
    _note(session, viewer, item, head, "retention.fact-said", facts, now=now)
    return made


def take_back(session: Session, viewer: Viewer, item_id: int, fact_id: int, *, now: datetime, today: date) -> None:
    """Take back what was said of a paper; the row stays. Raises NotFound, NotPermitted."""
    item, head = _held(session, viewer, item_id)
    row = session.get(RetentionFact, fact_id, with_for_update=True)
    if row is None or row.item_id != item.id or row.taken_back_at is not None:
        raise NotFound("fact.not-found", "没有这条登记，或已经撤销。请刷新页面查看。")
    row.taken_back_by, row.taken_back_at = viewer.person_id, now
    _anew(session, head, today=today)
    facts = {"account_no": head.account_no, "item_no": item.item_no, "kind": row.kind}
    _note(session, viewer, item, head, "retention.fact-taken-back", facts, now=now)


def _held(session: Session, viewer: Viewer, item_id: int) -> tuple[Item, HouseholdFile]:
    item = session.get(Item, item_id)
    head = household_for_update(session, item.household_id) if item is not None else None
    if item is None or head is None or not viewer.may(Right.RECORD_READ, head.unit_id):
        raise NotFound("item.not-found", "没有这份文件，或者您无权查看。请核对后再试。")
    viewer.require(Right.ITEM_CHANGE, head.unit_id)
    return item, head


def _by(session: Session, item: Item, number: int) -> int:
    found = session.scalar(
        select(Item.id).where(Item.household_id == item.household_id, Item.item_no == number, Item.state == "filed")
    )
    if found is None or found == item.id:
        raise NotFound("fact.by-not-found", f"该户没有件号 {number} 的另一份资料。请核对后再试，没有登记。")
    seen, at = {item.id}, found
    while True:
        following = session.scalar(
            select(RetentionFact.by_item_id).where(
                RetentionFact.item_id == at,
                RetentionFact.by_item_id.is_not(None),
                RetentionFact.taken_back_at.is_(None),
            )
        )
        seen.add(at)
        if following is None:
            return found
        if following in seen:
            raise Refused("fact.circle", "这些资料互相取代，绕成了圈。请核对哪一份是新的。")
        at = following


def _anew(session: Session, head: HouseholdFile, *, today: date) -> None:
    head.revision += 1
    session.flush()
    reckoning.reckon(session, [head.id], reckoning.in_force(session, today=today), today=today)


def _note(
    session: Session,
    viewer: Viewer,
    item: Item,
    head: HouseholdFile,
    did: str,
    facts: dict[str, object],
    *,
    now: datetime,
) -> None:
    record(
        session,
        by=viewer.actor,
        did=did,
        object_kind="item",
        object_id=item.id,
        unit_id=head.unit_id,
        facts=facts,
        now=now,
    )
