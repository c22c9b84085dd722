"""Batches of scans: list, open, follow, look at the documents of one."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import Query, Response
from pydantic import BaseModel, Field

from archive_service.errors import NotFound
from archive_service.people import queries as people
from archive_service.people.roles import Right
from archive_service.web.api.caller import Caller, Words
from archive_service.web.api.review import QueueOut, waiting
from archive_service.web.api.route import api_router
from archive_service.web.api.told import Told
from archive_service.web.pages import intake
from archive_service.web.visit import LARGEST_ID, Id, Visit
from ingest import queries, reach
from ingest.claims import queries as holding

router = api_router("scans")


class BatchOut(Told):
    """A batch and how far it is; `by_state` counts files, `running` says that some are still on their way."""

    batch: str = Field(validation_alias="id")
    name: str = Field(examples=["城关所 11 月"])
    channel: str
    received_at: datetime
    files: int
    pages: int
    pages_done: int
    by_state: dict[str, int]
    running: bool


class BatchList(BaseModel):
    """A page of batches, newest first; `next` goes into `after`."""

    batches: list[BatchOut]
    next: int | None


class Opening(BaseModel):
    """The name of a batch, or none for the moment; the unit by its code, or none for the caller's own."""

    batch_name: Words = Field("", max_length=120)
    centre: Words | None = Field(None, max_length=40)


@router.get("/batches")
def list_batches(
    visit: Caller,
    after: Annotated[int | None, Query(ge=1, le=LARGEST_ID)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> BatchList:
    """List the batches that the caller may add to, newest first."""
    reach.check_may_hand_in(visit.viewer)
    with visit.services.database.reading() as session:
        found = queries.batches(session, visit.viewer, after=after, limit=limit + 1)
    following = found[limit - 1].id if len(found) > limit else None
    return BatchList(batches=[BatchOut.model_validate(one) for one in found[:limit]], next=following)


@router.post("/batches", status_code=201)
def open_batch(visit: Caller, wanted: Opening, response: Response) -> BatchOut:
    """Begin a batch for files that follow: `batch` of `POST /scans` names it."""
    reach.check_may_hand_in(visit.viewer)
    unit_id = _unit(visit, wanted.centre) if wanted.centre else None
    number = intake.begin(visit, wanted.batch_name.strip(), unit_id=unit_id, channel="api")
    response.headers["Location"] = f"/api/v1/batches/{number}"
    return get_batch(visit, number)


@router.get("/batches/{batch_id}")
def get_batch(visit: Caller, batch_id: Id) -> BatchOut:
    """Return how far a batch is."""
    with visit.services.database.reading() as session:
        return BatchOut.model_validate(queries.batch(session, visit.viewer, batch_id))


@router.get("/batches/{batch_id}/documents")
def list_documents(
    visit: Caller,
    batch_id: Id,
    after: Annotated[int | None, Query(ge=1, le=LARGEST_ID)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> QueueOut:
    """List all documents of a batch, sure ones and decided ones too."""
    with visit.services.database.reading() as session:
        queries.batch(session, visit.viewer, batch_id)
        visit.viewer.require(Right.SCAN_REVIEW)
        found = queries.documents_of_batch(session, visit.viewer, batch_id, after=after, limit=limit)
        holders = holding.holders(session, {one.scan_id for one in found.documents}, now=visit.now)
    rows = [waiting(one, holders.get(one.scan_id)) for one in found.documents]
    return QueueOut(documents=rows, total=found.total, next=found.next_after)


def _unit(visit: Visit, code: str) -> int:
    with visit.services.database.reading() as session:
        unit = people.unit_by_code(session, code)
    if unit is None or unit.id not in reach.handing_in(visit.viewer):
        raise NotFound("people.unit-not-found", "没有这个单位，或者您无权管理。请核对单位代码。")
    return unit.id
