"""Borrowing for those who ask: the basket, what a request would meet, asking, what became of it, giving back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date, datetime
from typing import Annotated, Any

from fastapi import Depends, Query, Response
from pydantic import BaseModel, Field, ValidationError

from archive_service.borrowing import actions, lines, queries
from archive_service.borrowing.lines import Line
from archive_service.borrowing.matrix import Way
from archive_service.borrowing.queries import OwnLine, Preview
from archive_service.errors import Invalid
from archive_service.notebook import actions as notebook
from archive_service.notebook import queries as remembered
from archive_service.notebook.rules import Kind
from archive_service.people.roles import Right
from archive_service.web.api.caller import Caller, Words
from archive_service.web.api.loan_requests import AwayOut, DecidersOut, RequestOut, deciders_out, request_out
from archive_service.web.api.route import api_router
from archive_service.web.api.told import Told
from archive_service.web.api.uploads import file_form
from archive_service.web.forms import Form, parsed
from archive_service.web.pages.loans_ask import MOST_KEPT, keep_lines, letter_of
from archive_service.web.visit import LARGEST_ID, Id, Visit

router = api_router("loans")

_Number = Annotated[int, Field(ge=1, le=LARGEST_ID)]
#: Zero and less are refused by the rule, in its own words.
_Count = Annotated[int, Field(ge=-9999, le=9999)]
_Key = Annotated[Words, Field(max_length=lines.LONGEST)]


class LineIn(BaseModel):
    """What is asked for in a line: a whole file, a case of it, papers by number, or pages of one paper."""

    account_no: Words = Field(max_length=40)
    application_no: Words = Field("", max_length=40)
    item_nos: list[_Number] = Field([], max_length=1000)
    pages: list[_Number] = Field([], max_length=1000)
    way: Way = Way.SCREEN
    days: _Count = Field(1, description="Working days for paper, 24 hours each otherwise.")
    prints: _Count = 0
    unmasked: bool = False

    def wish(self) -> actions.Wish:
        """Return the line as a wish."""
        asked = Line(self.account_no, self.application_no, tuple(self.item_nos), tuple(self.pages))
        return asked.wish(way=self.way.value, days=self.days, prints=self.prints, unmasked=self.unmasked)


class Asked(BaseModel):
    """What is asked for at once, and why; `lines` that stand in the basket are taken out of it."""

    purpose: Words = Field(max_length=40, examples=["legal"])
    words: Words = Field(max_length=2000, examples=["应诉取证"])
    on_behalf_of: Words = Field("", max_length=500)
    emergency: bool = False
    lines: list[LineIn] = Field(max_length=1000)


class PreviewOut(BaseModel):
    """What a line would meet, were it asked for now."""

    account_no: str
    way: str
    pages: int
    masked: bool
    away: list[AwayOut]
    waiting: int
    deciders: DecidersOut
    needs_letter: bool
    emergency_possible: bool


class Previews(BaseModel):
    """What each line of a basket would meet."""

    lines: list[PreviewOut]


class BasketOut(BaseModel):
    """The lines in the basket, last used first, each as the text that names it, and how many it takes."""

    lines: list[str] = Field(examples=[["3206810473||2|1,2"]])
    most: int


class Keep(BaseModel):
    """Lines to put into the basket: account number, application number, papers and pages, parted by `|`."""

    lines: list[_Key] = Field(max_length=200, examples=[["3206810473||2|1,2"]])


class OwnOut(Told):
    """A line that the caller asked for, with the reading or the papers that came of it."""

    wish: str = Field(validation_alias="wish_id")
    request: str = Field(validation_alias="request_id")
    account_no: str
    way: str
    days: int
    state: str
    pages: int
    decide_by: date | None
    words: str
    after_approval: bool
    asked_at: datetime
    grant: str | None = None
    ends_at: datetime | None = None
    item: str | None = None
    page: int | None = None
    loan: str | None = None
    due_on: date | None = None
    overdue: bool = False
    recalled: bool = False
    can_withdraw: bool = False


class OwnList(BaseModel):
    """A page of what the caller asked for, newest first; `next` goes into `after`."""

    lines: list[OwnOut]
    next: int | None


class EndedOut(BaseModel):
    """A reading that is over, when and why."""

    grant: str
    ended_at: datetime | None
    why: str | None = Field(examples=["given-back"])


@router.get("/loans/basket")
def get_basket(visit: Caller) -> BasketOut:
    """Return the lines in the caller's basket."""
    visit.viewer.require(Right.LOAN_ASK)
    with visit.services.database.reading() as session:
        return _basket(session, visit)


@router.post("/loans/basket")
def keep_in_basket(visit: Caller, wanted: Keep) -> BasketOut:
    """Put lines into the basket; nothing is pushed out of it unseen."""
    visit.viewer.require(Right.LOAN_ASK)
    keys = [lines.read(one).key for one in wanted.lines]
    with visit.services.database.unit_of_work() as session:
        keep_lines(session, visit, keys)
        session.flush()
        return _basket(session, visit)


@router.delete("/loans/basket/{line}")
def drop_from_basket(visit: Caller, line: str) -> BasketOut:
    """Take a line out of the basket; one that is not in it is no fault."""
    visit.viewer.require(Right.LOAN_ASK)
    with visit.services.database.unit_of_work() as session:
        notebook.forget(session, visit.viewer, Kind.BASKET, lines.read(line).key)
        session.flush()
        return _basket(session, visit)


