"""Freezing what is due into a review list, judging it item by item, proposing it and deciding on it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from archive_service import zone
from archive_service.errors import Invalid, NotFound, Refused
from archive_service.households.tables import ArchiveCode, CasePlace, HouseholdFile, Item, Page
from archive_service.people.roles import Right
from archive_service.people.viewer import Viewer
from archive_service.storage.record import record_object
from archive_service.storage.store import Stored
from retention import candidates, lists
from retention import disposal_rules as rules
from retention.candidates import Due, Holds, held
from retention.disposal_rules import State
from retention.disposal_tables import DisposalItem, DisposalList

PDF = "application/pdf"
MOST = candidates.MOST
_IN_PART = 500


def freeze(
    session: Session,
    viewer: Viewer,
    *,
    unit_id: int,
    title: str,
    dues: Sequence[Due],
    now: datetime,
    today: date,
    holds: Holds = held,
) -> DisposalList:
    """Make a list of the items that are due, as they are at this moment; what came to be due later is not on it.

    Left out is what is not filed, lies in other units, is due later than `today`, is on another list already, or is
    kept longer by an earlier decision; held and lent items are listed as dropped, with the reason. Raises
    NotPermitted, Invalid without anything to judge, Refused when the clock was set back.
    """
    viewer.require(Right.DISPOSAL_PROPOSE, unit_id)
    lists.check_clock(session, now)
    named = " ".join(title.split())[:120]
    if not named:
        raise Invalid("disposal.title", "请给这份鉴定清单起一个名称。")
    row = DisposalList(
        number=lists.number(session, unit_id, now),
        title=named,
        unit_id=unit_id,
        state=State.OPEN.value,
        frozen_on=today,
        made_by=viewer.person_id,
        made_at=now,
        decision_note="",
        place="",
    )
    session.add(row)
    session.flush()
    due = {one.item_id: one for one in dues if one.due_on <= today}
    count = 0
    for at in range(0, min(len(due), MOST), _IN_PART):
        ids = sorted(due)[:MOST][at : at + _IN_PART]
        count += _snapshot(session, viewer, row, {i: due[i] for i in ids}, today=today, now=now, holds=holds)
    if not count:
        raise Invalid("disposal.nothing-due", "没有到期且可以鉴定的资料，没有生成清单。请核对到期清单。")
    lists.note(session, row, "disposal.frozen", {"items": count, "title": named}, by=viewer, now=now)
    return row


def _snapshot(
    session: Session,
    viewer: Viewer,
    row: DisposalList,
    due: dict[int, Due],
    *,
    today: date,
    now: datetime,
    holds: Holds,
) -> int:
    """Add the items to the list; return how many there were to add."""
    ids = list(due)
    skipped = candidates.taken(session, ids, today=today)
    hashes = candidates.content_hashes(session, ids)
    why = candidates.in_the_way(session, ids, holds)
    counted = select(Page.item_id, func.count()).where(Page.item_id.in_(ids)).group_by(Page.item_id)
    pages = {item_id: found for item_id, found in session.execute(counted)}  # noqa: C416
    asked = (
        select(Item, HouseholdFile.account_no, ArchiveCode.code, CasePlace.place)
        .join(HouseholdFile, HouseholdFile.id == Item.household_id)
        .outerjoin(ArchiveCode, ArchiveCode.case_id == Item.case_id)
        .outerjoin(CasePlace, CasePlace.item_id == Item.id)
        .where(Item.id.in_(ids), Item.state == "filed", HouseholdFile.unit_id == row.unit_id)
        .order_by(Item.id)
    )
    count = 0
    for item, account_no, code, place in session.execute(asked).all():
        if item.id in skipped:
            continue
        one = DisposalItem(
            list_id=row.id,
            item_id=item.id,
            household_id=item.household_id,
            code=f"{code}-{place:03d}" if code and place else f"{account_no}-{item.item_no:03d}",
            title=item.title,
            document_type=item.document_type,
            document_date=item.document_date,
            filed_on=zone.local(item.filed_at).date(),
            pages=pages.get(item.id, 0),
            content_hash=hashes.get(item.id, rules.content_hash(())),
            due_on=due[item.id].due_on,
            rule=due[item.id].rule[:200],
            reason="",
            in_plan=False,
            state="listed",
            dropped_why="",
        )
        session.add(one)
        session.flush()
        count += 1
        if item.id in why:
            lists.drop(session, row, one, why[item.id], by=viewer, now=now)
    return count


def opine(
    session: Session,
    viewer: Viewer,
    list_id: int,
    item_ids: Sequence[int],
    *,
    opinion: str,
    years: int | None = None,
    reason: str = "",
    now: datetime,
) -> int:
    """Say what is thought right for items of an open list; return for how many. The last word counts.

    Raises NotFound, NotPermitted, Invalid, and Refused once the list is proposed.
    """
    row = lists.locked(session, viewer, list_id, Right.DISPOSAL_PROPOSE)
    rules.check_state(row.state, State.OPEN)
    chosen, longer, said = rules.check_opinion(opinion, years, reason)
    wanted = select(DisposalItem).where(DisposalItem.list_id == row.id, DisposalItem.item_id.in_(item_ids))
    found = [one for one in session.scalars(wanted.order_by(DisposalItem.item_id)) if one.state == "listed"]
    if not found:
        raise NotFound("disposal.item-not-found", "清单上没有所选的资料，或者它们已经退出清单。请刷新页面后重选。")
    for one in found:
        one.opinion, one.years, one.reason = chosen.value, longer, said
        one.opined_by, one.opined_at = viewer.person_id, now
    facts = {"items": [one.item_id for one in found], "opinion": chosen.value, "years": longer, "reason": said}
    lists.note(session, row, "disposal.opined", facts, by=viewer, now=now)
    return len(found)


def propose(session: Session, viewer: Viewer, list_id: int, report: Stored, *, now: datetime) -> DisposalList:
    """Hand a judged list on for approval, with its appraisal report, which the store holds already.

    Raises NotFound, NotPermitted, and Refused while an item has no opinion or when the list is not open.
    """
    row = lists.locked(session, viewer, list_id, Right.DISPOSAL_PROPOSE)
    rules.check_state(row.state, State.OPEN)
    lists.check_clock(session, now)
    unsaid = [one for one in lists.listed(session, row) if one.opinion is None]
    rules.check_all_said(len(unsaid))
    record_object(session, report, role="report", media_type=PDF, now=now)
    row.state, row.proposed_by, row.proposed_at = State.PROPOSED.value, viewer.person_id, now
    row.report_digest = report.digest
    lists.note(session, row, "disposal.proposed", {"sha256": report.digest}, by=viewer, now=now)
    return row


def decide(
    session: Session,
    viewer: Viewer,
    list_id: int,
    *,
    approve: bool,
    note: str,
    now: datetime,
    today: date,
    waiting_days: int,
) -> DisposalList:
    """Approve a proposed list, which starts the waiting period, or send it back to be judged anew.

    Also an approved list that waits can be sent back. Raises NotFound, Refused, Invalid without a reason to send it
    back, and NotPermitted for whoever made, judged or proposed it.
    """
    row = lists.locked(session, viewer, list_id, Right.DISPOSAL_APPROVE)
    rules.check_state(row.state, *((State.PROPOSED,) if approve else (State.PROPOSED, State.APPROVED, State.PLANNED)))
    lists.check_clock(session, now)
    judged = select(DisposalItem.opined_by).where(DisposalItem.list_id == row.id).distinct()
    # Also whoever judged or proposed an earlier round, though somebody else had the last word.
    others = {row.made_by, row.proposed_by, *session.scalars(judged), *lists.hands(session, row, lists.JUDGING)}
    rules.check_approver(viewer.person_id, others=others)
    lists.check_other_person(session, viewer, others)
    said = " ".join(note.split())[:300]
    if not approve and len(said) < 4:
        raise Invalid("disposal.reason", "退回时请写明理由，至少 4 个字。")
    row.decision_note = said
    if approve:
        row.state, row.decided_by, row.decided_at = State.APPROVED.value, viewer.person_id, now
        row.execute_from = today + timedelta(days=waiting_days)
        facts = {"from": str(row.execute_from), "note": said}
        lists.note(session, row, "disposal.approved", facts, by=viewer, now=now)
        return row
    row.state, row.decided_by, row.decided_at, row.execute_from = State.OPEN.value, None, None, None
    row.requested_by = row.requested_at = row.plan_hash = None
    row.first_witness = row.first_witnessed_at = None
    lists.note(session, row, "disposal.sent-back", {"note": said}, by=viewer, now=now)
    return row


def give_up(session: Session, viewer: Viewer, list_id: int, *, reason: str, now: datetime) -> DisposalList:
    """Give a list up before it is executed: its items stay. Raises NotFound, NotPermitted, Refused, Invalid."""
    row = lists.locked(session, viewer, list_id, Right.DISPOSAL_PROPOSE)
    rules.check_state(row.state, State.OPEN, State.PROPOSED, State.APPROVED, State.PLANNED)
    said = " ".join(reason.split())[:300]
    if len(said) < 4:
        raise Refused("disposal.reason", "请写明放弃的理由，至少 4 个字。")
    row.state, row.decision_note = State.DROPPED.value, said
    lists.note(session, row, "disposal.given-up", {"reason": said}, by=viewer, now=now)
    return row
