"""How long records are kept: what comes due and by which rule, the editions of the schedule and what they change."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from fastapi import Query, Response
from pydantic import BaseModel, Field

from archive_service.errors import NotFound
from archive_service.jobs.nudge import nudge
from archive_service.people.roles import Right
from archive_service.web.api.caller import Caller, Words
from archive_service.web.api.route import api_router, changed
from archive_service.web.api.told import Told
from archive_service.web.visit import LARGEST_ID, Id, Visit
from retention import actions, drafts, queries, reckoning, schedule
from retention.tables import RetentionDraft

router = api_router("retention")

Limit = Annotated[int, Query(ge=1, le=200)]


class DueOut(Told):
    """How long an item is kept and by which rule; `due_on` only with the outcome date, `held`: it does not go.

    `kept`: an approved opinion keeps it longer, until the day of `kept_until`, or for good without one.
    """

    item: str = Field(validation_alias="item_id")
    item_no: int
    title: str
    document_type: str
    account_no: str
    account_name: str
    application_no: str | None
    unit_name: str
    outcome: str = Field(examples=["date"])
    due_on: date | None
    starts_on: date | None
    rule: str = Field(examples=["R07"])
    edition: str = Field(examples=["2026"])
    reason: str
    held: bool
    kept: bool
    kept_until: date | None


class DueList(BaseModel):
    """A page of the due list, earliest first and without a day last; `next` goes into `after`."""

    dues: list[DueOut]
    total: int
    next: str | None


class ScheduleOut(Told):
    """An edition of the schedule that people drafted."""

    schedule: str = Field(validation_alias="id")
    code: str = Field(examples=["2027"])
    title: str
    effective_from: date
    state: str = Field(examples=["draft"])
    revision: int
    changed_by: str | None
    changed_at: datetime
    decided_by: str | None
    decided_at: datetime | None


class ScheduleList(BaseModel):
    """The editions that people drafted, newest first, which code is in force, and that of the program's own edition."""

    in_force: str = Field(examples=["2026"])
    standard: str = Field(examples=["2026"])
    schedules: list[ScheduleOut]


class RunOut(Told):
    """What an edition would change (preview) or has changed (apply), as far as `done` of `total` households."""

    run: str = Field(validation_alias="id")
    purpose: str = Field(examples=["preview"])
    revision: int
    state: str = Field(examples=["done"])
    made_at: datetime
    finished_at: datetime | None
    done: int
    total: int
    items: int
    earlier: int
    later: int
    other: int


class ScheduleDetail(ScheduleOut):
    """An edition with its text and its runs, newest first."""

    text: str = Field(examples=["edition: '2027'"])
    runs: list[RunOut] = Field(default_factory=list)


class StandardOut(BaseModel):
    """The edition that the program brings along, in force until people release another."""

    code: str = Field(examples=["2026"])
    title: str
    effective_from: date
    text: str = Field(examples=["edition: '2026'"])


class ChangeOut(Told):
    """An item that comes due earlier or later."""

    item: str = Field(validation_alias="item_id")
    title: str
    account_no: str
    effect: str = Field(examples=["earlier"])
    was: str = Field(examples=["2031-11-16"])
    becomes: str = Field(examples=["2029-11-16"])


class ChangeList(BaseModel):
    """A page of the items that a run found; `next` goes into `after`."""

    changes: list[ChangeOut]
    next: int | None


class ScheduleText(BaseModel):
    """The text of an edition, as YAML."""

    text: Words = Field(examples=["edition: '2027'"])


@router.get("/retention/dues")
def list_dues(
    visit: Caller,
    which: Annotated[Literal["now", "soon", "waiting", "unknown", "permanent", "all"], Query(alias="list")] = "now",
    q: Annotated[Words, Query(max_length=40)] = "",
    after: Annotated[str, Query(pattern=r"^([0-9]{4}-[0-9]{2}-[0-9]{2}_[0-9]{1,18})?$")] = "",
    limit: Limit = 50,
) -> DueList:
    """List what comes due, earliest first; `q` is an account number or the code of a rule."""
    with visit.services.database.reading() as session:
        found = queries.dues(
            session, visit.viewer, which="" if which == "all" else which, text=q, today=visit.today, after=after,
            limit=limit,
        )  # fmt: skip
    return DueList(dues=[DueOut.model_validate(one) for one in found.rows], total=found.total, next=found.next)


@router.get("/retention/schedules")
def list_schedules(visit: Caller) -> ScheduleList:
    """List the editions of the schedule, and say which is in force."""
    with visit.services.database.reading() as session:
        found = drafts.drafts(session, visit.viewer)
        current = reckoning.in_force(session, today=visit.today).edition
    return ScheduleList(
        in_force=current,
        standard=schedule.standard().edition,
        schedules=[ScheduleOut.model_validate(one) for one in found],
    )


