"""The business system: what it pushes, what it pulls, and the head data that it shares with others."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from fastapi import Query
from pydantic import BaseModel, Field

from archive_service.households.heads import queries as heads
from archive_service.households.heads.rules import NAMES
from archive_service.households.pushes import actions, queries
from archive_service.households.pushes.actions import MOST, Pace
from archive_service.web.api.caller import Caller
from archive_service.web.api.route import api_router

router = api_router("business")

#: The largest number that every JSON reader keeps whole.
_LAST_SEQ = 2**53 - 1


class Push(BaseModel):
    """Records, each with its `kind`: household, link, case, stage, energisation; docs/business-system.md has fields."""

    records: list[dict[str, Any]] = Field(min_length=1, max_length=MOST)


class AnswerOut(BaseModel):
    """What became of the record in this place; `code`, `message` and `field` say why, if there is a why."""

    place: int
    outcome: Literal["created", "changed", "unchanged", "refused"]
    code: str | None
    message: str | None
    field: str | None


class PushedOut(BaseModel):
    """One answer a record, in the order of the push, and how many there are of each."""

    created: int
    changed: int
    unchanged: int
    refused: int
    answers: list[AnswerOut]


class CaseStatusOut(BaseModel):
    """Where a case stands."""

    application_no: str
    account_no: str
    state: str
    complete: bool
    missing: int
    doubtful: int
    accepted_on: date | None
    energised_on: date | None
    filing_due_on: date | None


class ChangesOut(BaseModel):
    """Cases that changed; `seen` goes into `after` next time, `next` is the same while there is more already."""

    cases: list[CaseStatusOut]
    seen: int
    next: int | None


class HeadEntryOut(BaseModel):
    """A value from a moment on; `holds` says that it is the current one."""

    name: str
    value: str
    as_of: datetime
    source: Literal["push", "case"]
    recorded_at: datetime
    holds: bool


class LinkOut(BaseModel):
    """Another account that this one came out of or became; its number is null for who may not know it."""

    link: Literal["split", "merge", "transfer", "renumber"]
    came_from: bool
    account_no: str | None
    happened_on: date


class HeadOut(BaseModel):
    """The head data of a household (article 13): what holds, where it came from, and links to other accounts."""

    account_no: str
    centre: str
    account_name: str
    service_address: str
    customer_category: str
    grade: str | None
    capacity_kva: str | None
    expected_load_kw: str | None
    average_load_kw: str | None
    voltage: str | None
    feeder: str | None
    history: list[HeadEntryOut]
    links: list[LinkOut]


@router.post("/push")
def push_records(visit: Caller, pushed: Push) -> PushedOut:
    """Take up to 1,000 records of the business system and answer each; what is good is written, what is not is said."""
    settings = visit.services.settings
    with visit.services.database.unit_of_work() as session:
        answers = actions.take_push(
            session,
            pushed.records,
            by=visit.viewer,
            pace=Pace(visit.now, visit.today, settings.filing_due_workdays),
            account_no_pattern=settings.account_no_pattern,
            application_no_pattern=settings.application_no_pattern,
        )
    told = [
        AnswerOut(place=place, outcome=one.outcome, code=one.code, message=one.message, field=one.field)
        for place, one in enumerate(answers)
    ]
    counts = {word: sum(one.outcome == word for one in told) for word in ("created", "changed", "unchanged", "refused")}
    return PushedOut(**counts, answers=told)


@router.get("/cases/changes")
def list_changes(visit: Caller, after: Annotated[int, Query(ge=0, le=_LAST_SEQ)] = 0) -> ChangesOut:
    """Return the cases that changed after a place of the trail, each once as it stands now."""
    with visit.services.database.reading() as session:
        found = queries.changes(session, visit.viewer, after=after)
    cases = [CaseStatusOut(**vars(one)) for one in found.cases]
    return ChangesOut(cases=cases, seen=found.seen, next=found.seen if found.more else None)


@router.get("/households/{account_no}/head")
def get_head(visit: Caller, account_no: str) -> HeadOut:
    """Return grade, address, capacity, loads, voltage and feeder of a household, with their history."""
    with visit.services.database.reading() as session:
        found = heads.head(session, visit.viewer, account_no)
    said = {name: found.values.get(name) for name in NAMES}
    return HeadOut(
        **said,
        account_no=found.account_no,
        centre=found.unit_code,
        history=[HeadEntryOut(**vars(one)) for one in found.history],
        links=[
            LinkOut(
                link=one.kind,
                came_from=one.came_from,
                account_no=one.account_no,
                happened_on=one.happened_on,
            )
            for one in found.links
        ],
    )
