"""Unmasking the personal data of a household for a while, with a purpose and a reason."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from archive_service.errors import Invalid
from archive_service.households import actions, queries
from archive_service.people.roles import Right
from archive_service.web.forms import Form, SentForm
from archive_service.web.i18n import N_
from archive_service.web.pages.people import inside
from archive_service.web.visit import SignedIn, Visit

router = APIRouter()

#: What a person may unmask for, in words.
PURPOSES = {
    "inspection": N_("稽查核对"),
    "complaint": N_("投诉处理"),
    "customer-present": N_("客户本人到场"),
    "judicial": N_("司法协助"),
    "other": N_("其他"),
}


@router.get("/households/{account_no}/unmask")
def ask_unmask(visit: SignedIn, account_no: str) -> Response:
    """Ask what the personal data is to be seen for."""
    return _ask(visit, account_no)


@router.post("/households/{account_no}/unmask")
def unmask(visit: SignedIn, form: SentForm, account_no: str) -> Response:
    """Unmask the household for this person, and go back to where they were."""
    try:
        with visit.services.database.unit_of_work() as session:
            actions.unmask(
                session,
                visit.viewer,
                account_no,
                purpose=form.text("purpose", limit=40),
                reason=form.text("reason", limit=200),
                minutes=visit.services.settings.unmask_minutes,
                now=visit.now,
            )
    except Invalid as error:
        return _ask(visit, account_no, form=form, error=visit.told(error), status=error.http_status)
    return RedirectResponse(_back(account_no, form.text("next")), status_code=303)


@router.post("/households/{account_no}/mask-again")
def mask_again(visit: SignedIn, form: SentForm, account_no: str) -> Response:
    """Mask the household again before the time is up."""
    with visit.services.database.unit_of_work() as session:
        actions.mask_again(session, visit.viewer, account_no, now=visit.now)
    return RedirectResponse(_back(account_no, form.text("next")), status_code=303)


def _ask(visit: Visit, account_no: str, *, form: Form | None = None, error: str = "", status: int = 200) -> Response:
    with visit.services.database.reading() as session:
        file = queries.household(session, visit.viewer, account_no, fields=False)
    visit.viewer.require(Right.RECORD_UNMASK, file.unit_id)
    asked = form.text("next") if form else visit.request.query_params.get("next", "")
    return visit.page(
        "households/unmask.html",
        status=status,
        file=file,
        purposes=PURPOSES,
        chosen=form.text("purpose", limit=40) if form else "",
        reason=form.text("reason", limit=200) if form else "",
        minutes=visit.services.settings.unmask_minutes,
        back=_back(account_no, asked),
        error=error,
    )


def _back(account_no: str, asked: str) -> str:
    return inside(asked) if asked else f"/households/{account_no}"
