"""The review desk's scissors: split a document, join two, drop pages and take them back, by plain forms."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from archive_service.errors import Invalid, Refused
from archive_service.web import render, review_form
from archive_service.web.desk import show
from archive_service.web.forms import Form, SentForm
from archive_service.web.visit import Id, SignedIn, Visit, whole_number
from ingest import queries, review

router = APIRouter()


@router.post("/review/{document_id}/split")
def split(visit: SignedIn, form: SentForm, document_id: Id) -> Response:
    """Cut the document before a page and show its first part."""
    before_page = form.id("before_page") or 0
    try:
        with visit.services.database.reading() as session:
            ahead = review.before_split(
                session,
                visit.viewer,
                document_id,
                before_page=before_page,
                tools=_tools(visit),
                pages=form.numbers("pages"),
            )
        with visit.services.database.unit_of_work() as session:
            first, behind = review.split(session, visit.viewer, ahead, now=visit.now)
            there, last = first.id, behind.id
    except (Invalid, Refused) as error:
        return show(visit, document_id, error=error, batch=form.id("batch"))
    return _onto(form, there, "split", last=last)


@router.post("/review/{document_id}/join")
def join(visit: SignedIn, form: SentForm, document_id: Id) -> Response:
    """Join the document with the one before it and show that one, at the page where they met."""
    try:
        with visit.services.database.reading() as session:
            met = queries.document(session, visit.viewer, document_id).pages[:1]
            ahead = review.before_join(
                session, visit.viewer, document_id, tools=_tools(visit), pages=form.numbers("pages")
            )
        with visit.services.database.unit_of_work() as session:
            there = review.join(session, visit.viewer, ahead, now=visit.now).id
    except (Invalid, Refused) as error:
        return show(visit, document_id, error=error, batch=form.id("batch"))
    return _onto(form, there, "joined", page=met[0] if met else None)


@router.get("/review/{document_id}/drop")
def ask_reason(visit: SignedIn, document_id: Id) -> Response:
    """Ask why a page is to be dropped, on a page of its own for browsers without scripts."""
    with visit.services.database.reading() as session:
        document = queries.document(session, visit.viewer, document_id)
    return visit.page(
        "review/drop.html",
        document=document,
        batch=whole_number(visit.request.query_params.get("batch")),
        page_no=review_form.page_shown(visit, document),
        drop_reasons=review_form.DROP_REASONS,
    )


@router.post("/review/{document_id}/drop")
def drop(visit: SignedIn, form: SentForm, document_id: Id) -> Response:
    """Take a page out of the document, and go on with what is left of it or with the next one."""
    page_no = form.id("page") or 0
    try:
        with visit.services.database.reading() as session:
            ahead = review.before_drop(
                session, visit.viewer, document_id, dropped=[page_no], tools=_tools(visit), pages=form.numbers("pages")
            )
        with visit.services.database.unit_of_work() as session:
            reason = form.text("reason", limit=200)
            held = review.drop_pages(session, visit.viewer, ahead, reason=reason, now=visit.now).id
    except (Invalid, Refused) as error:
        return show(visit, document_id, error=error, batch=form.id("batch"))
    if held == document_id:
        values = {"batch": form.id("batch"), "after": document_id, "done": "dropped", "last": held}
        return RedirectResponse(render.query("/review", values), status_code=303)
    return _onto(form, document_id, "dropped", last=held)


@router.post("/review/{document_id}/restore")
def restore(visit: SignedIn, form: SentForm, document_id: Id) -> Response:
    """Take dropped pages back and show the document that has them."""
    try:
        with visit.services.database.reading() as session:
            back = queries.document(session, visit.viewer, document_id).pages[:1]
            ahead = review.before_restore(session, visit.viewer, document_id, tools=_tools(visit))
        with visit.services.database.unit_of_work() as session:
            there = review.restore_pages(session, visit.viewer, ahead, now=visit.now).id
    except (Invalid, Refused) as error:
        return show(visit, document_id, error=error, batch=form.id("batch"))
    return _onto(form, there, "restored", page=back[0] if back else None)


def _tools(visit: Visit) -> review.Tools:
    return review.Tools(visit.services.settings, visit.services.store, visit.today)


def _onto(form: Form, document_id: int, done: str, **more: Any) -> Response:
    values = {"batch": form.id("batch"), "done": done, **more}
    return RedirectResponse(render.query(f"/review/{document_id}", values), status_code=303)
