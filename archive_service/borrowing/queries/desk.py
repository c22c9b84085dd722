"""The counter of whoever hands papers out and takes them back: what waits there, and one loan with its papers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from archive_service.borrowing.queries.availability import PaperWhereabouts, items_of, queue_of, whereabouts
from archive_service.borrowing.queries.deciding import wish_in
from archive_service.borrowing.rules import State
from archive_service.borrowing.tables import LentPaper, LoanRequest, LoanWish, PaperLoan
from archive_service.errors import NotFound
from archive_service.households.tables import HouseholdFile, Item, Page
from archive_service.people.roles import Right
from archive_service.people.tables import Person
from archive_service.people.viewer import Viewer


@dataclass(frozen=True)
class ToHandOut:
    """An approved wish whose papers were not fetched yet."""

    wish_id: int
    request_id: int
    account_no: str
    asker_id: int
    asker: str
    days: int
    #: What both should count.
    pages: int
    papers: tuple[tuple[int, str], ...]
    away: tuple[PaperWhereabouts, ...]
    #: The place in the line, from 1, of so many.
    place: int
    waiting: int
    queued_at: datetime


@dataclass(frozen=True)
class PaperRow:
    """One paper of a loan."""

    item_id: int
    item_no: int
    document_type: str
    pages_out: int
    pages_back: int | None
    condition: str | None
    note: str
    back_at: datetime | None


@dataclass(frozen=True)
class LoanView:
    """Papers that went out together."""

    loan_id: int
    wish_id: int
    request_id: int
    account_no: str
    account_name: str
    unit_id: int
    holder_id: int
    holder: str
    holder_gone: bool
    handed_out_at: datetime
    handed_out_by: str
    pages_counted: int
    count_note: str
    due_on: date
    renewals: int
    recalled_at: datetime | None
    state: str
    papers: tuple[PaperRow, ...]
    waiting: int


def to_hand_out(session: Session, viewer: Viewer) -> list[ToHandOut]:
    """Return the approved wishes of the viewer's units whose papers are to be handed out, the first in line first."""
    wanted = (
        select(LoanWish)
        .outerjoin(PaperLoan, PaperLoan.wish_id == LoanWish.id)
        .where(
            LoanWish.way == "paper",
            LoanWish.state == State.APPROVED,
            PaperLoan.id.is_(None),
            LoanWish.unit_id.in_(viewer.units(Right.LOAN_HANDLE)),
        )
        .order_by(LoanWish.queued_at, LoanWish.id)
    )
    return [_to_hand_out(session, one) for one in session.scalars(wanted)]


def wish_to_hand_out(session: Session, viewer: Viewer, wish_id: int) -> ToHandOut:
    """Return an approved wish whose papers are to be handed out. Raises NotFound."""
    wish, _ = wish_in(session, viewer, wish_id)
    viewer.require(Right.LOAN_HANDLE, wish.unit_id)
    return _to_hand_out(session, wish)


def _to_hand_out(session: Session, wish: LoanWish) -> ToHandOut:
    asked = session.get_one(LoanRequest, wish.request_id)
    items = items_of(session, wish.id)
    line = [one.id for one in queue_of(session, items)]
    papers = select(Item.item_no, Item.document_type).where(Item.id.in_(items)).order_by(Item.item_no)
    pages = select(func.count()).select_from(Page).where(Page.item_id.in_(items))
    return ToHandOut(
        wish_id=wish.id,
        request_id=asked.id,
        account_no=session.get_one(HouseholdFile, wish.household_id).account_no,
        asker_id=asked.asker_id,
        asker=session.get_one(Person, asked.asker_id).name,
        days=wish.days,
        pages=session.scalar(pages) or 0,
        papers=tuple((row.item_no, row.document_type) for row in session.execute(papers)),
        away=tuple(whereabouts(session, items).values()),
        place=line.index(wish.id) + 1 if wish.id in line else 0,
        waiting=len(line),
        queued_at=wish.queued_at,
    )


def loan_view(session: Session, viewer: Viewer, loan_id: int) -> LoanView:
    """Return a loan with its papers, for who hands out or keeps the registers of its unit. Raises NotFound."""
    loan = session.get(PaperLoan, loan_id)
    if loan is None or not (viewer.may(Right.LOAN_HANDLE, loan.unit_id) or viewer.may(Right.LOAN_READ, loan.unit_id)):
        raise NotFound("paper.not-lent", "没有这笔借出。请核对借阅单上的二维码，或从借出清单里选择。")
    wish = session.get_one(LoanWish, loan.wish_id)
    head = session.get_one(HouseholdFile, wish.household_id)
    holder = session.get_one(Person, loan.holder_id)
    rows = session.execute(
        select(LentPaper, Item)
        .join(Item, Item.id == LentPaper.item_id)
        .where(LentPaper.loan_id == loan.id)
        .order_by(Item.item_no)
    ).all()
    return LoanView(
        loan_id=loan.id,
        wish_id=wish.id,
        request_id=wish.request_id,
        account_no=head.account_no,
        account_name=head.account_name,
        unit_id=loan.unit_id,
        holder_id=holder.id,
        holder=holder.name,
        holder_gone=not holder.active,
        handed_out_at=loan.handed_out_at,
        handed_out_by=session.get_one(Person, loan.handed_out_by).name,
        pages_counted=loan.pages_counted,
        count_note=loan.count_note,
        due_on=loan.due_on,
        renewals=loan.renewals,
        recalled_at=loan.recalled_at,
        state=loan.state,
        papers=tuple(
            PaperRow(
                item_id=item.id,
                item_no=item.item_no,
                document_type=item.document_type,
                pages_out=paper.pages_out,
                pages_back=paper.pages_back,
                condition=paper.condition,
                note=paper.note,
                back_at=paper.back_at,
            )
            for paper, item in rows
        ),
        waiting=len(queue_of(session, [item.id for _, item in rows])),
    )
