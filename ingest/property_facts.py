"""What received files tell the four-property check about the papers that were made of them."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive_service.properties.facts import ScanFacts
from ingest import states
from ingest.tables import Batch, Scan, ScanDocument

_A_TIME = 500


def scans_of(session: Session, item_ids: Sequence[int]) -> dict[int, ScanFacts]:
    """Return the files that papers came in, by the ids of the papers; what came in otherwise is not in it."""
    found: dict[int, ScanFacts] = {}
    asked = sorted(set(item_ids))
    for at in range(0, len(asked), _A_TIME):
        rows = session.execute(
            select(ScanDocument.item_id, ScanDocument.pages, Scan, Batch.state)
            .join(Scan, Scan.id == ScanDocument.scan_id)
            .join(Batch, Batch.id == Scan.batch_id)
            .where(ScanDocument.item_id.in_(asked[at : at + _A_TIME]), ScanDocument.state == "filed")
        )
        for item_id, pages, scan, batch in rows:
            if item_id is not None:
                found[item_id] = _facts(scan, len(pages), returned=batch == states.RETURNED)
    return found


def _facts(scan: Scan, pages: int, *, returned: bool) -> ScanFacts:
    return ScanFacts(
        file_name=scan.file_name,
        format=scan.format,
        size_bytes=scan.size_bytes,
        digest=scan.digest,
        received_at=scan.received_at,
        state=scan.state,
        document_pages=pages,
        signatures=len(scan.signatures or ()),
        returned_batch=scan.batch_id if returned else None,
    )
