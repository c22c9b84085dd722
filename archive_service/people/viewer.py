"""The person at the screen with the rights they hold, unit by unit, at this moment."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from archive_service.audit.record import SYSTEM, Actor
from archive_service.errors import NotPermitted
from archive_service.people.roles import Right, Role
from archive_service.people.scopes import Scope, rights_within

_NONE: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Viewer:
    """Who asks, and in which units they hold which right (a unit's subtree is already written out)."""

    person_id: int | None
    login: str
    name: str
    unit_id: int
    unit_name: str
    roles: frozenset[Role]
    rights: Mapping[Right, frozenset[int]]
    preferences: Mapping[str, str] = field(default_factory=dict)
    #: The password was given by someone else; until it is changed the person holds no right at all.
    must_change_password: bool = False
    #: A second factor is set up, and asked for at every sign-in.
    has_second_factor: bool = False
    #: One of the roles asks for a second factor that is not set up yet; until then the person holds no right.
    must_set_second_factor: bool = False
    #: What the token that asks may be used for; none when it is the person, or a token without limits.
    scopes: frozenset[Scope] | None = None
    #: Until when the person has the personal data of a household unmasked, by its id; put in by the door.
    unmasked: Mapping[int, datetime] = field(default_factory=dict)
    #: Restricted items that the person has opened for a while, saying why; put in by the door.
    opened: frozenset[int] = frozenset()

    def units(self, right: Right) -> frozenset[int]:
        """Return the ids of the units in which the person holds `right`; empty means nowhere."""
        return self.rights.get(right, _NONE)

    def may(self, right: Right, unit_id: int | None = None) -> bool:
        """Say whether the person holds `right` in the unit, or anywhere when no unit is given."""
        units = self.units(right)
        return bool(units) if unit_id is None else unit_id in units

    def require(self, right: Right, unit_id: int | None = None) -> None:
        """Raise NotPermitted unless the person holds `right` in the unit, or anywhere when no unit is given."""
        if not self.may(right, unit_id):
            if self.scopes is not None:
                raise NotPermitted(
                    "token.scope",
                    "这个令牌的范围不包括此事，或者本人没有这个权限。请换用范围合适的令牌。",
                    right=right.value,
                    scopes=" ".join(sorted(self.scopes)),
                )
            raise NotPermitted(
                "people.not-permitted",
                "您没有办理此事的权限。如工作需要，请向本单位系统管理员申请。",
                right=right.value,
            )

    def within(self, scopes: Collection[Scope]) -> Viewer:
        """Return the same person as a token with these scopes lets a program be."""
        left = rights_within(scopes)
        rights = {right: units for right, units in self.rights.items() if right in left}
        return replace(self, rights=rights, scopes=frozenset(scopes))

    def reads_personal(self, unit_id: int, household_id: int) -> bool:
        """Say whether the person sees the personal data of a household unmasked: always, or for now."""
        if self.may(Right.RECORD_READ_PERSONAL, unit_id):
            return True
        return household_id in self.unmasked and self.may(Right.RECORD_UNMASK, unit_id)

    @property
    def is_system(self) -> bool:
        """Say whether this is the archive itself (command line, worker) and not a person."""
        return self.person_id is None

    @property
    def actor(self) -> Actor:
        """Return who the audit trail names."""
        return SYSTEM if self.person_id is None else Actor(self.person_id, self.name)


def system(all_unit_ids: Collection[int]) -> Viewer:
    """Return the viewer of the command line: every right in the units given."""
    units = frozenset(all_unit_ids)
    return Viewer(
        person_id=None,
        login="system",
        name="system",
        unit_id=min(units, default=0),
        unit_name="",
        roles=frozenset(),
        rights=dict.fromkeys(Right, units),
    )
