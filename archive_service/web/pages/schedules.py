"""Editions of the retention schedule: which there are, one as a table, drafting, what a draft changes, its release."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from archive_service.errors import ArchiveError, Invalid, Refused
from archive_service.people.roles import Right
from archive_service.web import words
from archive_service.web.forms import Form, SentForm
from archive_service.web.guard import SANDBOX
from archive_service.web.visit import Id, SignedIn, Visit, whole_number
from retention import actions, drafts, reckoning, schedule
from retention.drafts import DraftView

router = APIRouter()

_SHOWN = 50
_LIST = "/retention/schedules"
#: Bytes of an uploaded text: every character of the longest one may take four.
_LONGEST_FILE = 4 * actions.LONGEST_TEXT


@router.get("/retention/schedules")
def list_schedules(visit: SignedIn) -> Response:
    """List the editions, those on the desk and the one in force first."""
    with visit.services.database.reading() as session:
        found = drafts.drafts(session, visit.viewer)
        current = reckoning.in_force(session, today=visit.today).edition
        may_draft = visit.viewer.may(Right.CATALOGUE_CHANGE) and visit.viewer.may(
            Right.CATALOGUE_CHANGE, actions.top(session)
        )
    return visit.page(
        "retention/schedules.html",
        found=found,
        in_force=current,
        standard=schedule.standard(),
        may_draft=may_draft,
    )


@router.get("/retention/schedules/standard")
def show_standard(visit: SignedIn) -> Response:
    """Show the edition of the package as a table."""
    visit.viewer.require(Right.RECORD_READ)
    with visit.services.database.reading() as session:
        current = reckoning.in_force(session, today=visit.today).edition
    made = schedule.standard()
    return visit.page(
        "retention/schedule.html", draft=None, made=made, in_force=current == made.edition, runs=(), error=""
    )


@router.get("/retention/schedules/standard/text")
def take_standard(visit: SignedIn) -> Response:
    """Hand over the text of the edition of the package."""
    visit.viewer.require(Right.RECORD_READ)
    return _text(schedule.standard_text(), schedule.standard().edition)


@router.get("/retention/schedules/new")
def new_draft(visit: SignedIn) -> Response:
    """Begin an edition with the text of the one in force."""
    with visit.services.database.reading() as session:
        visit.viewer.require(Right.CATALOGUE_CHANGE, actions.top(session))
        current = reckoning.in_force(session, today=visit.today).edition
        every = drafts.drafts(session, visit.viewer)
    text = next((one.text for one in every if one.code == current), schedule.standard_text())
    return _edit(visit, None, text)


@router.post("/retention/schedules")
def save_new(visit: SignedIn, form: SentForm) -> Response:
    """Keep a new draft, or say everything that is wrong in it."""
    return _save(visit, form, None)


@router.get("/retention/schedules/{schedule_id}")
def show_schedule(visit: SignedIn, schedule_id: Id) -> Response:
    """Show an edition: its rules, what it would change or changed, and what can be done with it."""
    return _show(visit, schedule_id)


@router.get("/retention/schedules/{schedule_id}/text")
def take_text(visit: SignedIn, schedule_id: Id) -> Response:
    """Hand over the text of an edition."""
    with visit.services.database.reading() as session:
        found = drafts.draft(session, visit.viewer, schedule_id)
    return _text(found.text, found.code)


@router.get("/retention/schedules/{schedule_id}/edit")
def edit_draft(visit: SignedIn, schedule_id: Id) -> Response:
    """Show the text of a draft to be changed."""
    with visit.services.database.reading() as session:
        found = drafts.draft(session, visit.viewer, schedule_id)
    visit.viewer.require(Right.CATALOGUE_CHANGE, found.unit_id)
    return _edit(visit, found, found.text)


@router.post("/retention/schedules/{schedule_id}/edit")
def save_draft(visit: SignedIn, form: SentForm, schedule_id: Id) -> Response:
    """Keep the text of a draft, or say everything that is wrong in it."""
    return _save(visit, form, schedule_id)


@router.post("/retention/schedules/{schedule_id}/preview")
def preview(visit: SignedIn, _form: SentForm, schedule_id: Id) -> Response:
    """Have everything reckoned by a draft, changing nothing."""
    with visit.services.database.unit_of_work() as session:
        made = actions.preview(session, visit.viewer, schedule_id, now=visit.now)
        address = f"{_LIST}/{schedule_id}/runs/{made.id}"
    return RedirectResponse(address, status_code=303)


@router.post("/retention/schedules/{schedule_id}/release")
def release(visit: SignedIn, _form: SentForm, schedule_id: Id) -> Response:
    """Put a draft in force that somebody else wrote."""
    try:
        with visit.services.database.unit_of_work() as session:
            actions.release(session, visit.viewer, schedule_id, now=visit.now, today=visit.today)
    except Refused as error:
        return _show(visit, schedule_id, error)
    return RedirectResponse(f"{_LIST}/{schedule_id}?done=schedule-released", status_code=303)


@router.post("/retention/schedules/{schedule_id}/drop")
def drop(visit: SignedIn, _form: SentForm, schedule_id: Id) -> Response:
    """Give a draft up."""
    try:
        with visit.services.database.unit_of_work() as session:
            actions.drop(session, visit.viewer, schedule_id, now=visit.now)
    except Refused as error:
        return _show(visit, schedule_id, error)
    return RedirectResponse(f"{_LIST}/{schedule_id}", status_code=303)


@router.get("/retention/schedules/{schedule_id}/runs/{run_id}")
def show_run(visit: SignedIn, schedule_id: Id, run_id: Id) -> Response:
    """Show how far a preview is, and the papers that come due earlier or later."""
    asked = visit.request.query_params
    effect = asked.get("effect", "earlier")
    effect = effect if effect in words.SCHEDULE_EFFECT else "earlier"
    after = whole_number(asked.get("after"))
    with visit.services.database.reading() as session:
        found = drafts.draft(session, visit.viewer, schedule_id)
        run = drafts.run(session, visit.viewer, schedule_id, run_id)
        rows = drafts.changes(session, visit.viewer, run_id, effect=effect, after=after or 0, limit=_SHOWN + 1)
    return visit.page(
        "retention/schedule_run.html",
        draft=found,
        run=run,
        rows=rows[:_SHOWN],
        following=rows[_SHOWN - 1].id if len(rows) > _SHOWN else None,
        after=after,
        effect=effect,
    )


def _show(visit: Visit, schedule_id: int, error: ArchiveError | None = None) -> Response:
    with visit.services.database.reading() as session:
        found = drafts.draft(session, visit.viewer, schedule_id)
        runs = drafts.runs(session, visit.viewer, schedule_id)
        current = reckoning.in_force(session, today=visit.today).edition
    made, _ = schedule.read(found.text)
    return visit.page(
        "retention/schedule.html",
        status=error.http_status if error else 200,
        draft=found,
        made=made,
        in_force=current == found.code,
        runs=runs,
        previewed=any(one.purpose == "preview" and one.revision == found.revision for one in runs),
        seen=any(one.purpose == "preview" and one.revision == found.revision and one.state == "done" for one in runs),
        own=visit.viewer.person_id in found.writers,
        may_change=visit.viewer.may(Right.CATALOGUE_CHANGE, found.unit_id),
        may_release=visit.viewer.may(Right.CATALOGUE_RELEASE, found.unit_id),
        error=visit.told(error) if error else "",
    )


def _save(visit: Visit, form: Form, schedule_id: int | None) -> Response:
    with visit.services.database.reading() as session:
        visit.viewer.require(Right.CATALOGUE_CHANGE, actions.top(session))
        found = drafts.draft(session, visit.viewer, schedule_id) if schedule_id is not None else None
    text = form.text("text", limit=_LONGEST_FILE)
    try:
        text = _sent(form) or text
        with visit.services.database.unit_of_work() as session:
            row = actions.save_draft(session, visit.viewer, text, draft_id=schedule_id, now=visit.now)
            saved = row.id
    except (Invalid, Refused) as error:
        return _edit(visit, found, text, error)
    return RedirectResponse(f"{_LIST}/{saved}", status_code=303)


def _sent(form: Form) -> str:
    """Return the text of the file that was sent instead of typing, empty without one."""
    files = form.files("file")
    if not files:
        return ""
    sent = files[0].file.read(_LONGEST_FILE + 1)
    if len(sent) > _LONGEST_FILE:
        raise Invalid("schedule.too-long", "保管期限表太长。请删去多余的内容。")
    try:
        return sent.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Invalid("schedule.encoding", "这个文件不是 UTF-8 编码的文本。请另存为 UTF-8 再上传。") from None


def _edit(visit: Visit, draft: DraftView | None, text: str, error: ArchiveError | None = None) -> Response:
    return visit.page(
        "retention/schedule_edit.html",
        status=error.http_status if error else 200,
        draft=draft,
        text=text,
        lines=text.splitlines(),
        findings=error.facts.get("findings", []) if error else [],
        error=visit.told(error) if error else "",
    )


def _text(text: str, code: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{code}.yaml"', "Content-Security-Policy": SANDBOX}
    return Response(text.encode(), media_type="application/yaml", headers=headers)
