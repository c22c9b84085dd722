"""The four-property check: runs and what came of each item, answers of people, reports, editions of the items."""

from __future__ import annotations

from typing import Any, Literal

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from archive_service.errors import ArchiveError, Invalid, Refused
from archive_service.people.roles import Right
from archive_service.properties import actions, queries, work
from archive_service.properties import due as waiting
from archive_service.properties.difference import differences
from archive_service.properties.judge import ANSWERS
from archive_service.properties.queries import RunView
from archive_service.properties.scheme import Moment, Scheme, read, standard_text
from archive_service.web import drafting, pictures, property_desk, property_papers, words
from archive_service.web.forms import Form, SentForm
from archive_service.web.visit import Id, SignedIn, Visit, whole_number

router = APIRouter()

_SHOWN = 50
_LONGEST = 200_000


@router.get("/properties")
def list_runs(visit: SignedIn) -> Response:
    """List the runs, newest first; of one case with the form that begins another."""
    return _list(visit)


@router.post("/properties")
def check_case(visit: SignedIn, form: SentForm) -> Response:
    """Check a case now."""
    number = form.text("application_no", limit=40)
    try:
        made = work.check_case(
            property_desk.desk(visit.services), visit.viewer, number, ask_people=form.flag("ask_people")
        )
    except (Invalid, Refused) as error:
        return _list(visit, number, error)
    return RedirectResponse(f"/properties/{made}?done=properties-checked", status_code=303)


@router.get("/properties/items")
def show_items(visit: SignedIn) -> Response:
    """Show the items in force, the editions that people wrote, and what one of them would change."""
    return _items(visit, chosen=whole_number(visit.request.query_params.get("scheme")))


@router.post("/properties/items")
def save_items(visit: SignedIn, form: SentForm) -> Response:
    """Keep the text of a draft."""
    text, scheme_id = form.text("text", limit=_LONGEST), form.id("scheme")
    try:
        with visit.services.database.unit_of_work() as session:
            saved = actions.save_scheme(session, visit.viewer, text, scheme_id=scheme_id, now=visit.now).id
    except (Invalid, Refused) as error:
        return _items(visit, error, typed=text, chosen=scheme_id)
    return RedirectResponse(f"/properties/items?scheme={saved}&done=properties-drafted", status_code=303)


@router.post("/properties/items/{scheme_id}/release")
def release_items(visit: SignedIn, form: SentForm, scheme_id: Id) -> Response:
    """Put a draft of somebody else in force."""
    try:
        with visit.services.database.unit_of_work() as session:
            actions.release_scheme(session, visit.viewer, scheme_id, now=visit.now, today=visit.today)
    except Refused as error:
        return _items(visit, error)
    return RedirectResponse("/properties/items?done=properties-released", status_code=303)


@router.post("/properties/items/{scheme_id}/drop")
def drop_items(visit: SignedIn, form: SentForm, scheme_id: Id) -> Response:
    """Give a draft up."""
    with visit.services.database.unit_of_work() as session:
        actions.drop_scheme(session, visit.viewer, scheme_id, now=visit.now)
    return RedirectResponse("/properties/items?done=properties-dropped", status_code=303)


@router.get("/properties/{properties_run}")
def show_run(visit: SignedIn, properties_run: Id) -> Response:
    """Show a run with its items by property."""
    return _run(visit, properties_run)


@router.post("/properties/{properties_run}/answers")
def answer(visit: SignedIn, form: SentForm, properties_run: Id) -> Response:
    """Say what was seen of a manual item."""
    try:
        _answered(visit, form, properties_run)
    except (Invalid, Refused) as error:
        return _run(visit, properties_run, error)
    return RedirectResponse(f"/properties/{properties_run}?done=properties-answered", status_code=303)


@router.get("/properties/{properties_run}/report")
def download_report(visit: SignedIn, properties_run: Id) -> Response:
    """Hand over the report as PDF, on record."""
    digest, name = _taken(visit, properties_run, "report")
    return pictures.rendition(visit.services.store, digest, name)


