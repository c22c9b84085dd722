"""Long files of cases: how far their job is, what becomes of each row, confirm, give up."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from archive_service.imports import actions, queries
from archive_service.jobs.nudge import nudge
from archive_service.people.roles import Right
from archive_service.web import export, words
from archive_service.web.forms import SentForm
from archive_service.web.pages.import_cases import REFUSED_COLUMNS
from archive_service.web.visit import Id, SignedIn, whole_number

router = APIRouter()

_SHOWN = 50


@router.get("/cases/imports/{import_id}")
def show_file(visit: SignedIn, import_id: Id) -> Response:
    """Show a file, how far it is, and its rows a page at a time: all while it is a preview, then the refused ones."""
    visit.viewer.require(Right.CASE_IMPORT)
    asked = visit.request.query_params
    with visit.services.database.reading() as session:
        file = queries.one(session, visit.viewer, import_id)
        preview = file.state in ("previewing", "previewed")
        chosen = asked.get("outcome", "") if preview else "refused"
        chosen = chosen if chosen in words.FATE else ""
        total = file.tally[chosen] if chosen else sum(file.tally.values())
        first = max(0, min(whole_number(asked.get("first")) or 0, total - 1))
        first -= first % _SHOWN
        fates = queries.fates(session, visit.viewer, import_id, outcome=chosen, first=first, limit=_SHOWN)
    return visit.page(
        "cases/import_file.html",
        file=file,
        preview=preview,
        chosen=chosen,
        fates=fates,
        total=total,
        first=first,
        step=_SHOWN,
        outcomes=words.FATE,
        states=words.IMPORT,
    )


@router.get("/cases/imports/{import_id}/state")
def show_state(visit: SignedIn, import_id: Id) -> Response:
    """Return how far a file is; the whole page anew once nothing works on it any more."""
    visit.viewer.require(Right.CASE_IMPORT)
    with visit.services.database.reading() as session:
        file = queries.one(session, visit.viewer, import_id)
    return visit.progress(
        "cases/import_file_now.html", goes_on=file.moving, file=file, outcomes=words.FATE, states=words.IMPORT
    )


@router.get("/cases/imports/{import_id}/refused")
def hand_over_refused(visit: SignedIn, import_id: Id) -> Response:
    """Hand over the refused rows of a file as CSV, with column and reason."""
    visit.viewer.require(Right.CASE_IMPORT)
    with visit.services.database.reading() as session:
        file = queries.one(session, visit.viewer, import_id)
        errors = [one.error for one in queries.refused(session, visit.viewer, import_id)]
    rows = sorted((e.line, e.column, e.code, e.message) for e in errors if e is not None)
    head = [visit.say(word) for word in REFUSED_COLUMNS]
    facts = {"rows": file.rows, "refused": len(rows)}
    return export.handed_over(visit, "refused", head, rows, what="import-refused", facts=facts)


@router.post("/cases/imports/{import_id}/confirm")
def confirm(visit: SignedIn, form: SentForm, import_id: Id) -> Response:
    """Have the rows of a file registered."""
    with visit.services.database.unit_of_work() as session:
        actions.confirm(session, import_id, by=visit.viewer, now=visit.now)
    nudge(visit.services.settings, ("upkeep",))
    return RedirectResponse(f"/cases/imports/{import_id}", status_code=303)


@router.post("/cases/imports/{import_id}/drop")
def drop(visit: SignedIn, form: SentForm, import_id: Id) -> Response:
    """Give a file up that was not confirmed."""
    with visit.services.database.unit_of_work() as session:
        actions.drop(session, import_id, by=visit.viewer, now=visit.now)
    return RedirectResponse("/cases/import", status_code=303)
