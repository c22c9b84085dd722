"""Page surgery: the pages of a scan side by side, to be put in order, moved, turned and dropped; and undo."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from archive_service.errors import ArchiveError, Invalid, Refused
from archive_service.web import render, review_form
from archive_service.web.desk import show
from archive_service.web.forms import LONGEST_LIST, Form, SentBoard, SentForm
from archive_service.web.i18n import N_
from archive_service.web.visit import Id, SignedIn, Visit, whole_number
from ingest import queries, review
from ingest.queries import DocumentView, ScanView

router = APIRouter()

#: Empty rows into which pages can be put; each save may make so many new documents.
_NEW = 3


@dataclass(frozen=True)
class Lane:
    """A row of the board: a document that is still open, a new one, the bin, or one that is out of reach."""

    kind: str
    #: Name of the field with its pages; empty where nothing can be changed.
    field: str
    pages: Sequence[int]
    document: DocumentView | None = None


@router.get("/review/{document_id}/pages")
def show_pages(visit: SignedIn, document_id: Id) -> Response:
    """Show the pages of the scan that a document is part of, row by row."""
    return _board(visit, document_id)


@router.post("/review/{document_id}/pages")
def arrange(visit: SignedIn, form: SentBoard, document_id: Id) -> Response:
    """Put the pages as the form says; a form that is out of date or incomplete changes nothing."""
    try:
        wanted = _wanted(form)
        with visit.services.database.reading() as session:
            scan_id = queries.document(session, visit.viewer, document_id).scan_id
            ahead = review.before_arrange(session, visit.viewer, scan_id, wanted, tools=_tools(visit))
        there = _write(visit, ahead)
    except Invalid as error:
        return _board(visit, document_id, typed=form, error=error)
    except Refused as error:
        return _board(visit, document_id, error=error)
    return _onto(visit, form, document_id, there, "arranged")


@router.post("/review/{document_id}/turn")
def turn(visit: SignedIn, form: SentForm, document_id: Id) -> Response:
    """Turn the page shown on the desk by a quarter."""
    pages, page_no = form.numbers("pages") or [], form.id("page") or 0
    wanted = review.Wanted({document_id: pages}, [(document_id, pages)], {page_no: form.id("degrees") or 90})
    try:
        with visit.services.database.reading() as session:
            scan_id = queries.document(session, visit.viewer, document_id).scan_id
            ahead = review.before_arrange(session, visit.viewer, scan_id, wanted, tools=_tools(visit))
        _write(visit, ahead)
    except (Invalid, Refused) as error:
        return show(visit, document_id, error=error, batch=form.id("batch"))
    return _onto(visit, form, document_id, document_id, "turned", page=page_no)


@router.post("/review/{document_id}/undo-pages")
def undo(visit: SignedIn, form: SentForm, document_id: Id) -> Response:
    """Undo the last step at the pages of the scan."""
    try:
        with visit.services.database.reading() as session:
            scan_id = queries.document(session, visit.viewer, document_id).scan_id
            ahead = review.before_undo(session, visit.viewer, scan_id, tools=_tools(visit))
        there = _write(visit, ahead)
    except (Invalid, Refused) as error:
        return _board(visit, document_id, error=error)
    return _onto(visit, form, document_id, there, "undone")


def _wanted(form: Form) -> review.Wanted:
    said = form.group("doc-", limit=LONGEST_LIST)
    documents: list[tuple[int | None, Sequence[int]]] = [
        (_number(key), _numbers(pages)) for key, pages in said.items() if pages
    ]
    documents += [(None, _numbers(pages)) for pages in form.group("new-", limit=LONGEST_LIST).values() if pages]
    seen = {_number(key): _numbers(pages) for key, pages in form.group("seen-", limit=LONGEST_LIST).items()}
    turns = dict(_turn(pair) for pair in form.text("turns", limit=LONGEST_LIST).split(",") if pair)
    return review.Wanted(seen, documents, turns, form.text("reason", limit=200))


def _number(text: str) -> int:
    number = whole_number(text.strip())
    if number is None:
        raise Invalid("review.page-list", N_("页序只能写页码，用逗号隔开，例如 1,3,2。请改正后再保存。"))
    return number


def _numbers(text: str) -> list[int]:
    return [_number(part) for part in text.replace("，", ",").replace("、", ",").split(",") if part.strip()]


def _turn(pair: str) -> tuple[int, int]:
    page, _, degrees = pair.partition(":")
    return _number(page), _number(degrees)


def _write(visit: Visit, ahead: review.Arranged) -> int:
    with visit.services.database.unit_of_work() as session:
        return review.arrange(session, visit.viewer, ahead, tools=_tools(visit), now=visit.now)


def _board(visit: Visit, document_id: int, *, typed: Form | None = None, error: ArchiveError | None = None) -> Response:
    batch = typed.id("batch") if typed else whole_number(visit.request.query_params.get("batch"))
    with visit.services.database.reading() as session:
        document = queries.document(session, visit.viewer, document_id)
        scan = queries.scan(session, visit.viewer, document.scan_id)
        step = review.last_step(session, visit.viewer, scan.row.id)
    return visit.page(
        "review/pages.html",
        refusal=error,
        document=document,
        scan=scan,
        batch=batch,
        lanes=_lanes(scan, typed),
        seen={one.id: one.pages for one in [*scan.documents, *scan.dropped] if one.state in ("proposed", "dropped")},
        turns=typed.text("turns", limit=LONGEST_LIST) if typed else "",
        reason=typed.text("reason", limit=200) if typed else "",
        step=step if step and step.person_id == visit.viewer.person_id else None,
        drop_reasons=review_form.DROP_REASONS,
    )


def _lanes(scan: ScanView, typed: Form | None) -> list[Lane]:
    lanes = [
        Lane("doc", f"doc-{one.id}", _typed(typed, f"doc-{one.id}", one.pages), one)
        if one.state == "proposed"
        else Lane("decided", "", one.pages, one)
        for one in scan.documents
    ]
    lanes += [Lane("new", f"new-{n}", _typed(typed, f"new-{n}", ())) for n in range(1, _NEW + 1)]
    placed = {page for lane in lanes for page in lane.pages}
    seen = {page for one in [*scan.documents, *scan.dropped] for page in one.pages}
    return [*lanes, Lane("bin", "bin", sorted(seen - placed))]


def _typed(typed: Form | None, field: str, lie: Sequence[int]) -> Sequence[int]:
    if typed is None:
        return lie
    try:
        return _numbers(typed.text(field, limit=LONGEST_LIST))
    except Invalid:
        return lie


def _tools(visit: Visit) -> review.Tools:
    return review.Tools(visit.services.settings, visit.services.store, visit.today)


def _onto(visit: Visit, form: Form, document_id: int, there: int, done: str, **more: Any) -> Response:
    """Go back to the document if it still is one, else to the one that the step came to."""
    with visit.services.database.reading() as session:
        if queries.document(session, visit.viewer, document_id).state == "proposed":
            there = document_id
    where = f"/review/{there or document_id}" + ("/pages" if form.flag("stay") else "")
    values = {"batch": form.id("batch"), "done": done, **more}
    return RedirectResponse(render.query(where, values), status_code=303)
