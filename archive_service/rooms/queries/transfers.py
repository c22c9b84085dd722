"""Transfers between units, for those who read the rooms of either side."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, aliased

from archive_service.errors import NotFound
from archive_service.people.roles import Right
from archive_service.people.tables import Person, Unit
from archive_service.people.viewer import Viewer
from archive_service.rooms.tables import BoxTransfer, Place, TransferBox
from archive_service.rooms.views import TransferBoxView, TransferView

_SHOWN = 100


def transfers(session: Session, viewer: Viewer) -> list[TransferView]:
    """Return the transfers that the viewer may see: those under way first, then the newest."""
    return _views(session, viewer)


def transfer(session: Session, viewer: Viewer, transfer_id: int) -> TransferView:
    """Return one transfer. Raises NotFound."""
    found = _views(session, viewer, transfer_id)
    if not found:
        raise NotFound("transfer.not-found", "没有这次移交，或者您无权查看。请从移交清单里选择。")
    return found[0]


def boxes_of(session: Session, transfer_id: int) -> list[TransferBoxView]:
    """Return the boxes of a transfer that the viewer has been shown, by their codes."""
    rows = session.execute(
        select(TransferBox, Place.code, Place.name)
        .join(Place, Place.id == TransferBox.box_id)
        .where(TransferBox.transfer_id == transfer_id)
        .order_by(Place.code)
    )
    return [
        TransferBoxView(line.box_id, code, name, line.papers_sent, line.papers_counted, line.note)
        for line, code, name in rows
    ]


def receivers(session: Session) -> Sequence[tuple[str, str]]:
    """Return codes and names of the units that have a room, so that boxes can be sent to them."""
    have = select(Place.unit_id).where(Place.kind == "room", Place.state == "in_use")
    rows = session.execute(select(Unit.code, Unit.name).where(Unit.id.in_(have)).order_by(Unit.code))
    return [(code, name) for code, name in rows]


def _views(session: Session, viewer: Viewer, transfer_id: int | None = None) -> list[TransferView]:
    sender, target, by, settler = aliased(Unit), aliased(Unit), aliased(Person), aliased(Person)
    units = viewer.units(Right.ROOM_READ)
    wanted = (
        select(
            BoxTransfer,
            sender.name,
            target.name,
            by.name,
            settler.name,
            select(func.count()).where(TransferBox.transfer_id == BoxTransfer.id).scalar_subquery(),
            select(func.coalesce(func.sum(TransferBox.papers_sent), 0))
            .where(TransferBox.transfer_id == BoxTransfer.id)
            .scalar_subquery(),
        )
        .join(sender, sender.id == BoxTransfer.from_unit_id)
        .join(target, target.id == BoxTransfer.to_unit_id)
        .outerjoin(by, by.id == BoxTransfer.sent_by)
        .outerjoin(settler, settler.id == BoxTransfer.settled_by)
        .where(or_(BoxTransfer.from_unit_id.in_(units), BoxTransfer.to_unit_id.in_(units)))
    )
    if transfer_id is not None:
        wanted = wanted.where(BoxTransfer.id == transfer_id)
    rows = session.execute(wanted.order_by(BoxTransfer.state != "sent", BoxTransfer.id.desc()).limit(_SHOWN))
    return [
        TransferView(
            id=row.id,
            from_unit_id=row.from_unit_id,
            from_name=from_name,
            to_unit_id=row.to_unit_id,
            to_name=to_name,
            state=row.state,
            reason=row.reason,
            sent_by=sent_by,
            sent_at=row.sent_at,
            settled_by=settled_by,
            settled_at=row.settled_at,
            counted_with=row.counted_with,
            boxes=boxes,
            papers=int(papers),
        )
        for row, from_name, to_name, sent_by, settled_by, boxes, papers in rows
    ]