@router.post("/loans/preview")
def preview(visit: Caller, wanted: Asked) -> Previews:
    """Say what each line would meet: where the papers are, who would decide and why, what is masked."""
    visit.viewer.require(Right.LOAN_ASK)
    with visit.services.database.reading() as session:
        found = queries.preview(
            session,
            visit.viewer,
            [one.wish() for one in wanted.lines],
            purpose=wanted.purpose,
            now=visit.now,
            on_behalf_of=wanted.on_behalf_of,
        )
    return Previews(lines=[_preview(one, visit.language) for one in found])


@router.post("/loans/requests", status_code=201)
def ask(visit: Caller, wanted: Asked, response: Response) -> RequestOut:
    """Ask to borrow; each line is decided by itself, and what needs no approval can be read at once."""
    return _ask(visit, wanted, response)


async def with_letter(visit: Caller) -> AsyncIterator[Form]:
    """Parse the upload of a caller who may borrow."""
    visit.viewer.require(Right.LOAN_ASK)
    async with parsed(visit.request, max_files=1, max_fields=2) as data:
        yield Form(data)


@router.post(
    "/loans/requests/with-letter",
    status_code=201,
    openapi_extra=file_form("letter", needed=["request"], request="The JSON that `POST /loans/requests` takes."),
)
def ask_with_letter(visit: Caller, form: Annotated[Form, Depends(with_letter)], response: Response) -> RequestOut:
    """Ask to borrow with the letter of the body for which it is; the letter is on record before the request."""
    try:
        wanted = Asked.model_validate_json(form.raw("request"))
    except ValidationError:
        raise Invalid("loan.request-text", "request 字段不是借阅申请的 JSON。请对照接口说明改正后再发送。") from None
    return _ask(visit, wanted, response, letter=letter_of(visit, form))


@router.get("/loans/requests")
def list_own(
    visit: Caller,
    after: Annotated[int | None, Query(ge=1, le=LARGEST_ID)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> OwnList:
    """List what the caller asked for, newest first, with what they may read now and what they hold."""
    visit.viewer.require(Right.LOAN_ASK)
    with visit.services.database.reading() as session:
        found = queries.own_lines(session, visit.viewer, now=visit.now, before=after, limit=limit + 1)
    following = found[limit - 1].wish.wish_id if len(found) > limit else None
    return OwnList(lines=[_own(one) for one in found[:limit]], next=following)


@router.post("/loans/wishes/{wish_id}/withdraw")
def withdraw(visit: Caller, wish_id: Id) -> RequestOut:
    """Take back what the caller asked for and nobody has decided, or they have not fetched."""
    with visit.services.database.unit_of_work() as session:
        wish = actions.withdraw(session, visit.viewer, wish_id, now=visit.now)
        session.flush()
        return request_out(session, visit, wish.request_id)


@router.post("/loans/grants/{grant_id}/end")
def end_reading(visit: Caller, grant_id: Id) -> EndedOut:
    """End a reading before its time: the reader gives it back, who decides or keeps the papers recalls it."""
    with visit.services.database.unit_of_work() as session:
        grant = actions.end_reading(session, visit.viewer, grant_id, now=visit.now)
        return EndedOut(grant=str(grant.id), ended_at=grant.ended_at, why=grant.ended_why)


def _ask(visit: Visit, wanted: Asked, response: Response, letter: str | None = None) -> RequestOut:
    visit.viewer.require(Right.LOAN_ASK)
    with visit.services.database.unit_of_work() as session:
        made = actions.ask(
            session,
            visit.viewer,
            [one.wish() for one in wanted.lines],
            purpose=wanted.purpose,
            words=wanted.words,
            now=visit.now,
            on_behalf_of=wanted.on_behalf_of,
            letter_digest=letter,
            emergency=wanted.emergency,
        )
        for one in wanted.lines:
            key = Line(one.account_no, one.application_no, tuple(one.item_nos), tuple(one.pages)).key
            notebook.forget(session, visit.viewer, Kind.BASKET, key)
        session.flush()
        told = request_out(session, visit, made.id)
    response.headers["Location"] = f"/api/v1/loans/requests/{told.request}"
    return told


def _basket(session: Any, visit: Visit) -> BasketOut:
    kept = remembered.kept(session, visit.viewer, Kind.BASKET, limit=MOST_KEPT)
    return BasketOut(lines=[one.name for one in kept], most=MOST_KEPT)


def _preview(found: Preview, language: str) -> PreviewOut:
    return PreviewOut(
        account_no=found.account_no,
        way=found.way.value,
        pages=found.pages,
        masked=found.masked,
        away=[AwayOut.model_validate(one) for one in found.away],
        waiting=found.waiting,
        deciders=deciders_out(found.deciders, language),
        needs_letter=found.needs_letter,
        emergency_possible=found.emergency_possible,
    )


def _own(found: OwnLine) -> OwnOut:
    told = OwnOut.model_validate(found.wish)
    item, page = found.first or (None, None)
    return told.model_copy(
        update={
            "grant": _text(found.grant_id),
            "ends_at": found.ends_at,
            "item": _text(item),
            "page": page,
            "loan": _text(found.loan_id),
            "due_on": found.due_on,
            "overdue": found.overdue,
            "recalled": found.recalled,
            "can_withdraw": found.can_withdraw,
        }
    )


def _text(number: int | None) -> str | None:
    return None if number is None else str(number)
