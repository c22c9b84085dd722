"""Putting papers into boxes, taking them out, moving them from box to box: each move stands in the history for good."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from archive_service.audit.record import Deed, record_all
from archive_service.errors import ArchiveError, Refused
from archive_service.people.roles import Right
from archive_service.people.tables import Unit
from archive_service.people.viewer import Viewer
from archive_service.rooms import rules
from archive_service.rooms.lent import papers_out
from archive_service.rooms.locked import (
    check_in_use,
    papers_for_update,
    papers_inside,
    place_for_update,
    places_for_update,
)
from archive_service.rooms.queries.codes import Meaning, Paper, meaning
from archive_service.rooms.rules import MOVED, PUT, TAKEN, Kind
from archive_service.rooms.tables import PaperMove, PaperPlace, Place


@dataclass(frozen=True)
class Moved:
    """What a scan did: the papers that moved, the box they are in now, those that were left as they are."""

    papers: Sequence[Paper]
    #: None when they were taken out.
    box: Place | None
    left_alone: int
    #: Papers that the box can still take; none without a box.
    room_left: int | None


def put_away(session: Session, box_id: int, code: str, *, move: bool = False, by: Viewer, now: datetime) -> Moved:
    """Put the papers that a code names into a box; of a case all of its papers that can be put there.

    With `move`, papers that lie in another box are taken from there. Raises NotFound, NotPermitted, Invalid, and
    Refused with what is in the way: a full box, another unit, a paper that is in a box, lent, or withdrawn.
    """
    named = _papers(session, by, code)
    known = papers_for_update(session, [one.item_id for one in named.papers])
    before = {one.box_id for one in known.values() if one.box_id is not None}
    boxes = places_for_update(session, {box_id, *before})
    box = place_for_update(session, box_id, by)
    _check_box(box)
    wanted, left_alone = _fit(session, named, known, boxes, box, move=move)
    inside = papers_inside(session, box.id)
    rules.check_room(Kind.BOX, box.code, capacity=box.capacity, inside=inside, more=len(wanted))
    came_from = _came_from(known, boxes)
    for paper in wanted:
        _go(session, by, paper, known.get(paper.item_id), box, now=now)
    _tell(session, by, wanted, came_from, box, now=now)
    left = (box.capacity or 0) - inside - len(wanted)
    return Moved(wanted, box, left_alone, left)


def take_out(session: Session, code: str, *, reason: str = "", by: Viewer, now: datetime) -> Moved:
    """Take the papers that a code names out of their boxes. Raises NotFound, NotPermitted, Invalid, Refused."""
    said = rules.check_note(reason)
    named = _papers(session, by, code)
    known = papers_for_update(session, [one.item_id for one in named.papers])
    boxes = places_for_update(session, {one.box_id for one in known.values() if one.box_id is not None})
    lent = papers_out(session, [one.item_id for one in named.papers])
    wanted: list[Paper] = []
    why: list[ArchiveError] = []
    for paper in named.papers:
        there = known.get(paper.item_id)
        box = boxes.get(there.box_id) if there is not None and there.box_id is not None else None
        refusal = _why_not_out(paper, box, lent, by)
        if refusal is None:
            wanted.append(paper)
        else:
            why.append(refusal)
    if not wanted:
        raise why[0]
    came_from = _came_from(known, boxes)
    for paper in wanted:
        _go(session, by, paper, known[paper.item_id], None, now=now, note=said, boxes=boxes)
    _tell(session, by, wanted, came_from, None, now=now, note=said)
    return Moved(wanted, None, len(named.papers) - len(wanted), None)


def _papers(session: Session, by: Viewer, code: str) -> Meaning:
    named = meaning(session, by, code)
    if named.place is not None:
        raise Refused("room.not-a-paper", f"{named.place.code} 是位置的编码，不是资料。请扫资料的件号或档号。")
    return named


def _check_box(box: Place) -> None:
    if box.kind != Kind.BOX.value:
        raise Refused("room.not-a-box", f"{box.code} 不是盒，资料只能放进盒里。请先扫盒上的标签。", place=box.code)


def _fit(
    session: Session,
    named: Meaning,
    known: dict[int, PaperPlace],
    boxes: dict[int, Place],
    box: Place,
    *,
    move: bool,
) -> tuple[list[Paper], int]:
    """Return the papers that go into the box, and how many of the case stay where they are."""
    lent = papers_out(session, [one.item_id for one in named.papers])
    wanted: list[Paper] = []
    why: list[ArchiveError] = []
    for paper in named.papers:
        there = known.get(paper.item_id)
        refusal = _why_not_in(session, paper, there, boxes, box, lent, move=move)
        if refusal is None:
            wanted.append(paper)
        else:
            why.append(refusal)
    if not wanted:
        raise why[0]
    return wanted, len(why)


def _why_not_in(
    session: Session,
    paper: Paper,
    there: PaperPlace | None,
    boxes: dict[int, Place],
    box: Place,
    lent: dict[int, str],
    *,
    move: bool,
) -> ArchiveError | None:
    if paper.state != "filed":
        return Refused("room.withdrawn", f"资料 {paper.number} 已撤出档案，不能入盒。请按撤出记录处理这份纸。")
    if paper.item_id in lent:
        return Refused("room.lent", f"资料 {paper.number} {lent[paper.item_id]}。请先在借阅台办理归还。")
    old = boxes.get(there.box_id) if there is not None and there.box_id is not None else None
    if old is not None and old.id == box.id:
        return Refused("room.there-already", f"资料 {paper.number} 已在这个盒 {box.code} 里，不用再放。")
    if old is not None and not move:
        return Refused(
            "room.in-other-box",
            f"资料 {paper.number} 在盒 {old.code} 里。要换盒请选“移动”再扫；如果那边是空的，请先盘点。",
            box=old.code,
        )
    if old is not None:
        try:
            check_in_use(old)
        except Refused as refusal:
            return refusal
    keeper = old.unit_id if old is not None else there.unit_id if there is not None else paper.unit_id
    if not _cares_for(session, box.unit_id, keeper):
        name = session.scalar(select(Unit.name).where(Unit.id == keeper)) or ""
        return Refused(
            "room.kept-elsewhere",
            f"资料 {paper.number} 由{name}保管，不能放进盒 {box.code}。跨单位请先办理移交。",
            unit=name,
        )
    return None


def _why_not_out(paper: Paper, box: Place | None, lent: dict[int, str], by: Viewer) -> ArchiveError | None:
    if box is None:
        return Refused("room.not-in-a-box", f"资料 {paper.number} 不在任何盒里，没有可取出的。请核对件号后再扫。")
    if paper.item_id in lent:
        return Refused("room.lent", f"资料 {paper.number} {lent[paper.item_id]}。请先在借阅台办理归还。")
    try:
        by.require(Right.ROOM_KEEP, box.unit_id)
        check_in_use(box)
    except Refused as refusal:
        return refusal
    return None


def _cares_for(session: Session, unit_id: int, keeper_id: int) -> bool:
    """Say whether the room of a unit is for papers in another's care: its own, and those of the units below it."""
    if unit_id == keeper_id:
        return True
    path = session.scalar(select(Unit.path).where(Unit.id == keeper_id)) or ""
    return str(unit_id) in path.split("/")


