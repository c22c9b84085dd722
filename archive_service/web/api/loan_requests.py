"""Requests to borrow for those who decide: what waits, a request line by line, its letter, the matrix."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from fastapi import Response
from pydantic import BaseModel, Field

from archive_service.borrowing import actions, matrix, queries
from archive_service.borrowing.matrix import Because, Deciders, Level, Limits, Reason, Rule
from archive_service.borrowing.queries import LineView
from archive_service.people.roles import Right
from archive_service.web.api.caller import Caller, Words
from archive_service.web.api.route import api_router
from archive_service.web.api.told import Told
from archive_service.web.labels import Labels
from archive_service.web.pages.loans_decide import letter_file
from archive_service.web.visit import LARGEST_ID, Id, Visit

router = api_router("loans")


class ReasonOut(BaseModel):
    """A step on the way to who decides: its code, the rule and the level that it names, and its sentence."""

    code: Because = Field(examples=["decides"])
    rule: str | None = Field(examples=["BR08"])
    level: str | None = Field(examples=["archivist"])
    sentence: str


class DecidersOut(BaseModel):
    """Who may decide now, any one of them, and why it is they; nobody has to where the level is `none`.

    `why` are the sentences of `reasons`, in the caller's language.
    """

    level: str = Field(examples=["archivist"])
    level_title: str
    people: list[str]
    why: list[str]
    reasons: list[ReasonOut]


class AwayOut(Told):
    """A paper that is not in the archive: with whom, until when."""

    item: str = Field(validation_alias="item_id")
    holder: str
    due_on: date
    lost: bool


class AskedPaper(Told):
    """Pages of one paper that a line names, and those that were approved; null until somebody decides."""

    item: str = Field(validation_alias="item_id")
    item_no: int
    document_type: str
    sensitivity: str
    pages: list[int]
    approved: list[int] | None


class RequestLine(Told):
    """A line of a request: what it names, how it stands, who may decide it, what came of it."""

    wish: str = Field(validation_alias="wish_id")
    account_no: str
    account_name: str
    unit_name: str
    way: str
    days: int
    prints: int
    unmasked: bool
    state: str = Field(examples=["asked"])
    decide_by: date | None
    papers: list[AskedPaper]
    mine: bool
    why: str = ""
    outcome: str
    decided_by: str
    decided_at: datetime | None
    words: str
    away: list[AwayOut]
    waiting: int
    may_decide: DecidersOut | None = None
    grant_id: str | None = None
    grant_ends_at: datetime | None = None
    loan_id: str | None = None
    due_on: date | None = None
    #: The rule under which it was asked for; `why` is its sentence.
    because: ReasonOut | None = None


class RequestOut(BaseModel):
    """What somebody asked for at once, with the lines that the caller may know of."""

    request: str
    asker: str
    unit_name: str
    purpose: str
    purpose_title: str
    words: str
    on_behalf_of: str
    letter: bool
    emergency: bool
    asked_at: datetime
    lines: list[RequestLine]


class WaitingOut(Told):
    """A line that waits for the caller's decision."""

    wish: str = Field(validation_alias="wish_id")
    request: str = Field(validation_alias="request_id")
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


class WaitingList(BaseModel):
    """All that waits for the caller's decision, what is read already first, then by deadline."""

    lines: list[WaitingOut]


class PageOf(BaseModel):
    """A page of a paper."""

    item: int = Field(ge=1, le=LARGEST_ID)
    page: int = Field(ge=1, le=LARGEST_ID)


class Decision(BaseModel):
    """Yes, yes for some `pages` only, or no with a reason in `words`; with a yes they are conditions."""

    approve: bool
    words: Words = Field("", max_length=600)
    pages: Annotated[list[PageOf], Field(max_length=5000)] | None = None


class LevelOut(BaseModel):
    """Who decides at a level, and within how many working days."""

    code: str
    title: str
    role: str | None
    place: str
    days: int


class RuleOut(BaseModel):
    """A row of the matrix: what it asks for, in words, and at which level it lets decide."""

    rule: str
    level: str
    says: str
    letter: bool
    emergency: bool


class MatrixOut(BaseModel):
    """The matrix as it holds today: the first rule that fits decides."""

    code: str
    effective_from: date
    purposes: dict[str, str]
    levels: list[LevelOut]
    rules: list[RuleOut]
    limits: Limits


