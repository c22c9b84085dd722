"""Holds: which there are and on what, placing one, looking at it again, releasing it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from fastapi import Query, Response
from pydantic import BaseModel, Field

from archive_service.holds import actions, queries
from archive_service.holds.actions import On
from archive_service.holds.rules import MOST_SUBJECTS, Kind, Terms
from archive_service.people.roles import Right
from archive_service.web.api.caller import Caller, Day, Words
from archive_service.web.api.route import api_router, changed
from archive_service.web.api.told import Told
from archive_service.web.visit import LARGEST_ID, Id, Visit

router = api_router("holds")

_Number = Annotated[int, Field(ge=1, le=LARGEST_ID)]
_Name = Annotated[Words, Field(max_length=40)]


class HoldOut(Told):
    """A hold; it lasts until `released_at`, and nothing that it covers is disposed of before."""

    hold: str = Field(validation_alias="id")
    unit_name: str
    kind: str = Field(examples=["litigation"])
    reason: str
    authority: str = Field(examples=["（2026）民初 118 号"])
    review_on: date
    placed_by: str | None
    placed_at: datetime
    released_by: str | None
    released_at: datetime | None
    release_reason: str
    #: How many households, cases and items it names.
    subjects: int


class HoldList(BaseModel):
    """A page of holds, newest first; `next` goes into `after`."""

    holds: list[HoldOut]
    total: int
    next: int | None


class HeldOut(Told):
    """What a hold is placed on: a household, one of its cases, or one of its items."""

    account_no: str
    account_name: str
    application_no: str | None
    item: str | None = Field(validation_alias="item_id")
    item_no: int | None
    title: str | None


class HoldDetail(HoldOut):
    """A hold with the first 500 of what it is placed on."""

    held: list[HeldOut] = Field(default_factory=list)


class Placing(BaseModel):
    """What is to be held: whole households, whole cases, single items; why, by whose word, and when to look again."""

    accounts: list[_Name] = Field(default_factory=list, max_length=MOST_SUBJECTS)
    applications: list[_Name] = Field(default_factory=list, max_length=MOST_SUBJECTS)
    items: list[_Number] = Field(default_factory=list, max_length=MOST_SUBJECTS)
    kind: Kind
    reason: Words = Field(max_length=400)
    authority: Words = Field(max_length=200, examples=["（2026）民初 118 号"])
    review_on: Day


class Release(BaseModel):
    """Why a hold ends."""

    reason: Words = Field(max_length=400)


class Review(BaseModel):
    """Why a hold is still needed, and when to look at it next."""

    review_on: Day
    reason: Words = Field(max_length=400)


@router.get("/holds")
def list_holds(
    visit: Caller,
    state: Literal["lasting", "overdue", "released", "all"] = "lasting",
    kind: Kind | None = None,
    after: Annotated[int | None, Query(ge=1, le=LARGEST_ID)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> HoldList:
    """List the holds of the caller's units, newest first; overdue are those whose review day has passed."""
    with visit.services.database.reading() as session:
        found = queries.holds(
            session, visit.viewer, state="" if state == "all" else state, kind=kind.value if kind else "",
            today=visit.today, after=after, limit=limit,
        )  # fmt: skip
    return HoldList(holds=[HoldOut.model_validate(one) for one in found.rows], total=found.total, next=found.next)


@router.post("/holds", status_code=201)
def place_hold(visit: Caller, wanted: Placing, response: Response) -> HoldDetail:
    """Place a hold; nothing that it covers is disposed of until it is released."""
    visit.viewer.require(Right.HOLD_KEEP)
    on = On(wanted.accounts, wanted.applications, wanted.items)
    terms = Terms(wanted.kind.value, wanted.reason, wanted.authority, wanted.review_on)
    with visit.services.database.unit_of_work() as session:
        made = actions.place(session, visit.viewer, on, terms, now=visit.now, today=visit.today)
        session.flush()
        told = _hold(session, visit, made.id)
    response.headers["Location"] = f"/api/v1/holds/{told.hold}"
    return told


@router.get("/holds/{hold_id}")
def get_hold(visit: Caller, hold_id: Id) -> HoldDetail:
    """Return a hold with what it is placed on."""
    with visit.services.database.reading() as session:
        return _hold(session, visit, hold_id)


@router.post("/holds/{hold_id}/release")
def release_hold(visit: Caller, response: Response, hold_id: Id, said: Release) -> HoldDetail:
    """Release a hold, saying why; it stays on record."""
    return _changed(
        visit, response, hold_id,
        lambda session: actions.release(session, visit.viewer, hold_id, reason=said.reason, now=visit.now),
    )  # fmt: skip


@router.post("/holds/{hold_id}/review")
def postpone_review(visit: Caller, response: Response, hold_id: Id, said: Review) -> HoldDetail:
    """Say that a hold was looked at and is still needed, and when to look next."""
    return _changed(
        visit, response, hold_id,
        lambda session: actions.postpone_review(
            session, visit.viewer, hold_id, review_on=said.review_on, reason=said.reason, now=visit.now,
            today=visit.today,
        ),
    )  # fmt: skip


def _changed(visit: Visit, response: Response, hold_id: int, change: Any) -> HoldDetail:
    return changed(
        visit,
        response,
        lock=lambda session: queries.for_update(session, visit.viewer, hold_id),
        read=lambda session: _hold(session, visit, hold_id),
        change=change,
    )


def _hold(session: Any, visit: Visit, hold_id: int) -> HoldDetail:
    of = queries.hold(session, visit.viewer, hold_id)
    held = queries.subjects(session, visit.viewer, hold_id)
    return HoldDetail.model_validate({**vars(of), "held": [vars(one) for one in held]})
