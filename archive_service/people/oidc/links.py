"""Which identity at the provider is whose: tied by an administrator or by the login, and taken away again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive_service.audit.record import Actor
from archive_service.errors import Invalid, NotFound, Refused
from archive_service.people import sessions
from archive_service.people.actions.parts import given_reason, managed, not_oneself, printable
from archive_service.people.roles import Right
from archive_service.people.tables import Person, PersonIdentity
from archive_service.people.viewer import Viewer

_LONGEST_SUBJECT = 255


@dataclass(frozen=True)
class LinkView:
    """An identity at the provider that signs in as a person."""

    subject: str
    tied_at: datetime


def of_person(session: Session, person_id: int, *, issuer: str) -> LinkView | None:
    """Return a person's identity at the provider, or none; the caller has checked who may know."""
    found = session.scalar(
        select(PersonIdentity).where(PersonIdentity.person_id == person_id, PersonIdentity.issuer == issuer)
    )
    return None if found is None else LinkView(found.subject, found.tied_at)


def tie(session: Session, *, person_id: int, issuer: str, subject: str, by: Viewer, now: datetime) -> None:
    """Let an identity at the provider sign in as a person. Raises NotFound, Invalid, Refused."""
    person = managed(session, person_id, by, Right.PEOPLE_MANAGE)
    not_oneself(person, by)
    subject = printable(subject)
    if not 1 <= len(subject) <= _LONGEST_SUBJECT:
        raise Invalid("sign-on.subject", "请填写统一身份认证中的身份编号，不超过 255 个字符。登录被拒的页面上写着它。")
    if of_person(session, person_id, issuer=issuer) is not None:
        raise Refused("sign-on.tied-already", "此人已绑定一个身份。要换，请先解除现在的绑定。")
    other = select(PersonIdentity.id).where(PersonIdentity.issuer == issuer, PersonIdentity.subject == subject)
    if session.scalar(other) is not None:
        raise Refused("sign-on.subject-taken", "这个身份编号已绑定给另一个人，没有绑定。请核对编号。")
    link(session, person, issuer=issuer, subject=subject, by=by.actor, now=now)


def untie(session: Session, *, person_id: int, issuer: str, by: Viewer, now: datetime, reason: str = "") -> None:
    """Take an identity from a person, for a `reason`, and end their sign-ins. Raises NotFound."""
    person = managed(session, person_id, by, Right.PEOPLE_MANAGE)
    not_oneself(person, by)
    found = session.scalar(
        select(PersonIdentity).where(PersonIdentity.person_id == person_id, PersonIdentity.issuer == issuer)
    )
    if found is None:
        raise NotFound("sign-on.not-tied", "此人没有绑定统一身份认证的身份。请刷新页面。")
    subject, why = found.subject, given_reason(reason, by)
    session.delete(found)
    sessions.end_all(session, person_id, now=now)
    session.flush()
    sessions.note(session, person, "sign-on.untied", now=now, by=by.actor, issuer=issuer, subject=subject, reason=why)


def link(session: Session, person: Person, *, issuer: str, subject: str, by: Actor, now: datetime) -> PersonIdentity:
    """Tie an identity to a person; the caller has checked that both are free."""
    made = PersonIdentity(
        person_id=person.id, issuer=issuer, subject=subject, tied_at=now, proven=person.totp_since is None
    )
    session.add(made)
    session.flush()
    sessions.note(session, person, "sign-on.tied", now=now, by=by, issuer=issuer, subject=subject)
    return made
