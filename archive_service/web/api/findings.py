"""Findings of the auditors: list, look, raise, and every step until one is closed."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from fastapi import Query, Response
from pydantic import BaseModel, Field

from archive_service.inspection import actions, queries
from archive_service.inspection.queries import FindingFilters
from archive_service.inspection.rules import Severity, Step
from archive_service.people.roles import Right
from archive_service.web.api.caller import Caller, Day, Words
from archive_service.web.api.route import api_router, changed
from archive_service.web.api.told import Told
from archive_service.web.visit import LARGEST_ID, Id, Visit

router = api_router("inspection")

_Number = Annotated[int | None, Field(ge=1, le=LARGEST_ID)]


class Raised(BaseModel):
    """What a unit has to mend until when; `sample` if its case was drawn; `item_no` in the file."""

    application_no: Words = Field(max_length=40)
    rule: Words = Field("other", max_length=24)
    severity: Severity
    description: Words = Field(max_length=500)
    due_on: Day
    sample: _Number = None
    item_no: _Number = None
    page_no: _Number = None


class StepIn(BaseModel):
    """A step: the unit answers, an auditor closes, refuses, extends or hands up; `words` are wanted for each."""

    step: Literal[Step.ANSWERED, Step.CLOSED, Step.REFUSED, Step.EXTENDED, Step.ESCALATED]
    words: Words = Field(max_length=500)
    proof_item_no: _Number = None
    due_on: Day | None = None


class StepOut(Told):
    """A step that was taken."""

    step: str
    words: str
    proof: str | None = Field(validation_alias="proof_item_id")
    due_on: date | None
    by: str
    at: datetime


class RaisedOut(Told):
    """A finding; `place` is that of its case in the sample."""

    finding: str = Field(validation_alias="id")
    sample: str | None = Field(validation_alias="sample_id")
    place: int | None
    application_no: str
    account_no: str
    unit_name: str
    rule: str
    severity: str
    description: str
    item: str | None = Field(validation_alias="item_id")
    page_no: int | None
    due_on: date
    state: str
    rounds: int
    raised_by: str
    raised_at: datetime


class RaisedDetail(RaisedOut):
    """A finding with its steps, and those that the caller may take now."""

    steps: list[StepOut]
    may: list[str] = Field(default_factory=list)


class RaisedList(BaseModel):
    """A page of findings, newest first, and how many stand in each state; `next` goes into `after`."""

    findings: list[RaisedOut]
    by_state: dict[str, int]
    next: int | None


@router.get("/inspection/findings")
def list_raised(
    visit: Caller,
    state: Literal["open", "mended", "closed", "escalated", "overdue"] | None = None,
    sample: Annotated[int | None, Query(ge=1, le=LARGEST_ID)] = None,
    after: Annotated[int | None, Query(ge=1, le=LARGEST_ID)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> RaisedList:
    """List the findings of the caller's units, newest first."""
    visit.viewer.require(Right.INSPECTION_READ)
    overdue = state == "overdue"
    filters = FindingFilters(
        state=None if overdue else state, sample_id=sample, overdue_on=visit.today if overdue else None
    )
    with visit.services.database.reading() as session:
        rows = queries.findings(session, visit.viewer, filters, after=after, limit=limit + 1)
        counts = queries.finding_states(session, visit.viewer)
    following = rows[limit - 1].id if len(rows) > limit else None
    return RaisedList(findings=[RaisedOut.model_validate(one) for one in rows[:limit]], by_state=counts, next=following)


@router.post("/inspection/findings", status_code=201)
def raise_finding(visit: Caller, wanted: Raised, response: Response) -> RaisedDetail:
    """Write down what a unit has to mend."""
    with visit.services.database.unit_of_work() as session:
        raised = actions.raise_finding(
            session,
            visit.viewer,
            application_no=wanted.application_no,
            rule=wanted.rule or "other",
            severity=wanted.severity,
            description=wanted.description,
            due_on=wanted.due_on,
            sample_id=wanted.sample,
            item_no=wanted.item_no,
            page_no=wanted.page_no,
            now=visit.now,
            today=visit.today,
        )
        told = _finding(session, visit, raised.id)
    response.headers["Location"] = f"/api/v1/inspection/findings/{told.finding}"
    return told


@router.get("/inspection/findings/{raised_id}")
def get_raised(visit: Caller, raised_id: Id) -> RaisedDetail:
    """Return a finding with its steps."""
    with visit.services.database.reading() as session:
        return _finding(session, visit, raised_id)


@router.post("/inspection/findings/{raised_id}/steps")
def step_on(visit: Caller, response: Response, raised_id: Id, said: StepIn) -> RaisedDetail:
    """Take a step with a finding; with If-Match only if it stands as the caller saw it."""
    return changed(
        visit,
        response,
        lock=lambda session: actions.lock_finding(session, raised_id),
        read=lambda session: _finding(session, visit, raised_id),
        change=lambda session: actions.take_step(
            session,
            visit.viewer,
            finding_id=raised_id,
            step=said.step,
            words=said.words,
            proof_item_no=said.proof_item_no,
            due_on=said.due_on,
            now=visit.now,
            today=visit.today,
        ),
    )


def _finding(session: Any, visit: Visit, raised_id: int) -> RaisedDetail:
    found = queries.finding(session, visit.viewer, raised_id)
    told = RaisedDetail.model_validate(found)
    return told.model_copy(update={"may": queries.steps_open(visit.viewer, found)})
