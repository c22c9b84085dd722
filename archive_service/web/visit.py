"""Who is asking: the signed-in person behind a request, and what a page needs to answer them."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Container, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Annotated, Any

from fastapi import Depends, Path, Request
from fastapi.responses import HTMLResponse, Response

from archive_service import clock
from archive_service.errors import ArchiveError
from archive_service.households import queries as households
from archive_service.people import sign_in
from archive_service.people.sessions import Place
from archive_service.people.viewer import Viewer
from archive_service.restricted import queries as restricted
from archive_service.settings import Settings
from archive_service.web import i18n, render
from archive_service.web.proxy import VOUCHED
from archive_service.web.services import Services

LANGUAGE_COOKIE = "archive_language"
#: Cookies besides the session's: what makes a browser known, and the right password before its second factor.
DEVICE, HALF = "device", "half"
_DEVICE_S = 400 * 24 * 3600
_LONGEST_DEVICE = 100


#: Where a request keeps who asks, for what has to be noted about its answer.
VISIT = "visit"


class SignedOut(Exception):
    """The address needs a signed-in person and there is none."""


class MustChangePassword(Exception):
    """The person has to choose a password of their own before anything else."""


class MustSetSecondFactor(Exception):
    """The person has a role that asks for a second factor, and has none yet."""


@dataclass(frozen=True)
class Visit:
    """One request of a signed-in person."""

    request: Request
    services: Services
    viewer: Viewer
    #: What the browser presented; the token of forms is derived from it.
    secret: str
    language: str
    #: It is a program that asks, with a token of this person.
    by_token: bool = False

    @property
    def now(self) -> datetime:
        """The moment of asking."""
        return clock.now()

    @property
    def today(self) -> date:
        """The date at the service centre."""
        return clock.today()

    @property
    def token(self) -> str:
        """The token that every form of this sign-in carries."""
        return form_token(self.secret)

    def page(
        self,
        template: str,
        *,
        status: int = 200,
        refusal: ArchiveError | None = None,
        headers: Mapping[str, str] | None = None,
        **facts: Any,
    ) -> HTMLResponse:
        """Answer with `template`, filled with `facts` and what the frame around every page needs.

        With `refusal` the status is that of the error, and its sentence is what the page shows as `error`.
        """
        said = {"error": self.told(refusal) if refusal else ""}
        html = render.html(template, self.language, {**render.frame(self), **said, **facts})
        return HTMLResponse(html, status_code=refusal.http_status if refusal else status, headers=dict(headers or {}))

    def progress(self, template: str, *, goes_on: bool, **facts: Any) -> HTMLResponse:
        """Answer with the part of a page that says how far something is; the page anew once nothing goes on."""
        return self.page(template, headers={} if goes_on else {"HX-Refresh": "true"}, **facts)

    def chosen(self, name: str, among: Container[str], otherwise: str = "") -> str:
        """Return what the address chooses by `name`, or `otherwise` where it is none of them."""
        value = self.request.query_params.get(name, "")
        return value if value in among else otherwise

    def say(self, message: str, **facts: Any) -> str:
        """Return `message` in the language of this person."""
        return i18n.say(message, self.language, **facts)

    def told(self, error: ArchiveError) -> str:
        """Return what `error` says in the language of this person."""
        return i18n.sentence(error.code, error.message, self.language)


def services_of(request: Request) -> Services:
    """Return the services of the running app."""
    services: Services = request.app.state.services
    return services


def limits_of(request: Request) -> sign_in.Limits:
    """Return the limits of sign-ins of the running app."""
    limits: sign_in.Limits = request.app.state.limits
    return limits


def cookie_name(settings: Settings) -> str:
    """Return the name of the session cookie; the prefix makes browsers insist on TLS, host and path."""
    return "__Host-archive" if settings.cookie_secure else "archive_session"


def named(settings: Settings, name: str) -> str:
    """Return the name of another cookie of this program, with the same prefix behind TLS."""
    return f"__Host-archive-{name}" if settings.cookie_secure else f"archive_{name}"


def place_of(request: Request) -> Place:
    """Return where a request comes from; the browser shows what it got at an earlier sign-in, if there was one."""
    device = request.cookies.get(named(services_of(request).settings, DEVICE), "")
    address = request.client.host if request.client else ""
    return Place(address, request.headers.get("user-agent", ""), device if len(device) <= _LONGEST_DEVICE else "")


def form_token(secret: str) -> str:
    """Return the form token that belongs to a session's `secret`; nobody else can work it out."""
    return hmac.new(secret.encode(), b"form", hashlib.sha256).hexdigest()


