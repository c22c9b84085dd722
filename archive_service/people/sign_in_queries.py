"""Reading sign-ins: those that live, and who has to wait after wrong tries."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from archive_service.people import passwords
from archive_service.people.tables import SignIn, SignInTry
from archive_service.people.viewer import Viewer


@dataclass(frozen=True)
class SignInView:
    """A living sign-in or token of a person; the secret is not known to anybody."""

    id: int
    kind: str
    label: str
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    address: str
    agent: str
    #: What a token may be used for; none means whatever the person may.
    scopes: tuple[str, ...] | None
    #: It is the one that asks.
    current: bool


def waits_of(session: Session, keys: Collection[int]) -> dict[int, datetime]:
    """Return until when a try from some place has to wait, by the ids of those people whose tries were wrong."""
    accounts = {f"{kind}:{key}": key for key in keys for kind in "pc"}
    told = select(SignInTry.account, func.max(SignInTry.next_at)).where(SignInTry.account.in_(accounts))
    found: dict[int, datetime] = {}
    for account, until in session.execute(told.group_by(SignInTry.account)):
        key = accounts[account]
        found[key] = max(until, found.get(key, until))
    return found


def sign_ins(
    session: Session,
    viewer: Viewer,
    *,
    now: datetime,
    kind: str | None = None,
    idle_minutes: float = 60,
    secret: str = "",
) -> list[SignInView]:
    """Return the viewer's own living sign-ins and tokens, newest first; `secret` tells which one asks."""
    assert viewer.person_id is not None
    return sign_ins_of(session, viewer.person_id, now=now, kind=kind, idle_minutes=idle_minutes, secret=secret)


def sign_ins_of(
    session: Session,
    person_id: int,
    *,
    now: datetime,
    kind: str | None = None,
    idle_minutes: float = 60,
    secret: str = "",
) -> list[SignInView]:
    """Return a person's living sign-ins and tokens, newest first; the caller has checked who may know."""
    asking = passwords.digest_of(secret) if secret else None
    idle = and_(SignIn.kind == "session", SignIn.last_seen_at <= now - timedelta(minutes=idle_minutes))
    mine = select(SignIn).where(
        SignIn.person_id == person_id,
        SignIn.ended_at.is_(None),
        SignIn.expires_at > now,
        SignIn.kind.in_(("session", "token") if kind is None else (kind,)),
        ~idle,
    )
    return [
        SignInView(
            id=row.id,
            kind=row.kind,
            label=row.label,
            created_at=row.created_at,
            last_seen_at=row.last_seen_at,
            expires_at=row.expires_at,
            address=row.address,
            agent=row.agent,
            scopes=None if row.scopes is None else tuple(row.scopes),
            current=row.token_hash == asking,
        )
        for row in session.scalars(mine.order_by(SignIn.created_at.desc(), SignIn.id.desc()))
    ]
