"""Finding a household by identity number, and the readings that the audit administrator is shown."""

from __future__ import annotations

from datetime import timedelta

from fastapi import APIRouter
from fastapi.responses import Response

from archive_service import keyring
from archive_service.errors import Invalid
from archive_service.people.roles import Right
from archive_service.web.forms import SentForm
from archive_service.web.i18n import N_
from archive_service.web.visit import SignedIn, whole_number
from indexing.identities import actions, watch

router = APIRouter()

#: Kinds of flags in words.
FLAGS = {
    "mass": N_("一小时内查阅户数过多"),
    "night": N_("夜间查阅"),
    "own": N_("查阅本人档案"),
}
_DAYS = (1, 7, 30)


@router.get("/search/identity")
def ask_identity(visit: SignedIn) -> Response:
    """Ask for a whole identity number, which goes into the body of the request and no address."""
    visit.viewer.require(Right.IDENTITY_SEARCH)
    return visit.page("search/identity.html", found=None, error="")


@router.post("/search/identity")
def search_identity(visit: SignedIn, form: SentForm) -> Response:
    """Show the households whose papers bear the number; the number itself is not shown again."""
    visit.viewer.require(Right.IDENTITY_SEARCH)
    key = keyring.key(visit.services.settings, keyring.IDENTITY)
    try:
        with visit.services.database.unit_of_work() as session:
            found = actions.look_up(session, visit.viewer, form.text("number", limit=40), key=key, now=visit.now)
    except Invalid as error:
        return visit.page("search/identity.html", status=error.http_status, found=None, error=visit.told(error))
    return visit.page("search/identity.html", found=found, error="")


@router.get("/audit/flags")
def show_flags(visit: SignedIn) -> Response:
    """Show who read much within an hour, at night, or their own file."""
    asked = whole_number(visit.request.query_params.get("days"))
    days, now = asked if asked in _DAYS else 7, visit.now
    settings = visit.services.settings
    with visit.services.database.reading() as session:
        found = watch.flags(session, visit.viewer, settings, since=now - timedelta(days=days), until=now)
    return visit.page(
        "audit/flags.html", flags=found, kinds=FLAGS, days=days, choices=_DAYS, limits=watch.limits(settings)
    )
