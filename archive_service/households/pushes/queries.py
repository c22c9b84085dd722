"""What a program pulls: where cases stand by now, and which of them changed since it last asked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive_service.audit.tables import AuditEntry, AuditHead
from archive_service.households.tables import CaseFile, HouseholdFile
from archive_service.people.roles import Right
from archive_service.people.viewer import Viewer

#: Entries of the trail that one question looks through, so that it costs the same however much happened.
_LOOKED_AT = 5000


@dataclass(frozen=True)
class CaseStatus:
    """Where a case stands."""

    application_no: str
    account_no: str
    state: str
    complete: bool
    missing: int
    doubtful: int
    accepted_on: date | None
    energised_on: date | None
    filing_due_on: date | None


@dataclass(frozen=True)
class Changes:
    """Cases that changed, each once as it is now; `seen` is where to go on, `more` whether there is more already."""

    cases: tuple[CaseStatus, ...]
    seen: int
    more: bool


def changes(session: Session, viewer: Viewer, *, after: int) -> Changes:
    """Return the cases of which something was noted after a place of the trail. Raises NotPermitted."""
    viewer.require(Right.RECORD_READ)
    units = viewer.units(Right.RECORD_READ)
    end = session.scalar(select(AuditHead.seq)) or 0
    # Nothing lies beyond the end, and a program that asks from there would miss what comes next.
    after = min(after, end)
    seen = min(after + _LOOKED_AT, end)
    noted = select(AuditEntry.object_id).where(
        AuditEntry.seq > after, AuditEntry.seq <= seen, AuditEntry.object_kind == "case", AuditEntry.unit_id.in_(units)
    )
    ids = {int(one) for one in session.scalars(noted) if one.isdecimal()}
    rows = (
        select(CaseFile, HouseholdFile.account_no)
        .join(HouseholdFile, HouseholdFile.id == CaseFile.household_id)
        .where(CaseFile.id.in_(ids), HouseholdFile.unit_id.in_(units))
        .order_by(CaseFile.id)
    )
    found = [
        CaseStatus(
            application_no=case.application_no,
            account_no=account_no,
            state=case.state,
            complete=case.complete,
            missing=case.missing_count,
            doubtful=case.doubtful_count,
            accepted_on=case.accepted_on,
            energised_on=case.energised_on,
            filing_due_on=case.filing_due_on,
        )
        for case, account_no in session.execute(rows)
    ]
    return Changes(tuple(found), seen, more=seen < end)
