"""What the trail says of a case, and what a row changes of one."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from archive_service.households.tables import CaseFile
from archive_service.households.values import CaseData


def case_changes(case: CaseFile, data: CaseData) -> dict[str, Any]:
    """Return the new values of what may change of a registered case; what the row does not say stays."""
    said = {"capacity_kva": data.capacity_kva, "voltage": data.voltage, "conditions": listed(data.conditions)}
    return {name: value for name, value in said.items() if value is not None and value != getattr(case, name)}


def listed(conditions: frozenset[str] | None) -> list[str] | None:
    """Return conditions as they are kept."""
    return None if conditions is None else sorted(conditions)


def printed(value: Any) -> Any:
    """Return a value as the trail shows it."""
    return f"{value:.2f}" if isinstance(value, Decimal) else value


def described(case: CaseFile) -> dict[str, Any]:
    """Return what the trail says of a new case."""
    return {
        "application_no": case.application_no,
        "customer_category": case.customer_category,
        "business_type": case.business_type,
        "accepted_on": case.accepted_on.isoformat() if case.accepted_on else None,
    }
