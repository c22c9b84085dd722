"""Changes of units, people, roles and passwords; each is written to the audit trail."""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime

from argon2 import PasswordHasher
from sqlalchemy import literal, select
from sqlalchemy.orm import Session

from archive_service.audit.record import record
from archive_service.errors import Invalid, NotFound, NotPermitted, Refused
from archive_service.people import passwords, sign_in
from archive_service.people.roles import Right, Role, check_may_hold
from archive_service.people.tables import Person, RoleGrant, Unit
from archive_service.people.viewer import Viewer

#: What a person may choose for their pages, and the values each choice takes.
PREFERENCES: dict[str, frozenset[str]] = {
    "language": frozenset({"zh", "en"}),
    "theme": frozenset({"auto", "light", "dark"}),
    "print": frozenset({"normal", "large"}),
    "density": frozenset({"default", "roomy"}),
    "single_keys": frozenset({"on", "off"}),
}
_LOGIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{1,79}")
_UNIT_CODE = re.compile(r"[^\s/\\\"',;<>]{1,40}")
_PATH_LENGTH = 400


def add_unit(session: Session, *, code: str, name: str, parent_id: int | None, by: Viewer, now: datetime) -> Unit:
    """Add a unit below another; only the command line adds one at the top.

    Units are not moved: rights and the trail rest on where a unit stands.
    """
    parent = session.get(Unit, parent_id) if parent_id is not None else None
    if parent_id is None and not by.is_system:
        raise NotPermitted("unit.top", "最上级单位只能由系统管理员在服务器上建立。请选择一个上级单位。")
    if parent_id is not None and (parent is None or not (by.is_system or by.may(Right.PEOPLE_MANAGE, parent_id))):
        raise NotFound("unit.not-found", "没有这个上级单位，或者您无权在其下建立单位。请核对后再试。")
    code, name = _printable(code), _printable(name)
    if not _UNIT_CODE.fullmatch(code) or not 1 <= len(name) <= 120:
        raise Invalid("unit.name", "单位代码须为 1 至 40 个不含空格和标点的字符，名称须为 1 至 120 字。请修改后再试。")
    if session.scalar(select(Unit.id).where(Unit.code == code)) is not None:
        raise Refused("unit.code-taken", f"单位代码“{code}”已被使用。请换一个代码。", unit_code=code)
    unit = Unit(code=code, name=name, parent_id=parent_id, path="")
    session.add(unit)
    session.flush()
    unit.path = f"{parent.path if parent else ''}{unit.id}/"
    if len(unit.path) > _PATH_LENGTH:
        raise Refused("unit.too-deep", "单位层级太深。请把它建在较高一级的单位之下。")
    facts = {"code": code, "name": name, "parent": parent.code if parent else None}
    record(
        session,
        by=by.actor,
        did="unit.added",
        object_kind="unit",
        object_id=unit.id,
        unit_id=unit.id,
        facts=facts,
        now=now,
    )
    return unit


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
    _require_manage(by, unit_id)
    if session.get(Unit, unit_id) is None:
        raise NotFound("unit.not-found", "没有这个单位。请核对后再试。")
    login, name = login.strip(), _printable(name)
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


def grant_role(session: Session, *, person_id: int, role: Role, unit_id: int, by: Viewer, now: datetime) -> RoleGrant:
    """Give a person a role in a unit and everything below it; giving it again changes nothing.

    Raises Refused where it would put two administrator roles in one hand, NotPermitted for one's own rights.
    """
    person = _managed(session, person_id, by)
    _not_oneself(person, by)
    _require_manage(by, unit_id)
    grants = list(session.scalars(select(RoleGrant).where(RoleGrant.person_id == person_id)))
    same = next((one for one in grants if one.role == role and one.unit_id == unit_id), None)
    if same is not None:
        return same
    check_may_hold([Role(one.role) for one in grants], role)
    grant = RoleGrant(person_id=person_id, role=role.value, unit_id=unit_id)
    session.add(grant)
    session.flush()
    _note(session, person, "role.granted", by=by, now=now, role=role.value, unit=unit_id)
    return grant


def revoke_role(session: Session, *, person_id: int, role: Role, unit_id: int, by: Viewer, now: datetime) -> None:
    """Take a role in a unit from a person. The last system administrator of a unit stays."""
    person = _managed(session, person_id, by)
    _not_oneself(person, by)
    _require_manage(by, unit_id)
    chosen = select(RoleGrant).where(
        RoleGrant.person_id == person_id, RoleGrant.role == role.value, RoleGrant.unit_id == unit_id
    )
    grant = session.scalar(chosen)
    if grant is None:
        raise NotFound("people.role-not-held", "此人在该单位没有这个角色。请刷新后再试。")
    if role is Role.SYSTEM_ADMIN and person.active:
        _check_not_last(session, [grant])
    session.delete(grant)
    session.flush()
    _note(session, person, "role.revoked", by=by, now=now, role=role.value, unit=unit_id)