@router.post("/retention/schedules", status_code=201)
def save_schedule(visit: Caller, said: ScheduleText, response: Response) -> ScheduleDetail:
    """Keep a new draft of the schedule; the places that are wrong stand in `facts.findings`."""
    with visit.services.database.unit_of_work() as session:
        made = actions.save_draft(session, visit.viewer, said.text, draft_id=None, now=visit.now)
        session.flush()
        told = _schedule(session, visit, made.id)
    response.headers["Location"] = f"/api/v1/retention/schedules/{told.schedule}"
    return told


@router.get("/retention/schedules/standard")
def get_standard(visit: Caller) -> StandardOut:
    """Return the edition that the program brings along, for drafts that follow it."""
    visit.viewer.require(Right.RECORD_READ)
    made = schedule.standard()
    return StandardOut(
        code=made.edition, title=made.title_zh, effective_from=made.effective_from, text=schedule.standard_text()
    )


@router.get("/retention/schedules/{schedule_id}")
def get_schedule(visit: Caller, schedule_id: Id) -> ScheduleDetail:
    """Return an edition with its text, its previews, and the recomputation that its release began."""
    with visit.services.database.reading() as session:
        return _schedule(session, visit, schedule_id)


@router.put("/retention/schedules/{schedule_id}")
def change_schedule(visit: Caller, response: Response, schedule_id: Id, said: ScheduleText) -> ScheduleDetail:
    """Keep another text of a draft; with If-Match only over what the caller saw."""
    return _changed(
        visit, response, schedule_id,
        lambda session: actions.save_draft(session, visit.viewer, said.text, draft_id=schedule_id, now=visit.now),
    )  # fmt: skip


@router.post("/retention/schedules/{schedule_id}/preview")
def preview_schedule(visit: Caller, response: Response, schedule_id: Id) -> ScheduleDetail:
    """Have everything reckoned by a draft, changing nothing; the newest of its runs says how far that is."""
    return _run(visit, response, schedule_id, lambda session: actions.preview(
        session, visit.viewer, schedule_id, now=visit.now
    ))  # fmt: skip


@router.post("/retention/schedules/{schedule_id}/release")
def release_schedule(visit: Caller, response: Response, schedule_id: Id) -> ScheduleDetail:
    """Put a draft in force that somebody else wrote and that was previewed; everything is reckoned anew."""
    return _run(visit, response, schedule_id, lambda session: actions.release(
        session, visit.viewer, schedule_id, now=visit.now, today=visit.today
    ))  # fmt: skip


@router.post("/retention/schedules/{schedule_id}/drop")
def drop_schedule(visit: Caller, response: Response, schedule_id: Id) -> ScheduleDetail:
    """Give a draft up; its code stays taken."""
    return _changed(
        visit, response, schedule_id,
        lambda session: actions.drop(session, visit.viewer, schedule_id, now=visit.now),
    )  # fmt: skip


@router.get("/retention/schedules/{schedule_id}/runs/{run_id}/changes")
def list_changes(
    visit: Caller,
    schedule_id: Id,
    run_id: Id,
    effect: Literal["earlier", "later"] = "earlier",
    after: Annotated[int, Query(ge=0, le=LARGEST_ID)] = 0,
    limit: Limit = 50,
) -> ChangeList:
    """List the items of the caller's units that a run of an edition found due earlier, or later."""
    with visit.services.database.reading() as session:
        known = _schedule(session, visit, schedule_id).runs
        if str(run_id) not in {one.run for one in known}:
            raise NotFound("schedule.no-run", "这一版没有这次计算。请从该版的计算记录里选择。")
        found = drafts.changes(session, visit.viewer, run_id, effect=effect, after=after, limit=limit + 1)
    following = found[limit - 1].id if len(found) > limit else None
    return ChangeList(changes=[ChangeOut.model_validate(one) for one in found[:limit]], next=following)


def _run(visit: Visit, response: Response, schedule_id: int, change: Any) -> ScheduleDetail:
    told = _changed(visit, response, schedule_id, change)
    nudge(visit.services.settings, ("upkeep",))
    return told


def _changed(visit: Visit, response: Response, schedule_id: int, change: Any) -> ScheduleDetail:
    return changed(
        visit,
        response,
        lock=lambda session: session.get(RetentionDraft, schedule_id, with_for_update=True),
        read=lambda session: _schedule(session, visit, schedule_id),
        change=change,
    )


def _schedule(session: Any, visit: Visit, schedule_id: int) -> ScheduleDetail:
    of = drafts.draft(session, visit.viewer, schedule_id)
    runs = drafts.runs(session, visit.viewer, schedule_id)
    return ScheduleDetail.model_validate({**vars(of), "runs": [vars(one) for one in runs]})