def _go(
    session: Session,
    by: Viewer,
    paper: Paper,
    there: PaperPlace | None,
    box: Place | None,
    *,
    now: datetime,
    note: str = "",
    boxes: dict[int, Place] | None = None,
) -> None:
    """Move one paper whose place is locked, and add the move to its history."""
    was = there.box_id if there is not None else None
    seq = (there.seq if there is not None else 0) + 1
    if there is None:
        assert box is not None
        there = PaperPlace(item_id=paper.item_id, box_id=box.id, unit_id=box.unit_id, seq=seq, since=now)
        try:
            with session.begin_nested():
                session.add(there)
        except IntegrityError:
            raise Refused(
                "room.moved-meanwhile", f"资料 {paper.number} 刚被别人放进一个盒。请再扫一次，看它现在在哪里。"
            ) from None
    else:
        unit_id = box.unit_id if box is not None else (boxes or {})[was or 0].unit_id
        there.box_id, there.unit_id, there.seq, there.since = box.id if box else None, unit_id, seq, now
    verb = TAKEN if box is None else PUT if was is None else MOVED
    session.add(
        PaperMove(
            item_id=paper.item_id,
            seq=seq,
            verb=verb,
            from_box_id=was,
            to_box_id=box.id if box else None,
            by=by.person_id,
            at=now,
            note=note,
        )
    )
    session.flush()


def _came_from(known: dict[int, PaperPlace], boxes: dict[int, Place]) -> dict[int, str]:
    return {key: boxes[one.box_id].code for key, one in known.items() if one.box_id is not None}


def _tell(
    session: Session,
    by: Viewer,
    papers: Sequence[Paper],
    came_from: dict[int, str],
    box: Place | None,
    *,
    now: datetime,
    note: str = "",
) -> None:
    """Write down each paper's move; who looks at the trail of an item finds where its paper went."""
    did = "paper.taken-out" if box is None else "paper.put-away"
    deeds = []
    for paper in papers:
        facts = {"paper": paper.number, "from": came_from.get(paper.item_id), "to": box.code if box else None}
        deeds.append(Deed(did, "item", paper.item_id, paper.unit_id, facts | ({"reason": note} if note else {})))
    record_all(session, deeds, by=by.actor, now=now)
