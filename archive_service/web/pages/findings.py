"""Findings of the auditors: the list, one with its steps, and the steps that this person may take."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from archive_service.errors import Invalid
from archive_service.inspection import actions, queries, rules
from archive_service.inspection.queries import FindingFilters
from archive_service.people.roles import Right
from archive_service.web.forms import SentForm
from archive_service.web.pages.samples import day_of
from archive_service.web.visit import Id, SignedIn, Visit, whole_number

router = APIRouter()

_SHOWN = 50


@router.get("/inspection/findings")
def list_findings(visit: SignedIn) -> Response:
    """List findings by state, newest first."""
    visit.viewer.require(Right.INSPECTION_READ)
    given = visit.request.query_params
    state = visit.chosen("state", {*rules.State, "overdue"})
    after = whole_number(given.get("after"))
    filters = FindingFilters(
        state=state if state in set(rules.State) else None, overdue_on=visit.today if state == "overdue" else None
    )
    with visit.services.database.reading() as session:
        rows = queries.findings(session, visit.viewer, filters, after=after, limit=_SHOWN + 1)
        counts = queries.finding_states(session, visit.viewer)
    return visit.page(
        "inspection/findings.html",
        rows=rows[:_SHOWN],
        following=rows[_SHOWN - 1].id if len(rows) > _SHOWN else None,
        after=after,
        state=state,
        states=counts,
    )


@router.get("/inspection/findings/{raised_id}")
def show_finding(visit: SignedIn, raised_id: Id) -> Response:
    """Show a finding with its steps."""
    return _show(visit, raised_id)


def _show(visit: Visit, raised_id: int, error: str = "") -> Response:
    with visit.services.database.reading() as session:
        finding = queries.finding(session, visit.viewer, raised_id)
    return visit.page(
        "inspection/finding.html",
        finding=finding,
        steps=queries.steps_open(visit.viewer, finding),
        error=error,
        status=422 if error else 200,
    )


@router.post("/inspection/findings/{raised_id}/step")
def take_step(visit: SignedIn, raised_id: Id, form: SentForm) -> Response:
    """Take a step with a finding."""
    try:
        with visit.services.database.unit_of_work() as session:
            actions.take_step(
                session,
                visit.viewer,
                finding_id=raised_id,
                step=form.text("step", limit=20),
                words=form.text("words", limit=500),
                proof_item_no=form.id("proof_item_no"),
                due_on=day_of(form, "due_on") if form.text("due_on") else None,
                now=visit.now,
                today=visit.today,
            )
    except Invalid as e:
        return _show(visit, raised_id, visit.told(e))
    return RedirectResponse(f"/inspection/findings/{raised_id}", status_code=303)