@router.get("/loans/waiting")
def list_waiting(visit: Caller) -> WaitingList:
    """List what waits for the caller's decision."""
    visit.viewer.require(Right.LOAN_DECIDE)
    with visit.services.database.reading() as session:
        found = queries.waiting_rows(session, visit.viewer, visit.now)
    return WaitingList(lines=[WaitingOut.model_validate(one) for one in found])


@router.get("/loans/matrix")
def get_matrix(visit: Caller) -> MatrixOut:
    """Return who decides what, the purposes and the limits, as they hold today."""
    visit.viewer.require(Right.LOAN_ASK)
    edition = matrix.edition_on(visit.today)
    return MatrixOut(
        code=edition.code,
        effective_from=edition.effective_from,
        purposes=edition.purposes,
        levels=[_level(one, visit.language) for one in edition.levels],
        rules=[_rule(one, visit.language) for one in edition.rules],
        limits=edition.limits,
    )


@router.get("/loans/requests/{request_id}")
def get_request(visit: Caller, request_id: Id) -> RequestOut:
    """Return a request with its lines, for who asked, who decides and who keeps the registers."""
    with visit.services.database.reading() as session:
        return request_out(session, visit, request_id)


@router.get("/loans/requests/{request_id}/letter", response_class=Response)
def get_letter(visit: Caller, request_id: Id) -> Response:
    """Hand over the letter of a request, as it was received."""
    return letter_file(visit, request_id)


@router.post("/loans/wishes/{wish_id}/decide")
def decide(visit: Caller, wish_id: Id, said: Decision) -> RequestOut:
    """Approve a line, or only some of its pages, or refuse it with a reason; never one's own."""
    pages = None if said.pages is None else [(one.item, one.page) for one in said.pages]
    with visit.services.database.unit_of_work() as session:
        request_id = queries.wish_in(session, visit.viewer, wish_id)[1].id
        actions.decide(
            session, visit.viewer, wish_id, approve=said.approve, now=visit.now, words=said.words, pages=pages
        )
        session.flush()
        return request_out(session, visit, request_id)


def request_out(session: Any, visit: Visit, request_id: int) -> RequestOut:
    """Return a request as the interface tells it. Raises NotFound."""
    found = queries.request_view(session, visit.viewer, request_id, visit.now)
    return RequestOut(
        request=str(found.request_id),
        asker=found.asker,
        unit_name=found.unit_name,
        purpose=found.purpose,
        purpose_title=found.purpose_title,
        words=found.words,
        on_behalf_of=found.on_behalf_of,
        letter=found.letter_digest is not None,
        emergency=found.emergency,
        asked_at=found.asked_at,
        lines=[_line(one, visit.language) for one in found.lines],
    )


def deciders_out(found: Deciders, language: str) -> DecidersOut:
    """Return who may decide, for programs."""
    reasons = [_reason(one, language) for one in found.why]
    return DecidersOut(
        level=found.level.code,
        level_title=Labels(language).loan_level(found.level),
        people=[one.name for one in found.people],
        why=[one.sentence for one in reasons],
        reasons=reasons,
    )


def _reason(found: Reason, language: str) -> ReasonOut:
    return ReasonOut(
        code=found.code,
        rule=found.rule.id if found.rule else None,
        level=found.level.code if found.level else None,
        sentence=Labels(language).loan_reason(found),
    )


def _line(found: LineView, language: str) -> RequestLine:
    because = _reason(found.reason, language)
    update: dict[str, Any] = {"because": because, "why": because.sentence}
    if found.deciders is not None:
        update["may_decide"] = deciders_out(found.deciders, language)
    if found.grant is not None:
        update |= {"grant_id": str(found.grant.id), "grant_ends_at": found.grant.ended_at or found.grant.ends_at}
    if found.loan is not None:
        update |= {"loan_id": str(found.loan.id), "due_on": found.loan.due_on}
    return RequestLine.model_validate(found).model_copy(update=update)


def _level(found: Level, language: str) -> LevelOut:
    role = found.role.value if found.role else None
    title = Labels(language).loan_level(found)
    return LevelOut(code=found.code, title=title, role=role, place=found.place, days=found.days)


def _rule(found: Rule, language: str) -> RuleOut:
    says = Labels(language).loan_rule(found)
    return RuleOut(rule=found.id, level=found.level, says=says, letter=found.letter, emergency=found.emergency)
