"""What the viewer reads, holds and asked for, and how much of it there is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from archive_service import zone
from archive_service.borrowing.queries.access import live_grants
from archive_service.borrowing.queries.registers import WishView, own_wishes
from archive_service.borrowing.rules import PageKey, State
from archive_service.borrowing.tables import GrantPage, LoanRequest, LoanWish, PaperLoan, ReadingGrant
from archive_service.households.tables import Item
from archive_service.people.viewer import Viewer


@dataclass(frozen=True)
class OwnLine:
    """A line that the viewer asked for, with the reading or the paper that came of it."""

    wish: WishView
    #: The reading that is live now.
    grant_id: int | None
    ends_at: datetime | None
    first: PageKey | None
    #: The papers that are out now.
    loan_id: int | None
    due_on: date | None
    overdue: bool
    recalled: bool

    @property
    def can_withdraw(self) -> bool:
        """Say whether it can still be taken back."""
        if self.wish.state == State.ASKED:
            return not self.wish.after_approval
        return self.wish.state == State.APPROVED and self.wish.way in ("paper", "copy") and self.loan_id is None


def own_lines(
    session: Session, viewer: Viewer, *, now: datetime, before: int | None = None, limit: int = 50
) -> list[OwnLine]:
    """Return what the viewer asked for, the newest first, older than the line `before`."""
    wishes = own_wishes(session, viewer, before=before, limit=limit)
    keys = [one.wish_id for one in wishes]
    wanted = live_grants(viewer, now).where(ReadingGrant.wish_id.in_(keys))
    grants = {one.wish_id: one for one in session.scalars(wanted)}
    out = select(PaperLoan).where(PaperLoan.wish_id.in_(keys), PaperLoan.state == "out")
    loans = {one.wish_id: one for one in session.scalars(out)}
    first = _first_pages(session, [one.id for one in grants.values()])
    today = zone.local(now).date()
    return [_line(one, grants.get(one.wish_id), loans.get(one.wish_id), first, today) for one in wishes]


def _line(
    wish: WishView, grant: ReadingGrant | None, loan: PaperLoan | None, first: dict[int, PageKey], today: date
) -> OwnLine:
    return OwnLine(
        wish=wish,
        grant_id=grant.id if grant else None,
        ends_at=grant.ends_at if grant else None,
        first=first.get(grant.id) if grant else None,
        loan_id=loan.id if loan else None,
        due_on=loan.due_on if loan else None,
        overdue=loan is not None and loan.due_on < today,
        recalled=loan is not None and loan.recalled_at is not None,
    )


def _first_pages(session: Session, grant_ids: list[int]) -> dict[int, PageKey]:
    rows = session.execute(
        select(GrantPage.grant_id, GrantPage.item_id, GrantPage.page_no)
        .join(Item, Item.id == GrantPage.item_id)
        .where(GrantPage.grant_id.in_(grant_ids), Item.state == "filed")
        .order_by(GrantPage.grant_id, Item.item_no.desc(), GrantPage.page_no.desc())
    )
    # The first page of each comes last and stays.
    return {row.grant_id: (row.item_id, row.page_no) for row in rows}


def own_counts(session: Session, viewer: Viewer, *, now: datetime) -> dict[str, int]:
    """Return how many readings, papers, overdue papers and undecided lines the viewer has, by name."""
    today = zone.local(now).date()
    out = select(func.count()).where(PaperLoan.holder_id == viewer.person_id, PaperLoan.state == "out")
    asked = (
        select(func.count())
        .select_from(LoanWish)
        .join(LoanRequest, LoanRequest.id == LoanWish.request_id)
        .where(LoanRequest.asker_id == viewer.person_id, LoanWish.state == State.ASKED)
    )
    reading = select(func.count()).select_from(live_grants(viewer, now).subquery())
    return {
        "reading": session.scalar(reading) or 0,
        "papers": session.scalar(out) or 0,
        "overdue": session.scalar(out.where(PaperLoan.due_on < today)) or 0,
        "asked": session.scalar(asked) or 0,
    }
