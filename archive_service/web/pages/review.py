"""The review desk: one doubtful document at a time, the page beside the proposal, a decision by keyboard."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from archive_service.errors import ArchiveError, Invalid, NotFound, Refused
from archive_service.households import queries as households
from archive_service.people.roles import Right
from archive_service.web import labels, render, sheet
from archive_service.web.forms import Form, SentForm
from archive_service.web.i18n import N_
from archive_service.web.pages.scans import scan_sheet
from archive_service.web.visit import Id, SignedIn, Visit, whole_number
from ingest import queries, review
from ingest.queries import DocumentView, ScanView

router = APIRouter()

_SHOWN = 50
_PILLS = 3
_SUGGESTED = 8


@dataclass(frozen=True)
class FieldRow:
    """A field of the form: what was read or typed, and whether to look twice."""

    name: str
    label: str
    value: str
    unit: str
    confidence: float | None
    doubtful: bool
    why: str
    page: int | None


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
    belonging = _belonging(visit, asked.get("account_no", ""), asked.get("application_no"))
    return visit.page("review/cases.html", belonging=belonging)


@router.get("/review/{document_id}")
def show_document(visit: SignedIn, document_id: Id) -> Response:
    """Show a document on the desk."""
    return _desk(visit, document_id)


@router.post("/review/{document_id}/confirm")
def confirm(visit: SignedIn, form: SentForm, document_id: Id) -> Response:
    """File the document as the form says and go to the next one; when refused, the form stays as it was typed."""
    try:
        decision = _decision(form)
        with visit.services.database.unit_of_work() as session:
            review.confirm(session, visit.viewer, document_id, decision, now=visit.now, today=visit.today)
    except (Invalid, Refused) as error:
        return _desk(visit, document_id, typed=form, error=error)
    return _onward(visit, form, document_id, "filed")


@router.get("/review/{document_id}/reject")
def ask_reason(visit: SignedIn, document_id: Id) -> Response:
    """Ask for the reason on a page of its own, for browsers without scripts."""
    with visit.services.database.reading() as session:
        document = queries.document(session, visit.viewer, document_id)
    return visit.page("review/reject.html", document=document, batch=_batch_asked(visit), reasons=REASONS)


@router.post("/review/{document_id}/reject")
def reject(visit: SignedIn, form: SentForm, document_id: Id) -> Response:
    """Send the document back with a reason and go to the next one."""
    try:
        with visit.services.database.unit_of_work() as session:
            review.reject(session, visit.viewer, document_id, reason=_reason(form), now=visit.now)
    except (Invalid, Refused) as error:
        return _desk(visit, document_id, error=error)
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


def _desk(visit: Visit, document_id: int, *, typed: Form | None = None, error: ArchiveError | None = None) -> Response:
    batch = typed.id("batch") if typed else _batch_asked(visit)
    with visit.services.database.reading() as session:
        document = queries.document(session, visit.viewer, document_id)
        scan = queries.scan(session, visit.viewer, document.scan_id)
        waiting = queries.review_queue(session, visit.viewer, batch_id=batch, limit=1).total
        last = _last(visit, session)
    page_no = _page_shown(visit, document)
    account = typed.text("account_no", limit=200) if typed else document.account_no or _value(document, "account_no")
    application = typed.text("application_no") if typed else document.application_no
    fields = _fields(visit, document, typed)
    return visit.page(
        "review/desk.html",
        status=error.http_status if error else 200,
        document=document,
        scan=scan,
        batch=batch,
        waiting=waiting,
        last=last,
        page_no=page_no,
        sheet=_sheet(visit, document, scan, page_no, fields),
        fields=fields,
        pills=_pills(document),
        chosen=_chosen(document, typed),
        other_type=typed.text("other_type") if typed else "",
        belonging=_belonging(visit, account, application),
        types=labels.document_types(),
        error=visit.told(error) if error else "",
        reasons=REASONS,
    )


def _page_shown(visit: Visit, document: DocumentView) -> int:
    asked = whole_number(visit.request.query_params.get("page"))
    if asked in document.pages:
        return asked or document.pages[0]
    return document.pages[0] if document.pages else 1


def _value(document: DocumentView, name: str) -> str:
    found = document.fields.get(name)
    return str(found.get("value") or "") if found else ""


def _pills(document: DocumentView) -> list[tuple[str, float]]:
    """Return the likeliest types with their confidence, the proposal first."""
    ranked = [(document.document_type, document.confidence), *document.candidates]
    best: dict[str, float] = {}
    for code, confidence in ranked:
        best.setdefault(code, confidence)
    return list(best.items())[: _PILLS - 1]


def _chosen(document: DocumentView, typed: Form | None) -> str:
    return typed.text("document_type", limit=20) if typed else document.document_type


def _fields(visit: Visit, document: DocumentView, typed: Form | None) -> list[FieldRow]:
    """Return the fields of the form: what was read, then what the type asks for and was not found."""
    given = typed.group("field.") if typed else {}
    asked = labels.document_types().get(document.document_type)
    names = [*document.fields, *(asked.key_fields if asked else ())]
    say = labels.Labels(visit.language)
    return [_field(visit, say, name, document.fields.get(name), given.get(name)) for name in dict.fromkeys(names)]


def _field(visit: Visit, say: labels.Labels, name: str, found: Mapping[str, Any] | None, given: str | None) -> FieldRow:
    read = found or {}
    value = str(read.get("value") or "")
    why = _why(visit, read) if found else ""
    return FieldRow(
        name=name,
        label=say.field(name),
        value=value if given is None else given,
        unit=str(read.get("unit") or ""),
        confidence=read.get("confidence"),
        doubtful=bool(why),
        why=why,
        page=read.get("page"),
    )


def _why(visit: Visit, read: Mapping[str, Any]) -> str:
    if read.get("checked") is False:
        return visit.say(N_("校验位不符，请对照影像核对。"))
    if float(read.get("confidence") or 0) < visit.services.settings.file_type_threshold:
        return visit.say(N_("识别把握不足，请对照影像核对。"))
    return ""


def _sheet(
    visit: Visit, document: DocumentView, scan: ScanView, page_no: int, fields: list[FieldRow]
) -> sheet.Sheet | None:
    page = next((page for page in scan.pages if page.page_no == page_no), None)
    if page is None:
        return None
    within = document.pages.index(page_no) + 1 if page_no in document.pages else 0
    doubtful = {row.name for row in fields if row.doubtful}
    say = labels.Labels(visit.language)
    marks = [
        sheet.Mark(name, say.field(name), tuple(read["box"]), name in doubtful)
        for name, read in document.fields.items()
        if read.get("box") and read.get("page") == within
    ]
    return scan_sheet(visit, scan.row.id, page, marks)


@dataclass(frozen=True)
class Belonging:
    """Where the document is to go: the account as typed, its file if there is one, the case chosen in it."""

    account_no: str
    household: Any
    application_no: str


def _belonging(visit: Visit, account: str, application: str | None) -> Belonging:
    number = account.strip().split(" ")[0][:40]
    household = None
    if number:
        try:
            with visit.services.database.reading() as session:
                household = households.household(session, visit.viewer, number)
        except NotFound:
            household = None
    return Belonging(number, household, application or "")


#: Reasons offered when a document is sent back; a sentence may be added.
REASONS = (N_("影像不清"), N_("缺页"), N_("未签字或未盖章"), N_("已过期"), N_("不属于归档资料"), N_("归属错误"))
