"""Signing in and out, changing a password, and what a person chose for their pages."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData

from archive_service import clock
from archive_service.errors import ArchiveError, Invalid, Refused
from archive_service.notebook.actions import remember
from archive_service.notebook.rules import Kind
from archive_service.people import actions, sessions, sign_in
from archive_service.people.trusted import sign_in_vouched
from archive_service.web import entry, i18n, reminders, render, sign_on
from archive_service.web.entry import inside as inside
from archive_service.web.forms import SentForm
from archive_service.web.i18n import N_
from archive_service.web.proxy import VOUCHED
from archive_service.web.visit import (
    LANGUAGE_COOKIE,
    AnySignedIn,
    SignedIn,
    Visit,
    drop_session,
    language_of,
    limits_of,
    services_of,
    visit_of,
)

router = APIRouter()

#: What can be chosen, each with its words; the first is what holds without a choice.
CHOICES: dict[str, tuple[str, dict[str, str]]] = {
    "language": (N_("语言"), {"zh": N_("中文"), "en": "English"}),
    "theme": (N_("明暗"), {"light": N_("浅色"), "dark": N_("深色")}),
    "print": (N_("字号"), {"normal": N_("标准"), "large": N_("大字")}),
    "density": (N_("行距"), {"default": N_("紧凑"), "roomy": N_("宽松")}),
    "single_keys": (N_("单键快捷键"), {"on": N_("打开"), "off": N_("关闭")}),
}
_YEAR_S = 365 * 24 * 3600


async def anonymous_form(request: Request) -> FormData:
    """Parse the form of someone not yet signed in; the guard has refused other sites' pages already."""
    return await request.form(max_files=0, max_fields=10)


@router.get("/sign-in")
def show_sign_in(request: Request) -> Response:
    """Show the sign-in page; switch its language when asked."""
    if visit_of(request) is not None:
        return RedirectResponse("/", status_code=303)
    asked = request.query_params
    if VOUCHED in request.scope and not (asked.get("done") or asked.get("language")):
        return _vouched(request, inside(asked.get("next", "/")))
    chosen = i18n.known(request.query_params.get("language"))
    page = sign_in_page(request, language=chosen)
    if chosen:
        page.set_cookie(LANGUAGE_COOKIE, chosen, max_age=_YEAR_S, path="/", httponly=True, samesite="lax")
    return page


def _vouched(request: Request, wanted: str) -> Response:
    """Let in whom a trusted proxy names; whoever signed out, or is not known here, sees the sign-in page."""
    place, login = entry.known_again(request), str(request.scope[VOUCHED])
    try:
        entered = sign_in_vouched(
            services_of(request).database,
            login=login,
            by="proxy",
            now=clock.now(),
            limits=limits_of(request),
            place=place,
        )
    except Refused as refused:
        return sign_in_page(request, wanted=wanted, refused=refused)
    return entry.let_in(request, *entered, place=place, wanted=wanted)


@router.post("/sign-in")
async def do_sign_in(request: Request, form: Annotated[FormData, Depends(anonymous_form)]) -> Response:
    """Sign in; the browser gets a new secret each time."""
    door, now, place = entry.door_of(request), clock.now(), entry.known_again(request)
    login, password = str(form.get("login", "")).replace("\0", "")[:80], str(form.get("password", ""))[:400]
    wanted = inside(str(form.get("next", "")))
    try:
        known = await run_in_threadpool(entry.is_known, services_of(request), login, place)
        async with door.turn(place.address, now, known=known):
            entered = await run_in_threadpool(entry.try_password, request, login, password, place)
    except Refused as refused:
        if isinstance(refused, sign_in.SignInRefused):
            door.count_failure(place.address, now)
        return sign_in_page(request, login=login, wanted=wanted, refused=refused)
    return entry.let_in(request, *entered, place=place, wanted=wanted)


@router.post("/sign-out")
def do_sign_out(visit: AnySignedIn, _form: SentForm) -> Response:
    """End this sign-in, on the server first."""
    with visit.services.database.unit_of_work() as session:
        way = sign_in.sign_out(session, visit.secret, now=visit.now)
    # Who came through the provider is still signed in there.
    done = "signed-out-here" if way == sessions.OIDC else "signed-out"
    response = RedirectResponse(f"/sign-in?done={done}", status_code=303)
    drop_session(response, visit.services.settings)
    return response


@router.get("/password")
def show_password(visit: AnySignedIn) -> Response:
    """Show the page on which a person changes their password."""
    return visit.page("people/password.html", message="")


@router.post("/password")
def change_password(visit: AnySignedIn, form: SentForm) -> Response:
    """Change the person's own password; every other sign-in of theirs ends."""
    new = str(form.raw("new"))
    try:
        if new != form.raw("again"):
            raise Invalid("password.not-equal", N_("两次输入的新密码不一样。请重新输入。"))
        _set_own_password(visit, current=form.raw("current"), new=new)
    except (Refused, Invalid) as error:
        return visit.page("people/password.html", status=error.http_status, message=visit.told(error))
    return RedirectResponse("/me?done=password", status_code=303)


@router.get("/me")
def show_me(visit: SignedIn) -> Response:
    """Show the person's own settings and the places they have."""
    return visit.page("people/me.html", choices=CHOICES)


@router.post("/me/preferences")
def set_preference(visit: SignedIn, form: SentForm) -> Response:
    """Keep one choice of the person on the server."""
    name, value = form.text("name", limit=20), form.text("value", limit=20)
    if value not in CHOICES.get(name, ("", {}))[1]:
        raise Invalid("preference.unknown", N_("没有这个选项。请从“我的设置”里选择。"))
    with visit.services.database.unit_of_work() as session:
        actions.set_preference(session, key=name, value=value, by=visit.viewer, now=visit.now)
    return RedirectResponse(inside(form.text("next")), status_code=303)


@router.post("/me/reminder")
def put_off_reminder(visit: SignedIn, form: SentForm) -> Response:
    """Remind this person of what is due no more today."""
    with visit.services.database.unit_of_work() as session:
        remember(session, visit.viewer, Kind.REMINDED, reminders.DUE, visit.today.isoformat(), now=visit.now)
    return RedirectResponse(inside(form.text("next")), status_code=303)


def _set_own_password(visit: Visit, *, current: str, new: str) -> None:
    assert visit.viewer.person_id is not None
    entry.confirm_password(visit, current)
    with visit.services.database.unit_of_work() as session:
        actions.set_password(
            session,
            person_id=visit.viewer.person_id,
            password=new,
            by=visit.viewer,
            now=visit.now,
            current=current,
            keep=visit.secret,
            hasher=visit.services.hasher,
        )


def sign_in_page(
    request: Request,
    *,
    login: str = "",
    wanted: str | None = None,
    refused: ArchiveError | None = None,
    language: str | None = None,
) -> HTMLResponse:
    """Answer with the sign-in page, with what was refused and every way in that there is."""
    spoken = language or language_of(request, None)
    facts: dict[str, Any] = {
        "login": login,
        "message": i18n.sentence(refused.code, refused.message, spoken) if refused else "",
        # A wrong password does not lose the page that was wanted.
        "next": wanted or inside(request.query_params.get("next", "/")),
        "notice": request.query_params.get("done", ""),
        "sign_on": sign_on.offer(request),
        "preferences": {},
    }
    again = refused.facts.get("retry_after") if refused else None
    return HTMLResponse(
        render.html("people/sign_in.html", spoken, facts),
        status_code=refused.http_status if refused else 200,
        headers={"Retry-After": str(again)} if again else None,
    )
