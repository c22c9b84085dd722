"""Transfers of boxes between centres: send, receive after counting together, call back."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from archive_service.errors import Invalid, NotFound, Refused
from archive_service.people.roles import Right
from archive_service.rooms import actions, queries
from archive_service.rooms.actions import Counted
from archive_service.web.forms import Form, SentForm
from archive_service.web.visit import Id, SignedIn, Visit

router = APIRouter()

_LONGEST_LIST = 40_000


@router.get("/rooms/transfers")
def list_transfers(visit: SignedIn) -> Response:
    """List the transfers, those under way first, with the form to send boxes."""
    visit.viewer.require(Right.ROOM_READ)
    return _list(visit)


@router.post("/rooms/transfers")
def send_boxes(visit: SignedIn, form: SentForm) -> Response:
    """Send boxes to another unit."""
    given = {
        "boxes": form.text("boxes", limit=_LONGEST_LIST),
        "to": form.text("to", limit=40),
        "reason": form.text("reason"),
    }
    visit.viewer.require(Right.ROOM_READ)
    try:
        with visit.services.database.unit_of_work() as session:
            key = actions.send_boxes(
                session, given["boxes"].split(), given["to"], given["reason"], by=visit.viewer, now=visit.now
            ).id
    except (Invalid, NotFound, Refused) as error:
        return _list(visit, visit.told(error), given, status=error.http_status)
    return RedirectResponse(f"/rooms/transfers/{key}?done=transfer-sent", status_code=303)


@router.get("/rooms/transfers/{transfer_id}")
def show_transfer(visit: SignedIn, transfer_id: Id) -> Response:
    """Show a transfer with its boxes, and what either side can do."""
    return _page(visit, transfer_id)


@router.post("/rooms/transfers/{transfer_id}/receive")
def receive_boxes(visit: SignedIn, transfer_id: Id, form: SentForm) -> Response:
    """Take boxes in with the numbers that both sides counted."""
    given = {"counted_with": form.text("counted_with", limit=200)}
    with visit.services.database.reading() as session:
        queries.transfer(session, visit.viewer, transfer_id)
        boxes = queries.boxes_of(session, transfer_id)
    for box in boxes:
        given[f"count-{box.box_id}"] = form.text(f"count-{box.box_id}", limit=10)
        given[f"note-{box.box_id}"] = form.text(f"note-{box.box_id}", limit=400)
    counts = {box.box_id: said for box in boxes if (said := _count(form, box.box_id)) is not None}
    try:
        with visit.services.database.unit_of_work() as session:
            actions.receive_boxes(
                session, transfer_id, counts, counted_with=given["counted_with"], by=visit.viewer, now=visit.now
            )
    except (Invalid, Refused) as error:
        return _page(visit, transfer_id, visit.told(error), given, status=error.http_status)
    return RedirectResponse(f"/rooms/transfers/{transfer_id}?done=transfer-received", status_code=303)


@router.post("/rooms/transfers/{transfer_id}/recall")
def recall_boxes(visit: SignedIn, transfer_id: Id, form: SentForm) -> Response:
    """Call a transfer back."""
    given = {"reason": form.text("reason")}
    try:
        with visit.services.database.unit_of_work() as session:
            actions.recall_boxes(session, transfer_id, given["reason"], by=visit.viewer, now=visit.now)
    except (Invalid, Refused) as error:
        return _page(visit, transfer_id, visit.told(error), given, status=error.http_status)
    return RedirectResponse(f"/rooms/transfers/{transfer_id}?done=transfer-recalled", status_code=303)


def _count(form: Form, box_id: int) -> Counted | None:
    said = form.text(f"count-{box_id}", limit=10)
    if not said.isascii() or not said.isdigit():
        return None
    return Counted(int(said), form.text(f"note-{box_id}", limit=400))


def _list(visit: Visit, error: str = "", given: Mapping[str, str] | None = None, *, status: int = 200) -> Response:
    with visit.services.database.reading() as session:
        found = queries.transfers(session, visit.viewer)
        receivers = queries.receivers(session)
    asked = visit.request.query_params
    shown = {"boxes": asked.get("box", "")[:80], **(given or {})}
    return visit.page("rooms/transfers.html", found=found, receivers=receivers, error=error, given=shown, status=status)


def _page(
    visit: Visit, transfer_id: int, error: str = "", given: Mapping[str, str] | None = None, *, status: int = 200
) -> Response:
    with visit.services.database.reading() as session:
        of = queries.transfer(session, visit.viewer, transfer_id)
        boxes = queries.boxes_of(session, transfer_id)
    under_way = of.state == "sent"
    return visit.page(
        "rooms/transfer.html",
        of=of,
        boxes=boxes,
        may_receive=under_way and visit.viewer.may(Right.ROOM_KEEP, of.to_unit_id),
        may_recall=under_way and visit.viewer.may(Right.ROOM_KEEP, of.from_unit_id),
        error=error,
        given=given or {},
        status=status,
    )
