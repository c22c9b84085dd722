"""Review and disposal: freezing what is due into a list, judging, proposing, planning, and what is done in person."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Annotated, Any, Literal

from fastapi import Query, Response
from pydantic import BaseModel, Field

from archive_service.errors import Invalid
from archive_service.jobs.nudge import nudge
from archive_service.people import queries as people
from archive_service.people.roles import Right
from archive_service.web import presence
from archive_service.web.api.caller import Caller, Words
from archive_service.web.api.route import api_router, changed, check_match
from archive_service.web.api.told import Told
from archive_service.web.pages import disposals as pages
from archive_service.web.visit import LARGEST_ID, Id, Visit
from retention import candidates, disposal, lists, proposing, review
from retention import disposal_queries as queries
from retention.disposal_rules import MOST_YEARS, Opinion

router = api_router("disposals")

_Number = Annotated[int, Field(ge=1, le=LARGEST_ID)]
_Limit = Annotated[int, Query(ge=1, le=500)]
_After = Annotated[int | None, Query(ge=1, le=LARGEST_ID)]


class ListOut(Told):
    """A review list: how many items it has, how many still lack an opinion, how many were destroyed."""

    disposal: str = Field(validation_alias="id")
    number: str = Field(examples=["XH-CG-2026-0001"])
    title: str
    state: str = Field(examples=["open"])
    frozen_on: date
    items: int
    unsaid: int
    destroyed: int
    execute_from: date | None
    #: The day on which an execution that waits for a lock of the store goes on by itself.
    locked_until: date | None
    #: What a witness signs for: the digest of the plan, once it stands.
    plan: str | None = Field(validation_alias="plan_hash")
    backups_until: date | None
    done_at: datetime | None


class ListList(BaseModel):
    """A page of review lists, newest first; `next` goes into `after`."""

    lists: list[ListOut]
    next: int | None


class HandOut(Told):
    """Who had a hand in a list: in which step, and when."""

    step: str = Field(examples=["made"])
    name: str
    at: datetime


class ListDetail(ListOut):
    """A list with who had a hand in it, and which of its papers can be fetched."""

    unit_name: str
    hands: list[HandOut] = Field(default_factory=list)
    note: str
    place: str
    #: How many items the plan destroys.
    planned: int
    #: sha256 of the report and of the certificate; null while they are not drawn.
    report: str | None
    certificate: str | None


class ListedOut(Told):
    """An item of a list, what was said of it, and why it dropped out if it did."""

    item: str = Field(validation_alias="item_id")
    code: str = Field(examples=["3206810473-017"])
    title: str
    document_type: str
    document_date: date | None
    pages: int
    content_hash: str
    due_on: date
    rule: str
    opinion: str | None = Field(examples=["destroy"])
    years: int | None
    reason: str
    state: str = Field(examples=["listed"])
    dropped_why: str
    #: The first day on which the store no longer keeps its objects under a lock; null where none is in the way.
    free_on: date | None


class ListedList(BaseModel):
    """A page of the items of a list; `next` goes into `after`."""

    items: list[ListedOut]
    next: int | None


class Freezing(BaseModel):
    """The code of the centre whose due items are frozen, and what the list is called."""

    centre: Words = Field(max_length=40)
    title: Words = Field(max_length=400, examples=["2026 年到期"])


class Saying(BaseModel):
    """What is thought right for items, for the `rest` without an opinion, or for the `whole` list.

    Keeping longer takes `years` and a reason.
    """

    items: list[_Number] = Field(default_factory=list, max_length=review.MOST)
    whole: bool = False
    rest: bool = False
    opinion: Opinion
    years: Annotated[int, Field(ge=1, le=MOST_YEARS)] | None = None
    reason: Words = Field("", max_length=400)


class Planning(BaseModel):
    """Where the list is to be executed."""

    place: Words = Field("", max_length=200, examples=["档案室"])


class Because(BaseModel):
    """Why."""

    reason: Words = Field(max_length=400)


class InPerson(BaseModel):
    """The caller's password, and the code where they have a second factor; never in the name of a token."""

    password: str = Field(max_length=500, examples=["…"])
    code: Words = Field("", max_length=40, examples=["123456"])


