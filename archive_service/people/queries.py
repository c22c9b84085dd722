"""Reading units, people and the rights they hold."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session, aliased

from archive_service import zone
from archive_service.audit import queries as audit_queries
from archive_service.audit.queries import EntryFilters, EntryListing
from archive_service.errors import NotFound
from archive_service.people.roles import ADMINISTRATORS, Right, Role, rights_of
from archive_service.people.sign_in_queries import SignInView as SignInView
from archive_service.people.sign_in_queries import sign_ins as sign_ins
from archive_service.people.sign_in_queries import sign_ins_of as sign_ins_of
from archive_service.people.sign_in_queries import waits_of
from archive_service.people.tables import Person, RoleGrant, SignIn, Unit
from archive_service.people.viewer import Viewer, system


@dataclass(frozen=True)
class UnitNode:
    """A unit in the tree; `depth` counts from 0 at the root."""

    id: int
    code: str
    name: str
    parent_id: int | None
    depth: int


@dataclass(frozen=True)
class GrantView:
    """A role that a person holds, and where."""

    role: Role
    unit_id: int
    unit_code: str
    unit_name: str
    starts_on: date | None = None
    ends_on: date | None = None
    #: Name of the person who is stood in for.
    deputy_for: str | None = None

    def holds(self, day: date) -> bool:
        """Say whether the grant is in force on `day`."""
        return (self.starts_on is None or self.starts_on <= day) and (self.ends_on is None or self.ends_on >= day)


@dataclass(frozen=True)
class PersonView:
    """A person as the administrators see them."""

    id: int
    login: str
    name: str
    unit_id: int
    unit_name: str
    active: bool
    must_change_password: bool
    #: Until when a try from some place has to wait, after wrong ones; may be over.
    waits_until: datetime | None
    second_factor_since: datetime | None
    last_sign_in_at: datetime | None
    grants: tuple[GrantView, ...]


@dataclass(frozen=True)
class Colleague:
    """A person as colleagues choose them."""

    id: int
    name: str
    login: str


@dataclass(frozen=True)
class PersonListing:
    """A page of people in the order of their logins; `next` continues it."""

    people: tuple[PersonView, ...]
    next: str | None
    total: int


def all_unit_ids(session: Session) -> frozenset[int]:
    """Return the ids of all units."""
    return frozenset(session.scalars(select(Unit.id)))


def units_below(session: Session, unit_id: int) -> frozenset[int]:
    """Return the ids of the unit and everything below it; empty when there is no such unit."""
    root = aliased(Unit)
    below = select(Unit.id).join(root, Unit.path.startswith(root.path)).where(root.id == unit_id)
    return frozenset(session.scalars(below))


def highest(session: Session, ids: Collection[int]) -> int:
    """Return the unit nearest to the top among some; 0 without any."""
    chosen = select(Unit.id).where(Unit.id.in_(ids)).order_by(func.length(Unit.path), Unit.id).limit(1)
    return session.scalar(chosen) or 0


def top_unit(session: Session) -> int:
    """Return the unit at the top, for which is drafted what holds for everybody. Raises NotFound."""
    found = session.scalar(select(Unit.id).where(Unit.parent_id.is_(None)).order_by(Unit.id).limit(1))
    if found is None:
        raise NotFound("people.unit-not-found", "还没有单位。请先建立单位。")
    return found


def unit_by_code(session: Session, code: str) -> Unit | None:
    """Return the unit with the code, or none."""
    return session.scalar(select(Unit).where(Unit.code == code))


def units_by_code(session: Session) -> Mapping[str, int]:
    """Return the ids of all units by their codes."""
    return dict(session.execute(select(Unit.code, Unit.id)).all())


def unit_names(session: Session) -> Mapping[int, str]:
    """Return the names of all units by their ids."""
    return dict(session.execute(select(Unit.id, Unit.name)).all())


def unit_tree(session: Session, viewer: Viewer, right: Right = Right.RECORD_READ) -> list[UnitNode]:
    """Return the units in which the viewer holds `right`, parents before children, siblings by code."""
    return tree_of(session, viewer.units(right))


def tree_of(session: Session, allowed: Collection[int]) -> list[UnitNode]:
    """Return the units with these ids, parents before children, siblings by code."""
    units = {unit.id: unit for unit in session.scalars(select(Unit)) if unit.id in allowed}
    children: dict[int | None, list[Unit]] = defaultdict(list)
    for unit in sorted(units.values(), key=lambda u: u.code):
        children[unit.parent_id if unit.parent_id in units else None].append(unit)
    nodes: list[UnitNode] = []
    waiting = [(unit, 0) for unit in reversed(children[None])]
    while waiting:
        unit, depth = waiting.pop()
        nodes.append(UnitNode(unit.id, unit.code, unit.name, unit.parent_id, depth))
        waiting += [(child, depth + 1) for child in reversed(children[unit.id])]
    return nodes


def system_viewer(session: Session) -> Viewer:
    """Return the viewer of the command line, with every right in every unit there is now."""
    return system(all_unit_ids(session))


def viewer_for(
    session: Session, person_id: int, *, now: datetime | None = None, by_password: bool = True
) -> Viewer | None:
    """Return an active person as a viewer, with the rights held at this moment; none for anybody else.

    Without `now` only grants count that have neither a first nor a last day. Not `by_password`: it does not matter
    whether their password is one that somebody else gave.
    """
    found = session.execute(
        select(Person, Unit).join(Unit, Unit.id == Person.unit_id).where(Person.id == person_id)
    ).first()
    if found is None or not found[0].active:
        return None
    person, unit = found
    granted = aliased(Unit)
    below = (
        select(RoleGrant.role, Unit.id)
        .join(granted, granted.id == RoleGrant.unit_id)
        .join(Unit, Unit.path.startswith(granted.path))
        .where(RoleGrant.person_id == person_id, in_force(None if now is None else zone.local(now).date()))
    )
    found_roles = [(Role(role), unit_id) for role, unit_id in session.execute(below)]
    roles = {role for role, _ in found_roles}
    # No action lets two administrators' roles come together; should rows say so all the same, neither counts.
    void = ADMINISTRATORS if len(roles & ADMINISTRATORS) > 1 else frozenset()
    rights: dict[Right, set[int]] = defaultdict(set)
    for role, unit_id in found_roles:
        for right in rights_of(role) if role not in void else ():
            rights[right].add(unit_id)
    # A password that somebody else knows opens nothing but the page on which it is changed.
    must_change = by_password and person.must_change_password
    held = {} if must_change else {right: frozenset(ids) for right, ids in rights.items()}
    return Viewer(
        person_id=person.id,
        login=person.login,
        name=person.name,
        unit_id=unit.id,
        unit_name=unit.name,
        roles=frozenset(roles),
        rights=held,
        preferences=dict(person.preferences or {}),
        must_change_password=must_change,
        has_second_factor=person.totp_since is not None,
    )


def in_force(day: date | None) -> ColumnElement[bool]:
    """Return the condition that a grant holds on `day`; without a day, that it holds on every day."""
    if day is None:
        return and_(RoleGrant.starts_on.is_(None), RoleGrant.ends_on.is_(None))
    begun = or_(RoleGrant.starts_on.is_(None), RoleGrant.starts_on <= day)
    return and_(begun, or_(RoleGrant.ends_on.is_(None), RoleGrant.ends_on >= day))


def viewer_by_login(session: Session, login: str, *, now: datetime | None = None) -> Viewer | None:
    """Return an active person as a viewer by login, without any sign-in (for the command line); else none."""
    key = session.scalar(select(Person.id).where(Person.login == login))
    return None if key is None else viewer_for(session, key, now=now)


def colleagues(session: Session, right: Right, unit_id: int) -> list[Colleague]:
    """Return the active people who hold `right` in the unit, by name."""
    granted, here = aliased(Unit), aliased(Unit)
    roles = [role.value for role in Role if right in rights_of(role)]
    wanted = (
        select(Person)
        .join(RoleGrant, RoleGrant.person_id == Person.id)
        .join(granted, granted.id == RoleGrant.unit_id)
        .join(here, here.path.startswith(granted.path))
        .where(here.id == unit_id, RoleGrant.role.in_(roles), Person.active, Person.must_change_password.is_(False))
        .order_by(Person.name, Person.login)
    )
    return [Colleague(one.id, one.name, one.login) for one in session.scalars(wanted).unique()]


def people_list(
    session: Session, viewer: Viewer, *, text: str = "", after: str | None = None, limit: int = 50
) -> PersonListing:
    """Return the people of the units that the viewer manages, by login, after the login `after`."""
    units = _cared_for(viewer)
    if not units:
        viewer.require(Right.PEOPLE_MANAGE)
    chosen = select(Person).where(Person.unit_id.in_(units))
    if text.strip():
        wanted = text.strip()
        chosen = chosen.where(
            Person.login.contains(wanted, autoescape=True) | Person.name.contains(wanted, autoescape=True)
        )
    total = session.scalar(select(func.count()).select_from(chosen.subquery())) or 0
    if after:
        chosen = chosen.where(Person.login > after)
    rows = list(session.scalars(chosen.order_by(Person.login).limit(limit + 1)))
    people = tuple(_views(session, rows[:limit]))
    return PersonListing(people, next=people[-1].login if len(rows) > limit else None, total=total)


def person(session: Session, viewer: Viewer, person_id: int) -> PersonView:
    """Return one person of the units that the viewer manages. Raises NotFound."""
    found = session.get(Person, person_id)
    if found is None or found.unit_id not in _cared_for(viewer):
        raise NotFound("people.not-found", "没有这位人员，或者您无权查看。请核对后再试。")
    return _views(session, [found])[0]


def person_id_of(session: Session, viewer: Viewer, login: str) -> int:
    """Return the id of the person with this login in the units that the viewer keeps. Raises NotFound."""
    chosen = select(Person.id).where(Person.login == login, Person.unit_id.in_(_cared_for(viewer)))
    found = session.scalar(chosen)
    if found is None:
        raise NotFound("people.not-found", "没有这位人员，或者您无权查看。请核对后再试。")
    return found


def people_by_unit(session: Session) -> Mapping[int, int]:
    """Return how many active people each unit has."""
    counted = select(Person.unit_id, func.count()).where(Person.active).group_by(Person.unit_id)
    return dict(session.execute(counted).all())


def _cared_for(viewer: Viewer) -> frozenset[int]:
    """Return the units whose people the viewer keeps the accounts or the rights of."""
    return viewer.units(Right.PEOPLE_MANAGE) | viewer.units(Right.ROLES_GRANT)


def _views(session: Session, rows: list[Person]) -> list[PersonView]:
    keys = [row.id for row in rows]
    names = unit_names(session)
    grants: dict[int, list[GrantView]] = defaultdict(list)
    held = (
        select(RoleGrant, Unit, Person.name)
        .join(Unit, Unit.id == RoleGrant.unit_id)
        .outerjoin(Person, Person.id == RoleGrant.deputy_for)
        .where(RoleGrant.person_id.in_(keys))
    )
    for grant, unit, stood_in_for in session.execute(held.order_by(RoleGrant.role, Unit.path)):
        view = GrantView(Role(grant.role), unit.id, unit.code, unit.name, grant.starts_on, grant.ends_on, stood_in_for)
        grants[grant.person_id].append(view)
    waits = waits_of(session, keys)
    last = select(SignIn.person_id, func.max(SignIn.created_at)).where(SignIn.kind == "session")
    seen = dict(session.execute(last.where(SignIn.person_id.in_(keys)).group_by(SignIn.person_id)).all())
    return [
        PersonView(
            id=row.id,
            login=row.login,
            name=row.name,
            unit_id=row.unit_id,
            unit_name=names.get(row.unit_id, ""),
            active=row.active,
            must_change_password=row.must_change_password,
            waits_until=waits.get(row.id),
            second_factor_since=row.totp_since,
            last_sign_in_at=seen.get(row.id),
            grants=tuple(grants[row.id]),
        )
        for row in rows
    ]


def audit_entries(
    session: Session, viewer: Viewer, *, filters: EntryFilters | None = None, before: int | None = None, limit: int = 50
) -> EntryListing:
    """Return the audit entries that the viewer may read, newest first, older than the entry `before`.

    Entries that concern no single unit are shown to those who may read the trail of every unit.
    """
    viewer.require(Right.AUDIT_READ)
    units = viewer.units(Right.AUDIT_READ)
    return audit_queries.entries(
        session,
        units=units,
        whole_system=units >= all_unit_ids(session),
        filters=filters or EntryFilters(),
        before=before,
        limit=limit,
    )
