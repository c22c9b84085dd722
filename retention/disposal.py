"""From an approved list to its execution: the plan that stands and can be printed, and two people who sign for it."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from archive_service import zone
from archive_service.audit.tables import AuditEntry
from archive_service.audit.verify import last_seq
from archive_service.errors import Refused
from archive_service.jobs import queue
from archive_service.people.roles import Right
from archive_service.people.viewer import Viewer
from retention import candidates, lists, lock_ends, reckoning
from retention import disposal_rules as rules
from retention.candidates import Holds, held
from retention.disposal_rules import Opinion, State
from retention.disposal_tables import DisposalItem, DisposalList

EXECUTE_JOB = "retention.execute"


def plan(
    session: Session,
    viewer: Viewer,
    list_id: int,
    *,
    place: str,
    now: datetime,
    today: date,
    holds: Holds = held,
) -> DisposalList:
    """Ask for the execution of an approved list: what may not go drops out, and the plan of the others stands.

    Asked again before anybody signed, the plan is made anew. Raises NotFound, NotPermitted, and Refused before the
    waiting period is over, while a store keeps something under a lock, when nothing is left to destroy, or when the
    clock was moved.
    """
    row = lists.locked(session, viewer, list_id, Right.DISPOSAL_PROPOSE)
    rules.check_state(row.state, State.APPROVED, State.PLANNED)
    if row.first_witness is not None:
        raise Refused("disposal.signed", "监销人已经签字，计划不能再变。如需改变，请由审批人退回清单。")
    check_time(session, row, now=now, today=today)
    for one, why in refused_now(session, row, today=today, holds=holds):
        lists.drop(session, row, one, why, by=viewer, now=now)
    session.flush()
    going = lists.listed(session, row, opinion=Opinion.DESTROY)
    if not going:
        raise Refused(
            "disposal.nothing-left",
            "清单上没有可以销毁的资料，没有生成计划。可以放弃这份清单，已批准的延长和永久保管意见照样有效。",
        )
    lock_ends.check_free(session, [one.item_id for one in going], now=now)
    for one in lists.listed(session, row):
        one.in_plan = one.opinion == Opinion.DESTROY
    row.plan_hash = rules.plan_digest(row.number, lists.planned(going))
    row.state, row.requested_by, row.requested_at = State.PLANNED.value, viewer.person_id, now
    row.place = " ".join(place.split())[:120]
    lists.note(session, row, "disposal.planned", {"items": len(going), "plan": row.plan_hash}, by=viewer, now=now)
    return row


def check_time(session: Session, row: DisposalList, *, now: datetime, today: date) -> None:
    """Refuse an execution at a moment that is too early, or that a moved clock shows."""
    lists.check_clock(session, now)
    silent = _silence(session, row, now) if row.decided_at is not None else None
    rules.check_waited(today, from_day=row.execute_from, silent=silent)


def _silence(session: Session, row: DisposalList, now: datetime) -> datetime | None:
    """Return behind which moment since the approval the trail is silent for too long, or none."""
    approved = select(func.max(AuditEntry.seq)).where(
        AuditEntry.object_kind == lists.OBJECT,
        AuditEntry.object_id == str(row.id),
        AuditEntry.did == "disposal.approved",
    )
    first, last = session.scalar(approved), last_seq(session)
    if first is None:
        return row.decided_at
    known: dict[int, datetime] = {}

    def at(seq: int) -> datetime:
        if seq not in known:
            known[seq] = session.scalars(select(AuditEntry.at).where(AuditEntry.seq == seq)).one()
        return known[seq]

    return rules.silent_since(at, first, last, until=now)


def refused_now(
    session: Session, row: DisposalList, *, today: date, holds: Holds, only: DisposalItem | None = None
) -> list[tuple[DisposalItem, str]]:
    """Return the items to be destroyed that may not be at this moment, each with the reason."""
    going = [only] if only is not None else lists.listed(session, row, opinion=Opinion.DESTROY)
    ids = [one.item_id for one in going]
    reckoning.renew(session, {one.household_id for one in going}, today=today)
    why = {
        **candidates.later_now(session, ids, today=today),
        **candidates.in_the_way(session, ids, holds),
        **candidates.elsewhere(session, going, unit_id=row.unit_id),
    }
    hashes = candidates.content_hashes(session, ids)
    for one in going:
        if one.due_on > today:
            why.setdefault(one.item_id, f"尚未到期（{one.due_on}）")
        elif hashes.get(one.item_id, rules.content_hash(())) != one.content_hash:
            why.setdefault(one.item_id, "鉴定之后内容有变动")
    return [(one, why[one.item_id]) for one in going if one.item_id in why]


def witness(
    session: Session,
    viewer: Viewer,
    list_id: int,
    *,
    plan_hash: str,
    now: datetime,
    today: date,
) -> DisposalList:
    """Sign for the plan as one of two witnesses; the second one starts the execution.

    The door has seen that it is this very person, by password and second factor. `plan_hash` is what the person was
    shown. Raises NotFound, NotPermitted for anybody who had a hand in the list, and Refused for another plan.
    """
    row = lists.locked(session, viewer, list_id, Right.DISPOSAL_WITNESS)
    rules.check_state(row.state, State.PLANNED)
    check_time(session, row, now=now, today=today)
    # Also whoever asked for or approved an earlier round of it: being sent back makes nobody a stranger to the list.
    asked = {row.requested_by, row.proposed_by, row.made_by, *lists.hands(session, row, lists.ASKING)}
    rules.check_witness(viewer.person_id, approver=row.decided_by, requesters=asked, first=row.first_witness)
    lists.check_other_person(session, viewer, {row.decided_by, row.first_witness, *asked})
    assert row.plan_hash is not None
    rules.check_plan(plan_hash, row.plan_hash)
    going = lists.listed(session, row, opinion=Opinion.DESTROY)
    rules.check_plan(rules.plan_digest(row.number, lists.planned(going)), row.plan_hash)
    lock_ends.check_free(session, [one.item_id for one in going], now=now)
    if row.first_witness is None:
        row.first_witness, row.first_witnessed_at = viewer.person_id, now
        lists.note(session, row, "disposal.witnessed", {"plan": row.plan_hash, "witness": 1}, by=viewer, now=now)
        return row
    row.second_witness, row.second_witnessed_at = viewer.person_id, now
    row.state = State.EXECUTING.value
    lists.note(session, row, "disposal.witnessed", {"plan": row.plan_hash, "witness": 2}, by=viewer, now=now)
    queue.enqueue(session, kind=EXECUTE_JOB, subject=row.id, queue="upkeep", now=now)
    return row


def backups_until(now: datetime, kept_days: int) -> date:
    """Return the day until which a backup made before this moment may be kept."""
    return date.fromordinal(zone.local(now).date().toordinal() + kept_days)
