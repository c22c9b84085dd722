"""Who is told when stored objects are in danger."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive_service.people.roles import Right, Role, rights_of
from archive_service.people.tables import Person, RoleGrant


def watchers(session: Session) -> list[int]:
    """Return the people who keep the system or inspect, whatever their unit: an object belongs to all that name it."""
    roles = [role.value for role in Role if rights_of(role) & {Right.SYSTEM_HEALTH, Right.INSPECT}]
    wanted = select(RoleGrant.person_id).join(Person, Person.id == RoleGrant.person_id)
    return list(session.scalars(wanted.where(RoleGrant.role.in_(roles), Person.active).distinct()))