def set_active(session: Session, *, person_id: int, active: bool, by: Viewer, now: datetime) -> Person:
    """Close or reopen a person's account; closing ends every sign-in and token at once."""
    person = _managed(session, person_id, by)
    if person.active == active:
        return person
    _not_oneself(person, by)
    if not active:
        held = select(RoleGrant).where(RoleGrant.person_id == person_id, RoleGrant.role == Role.SYSTEM_ADMIN.value)
        _check_not_last(session, list(session.scalars(held)))
        sign_in.end_all(session, person_id, now=now)
    person.active = active
    person.failed_sign_ins, person.locked_until = 0, None
    session.flush()
    _note(session, person, "person.opened" if active else "person.closed", by=by, now=now)
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
    hasher: PasswordHasher = passwords.HASHER,
) -> None:
    """Set a password and end the person's other sign-ins (all but the one behind the secret `keep`).

    One's own needs the `current` password. One given by somebody else must be changed at the next
    sign-in, unless told otherwise.
    """
    own = not by.is_system and person_id == by.person_id
    person = session.get_one(Person, person_id) if own else _managed(session, person_id, by)
    if own and not passwords.matches(current or "", person.password_hash, hasher):
        raise Refused("password.wrong", "现在的密码不对，密码没有修改。请重新输入。")
    passwords.check(password, login=person.login)
    if passwords.matches(password, person.password_hash, hasher):
        raise Refused("password.same", "新密码与现在的密码相同。请换一个新密码。")
    person.password_hash = passwords.hash_of(password, hasher)
    person.must_change_password = must_change and not own
    person.failed_sign_ins, person.locked_until = 0, None
    ended = sign_in.end_all(session, person_id, now=now, keep=keep if own else None)
    session.flush()
    _note(session, person, "person.password-set", by=by, now=now, own=own, ended_sign_ins=ended)


def set_preference(session: Session, *, key: str, value: str, by: Viewer, now: datetime) -> None:
    """Keep what the viewer chose for their own pages; only the known keys and values are taken."""
    if value not in PREFERENCES.get(key, frozenset()):
        raise Invalid("people.preference", "没有这个选项。请从页面上的选项中选择。", key=key[:40])
    person = session.get(Person, by.person_id) if by.person_id is not None else None
    if person is None:
        raise NotFound("people.not-found", "没有这位人员。请重新登录后再试。")
    if (person.preferences or {}).get(key) == value:
        return
    # A new mapping, not a changed one: the column notices only replacement.
    person.preferences = {**(person.preferences or {}), key: value}
    session.flush()
    _note(session, person, "person.preference-set", by=by, now=now, key=key, value=value)


def _printable(text: str) -> str:
    return "".join(c for c in text.strip() if unicodedata.category(c)[0] != "C")


def _require_manage(by: Viewer, unit_id: int) -> None:
    # The command line may have made the unit in this very transaction, after its viewer was built.
    if not by.is_system:
        by.require(Right.PEOPLE_MANAGE, unit_id)


def _not_oneself(person: Person, by: Viewer) -> None:
    if person.id == by.person_id:
        raise NotPermitted("people.own-rights", "不能修改自己的角色或账号状态。请由另一位管理员办理。")


def _managed(session: Session, person_id: int, by: Viewer) -> Person:
    person = session.scalar(select(Person).where(Person.id == person_id).with_for_update())
    if person is None or not (by.is_system or by.may(Right.PEOPLE_MANAGE, person.unit_id)):
        raise NotFound("people.not-found", "没有这位人员，或者您无权管理。请核对后再试。")
    # Whoever may reset a password can become that person: their rights must not reach beyond the manager's units.
    reach = session.scalars(select(RoleGrant.unit_id).where(RoleGrant.person_id == person_id))
    for unit_id in reach:
        _require_manage(by, unit_id)
    return person


def _check_not_last(session: Session, grants: list[RoleGrant]) -> None:
    """Refuse unless, for each grant, another active person is system administrator there or above."""
    # Locked, so that two administrators cannot remove each other at the same moment.
    all_of_them = select(RoleGrant.id).where(RoleGrant.role == Role.SYSTEM_ADMIN.value).order_by(RoleGrant.id)
    session.scalars(all_of_them.with_for_update()).all()
    for grant in grants:
        path = session.get_one(Unit, grant.unit_id).path
        others = (
            select(RoleGrant.id)
            .join(Person, Person.id == RoleGrant.person_id)
            .join(Unit, Unit.id == RoleGrant.unit_id)
            .where(
                RoleGrant.role == Role.SYSTEM_ADMIN.value,
                RoleGrant.person_id != grant.person_id,
                Person.active,
                literal(path).startswith(Unit.path),
            )
        )
        if session.scalar(others.limit(1)) is None:
            raise Refused("people.last-administrator", "这是该单位最后一位系统管理员，不能撤销。请先任命另一位。")


def _note(session: Session, person: Person, did: str, *, by: Viewer, now: datetime, **facts: object) -> None:
    record(
        session,
        by=by.actor,
        did=did,
        object_kind="person",
        object_id=person.id,
        unit_id=person.unit_id,
        facts=facts,
        now=now,
    )