class Deciding(InPerson):
    """Whether a list is approved; sending it back takes a note."""

    approve: bool
    note: Words = Field("", max_length=400)


class Witnessing(InPerson):
    """The plan that the witness was shown, by its digest."""

    plan: Words = Field(max_length=64, examples=["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"])


@router.get("/retention/disposals")
def list_lists(visit: Caller, after: _After = None, limit: _Limit = 50) -> ListList:
    """List the review lists of the caller's units, newest first."""
    with visit.services.database.reading() as session:
        found = queries.lists(session, visit.viewer, after=after, limit=limit)
    return ListList(lists=[ListOut.model_validate(one) for one in found.rows], next=found.next)


@router.post("/retention/disposals", status_code=201)
def freeze_list(visit: Caller, wanted: Freezing, response: Response) -> ListDetail:
    """Freeze what is due in a unit now into a list; held and lent items are on it as dropped, with the reason."""
    visit.viewer.require(Right.DISPOSAL_PROPOSE)
    with visit.services.database.unit_of_work() as session:
        units = {one.code: one.id for one in people.unit_tree(session, visit.viewer, Right.DISPOSAL_PROPOSE)}
        unit_id = units.get(wanted.centre.strip())
        if unit_id is None:
            raise Invalid("disposal.unit", "请选择单位。")
        made = review.freeze(
            session, visit.viewer, unit_id=unit_id, title=wanted.title,
            dues=candidates.due(session, unit_id, today=visit.today), now=visit.now, today=visit.today,
        )  # fmt: skip
        session.flush()
        told = _list(session, visit, made.id)
    response.headers["Location"] = f"/api/v1/retention/disposals/{told.disposal}"
    return told


@router.get("/retention/disposals/{disposal_id}")
def get_list(visit: Caller, disposal_id: Id) -> ListDetail:
    """Return a list and how far it is, during its execution too."""
    with visit.services.database.reading() as session:
        return _list(session, visit, disposal_id)


@router.get("/retention/disposals/{disposal_id}/items")
def list_items(
    visit: Caller,
    disposal_id: Id,
    which: Literal["", "unsaid", "destroy", "extend", "permanent", "dropped"] = "",
    after: _After = None,
    limit: _Limit = 100,
) -> ListedList:
    """List the items of a list, all or those of one group, with what was said of each."""
    with visit.services.database.reading() as session:
        found = queries.one(
            session, visit.viewer, disposal_id, now=visit.now, which=which, after=after or 0, limit=limit
        )
    return ListedList(items=[ListedOut.model_validate(one) for one in found.items], next=found.next)


@router.get("/retention/disposals/{disposal_id}/{disposal_paper}", response_class=Response)
def get_paper(visit: Caller, disposal_id: Id, disposal_paper: Literal["report", "plan", "certificate"]) -> Response:
    """Hand over the appraisal report, the plan or the certificate of a list as PDF."""
    return pages.hand_over_paper(visit, disposal_id, disposal_paper)


@router.post("/retention/disposals/{disposal_id}/opinions")
def give_opinions(visit: Caller, response: Response, disposal_id: Id, said: Saying) -> ListDetail:
    """Say what is thought right for items of an open list; the last word counts."""

    def change(session: Any) -> None:
        chosen = said.items
        if said.whole or said.rest:
            chosen = queries.item_ids(session, visit.viewer, disposal_id, unsaid=not said.whole)
        if not chosen:
            raise Invalid("disposal.none-chosen", "请先勾选资料，或勾选“其余无意见的”或“整份清单”。")
        review.opine(
            session, visit.viewer, disposal_id, chosen, opinion=said.opinion.value, years=said.years,
            reason=said.reason, now=visit.now,
        )  # fmt: skip

    return _changed(visit, response, disposal_id, Right.DISPOSAL_PROPOSE, change)


