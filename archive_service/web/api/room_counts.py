"""Transfers and stocktakes for programs."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import Query, Response
from pydantic import BaseModel, Field

from archive_service.errors import Invalid
from archive_service.people.roles import Right
from archive_service.rooms import actions, queries
from archive_service.rooms.actions import Counted
from archive_service.web.api.caller import Caller, Words
from archive_service.web.api.rooms import StepOut
from archive_service.web.api.route import api_router
from archive_service.web.api.told import Told
from archive_service.web.pages.stocktakes import report_of
from archive_service.web.visit import LARGEST_ID, Id, Visit

router = api_router("rooms")

_Code = Annotated[Words, Field(max_length=200, examples=["CG-H00001"])]


class TransferOut(Told):
    """Boxes on their way, or that were."""

    transfer: str = Field(validation_alias="id")
    from_name: str
    to_name: str
    state: str = Field(examples=["sent"])
    reason: str
    sent_by: str | None
    sent_at: datetime
    settled_by: str | None
    settled_at: datetime | None
    counted_with: str | None
    boxes: int
    papers: int


class TransferList(BaseModel):
    """The last transfers of the caller's units, those under way first."""

    transfers: list[TransferOut]


class SentBox(Told):
    """A box of a transfer: papers when it left, and as they were counted on arrival."""

    box: str = Field(validation_alias="box_id")
    code: str
    name: str
    papers_sent: int
    papers_counted: int | None
    note: str


class TransferDetail(TransferOut):
    """A transfer with its boxes."""

    lines: list[SentBox] = Field(default_factory=list)


class Sending(BaseModel):
    """Which boxes go to which unit, and why."""

    boxes: list[_Code] = Field(max_length=1000)
    to: Words = Field(max_length=40, examples=["CG"])
    reason: Words = Field(max_length=500)


class CountedBox(BaseModel):
    """How many papers of a box were counted, and why that differs from what left."""

    box: int = Field(ge=1, le=LARGEST_ID)
    papers: int = Field(ge=0, le=1_000_000)
    note: Words = Field("", max_length=400)


class Receiving(BaseModel):
    """What both sides counted together, and who counted for the other side."""

    counted_with: Words = Field(max_length=200)
    boxes: list[CountedBox] = Field(max_length=1000)


class Reason(BaseModel):
    """Why."""

    reason: Words = Field(max_length=500)


class StocktakeOut(Told):
    """A stocktake and how far it is."""

    stocktake: str = Field(validation_alias="id")
    unit_name: str
    place: StepOut
    counts: str = Field(examples=["papers"])
    state: str = Field(examples=["open"])
    opened_by: str | None
    opened_at: datetime
    closed_by: str | None
    closed_at: datetime | None
    reason: str
    watched_by: str
    expected: int


class StocktakeList(BaseModel):
    """The last stocktakes of the caller's units, open ones first."""

    stocktakes: list[StocktakeOut]


class ThingOut(Told):
    """A paper or box of a count: how it stands, where it ought to be, where it was seen."""

    outcome: str = Field(examples=["missing"])
    what: str
    name: str
    account_name: str
    place: str
    seen: str
    item: str | None = Field(validation_alias="item_id")
    box: str | None = Field(validation_alias="box_id")


class StocktakeDetail(StocktakeOut):
    """What a stocktake comes to, now or as it was closed: how many of each outcome, and the things, worst first."""

    results: dict[str, int] = Field(default_factory=dict, examples=[{"found": 118, "missing": 2}])
    things: list[ThingOut] = Field(default_factory=list)


class Opening(BaseModel):
    """The code of the place to count, and whether papers or boxes are."""

    code: _Code
    counts: Literal["papers", "boxes"] = "papers"


class ScanIn(BaseModel):
    """A code that was scanned, and the place that was scanned last, as the answer before named it."""

    code: _Code
    at: int | None = Field(None, ge=1, le=LARGEST_ID)


class ScanOut(BaseModel):
    """What a scan was: a paper or box that counts from now on, a place for the next ones, or unknown and why."""

    item: str | None
    box: str | None
    at: str | None
    unknown: str | None = Field(examples=["room.unknown-code"])


class Closing(BaseModel):
    """Why there are differences, and who watched the count."""

    reason: Words = Field("", max_length=600)
    watched_by: Words = Field(max_length=200)


@router.get("/rooms/transfers")
def list_transfers(visit: Caller) -> TransferList:
    """List the transfers from and to the caller's units."""
    visit.viewer.require(Right.ROOM_READ)
    with visit.services.database.reading() as session:
        found = queries.transfers(session, visit.viewer)
    return TransferList(transfers=[TransferOut.model_validate(one) for one in found])


@router.post("/rooms/transfers", status_code=201)
def send_boxes(visit: Caller, wanted: Sending, response: Response) -> TransferDetail:
    """Send boxes to another unit; they are under way until it receives them."""
    visit.viewer.require(Right.ROOM_READ)
    with visit.services.database.unit_of_work() as session:
        made = actions.send_boxes(session, wanted.boxes, wanted.to, wanted.reason, by=visit.viewer, now=visit.now)
        session.flush()
        told = _transfer(session, visit, made.id)
    response.headers["Location"] = f"/api/v1/rooms/transfers/{told.transfer}"
    return told


