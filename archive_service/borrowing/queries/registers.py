"""The registers: one's own requests, who has which paper, what is overdue, and who read which page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from archive_service.borrowing.tables import LoanDecision, LoanRequest, LoanWish, PageReading, PaperLoan, WishPage
from archive_service.households.tables import HouseholdFile, Item
from archive_service.people.roles import Right
from archive_service.people.tables import Person, Unit
from archive_service.people.viewer import Viewer


@dataclass(frozen=True)
class WishView:
    """A wish as who asked for it sees it."""

    wish_id: int
    request_id: int
    account_no: str
    way: str
    days: int
    state: str
    pages: int
    decide_by: date | None
    #: Conditions or the reason of a refusal, once somebody has decided.
    words: str
    #: Read first; the approval is still to come.
    after_approval: bool
    asked_at: datetime


@dataclass(frozen=True)
class LoanRow:
    """Papers that a person has."""

    loan_id: int
    account_no: str
    holder_id: int
    holder: str
    handed_out_at: datetime
    due_on: date
    renewals: int
    recalled: bool
    overdue: bool
    holder_gone: bool


@dataclass(frozen=True)
class ReadingRow:
    """A borrowed page that was shown or printed: who, what, when, why."""

    reading_id: int
    at: datetime
    person_id: int
    person: str
    account_no: str
    item_no: int
    page_no: int
    purpose: str
    printed: bool


@dataclass(frozen=True)
class RegisterRow:
    """A line of the register of loans: who asked for what, why, what became of it."""

    wish_id: int
    request_id: int
    asked_at: datetime
    asker: str
    unit_name: str
    account_no: str
    way: str
    purpose: str
    words: str
    on_behalf_of: str
    state: str
    loan_id: int | None
    due_on: date | None
    closed_at: datetime | None


@dataclass(frozen=True)
class UsageRow:
    """How often something was asked for: by purpose and by the unit of who asked."""

    unit_name: str
    purpose: str
    lines: int


def loan_register(
    session: Session,
    viewer: Viewer,
    *,
    state: str = "",
    way: str = "",
    overdue_on: date | None = None,
    before: int | None = None,
    limit: int = 50,
) -> list[RegisterRow]:
    """Return the register of loans of the viewer's units, the newest first, older than the line `before`.

    With `overdue_on`, only papers that are out and were due before that day.
    """
    viewer.require(Right.LOAN_READ)
    wanted = (
        select(LoanWish, LoanRequest, Person.name, Unit.name.label("unit"), HouseholdFile.account_no, PaperLoan)
        .join(LoanRequest, LoanRequest.id == LoanWish.request_id)
        .join(Person, Person.id == LoanRequest.asker_id)
        .join(Unit, Unit.id == LoanRequest.asker_unit_id)
        .join(HouseholdFile, HouseholdFile.id == LoanWish.household_id)
        .outerjoin(PaperLoan, PaperLoan.wish_id == LoanWish.id)
        .where(LoanWish.unit_id.in_(viewer.units(Right.LOAN_READ)))
        .order_by(LoanWish.id.desc())
        .limit(limit)
    )
    if state:
        wanted = wanted.where(LoanWish.state == state)
    if way:
        wanted = wanted.where(LoanWish.way == way)
    if overdue_on is not None:
        wanted = wanted.where(PaperLoan.state == "out", PaperLoan.due_on < overdue_on)
    if before is not None:
        wanted = wanted.where(LoanWish.id < before)
    return [
        RegisterRow(
            wish_id=wish.id,
            request_id=asked.id,
            asked_at=asked.asked_at,
            asker=name,
            unit_name=unit,
            account_no=account_no,
            way=wish.way,
            purpose=asked.purpose,
            words=asked.words,
            on_behalf_of=asked.on_behalf_of,
            state=wish.state,
            loan_id=loan.id if loan else None,
            due_on=loan.due_on if loan else None,
            closed_at=loan.closed_at if loan else None,
        )
        for wish, asked, name, unit, account_no, loan in session.execute(wanted)
    ]


def usage(session: Session, viewer: Viewer, *, since: datetime) -> list[UsageRow]:
    """Return how many lines each unit asked for with each purpose since a moment, the most frequent first."""
    viewer.require(Right.LOAN_READ)
    count = func.count(LoanWish.id)
    wanted = (
        select(Unit.name, LoanRequest.purpose, count)
        .join(LoanRequest, LoanRequest.asker_unit_id == Unit.id)
        .join(LoanWish, LoanWish.request_id == LoanRequest.id)
        .where(LoanWish.unit_id.in_(viewer.units(Right.LOAN_READ)), LoanRequest.asked_at >= since)
        .group_by(Unit.id, Unit.name, LoanRequest.purpose)
        .order_by(count.desc(), Unit.name, LoanRequest.purpose)
    )
    return [UsageRow(*row) for row in session.execute(wanted)]


def own_wishes(session: Session, viewer: Viewer, *, before: int | None = None, limit: int = 50) -> list[WishView]:
    """Return what the viewer asked for, the newest first, older than the line `before`."""
    pages = select(func.count()).where(WishPage.wish_id == LoanWish.id).scalar_subquery()
    wanted = (
        select(LoanWish, LoanRequest, HouseholdFile.account_no, LoanDecision.words, pages)
        .join(LoanRequest, LoanRequest.id == LoanWish.request_id)
        .join(HouseholdFile, HouseholdFile.id == LoanWish.household_id)
        .outerjoin(LoanDecision, LoanDecision.wish_id == LoanWish.id)
        .where(LoanRequest.asker_id == viewer.person_id)
        .order_by(LoanWish.id.desc())
        .limit(limit)
    )
    if before is not None:
        wanted = wanted.where(LoanWish.id < before)
    return [
        WishView(
            wish_id=wish.id,
            request_id=asked.id,
            account_no=account_no,
            way=wish.way,
            days=wish.days,
            state=wish.state,
            pages=count,
            decide_by=wish.decide_by,
            words=words or "",
            after_approval=asked.emergency and wish.state == "asked",
            asked_at=asked.asked_at,
        )
        for wish, asked, account_no, words, count in session.execute(wanted)
    ]


def loans_out(session: Session, viewer: Viewer, *, today: date, overdue_only: bool = False) -> list[LoanRow]:
    """Return the papers that are out of the viewer's units, the longest overdue first."""
    viewer.require(Right.LOAN_READ)
    wanted = (
        select(PaperLoan, Person, HouseholdFile.account_no)
        .join(Person, Person.id == PaperLoan.holder_id)
        .join(LoanWish, LoanWish.id == PaperLoan.wish_id)
        .join(HouseholdFile, HouseholdFile.id == LoanWish.household_id)
        .where(PaperLoan.state == "out", PaperLoan.unit_id.in_(viewer.units(Right.LOAN_READ)))
        .order_by(PaperLoan.due_on, PaperLoan.id)
    )
    if overdue_only:
        wanted = wanted.where(PaperLoan.due_on < today)
    return [
        LoanRow(
            loan_id=loan.id,
            account_no=account_no,
            holder_id=holder.id,
            holder=holder.name,
            handed_out_at=loan.handed_out_at,
            due_on=loan.due_on,
            renewals=loan.renewals,
            recalled=loan.recalled_at is not None,
            overdue=loan.due_on < today,
            holder_gone=not holder.active,
        )
        for loan, holder, account_no in session.execute(wanted)
    ]


def readings(session: Session, viewer: Viewer, *, before: int | None = None, limit: int = 50) -> list[ReadingRow]:
    """Return the register of borrowed pages of the viewer's units, the newest first, older than the entry `before`."""
    viewer.require(Right.LOAN_READ)
    wanted = (
        select(PageReading, Person.name, HouseholdFile.account_no, Item.item_no)
        .join(Person, Person.id == PageReading.person_id)
        .join(Item, Item.id == PageReading.item_id)
        .join(HouseholdFile, HouseholdFile.id == Item.household_id)
        .where(HouseholdFile.unit_id.in_(viewer.units(Right.LOAN_READ)))
        .order_by(PageReading.id.desc())
        .limit(limit)
    )
    if before is not None:
        wanted = wanted.where(PageReading.id < before)
    return [
        ReadingRow(row.id, row.at, row.person_id, name, account_no, item_no, row.page_no, row.purpose, row.printed)
        for row, name, account_no, item_no in session.execute(wanted)
    ]
