"""Rooms for programs: places with free space, labels, putting away and taking out, moves, the air."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import Query, Response
from pydantic import BaseModel, Field

from archive_service.errors import Invalid
from archive_service.households import queries as households
from archive_service.people.roles import Right
from archive_service.printing import Shape
from archive_service.rooms import actions, queries
from archive_service.rooms.actions import Moved
from archive_service.rooms.rules import Kind
from archive_service.rooms.views import PlaceView
from archive_service.web.api.caller import Caller, Words
from archive_service.web.api.route import api_router
from archive_service.web.api.told import Told
from archive_service.web.pages.rooms import labels_of_place
from archive_service.web.visit import LARGEST_ID, Id

router = api_router("rooms")

_Count = Annotated[int, Field(ge=0, le=1_000_000)]
_Version = Annotated[int, Field(ge=0, le=LARGEST_ID)]
_Code = Annotated[Words, Field(max_length=200, examples=["CG-H00001"])]


class StepOut(Told):
    """A place on the way from the room down to another."""

    place: str = Field(validation_alias="id")
    kind: Kind
    code: str
    name: str


class PlaceOut(Told):
    """A place with what is in it and how much it can still take; `version` goes into changes."""

    place: str = Field(validation_alias="id")
    unit_code: str
    unit_name: str
    kind: Kind
    code: str
    name: str
    capacity: int | None
    inside: int
    shelves: int
    boxes: int
    papers: int
    free_boxes: int
    free_papers: int
    state: str
    version: int
    way: list[StepOut]
    transfer: str | None = Field(validation_alias="transfer_id")
    gone_at: datetime | None


class PaperInBox(Told):
    """A paper in a box; the name only to who may read its household."""

    item: str = Field(validation_alias="item_id")
    number: str
    account_no: str
    account_name: str
    document_type: str
    pages: int
    since: datetime
    withdrawn: bool
    out: str | None


class MoveOut(Told):
    """A move of a paper or a box; `by` is null for the program."""

    verb: str
    at: datetime
    by: str | None
    from_code: str | None
    to_code: str | None
    note: str


class RoomList(BaseModel):
    """The rooms of the caller's units, and boxes that wait to be shelved."""

    rooms: list[PlaceOut]
    unshelved: list[PlaceOut]


class PlaceDetail(PlaceOut):
    """A place with what stands in it; of a box its papers and where it stood."""

    places: list[PlaceOut] = Field(default_factory=list)
    contents: list[PaperInBox] = Field(default_factory=list)
    moves: list[MoveOut] = Field(default_factory=list)


class RoomIn(BaseModel):
    """A room to add."""

    centre: Words = Field(max_length=40)
    name: Words = Field(max_length=200)


class InsideIn(BaseModel):
    """Cabinets for a room, shelves for a cabinet, boxes for a shelf."""

    kind: Kind
    name: Words = Field("", max_length=200)
    capacity: _Count | None = None
    count: _Count = 1


class PlaceList(BaseModel):
    """The places that were added."""

    places: list[PlaceOut]


class ChangeIn(BaseModel):
    """Name and capacity, with the `version` that the caller saw."""

    name: Words = Field("", max_length=200)
    capacity: _Count | None = None
    version: _Version


class ShelveIn(BaseModel):
    """The code of the shelf that a box is put onto."""

    shelf: _Code
    version: _Version | None = None


class ScrapIn(BaseModel):
    """Why an empty place goes out of use."""

    reason: Words = Field(max_length=200)
    version: _Version


class PutIn(BaseModel):
    """What is put into a box: an item by its number, or a whole case by its archive code; `move`: out of another."""

    code: _Code
    move: bool = False


class TakeIn(BaseModel):
    """What is taken out of its box, and why."""

    code: _Code
    reason: Words = Field("", max_length=200)


class MovedOut(BaseModel):
    """The papers that moved, the box that they are in now, those left as they are, and the room that is left."""

    papers: list[str] = Field(examples=[["3206810473-002"]])
    box: str | None
    left_alone: int
    room_left: int | None


