"""Builders of rooms with cabinets, shelves and boxes, and of papers to put into them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from archive_service.households.tables import CaseFile, HouseholdFile, Item
from archive_service.people.tables import Unit
from archive_service.people.viewer import Viewer
from archive_service.rooms import actions
from archive_service.rooms.tables import Place
from tests.support import records
from tests.support.records import NOW


@dataclass(frozen=True)
class Room:
    """A room with one cabinet, its shelves and the boxes on the first of them."""

    room: Place
    cabinet: Place
    shelves: Sequence[Place]
    boxes: Sequence[Place]


def room(
    session: Session,
    by: Viewer,
    *,
    at: Unit | None = None,
    shelves: int = 1,
    boxes: int = 2,
    holds: int = 3,
    shelf_holds: int = 10,
) -> Room:
    """Make a room; each box holds `holds` papers, each shelf `shelf_holds` boxes."""
    unit = at or records.unit(session)
    made = actions.add_room(session, unit.code, "一楼库房", by=by, now=NOW)
    (cabinet,) = actions.add_inside(session, made.id, "cabinet", by=by, now=NOW)
    layers = actions.add_inside(session, cabinet.id, "shelf", capacity=shelf_holds, count=shelves, by=by, now=NOW)
    filled = (
        actions.add_inside(session, layers[0].id, "box", capacity=holds, count=boxes, by=by, now=NOW) if boxes else []
    )
    return Room(made, cabinet, layers, filled)


def papers(session: Session, many: int, *, at: Unit | None = None, case: CaseFile | None = None) -> list[Item]:
    """File so many papers into one case."""
    into = case or records.case(session, at=at)
    return [records.item(session, into) for _ in range(many)]


def number(session: Session, item: Item) -> str:
    """Return what the label of a paper says."""
    head = session.get_one(HouseholdFile, item.household_id)
    return f"{head.account_no}-{item.item_no:03d}"
