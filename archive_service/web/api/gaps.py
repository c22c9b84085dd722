"""What would make a case complete, and what people ask for and decide about it: deferred, waived, false alarm."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

from archive_service.completeness.todo import Task
from archive_service.households import actions, queries
from archive_service.households.views import CaseView
from archive_service.people.roles import Right
from archive_service.web import reading
from archive_service.web.api.caller import Caller, Day, Words
from archive_service.web.api.route import api_router
from archive_service.web.api.told import Told
from archive_service.web.pages.gaps import keep_false_alarm, owed_by
from archive_service.web.visit import Id, Visit

router = api_router("completeness")


class TaskOut(Told):
    """A paper to be collected, put right or brought later; `pages` is where a doubt shows, by item."""

    document_type: str
    act: str = Field(examples=["collect"])
    reason: str
    evidence: list[str]
    until: date | None
    overdue: bool
    pages: dict[str, int]


class OwedOut(BaseModel):
    """What a stage owes out of one hand: customer, utility, third or joint."""

    stage: str
    origin: str
    tasks: list[TaskOut]


class RulingOut(Told):
    """What somebody asked for about a paper of a case: asked, approved, refused or withdrawn."""

    ruling: str = Field(validation_alias="id")
    application_no: str
    account_no: str
    document_type: str
    kind: str = Field(examples=["deferred"])
    reason: str
    until: date | None
    state: str = Field(examples=["asked"])
    asked_by: str = Field(validation_alias="asker")
    asked_at: datetime
    decided_by: str | None = Field(validation_alias="decider")
    decided_at: datetime | None
    note: str


class GapsOut(BaseModel):
    """What would make a case complete, and what was asked and decided about its papers, newest first."""

    application_no: str
    owed: list[OwedOut]
    rulings: list[RulingOut]


class RulingList(BaseModel):
    """What waits for a decision, then what is deferred, the earliest day first; 200 at most."""

    rulings: list[RulingOut]


class Request(BaseModel):
    """That a paper may come later (with `until`), or is not needed or not applicable, and why."""

    document_type: Words = Field(max_length=10)
    kind: Literal["deferred", "waived", "not_applicable"]
    reason: Words = Field(max_length=400)
    until: Day | None = None


class Answer(BaseModel):
    """Whether a request is approved, with a note."""

    approve: bool
    note: Words = Field("", max_length=300)


class Because(BaseModel):
    """Why."""

    reason: Words = Field(max_length=300)


class ChecksOut(BaseModel):
    """How a rule stands now: whether somebody has to look at it, and what was said of it."""

    rule: str
    status: str
    message: str
    alarms: bool
    false_alarm: str | None


@router.get("/cases/{application_no}/gaps")
def get_gaps(visit: Caller, application_no: str) -> GapsOut:
    """Return what would make a case complete, by stage and owner, with what was asked and decided."""
    with visit.services.database.reading() as session:
        case = queries.case(session, visit.viewer, application_no)
        file = queries.household(session, visit.viewer, case.account_no, fields=False)
        told = _gaps(session, visit, case)
    reading.note(visit, file)
    return told


@router.post("/cases/{application_no}/rulings", status_code=201)
def ask_ruling(visit: Caller, application_no: str, wanted: Request) -> GapsOut:
    """Ask that a paper be deferred, waived or not applicable; somebody else decides."""
    with visit.services.database.unit_of_work() as session:
        actions.ask_ruling(
            session,
            application_no=application_no,
            document_type=wanted.document_type,
            kind=wanted.kind,
            reason=wanted.reason,
            until=wanted.until,
            by=visit.viewer,
            now=visit.now,
            today=visit.today,
        )
        return _gaps(session, visit, queries.case(session, visit.viewer, application_no))


@router.get("/rulings")
def list_rulings(visit: Caller) -> RulingList:
    """List what waits for a decision and what is deferred in the caller's units."""
    visit.viewer.require(Right.RECORD_READ)
    with visit.services.database.reading() as session:
        found = queries.rulings(session, visit.viewer)
    return RulingList(rulings=[RulingOut.model_validate(one) for one in found])


@router.post("/rulings/{ruling_id}/decide")
def decide_ruling(visit: Caller, ruling_id: Id, said: Answer) -> RulingOut:
    """Approve or refuse what another person asked for."""
    with visit.services.database.unit_of_work() as session:
        row = actions.decide_ruling(
            session,
            ruling_id=ruling_id,
            approve=said.approve,
            note=said.note,
            by=visit.viewer,
            now=visit.now,
            today=visit.today,
        )
        return _ruling(session, row.case_id, ruling_id)


@router.post("/rulings/{ruling_id}/withdraw")
def withdraw_ruling(visit: Caller, ruling_id: Id, said: Because) -> RulingOut:
    """Take a request back, or end a decision."""
    with visit.services.database.unit_of_work() as session:
        row = actions.withdraw_ruling(
            session, ruling_id=ruling_id, reason=said.reason, by=visit.viewer, now=visit.now, today=visit.today
        )
        return _ruling(session, row.case_id, ruling_id)


@router.put("/cases/{application_no}/alarms/{rule}")
def say_false_alarm(visit: Caller, application_no: str, rule: str, said: Because) -> ChecksOut:
    """Keep that what a rule finds in a case is no fault, for as long as it finds the same."""
    with visit.services.database.unit_of_work() as session:
        keep_false_alarm(session, visit, application_no, rule, reason=said.reason)
        return _check(session, visit, application_no, rule)


@router.delete("/cases/{application_no}/alarms/{rule}")
def take_back_false_alarm(visit: Caller, application_no: str, rule: str) -> ChecksOut:
    """Take back that what a rule finds is no fault."""
    with visit.services.database.unit_of_work() as session:
        actions.take_back_false_alarm(session, application_no=application_no, rule=rule, by=visit.viewer, now=visit.now)
        return _check(session, visit, application_no, rule)


def _gaps(session: Any, visit: Visit, case: CaseView) -> GapsOut:
    owed = [
        OwedOut(stage=one.stage, origin=one.origin, tasks=[_task(task) for task in one.tasks])
        for one in owed_by(case, visit.today)
    ]
    rulings = [RulingOut.model_validate(one) for one in queries.rulings_of_case(session, case.id)]
    return GapsOut(application_no=case.application_no, owed=owed, rulings=rulings)


def _task(task: Task) -> TaskOut:
    return TaskOut(
        document_type=task.document_type,
        act=task.act,
        reason=task.reason,
        evidence=[str(one) for one in task.evidence],
        until=task.until,
        overdue=task.overdue,
        pages={str(item): page for item, page in task.places.items()},
    )


def _ruling(session: Any, case_id: int, ruling_id: int) -> RulingOut:
    found = next(one for one in queries.rulings_of_case(session, case_id) if one.id == ruling_id)
    return RulingOut.model_validate(found)


def _check(session: Any, visit: Visit, application_no: str, rule: str) -> ChecksOut:
    seen = queries.observations(session, visit.viewer, application_no, today=visit.today)
    one = next(check for check in seen if check.rule == rule)
    said = one.false_alarm.reason if one.false_alarm else None
    return ChecksOut(rule=rule, status=one.status, message=one.message, alarms=one.alarms, false_alarm=said)