class MeaningOut(BaseModel):
    """What a code means: a place, or papers."""

    code: str
    place: PlaceOut | None
    papers: list[str] = Field(examples=[["3206810473-002"]])
    of_case: bool


class UnderWay(BaseModel):
    """A box that is under way."""

    sender: str
    receiver: str
    since: datetime


class PaperOut(BaseModel):
    """Where the paper of an item is, from the room down to its box, and where it was; `placed` false: in no box yet."""

    item: str
    number: str
    placed: bool
    unit_name: str
    way: list[StepOut]
    out: str | None
    taken_at: datetime | None
    taken_by: str | None
    under_way: UnderWay | None
    moves: list[MoveOut]


@router.get("/rooms")
def list_rooms(visit: Caller) -> RoomList:
    """List the rooms with what is in them and what is free."""
    visit.viewer.require(Right.ROOM_READ)
    with visit.services.database.reading() as session:
        found, waiting = queries.rooms(session, visit.viewer), queries.unshelved(session, visit.viewer)
    return RoomList(rooms=_places(found), unshelved=_places(waiting))


@router.post("/rooms", status_code=201)
def add_room(visit: Caller, wanted: RoomIn, response: Response) -> PlaceOut:
    """Add a room to a unit."""
    with visit.services.database.unit_of_work() as session:
        made = actions.add_room(session, wanted.centre, wanted.name, by=visit.viewer, now=visit.now)
        told = PlaceOut.model_validate(queries.place_by_id(session, visit.viewer, made.id))
    response.headers["Location"] = f"/api/v1/rooms/places/{told.place}"
    return told


@router.get("/rooms/codes")
def read_code(visit: Caller, code: Annotated[Words, Query(max_length=200, examples=["CG-H00001"])]) -> MeaningOut:
    """Return what a scanned or typed code means."""
    visit.viewer.require(Right.ROOM_READ)
    with visit.services.database.reading() as session:
        found = queries.meaning(session, visit.viewer, code)
        place = found.place and queries.place_by_id(session, visit.viewer, found.place.id)
    papers = [one.number for one in found.papers]
    told = PlaceOut.model_validate(place) if place else None
    return MeaningOut(code=found.text, place=told, papers=papers, of_case=found.of_case)


@router.post("/rooms/take")
def take_out(visit: Caller, said: TakeIn) -> MovedOut:
    """Take papers out of their boxes."""
    visit.viewer.require(Right.ROOM_KEEP)
    with visit.services.database.unit_of_work() as session:
        return _moved(actions.take_out(session, said.code, reason=said.reason, by=visit.viewer, now=visit.now))


@router.get("/rooms/places/{place_id}")
def get_place(visit: Caller, place_id: Id) -> PlaceDetail:
    """Return a place with what stands in it, or with the papers of a box and where it stood."""
    with visit.services.database.reading() as session:
        place = queries.place_by_id(session, visit.viewer, place_id)
        box = place.kind is Kind.BOX
        inside = [] if box else queries.inside(session, visit.viewer, place)
        papers = queries.contents(session, visit.viewer, place) if box else []
        moves = queries.moves_of_box(session, place) if box else []
    return PlaceDetail.model_validate(place).model_copy(
        update={
            "places": _places(inside),
            "contents": [PaperInBox.model_validate(one) for one in papers],
            "moves": [MoveOut.model_validate(one) for one in moves],
        }
    )


@router.post("/rooms/places/{place_id}/inside", status_code=201)
def add_inside(visit: Caller, place_id: Id, wanted: InsideIn) -> PlaceList:
    """Add cabinets to a room, shelves to a cabinet, or boxes to a shelf."""
    with visit.services.database.unit_of_work() as session:
        made = actions.add_inside(
            session,
            place_id,
            wanted.kind.value,
            name=wanted.name,
            capacity=wanted.capacity,
            count=wanted.count,
            by=visit.viewer,
            now=visit.now,
        )
        return PlaceList(places=_places([queries.place_by_id(session, visit.viewer, one.id) for one in made]))


