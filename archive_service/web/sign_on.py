"""The OpenID provider of the running app: whether it answers, and what the sign-in page offers because of it."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import Request

from archive_service.people.oidc.provider import Provider
from archive_service.people.oidc.rules import Described
from archive_service.settings import Settings
from archive_service.web.door import Door
from archive_service.web.looking import Look

#: Seconds for which a look at the provider counts, and that somebody who opens the sign-in page waits for it.
EVERY_S, PATIENCE_S = 30.0, 0.5


@dataclass(frozen=True)
class SignOn:
    """The provider, those who wait for it, and the last look at it."""

    provider: Provider
    #: Asking it may take seconds: only a few do so at once, so that pages go on being answered.
    turns: Door
    look: Look[Described]


@dataclass(frozen=True)
class Offer:
    """What the sign-in page offers beside the password."""

    name: str
    #: The provider did not answer just now.
    away: bool
    #: One can sign out there as well.
    leaves: bool


def begin(settings: Settings) -> SignOn | None:
    """Return the provider that is configured, or none. Raises ValueError for what cannot be meant."""
    provider = Provider.of(settings)
    if provider is None:
        return None
    look = Look(provider.describe, every_s=EVERY_S, patience_s=PATIENCE_S, share=1)
    return SignOn(provider, Door(failures=0, minutes=1), look)


def of(request: Request) -> SignOn | None:
    """Return the provider of the running app, or none."""
    found: SignOn | None = request.app.state.sign_on
    return found


def turns_of(request: Request) -> Door:
    """Return the door before the provider of the running app."""
    found = of(request)
    assert found is not None
    return found.turns


def offer(request: Request) -> Offer | None:
    """Return what the sign-in page offers; it does not wait for a provider that is slow."""
    found = of(request)
    if found is None:
        return None
    away = leaves = False
    try:
        leaves = bool(found.look.last().end_session)
    except TimeoutError:
        # Not known yet; the button tries.
        away = False
    except Exception:  # noqa: BLE001 - whatever it was, the button says that the provider does not answer
        away = True
    return Offer(request.app.state.services.settings.oidc_name, away, leaves)
