"""Acts on many rows at once: each is looked at by itself, and what became of each is told."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, Field

from archive_service.jobs.nudge import nudge
from archive_service.people.roles import Right
from archive_service.web import bulk
from archive_service.web.api.caller import Caller, Words
from archive_service.web.api.route import api_router
from archive_service.web.visit import LARGEST_ID
from ingest import jobs
from ingest.claims import actions as claims

router = api_router("many")

_Numbers = Annotated[list[Annotated[int, Field(ge=1, le=LARGEST_ID)]], Field(min_length=1, max_length=bulk.MOST)]


class Why(BaseModel):
    """Why a row was not done: stable code and sentence."""

    code: str = Field(examples=["job.not-found"])
    message: str


class Outcome(BaseModel):
    """Which rows were done, and the others with the reason."""

    done: list[str]
    refused: dict[str, Why]


class Jobs(BaseModel):
    """Which jobs."""

    jobs: _Numbers


class Cancelling(Jobs):
    """Which jobs are cancelled, and why."""

    reason: Words = Field(min_length=1, max_length=400)


class Scans(BaseModel):
    """Which scans."""

    scans: _Numbers


class Handing(Scans):
    """Which scans are given to whom, and a note for them."""

    person: int = Field(ge=1, le=LARGEST_ID)
    note: Words = Field("", max_length=200)


@router.post("/jobs/chosen/retry")
def retry_jobs(visit: Caller, said: Jobs) -> Outcome:
    """Queue failed or cancelled jobs again, at most 200 in one call."""
    jobs.check_may_look(visit.viewer)
    queues: set[str] = set()

    def act(session: Any, job_id: int) -> None:
        queues.add(jobs.retry(session, visit.viewer, job_id, now=visit.now))

    told = _each(visit, said.jobs, act)
    nudge(visit.services.settings, sorted(queues))
    return told


@router.post("/jobs/chosen/cancel")
def cancel_jobs(visit: Caller, said: Cancelling) -> Outcome:
    """Cancel jobs that are queued or running, for one reason."""
    jobs.check_may_look(visit.viewer)
    return _each(
        visit, said.jobs,
        lambda session, job_id: jobs.cancel(session, visit.viewer, job_id, reason=said.reason, now=visit.now),
    )  # fmt: skip


@router.post("/review/queue/take")
def take_scans(visit: Caller, said: Scans) -> Outcome:
    """Take scans on the review desk into the caller's hands, also out of others', on record."""
    visit.viewer.require(Right.SCAN_REVIEW)
    minutes = visit.services.settings.review_claim_minutes
    return _each(
        visit, said.scans,
        lambda session, scan_id: claims.take(session, visit.viewer, scan_id, minutes=minutes, now=visit.now, over=True),
    )  # fmt: skip


@router.post("/review/queue/hand-over")
def hand_scans_over(visit: Caller, said: Handing) -> Outcome:
    """Give scans on the review desk to a colleague."""
    visit.viewer.require(Right.SCAN_REVIEW)
    return _each(
        visit, said.scans,
        lambda session, scan_id: claims.hand_over(
            session, visit.viewer, scan_id, to=said.person, note=said.note, now=visit.now
        ),
    )  # fmt: skip


def _each(visit: Caller, ids: list[int], act: Any) -> Outcome:
    found = bulk.each(visit, list(dict.fromkeys(ids)), act)
    refused = {str(number): Why(code=error.code, message=error.message) for number, error in found.refused}
    return Outcome(done=[str(number) for number in found.done], refused=refused)