@router.get("/rooms/transfers/{transfer_id}")
def get_transfer(visit: Caller, transfer_id: Id) -> TransferDetail:
    """Return a transfer with its boxes."""
    with visit.services.database.reading() as session:
        return _transfer(session, visit, transfer_id)


@router.post("/rooms/transfers/{transfer_id}/receive")
def receive_boxes(visit: Caller, transfer_id: Id, said: Receiving) -> TransferDetail:
    """Take boxes in with the numbers that both sides counted."""
    counts = {one.box: Counted(one.papers, one.note) for one in said.boxes}
    with visit.services.database.unit_of_work() as session:
        actions.receive_boxes(
            session, transfer_id, counts, counted_with=said.counted_with, by=visit.viewer, now=visit.now
        )
        session.flush()
        return _transfer(session, visit, transfer_id)


@router.post("/rooms/transfers/{transfer_id}/recall")
def recall_boxes(visit: Caller, transfer_id: Id, said: Reason) -> TransferDetail:
    """Call a transfer back."""
    with visit.services.database.unit_of_work() as session:
        actions.recall_boxes(session, transfer_id, said.reason, by=visit.viewer, now=visit.now)
        session.flush()
        return _transfer(session, visit, transfer_id)


@router.get("/rooms/stocktakes")
def list_stocktakes(visit: Caller) -> StocktakeList:
    """List the stocktakes of the caller's units."""
    visit.viewer.require(Right.ROOM_READ)
    with visit.services.database.reading() as session:
        found = queries.stocktakes(session, visit.viewer)
    return StocktakeList(stocktakes=[StocktakeOut.model_validate(one) for one in found])


@router.post("/rooms/stocktakes", status_code=201)
def open_stocktake(visit: Caller, wanted: Opening, response: Response) -> StocktakeOut:
    """Begin to count a place; what ought to be there is written down now."""
    visit.viewer.require(Right.ROOM_READ)
    with visit.services.database.unit_of_work() as session:
        place = queries.meaning(session, visit.viewer, wanted.code).place
        if place is None:
            raise Invalid("stocktake.no-place", "请写要盘点的库房、柜、层或盒的编码，不是资料的编码。")
        made = actions.open_stocktake(session, place.id, wanted.counts, by=visit.viewer, now=visit.now)
        told = StocktakeOut.model_validate(queries.stocktake(session, visit.viewer, made.id))
    response.headers["Location"] = f"/api/v1/rooms/stocktakes/{told.stocktake}"
    return told


@router.get("/rooms/stocktakes/{stocktake_id}")
def get_stocktake(
    visit: Caller, stocktake_id: Id, limit: Annotated[int, Query(ge=0, le=20_000)] = 300
) -> StocktakeDetail:
    """Return what a stocktake comes to, with the first `limit` things, worst first."""
    with visit.services.database.reading() as session:
        of = queries.stocktake(session, visit.viewer, stocktake_id)
        result = queries.result(session, visit.viewer, of)
    return StocktakeDetail.model_validate(of).model_copy(
        update={
            "results": {outcome.value: count for outcome, count in result.counts.items()},
            "things": [ThingOut.model_validate(one) for one in result.things[:limit]],
        }
    )


@router.post("/rooms/stocktakes/{stocktake_id}/scan")
def scan(visit: Caller, stocktake_id: Id, said: ScanIn) -> ScanOut:
    """Write down a code that was scanned; one that nobody knows is written down as well."""
    with visit.services.database.unit_of_work() as session:
        seen = actions.scan(session, stocktake_id, said.code, said.at, by=visit.viewer, now=visit.now)
    numbers = [None if one is None else str(one) for one in (seen.item_id, seen.box_id, seen.place_id)]
    unknown = seen.unknown.code if seen.unknown else None
    return ScanOut(item=numbers[0], box=numbers[1], at=numbers[2], unknown=unknown)


@router.post("/rooms/stocktakes/{stocktake_id}/close")
def close_stocktake(visit: Caller, stocktake_id: Id, said: Closing) -> StocktakeOut:
    """Close a stocktake: its result stays as it is now."""
    with visit.services.database.unit_of_work() as session:
        actions.close_stocktake(
            session, stocktake_id, reason=said.reason, watched_by=said.watched_by, by=visit.viewer, now=visit.now
        )
        session.flush()
        return StocktakeOut.model_validate(queries.stocktake(session, visit.viewer, stocktake_id))


@router.get("/rooms/stocktakes/{stocktake_id}/report.pdf", response_class=Response)
def print_report(visit: Caller, stocktake_id: Id) -> Response:
    """Return the report of a stocktake to sign, on record."""
    return report_of(visit, stocktake_id)


def _transfer(session: Any, visit: Visit, transfer_id: int) -> TransferDetail:
    of = queries.transfer(session, visit.viewer, transfer_id)
    boxes = [SentBox.model_validate(one) for one in queries.boxes_of(session, transfer_id)]
    return TransferDetail.model_validate(of).model_copy(update={"lines": boxes})
