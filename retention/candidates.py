"""Which items are due, which may not go for now, and what an item holds: asked anew at every step."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from archive_service.borrowing.tables import GrantPage, LentPaper, ReadingGrant
from archive_service.holds.queries import holding
from archive_service.households.tables import HouseholdFile, Item, Page
from retention import disposal_rules as rules
from retention.disposal_rules import Opinion, PageBytes, State
from retention.disposal_tables import DisposalItem, DisposalList
from retention.tables import RetentionDue

#: Items of one list; more are judged in another one.
MOST = 5000
#: Items that are looked at in one go.
_A_TIME = 500
_BUSY = (State.OPEN, State.PROPOSED, State.APPROVED, State.PLANNED, State.EXECUTING)
_UNDECIDED = (State.OPEN, State.PROPOSED)

#: Says which of the items are held, each with the reason in words.
Holds = Callable[[Session, Sequence[int]], Mapping[int, str]]


@dataclass(frozen=True)
class Due:
    """An item whose retention is over, since when, and by which rule."""

    item_id: int
    due_on: date
    rule: str


def content_hashes(session: Session, item_ids: Collection[int]) -> dict[int, str]:
    """Return what each item holds, as `rules.content_hash`."""
    asked = select(Page.item_id, Page.page_no, Page.original_digest, Page.original_page, Page.image_digest)
    pages: dict[int, list[PageBytes]] = defaultdict(list)
    wanted = asked.where(Page.item_id.in_(item_ids)).order_by(Page.item_id, Page.page_no)
    for item_id, page_no, original, original_page, image in session.execute(wanted):
        pages[item_id].append(PageBytes(page_no, original, original_page, image))
    return {item_id: rules.content_hash(found) for item_id, found in pages.items()}


def kept_longer(session: Session, item_ids: Collection[int], *, today: date) -> dict[int, str]:
    """Return why items are not due although their rule says so: an approved opinion keeps them longer or for good."""
    found = {}
    for item_id, until in kept_until(session, item_ids).items():
        if until is None:
            found[item_id] = "鉴定为永久保管"
        elif until > today:
            found[item_id] = f"鉴定延长保管至 {until}"
    return found


def _opinions(item_ids: Collection[int]) -> Select[int, str | None, int | None, date, date]:
    """Select the approved opinions on items that keep them longer or for good.

    They stand also where the list was given up after its approval: what ends then is only the destruction.
    """
    approved = (State.APPROVED, State.PLANNED, State.EXECUTING, State.DONE)
    return (
        select(
            DisposalItem.item_id, DisposalItem.opinion, DisposalItem.years, DisposalItem.due_on, DisposalList.frozen_on
        )
        .join(DisposalList, DisposalList.id == DisposalItem.list_id)
        .where(DisposalItem.item_id.in_(item_ids), DisposalItem.opinion != Opinion.DESTROY.value)
        .where(
            or_(
                DisposalList.state.in_(approved),
                (DisposalList.state == State.DROPPED.value) & DisposalList.decided_at.is_not(None),
            )
        )
    )


def kept_until(session: Session, item_ids: Collection[int]) -> dict[int, date | None]:
    """Return until when approved opinions keep items, none for good; an item without one is not in it.

    The years of an opinion count from the day on which the item came due or was listed, whichever is later: of what
    was overdue for long nothing would be kept otherwise.
    """
    found: dict[int, date | None] = {}
    asked = sorted(set(item_ids))
    for start in range(0, len(asked), 500):
        for item_id, opinion, years, due_on, listed_on in session.execute(_opinions(asked[start : start + 500])):
            if opinion == Opinion.PERMANENT or found.get(item_id, due_on) is None:
                found[item_id] = None
            else:
                until = rules.kept_until(max(due_on, listed_on), years or 0)
                found[item_id] = max(until, found.get(item_id) or until)
    return found


def due(session: Session, unit_id: int, *, today: date, holds: Holds | None = None, limit: int = MOST) -> list[Due]:
    """Return what a unit can judge now of what the schedule says is due, longest overdue first, `limit` at most.

    Behind it, as far as there is room, what is held or lent, to be listed with the reason. What was destroyed, lies on
    another list, or is kept longer by an approved opinion takes no room: else it would keep younger items out for good.
    """
    free: list[Due] = []
    kept: list[Due] = []
    after: tuple[date, int] = (date.min, 0)
    while len(free) < limit:
        rows = session.scalars(_due_behind(unit_id, after, today=today)).all()
        ids = [one.item_id for one in rows]
        gone, stopped = taken(session, ids, today=today), in_the_way(session, ids, holds or held)
        for one in rows:
            if one.item_id not in gone and one.due_on is not None:
                said = Due(one.item_id, one.due_on, f"{one.rule}（{one.edition}）：{one.reason}")
                (kept if one.item_id in stopped else free).append(said)
        if len(rows) < _A_TIME or rows[-1].due_on is None:
            break
        after = (rows[-1].due_on, rows[-1].id)
    return [*free, *kept][:limit]


def _due_behind(unit_id: int, after: tuple[date, int], *, today: date) -> Select[RetentionDue]:
    """Select the next filed items of a unit that the schedule says are due."""
    day, key = after
    return (
        select(RetentionDue)
        .join(Item, Item.id == RetentionDue.item_id)
        .join(HouseholdFile, HouseholdFile.id == Item.household_id)
        .where(HouseholdFile.unit_id == unit_id, Item.state == "filed")
        .where(RetentionDue.outcome == "date", RetentionDue.due_on <= today)
        .where((RetentionDue.due_on > day) | ((RetentionDue.due_on == day) & (RetentionDue.id > key)))
        .order_by(RetentionDue.due_on, RetentionDue.id)
        .limit(_A_TIME)
    )


def taken(session: Session, item_ids: Collection[int], *, today: date) -> set[int]:
    """Return which items no list may take: another list has them, or an approved opinion keeps them longer."""
    busy = (
        select(DisposalItem.item_id)
        .join(DisposalList, DisposalList.id == DisposalItem.list_id)
        .where(DisposalItem.item_id.in_(item_ids), DisposalItem.state == "listed", DisposalList.state.in_(_BUSY))
        .where(or_(DisposalItem.opinion == Opinion.DESTROY.value, DisposalList.state.in_(_UNDECIDED)))
    )
    return set(session.scalars(busy)) | set(kept_longer(session, item_ids, today=today))


def later_now(session: Session, item_ids: Collection[int], *, today: date) -> dict[int, str]:
    """Return the items that were due and are not any more, because their schedule or what it counts from changed."""
    rows = session.scalars(select(RetentionDue).where(RetentionDue.item_id.in_(item_ids)))
    return {
        one.item_id: f"保管期限已变更（{one.due_on or '不再到期'}）"
        for one in rows
        if one.due_on is None or one.due_on > today
    }


def elsewhere(session: Session, listed: Sequence[DisposalItem], *, unit_id: int) -> dict[int, str]:
    """Return the items that are not where the list of a unit has them: withdrawn, in another file, or another's."""
    there = {
        item_id: (state, household_id, unit)
        for item_id, state, household_id, unit in session.execute(
            select(Item.id, Item.state, Item.household_id, HouseholdFile.unit_id)
            .join(HouseholdFile, HouseholdFile.id == Item.household_id)
            .where(Item.id.in_([one.item_id for one in listed]))
        )
    }
    found = {}
    for one in listed:
        state, household_id, unit = there[one.item_id]
        if state != "filed" or household_id != one.household_id:
            found[one.item_id] = "已撤回或移到别的户"
        elif unit != unit_id:
            found[one.item_id] = "已移交别的单位，由那里鉴定"
    return found


def held(session: Session, item_ids: Sequence[int]) -> Mapping[int, str]:
    """Return which items are held, with the reasons of the holds."""
    found = holding(session, item_ids)
    return {item_id: "冻结：" + "；".join(one.reason for one in holds) for item_id, holds in found.items() if holds}


def in_the_way(session: Session, item_ids: Sequence[int], holds: Holds) -> Mapping[int, str]:
    """Return why items may not be destroyed for now: held, lent, or read by somebody at this moment."""
    lent = select(LentPaper.item_id).where(LentPaper.item_id.in_(item_ids), LentPaper.back_at.is_(None))
    reading = (
        select(GrantPage.item_id)
        .join(ReadingGrant, ReadingGrant.id == GrantPage.grant_id)
        .where(GrantPage.item_id.in_(item_ids), ReadingGrant.ended_at.is_(None))
    )
    found = dict.fromkeys(session.scalars(reading), "正在电子借阅")
    found |= dict.fromkeys(session.scalars(lent), "纸质件借出未还")
    return {**found, **holds(session, item_ids)}
