"""Rows taken for a change: read afresh and locked until the transaction ends.

Always papers before places, and each in the order of their ids, so that nobody waits in a circle.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from archive_service.errors import NotFound, Refused
from archive_service.people.roles import Right
from archive_service.people.tables import Unit
from archive_service.people.viewer import Viewer
from archive_service.rooms.rules import NAMES, Kind
from archive_service.rooms.tables import PaperPlace, Place

NO_PLACE = "没有这个库房位置，或者您无权查看。请从库房清单里选择。"


def unit_for_update(session: Session, unit_code: str, by: Viewer) -> Unit:
    """Return a unit whose rooms the person keeps, locked. Raises NotFound and NotPermitted."""
    unit = session.scalar(select(Unit).where(Unit.code == unit_code).with_for_update())
    if unit is None or not by.may(Right.ROOM_READ, unit.id):
        raise NotFound("people.unit-not-found", "没有这个单位，或者您无权查看。请核对单位代码。")
    by.require(Right.ROOM_KEEP, unit.id)
    return unit


def places_for_update(session: Session, ids: Collection[int]) -> dict[int, Place]:
    """Return places by id, locked; those that are not there are left out."""
    session.flush()
    wanted = select(Place).where(Place.id.in_(set(ids))).order_by(Place.id).with_for_update()
    return {row.id: row for row in session.scalars(wanted.execution_options(populate_existing=True))}


def place_for_update(session: Session, place_id: int, by: Viewer, *, version: int | None = None) -> Place:
    """Return a place in use of a unit whose rooms the person keeps, locked.

    `version` is the one that the person saw. Raises NotFound, NotPermitted, and Refused when somebody has changed it.
    """
    place = places_for_update(session, [place_id]).get(place_id)
    if place is None or not by.may(Right.ROOM_READ, place.unit_id):
        raise NotFound("room.not-found", NO_PLACE)
    by.require(Right.ROOM_KEEP, place.unit_id)
    check_in_use(place)
    if version is not None and place.version != version:
        raise Refused(
            "room.changed",
            f"{place.code} 刚才被别人改过，这次没有执行。请看一下现在的样子，再决定要不要改。",
            place=place.code,
        )
    return place


def check_in_use(place: Place) -> None:
    """Refuse a place that was scrapped, or a box that is under way."""
    if place.state != "in_use":
        raise Refused(
            "room.gone",
            f"{NAMES[Kind(place.kind)]} {place.code} 已报废，不能再用。请换一个，并揭下旧标签。",
            place=place.code,
        )
    if place.transfer_id is not None:
        raise Refused(
            "room.under-way",
            f"盒 {place.code} 正在移交途中，签收以前不能动。请先在“移交”中签收或撤回。",
            place=place.code,
            transfer=place.transfer_id,
        )


def papers_for_update(session: Session, item_ids: Collection[int]) -> dict[int, PaperPlace]:
    """Return where papers are, by item, locked; those that never had a place are left out."""
    session.flush()
    wanted = select(PaperPlace).where(PaperPlace.item_id.in_(set(item_ids))).order_by(PaperPlace.item_id)
    locked = wanted.with_for_update().execution_options(populate_existing=True)
    return {row.item_id: row for row in session.scalars(locked)}


def papers_inside(session: Session, box_id: int) -> int:
    """Return how many papers are in a box."""
    return session.scalar(select(func.count()).where(PaperPlace.box_id == box_id)) or 0


def places_inside(session: Session, place_id: int) -> int:
    """Return how many places in use stand directly in a place."""
    wanted = select(func.count()).where(Place.parent_id == place_id, Place.state == "in_use")
    return session.scalar(wanted) or 0
