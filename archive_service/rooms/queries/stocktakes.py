"""Stocktakes: which there are, how far each is, and what each comes to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from archive_service.errors import NotFound
from archive_service.households.tables import HouseholdFile
from archive_service.people.roles import Right
from archive_service.people.tables import Person, Unit
from archive_service.people.viewer import Viewer
from archive_service.rooms.counting import Counted, Outcome
from archive_service.rooms.queries import counts as reading
from archive_service.rooms.queries.codes import papers_of
from archive_service.rooms.queries.places import step
from archive_service.rooms.tables import Place, Stocktake, StocktakeLine, StocktakeResult, StocktakeScan
from archive_service.rooms.views import CountedView, MoveView, ResultView, StocktakeView

_SHOWN = 100
#: Worst first.
ORDER = (Outcome.MISSING, Outcome.MISPLACED, Outcome.UNKNOWN, Outcome.OUT, Outcome.MOVED, Outcome.FOUND)


def stocktakes(session: Session, viewer: Viewer, *, place_id: int | None = None) -> list[StocktakeView]:
    """Return the stocktakes of the units whose rooms the viewer sees: open ones first, then the newest."""
    return _views(session, viewer, place_id=place_id)


def stocktake(session: Session, viewer: Viewer, stocktake_id: int) -> StocktakeView:
    """Return one stocktake. Raises NotFound."""
    found = _views(session, viewer, stocktake_id=stocktake_id)
    if not found:
        raise NotFound("stocktake.not-found", "没有这次盘点，或者您无权查看。请从盘点清单里选择。")
    return found[0]


def result(session: Session, viewer: Viewer, of: StocktakeView) -> ResultView:
    """Return what a stocktake that the viewer has been shown comes to: now, or as it was closed. Worst first.

    Of households that the viewer may not read only the number is told.
    """
    counted = _closed(session, of) if of.state == "closed" else _now(session, of)
    papers = of.counts == "papers"
    things = [one.thing for one in counted if one.thing is not None]
    named = papers_of(session, things) if papers else {}
    may = viewer.units(Right.RECORD_READ)
    households = _names(session, {one.account_no for one in named.values() if one.unit_id in may})
    places = {one for row in counted for one in (row.place, row.seen) if one is not None}
    codes = _codes(session, {*places, *(things if not papers else ())})
    views = []
    for one in counted:
        paper = named.get(one.thing or 0)
        views.append(
            CountedView(
                outcome=one.outcome,
                what=paper.number if paper else codes.get(one.thing or 0, one.code),
                name=paper.document_type if paper else "",
                account_name=households.get(paper.account_no, "") if paper else "",
                place=codes.get(one.place or 0, ""),
                seen=codes.get(one.seen or 0, ""),
                item_id=one.thing if papers else None,
                box_id=None if papers else one.thing,
            )
        )
    views.sort(key=lambda one: (ORDER.index(one.outcome), one.place, one.what))
    of_each = Counter(one.outcome for one in counted)
    return ResultView({one: of_each[one] for one in Outcome}, views)


def last_scans(session: Session, of: StocktakeView, *, limit: int = 12) -> Sequence[MoveView]:
    """Return what was scanned last, newest first; what nobody knows has no item and no code of a place."""
    box, where = aliased(Place), aliased(Place)
    rows = session.execute(
        select(StocktakeScan, box.code, where.code, Person.name)
        .outerjoin(box, box.id == StocktakeScan.box_id)
        .outerjoin(where, where.id == StocktakeScan.place_id)
        .outerjoin(Person, Person.id == StocktakeScan.by)
        .where(StocktakeScan.stocktake_id == of.id)
        .order_by(StocktakeScan.id.desc())
        .limit(limit)
    ).all()
    named = papers_of(session, [row.item_id for row, *_ in rows if row.item_id is not None])
    found = []
    for row, code, at, by in rows:
        known = row.item_id is not None or row.box_id is not None
        what = named[row.item_id].number if row.item_id is not None else code or row.code
        found.append(MoveView("scanned" if known else "unknown", row.at, by, None, at, "", what, row.item_id))
    return found


def _now(session: Session, of: StocktakeView) -> list[Counted]:
    return reading.outcome(session, session.get_one(Stocktake, of.id))


def _closed(session: Session, of: StocktakeView) -> list[Counted]:
    rows = session.scalars(
        select(StocktakeResult).where(StocktakeResult.stocktake_id == of.id).order_by(StocktakeResult.id)
    )
    return [
        Counted(
            Outcome(row.outcome),
            row.item_id if row.item_id is not None else row.box_id,
            row.code,
            row.place_id,
            row.seen_place_id,
        )
        for row in rows
    ]


def _names(session: Session, accounts: set[str]) -> dict[str, str]:
    wanted = select(HouseholdFile.account_no, HouseholdFile.account_name)
    found: dict[str, str] = {}
    keys = sorted(accounts)
    for at in range(0, len(keys), 5000):
        rows = session.execute(wanted.where(HouseholdFile.account_no.in_(keys[at : at + 5000])))
        found |= dict(rows.all())
    return found


def _codes(session: Session, places: set[int]) -> dict[int, str]:
    found: dict[int, str] = {}
    keys = sorted(places)
    for at in range(0, len(keys), 5000):
        rows = session.execute(select(Place.id, Place.code).where(Place.id.in_(keys[at : at + 5000])))
        found |= dict(rows.all())
    return found


def _views(
    session: Session, viewer: Viewer, *, stocktake_id: int | None = None, place_id: int | None = None
) -> list[StocktakeView]:
    opener, closer = aliased(Person), aliased(Person)
    expected = select(func.count()).where(StocktakeLine.stocktake_id == Stocktake.id).scalar_subquery()
    wanted = (
        select(Stocktake, Place, Unit.name, opener.name, closer.name, expected)
        .join(Place, Place.id == Stocktake.place_id)
        .join(Unit, Unit.id == Stocktake.unit_id)
        .outerjoin(opener, opener.id == Stocktake.opened_by)
        .outerjoin(closer, closer.id == Stocktake.closed_by)
        .where(Stocktake.unit_id.in_(viewer.units(Right.ROOM_READ)))
    )
    if stocktake_id is not None:
        wanted = wanted.where(Stocktake.id == stocktake_id)
    if place_id is not None:
        wanted = wanted.where(Stocktake.place_id == place_id)
    rows = session.execute(wanted.order_by(Stocktake.state != "open", Stocktake.id.desc()).limit(_SHOWN))
    return [
        StocktakeView(
            id=row.id,
            unit_id=row.unit_id,
            unit_name=unit,
            place=step(place),
            counts=row.counts,
            state=row.state,
            opened_by=opened_by,
            opened_at=row.opened_at,
            closed_by=closed_by,
            closed_at=row.closed_at,
            reason=row.reason,
            watched_by=row.watched_by,
            expected=many,
        )
        for row, place, unit, opened_by, closed_by, many in rows
    ]
