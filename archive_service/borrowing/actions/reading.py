"""Reading what was borrowed: each page goes into the register; and readings end, by hand or by themselves."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive_service.borrowing.actions.opening import end
from archive_service.borrowing.actions.parts import note, person_of
from archive_service.borrowing.queries.access import LiveGrant, may_read_page
from archive_service.borrowing.queries.deciding import wish_in
from archive_service.borrowing.queries.reading import not_open
from archive_service.borrowing.rules import Ending
from archive_service.borrowing.tables import LoanWish, PageReading, ReadingGrant
from archive_service.errors import NotFound, Refused
from archive_service.households.actions.reading import note_reading
from archive_service.households.tables import HouseholdFile, Item
from archive_service.people.queries import system_viewer, viewer_for
from archive_service.people.roles import Right
from archive_service.people.viewer import Viewer


def note_page(
    session: Session, viewer: Viewer, item_id: int, page_no: int, *, now: datetime, printed: bool = False
) -> LiveGrant:
    """Put on record that a borrowed page is shown or printed, and return the grant that allows it.

    Called before the page leaves: what is not on record is not shown. Raises NotPermitted without a live grant of this
    page, Refused when no print is left.
    """
    found = may_read_page(session, viewer, item_id, page_no, now, printing=printed)
    if found is None:
        raise not_open()
    if printed:
        _count_print(session, viewer, found, now)
    row = PageReading(
        grant_id=found.grant_id, person_id=person_of(viewer), item_id=item_id, page_no=page_no, purpose=found.purpose,
        printed=printed, at=now,
    )  # fmt: skip
    session.add(row)
    session.flush()
    item = session.get_one(Item, item_id)
    head = session.get_one(HouseholdFile, item.household_id)
    # The trail says once an hour that the file is read, as for everybody; the register says which page.
    note_reading(session, viewer, household_id=head.id, unit_id=head.unit_id, account_no=head.account_no, now=now)
    return found


def _count_print(session: Session, viewer: Viewer, found: LiveGrant, now: datetime) -> None:
    grant = _locked(session, found.grant_id)
    if grant.printed >= grant.prints:
        raise Refused("reading.prints", f"批准打印 {grant.prints} 页，已用完。请另行申请打印。", prints=grant.prints)
    grant.printed += 1
    wish = session.get_one(LoanWish, grant.wish_id)
    note(
        session, viewer, wish, did="page.printed", now=now, item=found.item_id, page=found.page_no, count=grant.printed
    )


def end_reading(session: Session, viewer: Viewer, grant_id: int, *, now: datetime) -> ReadingGrant:
    """End a reading before its time: the reader gives it back, an archivist or decider of the unit recalls it.

    Raises NotFound, NotPermitted for anybody else, Refused when it has ended.
    """
    known = session.get(ReadingGrant, grant_id)
    if known is None:
        raise NotFound("reading.not-found", "没有这项阅览，或者您无权查看。请从借阅清单里选择。")
    wish, _ = wish_in(session, viewer, known.wish_id, lock=True)
    grant = _locked(session, grant_id)
    own = grant.person_id == viewer.person_id
    if not own and not (viewer.may(Right.LOAN_HANDLE, wish.unit_id) or viewer.may(Right.LOAN_DECIDE, wish.unit_id)):
        viewer.require(Right.LOAN_HANDLE, wish.unit_id)
    if grant.ended_at is not None or grant.ends_at <= now:
        raise Refused("reading.over", "这项阅览已经结束。请刷新页面查看。")
    end(session, viewer, grant, wish, Ending.GIVEN_BACK if own else Ending.RECALLED, at=now, now=now)
    return grant


def end_due(session: Session, *, now: datetime) -> int:
    """End the readings whose time is over, and those of people who may no longer borrow; return how many.

    No page is readable in between all the same: this only puts on record what `may_read_page` has long said.
    """
    due = _due(session, now)
    system = system_viewer(session) if due else None
    ended = 0
    for grant_id, why in sorted(due.items()):
        grant = _locked(session, grant_id)
        if system is None or grant.ended_at is not None:
            continue
        wish = session.get_one(LoanWish, grant.wish_id)
        end(session, system, grant, wish, why, at=grant.ends_at if why is Ending.TIME else now, now=now)
        ended += 1
    return ended


def _due(session: Session, now: datetime) -> dict[int, Ending]:
    """Return the grants that are over, though nobody has put that on record, with the reason."""
    wanted = select(ReadingGrant).where(ReadingGrant.ended_at.is_(None)).order_by(ReadingGrant.id)
    grants = session.scalars(wanted).all()
    due = {one.id: Ending.TIME for one in grants if one.ends_at <= now}
    live = [one for one in grants if one.ends_at > now]
    readers = {one: viewer_for(session, one, now=now, by_password=False) for one in {each.person_id for each in live}}
    for one in live:
        reader = readers[one.person_id]
        if reader is None or not reader.may(Right.LOAN_ASK, one.reader_unit_id):
            due[one.id] = Ending.ROLE_LOST
    return due


def _locked(session: Session, grant_id: int) -> ReadingGrant:
    wanted = select(ReadingGrant).where(ReadingGrant.id == grant_id)
    return session.scalars(wanted.with_for_update().execution_options(populate_existing=True)).one()
