"""Packages of other archives: handing one in, what its check found, accepting it or sending it back."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from archive_service.errors import ArchiveError, Invalid, Refused
from archive_service.exchange.hand_ins import actions, queries
from archive_service.people import queries as people
from archive_service.web import handing_in, words
from archive_service.web.forms import SentForm
from archive_service.web.i18n import N_
from archive_service.web.visit import Id, SignedIn, Visit, whole_number

router = APIRouter()

_SHOWN, _FINDINGS_SHOWN = 50, 100


@router.get("/packages/in")
def list_hand_ins(visit: SignedIn) -> Response:
    """List what was handed in, newest first, with the form that hands in another."""
    return _list(visit)


@router.post("/packages/in")
def hand_in(visit: SignedIn, form: SentForm) -> Response:
    """Take a package in hand, and lead to where its check is seen."""
    files = form.files("file")
    try:
        if len(files) != 1:
            raise Invalid("intake.no-files", N_("没有选择文件。请先选择要入库的文件。"))
        made = handing_in.hand_in(
            visit, files[0], unit_id=form.id("unit"), as_named=form.flag("as_named"), channel="web"
        )
    except Invalid as error:
        return _list(visit, error)
    return RedirectResponse(f"/packages/in/{made}", status_code=303)


@router.get("/packages/in/{hand_in_id}")
def show_hand_in(visit: SignedIn, hand_in_id: Id) -> Response:
    """Show a package that was handed in: how far it is, what is in it, what is wrong with it."""
    return _one(visit, hand_in_id)


@router.get("/packages/in/{hand_in_id}/state")
def show_state(visit: SignedIn, hand_in_id: Id) -> Response:
    """Return how far a package is; the whole page anew once nothing works on it any more."""
    found = handing_in.one(visit, hand_in_id)
    headers = {} if found.moving else {"HX-Refresh": "true"}
    return visit.page("packages/hand_in_now.html", headers=headers, package=found)


@router.post("/packages/in/{hand_in_id}/accept")
def accept(visit: SignedIn, form: SentForm, hand_in_id: Id) -> Response:
    """Have a package that was checked taken in."""
    try:
        if not form.flag("sure"):
            raise Invalid("package.confirm", N_("没有确认。请核对移交方和签名后勾选确认，再接收。"))
        handing_in.accept(visit, hand_in_id)
    except (Invalid, Refused) as error:
        return _one(visit, hand_in_id, error)
    return RedirectResponse(f"/packages/in/{hand_in_id}", status_code=303)


@router.post("/packages/in/{hand_in_id}/decline")
def decline(visit: SignedIn, form: SentForm, hand_in_id: Id) -> Response:
    """Send a package that was checked back, with the reason."""
    try:
        handing_in.decline(visit, hand_in_id, form.text("reason", limit=2000))
    except (Invalid, Refused) as error:
        return _one(visit, hand_in_id, error)
    return RedirectResponse(f"/packages/in/{hand_in_id}", status_code=303)


def _list(visit: Visit, error: ArchiveError | None = None) -> Response:
    actions.check_may_take(visit.viewer)
    asked = visit.request.query_params
    state = asked.get("state", "") if asked.get("state") in words.HAND_IN_STATE else ""
    before = whole_number(asked.get("before"))
    with visit.services.database.reading() as session:
        found = queries.hand_ins(session, visit.viewer, state=state, before=before, limit=_SHOWN)
        units = people.tree_of(session, handing_in.units(visit))
    return visit.page(
        "packages/hand_ins.html",
        status=error.http_status if error else 200,
        found=found,
        state=state,
        before=before,
        units=units,
        own=handing_in.own_unit(visit),
        max_bytes=visit.services.settings.max_upload_bytes,
        formats=words.PACKAGE_FORMAT,
        error=visit.told(error) if error else "",
    )


def _one(visit: Visit, hand_in_id: int, error: ArchiveError | None = None) -> Response:
    found = handing_in.one(visit, hand_in_id)
    first = max(0, min(whole_number(visit.request.query_params.get("first")) or 0, len(found.findings) - 1))
    first -= first % _FINDINGS_SHOWN
    return visit.page(
        "packages/hand_in.html",
        status=error.http_status if error else 200,
        package=found,
        findings=found.findings[first : first + _FINDINGS_SHOWN],
        first=first,
        step=_FINDINGS_SHOWN,
        formats=words.PACKAGE_FORMAT,
        error=visit.told(error) if error else "",
    )
