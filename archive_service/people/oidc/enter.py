"""Whose identity it is, and beginning the sign-in that it opens."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive_service.audit.record import SYSTEM
from archive_service.db.session import Database
from archive_service.errors import Invalid, Refused
from archive_service.people import passwords, sessions
from archive_service.people.actions.accounts import add_person
from archive_service.people.oidc.links import link
from archive_service.people.oidc.rules import Identity, SignOnRefused
from archive_service.people.roles import ADMINISTRATORS
from archive_service.people.sessions import HALF, OIDC, Limits, Place
from archive_service.people.sign_in import HALF_MINUTES
from archive_service.people.tables import Person, PersonIdentity, RoleGrant, SignIn, Unit
from archive_service.people.viewer import system


@dataclass(frozen=True)
class Newcomers:
    """What happens to somebody who is not known yet."""

    #: An account whose login is what the provider says becomes theirs.
    by_login: bool = False
    #: Code of the unit in which an account is made when there is none; empty means that none is made.
    unit: str = ""


def enter(
    database: Database, identity: Identity, *, newcomers: Newcomers, now: datetime, limits: Limits, place: Place
) -> tuple[str, SignIn]:
    """Begin the sign-in of the person whose identity this is; return its secret and row, already committed.

    It is a half one when the archive's own second factor is still to come. Raises SignOnRefused, with an entry.
    """
    try:
        with database.unit_of_work() as session:
            person, found = _person(session, identity, newcomers, now=now)
            if not person.active:
                raise SignOnRefused(
                    "sign-on.closed",
                    "您在档案系统中的账号已停用，没有登录。如需恢复，请联系系统管理员。",
                    person_id=person.id,
                )
            return _open(session, person, found, identity, now=now, limits=limits, place=place)
    except SignOnRefused as refused:
        write_down(database, refused, now=now, place=place)
        raise


def write_down(database: Database, refused: SignOnRefused, *, now: datetime, place: Place) -> None:
    """Write into the trail that the provider's word opened nothing, and why."""
    with database.unit_of_work() as session:
        person = session.get(Person, refused.person_id) if refused.person_id is not None else None
        sessions.note_failed(session, person, place=place, now=now, by=OIDC, why=refused.why)


def _open(
    session: Session,
    person: Person,
    found: PersonIdentity,
    identity: Identity,
    *,
    now: datetime,
    limits: Limits,
    place: Place,
) -> tuple[str, SignIn]:
    # A tie that an administrator made opens nothing that the person protects by a second factor of their own, until
    # the person themselves has given that factor through it once.
    vouched = identity.strong and found.proven
    if person.totp_since is not None and not vouched:
        until = now + timedelta(minutes=HALF_MINUTES)
        return sessions.begin(session, person, now=now, expires_at=until, kind=HALF, place=place, way=OIDC)
    until = now + timedelta(hours=limits.session_hours)
    return sessions.begin(
        session, person, now=now, expires_at=until, place=place, way=OIDC, vouched_factor=identity.strong
    )


def _person(
    session: Session, identity: Identity, newcomers: Newcomers, *, now: datetime
) -> tuple[Person, PersonIdentity]:
    known = session.scalar(
        select(PersonIdentity).where(
            PersonIdentity.issuer == identity.issuer, PersonIdentity.subject == identity.subject
        )
    )
    if known is not None:
        return session.scalars(select(Person).where(Person.id == known.person_id).with_for_update()).one(), known
    person = _by_login(session, identity, newcomers) or _added(session, identity, newcomers, now=now)
    if person is None:
        raise SignOnRefused(
            "sign-on.unknown-person",
            f"统一身份认证中的身份 {identity.subject} 还没有对应的档案账号，没有登录。请把这个编号告诉系统管理员绑定。",
        )
    return person, link(session, person, issuer=identity.issuer, subject=identity.subject, by=SYSTEM, now=now)


def _by_login(session: Session, identity: Identity, newcomers: Newcomers) -> Person | None:
    if not newcomers.by_login or not identity.login:
        return None
    person = session.scalar(select(Person).where(Person.login == identity.login).with_for_update())
    if person is None:
        return None
    other = select(PersonIdentity.id).where(
        PersonIdentity.person_id == person.id, PersonIdentity.issuer == identity.issuer
    )
    if session.scalar(other) is not None:
        raise SignOnRefused(
            "sign-on.taken",
            "与您登录名相同的账号已绑定另一个身份，没有登录。请系统管理员核对是否重名或换过人。",
            person_id=person.id,
        )
    # A login is what the provider lets people be called; who gives rights is not chosen by that alone.
    roles = set(session.scalars(select(RoleGrant.role).where(RoleGrant.person_id == person.id)))
    if roles & {role.value for role in ADMINISTRATORS}:
        raise SignOnRefused(
            "sign-on.administrator",
            "管理员的账号不按登录名自动绑定，没有登录。请另一位管理员在人员页面绑定您的身份 " + identity.subject + "。",
            person_id=person.id,
        )
    return person


def _added(session: Session, identity: Identity, newcomers: Newcomers, *, now: datetime) -> Person | None:
    unit = session.scalar(select(Unit).where(Unit.code == newcomers.unit)) if newcomers.unit else None
    if unit is None or not identity.login:
        return None
    try:
        return add_person(
            session,
            login=identity.login,
            name=identity.name or identity.login,
            unit_id=unit.id,
            # Nobody knows it; whoever wants a password of their own has an administrator give a first one.
            password=passwords.secret(),
            must_change=False,
            by=system([unit.id]),
            now=now,
        )
    except (Invalid, Refused):
        # What the provider calls somebody cannot be a login here, or is somebody else's.
        return None
