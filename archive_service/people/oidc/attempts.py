"""Sign-ins that are on their way to the provider and back: begun by one browser, ended once, soon forgotten."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from archive_service.people import passwords
from archive_service.people.oidc.provider import Begun
from archive_service.people.oidc.rules import SignOnRefused
from archive_service.people.tables import SignOnAttempt

#: As long as a person may take at the provider.
LASTS = timedelta(minutes=10)


@dataclass(frozen=True)
class Returned:
    """A sign-in that came back, and where its person wanted to go."""

    begun: Begun
    wanted: str


def begin(session: Session, *, browser: str, wanted: str, now: datetime) -> Begun:
    """Begin a sign-in in a browser that is known by the secret `browser`; forget those that never came back."""
    begun = Begun(passwords.secret(), passwords.secret(), passwords.secret() + passwords.secret())
    session.execute(delete(SignOnAttempt).where(SignOnAttempt.expires_at <= now))
    session.add(
        SignOnAttempt(
            state_hash=passwords.digest_of(begun.state),
            browser_hash=passwords.digest_of(browser),
            nonce=begun.nonce,
            verifier=begun.verifier,
            wanted=wanted,
            expires_at=now + LASTS,
        )
    )
    session.flush()
    return begun


def take(session: Session, *, state: str, browser: str, now: datetime) -> Returned:
    """Return the sign-in that this browser began with `state`, and end it: one statement, so it comes back once.

    Raises SignOnRefused for one that is over, came back before, or was begun elsewhere; that one stays as it is.
    """
    mine = (
        delete(SignOnAttempt)
        .where(
            SignOnAttempt.state_hash == passwords.digest_of(state),
            SignOnAttempt.browser_hash == passwords.digest_of(browser),
            SignOnAttempt.expires_at > now,
        )
        .returning(SignOnAttempt.nonce, SignOnAttempt.verifier, SignOnAttempt.wanted)
    )
    found = session.execute(mine).first() if state and browser else None
    if found is None:
        raise SignOnRefused(
            "sign-on.expired",
            "这次登录已经用过、已经过期，或者不是从这个浏览器开始的。请从登录页重新开始。",
        )
    return Returned(Begun(state, found.nonce, found.verifier), found.wanted)
