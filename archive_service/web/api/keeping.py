"""Until when a paper is kept and by what, and what people say from which clocks count."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from fastapi import Response
from pydantic import BaseModel, Field

from archive_service.households import queries as households
from archive_service.web import keeping
from archive_service.web.api.caller import Caller, Day, Words
from archive_service.web.api.route import api_router
from archive_service.web.api.told import Told
from archive_service.web.visit import LARGEST_ID, Id, Visit
from retention import said as facts

router = api_router("retention")


class FactOut(Told):
    """Something that a person said of a paper: it was superseded, or its contract has ended."""

    fact: str = Field(validation_alias="id")
    kind: str = Field(examples=["superseded"])
    happened_on: date
    #: Number in the file of the paper that took its place.
    by_item_no: int | None
    reason: str
    said_by: str | None
    said_at: datetime


class KeptOut(BaseModel):
    """`due_on` is the first day of an appraisal, null while there is none: `outcome` says why; holds come before it."""

    outcome: str | None = Field(examples=["due"])
    due_on: date | None
    rule: str | None
    edition: str | None
    reason: str | None
    #: Numbers of the holds that lie on it.
    holds: list[str]
    facts: list[FactOut]


class Saying(BaseModel):
    """What happened to a paper, when, and by what that is known."""

    kind: Literal["superseded", "contract_ended"]
    happened_on: Day
    by_item_no: Annotated[int, Field(ge=1, le=LARGEST_ID)] | None = None
    reason: Words = Field(max_length=400)


@router.get("/items/{item_id}/retention")
def get_retention(visit: Caller, item_id: Id) -> KeptOut:
    """Return until when a paper is kept, by which rule and holds, and what was said of it."""
    return _kept(visit, item_id)


@router.post("/items/{item_id}/retention", status_code=201)
def say_fact(visit: Caller, item_id: Id, wanted: Saying, response: Response) -> KeptOut:
    """Say that a paper was superseded or its contract has ended; its household is reckoned at once."""
    with visit.services.database.unit_of_work() as session:
        facts.say(
            session, visit.viewer, item_id, kind=wanted.kind, happened_on=wanted.happened_on,
            by_item_no=wanted.by_item_no, reason=wanted.reason, now=visit.now, today=visit.today,
        )  # fmt: skip
    response.headers["Location"] = f"/api/v1/items/{item_id}/retention"
    return _kept(visit, item_id)


@router.post("/items/{item_id}/retention/{fact_id}/take-back")
def take_fact_back(visit: Caller, item_id: Id, fact_id: Id) -> KeptOut:
    """Take back what was said of a paper."""
    with visit.services.database.unit_of_work() as session:
        facts.take_back(session, visit.viewer, item_id, fact_id, now=visit.now, today=visit.today)
    return _kept(visit, item_id)


def _kept(visit: Visit, item_id: int) -> KeptOut:
    with visit.services.database.reading() as session:
        households.item(session, visit.viewer, item_id)
        said = facts.facts_of(session, item_id)
    kept = keeping.kept(visit, [item_id])[item_id]
    return KeptOut(
        outcome=kept.due.outcome if kept.due else None,
        due_on=kept.due.due_on if kept.due else None,
        rule=kept.due.rule if kept.due else None,
        edition=kept.due.edition if kept.due else None,
        reason=kept.due.reason if kept.due else None,
        holds=[str(one.id) for one in kept.holds],
        facts=[FactOut.model_validate(one) for one in said],
    )
