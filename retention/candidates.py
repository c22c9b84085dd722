"""Which items are due, which may not go for now, and what an item holds: asked anew at every step."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from archive_service.borrowing.tables import GrantPage, LentPaper, ReadingGrant
from archive_service.holds.queries import holding
from archive_service.households.tables import HouseholdFile, Page
from retention import disposal_rules as rules
from retention.disposal_rules import Opinion, PageBytes, State
from retention.disposal_tables import DisposalItem, DisposalList
from retention.tables import RetentionDue


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
    for item_id, opinion, years, due_on in session.execute(_opinions(item_ids)):
        if opinion == Opinion.PERMANENT:
            found[item_id] = "鉴定为永久保管"
        elif (until := rules.kept_until(due_on, years or 0)) > today and item_id not in found:
            found[item_id] = f"鉴定延长保管至 {until}"
    return found


def _opinions(item_ids: Collection[int]) -> Select[int, str | None, int | None, date]:
    """Select the approved opinions on items that keep them longer or for good."""
    return (
        select(DisposalItem.item_id, DisposalItem.opinion, DisposalItem.years, DisposalItem.due_on)
        .join(DisposalList, DisposalList.id == DisposalItem.list_id)
        .where(DisposalItem.item_id.in_(item_ids), DisposalItem.opinion != Opinion.DESTROY.value)
        .where(DisposalList.state.in_([State.APPROVED, State.PLANNED, State.EXECUTING, State.DONE]))
    )


def kept_until(session: Session, item_ids: Collection[int]) -> dict[int, date | None]:
    """Return until when approved opinions keep items, none for good; an item without one is not in it."""
    found: dict[int, date | None] = {}
    asked = sorted(set(item_ids))
    for start in range(0, len(asked), 500):
        for item_id, opinion, years, due_on in session.execute(_opinions(asked[start : start + 500])):
            if opinion == Opinion.PERMANENT or found.get(item_id, due_on) is None:
                found[item_id] = None
            else:
                until = rules.kept_until(due_on, years or 0)
                found[item_id] = max(until, found.get(item_id) or until)
    return found


def due(session: Session, unit_id: int, *, today: date, limit: int = 5000) -> list[Due]:
    """Return what the schedule says is due in a unit, longest overdue first."""
    asked = (
        select(RetentionDue)
        .join(HouseholdFile, HouseholdFile.id == RetentionDue.household_id)
        .where(HouseholdFile.unit_id == unit_id, RetentionDue.outcome == "date", RetentionDue.due_on <= today)
        .order_by(RetentionDue.due_on, RetentionDue.id)
        .limit(limit)
    )
    return [
        Due(one.item_id, one.due_on, f"{one.rule}（{one.edition}）：{one.reason}")
        for one in session.scalars(asked)
        if one.due_on is not None
    ]


def later_now(session: Session, item_ids: Collection[int], *, today: date) -> dict[int, str]:
    """Return the items that were due and are not any more, because their schedule or what it counts from changed."""
    rows = session.scalars(select(RetentionDue).where(RetentionDue.item_id.in_(item_ids)))
    return {
        one.item_id: f"保管期限已变更（{one.due_on or '不再到期'}）"
        for one in rows
        if one.due_on is None or one.due_on > today
    }


def held(session: Session, item_ids: Sequence[int]) -> Mapping[int, str]:
    """Return which items are held, with the reasons of the holds."""
    found = holding(session, item_ids)
    return {item_id: "冻结：" + "；".join(one.reason for one in holds) for item_id, holds in found.items() if holds}


#: Says which of the items are held, each with the reason in words.
Holds = Callable[[Session, Sequence[int]], Mapping[int, str]]


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
