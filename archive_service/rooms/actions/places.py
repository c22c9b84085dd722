"""Adding, changing, moving and scrapping of places."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from archive_service.errors import Invalid, NotFound, Refused
from archive_service.people.roles import Right
from archive_service.people.tables import Unit
from archive_service.people.viewer import Viewer
from archive_service.rooms import rules
from archive_service.rooms.actions.told import note_box_move, tell
from archive_service.rooms.locked import (
    NO_PLACE,
    papers_inside,
    place_for_update,
    places_for_update,
    places_inside,
    unit_for_update,
)
from archive_service.rooms.rules import NAMES, Kind
from archive_service.rooms.tables import BoxMove, Place


def add_room(session: Session, unit_code: str, name: str, *, by: Viewer, now: datetime) -> Place:
    """Add a room to a unit. Raises NotFound, NotPermitted, Invalid."""
    unit = unit_for_update(session, unit_code, by)
    said = rules.check_name(name)
    room = _made(session, Kind.ROOM, unit, None, said, None, by=by, now=now, count=1)[0]
    tell(session, by, "place.added", room, {"kind": room.kind, "name": said, "count": 1}, now=now)
    return room


def add_inside(
    session: Session,
    parent_id: int,
    kind: str,
    *,
    name: str = "",
    capacity: int | None = None,
    count: int | None = 1,
    by: Viewer,
    now: datetime,
) -> list[Place]:
    """Add so many places of a kind to one that they can stand in; return them in the order of their codes.

    `capacity` is how many boxes a shelf, or papers a box, holds. Raises NotFound, NotPermitted, Invalid, and Refused
    where they do not fit.
    """
    wanted = rules.kind_of(kind)
    many, holds = rules.check_count(count), rules.check_capacity(wanted, capacity)
    said = rules.check_name(name) if name.strip() else NAMES[wanted]
    parent = place_for_update(session, parent_id, by)
    rules.check_inside(wanted, Kind(parent.kind))
    rules.check_room(
        Kind(parent.kind), parent.code, capacity=parent.capacity, inside=places_inside(session, parent.id), more=many
    )
    # Boxes are numbered through the whole unit: whoever adds some waits for whoever does.
    unit = session.scalars(select(Unit).where(Unit.id == parent.unit_id).with_for_update()).one()
    made = _made(session, wanted, unit, parent, said, holds, by=by, now=now, count=many)
    facts = {"kind": wanted.value, "name": said, "count": many, "capacity": holds,
             "codes": [one.code for one in made[:1]] + [one.code for one in made[1:][-1:]]}  # fmt: skip
    tell(session, by, "place.added", parent, facts, now=now)
    return made


def change_place(
    session: Session,
    place_id: int,
    *,
    name: str,
    capacity: int | None,
    version: int,
    by: Viewer,
    now: datetime,
) -> Place:
    """Change name and capacity of a place as the person saw it. Raises NotFound, NotPermitted, Invalid, Refused."""
    place = place_for_update(session, place_id, by, version=version)
    kind = Kind(place.kind)
    said, holds = rules.check_name(name), rules.check_capacity(kind, capacity)
    inside = papers_inside(session, place.id) if kind is Kind.BOX else places_inside(session, place.id)
    rules.check_smaller(kind, place.code, capacity=holds, inside=inside)
    facts = {"name": said, "was": place.name, "capacity": holds, "capacity_was": place.capacity}
    place.name, place.capacity, place.version = said, holds, place.version + 1
    session.flush()
    tell(session, by, "place.changed", place, facts, now=now)
    return place


def shelve_box(
    session: Session, box_id: int, shelf_id: int, *, version: int | None = None, by: Viewer, now: datetime
) -> Place:
    """Put a box onto a shelf of its unit, wherever it stood before; return the box.

    Raises NotFound, NotPermitted, Invalid for what is no box, and Refused for a full shelf, one of another unit, or a
    box that somebody moved since the person saw it.
    """
    places_for_update(session, [box_id, shelf_id])
    box, shelf = place_for_update(session, box_id, by, version=version), place_for_update(session, shelf_id, by)
    if box.kind != Kind.BOX.value:
        raise Invalid("room.not-a-box", f"{box.code} 不是盒，不能上架。请扫盒上的标签。", place=box.code)
    rules.check_inside(Kind.BOX, Kind(shelf.kind))
    if box.unit_id != shelf.unit_id:
        raise Refused(
            "room.shelf-elsewhere",
            f"盒 {box.code} 和层 {shelf.code} 不是同一个单位的。跨单位请先办理移交。",
            box=box.code,
            shelf=shelf.code,
        )
    if box.parent_id == shelf.id:
        raise Refused("room.there-already", f"盒 {box.code} 已在层 {shelf.code} 上，不用再上架。", place=box.code)
    inside = places_inside(session, shelf.id)
    rules.check_room(Kind.SHELF, shelf.code, capacity=shelf.capacity, inside=inside, more=1)
    was, before = box.parent_id, _code_of(session, box.parent_id)
    stand(box, shelf)
    session.flush()
    note_box_move(session, by, box, "shelved", was=was, now=now)
    tell(session, by, "box.shelved", box, {"from": before, "to": shelf.code}, now=now)
    return box


def scrap_place(session: Session, place_id: int, reason: str, *, version: int, by: Viewer, now: datetime) -> Place:
    """Take an empty place out of use for good; its code is never given again.

    Raises NotFound, NotPermitted, Invalid, and Refused while anything is in it.
    """
    said = rules.check_reason(reason)
    place = place_for_update(session, place_id, by, version=version)
    kind = Kind(place.kind)
    inside = papers_inside(session, place.id) if kind is Kind.BOX else places_inside(session, place.id)
    if inside:
        what = "件资料" if kind is Kind.BOX else "个位置"
        raise Refused(
            "room.not-empty",
            f"{NAMES[kind]} {place.code} 里还有 {inside} {what}，不能报废。请先移出再报废。",
            place=place.code,
            inside=inside,
        )
    was = place.parent_id
    place.state, place.gone_at, place.version = "gone", now, place.version + 1
    if kind is Kind.BOX:
        stand(place, None)
        session.flush()
        note_box_move(session, by, place, "gone", was=was, now=now)
    session.flush()
    tell(session, by, "place.scrapped", place, {"reason": said}, now=now)
    return place


def stand(box: Place, shelf: Place | None) -> None:
    """Let a box stand on a shelf, or on none."""
    box.parent_id = shelf.id if shelf else None
    box.path = f"{shelf.path if shelf else ''}{box.id}/"
    box.version += 1


def readable(session: Session, place_id: int, viewer: Viewer) -> Place:
    """Return a place of a unit whose rooms the person sees. Raises NotFound."""
    place = session.get(Place, place_id)
    if place is None or not viewer.may(Right.ROOM_READ, place.unit_id):
        raise NotFound("room.not-found", NO_PLACE)
    return place


def _made(
    session: Session,
    kind: Kind,
    unit: Unit,
    parent: Place | None,
    name: str,
    capacity: int | None,
    *,
    by: Viewer,
    now: datetime,
    count: int,
) -> list[Place]:
    """Make places whose parent, or unit for rooms and boxes, is locked."""
    stem = rules.stem_of(kind, unit_code=unit.code, parent_code=parent.code if parent else None)
    last = session.scalar(select(func.max(Place.serial)).where(Place.stem == stem)) or 0
    made = [
        Place(
            unit_id=unit.id,
            parent_id=parent.id if parent else None,
            kind=kind.value,
            code=rules.code_of(kind, stem, serial),
            stem=stem,
            serial=serial,
            name=name if count == 1 or kind is Kind.BOX else f"{name} {serial}",
            path="",
            capacity=capacity,
            state="in_use",
            version=1,
            made_by=by.person_id,
            made_at=now,
        )
        for serial in range(last + 1, last + count + 1)
    ]
    session.add_all(made)
    session.flush()
    for place in made:
        place.path = f"{parent.path if parent else ''}{place.id}/"
    session.flush()
    if kind is Kind.BOX:
        session.add_all(
            BoxMove(
                box_id=one.id, seq=1, verb="made", to_shelf_id=one.parent_id, unit_id=unit.id, by=by.person_id, at=now
            )
            for one in made
        )
        session.flush()
    return made


def _code_of(session: Session, place_id: int | None) -> str | None:
    return None if place_id is None else session.scalar(select(Place.code).where(Place.id == place_id))
