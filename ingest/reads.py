"""That somebody looked at a scan, in the trail."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive_service.audit.record import record
from archive_service.people.viewer import Viewer
from ingest.tables import Scan, ScanDocument


def note_scan(session: Session, viewer: Viewer, *, scan_id: int, document_id: int, now: datetime) -> bool:
    """Put on record that the viewer looks at a scan, or at a document in one; False where there is none."""
    wanted = select(Scan.id, Scan.unit_id)
    if not scan_id:
        wanted = wanted.join(ScanDocument, ScanDocument.scan_id == Scan.id).where(ScanDocument.id == document_id)
    else:
        wanted = wanted.where(Scan.id == scan_id)
    found = session.execute(wanted).first()
    if found is None:
        return False
    record(
        session, by=viewer.actor, did="scan.read", object_kind="reading-scan", object_id=found.id,
        unit_id=found.unit_id, facts={"document": document_id} if document_id else {}, now=now,
    )  # fmt: skip
    return True
