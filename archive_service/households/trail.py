"""What is done to a case, on record."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from archive_service.audit.record import Actor, record
from archive_service.households.tables import CaseFile, HouseholdFile


def record_case(
    session: Session,
    household: HouseholdFile,
    case: CaseFile,
    *,
    did: str,
    facts: Mapping[str, Any],
    by: Actor,
    now: datetime,
) -> None:
    """Record what was done to a case, by its application number and in the unit of its household.

    `facts` come beside the number, as `record` takes them; whoever needs the account number names it there.
    """
    record(
        session,
        by=by,
        did=did,
        object_kind="case",
        object_id=case.id,
        unit_id=household.unit_id,
        facts={"application_no": case.application_no, **facts},
        now=now,
    )
