"""Which items are due, which may not go for now, and what an item holds: asked anew at every step."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive_service.borrowing.tables import GrantPage, LentPaper, ReadingGrant
from archive_service.households.tables import Page
from retention import disposal_rules as rules
from retention.disposal_rules import Opinion, PageBytes, State
from retention.disposal_tables import DisposalItem, DisposalList


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
    for item_id, *page in session.execute(asked.where(Page.item_id.in_(item_ids)).order_by(Page.item_id, Page.page_no)):
        pages[item_id].append(PageBytes(*page))
    return {item_id: rules.content_hash(found) for item_id, found in pages.items()}


def kept_longer(session: Session, item_ids: Collection[int], *, today: date) -> dict[int, str]:
    """Return why items are not due although their rule says so: an approved opinion keeps them longer or for good."""
    opinions = (
        select(DisposalItem.item_id, DisposalItem.opinion, DisposalItem.years, DisposalItem.due_on)
        .join(DisposalList, DisposalList.id == DisposalItem.list_id)
        .where(DisposalItem.item_id.in_(item_ids), DisposalItem.opinion != Opinion.DESTROY.value)
        .where(DisposalList.state.in_([State.APPROVED, State.PLANNED, State.EXECUTING, State.DONE]))
    )
    found = {}
    for item_id, opinion, years, due_on in session.execute(opinions):
        if opinion == Opinion.PERMANENT:
            found[item_id] = "鉴定为永久保管"
        elif (until := rules.kept_until(due_on, years)) > today and item_id not in found:
            found[item_id] = f"鉴定延长保管至 {until}"
    return found


def nothing_held(session: Session, item_ids: Sequence[int]) -> Mapping[int, str]:
    """Say that no item is held: for an archive without holds."""
    return {}


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
