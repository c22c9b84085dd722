"""That somebody looked at a scan, in the trail."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive_service.audit.bundle import SCANS
from archive_service.audit.record import record
from archive_service.households.tables import HouseholdFile, Item
from archive_service.people.viewer import Viewer
from ingest.tables import Scan, ScanDocument


def note_scan(
    session: Session,
    viewer: Viewer,
    *,
    scan_id: int,
    document_id: int,
    now: datetime,
    accounts: Sequence[str] = (),
    place: str = "",
) -> bool:
    """Put on record that the viewer looks at a scan, or at a document in one; False where there is none.

    `accounts` are those that stand in what is shown of it, `place` is where from.
    """
    wanted = select(Scan.id, Scan.unit_id)
    if not scan_id:
        wanted = wanted.join(ScanDocument, ScanDocument.scan_id == Scan.id).where(ScanDocument.id == document_id)
    else:
        wanted = wanted.where(Scan.id == scan_id)
    found = session.execute(wanted).first()
    if found is None:
        return False
    # Whoever sees the scan sees the papers that were filed from it.
    filed = select(HouseholdFile.account_no).join(Item, Item.household_id == HouseholdFile.id)
    shown = sorted({*accounts, *session.scalars(filed.where(Item.scan_id == found.id))})
    facts: dict[str, object] = {"document": document_id} if document_id else {}
    facts |= ({"accounts": shown} if shown else {}) | ({"from": place} if place else {})
    record(
        session, by=viewer.actor, did="scan.read", object_kind=SCANS, object_id=found.id,
        unit_id=found.unit_id, now=now,
        facts=facts,
    )  # fmt: skip
    return True
