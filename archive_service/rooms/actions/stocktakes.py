"""Stocktakes: opened for a place, codes scanned one after the other, closed with its result and a reason."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from archive_service import ids
from archive_service.audit.record import record
from archive_service.errors import ArchiveError, Invalid, NotFound, Refused
from archive_service.people.roles import Right
from archive_service.people.tables import Unit
from archive_service.people.viewer import Viewer
from archive_service.rooms import rules
from archive_service.rooms.actions.told import tell
from archive_service.rooms.counting import DIFFERENCES, Outcome
from archive_service.rooms.locked import place_for_update
from archive_service.rooms.queries import counts as reading
from archive_service.rooms.queries.codes import Meaning, meaning
from archive_service.rooms.rules import NAMES, Kind
from archive_service.rooms.tables import Place, Stocktake, StocktakeLine, StocktakeResult, StocktakeScan


def open_stocktake(session: Session, place_id: int, counts: str, *, by: Viewer, now: datetime) -> Stocktake:
    """Open a stocktake of a place, of the papers in its boxes or the boxes on its shelves.

    What ought to be there is written down now. Raises NotFound, NotPermitted, Invalid, and Refused while a place
    above or inside is counted, or where there is nothing or too much to count.
    """
    if counts not in ("papers", "boxes"):
        raise Invalid("stocktake.counts", "请选择盘点资料还是盘点盒。")
    place = place_for_update(session, place_id, by)
    # Two that overlap would be opened at once otherwise.
    session.scalars(select(Unit.id).where(Unit.id == place.unit_id).with_for_update()).one()
    if counts == "boxes" and place.kind == Kind.BOX.value:
        raise Invalid("stocktake.box-of-boxes", "一个盒里只能盘点资料。请改选“资料”。")
    _check_alone(session, place)
    if reading.how_many(session, place, counts) > rules.MOST_COUNTED:
        raise Refused(
            "stocktake.too-many",
            f"一次盘点最多 {rules.MOST_COUNTED}。请按柜或按层分开盘点，或者先盘点盒。",
            most=rules.MOST_COUNTED,
        )
    things = reading.expected(session, place, counts)
    if not things:
        raise Refused("stocktake.nothing", f"{NAMES[Kind(place.kind)]} {place.code} 里没有在册的，不用盘点。")
    row = Stocktake(
        place_id=place.id, unit_id=place.unit_id, counts=counts, state="open", opened_by=by.person_id, opened_at=now
    )
    session.add(row)
    session.flush()
    key = "item_id" if counts == "papers" else "box_id"
    session.execute(
        insert(StocktakeLine),
        [{"stocktake_id": row.id, key: thing, "place_id": where} for thing, where in things],
    )
    tell(session, by, "stocktake.opened", place, {"counts": counts, "expected": len(things)}, now=now)
    return row


@dataclass(frozen=True)
class Seen:
    """What a scan was: a paper or a box that counts from now on, a place for the next ones, or nothing known."""

    item_id: int | None
    box_id: int | None
    #: The box or shelf that the next things are in.
    place_id: int | None
    #: Why the code names nothing here; it counts as unknown.
    unknown: ArchiveError | None = None


def scan(session: Session, stocktake_id: int, code: str, at_place: int | None, *, by: Viewer, now: datetime) -> Seen:
    """Write down a code that was scanned in a box, or on a shelf; one that nobody knows is written down as well.

    The scan of a box, where papers are counted, or of a shelf, where boxes are, only says where the next things are.
    Raises NotFound, NotPermitted, Invalid for a code that has no place in such a count, Refused once it is closed.
    """
    row = _open(session, stocktake_id, by, lock=False)
    where = _where(session, row, at_place)
    try:
        named = meaning(session, by, code)
    except (NotFound, Refused) as error:
        seen = Seen(None, None, where, error)
    else:
        if named.of_case:
            raise Invalid("stocktake.of-case", "盘点要逐件扫。这是整个案件的档号，请扫资料的件号。")
        seen = _named(session, row, named, where)
        if seen.item_id is None and seen.box_id is None:
            return seen
    session.add(
        StocktakeScan(
            stocktake_id=row.id,
            code=ids.compact(code)[: rules.LONGEST_CODE],
            item_id=seen.item_id,
            box_id=seen.box_id,
            place_id=where,
            by=by.person_id,
            at=now,
        )
    )
    session.flush()
    facts = {"item": seen.item_id, "box": seen.box_id, "at": where, "known": seen.unknown is None}
    record(
        session, by=by.actor, did="stocktake.scanned", object_kind="stocktake", object_id=row.id, unit_id=row.unit_id,
        facts=facts, now=now,
    )  # fmt: skip
    return seen


def close_stocktake(
    session: Session, stocktake_id: int, *, reason: str, watched_by: str, by: Viewer, now: datetime
) -> Stocktake:
    """Close a stocktake: its result is written down for good. Differences need a reason.

    `watched_by` is who watched the count. Raises NotFound, NotPermitted, Invalid, Refused when it is closed already.
    """
    row = _open(session, stocktake_id, by, lock=True)
    found = reading.outcome(session, row)
    differ = sum(one.outcome in DIFFERENCES for one in found)
    said = reason.strip()
    if differ and len(said) < 2:
        raise Invalid("stocktake.reason", f"有 {differ} 处差异。请写明差异的原因和打算怎么办，再结束盘点。")
    if len(said) > rules.LONGEST_REASON:
        raise Invalid("stocktake.reason-long", f"原因最多 {rules.LONGEST_REASON} 字。请缩短后再试。")
    watcher = watched_by.strip()
    if not 2 <= len(watcher) <= 80:
        raise Invalid("stocktake.watched-by", "请写明监盘人姓名。盘点要有另一人在场。")
    papers = row.counts == "papers"
    session.execute(
        insert(StocktakeResult),
        [
            {
                "stocktake_id": row.id,
                "outcome": one.outcome.value,
                "code": one.code,
                "item_id": one.thing if papers else None,
                "box_id": None if papers else one.thing,
                "place_id": one.place,
                "seen_place_id": one.seen,
            }
            for one in found
        ],
    )
    row.state, row.closed_by, row.closed_at = "closed", by.person_id, now
    row.reason, row.watched_by = said, watcher
    session.flush()
    of = Counter(one.outcome for one in found)
    record(
        session, by=by.actor, did="stocktake.closed", object_kind="stocktake", object_id=row.id, unit_id=row.unit_id,
        facts={"reason": said, "watched_by": watcher, **{one.value: of[one] for one in Outcome}}, now=now,
    )  # fmt: skip
    return row


def _check_alone(session: Session, place: Place) -> None:
    """Refuse while the place, one above it or one inside it is counted."""
    counted = session.scalars(
        select(Place)
        .join(Stocktake, Stocktake.place_id == Place.id)
        .where(Stocktake.state == "open", Stocktake.unit_id == place.unit_id)
    )
    for other in counted:
        if other.path.startswith(place.path) or place.path.startswith(other.path):
            raise Refused(
                "stocktake.open-already",
                f"{NAMES[Kind(other.kind)]} {other.code} 正在盘点，范围重叠。请先结束那次盘点。",
                place=other.code,
            )


def _open(session: Session, stocktake_id: int, by: Viewer, *, lock: bool) -> Stocktake:
    wanted = select(Stocktake).where(Stocktake.id == stocktake_id)
    # Scans do not wait for each other, closing waits for the scans that are being written.
    wanted = wanted.with_for_update() if lock else wanted.with_for_update(read=True)
    row = session.scalar(wanted.execution_options(populate_existing=True))
    if row is None or not by.may(Right.ROOM_READ, row.unit_id):
        raise NotFound("stocktake.not-found", "没有这次盘点，或者您无权查看。请从盘点清单里选择。")
    by.require(Right.ROOM_KEEP, row.unit_id)
    if row.state != "open":
        raise Refused("stocktake.closed", "这次盘点已经结束，没有再记。要再盘请新开一次盘点。")
    return row


def _where(session: Session, row: Stocktake, at_place: int | None) -> int | None:
    """Return the box or shelf that was scanned last, if it is one of this unit."""
    if at_place is None:
        return None
    place = session.get(Place, at_place)
    return place.id if place is not None and place.unit_id == row.unit_id else None


def _named(session: Session, row: Stocktake, named: Meaning, where: int | None) -> Seen:
    """Return what a known code is to this count."""
    place, papers = named.place, row.counts == "papers"
    if place is None:
        if not papers:
            raise Invalid("stocktake.boxes-only", "这次只盘点盒。请扫层和盒的标签，不用扫资料。")
        return Seen(named.papers[0].item_id, None, where)
    holder = Kind.BOX if papers else Kind.SHELF
    if place.kind == holder.value:
        _check_within(session, row, place)
        return Seen(None, None, place.id)
    if papers or place.kind != Kind.BOX.value:
        what = "盒，再逐件扫资料" if papers else "层，再逐盒扫"
        raise Invalid("stocktake.wrong-place", f"{place.code} 在这次盘点里不用扫。请先扫{what}。", place=place.code)
    return Seen(None, place.id, where)


def _check_within(session: Session, row: Stocktake, place: Place) -> None:
    counted = session.get_one(Place, row.place_id)
    if not place.path.startswith(counted.path):
        raise Refused(
            "stocktake.outside",
            f"{NAMES[Kind(place.kind)]} {place.code} 在册不在 {counted.code} 里，不属于这次盘点。请先把它上架到这里，"
            "或者放回原处。",
            place=place.code,
        )
