"""Whether the papers of a case agree with each other and with the business system: rules XC01 to XC08, XC11, XC13."""

from __future__ import annotations

from collections.abc import Sequence

from archive_service.completeness import identity_checks, mark_checks, supply_checks
from archive_service.completeness.observations import Agreement, CaseFacts, Observation, Seen
from archive_service.completeness.rules import HeldItem

__all__ = ["Agreement", "CaseFacts", "Observation", "Seen", "check"]

_RULES = (
    identity_checks.xc01,
    identity_checks.xc02,
    identity_checks.xc03,
    identity_checks.xc04,
    supply_checks.xc05,
    supply_checks.xc06,
    supply_checks.xc07,
    supply_checks.xc08,
    mark_checks.xc11,
    supply_checks.xc13,
)


def check(case: CaseFacts, held: Sequence[HeldItem]) -> tuple[Observation, ...]:
    """Return one observation a rule, in the order of the rules; the order of `held` does not matter."""
    # Sorted once here: every rule reports what it saw in this order.
    ordered = sorted(held, key=lambda item: item.id)
    return tuple(rule(case, ordered) for rule in _RULES)