@router.get("/properties/{properties_run}/data")
def download_data(visit: SignedIn, properties_run: Id) -> Response:
    """Hand over the report as data, on record."""
    digest, name = _taken(visit, properties_run, "data")
    return pictures.data(visit.services.store, digest, name)


@router.post("/properties/{properties_run}/file")
def file_report(visit: SignedIn, form: SentForm, properties_run: Id) -> Response:
    """Hand the report in as a paper of its case; it goes the way of every scan."""
    try:
        new, _ = property_papers.write(visit, properties_run)
    except Refused as error:
        return _run(visit, properties_run, error)
    done = "properties-filed" if new else "properties-there"
    return RedirectResponse(f"/properties/{properties_run}?done={done}", status_code=303)


def _answered(visit: Visit, form: Form, properties_run: int) -> None:
    work.answer(
        property_desk.desk(visit.services),
        visit.viewer,
        properties_run,
        form.text("code", limit=20),
        result=form.text("result", limit=20),
        evidence=form.text("evidence", limit=400),
    )


def _taken(visit: Visit, properties_run: int, which: Literal["report", "data"]) -> tuple[str, str]:
    with visit.services.database.unit_of_work() as session:
        return actions.hand_over(session, visit.viewer, properties_run, which, now=visit.now)


def _list(visit: Visit, number: str = "", error: ArchiveError | None = None) -> Response:
    asked = visit.request.query_params
    number = number or asked.get("case", "").strip()[:40]
    state = visit.chosen("state", words.PROPERTY_STATE)
    moment = visit.chosen("moment", words.PROPERTY_MOMENT)
    before = whole_number(asked.get("before"))
    with visit.services.database.reading() as session:
        scheme = queries.in_force(session, visit.today)
        due = _due(visit, session, scheme) if asked.get("due") == "1" else None
        found = queries.runs(
            session, visit.viewer, application_no=number, state=state, moment=moment, before=before, limit=_SHOWN
        )
    return visit.page(
        "properties/list.html",
        refusal=error,
        found=found,
        due=due,
        scheme=scheme,
        number=number,
        state=state,
        moment=moment,
        before=before,
        may_check=visit.viewer.may(Right.CASE_RECEIVE) or visit.viewer.may(Right.INSPECT),
    )


def _due(visit: Visit, session: Any, scheme: Scheme) -> list[waiting.DueCase]:
    days = scheme.longterm_every_days
    return waiting.due_cases(session, visit.viewer, now=visit.now, every_days=days, limit=_SHOWN)


def _run(visit: Visit, properties_run: int, error: ArchiveError | None = None) -> Response:
    with visit.services.database.reading() as session:
        found = queries.run(session, visit.viewer, properties_run)
    return visit.page(
        "properties/run.html",
        refusal=error,
        run=found,
        english=visit.language == "en",
        answers=[one.value for one in ANSWERS],
        may_answer=_may_answer(visit, found),
        may_file=property_papers.may_be_filed(visit.viewer, found),
    )


def _may_answer(visit: Visit, found: RunView) -> bool:
    may = (Right.CASE_RECEIVE, Right.INSPECT)
    return found.report_digest is None and any(visit.viewer.may(right, found.unit_id) for right in may)


def _items(visit: Visit, error: ArchiveError | None = None, *, typed: str = "", chosen: int | None = None) -> Response:
    with visit.services.database.reading() as session:
        scheme = queries.in_force(session, visit.today)
        editions = queries.schemes(session, visit.viewer)
        may_draft = queries.may_draft(session, visit.viewer)
    draft = next((one for one in editions if one.id == chosen), None)
    made = read(draft.text)[0] if draft is not None else None
    whole, changes = differences(scheme, made) if made is not None else ([], [])
    return visit.page(
        "properties/items.html",
        scheme=scheme,
        moments=list(Moment),
        editions=editions,
        english=visit.language == "en",
        draft=draft,
        whole=whole,
        changes=changes,
        text=typed or (draft.text if draft is not None else standard_text()),
        may_draft=may_draft,
        may_release=visit.viewer.may(Right.CATALOGUE_RELEASE),
        refusal=error,
        findings=drafting.findings(error),
    )
