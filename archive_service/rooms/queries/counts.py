"""What a stocktake counts: the things expected in a place, where the archive has them now, and what was scanned."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from archive_service.rooms import counting
from archive_service.rooms.counting import Counted, Scanned
from archive_service.rooms.lent import papers_out
from archive_service.rooms.tables import PaperPlace, Place, Stocktake, StocktakeLine, StocktakeScan

#: Databases take so many values in one statement.
_AT_ONCE = 5000


def inside(place: Place) -> ColumnElement[bool]:
    """Return the condition that a place is the one given or stands in it."""
    return Place.path.startswith(place.path, autoescape=True)


def expected(session: Session, place: Place, counts: str) -> list[tuple[int, int]]:
    """Return the things that the archive has in a place with their boxes or shelves: papers, or boxes."""
    boxes = select(Place.id, Place.parent_id).where(inside(place), Place.kind == "box", Place.state == "in_use")
    if counts == "boxes":
        return [(key, shelf) for key, shelf in session.execute(boxes.order_by(Place.code)) if shelf is not None]
    wanted = select(PaperPlace.item_id, PaperPlace.box_id).join(Place, Place.id == PaperPlace.box_id)
    found = session.execute(wanted.where(inside(place)).order_by(Place.code, PaperPlace.item_id))
    return [(key, box) for key, box in found if box is not None]


def how_many(session: Session, place: Place, counts: str) -> int:
    """Return how many things the archive has in a place."""
    if counts == "boxes":
        wanted = select(func.count()).select_from(Place).where(inside(place), Place.kind == "box")
        return session.scalar(wanted.where(Place.state == "in_use", Place.parent_id.is_not(None))) or 0
    papers = select(func.count()).select_from(PaperPlace).join(Place, Place.id == PaperPlace.box_id)
    return session.scalar(papers.where(inside(place))) or 0


def outcome(session: Session, stocktake: Stocktake) -> list[Counted]:
    """Return what a stocktake that is open comes to at this moment; see `counting.count`."""
    papers = stocktake.counts == "papers"
    thing = StocktakeLine.item_id if papers else StocktakeLine.box_id
    lines = session.execute(
        select(thing, StocktakeLine.place_id)
        .where(StocktakeLine.stocktake_id == stocktake.id, thing.is_not(None))
        .order_by(StocktakeLine.id)
    )
    known = {key: place for key, place in lines if key is not None}
    scanned = StocktakeScan.item_id if papers else StocktakeScan.box_id
    rows = session.execute(
        select(StocktakeScan.code, scanned, StocktakeScan.place_id)
        .where(StocktakeScan.stocktake_id == stocktake.id)
        .order_by(StocktakeScan.id)
    )
    scans = [Scanned(code, key, place) for code, key, place in rows]
    things = {*known, *(one.thing for one in scans if one.thing is not None)}
    out = papers_out(session, things) if papers else {}
    return counting.count(known, scans, now_in=_now_in(session, things, papers=papers), out=out)


def _now_in(session: Session, things: Collection[int], *, papers: bool) -> dict[int, int]:
    found: dict[int, int] = {}
    for part in _parts(sorted(things)):
        wanted = (
            select(PaperPlace.item_id, PaperPlace.box_id).where(PaperPlace.item_id.in_(part))
            if papers
            else select(Place.id, Place.parent_id).where(Place.id.in_(part))
        )
        found |= {key: place for key, place in session.execute(wanted) if place is not None}
    return found


def _parts(keys: Sequence[int]) -> Iterator[Sequence[int]]:
    for at in range(0, len(keys), _AT_ONCE):
        yield keys[at : at + _AT_ONCE]
