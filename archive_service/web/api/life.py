"""The life of cases: hand-overs, receipts, returns, filing; what waits for whom."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from fastapi import Query
from pydantic import BaseModel, Field

from archive_service.lifecycle import actions, queries
from archive_service.lifecycle.actions import Mark
from archive_service.lifecycle.views import CaseLife, ReturnView, WaitingRow
from archive_service.people.roles import Right
from archive_service.properties import work
from archive_service.web import property_desk
from archive_service.web.api.caller import Caller, Day, Words
from archive_service.web.api.route import api_router
from archive_service.web.visit import LARGEST_ID

router = api_router("life")


class StepOut(BaseModel):
    """A step of a case; `by` is null for the program itself."""

    seq: int
    verb: str
    from_state: str
    to_state: str
    by: str | None
    at: datetime
    note: str


class PaperOut(BaseModel):
    """A paper on the list of a hand-over."""

    place: int
    item: str
    item_no: int
    document_type: str
    pages: int


class MarkOut(BaseModel):
    """A page that a return is about; no page: the whole paper."""

    item: str
    page: int | None


class ReturnOut(BaseModel):
    """What a hand-over was sent back for; `mended_at` is null while it is owed."""

    stage: str
    reasons: list[str]
    note: str
    due_on: date
    by: str | None
    at: datetime
    mended_at: datetime | None
    marks: list[MarkOut]


class HandOverOut(BaseModel):
    """A hand-over; `outcome` is null while it waits, then accepted or returned."""

    round: int
    giver: str | None
    given_at: datetime
    due_on: date | None
    receiver: str | None
    answered_at: datetime | None
    outcome: str | None
    papers: list[PaperOut]
    returned: ReturnOut | None


class LifeOut(BaseModel):
    """Where a case is and how it came there; `seq` goes into `seen` of the next step."""

    application_no: str
    state: str
    seq: int
    may: list[str]
    steps: list[StepOut]
    hand_overs: list[HandOverOut]


class Step(BaseModel):
    """A step to take; `purpose` and `note` are wanted for `reopen`."""

    verb: Literal["submit", "accept", "file", "reopen"]
    note: Words = Field("", max_length=500)
    purpose: Literal["", "supplement", "change"] = ""
    #: Number of the newest step that the caller knows; somebody else's step since then refuses this one.
    seen: int | None = Field(None, ge=0, le=LARGEST_ID)


class MarkIn(BaseModel):
    """A page to be mended; no page: the whole paper."""

    item: int = Field(ge=1, le=LARGEST_ID)
    page: int | None = Field(None, ge=1, le=100_000)


class Return(BaseModel):
    """To which stage a case goes back, why, until when, and which pages are meant."""

    stage: Words = Field(max_length=12)
    reasons: list[Words] = Field(max_length=20)
    due_on: Day
    note: Words = Field("", max_length=500)
    marks: list[MarkIn] = Field(default=[], max_length=200)
    seen: int | None = Field(None, ge=0, le=LARGEST_ID)


class WaitingOut(BaseModel):
    """A hand-over to be received, or a return to be mended."""

    application_no: str
    account_no: str
    centre_name: str
    round: int
    by: str | None
    at: datetime
    due_on: date | None
    papers: int
    stage: str | None
    reasons: list[str]


class WaitingListOut(BaseModel):
    """A page of what waits; `next` goes into `after`; no more than 1000 are counted."""

    waiting: list[WaitingOut]
    total: int
    next: str | None


@router.get("/cases/{application_no}/life")
def get_life(visit: Caller, application_no: str) -> LifeOut:
    """Return where a case is and how it came there."""
    with visit.services.database.reading() as session:
        return _life(queries.case_life(session, visit.viewer, application_no))


@router.post("/cases/{application_no}/steps")
def take_step(visit: Caller, application_no: str, step: Step) -> LifeOut:
    """Hand a case over, take it in, file it or open it again."""
    who: dict[str, Any] = {"by": visit.viewer, "now": visit.now, "seen": step.seen}
    if step.verb == "file":
        work.file_case(property_desk.desk(visit.services), visit.viewer, application_no, seen=step.seen)
        with visit.services.database.reading() as session:
            return _life(queries.case_life(session, visit.viewer, application_no))
    with visit.services.database.unit_of_work() as session:
        if step.verb == "submit":
            actions.submit_case(session, application_no, note=step.note, **who)
        elif step.verb == "accept":
            actions.accept_case(session, application_no, **who)
        else:
            workdays = visit.services.settings.filing_due_workdays
            actions.reopen_case(
                session, application_no, purpose=step.purpose, reason=step.note, filing_due_workdays=workdays, **who
            )
        return _life(queries.case_life(session, visit.viewer, application_no))


@router.post("/cases/{application_no}/returns")
def send_back(visit: Caller, application_no: str, wanted: Return) -> LifeOut:
    """Send a case back to the stage that owes something."""
    with visit.services.database.unit_of_work() as session:
        actions.return_case(
            session,
            application_no,
            stage=wanted.stage,
            reasons=wanted.reasons,
            due_on=wanted.due_on,
            note=wanted.note,
            marks=[Mark(one.item, one.page) for one in wanted.marks],
            by=visit.viewer,
            now=visit.now,
            today=visit.today,
            seen=wanted.seen,
        )
        return _life(queries.case_life(session, visit.viewer, application_no))


@router.get("/hand-overs")
def list_waiting(
    visit: Caller,
    waiting: Literal["receive", "owed"] = "receive",
    after: Annotated[str | None, Query(max_length=40)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> WaitingListOut:
    """List hand-overs to be received, the oldest first, or returns to be mended, the soonest due first."""
    visit.viewer.require(Right.RECORD_READ)
    ask = queries.to_receive if waiting == "receive" else queries.owed
    with visit.services.database.reading() as session:
        found = ask(session, visit.viewer, after=after, limit=limit)
    return WaitingListOut(waiting=[_waiting(row) for row in found.rows], total=found.total, next=found.next)


def _life(life: CaseLife) -> LifeOut:
    return LifeOut(
        application_no=life.application_no,
        state=life.state,
        seq=life.seq,
        may=list(life.may),
        steps=[StepOut(**vars(one)) for one in life.steps],
        hand_overs=[
            HandOverOut(
                round=one.round,
                giver=one.giver,
                given_at=one.given_at,
                due_on=one.due_on,
                receiver=one.receiver,
                answered_at=one.answered_at,
                outcome=one.outcome,
                papers=[
                    PaperOut(
                        place=p.place,
                        item=str(p.item_id),
                        item_no=p.item_no,
                        document_type=p.document_type,
                        pages=p.page_count,
                    )
                    for p in one.papers
                ],
                returned=_returned(one.returned) if one.returned else None,
            )
            for one in life.hand_overs
        ],
    )


def _returned(one: ReturnView) -> ReturnOut:
    return ReturnOut(
        stage=one.stage,
        reasons=list(one.reasons),
        note=one.note,
        due_on=one.due_on,
        by=one.by,
        at=one.at,
        mended_at=one.mended_at,
        marks=[MarkOut(item=str(mark.item_id), page=mark.page_no) for mark in one.marks],
    )


def _waiting(row: WaitingRow) -> WaitingOut:
    return WaitingOut(
        application_no=row.application_no,
        account_no=row.account_no,
        centre_name=row.unit_name,
        round=row.round,
        by=row.by,
        at=row.at,
        due_on=row.due_on,
        papers=row.papers,
        stage=row.stage,
        reasons=list(row.reasons),
    )
