"""Signing in and out, and finding the viewer behind a secret.

Whatever is wrong at a sign-in, the answer and the work are the same, so that nobody learns which logins exist. The
functions that try a password take the database, not a session: the slow hash must not hold the writers' lock, and a
failure must be counted although the caller is told no by an exception.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from argon2 import PasswordHasher
from sqlalchemy import select
from sqlalchemy.orm import Session

from archive_service.audit.record import SYSTEM, Actor, record
from archive_service.db.session import Database
from archive_service.errors import Invalid, NotFound, NotPermitted, Refused
from archive_service.people import passwords
from archive_service.people.queries import viewer_for
from archive_service.people.tables import Person, SignIn
from archive_service.people.viewer import Viewer
from archive_service.settings import Settings

#: A sign of life is written at most this often, so that reading pages does not mean writing rows.
_SEEN_EVERY = timedelta(minutes=1)
_LONGEST_TOKEN = timedelta(days=366)
#: A login that nobody has is not kept in the trail: it may be a password typed one field early.
_UNKNOWN = "unknown"


@dataclass(frozen=True)
class Limits:
    """How long a sign-in lasts and how many wrong passwords lock an account."""

    attempts: int = 5
    lock_minutes: float = 15
    session_hours: float = 10
    idle_minutes: float = 60

    @classmethod
    def of(cls, settings: Settings) -> Limits:
        """Return the limits that are configured."""
        return cls(
            attempts=settings.sign_in_attempts,
            lock_minutes=settings.sign_in_lock_minutes,
            session_hours=settings.session_hours,
            idle_minutes=settings.session_idle_minutes,
        )


class SignInRefused(Refused):
    """Login or password is wrong, or the account is locked or closed; it is never said which."""

    http_status = 401

    def __init__(self, limits: Limits) -> None:
        super().__init__(
            "sign-in.refused",
            f"登录名或密码不对，或者账号暂时不能登录。请核对后再试；连续输错 {limits.attempts} 次，"
            f"账号锁定 {limits.lock_minutes:g} 分钟。忘记密码请联系系统管理员。",
        )


def sign_in(
    database: Database,
    *,
    login: str,
    password: str,
    now: datetime,
    limits: Limits | None = None,
    hasher: PasswordHasher = passwords.HASHER,
) -> tuple[str, SignIn]:
    """Try a password; return a fresh secret and its sign-in, both already committed.

    Raises SignInRefused after counting the failure. The secret is shown once and never stored.
    """
    limits = limits or Limits()
    with database.reading() as session:
        known = session.scalar(select(Person.password_hash).where(Person.login == login.strip()))
    fits = passwords.matches(password, known, hasher)
    stronger = passwords.hash_of(password, hasher) if fits and known and hasher.check_needs_rehash(known) else None
    with database.unit_of_work() as session:
        person = session.scalar(select(Person).where(Person.login == login.strip()).with_for_update())
        # The password may have been changed, or the account locked, while it was being tried.
        if person is not None and fits and person.password_hash == known and _open(person, now):
            person.failed_sign_ins = 0
            person.locked_until = None
            person.password_hash = stronger or person.password_hash
            return _begin(session, person, now=now, expires_at=now + timedelta(hours=limits.session_hours))
        _count_failure(session, person, now=now, limits=limits)
    raise SignInRefused(limits)


def _open(person: Person, now: datetime) -> bool:
    return person.active and (person.locked_until is None or person.locked_until <= now)


def _begin(
    session: Session, person: Person, *, now: datetime, expires_at: datetime, kind: str = "session", label: str = ""
) -> tuple[str, SignIn]:
    secret = passwords.secret()
    begun = SignIn(
        person_id=person.id,
        token_hash=passwords.digest_of(secret),
        kind=kind,
        label=label,
        created_at=now,
        last_seen_at=now,
        expires_at=expires_at,
    )
    session.add(begun)
    session.flush()
    _note(session, person, "person.signed-in" if kind == "session" else "token.issued", now=now, sign_in=begun.id)
    return secret, begun


def _count_failure(session: Session, person: Person | None, *, now: datetime, limits: Limits) -> None:
    if person is None:
        record(
            session,
            by=SYSTEM,
            did="person.sign-in-failed",
            object_kind="person",
            object_id=_UNKNOWN,
            unit_id=None,
            facts={},
            now=now,
        )
        return
    if _open(person, now):
        person.failed_sign_ins += 1
    _note(session, person, "person.sign-in-failed", now=now, failures=person.failed_sign_ins, active=person.active)
    if person.failed_sign_ins >= limits.attempts:
        person.failed_sign_ins = 0
        person.locked_until = now + timedelta(minutes=limits.lock_minutes)
        _note(session, person, "person.locked", now=now, until=person.locked_until.isoformat())


def _note(session: Session, person: Person, did: str, *, now: datetime, **facts: object) -> None:
    record(
        session,
        by=Actor(person.id, person.name),
        did=did,
        object_kind="person",
        object_id=str(person.id),
        unit_id=person.unit_id,
        facts=facts,
        now=now,
    )


def viewer_of(
    session: Session, secret: str, *, now: datetime, idle_minutes: float = 60, kind: str | None = None
) -> Viewer | None:
    """Return the viewer behind a secret, or none when it is unknown, ended, expired, idle too long or closed.

    Rights are read afresh each time. Tokens of programs do not go idle; they only expire. With `kind`, a secret of
    the other kind is unknown: a door that takes tokens takes no session, and the other way round.
    """
    found = _alive(session, secret, now=now, idle_minutes=idle_minutes)
    return None if found is None or kind not in (None, found.kind) else viewer_for(session, found.person_id)


def _alive(session: Session, secret: str, *, now: datetime, idle_minutes: float) -> SignIn | None:
    found = session.scalar(select(SignIn).where(SignIn.token_hash == passwords.digest_of(secret)))
    if found is None or found.ended_at is not None or found.expires_at <= now:
        return None
    if found.kind == "session" and found.last_seen_at + timedelta(minutes=idle_minutes) <= now:
        return None
    person = session.get(Person, found.person_id)
    return found if person is not None and person.active else None


def touch(database: Database, secret: str, *, now: datetime, idle_minutes: float = 60) -> None:
    """Note a sign of life of a living sign-in; writes at most once a minute."""
    with database.reading() as session:
        found = _alive(session, secret, now=now, idle_minutes=idle_minutes)
        if found is None or found.last_seen_at + _SEEN_EVERY > now:
            return
        key = found.id
    with database.unit_of_work() as session:
        alive = session.get(SignIn, key)
        if alive is not None and alive.ended_at is None and alive.last_seen_at < now:
            alive.last_seen_at = now


def sign_out(session: Session, secret: str, *, now: datetime) -> None:
    """End the sign-in behind a secret; an unknown or ended one is left as it is."""
    found = session.scalar(select(SignIn).where(SignIn.token_hash == passwords.digest_of(secret)))
    if found is None or found.ended_at is not None:
        return
    found.ended_at = now
    person = session.get_one(Person, found.person_id)
    _note(session, person, "person.signed-out" if found.kind == "session" else "token.ended", now=now, sign_in=found.id)


def end_all(session: Session, person_id: int, *, now: datetime, keep: str | None = None) -> int:
    """End every sign-in and token of a person, except the one behind the secret `keep`; return how many."""
    kept = None if keep is None else passwords.digest_of(keep)
    open_ones = session.scalars(select(SignIn).where(SignIn.person_id == person_id, SignIn.ended_at.is_(None)))
    ended = [one for one in open_ones if one.token_hash != kept]
    for one in ended:
        one.ended_at = now
    return len(ended)


def issue_token(
    session: Session, *, by: Viewer, label: str, expires_at: datetime, now: datetime, person_id: int | None = None
) -> tuple[str, SignIn]:
    """Give a program a token with the rights of the person; return it once and its row.

    A person issues tokens only for themselves; the command line names the person. At most a year.
    """
    owner = by.person_id if person_id is None else person_id
    if not by.is_system and owner != by.person_id:
        raise NotPermitted("token.own-only", "令牌只能由本人签发。请让本人登录后签发。")
    person = session.get(Person, owner) if owner is not None else None
    if person is None or not person.active:
        raise NotFound("people.not-found", "没有这位人员。请核对登录名后再试。")
    if not label.strip() or len(label) > 120:
        raise Invalid("token.label", "请给令牌起一个 120 字以内的名字，说明用在哪里。")
    if not now < expires_at <= now + _LONGEST_TOKEN:
        raise Invalid("token.expiry", "令牌的有效期须在今后一年之内。请改一个日期。")
    return _begin(session, person, now=now, expires_at=expires_at, kind="token", label=label.strip())


def revoke_token(session: Session, *, sign_in_id: int, by: Viewer, now: datetime) -> None:
    """End one of the viewer's own sign-ins or tokens. Raises NotFound for any other."""
    found = session.get(SignIn, sign_in_id)
    if found is None or (found.person_id != by.person_id and not by.is_system):
        raise NotFound("token.not-found", "没有这个令牌。请刷新列表后再试。")
    if found.ended_at is None:
        found.ended_at = now
        person = session.get_one(Person, found.person_id)
        _note(session, person, "token.ended", now=now, sign_in=found.id)
