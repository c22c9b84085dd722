"""Roles are granted and revoked: the security administrator's work, who has no accounts to give."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import literal, or_, select
from sqlalchemy.orm import Session

from archive_service import zone
from archive_service.errors import Invalid, NotFound
from archive_service.people.actions.parts import check_not_last, managed, not_oneself, require
from archive_service.people.actions.parts import note as _note
from archive_service.people.queries import in_force
from archive_service.people.roles import Right, Role, check_may_hold
from archive_service.people.tables import Person, RoleGrant, Unit
from archive_service.people.viewer import Viewer


@dataclass(frozen=True)
class Term:
    """From when to when a role is held, both days included, and for whom; a deputy's has an end."""

    starts_on: date | None = None
    ends_on: date | None = None
    deputy_for: int | None = None


ALWAYS = Term()


def grant_role(
    session: Session, *, person_id: int, role: Role, unit_id: int, by: Viewer, now: datetime, term: Term = ALWAYS
) -> RoleGrant:
    """Give a person a role in a unit and everything below it, for a `term`.

    Giving the same again changes nothing, giving it with other days changes the days. Raises Refused where it would put
    two administrator roles in one hand, NotPermitted for one's own rights, Invalid for a term that cannot be.
    """
    person = managed(session, person_id, by, Right.ROLES_GRANT)
    not_oneself(person, by)
    require(by, Right.ROLES_GRANT, unit_id)
    today = zone.local(now).date()
    _check_term(session, person, role, unit_id, term, today)
    grants = list(session.scalars(select(RoleGrant).where(RoleGrant.person_id == person_id)))
    # What has ended joins nothing any more; what is still to begin does.
    check_may_hold([Role(one.role) for one in grants if one.ends_on is None or one.ends_on >= today], role)
    grant = next((one for one in grants if one.role == role and one.unit_id == unit_id), None)
    if grant is not None and Term(grant.starts_on, grant.ends_on, grant.deputy_for) == term:
        return grant
    if grant is not None and role is Role.SYSTEM_ADMIN and term.ends_on is not None:
        check_not_last(session, [grant])
    grant = grant or RoleGrant(person_id=person_id, role=role.value, unit_id=unit_id)
    grant.starts_on, grant.ends_on, grant.deputy_for = term.starts_on, term.ends_on, term.deputy_for
    session.add(grant)
    session.flush()
    facts = {"role": role.value, "unit": unit_id, "deputy_for": term.deputy_for}
    days = {"from": term.starts_on, "to": term.ends_on}
    _note(session, person, "role.granted", by=by, now=now, **facts, **{k: d.isoformat() for k, d in days.items() if d})
    return grant


def _check_term(session: Session, person: Person, role: Role, unit_id: int, term: Term, today: date) -> None:
    if term.ends_on is not None and term.ends_on < max(today, term.starts_on or today):
        raise Invalid("people.grant-days", "授权的截止日不能早于今天，也不能早于开始日。请改正日期。")
    if term.deputy_for is None:
        return
    if term.ends_on is None:
        raise Invalid("people.deputy-end", "代理必须有截止日。请填写代理到哪一天。")
    held = (
        select(RoleGrant.id)
        .join(Unit, Unit.id == RoleGrant.unit_id)
        .where(
            RoleGrant.person_id == term.deputy_for,
            RoleGrant.role == role.value,
            RoleGrant.deputy_for.is_(None),
            literal(session.get_one(Unit, unit_id).path).startswith(Unit.path),
            or_(in_force(today), RoleGrant.starts_on > today),
        )
    )
    if term.deputy_for == person.id or session.scalar(held.limit(1)) is None:
        raise Invalid("people.deputy", "被代理人在该单位没有这个角色，不能代理。请核对被代理人、角色和单位。")


def revoke_role(session: Session, *, person_id: int, role: Role, unit_id: int, by: Viewer, now: datetime) -> None:
    """Take a role in a unit from a person. The last system administrator of a unit stays.

    Raises NotFound where the person does not hold it, NotPermitted, Refused.
    """
    person = managed(session, person_id, by, Right.ROLES_GRANT)
    not_oneself(person, by)
    require(by, Right.ROLES_GRANT, unit_id)
    chosen = select(RoleGrant).where(
        RoleGrant.person_id == person_id, RoleGrant.role == role.value, RoleGrant.unit_id == unit_id
    )
    grant = session.scalar(chosen)
    if grant is None:
        raise NotFound("people.role-not-held", "此人在该单位没有这个角色。请刷新后再试。")
    if role is Role.SYSTEM_ADMIN and person.active:
        check_not_last(session, [grant])
    session.delete(grant)
    session.flush()
    _note(session, person, "role.revoked", by=by, now=now, role=role.value, unit=unit_id)