@router.post("/rooms/places/{place_id}/change")
def change_place(visit: Caller, place_id: Id, wanted: ChangeIn) -> PlaceOut:
    """Change name and capacity of a place, as the caller saw it."""
    with visit.services.database.unit_of_work() as session:
        actions.change_place(
            session,
            place_id,
            name=wanted.name,
            capacity=wanted.capacity,
            version=wanted.version,
            by=visit.viewer,
            now=visit.now,
        )
        return PlaceOut.model_validate(queries.place_by_id(session, visit.viewer, place_id))


@router.post("/rooms/places/{place_id}/shelve")
def shelve_box(visit: Caller, place_id: Id, wanted: ShelveIn) -> PlaceOut:
    """Put a box onto a shelf."""
    with visit.services.database.unit_of_work() as session:
        # Whoever may not know of the box is told that first.
        queries.place_by_id(session, visit.viewer, place_id)
        shelf = queries.meaning(session, visit.viewer, wanted.shelf).place
        if shelf is None:
            raise Invalid("room.not-a-shelf", "这不是层的编码。请扫层上的标签，或键入层的编码。")
        actions.shelve_box(session, place_id, shelf.id, version=wanted.version, by=visit.viewer, now=visit.now)
        return PlaceOut.model_validate(queries.place_by_id(session, visit.viewer, place_id))


@router.post("/rooms/places/{place_id}/scrap")
def scrap_place(visit: Caller, place_id: Id, wanted: ScrapIn) -> PlaceOut:
    """Take an empty place out of use, saying why."""
    with visit.services.database.unit_of_work() as session:
        actions.scrap_place(session, place_id, wanted.reason, version=wanted.version, by=visit.viewer, now=visit.now)
        return PlaceOut.model_validate(queries.place_by_id(session, visit.viewer, place_id))


@router.post("/rooms/places/{place_id}/put")
def put_away(visit: Caller, place_id: Id, said: PutIn) -> MovedOut:
    """Put what a code names into a box."""
    with visit.services.database.unit_of_work() as session:
        queries.place_by_id(session, visit.viewer, place_id)
        moved = actions.put_away(session, place_id, said.code, move=said.move, by=visit.viewer, now=visit.now)
        return _moved(moved)


@router.get("/rooms/places/{place_id}/labels.pdf", response_class=Response)
def print_labels(visit: Caller, place_id: Id, kind: Kind | None = None, shape: Shape = Shape.BOX) -> Response:
    """Return labels with QR codes of the place, or of the places of a `kind` in it, on record."""
    return labels_of_place(visit, place_id, kind, shape)


@router.get("/rooms/papers/{item_id}")
def get_paper(visit: Caller, item_id: Id) -> PaperOut:
    """Return where the paper of an item is and was, to whoever may read its record."""
    with visit.services.database.reading() as session:
        item = households.item(session, visit.viewer, item_id)
        where = queries.whereabouts(session, visit.viewer, [item.id]).get(item.id)
        moves = queries.history(session, item.id)
    sent = where.under_way if where else None
    return PaperOut(
        item=str(item.id),
        number=f"{item.account_no}-{item.item_no:03d}",
        placed=where is not None and where.box is not None,
        unit_name=where.unit_name if where else "",
        way=[StepOut.model_validate(one) for one in (where.way if where else ())],
        out=where.out if where else None,
        taken_at=where.taken_at if where else None,
        taken_by=where.taken_by if where else None,
        under_way=UnderWay(sender=sent[0], receiver=sent[1], since=sent[2]) if sent else None,
        moves=[MoveOut.model_validate(one) for one in moves],
    )


def _places(found: list[PlaceView]) -> list[PlaceOut]:
    return [PlaceOut.model_validate(one) for one in found]


def _moved(found: Moved) -> MovedOut:
    return MovedOut(
        papers=[one.number for one in found.papers],
        box=found.box.code if found.box else None,
        left_alone=found.left_alone,
        room_left=found.room_left,
    )
