"""Stopping and starting the clocks of a case, and saying why one was missed."""

from __future__ import annotations

from datetime import date
from typing import Any

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from archive_service.errors import Invalid
from archive_service.lifecycle import actions
from archive_service.web.forms import SentForm
from archive_service.web.visit import SignedIn, Visit

router = APIRouter()


@router.post("/cases/{application_no}/pause")
def pause(visit: SignedIn, form: SentForm, application_no: str) -> Response:
    """Let the clocks of a case stand still, from a day on, while the customer owes papers."""
    try:
        first = date.fromisoformat(form.text("first_on", limit=10))
    except ValueError:
        raise Invalid("pause.day", "暂停的起始日不对：不能早于受理日，也不能晚于今天。请核对后再试。") from None
    with visit.services.database.unit_of_work() as session:
        actions.pause_case(session, application_no, first_on=first, reason=form.text("reason"), **_said(visit))
    return _back(application_no)


@router.post("/cases/{application_no}/resume")
def resume(visit: SignedIn, form: SentForm, application_no: str) -> Response:
    """Let the clocks of a case run again."""
    with visit.services.database.unit_of_work() as session:
        actions.resume_case(session, application_no, **_said(visit))
    return _back(application_no)


@router.post("/cases/{application_no}/lateness")
def say_why(visit: SignedIn, form: SentForm, application_no: str) -> Response:
    """Say why a clock of a case was missed."""
    clock, code = form.text("clock", limit=20), form.text("code", limit=20)
    with visit.services.database.unit_of_work() as session:
        actions.say_why_late(session, application_no, clock=clock, code=code, note=form.text("note"), **_said(visit))
    return _back(application_no)


def _said(visit: Visit) -> dict[str, Any]:
    workdays = visit.services.settings.filing_due_workdays
    return {"by": visit.viewer, "now": visit.now, "today": visit.today, "filing_due_workdays": workdays}


def _back(application_no: str) -> Response:
    return RedirectResponse(f"/cases/{application_no}/life#clocks", status_code=303)
