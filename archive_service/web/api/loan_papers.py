"""The counter for programs: papers handed out, taken back after both looked, lost, renewed, recalled."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from fastapi import Query, Response
from pydantic import BaseModel, Field

from archive_service.borrowing import actions, queries
from archive_service.people.roles import Right
from archive_service.web.api.caller import Caller, Words
from archive_service.web.api.loan_requests import AwayOut
from archive_service.web.api.route import api_router
from archive_service.web.api.told import Told
from archive_service.web.pages.loans_desk import loan_of_slip
from archive_service.web.visit import LARGEST_ID, Id

router = api_router("loans")

_Count = Annotated[int, Field(ge=0, le=999_999)]


class ToFetch(Told):
    """Approved papers that nobody has fetched: what both should count, and who is how far in line."""

    wish: str = Field(validation_alias="wish_id")
    request: str = Field(validation_alias="request_id")
    account_no: str
    asker: str
    days: int
    pages: int
    papers: list[tuple[int, str]] = Field(description="Number and document type of each.")
    away: list[AwayOut]
    place: int
    waiting: int
    queued_at: datetime


class OutRow(Told):
    """Papers that a person has."""

    loan: str = Field(validation_alias="loan_id")
    account_no: str
    holder: str
    handed_out_at: datetime
    due_on: date
    renewals: int
    recalled: bool
    overdue: bool
    holder_gone: bool


class DeskOut(BaseModel):
    """What is to be handed out, first in line first, and what is out, longest overdue first."""

    to_hand_out: list[ToFetch]
    out: list[OutRow]


class OutList(BaseModel):
    """Who has what of the caller's units, longest overdue first."""

    loans: list[OutRow]


class LentOut(Told):
    """One paper of a loan; `condition` and `back_at` are null while it is out."""

    item: str = Field(validation_alias="item_id")
    item_no: int
    document_type: str
    pages_out: int
    pages_back: int | None
    condition: str | None
    note: str
    back_at: datetime | None


class LoanOut(Told):
    """Papers that went out together."""

    loan: str = Field(validation_alias="loan_id")
    wish: str = Field(validation_alias="wish_id")
    request: str = Field(validation_alias="request_id")
    account_no: str
    account_name: str
    holder: str
    holder_gone: bool
    handed_out_at: datetime
    handed_out_by: str
    pages_counted: int
    count_note: str
    due_on: date
    renewals: int
    recalled_at: datetime | None
    state: str = Field(examples=["out"])
    papers: list[LentOut]
    waiting: int


class DueOut(Told):
    """Until when papers are lent now."""

    loan: str = Field(validation_alias="id")
    due_on: date
    renewals: int


class QueuedOut(Told):
    """A wish with its new time in line."""

    wish: str = Field(validation_alias="id")
    queued_at: datetime


class HandOut(BaseModel):
    """How many pages both counted, and why that is not what the records say."""

    pages: _Count
    note: Words = Field("", max_length=600)


class BackOne(BaseModel):
    """One paper as both saw it at its return."""

    item: int = Field(ge=1, le=LARGEST_ID)
    pages: _Count
    condition: Literal["sound", "missing", "damaged", "altered"] = "sound"
    note: Words = Field("", max_length=600)


class Back(BaseModel):
    """The papers that come back; those not named stay out."""

    papers: list[BackOne] = Field(max_length=1000)


class Lost(BaseModel):
    """Which paper is lost, and how."""

    item: int = Field(ge=1, le=LARGEST_ID)
    words: Words = Field(max_length=600)


class Recall(BaseModel):
    """Why papers are wanted back."""

    words: Words = Field(max_length=600)


@router.get("/loans/desk")
def get_desk(visit: Caller) -> DeskOut:
    """Return what is to be handed out and what is out, for who keeps the papers."""
    visit.viewer.require(Right.LOAN_HANDLE)
    with visit.services.database.reading() as session:
        waiting = queries.to_hand_out(session, visit.viewer)
        out = queries.loans_out(session, visit.viewer, today=visit.today)
    return DeskOut(
        to_hand_out=[ToFetch.model_validate(one) for one in waiting], out=[OutRow.model_validate(one) for one in out]
    )


