"""Wrong passwords and codes, counted by account and place, in the database: all processes count together."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from archive_service import addresses
from archive_service.errors import Refused
from archive_service.people import passwords
from archive_service.people.sessions import SESSION, Limits, Place
from archive_service.people.tables import Person, SignIn, SignInTry
from archive_service.people.waits import SHARED_PATIENCE, wait_after

_SHARED = "*"
#: A browser from which a person signed in within so long is known.
_KNOWN_FOR = timedelta(days=180)
#: Without a further failure a count is forgotten after so long.
_KEPT = timedelta(days=1)


class Wait(Refused):
    """Nothing was tried; after `retry_after` seconds it will be."""

    http_status = 429

    def __init__(self, seconds: int) -> None:
        super().__init__(
            "sign-in.wait",
            f"输错的次数较多，这次没有核对。请在 {seconds} 秒后再试；忘记密码请联系系统管理员。",
            retry_after=seconds,
        )


@dataclass(frozen=True)
class Door:
    """Whose password or code is tried, and from where."""

    account: str
    source: str
    known: bool


def door_of(session: Session, person: Person | None, login: str, place: Place, *, now: datetime) -> Door:
    """Return the door at which `login` is tried from `place`.

    Logins that nobody has fall into coarse buckets, so that they wait as known ones do and what was typed, which may be
    a password typed one field early, is not kept.
    """
    if person is None:
        return Door(f"u:{passwords.digest_of(login)[:5]}", _network(place), known=False)
    known = is_known(session, person.id, place, now=now)
    return Door(f"p:{person.id}", f"d:{place.device_hash}"[:64] if known else _network(place), known)


def is_known(session: Session, person_id: int, place: Place, *, now: datetime) -> bool:
    """Say whether the person has signed in from this very browser before."""
    if place.device_hash is None:
        return False
    before = select(SignIn.id).where(
        SignIn.person_id == person_id,
        SignIn.device_hash == place.device_hash,
        SignIn.kind == SESSION,
        SignIn.created_at > now - _KNOWN_FOR,
    )
    return session.scalar(before.limit(1)) is not None


def is_known_login(session: Session, login: str, place: Place, *, now: datetime) -> bool:
    """Say whether the person with this login, if there is one, has signed in from this very browser before."""
    person_id = session.scalar(select(Person.id).where(Person.login == login.strip()))
    return person_id is not None and is_known(session, person_id, place, now=now)


def check(session: Session, door: Door, *, now: datetime) -> None:
    """Raise Wait unless something may be tried at `door` now."""
    sources = [door.source] if door.known else [door.source, _SHARED]
    until = session.scalar(
        select(func.max(SignInTry.next_at)).where(SignInTry.account == door.account, SignInTry.source.in_(sources))
    )
    if until is not None and until > now:
        raise Wait(max(1, round((until - now).total_seconds())))


def count(session: Session, door: Door, *, now: datetime, limits: Limits) -> timedelta:
    """Count a failure at `door`; return how long it now has to wait."""
    session.execute(delete(SignInTry).where(SignInTry.last_at < now - _KEPT))
    wait = _add(session, door.account, door.source, free=limits.attempts, now=now, limits=limits)
    if door.known:
        return wait
    shared = _add(session, door.account, _SHARED, free=limits.attempts * SHARED_PATIENCE, now=now, limits=limits)
    return max(wait, shared)


def _add(session: Session, account: str, source: str, *, free: int, now: datetime, limits: Limits) -> timedelta:
    row = session.scalar(
        select(SignInTry).where(SignInTry.account == account, SignInTry.source == source).with_for_update()
    )
    if row is None:
        row = SignInTry(account=account, source=source, failures=0, last_at=now, next_at=now)
        session.add(row)
    row.failures += 1
    wait = wait_after(row.failures, free=free, longest=timedelta(minutes=limits.lock_minutes))
    row.last_at, row.next_at = now, now + wait
    session.flush()
    return wait


def forget(session: Session, door: Door) -> None:
    """Forget the failures at `door`, after something right; what others tried elsewhere stays counted."""
    session.execute(delete(SignInTry).where(SignInTry.account == door.account, SignInTry.source == door.source))


def forget_all(session: Session, person_id: int) -> int:
    """Forget the failures about a person at all places; return at how many."""
    gone = session.scalars(
        delete(SignInTry).where(SignInTry.account.in_((f"p:{person_id}", f"c:{person_id}"))).returning(SignInTry.id)
    )
    return len(gone.all())


def _network(place: Place) -> str:
    return f"n:{addresses.network_of(place.address)}"[:64]
