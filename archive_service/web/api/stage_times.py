"""The days of stages with their corrections, and papers of no registered case."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from fastapi import Query
from pydantic import BaseModel, Field

from archive_service.households import actions, queries
from archive_service.households.queries.stage_times import StageTime
from archive_service.people.roles import Right
from archive_service.web.api.caller import Caller, Day, Words
from archive_service.web.api.route import api_router
from archive_service.web.visit import Id

router = api_router("stages")


class CorrectionOut(BaseModel):
    """A correction; `approved` is null while nobody has decided."""

    correction: str
    was: date
    wanted: date
    reason: str
    asked_by: str | None
    asked_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    approved: bool | None


class StageOut(BaseModel):
    """The day of a stage: as first recorded, as it holds, as papers print it; `agrees` is null without a comparison."""

    stage: str
    first_on: date | None
    recorded_at: datetime | None
    holds: date | None
    printed: list[date]
    agrees: bool | None
    corrections: list[CorrectionOut]


class Correction(BaseModel):
    """Another day of a stage, and why."""

    stage: Words = Field(max_length=12)
    wanted: Day
    reason: Words = Field(max_length=500)


class Decision(BaseModel):
    """Whether a correction holds."""

    approve: bool


class OffSystemOut(BaseModel):
    """A paper of no case."""

    item: str
    account_no: str
    document_type: str
    document_date: date | None
    application_no: str | None
    registered: bool


class OffSystemListOut(BaseModel):
    """A page of papers, the newest first; `next` goes into `after`."""

    papers: list[OffSystemOut]
    next: str | None


@router.get("/cases/{application_no}/stages")
def list_stages(visit: Caller, application_no: str) -> list[StageOut]:
    """Return the days of the stages of a case."""
    with visit.services.database.reading() as session:
        return [_stage(one) for one in queries.stage_times(session, visit.viewer, application_no)]


@router.post("/cases/{application_no}/corrections")
def ask_correction(visit: Caller, application_no: str, wanted: Correction) -> list[StageOut]:
    """Ask for another day of a stage; somebody else decides."""
    with visit.services.database.unit_of_work() as session:
        actions.ask_correction(
            session,
            application_no,
            stage=wanted.stage,
            wanted=wanted.wanted,
            reason=wanted.reason,
            by=visit.viewer,
            now=visit.now,
            today=visit.today,
        )
        return [_stage(one) for one in queries.stage_times(session, visit.viewer, application_no)]


@router.post("/cases/{application_no}/corrections/{correction_id}")
def decide_correction(visit: Caller, application_no: str, correction_id: Id, said: Decision) -> list[StageOut]:
    """Approve or refuse a correction."""
    with visit.services.database.unit_of_work() as session:
        actions.decide_correction(
            session,
            correction_id,
            approve=said.approve,
            by=visit.viewer,
            now=visit.now,
            today=visit.today,
            filing_due_workdays=visit.services.settings.filing_due_workdays,
        )
        return [_stage(one) for one in queries.stage_times(session, visit.viewer, application_no)]


@router.get("/off-system")
def list_off_system(
    visit: Caller,
    after: Annotated[str | None, Query(max_length=20)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> OffSystemListOut:
    """List papers that belong to no registered case."""
    visit.viewer.require(Right.RECORD_READ)
    with visit.services.database.reading() as session:
        found = queries.off_system(session, visit.viewer, after=after, limit=limit)
    papers = [
        OffSystemOut(
            item=str(one.item_id),
            account_no=one.account_no,
            document_type=one.document_type,
            document_date=one.document_date,
            application_no=one.application_no,
            registered=one.registered,
        )
        for one in found.rows
    ]
    return OffSystemListOut(papers=papers, next=found.next)


def _stage(one: StageTime) -> StageOut:
    return StageOut(
        stage=one.stage,
        first_on=one.first_on,
        recorded_at=one.recorded_at,
        holds=one.holds,
        printed=[paper.on for paper in one.printed],
        agrees=one.agrees,
        corrections=[
            CorrectionOut(
                correction=str(c.id),
                was=c.was,
                wanted=c.wanted,
                reason=c.reason,
                asked_by=c.asked_by,
                asked_at=c.asked_at,
                decided_by=c.decided_by,
                decided_at=c.decided_at,
                approved=c.approved,
            )
            for c in one.corrections
        ],
    )
