"""The review desk: one doubtful document at a time, the page beside the proposal, a decision by keyboard."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from archive_service.errors import Invalid, NotPermitted, Refused
from archive_service.households import queries as households
from archive_service.people.roles import Right
from archive_service.web import desk, marks, pictures, render, review_form, scan_sheet
from archive_service.web.desk import show
from archive_service.web.forms import Form, SentForm
from archive_service.web.i18n import N_
from archive_service.web.visit import Id, SignedIn, Visit, whole_number
from ingest import queries, review
from ingest.claims import queries as holding
from ingest.review import crop
from ingest.review.reasons import REASONS

router = APIRouter()

_SHOWN = 50
_SUGGESTED = 8


@router.get("/review")
def begin(visit: SignedIn) -> Response:
    """Take the next document that waits and go to it, or say that none does."""
    visit.viewer.require(Right.SCAN_REVIEW)
    batch, after = _batch_asked(visit), whole_number(visit.request.query_params.get("after"))
    following = desk.take_next(visit, batch, after)
    if after is not None:
        desk.let_go(visit, after, following)
    if following is None:
        return _nothing_waits(visit, batch)
    kept = {key: visit.request.query_params.get(key) for key in ("done", "last")}
    return RedirectResponse(render.query(f"/review/{following}", {"batch": batch, **kept}), status_code=303)


@router.get("/review/queue")
def list_queue(visit: SignedIn) -> Response:
    """List what waits, oldest first; or all of a batch, or what was handed to this person, or waits for a rescan."""
    visit.viewer.require(Right.SCAN_REVIEW)
    batch, after = _batch_asked(visit), whole_number(visit.request.query_params.get("after"))
    part = visit.request.query_params.get("part", "")
    part = part if part in ("mine", "rescan") or (part == "all" and batch) else "waiting"
    with visit.services.database.reading() as session:
        if part == "all":
            found = queries.documents_of_batch(session, visit.viewer, batch or 0, after=after, limit=_SHOWN)
        elif part == "rescan":
            found = queries.sent_for_rescan(session, visit.viewer, batch_id=batch, after=after, limit=_SHOWN)
        else:
            found = queries.review_queue(
                session, visit.viewer, batch_id=batch, after=after, limit=_SHOWN, handed=part == "mine"
            )
        counts = {
            "waiting": queries.review_queue(session, visit.viewer, batch_id=batch, limit=1).total,
            "mine": queries.review_queue(session, visit.viewer, batch_id=batch, limit=1, handed=True).total,
            "rescan": queries.sent_for_rescan(session, visit.viewer, batch_id=batch, limit=1).total,
        }
        holders = holding.holders(session, {one.scan_id for one in found.documents}, now=visit.now)
    return visit.page(
        "review/queue.html",
        found=found,
        batch=batch,
        after=after,
        part=part,
        parts=counts,
        holders=holders,
        count=whole_number(visit.request.query_params.get("count")),
    )


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


@router.get("/review/{document_id}/fields/{name}/crop")
def show_crop(visit: SignedIn, document_id: Id, name: str) -> Response:
    """Return the piece of the page on which a field stands, outlined."""
    with visit.services.database.reading() as session:
        document = queries.document(session, visit.viewer, document_id)
        place = review_form.place_of(document, name)
        if place is None:
            raise pictures.no_image()
        page = queries.scan_page(session, visit.viewer, document.scan_id, place.page_no)
    if page.masked:
        # The value itself stands in it.
        raise NotPermitted("item.withheld", pictures.WITHHELD)
    if page.image_digest is None:
        raise pictures.no_image()
    data = crop.around(visit.services.store, page.image_digest, place.box)
    answer = Response(data, media_type="image/jpeg", headers={"Content-Disposition": "inline"})
    same = visit.request.query_params.get("v") == review_form.crop_version(page, place)
    return pictures.keep_for_a_while(answer) if same else answer


@router.get("/review/{document_id}/marks/{number}/picture")
def show_mark(visit: SignedIn, document_id: Id, number: Id) -> Response:
    """Return the part of the page around a signature or seal of the document."""
    with visit.services.database.reading() as session:
        document = queries.document(session, visit.viewer, document_id)
        page_no, box = marks.numbered(document.marks, number)
        if page_no > len(document.pages):
            raise marks.no_picture()
        page = queries.scan_page(session, visit.viewer, document.scan_id, document.pages[page_no - 1])
    return marks.cut_out(visit.services.store, page.image_digest, box, scan_sheet.masking(page))


@router.post("/review/{document_id}/confirm")
def confirm(visit: SignedIn, form: SentForm, document_id: Id) -> Response:
    """File the document as the form says and go to the next one; when refused, the form stays as it was typed."""
    try:
        decision = _decision(form)
        with visit.services.database.unit_of_work() as session:
            review.confirm(session, visit.viewer, document_id, decision, now=visit.now, today=visit.today)
    except (Invalid, Refused) as error:
        return show(visit, document_id, typed=form, error=error)
    return _onward(form, document_id, "filed")


@router.get("/review/{document_id}/reject")
def ask_reason(visit: SignedIn, document_id: Id) -> Response:
    """Ask for the reason on a page of its own, for browsers without scripts."""
    with visit.services.database.reading() as session:
        document = queries.document(session, visit.viewer, document_id)
    page_no = review_form.page_shown(visit, document)
    return visit.page(
        "review/reject.html", document=document, batch=_batch_asked(visit), reasons=REASONS, page_no=page_no
    )


@router.post("/review/{document_id}/reject")
def reject(visit: SignedIn, form: SentForm, document_id: Id) -> Response:
    """Send the document back with a reason, perhaps to be scanned anew, and go to the next one."""
    code, note = form.text("reason_code", limit=20), form.text("reason", limit=200)
    try:
        pages = form.numbers("rescan_pages") or []
        with visit.services.database.unit_of_work() as session:
            review.reject(session, visit.viewer, document_id, reason=note, code=code, rescan=pages, now=visit.now)
    except (Invalid, Refused) as error:
        return show(visit, document_id, error=error, batch=form.id("batch"))
    return _onward(form, document_id, "rejected")


@router.post("/review/{document_id}/undo")
def undo(visit: SignedIn, form: SentForm, document_id: Id) -> Response:
    """Take the own decision back and show the document again."""
    batch = form.id("batch")
    try:
        with visit.services.database.unit_of_work() as session:
            review.undo(session, visit.viewer, document_id, now=visit.now, today=visit.today)
    except Refused as error:
        return show(visit, document_id, error=error, batch=batch)
    return RedirectResponse(render.query(f"/review/{document_id}", {"batch": batch, "done": "undone"}), status_code=303)


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


def _onward(form: Form, document_id: int, done: str) -> Response:
    batch = form.id("batch")
    return RedirectResponse(
        render.query("/review", {"batch": batch, "after": document_id, "done": done, "last": document_id}),
        status_code=303,
    )


def _nothing_waits(visit: Visit, batch: int | None) -> Response:
    with visit.services.database.reading() as session:
        elsewhere = queries.review_queue(session, visit.viewer, limit=1, free_at=visit.now).total if batch else 0
        held = queries.review_queue(session, visit.viewer, batch_id=batch, limit=1).total
        last = desk.last(visit, session)
    return visit.page("review/empty.html", batch=batch, elsewhere=elsewhere, held=held, last=last)


def _batch_asked(visit: Visit) -> int | None:
    return whole_number(visit.request.query_params.get("batch"))
