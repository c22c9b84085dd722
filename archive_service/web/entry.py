"""What every way in shares: whose turn it is, what a browser is known by, and what it gets once somebody is let in."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import RedirectResponse, Response

from archive_service import clock
from archive_service.people import passwords, sessions, sign_in, tries
from archive_service.people.sessions import Place
from archive_service.people.tables import SignIn
from archive_service.web.door import Door
from archive_service.web.services import Services
from archive_service.web.visit import HALF, Visit, keep_device, keep_session, limits_of, named, place_of, services_of


def door_of(request: Request) -> Door:
    """Return the door of the running app."""
    door: Door = request.app.state.door
    return door


def known_again(request: Request) -> Place:
    """Return where a request comes from, with something by which the browser will be known the next time."""
    place = place_of(request)
    return place if place.device else replace(place, device=passwords.secret())


def is_known(services: Services, login: str, place: Place) -> bool:
    """Say whether the person with this login has signed in from this browser before."""
    with services.database.reading() as session:
        return tries.is_known_login(session, login, place, now=clock.now())


def try_password(request: Request, login: str, password: str, place: Place) -> tuple[str, SignIn]:
    """Try a password; return a fresh secret with its sign-in, which is a half one before the second factor."""
    services, limits = services_of(request), limits_of(request)
    return sign_in.sign_in(
        services.database, login=login, password=password, now=clock.now(), limits=limits, hasher=services.hasher,
        place=place,
    )  # fmt: skip


def confirm_password(visit: Visit, password: str) -> None:
    """See that the person at the screen knows their password. Raises Refused after counting the failure, or Wait."""
    assert visit.viewer.person_id is not None
    sign_in.confirm_password(
        visit.services.database,
        person_id=visit.viewer.person_id,
        password=password,
        now=visit.now,
        limits=limits_of(visit.request),
        hasher=visit.services.hasher,
        place=place_of(visit.request),
    )


def let_in(request: Request, secret: str, begun: SignIn, *, place: Place, wanted: str) -> Response:
    """Give the browser its session, or send it on to the second factor."""
    settings = services_of(request).settings
    name, secure = named(settings, HALF), settings.cookie_secure
    if begun.kind == sessions.HALF:
        response = RedirectResponse(f"/sign-in/code?{urlencode({'next': wanted})}", status_code=303)
        age = sign_in.HALF_MINUTES * 60
        response.set_cookie(name, secret, max_age=age, path="/", httponly=True, samesite="lax", secure=secure)
        return response
    response = RedirectResponse(wanted, status_code=303)
    keep_session(response, settings, secret)
    keep_device(response, settings, place.device)
    if name in request.cookies:
        response.delete_cookie(name, path="/", httponly=True, samesite="lax", secure=secure)
    return response


def inside(address: str) -> str:
    """Return `address` if it lies in this program, else the home page: nobody is sent away from here."""
    plain = address.startswith("/") and not address.startswith(("//", "/\\")) and address.isprintable()
    return address if plain and "\\" not in address else "/"
