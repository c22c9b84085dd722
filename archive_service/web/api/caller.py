"""Who calls: a program with a bearer token, or a person's browser with its session."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPBearer
from fastapi.security.http import HTTPAuthorizationCredentials
from pydantic import AfterValidator, BeforeValidator

from archive_service.web.forms import check_token
from archive_service.web.visit import (
    VISIT,
    MustChangePassword,
    MustSetSecondFactor,
    SignedOut,
    Visit,
    language_of,
    services_of,
    viewer_of,
    visit_of,
)

_bearer = HTTPBearer(auto_error=False, description="A token that a person issued for a program.")
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def caller(request: Request, given: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]) -> Visit:
    """Return the visit of the caller; a browser's session changes something only with its form token."""
    visit = _by_token(request, given.credentials) if given else visit_of(request)
    if visit is None:
        raise SignedOut
    if visit.viewer.must_change_password:
        raise MustChangePassword
    if visit.viewer.must_set_second_factor:
        raise MustSetSecondFactor
    if given is None and request.method not in _SAFE:
        check_token(visit, "")
    setattr(request.state, VISIT, visit)
    return visit


def _by_token(request: Request, secret: str) -> Visit | None:
    services = services_of(request)
    viewer = viewer_of(request, secret, kind="token")
    return Visit(request, services, viewer, secret, language_of(request, viewer), by_token=True) if viewer else None


def _iso(text: object) -> object:
    """Refuse what is no day as 2026-11-23: the framework would take seconds since 1970 as well."""
    if isinstance(text, str) and not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII):
        raise ValueError("a day as 2026-11-23 is wanted")
    return text


def _storable(text: str) -> str:
    """Leave out NUL as forms do: nobody means it, and no database takes it as text."""
    return text.replace("\0", "")


#: What a person says, in a body.
Words = Annotated[str, AfterValidator(_storable)]
#: A day in the address, as the contract writes days.
Day = Annotated[date, BeforeValidator(_iso)]
Caller = Annotated[Visit, Depends(caller)]
