"""Changes of units, people, roles and passwords; each is written to the audit trail."""

from archive_service.people.actions.accounts import (
    add_person,
    end_sign_ins,
    reset_second_factor,
    set_active,
    set_password,
    unlock,
)
from archive_service.people.actions.grants import grant_role, revoke_role
from archive_service.people.actions.own import PREFERENCES, set_preference
from archive_service.people.actions.parts import lock_person
from archive_service.people.actions.units import add_unit

__all__ = [
    "PREFERENCES",
    "add_person",
    "add_unit",
    "end_sign_ins",
    "grant_role",
    "lock_person",
    "reset_second_factor",
    "revoke_role",
    "set_active",
    "set_password",
    "set_preference",
    "unlock",
]
