"""A request with its lines, as who asked, who decides and who keeps the registers see it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from archive_service.borrowing import matrix
from archive_service.borrowing.matrix import Deciders, Reason
from archive_service.borrowing.queries.availability import PaperWhereabouts, items_of, queue_of, whereabouts
from archive_service.borrowing.queries.deciding import deciders_of, to_decide, wish_in
from archive_service.borrowing.rules import PageKey, State
from archive_service.borrowing.tables import LoanDecision, LoanRequest, LoanWish, PaperLoan, ReadingGrant, WishPage
from archive_service.errors import NotFound
from archive_service.households.tables import HouseholdFile, Item
from archive_service.people.roles import Right
from archive_service.people.tables import Person, Unit
from archive_service.people.viewer import Viewer


@dataclass(frozen=True)
class PaperAsked:
    """Pages of one paper that a line names."""

    item_id: int
    item_no: int
    document_type: str
    sensitivity: str
    pages: tuple[int, ...]
    #: Those that were approved; none until somebody decides.
    approved: tuple[int, ...] | None


@dataclass(frozen=True)
class LineView:
    """One line of a request."""

    wish_id: int
    account_no: str
    account_name: str
    unit_id: int
    unit_name: str
    way: str
    days: int
    prints: int
    unmasked: bool
    state: str
    decide_by: date | None
    papers: tuple[PaperAsked, ...]
    #: Who may decide now, and why it is they; none once it is decided.
    deciders: Deciders | None
    #: The viewer is one of them.
    mine: bool
    #: Why it fell to that level when it was asked for.
    #: The rule under which it was asked for, and the level that it names.
    reason: Reason
    outcome: str
    decided_by: str
    decided_at: datetime | None
    words: str
    away: tuple[PaperWhereabouts, ...]
    #: How many people wait for any of the papers.
    waiting: int
    grant: ReadingGrant | None
    loan: PaperLoan | None

    @property
    def pages(self) -> int:
        """Return how many pages it names."""
        return sum(len(one.pages) for one in self.papers)

    @property
    def first(self) -> PageKey | None:
        """Return the first page that was approved, or asked for."""
        for paper in self.papers:
            chosen = paper.pages if paper.approved is None else paper.approved
            if chosen:
                return paper.item_id, chosen[0]
        return None


@dataclass(frozen=True)
class RequestView:
    """What somebody asked for at once."""

    request_id: int
    asker_id: int
    asker: str
    unit_name: str
    #: Code and words of the purpose.
    purpose: str
    purpose_title: str
    words: str
    on_behalf_of: str
    letter_digest: str | None
    emergency: bool
    asked_at: datetime
    lines: tuple[LineView, ...]


def request_view(session: Session, viewer: Viewer, request_id: int, now: datetime) -> RequestView:
    """Return a request with the lines that the viewer may know of. Raises NotFound when there is none."""
    asked = session.get(LoanRequest, request_id)
    wishes = [] if asked is None else _visible(session, viewer, request_id)
    if asked is None or not wishes:
        raise NotFound("loan.not-found", "没有这项借阅申请，或者您无权查看。请从借阅清单里选择。")
    edition = matrix.edition(wishes[0].edition)
    return RequestView(
        request_id=asked.id,
        asker_id=asked.asker_id,
        asker=session.get_one(Person, asked.asker_id).name,
        unit_name=session.get_one(Unit, asked.asker_unit_id).name,
        purpose=asked.purpose,
        purpose_title=edition.purposes.get(asked.purpose, asked.purpose),
        words=asked.words,
        on_behalf_of=asked.on_behalf_of,
        letter_digest=asked.letter_digest,
        emergency=asked.emergency,
        asked_at=asked.asked_at,
        lines=tuple(_line(session, viewer, one, asked, now) for one in wishes),
    )


def _visible(session: Session, viewer: Viewer, request_id: int) -> list[LoanWish]:
    shown = []
    for one in session.scalars(select(LoanWish).where(LoanWish.request_id == request_id).order_by(LoanWish.place)):
        try:
            shown.append(wish_in(session, viewer, one.id)[0])
        except NotFound:
            continue
    return shown


def _line(session: Session, viewer: Viewer, wish: LoanWish, asked: LoanRequest, now: datetime) -> LineView:
    head = session.get_one(HouseholdFile, wish.household_id)
    found = deciders_of(session, wish, asked.asker_id, now) if wish.state == State.ASKED else None
    decision = session.scalar(select(LoanDecision).where(LoanDecision.wish_id == wish.id))
    decider = session.get(Person, decision.decided_by) if decision and decision.decided_by else None
    items = items_of(session, wish.id)
    on_paper = wish.way == "paper"
    return LineView(
        wish_id=wish.id,
        account_no=head.account_no,
        # Whoever may borrow may ask by the number alone; whose it is only those are told who read the file anyway.
        account_name=head.account_name if viewer.may(Right.RECORD_READ, head.unit_id) else "",
        unit_id=wish.unit_id,
        unit_name=session.get_one(Unit, wish.unit_id).name,
        way=wish.way,
        days=wish.days,
        prints=wish.prints,
        unmasked=wish.unmasked,
        state=wish.state,
        decide_by=wish.decide_by,
        papers=papers_asked(session, wish.id),
        deciders=found,
        mine=found is not None and found.holder(viewer.person_id) is not None,
        reason=matrix.verdict_of(matrix.edition(wish.edition), wish.rule).why,
        outcome=decision.outcome if decision else "",
        decided_by=decider.name if decider else "",
        decided_at=decision.decided_at if decision else None,
        words=decision.words if decision else "",
        away=tuple(whereabouts(session, items).values()) if on_paper else (),
        waiting=len(queue_of(session, items)) if on_paper else 0,
        grant=session.scalar(
            select(ReadingGrant).where(ReadingGrant.wish_id == wish.id).order_by(ReadingGrant.id.desc()).limit(1)
        ),
        loan=session.scalar(select(PaperLoan).where(PaperLoan.wish_id == wish.id)),
    )


def papers_asked(session: Session, wish_id: int) -> tuple[PaperAsked, ...]:
    """Return the papers that a wish names, by their numbers, with the pages and those that were approved."""
    rows = session.execute(
        select(Item, WishPage.page_no, WishPage.approved)
        .join(WishPage, WishPage.item_id == Item.id)
        .where(WishPage.wish_id == wish_id)
        .order_by(Item.item_no, WishPage.page_no)
    )
    items: dict[int, Item] = {}
    pages: dict[int, list[tuple[int, bool | None]]] = defaultdict(list)
    for item, page_no, approved in rows:
        items[item.id] = item
        pages[item.id].append((page_no, approved))
    return tuple(_paper(items[key], found) for key, found in pages.items())


def _paper(item: Item, pages: Sequence[tuple[int, bool | None]]) -> PaperAsked:
    decided = all(approved is not None for _, approved in pages)
    return PaperAsked(
        item_id=item.id,
        item_no=item.item_no,
        document_type=item.document_type,
        sensitivity=item.sensitivity,
        pages=tuple(number for number, _ in pages),
        approved=tuple(number for number, approved in pages if approved) if decided else None,
    )


@dataclass(frozen=True)
class WaitingRow:
    """A line that waits for the viewer's decision."""

    wish_id: int
    request_id: int
    account_no: str
    asker: str
    purpose: str
    purpose_title: str
    words: str
    way: str
    days: int
    pages: int
    unmasked: bool
    on_behalf_of: str
    decide_by: date | None
    emergency: bool
    asked_at: datetime


def waiting_rows(session: Session, viewer: Viewer, now: datetime) -> list[WaitingRow]:
    """Return what waits for the viewer's decision, those first that were read before, then by deadline."""
    return [_waiting(session, one) for one in to_decide(session, viewer, now)]


def _waiting(session: Session, wish: LoanWish) -> WaitingRow:
    asked = session.get_one(LoanRequest, wish.request_id)
    pages = select(func.count()).where(WishPage.wish_id == wish.id)
    return WaitingRow(
        wish_id=wish.id,
        request_id=asked.id,
        account_no=session.get_one(HouseholdFile, wish.household_id).account_no,
        asker=session.get_one(Person, asked.asker_id).name,
        purpose=asked.purpose,
        purpose_title=matrix.edition(wish.edition).purposes.get(asked.purpose, asked.purpose),
        words=asked.words,
        way=wish.way,
        days=wish.days,
        pages=session.scalar(pages) or 0,
        unmasked=wish.unmasked,
        on_behalf_of=asked.on_behalf_of,
        decide_by=wish.decide_by,
        emergency=asked.emergency,
        asked_at=asked.asked_at,
    )