@router.get("/loans/desk/wishes/{wish_id}")
def get_to_hand_out(visit: Caller, wish_id: Id) -> ToFetch:
    """Return what is to be counted together before it goes out."""
    with visit.services.database.reading() as session:
        return ToFetch.model_validate(queries.wish_to_hand_out(session, visit.viewer, wish_id))


@router.post("/loans/desk/wishes/{wish_id}/hand-out", status_code=201)
def hand_out(visit: Caller, wish_id: Id, said: HandOut, response: Response) -> LoanOut:
    """Hand papers out after both counted; never to oneself, never out of turn."""
    with visit.services.database.unit_of_work() as session:
        made = actions.hand_out(
            session, visit.viewer, wish_id, pages_counted=said.pages, count_note=said.note, now=visit.now
        )
        session.flush()
        told = LoanOut.model_validate(queries.loan_view(session, visit.viewer, made.id))
    response.headers["Location"] = f"/api/v1/loans/papers/{told.loan}"
    return told


@router.post("/loans/desk/wishes/{wish_id}/pass-over")
def pass_over(visit: Caller, wish_id: Id) -> QueuedOut:
    """Put a wish whose papers nobody fetched at the end of the line."""
    with visit.services.database.unit_of_work() as session:
        return QueuedOut.model_validate(actions.pass_over(session, visit.viewer, wish_id, now=visit.now))


@router.get("/loans/out")
def list_out(visit: Caller, overdue: bool = False) -> OutList:
    """List who has what, or only what is overdue."""
    visit.viewer.require(Right.LOAN_READ)
    with visit.services.database.reading() as session:
        found = queries.loans_out(session, visit.viewer, today=visit.today, overdue_only=overdue)
    return OutList(loans=[OutRow.model_validate(one) for one in found])


@router.get("/loans/slips")
def find_loan(visit: Caller, code: Annotated[Words, Query(max_length=60, examples=["AS-LOAN-17"])]) -> LoanOut:
    """Return the loan whose slip was scanned."""
    visit.viewer.require(Right.LOAN_HANDLE)
    with visit.services.database.reading() as session:
        return LoanOut.model_validate(queries.loan_view(session, visit.viewer, loan_of_slip(code)))


@router.get("/loans/papers/{loan_id}")
def get_loan(visit: Caller, loan_id: Id) -> LoanOut:
    """Return a loan with its papers."""
    with visit.services.database.reading() as session:
        return LoanOut.model_validate(queries.loan_view(session, visit.viewer, loan_id))


@router.post("/loans/papers/{loan_id}/return")
def take_back(visit: Caller, loan_id: Id, said: Back) -> LoanOut:
    """Take papers back, each with how both found it."""
    papers = [actions.Inspected(one.item, one.pages, one.condition, one.note) for one in said.papers]
    with visit.services.database.unit_of_work() as session:
        actions.take_back(session, visit.viewer, loan_id, papers, now=visit.now)
        session.flush()
        return LoanOut.model_validate(queries.loan_view(session, visit.viewer, loan_id))


@router.post("/loans/papers/{loan_id}/lost")
def report_lost(visit: Caller, loan_id: Id, said: Lost) -> LoanOut:
    """Write down that a paper is lost; nobody else gets it until it is found."""
    with visit.services.database.unit_of_work() as session:
        actions.report_lost(session, visit.viewer, loan_id, said.item, words=said.words, now=visit.now)
        session.flush()
        return LoanOut.model_validate(queries.loan_view(session, visit.viewer, loan_id))


@router.post("/loans/papers/{loan_id}/renew")
def renew(visit: Caller, loan_id: Id) -> DueOut:
    """Lend papers for as long again, asked by who has them or by who keeps them."""
    with visit.services.database.unit_of_work() as session:
        return DueOut.model_validate(actions.renew(session, visit.viewer, loan_id, now=visit.now))


@router.post("/loans/papers/{loan_id}/recall")
def recall(visit: Caller, loan_id: Id, said: Recall) -> DueOut:
    """Ask for papers back soon, saying why."""
    with visit.services.database.unit_of_work() as session:
        loan = actions.recall_paper(session, visit.viewer, loan_id, words=said.words, now=visit.now)
        return DueOut.model_validate(loan)
