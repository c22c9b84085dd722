"""The scanning page: one field; a box and then papers puts them away. Works with a hand scanner, keys, or a camera."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from archive_service.errors import ArchiveError, Invalid, NotFound, Refused
from archive_service.people.roles import Right
from archive_service.rooms import actions, queries
from archive_service.rooms.rules import Kind
from archive_service.rooms.views import PlaceView
from archive_service.web.forms import SentForm
from archive_service.web.i18n import N_
from archive_service.web.visit import SignedIn, Visit, whole_number

router = APIRouter()

PUT, TAKE, MOVE = "put", "take", "move"
MODES = {PUT: N_("放入"), TAKE: N_("取出"), MOVE: N_("移动")}
#: A part of the page is asked for with this header, and says with the same one that it is one.
PART = "X-Scan-Part"


@dataclass(frozen=True)
class Told:
    """What a scan did, in a sentence; `look` is ok, info or bad."""

    look: str
    sentence: str


@router.get("/rooms/scan")
def show_scan(visit: SignedIn) -> Response:
    """Show the scanning page, with the box or shelf that the address names as the place that scans go to."""
    visit.viewer.require(Right.ROOM_KEEP)
    asked = visit.request.query_params
    mode = asked.get("mode", PUT)
    return _page(visit, mode if mode in MODES else PUT, whole_number(asked.get("at")), None)


@router.post("/rooms/scan")
def scan(visit: SignedIn, form: SentForm) -> Response:
    """Do what a code means in the mode chosen, and say what was done."""
    visit.viewer.require(Right.ROOM_KEEP)
    mode = form.text("mode", limit=10)
    mode = mode if mode in MODES else PUT
    at, status = form.id("at"), 200
    try:
        with visit.services.database.unit_of_work() as session:
            at, told = _do(session, visit, mode, at, form.raw("code"))
    except ArchiveError as error:
        # A code that nobody knows is no address that is not there.
        told, status = Told("bad", visit.told(error)), 422 if isinstance(error, NotFound) else error.http_status
    return _page(visit, mode, at, told, status=status)


def _do(session: Any, visit: Visit, mode: str, at: int | None, code: str) -> tuple[int | None, Told]:
    """Return the place that the next scans go to, and what was done."""
    place = queries.meaning(session, visit.viewer, code).place
    if place is not None:
        return _place(session, visit, at, place.id)
    if mode == TAKE:
        taken = actions.take_out(session, code, by=visit.viewer, now=visit.now)
        return at, Told("ok", visit.say(N_("已取出：%(papers)s"), papers=_named(taken)))
    if at is None:
        raise Invalid("room.scan-box-first", "还没有选盒。请先扫盒上的标签，再扫资料。")
    put = actions.put_away(session, at, code, move=mode == MOVE, by=visit.viewer, now=visit.now)
    box = put.box.code if put.box else ""
    said = visit.say(
        N_("已放入 %(box)s：%(papers)s。还可放 %(left)s 件。"), box=box, papers=_named(put), left=put.room_left
    )
    if put.left_alone:
        said += visit.say(N_("另有 %(n)s 件没有动。"), n=put.left_alone)
    return at, Told("ok", said)


def _place(session: Any, visit: Visit, at: int | None, place_id: int) -> tuple[int, Told]:
    """Choose a box or a shelf; a box that is scanned after a shelf is put onto it."""
    place = queries.place_by_id(session, visit.viewer, place_id)
    if place.kind not in (Kind.SHELF, Kind.BOX):
        raise Invalid("room.scan-what", f"{place.code} 是库房或柜。请扫层、盒的标签，或者资料的件号、档号。")
    if place.state != "in_use":
        raise Refused("room.gone", f"{place.code} 已报废，不能再用。请换一个，并揭下旧标签。", place=place.code)
    if place.kind is Kind.SHELF:
        return place.id, Told("info", visit.say(N_("现在在层 %(code)s。接着扫要上架的盒。"), code=place.code))
    shelf = queries.place_by_id(session, visit.viewer, at) if at is not None else None
    stands_there = shelf is not None and [one.id for one in place.way[-1:]] == [shelf.id]
    if shelf is not None and shelf.kind is Kind.SHELF and not stands_there:
        actions.shelve_box(session, place.id, shelf.id, by=visit.viewer, now=visit.now)
        said = visit.say(N_("盒 %(box)s 已上架到 %(shelf)s。"), box=place.code, shelf=shelf.code)
        return shelf.id, Told("ok", said)
    left = (place.capacity or 0) - place.inside
    said = visit.say(N_("现在在盒 %(code)s，还可放 %(left)s 件。接着扫资料。"), code=place.code, left=left)
    return place.id, Told("info", said)


def _named(moved: actions.Moved) -> str:
    first = moved.papers[0].number
    return first if len(moved.papers) == 1 else f"{first} … {moved.papers[-1].number} ({len(moved.papers)})"


def _page(visit: Visit, mode: str, at: int | None, told: Told | None, *, status: int = 200) -> Response:
    with visit.services.database.reading() as session:
        place = _seen(session, visit, at)
        moves = queries.own_moves(session, visit.viewer, limit=12)
    wants_part = bool(visit.request.headers.get(PART))
    return visit.page(
        "rooms/scan_part.html" if wants_part else "rooms/scan.html",
        headers={PART: "1"} if wants_part else None,
        status=status,
        mode=mode,
        modes=MODES,
        place=place,
        said=told,
        moves=moves,
    )


def _seen(session: Any, visit: Visit, at: int | None) -> PlaceView | None:
    """Return the place that scans go to, if it is there and in sight."""
    if at is None:
        return None
    try:
        return queries.place_by_id(session, visit.viewer, at)
    except ArchiveError:
        return None