def language_of(request: Request, viewer: Viewer | None) -> str:
    """Return the language of the answer: what the person chose, then this browser's choice, then the setting."""
    chosen = i18n.known(viewer.preferences.get("language")) if viewer else None
    return chosen or i18n.known(request.cookies.get(LANGUAGE_COOKIE)) or services_of(request).settings.language


def keep_session(response: Response, settings: Settings, secret: str) -> None:
    """Put the session's `secret` into the browser."""
    response.set_cookie(
        cookie_name(settings),
        secret,
        max_age=int(settings.session_hours * 3600),
        path="/",
        httponly=True,
        samesite="lax",
        secure=settings.cookie_secure,
    )


def keep_device(response: Response, settings: Settings, device: str) -> None:
    """Put what makes a browser known into it; it outlives sign-ins, opens nothing, and names nobody."""
    response.set_cookie(
        named(settings, DEVICE),
        device,
        max_age=_DEVICE_S,
        path="/",
        httponly=True,
        samesite="lax",
        secure=settings.cookie_secure,
    )


def drop_session(response: Response, settings: Settings) -> None:
    """Take the session out of the browser."""
    response.delete_cookie(
        cookie_name(settings), path="/", httponly=True, samesite="lax", secure=settings.cookie_secure
    )


def visit_of(request: Request) -> Visit | None:
    """Return the visit behind `request`, or none without a valid session."""
    services = services_of(request)
    secret = request.cookies.get(cookie_name(services.settings), "")
    viewer = viewer_of(request, secret, kind="session") if secret else None
    vouched = request.scope.get(VOUCHED)
    # Somebody else has signed in at the proxy meanwhile: this session is not theirs.
    if viewer is None or vouched not in (None, viewer.login):
        return None
    return Visit(request, services, viewer, secret, language_of(request, viewer))


def viewer_of(request: Request, secret: str, *, kind: str) -> Viewer | None:
    """Return whom `secret` stands for, a browser's "session" or a program's "token", and note that they were here."""
    services, roles = services_of(request), limits_of(request).second_factor_roles
    now, idle = clock.now(), services.settings.session_idle_minutes
    with services.database.reading() as session:
        viewer = sign_in.viewer_of(
            session,
            secret,
            now=now,
            idle_minutes=idle,
            kind=kind,
            second_factor_roles=roles,
        )
        if viewer is not None and (unmasked := households.unmasked(session, viewer, now=now)):
            viewer = replace(viewer, unmasked=unmasked)
        if viewer is not None and (opened := restricted.opened(session, viewer, now=now)):
            viewer = replace(viewer, opened=opened)
    if viewer is not None:
        sign_in.touch(services.database, secret, now=now, idle_minutes=idle)
    return viewer


def any_signed_in(request: Request) -> Visit:
    """Require a signed-in person, whatever state their password is in."""
    visit = visit_of(request)
    if visit is None:
        raise SignedOut
    setattr(request.state, VISIT, visit)
    return visit


def signed_in(visit: Annotated[Visit, Depends(any_signed_in)]) -> Visit:
    """Require a signed-in person who has chosen their own password."""
    if visit.viewer.must_change_password:
        raise MustChangePassword
    if visit.viewer.must_set_second_factor:
        raise MustSetSecondFactor
    return visit


def own_password(visit: Annotated[Visit, Depends(any_signed_in)]) -> Visit:
    """Require a signed-in person who has chosen their own password, with or without the second factor they need."""
    if visit.viewer.must_change_password:
        raise MustChangePassword
    return visit


SignedIn = Annotated[Visit, Depends(signed_in)]
AnySignedIn = Annotated[Visit, Depends(any_signed_in)]
#: For the page on which the second factor is set up.
OwnPassword = Annotated[Visit, Depends(own_password)]


def whole_number(text: str | None) -> int | None:
    """Return the id that `text` stands for; none when it stands for no id any table can hold."""
    if not text or not text.isascii() or not text.isdigit() or len(text) > 10:
        return None
    return int(text) if 0 < int(text) <= LARGEST_ID else None


LARGEST_ID = 2**31 - 1
#: An id in an address; what is no id names nothing.
Id = Annotated[int, Path(ge=1, le=LARGEST_ID)]
