"""Places with what is in them and how much room is left."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from archive_service.errors import NotFound
from archive_service.people.roles import Right
from archive_service.people.tables import Unit
from archive_service.people.viewer import Viewer
from archive_service.rooms.locked import NO_PLACE
from archive_service.rooms.rules import Kind
from archive_service.rooms.tables import PaperPlace, Place
from archive_service.rooms.views import PlaceView, Step


@dataclass
class _Sum:
    """What is in a place, added up from below."""

    inside: int = 0
    shelves: int = 0
    boxes: int = 0
    papers: int = 0
    free_boxes: int = 0
    free_papers: int = 0


def rooms(session: Session, viewer: Viewer) -> list[PlaceView]:
    """Return the rooms in use that the viewer sees, by their codes."""
    units = viewer.units(Right.ROOM_READ)
    wanted = select(Place).where(Place.kind == "room", Place.state == "in_use", Place.unit_id.in_(units))
    return views(session, session.scalars(wanted.order_by(Place.code)).all())


def place(session: Session, viewer: Viewer, code: str) -> PlaceView:
    """Return a place by its code, scrapped ones too. Raises NotFound."""
    row = session.scalar(select(Place).where(Place.code == code))
    if row is None or not viewer.may(Right.ROOM_READ, row.unit_id):
        raise NotFound("room.not-found", NO_PLACE)
    return views(session, [row])[0]


def place_by_id(session: Session, viewer: Viewer, place_id: int) -> PlaceView:
    """Return a place by its id. Raises NotFound."""
    row = session.get(Place, place_id)
    if row is None or not viewer.may(Right.ROOM_READ, row.unit_id):
        raise NotFound("room.not-found", NO_PLACE)
    return views(session, [row])[0]


def inside(session: Session, viewer: Viewer, of: PlaceView) -> list[PlaceView]:
    """Return the places in use that stand directly in one, by their codes."""
    wanted = select(Place).where(
        Place.parent_id == of.id, Place.state == "in_use", Place.unit_id.in_(viewer.units(Right.ROOM_READ))
    )
    return views(session, session.scalars(wanted.order_by(Place.serial, Place.code)).all())


def unshelved(session: Session, viewer: Viewer) -> list[PlaceView]:
    """Return boxes in use that stand on no shelf and are not under way: they wait to be shelved."""
    wanted = select(Place).where(
        Place.kind == "box",
        Place.parent_id.is_(None),
        Place.state == "in_use",
        Place.transfer_id.is_(None),
        Place.unit_id.in_(viewer.units(Right.ROOM_READ)),
    )
    return views(session, session.scalars(wanted.order_by(Place.code)).all())


def labelled(session: Session, viewer: Viewer, of: PlaceView, kind: Kind) -> list[PlaceView]:
    """Return the place itself or those of a kind in it, for labels, by their codes."""
    if of.kind is kind:
        return [of] if of.state == "in_use" else []
    path = session.scalar(select(Place.path).where(Place.id == of.id)) or "-"
    wanted = select(Place).where(
        Place.path.startswith(path, autoescape=True),
        Place.kind == kind.value,
        Place.state == "in_use",
        Place.unit_id.in_(viewer.units(Right.ROOM_READ)),
    )
    return views(session, session.scalars(wanted.order_by(Place.code)).all())


def ways(session: Session, places: Iterable[Place]) -> dict[int, list[Step]]:
    """Return the way from the room down to each place, itself included, by its id."""
    rows = list(places)
    keys = {int(part) for row in rows for part in row.path.split("/") if part}
    known = {one.id: one for one in session.scalars(select(Place).where(Place.id.in_(keys)))}
    return {row.id: [step(known[int(part)]) for part in row.path.split("/") if part] for row in rows}


def step(row: Place) -> Step:
    """Return a place as a step of a way."""
    return Step(row.id, Kind(row.kind), row.code, row.name)


def views(session: Session, rows: Sequence[Place]) -> list[PlaceView]:
    """Return places with what is in them, in the order given."""
    units = {
        key: (code, name)
        for key, code, name in session.execute(
            select(Unit.id, Unit.code, Unit.name).where(Unit.id.in_({row.unit_id for row in rows}))
        )
    }
    sums, way = _sums(session, rows), ways(session, rows)
    return [_view(row, sums[row.id], units[row.unit_id], way[row.id][:-1]) for row in rows]


def _view(row: Place, of: _Sum, unit: tuple[str, str], way: Sequence[Step]) -> PlaceView:
    return PlaceView(
        id=row.id,
        unit_id=row.unit_id,
        unit_code=unit[0],
        unit_name=unit[1],
        kind=Kind(row.kind),
        code=row.code,
        name=row.name,
        capacity=row.capacity,
        inside=of.inside,
        shelves=of.shelves,
        boxes=of.boxes,
        papers=of.papers,
        free_boxes=of.free_boxes,
        free_papers=of.free_papers,
        state=row.state,
        version=row.version,
        way=way,
        transfer_id=row.transfer_id,
        gone_at=row.gone_at,
    )


def _sums(session: Session, rows: Sequence[Place]) -> Mapping[int, _Sum]:
    """Add up what is in places, from all that stands in them."""
    found: dict[int, _Sum] = defaultdict(_Sum)
    below = _below(session, rows)
    papers = _papers_of(session, [one.id for many in below.values() for one in many if one.kind == "box"])
    for row in rows:
        total = found[row.id]
        of_shelf: dict[int | None, int] = defaultdict(int)
        for one in below[row.id]:
            if one.kind == "box":
                of_shelf[one.parent_id] += 1
                total.papers += papers.get(one.id, 0)
                total.free_papers += max(0, (one.capacity or 0) - papers.get(one.id, 0))
                total.boxes += one.id != row.id
        for one in below[row.id]:
            if one.kind == "shelf":
                total.free_boxes += max(0, (one.capacity or 0) - of_shelf[one.id])
                total.shelves += one.id != row.id
        direct = sum(one.parent_id == row.id for one in below[row.id])
        total.inside = papers.get(row.id, 0) if row.kind == "box" else direct
    return found


def _below(session: Session, rows: Sequence[Place]) -> Mapping[int, list[Any]]:
    """Return each place with everything in use that stands in it: rows with id, parent_id, kind and capacity."""
    found: dict[int, list[Any]] = {row.id: [row] for row in rows}
    holders = [row for row in rows if row.kind != "box"]
    rooms_of = {row.path.split("/")[0] for row in holders}
    for first in rooms_of:
        mine = [row for row in holders if row.path.split("/")[0] == first]
        deepest = mine[0].path if len(mine) == 1 else f"{first}/"
        # A room holds thousands of boxes: their columns are read, not their objects made.
        columns = select(Place.id, Place.parent_id, Place.kind, Place.capacity, Place.path)
        wanted = columns.where(Place.path.startswith(deepest, autoescape=True), Place.state == "in_use")
        by_prefix = {row.path: row.id for row in mine}
        for one in session.execute(wanted):
            parts = one.path.split("/")[:-1]
            for length in range(1, len(parts)):
                owner = by_prefix.get("/".join(parts[:length]) + "/")
                if owner is not None:
                    found[owner].append(one)
    return found


def _papers_of(session: Session, boxes: Collection[int]) -> dict[int, int]:
    found: dict[int, int] = {}
    keys = sorted(boxes)
    for at in range(0, len(keys), 5000):
        wanted = select(PaperPlace.box_id, func.count()).where(PaperPlace.box_id.in_(keys[at : at + 5000]))
        found |= {key: many for key, many in session.execute(wanted.group_by(PaperPlace.box_id)) if key is not None}
    return found
