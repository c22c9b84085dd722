"""Accounts: added, opened and closed, given another password. The system administrator's work."""

from __future__ import annotations

import re
from datetime import datetime

from argon2 import PasswordHasher
from sqlalchemy import select
from sqlalchemy.orm import Session

from archive_service.errors import Invalid, NotFound, Refused
from archive_service.people import passwords, second_factor, sessions, tries
from archive_service.people.actions.parts import check_not_last, given_reason, managed, not_oneself, printable, require
from archive_service.people.actions.parts import note as _note
from archive_service.people.roles import Right, Role
from archive_service.people.tables import Person, RoleGrant, Unit
from archive_service.people.viewer import Viewer

_LOGIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{1,79}")


def add_person(
    session: Session,
    *,
    login: str,
    name: str,
    unit_id: int,
    password: str,
    by: Viewer,
    now: datetime,
    must_change: bool = True,
    hasher: PasswordHasher = passwords.HASHER,
) -> Person:
    """Add a person to a unit, with a password that they must change at the first sign-in unless told otherwise."""
    require(by, Right.PEOPLE_MANAGE, unit_id)
    if session.get(Unit, unit_id) is None:
        raise NotFound("unit.not-found", "没有这个单位。请核对后再试。")
    login, name = login.strip(), printable(name)
    if not _LOGIN.fullmatch(login):
        raise Invalid("people.login", "登录名须为 2 至 80 个字母、数字或 . _ @ -，以字母或数字开头。请修改后再试。")
    if not 1 <= len(name) <= 120:
        raise Invalid("people.name", "姓名须为 1 至 120 字。请修改后再试。")
    if session.scalar(select(Person.id).where(Person.login == login)) is not None:
        raise Refused("people.login-taken", f"登录名“{login}”已被使用。请换一个。", login=login)
    passwords.check(password, login=login)
    person = Person(
        login=login,
        name=name,
        unit_id=unit_id,
        password_hash=passwords.hash_of(password, hasher),
        must_change_password=must_change,
        preferences={},
        created_at=now,
    )
    session.add(person)
    session.flush()
    _note(session, person, "person.added", by=by, now=now, login=login)
    return person


def set_active(
    session: Session, *, person_id: int, active: bool, by: Viewer, now: datetime, reason: str = ""
) -> Person:
    """Close or reopen a person's account; closing needs a `reason` and ends every sign-in and token at once."""
    person = managed(session, person_id, by, Right.PEOPLE_MANAGE)
    if person.active == active:
        return person
    not_oneself(person, by)
    told = {} if active else {"reason": given_reason(reason, by)}
    if not active:
        held = select(RoleGrant).where(RoleGrant.person_id == person_id, RoleGrant.role == Role.SYSTEM_ADMIN.value)
        check_not_last(session, list(session.scalars(held)))
        sessions.end_all(session, person_id, now=now)
    person.active = active
    tries.forget_all(session, person_id)
    session.flush()
    _note(session, person, "person.opened" if active else "person.closed", by=by, now=now, **told)
    return person


def set_password(
    session: Session,
    *,
    person_id: int,
    password: str,
    by: Viewer,
    now: datetime,
    current: str | None = None,
    keep: str | None = None,
    must_change: bool = True,
    reason: str = "",
    hasher: PasswordHasher = passwords.HASHER,
) -> None:
    """Set a password and end the person's other sign-ins (all but the one behind the secret `keep`).

    One's own needs the `current` password, somebody else's a `reason`. One given by somebody else must be changed at
    the next sign-in, unless told otherwise.
    """
    own = not by.is_system and person_id == by.person_id
    person = session.get_one(Person, person_id) if own else managed(session, person_id, by, Right.PEOPLE_MANAGE)
    told = {} if own else {"reason": given_reason(reason, by)}
    if own and not passwords.matches(current or "", person.password_hash, hasher):
        raise Refused("password.wrong", "现在的密码不对，密码没有修改。请重新输入。")
    passwords.check(password, login=person.login)
    if passwords.matches(password, person.password_hash, hasher):
        raise Refused("password.same", "新密码与现在的密码相同。请换一个新密码。")
    person.password_hash = passwords.hash_of(password, hasher)
    person.must_change_password = must_change and not own
    tries.forget_all(session, person_id)
    ended = sessions.end_all(session, person_id, now=now, keep=keep if own else None)
    session.flush()
    _note(session, person, "person.password-set", by=by, now=now, own=own, ended_sign_ins=ended, **told)


def unlock(session: Session, *, person_id: int, by: Viewer, now: datetime) -> None:
    """Let a person try their password again at once, wherever they wait."""
    person = managed(session, person_id, by, Right.PEOPLE_MANAGE)
    if tries.forget_all(session, person.id):
        _note(session, person, "person.unlocked", by=by, now=now)


def end_sign_ins(session: Session, *, person_id: int, by: Viewer, now: datetime) -> int:
    """End every sign-in and token of a person; return how many."""
    person = managed(session, person_id, by, Right.PEOPLE_MANAGE)
    ended = sessions.end_all(session, person.id, now=now)
    if ended:
        _note(session, person, "person.sign-ins-ended", by=by, now=now, count=ended)
    return ended


def reset_second_factor(session: Session, *, person_id: int, by: Viewer, now: datetime, reason: str = "") -> None:
    """Take the second factor from a person who lost the device, for a `reason`, and end their sign-ins.

    It needs the right to grant roles, not the one to set passwords: one administrator alone can become nobody else.
    """
    person = managed(session, person_id, by, Right.ROLES_GRANT)
    not_oneself(person, by)
    second_factor.remove(session, person, by=by, now=now, reason=given_reason(reason, by))
    sessions.end_all(session, person.id, now=now)
