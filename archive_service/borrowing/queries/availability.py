"""Where the papers are: in the archive or with whom until when, and who waits for them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive_service.borrowing.matrix import Way
from archive_service.borrowing.rules import Condition, State
from archive_service.borrowing.tables import LentPaper, LoanRequest, LoanWish, PaperLoan, WishPage
from archive_service.people.tables import Person


@dataclass(frozen=True)
class PaperWhereabouts:
    """A paper that is not in the archive."""

    item_id: int
    loan_id: int
    holder_id: int
    holder: str
    due_on: date
    lost: bool
    #: The account of the holder is closed.
    holder_gone: bool


def whereabouts(session: Session, item_ids: Collection[int]) -> dict[int, PaperWhereabouts]:
    """Return the papers that are out or lost by their items; what is not in the answer is in the archive."""
    wanted = (
        select(LentPaper, PaperLoan, Person)
        .join(PaperLoan, PaperLoan.id == LentPaper.loan_id)
        .join(Person, Person.id == PaperLoan.holder_id)
        .where(LentPaper.item_id.in_(item_ids), LentPaper.back_at.is_(None))
    )
    return {
        paper.item_id: PaperWhereabouts(
            item_id=paper.item_id,
            loan_id=loan.id,
            holder_id=loan.holder_id,
            holder=holder.name,
            due_on=loan.due_on,
            lost=paper.condition == Condition.LOST,
            holder_gone=not holder.active,
        )
        for paper, loan, holder in session.execute(wanted)
    }


def queue_of(session: Session, item_ids: Collection[int]) -> list[LoanWish]:
    """Return the approved wishes that wait for any of these papers, the first in line first."""
    wanted = (
        select(LoanWish)
        .join(LoanRequest, LoanRequest.id == LoanWish.request_id)
        .outerjoin(PaperLoan, PaperLoan.wish_id == LoanWish.id)
        .where(
            LoanWish.way == Way.PAPER,
            LoanWish.state == State.APPROVED,
            PaperLoan.id.is_(None),
            LoanWish.id.in_(
                select(WishPage.wish_id).where(WishPage.item_id.in_(item_ids), WishPage.approved.is_(True))
            ),
        )
        .order_by(LoanWish.queued_at, LoanWish.id)
    )
    return list(session.scalars(wanted))


def items_of(session: Session, wish_id: int) -> list[int]:
    """Return the items that a wish was approved for, or asks for while nobody has decided."""
    pages = select(WishPage.item_id).where(WishPage.wish_id == wish_id, WishPage.approved.is_not(False))
    return list(session.scalars(pages.distinct().order_by(WishPage.item_id)))
