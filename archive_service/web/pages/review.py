"""The review desk: one doubtful document at a time, the page beside the proposal, a decision by keyboard."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from archive_service.errors import ArchiveError, Invalid, NotFound, Refused
from archive_service.households import queries as households
from archive_service.people.roles import Right
from archive_service.web import labels, marks, render, review_form
from archive_service.web.forms import Form, SentForm
from archive_service.web.i18n import N_
from archive_service.web.visit import Id, SignedIn, Visit, whole_number
from ingest import queries, review
from ingest.quality import queries as quality
from ingest.queries import DocumentView

router = APIRouter()

_SHOWN = 50
_SUGGESTED = 8


@router.get("/review")
def begin(visit: SignedIn) -> Response:
    """Go to the next document that waits, or say that none does."""
    visit.viewer.require(Right.SCAN_REVIEW)
    batch = whole_number(visit.request.query_params.get("batch"))
    after = whole_number(visit.request.query_params.get("after"))
    following = _next(visit, batch, after)
    if following is None:
        return _nothing_waits(visit, batch)
    kept = {key: visit.request.query_params.get(key) for key in ("done", "last")}
    return RedirectResponse(render.query(f"/review/{following}", {"batch": batch, **kept}), status_code=303)


@router.get("/review/queue")
def list_queue(visit: SignedIn) -> Response:
    """List every document that waits, oldest first."""
    visit.viewer.require(Right.SCAN_REVIEW)
    batch = whole_number(visit.request.query_params.get("batch"))
    after = whole_number(visit.request.query_params.get("after"))
    with visit.services.database.reading() as session:
        found = queries.review_queue(session, visit.viewer, batch_id=batch, after=after, limit=_SHOWN)
    return visit.page("review/queue.html", found=found, batch=batch, after=after)


@router.get("/review/households")
def suggest_households(visit: SignedIn) -> Response:
    """Return households that fit what was typed, as options of the field."""
    visit.viewer.require(Right.SCAN_REVIEW)
    text = visit.request.query_params.get("account_no", "").strip()[:60]
    with visit.services.database.reading() as session:
        found = households.find_households(session, visit.viewer, text, limit=_SUGGESTED) if len(text) > 1 else []
    return visit.page("review/households.html", found=found)


@router.get("/review/cases")
def choose_case(visit: SignedIn) -> Response:
    """Return the cases of an account as choices."""
    visit.viewer.require(Right.SCAN_REVIEW)
    asked = visit.request.query_params
    found = review_form.belonging(visit, asked.get("account_no", ""), asked.get("application_no"))
    return visit.page("review/cases.html", belonging=found)


@router.get("/review/{document_id}")
def show_document(visit: SignedIn, document_id: Id) -> Response:
    """Show a document on the desk."""
    return show(visit, document_id)


@router.get("/review/{document_id}/marks/{number}/picture")
def show_mark(visit: SignedIn, document_id: Id, number: Id) -> Response:
    """Return the part of the page around a signature or seal of the document."""
    with visit.services.database.reading() as session:
        document = queries.document(session, visit.viewer, document_id)
        page_no, box = marks.numbered(document.marks, number)
        if page_no > len(document.pages):
            raise marks.no_picture()
        page = queries.scan_page(session, visit.viewer, document.scan_id, document.pages[page_no - 1])
    return marks.cut_out(visit.services.store, page.image_digest, box)


@router.post("/review/{document_id}/confirm")
def confirm(visit: SignedIn, form: SentForm, document_id: Id) -> Response:
    """File the document as the form says and go to the next one; when refused, the form stays as it was typed."""
    try:
        decision = _decision(form)
        with visit.services.database.unit_of_work() as session:
            review.confirm(session, visit.viewer, document_id, decision, now=visit.now, today=visit.today)
    except (Invalid, Refused) as error:
        return show(visit, document_id, typed=form, error=error)
    return _onward(visit, form, document_id, "filed")


@router.get("/review/{document_id}/reject")
def ask_reason(visit: SignedIn, document_id: Id) -> Response:
    """Ask for the reason on a page of its own, for browsers without scripts."""
    with visit.services.database.reading() as session:
        document = queries.document(session, visit.viewer, document_id)
    return visit.page("review/reject.html", document=document, batch=_batch_asked(visit), reasons=review_form.REASONS)


@router.post("/review/{document_id}/reject")
def reject(visit: SignedIn, form: SentForm, document_id: Id) -> Response:
    """Send the document back with a reason and go to the next one."""
    try:
        with visit.services.database.unit_of_work() as session:
            review.reject(session, visit.viewer, document_id, reason=_reason(form), now=visit.now)
    except (Invalid, Refused) as error:
        return show(visit, document_id, error=error)
    return _onward(visit, form, document_id, "rejected")


@router.post("/review/{document_id}/undo")
def undo(visit: SignedIn, form: SentForm, document_id: Id) -> Response:
    """Take the own decision back and show the document again."""
    with visit.services.database.unit_of_work() as session:
        review.undo(session, visit.viewer, document_id, now=visit.now, today=visit.today)
    batch = form.id("batch")
    return RedirectResponse(render.query(f"/review/{document_id}", {"batch": batch, "done": "undone"}), status_code=303)


def _reason(form: Form) -> str:
    code, text = form.text("reason_code", limit=60), form.text("reason", limit=200)
    return "：".join(part for part in (code, text) if part)


def _decision(form: Form) -> review.Decision:
    kind = form.text("document_type", limit=20)
    if kind == "other" or not kind:
        kind = form.text("other_type", limit=120).split(" ")[0].upper()
    if not kind:
        raise Invalid("review.document-type", N_("请选择文件类型，或在“其他类型”中输入名称或代码。"))
    application = form.text("application_no", limit=60)
    return review.Decision(
        document_type=kind,
        account_no=form.text("account_no", limit=200).split(" ")[0],
        application_no=application or None,
        fields=form.group("field."),
        pages=form.numbers("pages"),
        marks=marks.said(form),
    )


def _next(visit: Visit, batch: int | None, after: int | None) -> int | None:
    """Return the document after `after`; past the end, the first one that waits."""
    with visit.services.database.reading() as session:
        for start in dict.fromkeys((after, None)):
            found = queries.review_queue(session, visit.viewer, batch_id=batch, after=start, limit=1)
            if found.documents:
                return found.documents[0].id
    return None


def _onward(visit: Visit, form: Form, document_id: int, done: str) -> Response:
    batch = form.id("batch")
    return RedirectResponse(
        render.query("/review", {"batch": batch, "after": document_id, "done": done, "last": document_id}),
        status_code=303,
    )


def _nothing_waits(visit: Visit, batch: int | None) -> Response:
    with visit.services.database.reading() as session:
        elsewhere = queries.review_queue(session, visit.viewer, limit=1).total if batch else 0
        last = _last(visit, session)
    return visit.page("review/empty.html", batch=batch, elsewhere=elsewhere, last=last)


def _batch_asked(visit: Visit) -> int | None:
    return whole_number(visit.request.query_params.get("batch"))


def _last(visit: Visit, session: Any) -> DocumentView | None:
    """Return the document decided just before, for the note that offers to undo it."""
    last = whole_number(visit.request.query_params.get("last"))
    if last is None:
        return None
    try:
        return queries.document(session, visit.viewer, last)
    except NotFound:
        return None


def show(
    visit: Visit,
    document_id: int,
    *,
    typed: Form | None = None,
    error: ArchiveError | None = None,
    batch: int | None = None,
) -> Response:
    """Show a document on the desk: as proposed, or as `typed` with the `error` that this met."""
    batch = batch or (typed.id("batch") if typed else _batch_asked(visit))
    with visit.services.database.reading() as session:
        document = queries.document(session, visit.viewer, document_id)
        scan = queries.scan(session, visit.viewer, document.scan_id)
        waiting = queries.review_queue(session, visit.viewer, batch_id=batch, limit=1).total
        last = _last(visit, session)
        found = quality.findings_of(session, visit.viewer, document.scan_id)
    page_no = review_form.page_shown(visit, document)
    belonging = review_form.proposed_belonging(visit, document, typed)
    fields = review_form.rows(visit, document, belonging, typed)
    return visit.page(
        "review/desk.html",
        status=error.http_status if error else 200,
        document=document,
        scan=scan,
        quality_of=found,
        batch=batch,
        waiting=waiting,
        last=last,
        page_no=page_no,
        sheet=review_form.drawn(visit, document, scan, page_no, fields),
        fields=fields,
        marks=marks.rows(visit, document.marks, document.pages, typed),
        mark_words=marks.WORDS,
        pills=review_form.pills(document),
        chosen=typed.text("document_type", limit=20) if typed else document.document_type,
        other_type=typed.text("other_type") if typed else "",
        belonging=belonging,
        types=labels.document_types(),
        error=visit.told(error) if error else "",
        reasons=review_form.REASONS,
        drop_reasons=review_form.DROP_REASONS,
    )
