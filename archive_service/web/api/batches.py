"""Batches of scans: list, open, follow, look at the documents of one."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import Query, Response
from pydantic import BaseModel, Field

from archive_service.errors import NotFound
from archive_service.people import queries as people
from archive_service.people.roles import Right
from archive_service.web import property_desk
from archive_service.web.api.caller import Caller, Words
from archive_service.web.api.review import QueueOut, waiting
from archive_service.web.api.route import api_router
from archive_service.web.api.told import Told
from archive_service.web.pages import intake
from archive_service.web.visit import LARGEST_ID, Id, Visit
from ingest import queries, reach
from ingest.claims import queries as holding
from ingest.filing import actions
from ingest.filing import work as filing

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
    #: open, filed (it passed the four-property check) or returned.
    state: str = Field(examples=["open"])


class FailedItemOut(Told):
    """An item for which a batch was sent back; `evidence` says what is wrong, and what to do."""

    code: str = Field(examples=["GD-4-2"])
    title_zh: str
    title_en: str
    evidence: str


class BatchDetail(BatchOut):
    """A batch and how its filing stands.

    `check` is its newest run of the four-property check, `failed` what it was sent back for; `out` counts papers that
    are out of their files until it passes, `went_back` files that went back for good.
    """

    check: str | None
    decided_at: datetime | None
    failed: list[FailedItemOut]
    mended: str
    out: int
    went_back: int


class MendedIn(BaseModel):
    """What was mended, and the files that others replace."""

    mended: Words = Field(max_length=300, examples=["重新扫描了 2 份"])
    replaced: list[Annotated[int, Field(ge=1, le=LARGEST_ID)]] = Field(default=[], max_length=1000)


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
    state: Literal["", "open", "filed", "returned"] = "",
    after: Annotated[int | None, Query(ge=1, le=LARGEST_ID)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> BatchList:
    """List the batches that the caller may add to, newest first."""
    reach.check_may_hand_in(visit.viewer)
    with visit.services.database.reading() as session:
        found = queries.batches(session, visit.viewer, state=state, after=after, limit=limit + 1)
    following = found[limit - 1].id if len(found) > limit else None
    return BatchList(batches=[BatchOut.model_validate(one) for one in found[:limit]], next=following)


@router.post("/batches", status_code=201)
def open_batch(visit: Caller, wanted: Opening, response: Response) -> BatchDetail:
    """Begin a batch for files that follow: `batch` of `POST /scans` names it."""
    reach.check_may_hand_in(visit.viewer)
    unit_id = _unit(visit, wanted.centre) if wanted.centre else None
    number = intake.begin(visit, wanted.batch_name.strip(), unit_id=unit_id, channel="api")
    response.headers["Location"] = f"/api/v1/batches/{number}"
    return get_batch(visit, number)


@router.get("/batches/{batch_id}")
def get_batch(visit: Caller, batch_id: Id) -> BatchDetail:
    """Return how far a batch is, and how its filing stands."""
    with visit.services.database.reading() as session:
        found = BatchOut.model_validate(queries.batch(session, visit.viewer, batch_id))
        standing = queries.standing_of(session, visit.viewer, batch_id)
    said = {
        **found.model_dump(exclude={"batch"}),
        "id": found.batch,
        "check": str(standing.check) if standing.check else None,
        "decided_at": standing.decided_at,
        "failed": [FailedItemOut.model_validate(one) for one in standing.failed],
        "mended": standing.mended,
        "out": standing.out,
        "went_back": standing.went_back,
    }
    return BatchDetail.model_validate(said)


@router.post("/batches/{batch_id}/file")
def file_batch(visit: Caller, batch_id: Id) -> BatchDetail:
    """File a batch through the four-property check; one that fails is sent back, and the refusal names the items."""
    filing.file_batch(property_desk.desk(visit.services), visit.viewer, batch_id)
    return get_batch(visit, batch_id)


@router.post("/batches/{batch_id}/again")
def hand_in_again(visit: Caller, batch_id: Id, said: MendedIn) -> BatchDetail:
    """Open a batch that was sent back for the files that mend it."""
    with visit.services.database.unit_of_work() as session:
        actions.hand_in_again(
            session, visit.viewer, batch_id, mended=said.mended, replaced=said.replaced, now=visit.now
        )
    return get_batch(visit, batch_id)


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
