"""Corrections of stage days, and the papers that belong to no registered case."""

from __future__ import annotations

from datetime import date

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from archive_service.errors import Invalid
from archive_service.households import actions, queries
from archive_service.people.roles import Right
from archive_service.web.forms import SentForm
from archive_service.web.visit import Id, SignedIn

router = APIRouter()

_SHOWN = 50


@router.post("/cases/{application_no}/corrections")
def ask_correction(visit: SignedIn, form: SentForm, application_no: str) -> Response:
    """Ask for another day of a stage."""
    try:
        wanted = date.fromisoformat(form.text("wanted", limit=10))
    except ValueError:
        raise Invalid("correction.day", "请填写更正后的日期，写成 2026-11-09 的样子。") from None
    with visit.services.database.unit_of_work() as session:
        actions.ask_correction(
            session,
            application_no,
            stage=form.text("stage", limit=12),
            wanted=wanted,
            reason=form.text("reason"),
            by=visit.viewer,
            now=visit.now,
            today=visit.today,
        )
    return RedirectResponse(f"/cases/{application_no}/life#times", status_code=303)


@router.post("/cases/{application_no}/corrections/{correction_id}")
def decide_correction(visit: SignedIn, form: SentForm, application_no: str, correction_id: Id) -> Response:
    """Approve or refuse a correction that somebody else asked for."""
    with visit.services.database.unit_of_work() as session:
        actions.decide_correction(
            session,
            correction_id,
            approve=form.flag("approve"),
            by=visit.viewer,
            now=visit.now,
            today=visit.today,
            filing_due_workdays=visit.services.settings.filing_due_workdays,
        )
    return RedirectResponse(f"/cases/{application_no}/life#times", status_code=303)


@router.get("/off-system")
def list_off_system(visit: SignedIn) -> Response:
    """List the papers that belong to no registered case."""
    visit.viewer.require(Right.RECORD_READ)
    after = visit.request.query_params.get("after")
    with visit.services.database.reading() as session:
        found = queries.off_system(session, visit.viewer, after=after, limit=_SHOWN)
    return visit.page("lifecycle/off_system.html", found=found, after=after)
