"""What a person was told, how they want to be told, and the log of mails for those who keep the program running."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from archive_service.errors import ArchiveError, Invalid, Refused
from archive_service.notices import actions, queries, smtp
from archive_service.notices.kinds import GROUPS, KINDS
from archive_service.web import entry, words
from archive_service.web.forms import Form, SentForm
from archive_service.web.visit import Id, SignedIn, Visit, whole_number

router = APIRouter()

_SHOWN = 50


@router.get("/me/notices")
def show_notices(visit: SignedIn) -> Response:
    """Show the person's own notices, newest first."""
    asked = visit.request.query_params
    after, only = whole_number(asked.get("after")), asked.get("show") == "unread"
    with visit.services.database.reading() as session:
        found = queries.notices(
            session, visit.viewer, language=visit.language, unread_only=only, after=after, limit=_SHOWN
        )
        unread = queries.unread(session, visit.viewer)
    return visit.page("notices/list.html", found=found, unread=unread, only=only, after=after)


@router.post("/me/notices/read")
def read_all(visit: SignedIn, form: SentForm) -> Response:
    """Mark everything that was on the page as read."""
    with visit.services.database.unit_of_work() as session:
        actions.read_all(session, visit.viewer, until=form.id("until") or 0, now=visit.now)
    return RedirectResponse("/me/notices", status_code=303)


@router.get("/me/notices/settings")
def show_choices(visit: SignedIn) -> Response:
    """Show how the person is told of what, and where mails go."""
    return _choices(visit)


@router.post("/me/notices/settings")
def choose(visit: SignedIn, form: SentForm) -> Response:
    """Keep how the person wants to be told of each kind."""
    with visit.services.database.unit_of_work() as session:
        actions.choose(session, visit.viewer, form.group("way.", limit=20), now=visit.now)
    return RedirectResponse("/me/notices/settings?done=chosen", status_code=303)


@router.post("/me/notices/address")
def set_address(visit: SignedIn, form: SentForm) -> Response:
    """Keep the person's e-mail address; whoever sits at their screen has to know the password."""
    try:
        address = form.text("mail", limit=300)
        entry.confirm_password(visit, form.raw("password"))
        with visit.services.database.unit_of_work() as session:
            domains = visit.services.settings.mail_domains
            actions.set_address(session, visit.viewer, address, domains=domains, now=visit.now)
    except (Refused, Invalid) as error:
        return _choices(visit, typed=form, error=error)
    return RedirectResponse("/me/notices/settings?done=address", status_code=303)


@router.post("/me/notices/{notice_id}/open")
def open_notice(visit: SignedIn, notice_id: Id, _form: SentForm) -> Response:
    """Mark a notice as read and go to what it is about."""
    with visit.services.database.unit_of_work() as session:
        address = actions.open_notice(session, visit.viewer, notice_id, now=visit.now)
    return RedirectResponse(entry.inside(address), status_code=303)


@router.get("/notices/log")
def show_log(visit: SignedIn) -> Response:
    """Show which mails went to whom, when, how often tried, and how they stand; nothing of what they say."""
    asked = visit.request.query_params
    state = visit.chosen("state", words.MAIL_STATE)
    after = whole_number(asked.get("after"))
    with visit.services.database.reading() as session:
        found = queries.mails(session, visit.viewer, state=state, after=after, limit=_SHOWN)
    return visit.page(
        "notices/log.html",
        found=found,
        state=state,
        after=after,
        names={code: kind.text(visit.language).name for code, kind in KINDS.items()},
        configured=smtp.is_configured(visit.services.settings),
    )


@router.post("/notices/log/{mail_id}/send-again")
def send_again(visit: SignedIn, mail_id: Id, _form: SentForm) -> Response:
    """Owe a failed mail once more."""
    with visit.services.database.unit_of_work() as session:
        actions.send_again(session, visit.viewer, mail_id, now=visit.now)
    return RedirectResponse("/notices/log?done=mail-again", status_code=303)


def _choices(visit: Visit, *, typed: Form | None = None, error: ArchiveError | None = None) -> Response:
    with visit.services.database.reading() as session:
        chosen = queries.choices(session, visit.viewer)
        address = queries.address_of(session, visit.viewer)
    return visit.page(
        "notices/settings.html",
        refusal=error,
        groups={
            group: [(one.code, one.text(visit.language).name, chosen[one.code].value) for one in kinds]
            for group, kinds in GROUPS.items()
        },
        address=typed.text("address", limit=300) if typed else address,
        has_address=bool(address),
        configured=smtp.is_configured(visit.services.settings),
        domains=[one.strip() for one in visit.services.settings.mail_domains.split(",") if one.strip()],
    )
