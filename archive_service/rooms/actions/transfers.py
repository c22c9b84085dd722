"""Boxes that go to another service centre: sent, under way, received after counting together, or called back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from archive_service.audit.record import Deed, record, record_all
from archive_service.errors import ArchiveError, Invalid, NotFound, Refused
from archive_service.people.roles import Right
from archive_service.people.tables import Unit
from archive_service.people.viewer import Viewer
from archive_service.rooms import rules
from archive_service.rooms.actions.places import stand
from archive_service.rooms.actions.told import note_box_move
from archive_service.rooms.lent import papers_out
from archive_service.rooms.locked import check_in_use, papers_inside, places_for_update, places_inside
from archive_service.rooms.rules import Kind
from archive_service.rooms.tables import BoxTransfer, PaperPlace, Place, TransferBox


@dataclass(frozen=True)
class Counted:
    """How many papers of a box were counted on arrival, and why that differs from what left."""

    papers: int
    note: str = ""


def send_boxes(
    session: Session, codes: Sequence[str], to_unit_code: str, reason: str, *, by: Viewer, now: datetime
) -> BoxTransfer:
    """Send boxes of one unit to another; until they are received they are under way, with all that is in them.

    Raises NotFound, NotPermitted, Invalid, and Refused for a box that is under way, scrapped, or has papers lent.
    """
    said = rules.check_reason(reason)
    boxes = _boxes(session, codes, by)
    target = session.scalar(select(Unit).where(Unit.code == to_unit_code))
    if target is None:
        raise NotFound("people.unit-not-found", "没有这个单位，或者您无权查看。请核对单位代码。")
    sender = boxes[0].unit_id
    if target.id == sender:
        raise Invalid("transfer.same-unit", "移交要送到另一个单位。同一单位内换位置，请用“上架”。")
    if not _has_room(session, target.id):
        raise Refused("transfer.no-room", f"{target.name}还没有登记库房，无法接收。请对方先登记库房。")
    transfer = BoxTransfer(
        from_unit_id=sender, to_unit_id=target.id, state="sent", reason=said, sent_by=by.person_id, sent_at=now
    )
    session.add(transfer)
    session.flush()
    for box in boxes:
        shelf = box.parent_id
        count = papers_inside(session, box.id)
        session.add(
            TransferBox(
                transfer_id=transfer.id, box_id=box.id, from_shelf_id=shelf, papers_sent=count, note="", under_way=True
            )
        )
        stand(box, None)
        box.transfer_id = transfer.id
        session.flush()
        note_box_move(session, by, box, "sent", was=shelf, now=now, transfer_id=transfer.id)
    _tell(session, by, "transfer.sent", transfer, {"boxes": [one.code for one in boxes], "to": target.code}, now=now)
    return transfer


def receive_boxes(
    session: Session,
    transfer_id: int,
    counts: Mapping[int, Counted],
    *,
    counted_with: str,
    by: Viewer,
    now: datetime,
) -> BoxTransfer:
    """Take the boxes of a transfer in after counting them together with somebody of the other side.

    `counts` says for each box, by its id, how many papers are in it. Raises NotFound, NotPermitted, Invalid when a
    count or the other's name lacks or a difference is not explained, Refused when it is no longer under way.
    """
    transfer = _for_update(session, transfer_id, by)
    by.require(Right.ROOM_KEEP, transfer.to_unit_id)
    _check_under_way(transfer)
    whom = counted_with.strip()
    if not 2 <= len(whom) <= 80:
        raise Invalid("transfer.counted-with", "请写明与谁共同清点（送交人姓名）。双方点清后再签收。")
    lines = _lines(session, transfer.id)
    boxes = places_for_update(session, [one.box_id for one in lines])
    differ = []
    for line in lines:
        box, said = boxes[line.box_id], counts.get(line.box_id)
        _check_count(box, line, said)
        assert said is not None
        line.papers_counted, line.note, line.under_way = said.papers, rules.check_note(said.note), False
        if line.papers_counted != line.papers_sent:
            differ.append(
                {"box": box.code, "sent": line.papers_sent, "counted": line.papers_counted, "note": line.note}
            )
        box.unit_id, box.transfer_id, box.version = transfer.to_unit_id, None, box.version + 1
        session.flush()
        note_box_move(session, by, box, "received", was=None, now=now, transfer_id=transfer.id)
    _settle(transfer, "received", by, now)
    transfer.counted_with = whom
    session.flush()
    _tell(session, by, "transfer.received", transfer, {"with": whom, "differences": differ}, now=now)
    return transfer


def recall_boxes(session: Session, transfer_id: int, reason: str, *, by: Viewer, now: datetime) -> BoxTransfer:
    """Call a transfer back that nobody received; boxes go back to their shelves where there is still room.

    Raises NotFound, NotPermitted, Invalid, Refused when it is no longer under way.
    """
    said = rules.check_reason(reason)
    transfer = _for_update(session, transfer_id, by)
    by.require(Right.ROOM_KEEP, transfer.from_unit_id)
    _check_under_way(transfer)
    lines = _lines(session, transfer.id)
    shelves = {one.from_shelf_id for one in lines if one.from_shelf_id is not None}
    places = places_for_update(session, {*(one.box_id for one in lines), *shelves})
    for line in lines:
        box, shelf = places[line.box_id], places.get(line.from_shelf_id or 0)
        line.under_way, box.transfer_id = False, None
        stand(box, shelf if shelf is not None and _takes(session, shelf) else None)
        session.flush()
        note_box_move(session, by, box, "recalled", was=None, now=now, transfer_id=transfer.id)
    _settle(transfer, "recalled", by, now)
    session.flush()
    _tell(session, by, "transfer.recalled", transfer, {"reason": said}, now=now)
    return transfer


def _boxes(session: Session, codes: Sequence[str], by: Viewer) -> list[Place]:
    """Return the boxes with these codes, locked, all of one unit whose rooms the person keeps."""
    wanted = list(dict.fromkeys(one.strip().upper() for one in codes if one.strip()))
    if not 1 <= len(wanted) <= rules.MOST_SENT:
        raise Invalid("transfer.boxes", f"一次移交 1 到 {rules.MOST_SENT} 个盒。请逐行写盒的编码，或者扫盒标签。")
    upper = func.upper(Place.code)
    found = session.execute(select(Place.id, upper).where(upper.in_(wanted))).all()
    ids = {code: key for key, code in found}
    lacking = [code for code in wanted if code not in ids]
    rows = places_for_update(session, list(ids.values()))
    unseen = [one.code for one in rows.values() if not by.may(Right.ROOM_READ, one.unit_id)]
    if lacking or unseen:
        raise NotFound(
            "transfer.box-not-found", f"没有编码为 {(lacking + unseen)[0][:40]} 的盒，或者不归您管。请核对后再试。"
        )
    boxes = [rows[ids[code]] for code in wanted]
    for box in boxes:
        by.require(Right.ROOM_KEEP, box.unit_id)
        if box.kind != Kind.BOX.value:
            raise Invalid("room.not-a-box", f"{box.code} 不是盒，移交只能按盒。请扫盒上的标签。", place=box.code)
        check_in_use(box)
        _check_home(session, box)
    if len({box.unit_id for box in boxes}) > 1:
        raise Refused("transfer.units-mixed", "这些盒不是同一个单位的。请按单位分开移交。")
    return boxes


def _check_home(session: Session, box: Place) -> None:
    """Refuse to send a box while papers of it are lent."""
    inside = session.scalars(select(PaperPlace.item_id).where(PaperPlace.box_id == box.id)).all()
    out = papers_out(session, inside)
    if out:
        raise Refused(
            "transfer.papers-out",
            f"盒 {box.code} 里有 {len(out)} 件资料借出未还，不能移交。请先收回再移交。",
            box=box.code,
        )


def _has_room(session: Session, unit_id: int) -> bool:
    wanted = select(Place.id).where(Place.unit_id == unit_id, Place.kind == "room", Place.state == "in_use")
    return session.scalar(wanted.limit(1)) is not None


def _for_update(session: Session, transfer_id: int, by: Viewer) -> BoxTransfer:
    wanted = select(BoxTransfer).where(BoxTransfer.id == transfer_id).with_for_update()
    row = session.scalar(wanted.execution_options(populate_existing=True))
    if row is None or not (by.may(Right.ROOM_READ, row.from_unit_id) or by.may(Right.ROOM_READ, row.to_unit_id)):
        raise NotFound("transfer.not-found", "没有这次移交，或者您无权查看。请从移交清单里选择。")
    return row


def _check_under_way(transfer: BoxTransfer) -> None:
    if transfer.state != "sent":
        done = "签收" if transfer.state == "received" else "撤回"
        raise Refused("transfer.settled", f"这次移交已经{done}，没有再执行。请刷新页面看结果。", state=transfer.state)


def _lines(session: Session, transfer_id: int) -> Sequence[TransferBox]:
    wanted = select(TransferBox).where(TransferBox.transfer_id == transfer_id)
    return session.scalars(wanted.order_by(TransferBox.id).with_for_update()).all()


def _check_count(box: Place, line: TransferBox, said: Counted | None) -> None:
    if said is None or said.papers < 0:
        raise Invalid("transfer.count", f"请填写盒 {box.code} 清点到几件。每个盒都要点。", box=box.code)
    if said.papers != line.papers_sent and len(said.note.strip()) < 2:
        raise Invalid(
            "transfer.difference",
            f"盒 {box.code} 发出 {line.papers_sent} 件，清点到 {said.papers} 件。请写明差异的情况再签收。",
            box=box.code,
        )


def _takes(session: Session, shelf: Place) -> bool:
    try:
        check_in_use(shelf)
        inside = places_inside(session, shelf.id)
        rules.check_room(Kind.SHELF, shelf.code, capacity=shelf.capacity, inside=inside, more=1)
    except ArchiveError:
        return False
    return True


def _settle(transfer: BoxTransfer, state: str, by: Viewer, now: datetime) -> None:
    transfer.state, transfer.settled_by, transfer.settled_at = state, by.person_id, now


def _tell(
    session: Session, by: Viewer, did: str, transfer: BoxTransfer, facts: Mapping[str, object], *, now: datetime
) -> None:
    """Write it down for both sides: each reads the trail of its own unit."""
    if did == "transfer.sent":
        record(
            session, by=by.actor, did=did, object_kind="transfer", object_id=transfer.id,
            unit_id=transfer.from_unit_id, facts=facts, now=now,
        )  # fmt: skip
        return
    deeds = [
        Deed(did, "transfer", transfer.id, unit_id, facts) for unit_id in (transfer.from_unit_id, transfer.to_unit_id)
    ]
    record_all(session, deeds, by=by.actor, now=now)
