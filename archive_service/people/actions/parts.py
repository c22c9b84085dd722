"""What the actions share: who may manage whom, and the entry in the trail."""

from __future__ import annotations

import unicodedata
from datetime import datetime

from sqlalchemy import literal, select
from sqlalchemy.orm import Session

from archive_service.audit.record import record
from archive_service.errors import Invalid, NotFound, NotPermitted, Refused
from archive_service.people.roles import Right, Role
from archive_service.people.tables import Person, RoleGrant, Unit
from archive_service.people.viewer import Viewer

_LONGEST_REASON = 200


def printable(text: str) -> str:
    """Return `text` without what is not seen, and without blanks around it."""
    return "".join(c for c in text.strip() if unicodedata.category(c)[0] != "C")


def require(by: Viewer, right: Right, unit_id: int) -> None:
    """Raise NotPermitted unless `by` holds `right` in the unit."""
    # The command line may have made the unit in this very transaction, after its viewer was built.
    if not by.is_system:
        by.require(right, unit_id)


def not_oneself(person: Person, by: Viewer) -> None:
    """Raise NotPermitted when somebody is about to change their own rights or account."""
    if person.id == by.person_id:
        raise NotPermitted("people.own-rights", "不能修改自己的角色或账号状态。请由另一位管理员办理。")


def given_reason(reason: str, by: Viewer) -> str:
    """Return why something is done to a person that cannot simply be undone, as it goes into the trail.

    Raises Invalid when a person says none, or too much; the command line need not say one.
    """
    said = printable(reason)
    if not said and not by.is_system:
        raise Invalid("people.reason", "请选择或填写原因，它会记入审计记录。没有执行。")
    if len(said) > _LONGEST_REASON:
        raise Invalid("people.reason", f"原因不超过 {_LONGEST_REASON} 字，没有执行。请缩短后再试。")
    return said


def lock_person(session: Session, person_id: int) -> None:
    """Keep others from a person until the transaction ends; one who is not there keeps nobody."""
    session.scalar(select(Person.id).where(Person.id == person_id).with_for_update())


def managed(session: Session, person_id: int, by: Viewer, right: Right) -> Person:
    """Return a person whom `by` may manage with `right`, locked. Raises NotFound, NotPermitted."""
    person = session.scalar(select(Person).where(Person.id == person_id).with_for_update())
    if person is None or not (by.is_system or by.may(right, person.unit_id)):
        raise NotFound("people.not-found", "没有这位人员，或者您无权管理。请核对后再试。")
    # Whoever may reset a password can become that person: their rights must not reach beyond the manager's units.
    reach = session.scalars(select(RoleGrant.unit_id).where(RoleGrant.person_id == person_id))
    for unit_id in reach:
        require(by, right, unit_id)
    return person


def check_not_last(session: Session, grants: list[RoleGrant]) -> None:
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
                RoleGrant.ends_on.is_(None),
                Person.active,
                literal(path).startswith(Unit.path),
            )
        )
        if session.scalar(others.limit(1)) is None:
            raise Refused("people.last-administrator", "这是该单位最后一位系统管理员，不能撤销。请先任命另一位。")


def note(session: Session, person: Person, did: str, *, by: Viewer, now: datetime, **facts: object) -> None:
    """Write into the trail what `by` did about a person."""
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
