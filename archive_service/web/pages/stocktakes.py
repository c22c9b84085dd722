"""Stocktakes: open one for a place, scan, see how far it is, close it, print the report that is signed."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from archive_service.audit.record import record
from archive_service.errors import ArchiveError, Invalid, Refused
from archive_service.people.roles import Right
from archive_service.rooms import actions, queries
from archive_service.web import room_papers
from archive_service.web.forms import SentForm
from archive_service.web.i18n import N_
from archive_service.web.pages.room_scan import PART, Told
from archive_service.web.pictures import attachment
from archive_service.web.visit import Id, SignedIn, Visit

router = APIRouter()

#: Things of a result that a page lists at most; the report lists all differences.
_SHOWN = 300


@router.get("/rooms/stocktakes")
def list_stocktakes(visit: SignedIn) -> Response:
    """List the stocktakes, with the form to open one."""
    visit.viewer.require(Right.ROOM_READ)
    return _list(visit)


@router.post("/rooms/stocktakes")
def open_stocktake(visit: SignedIn, form: SentForm) -> Response:
    """Open a stocktake of the place whose code was given."""
    given = {"code": form.text("code", limit=200), "counts": form.text("counts", limit=10)}
    try:
        with visit.services.database.unit_of_work() as session:
            place = queries.meaning(session, visit.viewer, given["code"]).place
            if place is None:
                raise Invalid("stocktake.no-place", "请写要盘点的库房、柜、层或盒的编码，不是资料的编码。")
            key = actions.open_stocktake(session, place.id, given["counts"], by=visit.viewer, now=visit.now).id
    except (Invalid, Refused) as error:
        visit.viewer.require(Right.ROOM_READ)
        return _list(visit, visit.told(error), given, status=error.http_status)
    return RedirectResponse(f"/rooms/stocktakes/{key}", status_code=303)


@router.get("/rooms/stocktakes/{stocktake_id}")
def show_stocktake(visit: SignedIn, stocktake_id: Id) -> Response:
    """Show how far a stocktake is, with the field to scan, or what it came to."""
    return _page(visit, stocktake_id, None, None)


@router.post("/rooms/stocktakes/{stocktake_id}/scan")
def scan(visit: SignedIn, stocktake_id: Id, form: SentForm) -> Response:
    """Write down a code that was scanned, and say what it is."""
    at, status = form.id("at"), 200
    code = form.raw("code")
    try:
        with visit.services.database.unit_of_work() as session:
            seen = actions.scan(session, stocktake_id, code, at, by=visit.viewer, now=visit.now)
    except (Invalid, Refused) as error:
        told, status = Told("bad", visit.told(error)), error.http_status
    else:
        told = _told(visit, seen, code.strip()[:60])
        at = seen.place_id
    return _page(visit, stocktake_id, at, told, status=status)


@router.post("/rooms/stocktakes/{stocktake_id}/close")
def close_stocktake(visit: SignedIn, stocktake_id: Id, form: SentForm) -> Response:
    """Close a stocktake: its result stays as it is now."""
    given = {"reason": form.text("reason"), "watched_by": form.text("watched_by", limit=200)}
    try:
        with visit.services.database.unit_of_work() as session:
            actions.close_stocktake(session, stocktake_id, **given, by=visit.viewer, now=visit.now)
    except Invalid as error:
        return _page(visit, stocktake_id, None, None, error=visit.told(error), given=given, status=422)
    return RedirectResponse(f"/rooms/stocktakes/{stocktake_id}?done=stocktake-closed", status_code=303)


@router.get("/rooms/stocktakes/{stocktake_id}/report.pdf")
def print_report(visit: SignedIn, stocktake_id: Id) -> Response:
    """Return the report of a stocktake as PDF to sign, on record."""
    return report_of(visit, stocktake_id)


def report_of(visit: Visit, stocktake_id: int) -> Response:
    """Return the report of a stocktake and put on record that it was printed. Raises NotFound."""
    with visit.services.database.reading() as session:
        of = queries.stocktake(session, visit.viewer, stocktake_id)
        result = queries.result(session, visit.viewer, of)
    made = room_papers.report(visit, of, result)
    with visit.services.database.unit_of_work() as session:
        record(
            session, by=visit.viewer.actor, did="paper.printed", object_kind="stocktake", object_id=of.id,
            unit_id=of.unit_id, facts={"paper": "stocktake", "code": of.place.code}, now=visit.now,
        )  # fmt: skip
    name = attachment(f"{visit.say(N_('盘点报告'))} {of.place.code}.pdf")
    return Response(made, media_type="application/pdf", headers={"Content-Disposition": name})


def _told(visit: Visit, seen: actions.Seen, code: str) -> Told:
    if seen.unknown is not None:
        return Told("bad", visit.say(N_("记为“无法识别”：%(why)s"), why=visit.told(seen.unknown)))
    if seen.item_id is None and seen.box_id is None:
        return Told("info", visit.say(N_("现在在 %(code)s。接着扫里面的。"), code=code))
    if seen.place_id is None:
        return Told("bad", visit.say(N_("已记下 %(code)s，但还没有扫它所在的盒或层，会算作错位。"), code=code))
    return Told("ok", visit.say(N_("已点到 %(code)s。"), code=code))


def _list(visit: Visit, error: str = "", given: dict[str, str] | None = None, *, status: int = 200) -> Response:
    with visit.services.database.reading() as session:
        found = queries.stocktakes(session, visit.viewer)
        rooms = queries.rooms(session, visit.viewer)
    shown = {"counts": "papers", "code": visit.request.query_params.get("code", "")[:80], **(given or {})}
    return visit.page("rooms/stocktakes.html", found=found, rooms=rooms, error=error, given=shown, status=status)


def _page(
    visit: Visit,
    stocktake_id: int,
    at: int | None,
    told: Told | None,
    *,
    error: str = "",
    given: dict[str, str] | None = None,
    status: int = 200,
) -> Response:
    with visit.services.database.reading() as session:
        of = queries.stocktake(session, visit.viewer, stocktake_id)
        result = queries.result(session, visit.viewer, of)
        scans = queries.last_scans(session, of)
        place = None
        if at is not None:
            try:
                place = queries.place_by_id(session, visit.viewer, at)
            except ArchiveError:
                place = None
    wants_part = bool(visit.request.headers.get(PART))
    return visit.page(
        "rooms/stocktake_part.html" if wants_part else "rooms/stocktake.html",
        headers={PART: "1"} if wants_part else None,
        status=status,
        of=of,
        result=result,
        things=result.things[:_SHOWN],
        scans=scans,
        place=place,
        said=told,
        order=queries.ORDER,
        may_keep=of.state == "open" and visit.viewer.may(Right.ROOM_KEEP, of.unit_id),
        error=error,
        given=given or {},
    )
