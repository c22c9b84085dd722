"""Which accounts and which identity are a person's own, so that reading one's own file can be noticed."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from archive_service.audit.record import record
from archive_service.errors import NotFound
from archive_service.people.roles import Right
from archive_service.people.tables import Person, PersonTie
from archive_service.people.viewer import Viewer

ACCOUNT, IDENTITY = "account", "identity"


def same_person(session: Session, person_id: int, others: Collection[int | None]) -> bool:
    """Say whether one of some other accounts is of this very person: of the same identity, or the same mail address.

    What nobody noted, such as a second account under another name and address, cannot be told.
    """
    asked = {one for one in others if one is not None} - {person_id}
    own = aliased(PersonTie)
    tied = select(PersonTie.id).join(own, (own.kind == PersonTie.kind) & (own.value == PersonTie.value))
    tied = tied.where(own.person_id == person_id, own.kind == IDENTITY, PersonTie.person_id.in_(asked))
    mail = session.scalar(select(func.lower(Person.email)).where(Person.id == person_id, Person.email != ""))
    mailed = select(Person.id).where(Person.id.in_(asked), func.lower(Person.email) == mail)
    return session.scalar(tied.limit(1)) is not None or (mail is not None and session.scalar(mailed) is not None)


def tie(session: Session, *, login: str, kind: str, value: str, by: Viewer, now: datetime) -> None:
    """Note that an account number, or the hash of an identity number, is a person's own. Raises NotFound.

    The trail does not say which: who may read it need not learn where a colleague lives.
    """
    person = session.scalar(select(Person).where(Person.login == login))
    if person is None or not by.may(Right.PEOPLE_MANAGE, person.unit_id):
        raise NotFound("people.not-found", "没有这位人员，或者您无权管理。请核对后再试。")
    same = select(PersonTie.id).where(
        PersonTie.person_id == person.id, PersonTie.kind == kind, PersonTie.value == value
    )
    if session.scalar(same) is not None:
        return
    session.add(PersonTie(person_id=person.id, kind=kind, value=value))
    session.flush()
    record(
        session,
        by=by.actor,
        did="person.tied",
        object_kind="person",
        object_id=person.id,
        unit_id=person.unit_id,
        facts={"kind": kind},
        now=now,
    )
