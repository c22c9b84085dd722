"""Whether somebody may read a page now: one query, and no without a live grant of exactly that page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from archive_service.borrowing.tables import GrantPage, LoanRequest, LoanWish, ReadingGrant
from archive_service.households.tables import Item
from archive_service.people.roles import Right
from archive_service.people.tables import Person
from archive_service.people.viewer import Viewer
from archive_service.restricted.queries import lasting


@dataclass(frozen=True)
class LiveGrant:
    """What opens a page to a person at this moment; whoever shows the page draws name, moment and purpose into it."""

    grant_id: int
    wish_id: int
    item_id: int
    page_no: int
    ends_at: datetime
    purpose: str
    #: What is personal stays blacked out.
    masked: bool
    #: Pages that may still be printed.
    prints_left: int


def live_grants(viewer: Viewer, now: datetime) -> Select[ReadingGrant]:
    """Return the grants that are live for the viewer: theirs, in their time, not ended, the right still held."""
    return (
        select(ReadingGrant)
        .join(Person, Person.id == ReadingGrant.person_id)
        .where(
            ReadingGrant.person_id == viewer.person_id,
            Person.active,
            ReadingGrant.reader_unit_id.in_(viewer.units(Right.LOAN_ASK)),
            ReadingGrant.begins_at <= now,
            ReadingGrant.ends_at > now,
            ReadingGrant.ended_at.is_(None),
        )
    )


def may_read_page(
    session: Session, viewer: Viewer, item_id: int, page_no: int, now: datetime, *, printing: bool = False
) -> LiveGrant | None:
    """Return the grant by which the viewer may read a page now; none means no.

    `viewer` holds the rights of this moment. Of several grants the one that shows more counts, then the longer one; for
    `printing` first of all the one that has most prints left, which may be none.
    What somebody may read without borrowing is another question; this one is only about what they borrowed.
    """
    most_prints = [(ReadingGrant.prints - ReadingGrant.printed).desc()] if printing else []
    wanted = (
        live_grants(viewer, now)
        .join(GrantPage, GrantPage.grant_id == ReadingGrant.id)
        .join(Item, Item.id == GrantPage.item_id)
        .join(LoanWish, LoanWish.id == ReadingGrant.wish_id)
        .join(LoanRequest, LoanRequest.id == LoanWish.request_id)
        .where(GrantPage.item_id == item_id, GrantPage.page_no == page_no, Item.state == "filed", ~lasting(Item.id))
        .order_by(*most_prints, ReadingGrant.unmasked.desc(), ReadingGrant.ends_at.desc(), ReadingGrant.id)
        .limit(1)
    )
    found = session.execute(wanted.add_columns(LoanRequest.purpose)).first()
    if found is None:
        return None
    grant, purpose = found
    return LiveGrant(
        grant_id=grant.id,
        wish_id=grant.wish_id,
        item_id=item_id,
        page_no=page_no,
        ends_at=grant.ends_at,
        purpose=purpose,
        masked=not grant.unmasked,
        prints_left=grant.prints - grant.printed,
    )
