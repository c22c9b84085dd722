"""Whether the papers of a case agree with each other and with the business system: rules XC01 to XC17."""

from __future__ import annotations

from collections.abc import Sequence

from archive_service.completeness import (
    count_checks,
    identity_checks,
    limit_checks,
    mark_checks,
    supply_checks,
    validity_checks,
)
from archive_service.completeness.held import HeldItem
from archive_service.completeness.observations import Agreement, CaseFacts, Observation, Papers, Seen

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
    limit_checks.xc09,
    validity_checks.xc10,
    mark_checks.xc11,
    count_checks.xc12,
    supply_checks.xc13,
    validity_checks.xc14,
    count_checks.xc15,
    validity_checks.xc16,
    count_checks.xc17,
)


def check(case: CaseFacts, held: Sequence[HeldItem]) -> tuple[Observation, ...]:
    """Return one observation a rule, in the order of the rules; the order of `held` does not matter."""
    papers = Papers(held)
    return tuple(rule(case, papers) for rule in _RULES)
