"""Requests of the people whom papers speak of, for programs: the register, registering, answering, ending."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from fastapi import Query, Response
from pydantic import BaseModel, Field

from archive_service.errors import NotFound
from archive_service.subjects import actions, answering, queries
from archive_service.subjects.rules import Said, Verdict
from archive_service.web import pictures
from archive_service.web.api.caller import Caller, Words
from archive_service.web.api.route import api_router
from archive_service.web.api.told import Told
from archive_service.web.visit import LARGEST_ID, Id, Visit
from retention import letters

router = api_router("subjects")


class SubjectRequestOut(Told):
    """A request as the register has it; `restricted` counts the papers that are stored only because of it."""

    subject_id: str = Field(validation_alias="id")
    number: str = Field(examples=["GR-CG-2026-0001"])
    account_no: str
    unit_name: str
    kind: str = Field(examples=["restrict"])
    asker: str
    relation: str = Field(examples=["self"])
    proof: str = Field(examples=["identity_card"])
    proof_note: str
    words: str
    received_on: date
    due_on: date
    state: str = Field(examples=["open"])
    made_by: str | None
    made_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    reason: str
    annotation: str
    copy_number: str | None
    letter_sha256: str | None = Field(validation_alias="letter_digest")
    restricted: int


class LetterKeptOut(BaseModel):
    """How long the letter is kept, by which rule of the schedule; `due_on` only with the outcome date."""

    outcome: str = Field(examples=["waiting"])
    due_on: date | None
    rule: str = Field(examples=["ANSWERS"])
    edition: str = Field(examples=["R2026"])
    reason: str
    #: The whole household is held, and the letter with it.
    held: bool


class OneSubjectRequestOut(SubjectRequestOut):
    """A request with how long its letter is kept; none before it is answered with one."""

    letter_kept: LetterKeptOut | None = None


class SubjectRequestList(BaseModel):
    """A page of the register, newest first; `next` goes into `after`."""

    requests: list[SubjectRequestOut]
    total: int
    next: int | None


class NewRequest(BaseModel):
    """Who asks, what was seen of them, what they want; `papers` are numbers of items, none means all."""

    kind: Literal["copy", "annotate", "restrict", "erase"]
    asker: Words = Field(max_length=80)
    relation: Literal["self", "agent"] = "self"
    proof: Literal["identity_card", "passport", "licence", "authority"]
    proof_note: Words = Field("", max_length=200)
    words: Words = Field(max_length=500)
    received_on: date
    papers: list[Annotated[int, Field(ge=1, le=LARGEST_ID)]] = Field(default_factory=list, max_length=1000)


class Answer(BaseModel):
    """Whether it is granted and why; a correction has its words, a copy the number of the certified copy."""

    granted: bool
    reason: Words = Field(max_length=300)
    annotation: Words = Field("", max_length=500)
    copy_number: Words = Field("", max_length=80)


class Ending(BaseModel):
    """Why something ends."""

    reason: Words = Field(max_length=300)


@router.get("/subject-requests")
def list_requests(
    visit: Caller,
    state: Literal["open", "late", "granted", "refused", "withdrawn"] | None = None,
    text: Annotated[str, Query(max_length=120)] = "",
    after: Annotated[int | None, Query(ge=1, le=LARGEST_ID)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> SubjectRequestList:
    """List the requests of the caller's units; `late` are those past the day by which they are answered.

    `text` is part of a number or of who asks, or a whole account number.
    """
    with visit.services.database.reading() as session:
        found = queries.requests(
            session, visit.viewer, state=state or "", text=text, today=visit.today, after=after, limit=limit
        )
    rows = [SubjectRequestOut.model_validate(one) for one in found.rows]
    return SubjectRequestList(requests=rows, total=found.total, next=found.next)


@router.get("/subject-requests/{subject_id}")
def get_request(visit: Caller, subject_id: Id) -> OneSubjectRequestOut:
    """Return a request."""
    return _request(visit, subject_id)


@router.post("/households/{account_no}/subject-requests", status_code=201)
def register_request(visit: Caller, account_no: str, wanted: NewRequest, response: Response) -> OneSubjectRequestOut:
    """Register a request about papers of a household."""
    said = Said(
        wanted.kind, wanted.asker, wanted.relation, wanted.proof, wanted.proof_note, wanted.words, wanted.received_on
    )
    with visit.services.database.unit_of_work() as session:
        made = actions.register(
            session,
            visit.viewer,
            account_no,
            said,
            item_nos=wanted.papers,
            now=visit.now,
            today=visit.today,
            workdays_to_answer=visit.services.settings.subject_answer_workdays,
        )
        key = made.id
    response.headers["Location"] = f"/api/v1/subject-requests/{key}"
    return _request(visit, key)


@router.post("/subject-requests/{subject_id}/decide")
def decide_request(visit: Caller, subject_id: Id, said: Answer) -> OneSubjectRequestOut:
    """Answer a request; its letter is drawn and kept."""
    verdict = Verdict(said.granted, said.reason, said.annotation, said.copy_number)
    here = visit.services
    answering.answer(here.database, here.store, visit.viewer, subject_id, verdict, now=visit.now)
    return _request(visit, subject_id)


@router.get("/subject-requests/{subject_id}/letter", response_class=Response)
def get_letter(visit: Caller, subject_id: Id) -> Response:
    """Return the letter that answered a request, as PDF."""
    with visit.services.database.reading() as session:
        found = queries.request(session, visit.viewer, subject_id)
    if found.letter_digest is None:
        raise NotFound("subject.no-letter", "这项要求还没有答复书。请先答复。")
    return pictures.rendition(visit.services.store, found.letter_digest, f"{found.number}.pdf")


@router.post("/subject-requests/{subject_id}/withdraw")
def withdraw_request(visit: Caller, subject_id: Id, said: Ending) -> OneSubjectRequestOut:
    """Put down that it is asked for no more."""
    with visit.services.database.unit_of_work() as session:
        actions.withdraw(session, visit.viewer, subject_id, reason=said.reason, now=visit.now)
    return _request(visit, subject_id)


@router.post("/subject-requests/{subject_id}/lift")
def lift_restriction(visit: Caller, subject_id: Id, said: Ending) -> OneSubjectRequestOut:
    """End what a request restricts."""
    with visit.services.database.unit_of_work() as session:
        actions.lift(session, visit.viewer, subject_id, reason=said.reason, now=visit.now)
    return _request(visit, subject_id)


@router.post("/items/{item_id}/open", status_code=204)
def open_paper(visit: Caller, item_id: Id, said: Ending) -> None:
    """Open a paper that is stored only to the caller, for a while, saying why."""
    with visit.services.database.unit_of_work() as session:
        actions.open_paper(session, visit.viewer, item_id, reason=said.reason, now=visit.now)


def _request(visit: Visit, subject_id: int) -> OneSubjectRequestOut:
    with visit.services.database.reading() as session:
        found = queries.request(session, visit.viewer, subject_id)
        kept = letters.kept(session, found.household_id, today=visit.today).get(found.id)
    told = OneSubjectRequestOut.model_validate(found)
    if kept is None:
        return told
    due = kept.due
    told.letter_kept = LetterKeptOut(
        outcome=due.outcome, due_on=due.due_on, rule=due.rule, edition=due.edition, reason=due.reason, held=kept.held
    )
    return told
