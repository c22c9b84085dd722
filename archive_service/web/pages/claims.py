"""Whose hands a scan is in while it lies on the desk: signs of life, leaving, taking over, handing over."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from archive_service.errors import Invalid, Refused
from archive_service.web import desk, render
from archive_service.web.forms import SentForm
from archive_service.web.visit import Id, SignedIn, Visit
from ingest import queries
from ingest.claims import actions as claims

router = APIRouter()


@router.post("/review/{document_id}/keep")
def keep(visit: SignedIn, form: SentForm, document_id: Id) -> Response:
    """Take a sign of life of an open page and answer with who has the scan; a page that only looks names no turn."""
    turn, scan_id = form.id("turn"), _scan_of(visit, document_id)
    if turn is not None:
        with visit.services.database.unit_of_work() as session:
            minutes = visit.services.settings.review_claim_minutes
            claims.keep(session, visit.viewer, scan_id, turn=turn, minutes=minutes, now=visit.now)
    hold = desk.look(visit, scan_id)
    with visit.services.database.reading() as session:
        document = queries.document(session, visit.viewer, document_id)
    return visit.page(
        "review/claim.html",
        document=document,
        held=hold,
        was_mine=turn is not None,
        watching=turn is None,
        batch=form.id("batch"),
    )


@router.post("/review/{document_id}/leave")
def leave(visit: SignedIn, form: SentForm, document_id: Id) -> Response:
    """Let go of the scan, if nothing of it was opened since; browsers send this when the page goes."""
    scan_id = _scan_of(visit, document_id)
    with visit.services.database.unit_of_work() as session:
        claims.leave(session, visit.viewer, scan_id, turn=form.id("turn"))
    return Response(status_code=204)


@router.post("/review/{document_id}/take")
def take_over(visit: SignedIn, form: SentForm, document_id: Id) -> Response:
    """Take the scan out of other hands, on purpose and on record."""
    scan_id, batch = _scan_of(visit, document_id), form.id("batch")
    minutes = visit.services.settings.review_claim_minutes
    try:
        with visit.services.database.unit_of_work() as session:
            claims.take(session, visit.viewer, scan_id, minutes=minutes, now=visit.now, over=True)
    except Refused as error:
        return desk.show(visit, document_id, error=error, batch=batch)
    return RedirectResponse(render.query(f"/review/{document_id}", {"batch": batch, "done": "taken"}), status_code=303)


@router.post("/review/{document_id}/hand-over")
def hand_over(visit: SignedIn, form: SentForm, document_id: Id) -> Response:
    """Give the scan to a colleague and go on with the next document."""
    scan_id, batch = _scan_of(visit, document_id), form.id("batch")
    try:
        with visit.services.database.unit_of_work() as session:
            claims.hand_over(
                session, visit.viewer, scan_id, to=form.id("person") or 0, note=form.text("note", limit=200),
                now=visit.now,
            )  # fmt: skip
    except (Invalid, Refused) as error:
        return desk.show(visit, document_id, error=error, batch=batch)
    values = {"batch": batch, "after": document_id, "done": "handed", "last": document_id}
    return RedirectResponse(render.query("/review", values), status_code=303)


def _scan_of(visit: Visit, document_id: int) -> int:
    with visit.services.database.reading() as session:
        return queries.document(session, visit.viewer, document_id).scan_id
