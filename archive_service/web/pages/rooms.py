"""Rooms and what stands in them: the list with free space, the page of a place, labels, the air."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from archive_service import zone
from archive_service.audit.record import record
from archive_service.errors import Invalid, Refused
from archive_service.households import queries as households
from archive_service.people import queries as people
from archive_service.people.roles import Right
from archive_service.printing import Shape
from archive_service.rooms import actions, climate, queries
from archive_service.rooms.rules import INSIDE_OF, Kind, kind_of
from archive_service.rooms.views import PlaceView, ReadingView, Whereabouts
from archive_service.web import room_papers
from archive_service.web.forms import SentForm
from archive_service.web.i18n import N_
from archive_service.web.pictures import attachment
from archive_service.web.visit import Id, SignedIn, Visit

router = APIRouter()

#: What can stand in a place of a kind.
_HOLDS = {parent: kind for kind, parent in INSIDE_OF.items()}
_READINGS_SHOWN = 200


@router.get("/rooms")
def list_rooms(visit: SignedIn) -> Response:
    """List the rooms with what is in them and what is free, and boxes that wait to be shelved."""
    visit.viewer.require(Right.ROOM_READ)
    return _list(visit)


@router.post("/rooms")
def add_room(visit: SignedIn, form: SentForm) -> Response:
    """Add a room to a unit and show it."""
    given = {"centre": form.text("centre", limit=40), "name": form.text("name", limit=200)}
    try:
        with visit.services.database.unit_of_work() as session:
            key = actions.add_room(session, given["centre"], given["name"], by=visit.viewer, now=visit.now).id
    except Invalid as error:
        return _list(visit, visit.told(error), given)
    return _at(key, "room-added")


@router.get("/rooms/places/{place_id}")
def show_place(visit: SignedIn, place_id: Id) -> Response:
    """Show a place: what is in it, how much it can still take, and what can be done with it."""
    return _place(visit, place_id)


@router.post("/rooms/places/{place_id}/inside")
def add_inside(visit: SignedIn, place_id: Id, form: SentForm) -> Response:
    """Add cabinets to a room, shelves to a cabinet, or boxes to a shelf."""
    given = {name: form.text(name, limit=80) for name in ("name", "capacity", "count")}
    try:
        with visit.services.database.unit_of_work() as session:
            actions.add_inside(
                session,
                place_id,
                form.text("kind", limit=20),
                name=given["name"],
                capacity=_whole(given["capacity"]),
                count=_whole(given["count"]),
                by=visit.viewer,
                now=visit.now,
            )
    except (Invalid, Refused) as error:
        return _place(visit, place_id, visit.told(error), given, status=error.http_status)
    return _at(place_id, "inside-added")


@router.post("/rooms/places/{place_id}/change")
def change_place(visit: SignedIn, place_id: Id, form: SentForm) -> Response:
    """Change name and capacity of a place."""
    try:
        with visit.services.database.unit_of_work() as session:
            actions.change_place(
                session,
                place_id,
                name=form.text("name", limit=200),
                capacity=_whole(form.text("capacity", limit=20)),
                version=form.id("version") or 0,
                by=visit.viewer,
                now=visit.now,
            )
    except (Invalid, Refused) as error:
        return _place(visit, place_id, visit.told(error), status=error.http_status)
    return _at(place_id, "place-changed")


@router.post("/rooms/places/{place_id}/shelve")
def shelve_box(visit: SignedIn, place_id: Id, form: SentForm) -> Response:
    """Put a box onto the shelf whose code was typed or scanned."""
    try:
        with visit.services.database.unit_of_work() as session:
            shelf = queries.meaning(session, visit.viewer, form.text("shelf", limit=200)).place
            if shelf is None:
                raise Invalid("room.not-a-shelf", "这不是层的编码。请扫层上的标签，或键入层的编码。")
            actions.shelve_box(session, place_id, shelf.id, version=form.id("version"), by=visit.viewer, now=visit.now)
    except (Invalid, Refused) as error:
        return _place(visit, place_id, visit.told(error), status=error.http_status)
    return _at(place_id, "box-shelved")


@router.get("/rooms/places/{place_id}/scrap")
def ask_scrap(visit: SignedIn, place_id: Id) -> Response:
    """Ask why a place is to be scrapped."""
    with visit.services.database.reading() as session:
        place = queries.place_by_id(session, visit.viewer, place_id)
    visit.viewer.require(Right.ROOM_KEEP, place.unit_id)
    return visit.page("rooms/scrap.html", place=place, error="")


@router.post("/rooms/places/{place_id}/scrap")
def scrap_place(visit: SignedIn, place_id: Id, form: SentForm) -> Response:
    """Take an empty place out of use."""
    reason = "：".join(filter(None, (form.text("reason_code", limit=40), form.text("reason", limit=150))))
    try:
        with visit.services.database.unit_of_work() as session:
            actions.scrap_place(
                session, place_id, reason, version=form.id("version") or 0, by=visit.viewer, now=visit.now
            )
    except (Invalid, Refused) as error:
        with visit.services.database.reading() as session:
            place = queries.place_by_id(session, visit.viewer, place_id)
        return visit.page("rooms/scrap.html", place=place, error=visit.told(error), status=error.http_status)
    return _at(place_id, "place-scrapped")


@router.get("/rooms/places/{place_id}/labels.pdf")
def print_labels(visit: SignedIn, place_id: Id) -> Response:
    """Return labels of the place, or of the places of a kind in it, on record."""
    asked = visit.request.query_params
    shape = Shape.SPINE if asked.get("shape") == Shape.SPINE.value else Shape.BOX
    kind = kind_of(asked["kind"]) if asked.get("kind") else None
    return labels_of_place(visit, place_id, kind, shape)


def labels_of_place(visit: Visit, place_id: int, kind: Kind | None, shape: Shape) -> Response:
    """Return labels of a place, or of the places of a kind in it, and put that on record. Raises NotFound, Refused."""
    with visit.services.database.reading() as session:
        place = queries.place_by_id(session, visit.viewer, place_id)
        found = queries.labelled(session, visit.viewer, place, kind or place.kind)
    made = room_papers.labels_of(visit, found, shape)
    with visit.services.database.unit_of_work() as session:
        record(
            session, by=visit.viewer.actor, did="paper.printed", object_kind="place", object_id=place.id,
            unit_id=place.unit_id, facts={"paper": "place-labels", "code": place.code, "labels": len(found)},
            now=visit.now,
        )  # fmt: skip
    return _file(made, f"{visit.say(N_('库房标签'))} {place.code}.pdf")


@router.get("/rooms/places/{place_id}/climate")
def show_climate(visit: SignedIn, place_id: Id) -> Response:
    """Show the readings of a room, with the form to write down another."""
    return _climate(visit, place_id)


@router.post("/rooms/places/{place_id}/climate")
def note_reading(visit: SignedIn, place_id: Id, form: SentForm) -> Response:
    """Write down what the instruments say."""
    given = {name: form.text(name, limit=200) for name in ("temperature", "humidity", "measured_at", "note")}
    try:
        with visit.services.database.unit_of_work() as session:
            actions.note_reading(
                session,
                place_id,
                temperature=given["temperature"],
                humidity=given["humidity"],
                measured_at=_moment(given["measured_at"], visit.now),
                note=given["note"],
                by=visit.viewer,
                now=visit.now,
            )
    except (Invalid, Refused) as error:
        return _climate(visit, place_id, visit.told(error), given, status=error.http_status)
    return RedirectResponse(f"/rooms/places/{place_id}/climate?done=reading-noted", status_code=303)


@router.post("/rooms/places/{place_id}/climate/{reading_id}/strike")
def strike_reading(visit: SignedIn, place_id: Id, reading_id: Id, form: SentForm) -> Response:
    """Strike a wrong reading out."""
    try:
        with visit.services.database.unit_of_work() as session:
            reason = form.text("reason", limit=200)
            actions.strike_reading(session, place_id, reading_id, reason, by=visit.viewer, now=visit.now)
    except (Invalid, Refused) as error:
        return _climate(visit, place_id, visit.told(error), status=error.http_status)
    return RedirectResponse(f"/rooms/places/{place_id}/climate?done=reading-struck", status_code=303)


@router.get("/rooms/papers/{item_id}")
def show_paper(visit: SignedIn, item_id: Id) -> Response:
    """Show where the paper of an item is and was, to whoever may read its record."""
    with visit.services.database.reading() as session:
        item = households.item(session, visit.viewer, item_id)
        where = queries.whereabouts(session, visit.viewer, [item.id]).get(item.id)
        moves = queries.history(session, item.id)
    number = f"{item.account_no}-{item.item_no:03d}"
    return visit.page("rooms/paper.html", item=item, number=number, where=where, moves=moves)


@router.get("/households/{account_no}/shelf")
def show_shelf(visit: SignedIn, account_no: str) -> Response:
    """Return, as a part of the page of a household, in which boxes its papers are; the page does not wait for it."""
    with visit.services.database.reading() as session:
        file = households.household(session, visit.viewer, account_no, fields=False)
        found = queries.whereabouts(session, visit.viewer, [item.id for item in file.items])
    boxes: dict[int, tuple[Whereabouts, int]] = {}
    for where in found.values():
        if where.box is not None:
            boxes[where.box.id] = (where, boxes.get(where.box.id, (where, 0))[1] + 1)
    placed = sum(many for _, many in boxes.values())
    return visit.page(
        "rooms/household_part.html",
        boxes=list(boxes.values()),
        taken=len(found) - placed,
        nowhere=len(file.items) - len(found),
    )


def _list(visit: Visit, error: str = "", given: Mapping[str, str] | None = None) -> Response:
    with visit.services.database.reading() as session:
        found = queries.rooms(session, visit.viewer)
        waiting = queries.unshelved(session, visit.viewer)
        units = people.unit_tree(session, visit.viewer, Right.ROOM_KEEP)
        air = {room.id: _last_air(session, room) for room in found}
    return visit.page(
        "rooms/rooms.html",
        rooms=found,
        waiting=waiting,
        units=units,
        air=air,
        error=error,
        given=given or {},
        status=422 if error else 200,
    )


def _last_air(session: Any, room: PlaceView) -> ReadingView | None:
    """Return the last reading of a room that holds; of many that were struck out one after the other, none."""
    return next((one for one in queries.readings(session, room, limit=20) if one.struck is None), None)


def _place(
    visit: Visit, place_id: int, error: str = "", given: Mapping[str, str] | None = None, *, status: int = 200
) -> Response:
    with visit.services.database.reading() as session:
        place = queries.place_by_id(session, visit.viewer, place_id)
        box = place.kind is Kind.BOX
        inside = [] if box else queries.inside(session, visit.viewer, place)
        papers = queries.contents(session, visit.viewer, place) if box else []
        moves = queries.moves_of_box(session, place) if box else []
        stocktakes = queries.stocktakes(session, visit.viewer, place_id=place.id)
    return visit.page(
        "rooms/place.html",
        place=place,
        inside=inside,
        papers=papers,
        moves=moves,
        stocktakes=stocktakes,
        holds=_HOLDS.get(place.kind),
        labelled=_labelled(place),
        may_keep=_may_change(visit, place),
        error=error,
        given=given or {},
        status=status,
    )


def _may_change(visit: Visit, place: PlaceView) -> bool:
    in_use = place.state == "in_use" and place.transfer_id is None
    return in_use and visit.viewer.may(Right.ROOM_KEEP, place.unit_id)


def _labelled(place: PlaceView) -> list[Kind]:
    """Return the kinds of places in this one that labels can be printed for, this one included."""
    kinds = list(Kind)
    return kinds[kinds.index(place.kind) :]


def _climate(
    visit: Visit, place_id: int, error: str = "", given: Mapping[str, str] | None = None, *, status: int = 200
) -> Response:
    with visit.services.database.reading() as session:
        room = queries.place_by_id(session, visit.viewer, place_id)
        found = queries.readings(session, room, limit=_READINGS_SHOWN)
    return visit.page(
        "rooms/climate.html",
        room=room,
        readings=found,
        limits=climate.limits(),
        may_keep=_may_change(visit, room),
        at=zone.local(visit.now).strftime("%Y-%m-%dT%H:%M"),
        error=error,
        given=given or {},
        status=status,
    )


def _whole(text: str) -> int | None:
    """Return a number that was typed; none for what is no number, which the rules refuse with their sentence."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _moment(text: str, now: datetime) -> datetime:
    """Return a moment as browsers send it, in the time of the service centres; now where nothing was given."""
    if not text:
        return now
    try:
        said = datetime.fromisoformat(text)
    except ValueError:
        raise Invalid("climate.moment", "测量时间要写成 2026-11-30 09:00 的样子。请改正后再试。") from None
    return said if said.tzinfo is not None else said.replace(tzinfo=zone.LOCAL)


def _at(place_id: int, done: str) -> Response:
    return RedirectResponse(f"/rooms/places/{place_id}?done={done}", status_code=303)


def _file(made: bytes, name: str) -> Response:
    return Response(made, media_type="application/pdf", headers={"Content-Disposition": attachment(name)})
