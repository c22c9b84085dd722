"""Papers: what is in a box, where a paper is, how it got there."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from archive_service.households.tables import HouseholdFile, Item, Page
from archive_service.people.roles import Right
from archive_service.people.tables import Person, Unit
from archive_service.people.viewer import Viewer
from archive_service.rooms.lent import papers_out
from archive_service.rooms.queries.places import ways
from archive_service.rooms.tables import BoxMove, BoxTransfer, PaperMove, PaperPlace, Place
from archive_service.rooms.views import MoveView, PaperView, PlaceView, Whereabouts

_HISTORY = 200


def contents(session: Session, viewer: Viewer, box: PlaceView) -> list[PaperView]:
    """Return the papers in a box that the viewer has been shown, in the order of account and number.

    Of households that the viewer may not read only the number is told.
    """
    pages = select(func.count()).where(Page.item_id == Item.id).scalar_subquery()
    rows = session.execute(
        select(Item, HouseholdFile, PaperPlace.since, pages)
        .join(PaperPlace, PaperPlace.item_id == Item.id)
        .join(HouseholdFile, HouseholdFile.id == Item.household_id)
        .where(PaperPlace.box_id == box.id)
        .order_by(HouseholdFile.account_no, Item.item_no)
    ).all()
    out = papers_out(session, [item.id for item, *_ in rows])
    may = viewer.units(Right.RECORD_READ)
    return [
        PaperView(
            item_id=item.id,
            item_no=item.item_no,
            account_no=head.account_no,
            account_name=head.account_name if head.unit_id in may else "",
            document_type=item.document_type,
            pages=many,
            since=since,
            withdrawn=item.state != "filed",
            out=out.get(item.id),
        )
        for item, head, since, many in rows
    ]


def whereabouts(session: Session, viewer: Viewer, item_ids: Collection[int]) -> dict[int, Whereabouts]:
    """Return where papers are, by item; who reads the record is told. Those that never had a place are left out."""
    rows = session.execute(
        select(PaperPlace, Place)
        .join(Item, Item.id == PaperPlace.item_id)
        .join(HouseholdFile, HouseholdFile.id == Item.household_id)
        .outerjoin(Place, Place.id == PaperPlace.box_id)
        .where(PaperPlace.item_id.in_(item_ids), HouseholdFile.unit_id.in_(viewer.units(Right.RECORD_READ)))
    ).all()
    boxes = {box.id: box for _, box in rows if box is not None}
    way, sent = ways(session, boxes.values()), _under_way(session, boxes.values())
    names = dict(session.execute(select(Unit.id, Unit.name)).all())
    out = papers_out(session, item_ids)
    taken = _taken_by(session, [there.item_id for there, box in rows if box is None])
    return {
        there.item_id: Whereabouts(
            unit_name=names[box.unit_id if box is not None else there.unit_id],
            way=way[box.id] if box is not None else (),
            out=out.get(there.item_id),
            taken_at=there.since if box is None else None,
            taken_by=taken.get(there.item_id) if box is None else None,
            under_way=sent.get(box.id) if box is not None else None,
        )
        for there, box in rows
    }


def history(session: Session, item_id: int, *, limit: int = _HISTORY) -> list[MoveView]:
    """Return the moves of a paper, newest first; the caller has shown that the viewer may see the item."""
    return _moves(session, select(PaperMove.id).where(PaperMove.item_id == item_id), limit)


def own_moves(session: Session, viewer: Viewer, *, limit: int = 20) -> list[MoveView]:
    """Return the last moves that the viewer made, newest first."""
    return _moves(session, select(PaperMove.id).where(PaperMove.by == viewer.person_id), limit)


def moves_of_box(session: Session, box: PlaceView, *, limit: int = _HISTORY) -> list[MoveView]:
    """Return where a box stood, newest first."""
    before, after = aliased(Place), aliased(Place)
    rows = session.execute(
        select(BoxMove, before.code, after.code, Person.name, Unit.name)
        .outerjoin(before, before.id == BoxMove.from_shelf_id)
        .outerjoin(after, after.id == BoxMove.to_shelf_id)
        .outerjoin(Person, Person.id == BoxMove.by)
        .join(Unit, Unit.id == BoxMove.unit_id)
        .where(BoxMove.box_id == box.id)
        .order_by(BoxMove.seq.desc())
        .limit(limit)
    )
    return [MoveView(move.verb, move.at, by, was, now, unit) for move, was, now, by, unit in rows]


def _moves(session: Session, wanted: object, limit: int) -> list[MoveView]:
    before, after = aliased(Place), aliased(Place)
    rows = session.execute(
        select(PaperMove, before.code, after.code, Person.name, HouseholdFile.account_no, Item.item_no)
        .join(Item, Item.id == PaperMove.item_id)
        .join(HouseholdFile, HouseholdFile.id == Item.household_id)
        .outerjoin(before, before.id == PaperMove.from_box_id)
        .outerjoin(after, after.id == PaperMove.to_box_id)
        .outerjoin(Person, Person.id == PaperMove.by)
        .where(PaperMove.id.in_(wanted))  # type: ignore[arg-type]
        .order_by(PaperMove.id.desc())
        .limit(limit)
    )
    return [
        MoveView(move.verb, move.at, by, was, now, move.note, f"{account}-{number:03d}", move.item_id)
        for move, was, now, by, account, number in rows
    ]


def _taken_by(session: Session, item_ids: Sequence[int]) -> dict[int, str]:
    last = (
        select(func.max(PaperMove.id)).where(PaperMove.item_id.in_(item_ids)).group_by(PaperMove.item_id)
        if item_ids
        else None
    )
    if last is None:
        return {}
    rows = session.execute(
        select(PaperMove.item_id, Person.name).join(Person, Person.id == PaperMove.by).where(PaperMove.id.in_(last))
    )
    return dict(rows.all())


def _under_way(session: Session, boxes: Collection[Place]) -> dict[int, tuple[str, str, datetime]]:
    sender, target = aliased(Unit), aliased(Unit)
    keys = {box.transfer_id for box in boxes if box.transfer_id is not None}
    if not keys:
        return {}
    rows = session.execute(
        select(BoxTransfer.id, sender.name, target.name, BoxTransfer.sent_at)
        .join(sender, sender.id == BoxTransfer.from_unit_id)
        .join(target, target.id == BoxTransfer.to_unit_id)
        .where(BoxTransfer.id.in_(keys))
    )
    said = {key: (was, to, at) for key, was, to, at in rows}
    return {box.id: said[box.transfer_id] for box in boxes if box.transfer_id is not None}
