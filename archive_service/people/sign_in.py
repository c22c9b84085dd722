"""Trying a password, then a code, and beginning the sign-in that they open.

Whatever is wrong at a sign-in, the answer and the work are the same, so that nobody learns which logins exist. The
functions that try something take the database, not a session: the slow hash must not hold the writers' lock, and a
failure must be counted although the caller is told no by an exception.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from argon2 import PasswordHasher
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from archive_service.audit.record import SYSTEM, record
from archive_service.db.session import Database
from archive_service.errors import Refused
from archive_service.people import passwords, second_factor, sessions, tries
from archive_service.people.sessions import HALF, NOWHERE, Place
from archive_service.people.sessions import Limits as Limits
from archive_service.people.sessions import end_all as end_all
from archive_service.people.sessions import sign_out as sign_out
from archive_service.people.sessions import touch as touch
from archive_service.people.sessions import viewer_of as viewer_of
from archive_service.people.tables import Person, PersonIdentity, SignIn
from archive_service.people.tokens import issue_token as issue_token
from archive_service.people.tokens import revoke_token as revoke_token

#: A login that nobody has is not kept in the trail: it may be a password typed one field early.
_UNKNOWN = "unknown"
#: Time from the right password to the code of the second factor.
HALF_MINUTES = 5


class SignInRefused(Refused):
    """Login or password is wrong, or the account is closed; it is never said which."""

    http_status = 401

    def __init__(self) -> None:
        super().__init__(
            "sign-in.refused",
            "登录名或密码不对，或者账号不能登录。请核对后再试；连续输错后，每次再试都要多等一会儿。忘记密码请联系系统管理员。",
        )


class CodeRefused(Refused):
    """The code of the second factor is wrong, used already or too late, or the password was given too long ago."""

    http_status = 401


def sign_in(
    database: Database,
    *,
    login: str,
    password: str,
    now: datetime,
    limits: Limits | None = None,
    hasher: PasswordHasher = passwords.HASHER,
    place: Place = NOWHERE,
) -> tuple[str, SignIn]:
    """Try a password; return a fresh secret and its sign-in, both already committed.

    The sign-in is a half one when a second factor is still to come: see `give_code`. Raises Wait without trying,
    SignInRefused after counting the failure. The secret is shown once and never stored.
    """
    limits, login = limits or Limits(), login.strip()
    with database.reading() as session:
        person = session.scalar(select(Person).where(Person.login == login))
        known = person.password_hash if person is not None else None
        door = tries.door_of(session, person, login, place, now=now)
        tries.check(session, door, now=now)
    fits = passwords.matches(password, known, hasher)
    stronger = passwords.hash_of(password, hasher) if fits and known and hasher.check_needs_rehash(known) else None
    with database.unit_of_work() as session:
        person = session.scalar(select(Person).where(Person.login == login).with_for_update())
        # Others may have guessed at the same moment.
        tries.check(session, door, now=now)
        # The password may have been changed, or the account closed, while it was being tried.
        if person is not None and fits and person.password_hash == known and person.active:
            person.password_hash = stronger or person.password_hash
            tries.forget(session, door)
            return _open(session, person, now=now, limits=limits, place=place)
        _count_failure(session, person, door, now=now, limits=limits, place=place)
    raise SignInRefused


def _open(session: Session, person: Person, *, now: datetime, limits: Limits, place: Place) -> tuple[str, SignIn]:
    if person.totp_since is not None:
        until = now + timedelta(minutes=HALF_MINUTES)
        return sessions.begin(session, person, now=now, expires_at=until, kind=HALF, place=place)
    until = now + timedelta(hours=limits.session_hours)
    return sessions.begin(session, person, now=now, expires_at=until, place=place)


def _count_failure(
    session: Session, person: Person | None, door: tries.Door, *, now: datetime, limits: Limits, place: Place
) -> None:
    if person is None:
        # The trail first: whoever writes into it waits for the one before, so that no two begin the same count.
        record(
            session,
            by=SYSTEM,
            did="person.sign-in-failed",
            object_kind="person",
            object_id=_UNKNOWN,
            unit_id=None,
            facts={"address": place.address},
            now=now,
        )
        tries.count(session, door, now=now, limits=limits)
        return
    wait = tries.count(session, door, now=now, limits=limits)
    sessions.note(session, person, "person.sign-in-failed", now=now, active=person.active, address=place.address)
    if wait:
        sessions.note(session, person, "person.slowed", now=now, seconds=int(wait.total_seconds()))


def give_code(
    database: Database,
    *,
    secret: str,
    code: str,
    now: datetime,
    limits: Limits | None = None,
    place: Place = NOWHERE,
) -> tuple[str, SignIn]:
    """Give the code of the second factor for a half sign-in; return a fresh secret and the whole sign-in.

    A code is taken once. Raises Wait without trying, CodeRefused after counting the failure.
    """
    limits = limits or Limits()
    with database.unit_of_work() as session:
        half = sessions.alive(session, secret, now=now, idle_minutes=limits.idle_minutes)
        if half is None or half.kind != HALF:
            raise CodeRefused("second-factor.expired", "输入密码已经过了几分钟。请从登录页重新登录。")
        person = session.scalars(select(Person).where(Person.id == half.person_id).with_for_update()).one()
        door = tries.door_of(session, person, person.login, place, now=now)
        door = replace(door, account=f"c:{person.id}")
        tries.check(session, door, now=now)
        taken = second_factor.take(session, person, code, now=now)
        if taken is not None:
            half.ended_at = now
            tries.forget(session, door)
            if taken == "recovery":
                sessions.note(session, person, "second-factor.code-used", now=now)
            if half.way == sessions.OIDC:
                # From now on this identity is known to be in the hands of who holds the factor.
                session.execute(update(PersonIdentity).where(PersonIdentity.person_id == person.id).values(proven=True))
            until = now + timedelta(hours=limits.session_hours)
            return sessions.begin(session, person, now=now, expires_at=until, place=place, way=half.way)
        tries.count(session, door, now=now, limits=limits)
        sessions.note(session, person, "second-factor.failed", now=now, address=place.address)
    raise CodeRefused(
        "second-factor.refused", "验证码不对，或者已经用过。请等应用显示下一个验证码再输入，或使用一个恢复码。"
    )


def confirm_password(
    database: Database,
    *,
    person_id: int,
    password: str,
    now: datetime,
    limits: Limits | None = None,
    hasher: PasswordHasher = passwords.HASHER,
    place: Place = NOWHERE,
) -> None:
    """See that the person at the screen knows their password before something that a borrowed screen must not do.

    Counts as a try at the door: raises Wait without trying, Refused after counting the failure.
    """
    limits = limits or Limits()
    with database.reading() as session:
        person = session.get_one(Person, person_id)
        stored, door = person.password_hash, tries.door_of(session, person, person.login, place, now=now)
        tries.check(session, door, now=now)
    if passwords.matches(password, stored, hasher):
        return
    with database.unit_of_work() as session:
        person = session.scalars(select(Person).where(Person.id == person_id).with_for_update()).one()
        _count_failure(session, person, door, now=now, limits=limits, place=place)
    raise Refused("password.wrong", "现在的密码不对，没有修改。请重新输入。")


def confirm_presence(
    database: Database,
    *,
    person_id: int,
    password: str,
    code: str,
    now: datetime,
    limits: Limits | None = None,
    hasher: PasswordHasher = passwords.HASHER,
    place: Place = NOWHERE,
) -> None:
    """See that the person at the screen is who they are said to be: password, and the code where a factor is set up.

    Raises Wait without trying, Refused or CodeRefused after counting the failure.
    """
    limits = limits or Limits()
    confirm_password(
        database, person_id=person_id, password=password, now=now, limits=limits, hasher=hasher, place=place
    )
    with database.unit_of_work() as session:
        person = session.scalars(select(Person).where(Person.id == person_id).with_for_update()).one()
        if person.totp_since is None:
            return
        door = replace(tries.door_of(session, person, person.login, place, now=now), account=f"c:{person.id}")
        tries.check(session, door, now=now)
        if second_factor.take(session, person, code, now=now) is not None:
            tries.forget(session, door)
            return
        tries.count(session, door, now=now, limits=limits)
        sessions.note(session, person, "second-factor.failed", now=now, address=place.address)
    raise CodeRefused(
        "second-factor.refused", "验证码不对，或者已经用过。请等应用显示下一个验证码再输入，或使用一个恢复码。"
    )
