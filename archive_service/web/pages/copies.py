"""Certified copies: choosing pages and issuing one, the register, withdrawing."""

from __future__ import annotations

import secrets

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from archive_service.copies import actions, queries
from archive_service.copies.making import Asked
from archive_service.errors import ArchiveError, Invalid, Refused
from archive_service.households import queries as households
from archive_service.households.views import HouseholdView
from archive_service.people.roles import Right
from archive_service.web import copying, export, pictures, words
from archive_service.web.forms import Form, SentForm
from archive_service.web.i18n import N_
from archive_service.web.visit import Id, SignedIn, Visit, whole_number

router = APIRouter()

_SHOWN = 50
_LONGEST_KEY = 64


@router.get("/households/{account_no}/copies/new")
def show_form(visit: SignedIn, account_no: str) -> Response:
    """Show the pages of a household to choose from, and what has to be said."""
    return _form(visit, _file(visit, account_no))


@router.post("/households/{account_no}/copies")
def issue_copy(visit: SignedIn, form: SentForm, account_no: str) -> Response:
    """Issue a certified copy of the pages chosen."""
    file = _file(visit, account_no)
    try:
        asked = Asked(
            pages=_pages(form),
            purpose=form.text("purpose", limit=20),
            note=form.text("note", limit=300),
            receiver=form.text("receiver", limit=300),
            unmask_reason=form.text("unmask_reason", limit=300) if form.flag("unmask") else None,
            request_key=_key(form),
        )
        made = copying.made(visit, file, asked)
    except (Invalid, Refused) as error:
        return _form(visit, file, typed=form, error=error)
    return RedirectResponse(f"/copies/{made.id}?done=issued", status_code=303)


@router.get("/copies")
def list_copies(visit: SignedIn) -> Response:
    """Show the register, newest first."""
    asked = visit.request.query_params
    state, text = _asked(visit)
    after = whole_number(asked.get("after"))
    with visit.services.database.reading() as session:
        found = queries.copies(session, visit.viewer, state=state, text=text, after=after, limit=_SHOWN)
    return visit.page("copies/list.html", found=found, state=state, text=text, after=after)


@router.get("/copies/export")
def export_copies(visit: SignedIn) -> Response:
    """Hand over the register as CSV, on record."""
    state, text = _asked(visit)
    with visit.services.database.reading() as session:
        found = queries.copies(session, visit.viewer, state=state, text=text, limit=export.MOST)
    if found.next is not None:
        raise export.too_many()
    told = (
        N_("编号"), N_("状态"), N_("户号"), N_("出具单位"), N_("用途"), N_("用途说明"), N_("交付"), N_("页数"),
        N_("遮蔽"), N_("出具人"), N_("出具日期"), N_("撤回日期"), N_("撤回原因"), "sha256",
    )  # fmt: skip
    lines = [
        [
            one.number, visit.say(words.COPY_STATE[one.state].word), one.account_no, one.unit_name,
            visit.say(words.COPY_PURPOSE.get(one.purpose, one.purpose)), one.note, one.receiver, one.page_count,
            visit.say(N_("否") if one.unmasked else N_("是")), one.issued_by, one.issued_at.date(),
            one.withdrawn_at.date() if one.withdrawn_at else None, one.withdrawn_reason, one.digest,
        ]
        for one in found.rows
    ]  # fmt: skip
    facts = {"state": state}
    name = visit.say(N_("证明复制件登记簿"))
    return export.handed_over(visit, name, [visit.say(one) for one in told], lines, what="copies", facts=facts)


@router.get("/copies/{copy_id}")
def show_copy(visit: SignedIn, copy_id: Id) -> Response:
    """Show a copy in the register."""
    return _copy(visit, copy_id)


@router.get("/copies/{copy_id}/file")
def download_copy(visit: SignedIn, copy_id: Id) -> Response:
    """Hand over the file of a copy, on record."""
    with visit.services.database.unit_of_work() as session:
        row = actions.hand_over(session, visit.viewer, copy_id, now=visit.now)
    return pictures.rendition(visit.services.store, row.digest, f"{row.number}.pdf")


@router.post("/copies/{copy_id}/withdraw")
def withdraw_copy(visit: SignedIn, form: SentForm, copy_id: Id) -> Response:
    """Take a copy back, saying why."""
    try:
        with visit.services.database.unit_of_work() as session:
            reason = form.text("reason", limit=300)
            actions.withdraw(session, visit.viewer, copy_id, reason=reason, now=visit.now)
    except Invalid as error:
        return _copy(visit, copy_id, error)
    return RedirectResponse(f"/copies/{copy_id}?done=withdrawn", status_code=303)


def _copy(visit: Visit, copy_id: int, error: ArchiveError | None = None) -> Response:
    with visit.services.database.reading() as session:
        found = queries.copy(session, visit.viewer, copy_id)
    return visit.page(
        "copies/copy.html",
        refusal=error,
        copy=found,
    )


def _asked(visit: Visit) -> tuple[str, str]:
    return visit.chosen("state", words.COPY_STATE), visit.request.query_params.get("q", "").strip()[:120]


def _file(visit: Visit, account_no: str) -> HouseholdView:
    with visit.services.database.reading() as session:
        file = households.household(session, visit.viewer, account_no, fields=False)
    visit.viewer.require(Right.COPY_ISSUE, file.unit_id)
    return file


def _pages(form: Form) -> list[tuple[int, int]]:
    """Return the pages ticked, in the order of the file; each field is named page.ITEM.NUMBER."""
    found = []
    for name in form.group("page."):
        item, _, page = name.partition(".")
        pair = whole_number(item), whole_number(page)
        if pair[0] is None or pair[1] is None:
            raise Invalid("copy.pages", "请至少选择一页。")
        found.append((pair[0], pair[1]))
    return found


def _key(form: Form) -> str:
    key = form.text("request", limit=_LONGEST_KEY)
    return key if len(key) >= 32 else secrets.token_hex(16)


def _form(
    visit: Visit, file: HouseholdView, *, typed: Form | None = None, error: ArchiveError | None = None
) -> Response:
    return visit.page(
        "copies/new.html",
        refusal=error,
        file=file,
        chosen=set(typed.group("page.")) if typed else set(),
        said={name: typed.raw(name) if typed else "" for name in ("purpose", "note", "receiver", "unmask_reason")},
        unmask=typed.flag("unmask") if typed else False,
        request=_key(typed) if typed else secrets.token_hex(16),
        may_unmask=visit.viewer.reads_personal(file.unit_id, file.id),
        purposes=words.COPY_PURPOSE,
        signs=bool(visit.services.settings.signing_file),
    )
