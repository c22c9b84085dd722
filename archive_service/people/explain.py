"""Why somebody can or cannot do something in a unit: the rules one by one, as the program applies them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive_service import zone
from archive_service.errors import NotFound
from archive_service.people import queries
from archive_service.people.queries import GrantView, PersonView
from archive_service.people.roles import ADMINISTRATORS, Right, Role, rights_of
from archive_service.people.tables import Unit
from archive_service.people.viewer import Viewer


@dataclass(frozen=True)
class Step:
    """One rule: its name, whether it lets the person through, and what it looked at."""

    rule: str
    holds: bool
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Answer:
    """The rules in the order in which they are applied; the first that does not hold decides."""

    person: PersonView
    unit_name: str
    steps: tuple[Step, ...]

    @property
    def allowed(self) -> bool:
        """Say whether every rule lets the person through."""
        return all(step.holds for step in self.steps)

    @property
    def decides(self) -> Step | None:
        """Return the rule that says no, or none."""
        return next((step for step in self.steps if not step.holds), None)


def explain(
    session: Session,
    *,
    by: Viewer,
    person_id: int,
    right: Right,
    unit_id: int,
    now: datetime,
    second_factor_roles: Collection[Role] = (),
) -> Answer:
    """Explain to `by`, who grants roles in both units, whether the person holds `right` in the unit, and why.

    Raises NotFound for a person or a unit out of reach.
    """
    person = queries.person(session, by, person_id)
    unit = session.get(Unit, unit_id)
    if unit is None or not (by.is_system or by.may(Right.ROLES_GRANT, unit_id)):
        raise NotFound("explain.not-found", "没有这个对象，或者它不在您管理的单位。请核对编号。")
    today = zone.local(now).date()
    current = [grant for grant in person.grants if grant.holds(today)]
    above = set(session.scalars(select(Unit.id).where(Unit.id.in_([int(one) for one in unit.path.split("/") if one]))))
    steps = (
        Step("account", person.active),
        Step("password", not person.must_change_password),
        _second_factor(person, current, second_factor_roles),
        _separate(current),
        _held(person, current, right),
        _covers(current, right, above, unit.name),
    )
    return Answer(person, unit.name, steps)


def _second_factor(person: PersonView, current: list[GrantView], asked: Collection[Role]) -> Step:
    needs = any(grant.role in asked for grant in current)
    return Step("second-factor", not needs or person.second_factor_since is not None)


def _separate(current: list[GrantView]) -> Step:
    return Step("administrators", len({grant.role for grant in current} & ADMINISTRATORS) < 2)


def _held(person: PersonView, current: list[GrantView], right: Right) -> Step:
    fit = [grant for grant in current if right in rights_of(grant.role)]
    over = [grant for grant in person.grants if grant not in current and right in rights_of(grant.role)]
    return Step("role", bool(fit), {"roles": _named(fit), "not_now": _named(over)})


def _covers(current: list[GrantView], right: Right, above: set[int], unit_name: str) -> Step:
    fit = [grant for grant in current if right in rights_of(grant.role)]
    covering = [grant for grant in fit if grant.unit_id in above]
    names = dict.fromkeys(grant.unit_name for grant in covering or fit)
    return Step("unit", bool(covering), {"units": "、".join(names), "unit": unit_name})


def _named(grants: list[GrantView]) -> str:
    return " ".join(dict.fromkeys(grant.role.value for grant in grants))
