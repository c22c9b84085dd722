"""That somebody read the file of a household, in the trail once an hour for each person and household."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive_service.audit.record import record
from archive_service.audit.tables import AuditEntry
from archive_service.people.viewer import Viewer

#: Kind of the entries about reading; no change of a household is among them.
READING = "reading"


def note_reading(
    session: Session, viewer: Viewer, *, household_id: int, unit_id: int, account_no: str, now: datetime
) -> None:
    """Put on record that the viewer reads the file of a household, unless that was done in this hour."""
    hour = now.replace(minute=0, second=0, microsecond=0)
    before = select(AuditEntry.seq).where(
        AuditEntry.object_kind == READING,
        AuditEntry.object_id == str(household_id),
        AuditEntry.person_id == viewer.person_id,
        AuditEntry.at >= hour,
    )
    if session.scalar(before.limit(1)) is not None:
        return
    record(
        session,
        by=viewer.actor,
        did="household.read",
        object_kind=READING,
        object_id=household_id,
        unit_id=unit_id,
        facts={"account_no": account_no, "unmasked": viewer.reads_personal(unit_id, household_id)},
        now=now,
    )