@router.post("/retention/disposals/{disposal_id}/propose")
def propose_list(visit: Caller, disposal_id: Id) -> ListDetail:
    """Hand a judged list on for approval; its appraisal report is drawn and stored."""
    check_match(visit.request, get_list(visit, disposal_id))
    proposing.propose(visit.services.database, visit.services.store, visit.viewer, disposal_id, now=visit.now)
    return get_list(visit, disposal_id)


@router.post("/retention/disposals/{disposal_id}/decide")
def decide_list(visit: Caller, response: Response, disposal_id: Id, said: Deciding) -> ListDetail:
    """Approve a list or send it back, in person: with the password, signed in, never with a token (403)."""
    _present(visit, disposal_id, Right.DISPOSAL_APPROVE, said)
    return _changed(
        visit, response, disposal_id, Right.DISPOSAL_APPROVE,
        lambda session: review.decide(
            session, visit.viewer, disposal_id, approve=said.approve, note=said.note, now=visit.now,
            today=visit.today, waiting_days=visit.services.settings.disposal_waiting_days,
        ),
    )  # fmt: skip


@router.post("/retention/disposals/{disposal_id}/plan")
def plan_list(visit: Caller, response: Response, disposal_id: Id, said: Planning) -> ListDetail:
    """Ask for the execution of an approved list once it has waited; what may not go now drops out."""
    return _changed(
        visit, response, disposal_id, Right.DISPOSAL_PROPOSE,
        lambda session: disposal.plan(
            session, visit.viewer, disposal_id, place=said.place, now=visit.now, today=visit.today
        ),
    )  # fmt: skip


@router.post("/retention/disposals/{disposal_id}/witness")
def witness_plan(visit: Caller, response: Response, disposal_id: Id, said: Witnessing) -> ListDetail:
    """Sign for the plan, in person as `decide` is; the second of two witnesses starts the execution."""
    _present(visit, disposal_id, Right.DISPOSAL_WITNESS, said)
    told = _changed(
        visit, response, disposal_id, Right.DISPOSAL_WITNESS,
        lambda session: disposal.witness(
            session, visit.viewer, disposal_id, plan_hash=said.plan, now=visit.now, today=visit.today
        ),
    )  # fmt: skip
    nudge(visit.services.settings, ("upkeep",))
    return told


@router.post("/retention/disposals/{disposal_id}/give-up")
def give_list_up(visit: Caller, response: Response, disposal_id: Id, said: Because) -> ListDetail:
    """Give a list up before it is executed, saying why; its items stay."""
    return _changed(
        visit, response, disposal_id, Right.DISPOSAL_PROPOSE,
        lambda session: review.give_up(session, visit.viewer, disposal_id, reason=said.reason, now=visit.now),
    )  # fmt: skip


def _present(visit: Visit, disposal_id: int, right: Right, said: InPerson) -> None:
    """See that the person may act on the list and is there, in this order: no password is tried for nothing."""
    with visit.services.database.reading() as session:
        visit.viewer.require(right, queries.row(session, visit.viewer, disposal_id).unit_id)
    presence.confirm(visit, password=said.password, code=said.code)


def _changed(
    visit: Visit, response: Response, disposal_id: int, right: Right, change: Callable[[Any], object]
) -> ListDetail:
    return changed(
        visit,
        response,
        lock=lambda session: lists.locked(session, visit.viewer, disposal_id, right),
        read=lambda session: _list(session, visit, disposal_id),
        change=change,
    )


def _list(session: Any, visit: Visit, disposal_id: int) -> ListDetail:
    of = queries.summary(session, visit.viewer, disposal_id)
    papers = queries.papers(session, visit.viewer, disposal_id)
    around = {**vars(papers), "hands": [vars(one) for one in papers.hands]}
    return ListDetail.model_validate({**vars(of), **around})
