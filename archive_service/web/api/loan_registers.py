"""The registers of loans and of borrowed pages for programs, and how often what was asked for."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Annotated

from fastapi import Query
from pydantic import BaseModel, Field

from archive_service.borrowing import queries
from archive_service.borrowing.matrix import Way
from archive_service.borrowing.rules import State
from archive_service.people.roles import Right
from archive_service.web.api.caller import Caller
from archive_service.web.api.route import api_router
from archive_service.web.api.told import Told
from archive_service.web.visit import LARGEST_ID

router = api_router("loans")

After = Annotated[int | None, Query(ge=1, le=LARGEST_ID)]
Limit = Annotated[int, Query(ge=1, le=200)]


class RegisterLine(Told):
    """A line of the register of loans: who asked for what, why, what became of it."""

    wish: str = Field(validation_alias="wish_id")
    request: str = Field(validation_alias="request_id")
    asked_at: datetime
    asker: str
    unit_name: str
    account_no: str
    way: str
    purpose: str
    words: str
    on_behalf_of: str
    state: str
    loan: str | None = Field(validation_alias="loan_id")
    due_on: date | None
    closed_at: datetime | None


class Register(BaseModel):
    """A page of the register of loans, newest first; `next` goes into `after`."""

    lines: list[RegisterLine]
    next: int | None


class PageLine(Told):
    """A borrowed page that was shown or printed: who, what, when, why."""

    reading: str = Field(validation_alias="reading_id")
    at: datetime
    person: str
    account_no: str
    item_no: int
    page_no: int
    purpose: str
    printed: bool


class PageRegister(BaseModel):
    """A page of the register of borrowed pages, newest first; `next` goes into `after`."""

    lines: list[PageLine]
    next: int | None


class UsageLine(Told):
    """How many lines a unit asked for with a purpose."""

    unit_name: str
    purpose: str
    lines: int


class Usage(BaseModel):
    """Use by unit and purpose of the last days, the most frequent first."""

    days: int
    rows: list[UsageLine]


@router.get("/loans/register")
def list_register(
    visit: Caller,
    state: State | None = None,
    way: Way | None = None,
    overdue: bool = False,
    after: After = None,
    limit: Limit = 50,
) -> Register:
    """List the loans of the caller's units, narrowed by `state`, `way` and whether they are overdue."""
    visit.viewer.require(Right.LOAN_READ)
    with visit.services.database.reading() as session:
        found = queries.loan_register(
            session,
            visit.viewer,
            state=state.value if state else "",
            way=way.value if way else "",
            overdue_on=visit.today if overdue else None,
            before=after,
            limit=limit + 1,
        )
    following = found[limit - 1].wish_id if len(found) > limit else None
    return Register(lines=[RegisterLine.model_validate(one) for one in found[:limit]], next=following)


@router.get("/loans/pages")
def list_pages(visit: Caller, after: After = None, limit: Limit = 50) -> PageRegister:
    """List the borrowed pages that were shown or printed."""
    visit.viewer.require(Right.LOAN_READ)
    with visit.services.database.reading() as session:
        found = queries.readings(session, visit.viewer, before=after, limit=limit + 1)
    following = found[limit - 1].reading_id if len(found) > limit else None
    return PageRegister(lines=[PageLine.model_validate(one) for one in found[:limit]], next=following)


@router.get("/loans/usage")
def get_usage(visit: Caller, days: Annotated[int, Query(ge=1, le=3660)] = 90) -> Usage:
    """Count what was asked for in the last days, by unit and purpose."""
    visit.viewer.require(Right.LOAN_READ)
    with visit.services.database.reading() as session:
        found = queries.usage(session, visit.viewer, since=visit.now - timedelta(days=days))
    return Usage(days=days, rows=[UsageLine.model_validate(one) for one in found])
