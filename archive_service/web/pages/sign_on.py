"""Signing in through an OpenID provider: the way there, the way back, and the way out of it."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from archive_service import clock
from archive_service.errors import ArchiveError, Invalid, NotFound, Refused
from archive_service.people import passwords
from archive_service.people.oidc import attempts, enter, links
from archive_service.people.oidc.provider import Provider
from archive_service.people.oidc.rules import SignOnRefused
from archive_service.people.sessions import Place
from archive_service.people.tables import SignIn
from archive_service.web import entry, sign_on
from archive_service.web.entry import inside
from archive_service.web.forms import SentForm
from archive_service.web.pages import accounts, people
from archive_service.web.questions import reason_of
from archive_service.web.visit import Id, SignedIn, Visit, limits_of, named, services_of, visit_of

router = APIRouter()

#: Cookie by which a sign-in that comes back is known to have begun in this browser.
_BROWSER = "sign-on"
_LONGEST = 2000
#: Pages that are longer to name than this are not gone back to.
_LONGEST_WANTED = 1000


@dataclass(frozen=True)
class _Answer:
    """What came back through the browser."""

    state: str
    code: str
    error: str
    sender: str | None


@router.get("/sign-in/oidc")
async def go(request: Request) -> Response:
    """Send the browser to the provider; it keeps something by which it will be known again."""
    provider = _provider(request)
    wanted = inside(request.query_params.get("next", "/"))
    if await run_in_threadpool(visit_of, request) is not None:
        return RedirectResponse(wanted, status_code=303)
    browser = request.cookies.get(named(services_of(request).settings, _BROWSER), "") or passwords.secret()
    try:
        async with sign_on.turns_of(request).turn("", clock.now()):
            there = await run_in_threadpool(_way_there, request, provider, browser[:_LONGEST], wanted)
    except ArchiveError as error:
        return await run_in_threadpool(_refused, request, error, wanted)
    response = RedirectResponse(there, status_code=303)
    _keep(request, response, browser)
    return response


@router.get("/sign-in/oidc/back")
async def come_back(request: Request) -> Response:
    """Take the provider's answer and sign in; an answer counts once, and in the browser that asked."""
    provider = _provider(request)
    told = {key: value[:_LONGEST] for key, value in request.query_params.items()}
    answer = _Answer(told.get("state", ""), told.get("code", ""), told.get("error", ""), told.get("iss"))
    place = entry.known_again(request)
    try:
        async with sign_on.turns_of(request).turn("", clock.now()):
            entered, wanted = await run_in_threadpool(_come_back, request, provider, answer, place)
    except SignOnRefused as refused:
        # Somebody who went back in the browser's history is signed in already: nothing is wrong.
        if refused.code == "sign-on.expired" and await run_in_threadpool(visit_of, request) is not None:
            return RedirectResponse("/", status_code=303)
        return await run_in_threadpool(_refused, request, refused)
    except ArchiveError as error:
        return await run_in_threadpool(_refused, request, error)
    return entry.let_in(request, *entered, place=place, wanted=wanted)


@router.get("/sign-in/oidc/out")
def go_out(request: Request) -> Response:
    """Send a browser that has signed out here to sign out at the provider as well."""
    provider = _provider(request)
    try:
        there = provider.way_out(provider.describe())
    except ArchiveError as error:
        return _refused(request, error)
    return RedirectResponse(there or "/sign-in?done=signed-out", status_code=303)


@router.post("/people/{person_id}/sign-on")
def tie(visit: SignedIn, form: SentForm, person_id: Id) -> Response:
    """Let an identity at the provider sign in as a person."""
    subject, issuer = form.text("subject", limit=400), _issuer(visit)
    try:
        with visit.services.database.unit_of_work() as session:
            links.tie(session, person_id=person_id, issuer=issuer, subject=subject, by=visit.viewer, now=visit.now)
    except (Refused, Invalid) as error:
        return accounts.show(visit, person_id, error=error)
    return RedirectResponse(f"/people/{person_id}?done=tied", status_code=303)


@router.post("/people/{person_id}/sign-on/end")
def untie(visit: SignedIn, form: SentForm, person_id: Id) -> Response:
    """Take an identity from a person, and end their sign-ins."""
    return accounts.do(
        visit, person_id, "untied", links.untie, issuer=_issuer(visit), reason=reason_of(form), act="sign-on"
    )


def _issuer(visit: Visit) -> str:
    return _provider(visit.request).issuer


def _provider(request: Request) -> Provider:
    """Return the provider of the running app. Raises NotFound without one."""
    found = sign_on.of(request)
    if found is None:
        raise NotFound("sign-on.off", "没有启用统一身份认证。请用登录名和密码登录。")
    return found.provider


def _way_there(request: Request, provider: Provider, browser: str, wanted: str) -> str:
    described = provider.describe()
    with services_of(request).database.unit_of_work() as session:
        kept = wanted if len(wanted) <= _LONGEST_WANTED else "/"
        begun = attempts.begin(session, browser=browser, wanted=kept, now=clock.now())
    return provider.way_there(described, begun)


def _come_back(request: Request, provider: Provider, answer: _Answer, place: Place) -> tuple[tuple[str, SignIn], str]:
    services = services_of(request)
    browser = request.cookies.get(named(services.settings, _BROWSER), "")[:_LONGEST]
    try:
        # In a transaction of its own: whatever becomes of it, this answer is not taken again.
        with services.database.unit_of_work() as session:
            returned = attempts.take(session, state=answer.state, browser=browser, now=clock.now())
        if answer.error or not answer.code:
            raise SignOnRefused("sign-on.denied", "统一身份认证没有放行，或您在那里取消了登录。请重新登录。")
        identity = provider.identity(returned.begun, code=answer.code, sender=answer.sender, now=clock.now())
    except SignOnRefused as refused:
        enter.write_down(services.database, refused, now=clock.now(), place=place)
        raise
    settings = services.settings
    newcomers = enter.Newcomers(bool(settings.oidc_login_claim), settings.oidc_new_people_unit.strip())
    entered = enter.enter(
        services.database, identity, newcomers=newcomers, now=clock.now(), limits=limits_of(request), place=place
    )
    return entered, returned.wanted


def _refused(request: Request, error: ArchiveError, wanted: str = "/") -> HTMLResponse:
    return people.sign_in_page(request, wanted=wanted, refused=error)


def _keep(request: Request, response: Response, browser: str) -> None:
    settings = services_of(request).settings
    response.set_cookie(
        named(settings, _BROWSER),
        browser,
        max_age=int(attempts.LASTS.total_seconds()),
        path="/",
        httponly=True,
        samesite="lax",
        secure=settings.cookie_secure,
    )
