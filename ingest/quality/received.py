"""The files of better scans: originals as they were received, which no page of an item names."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from ingest.quality.tables import TAKEN, Rescan
from ingest.tables import ScanDocument


def better_scans(session: Session, item_ids: Collection[int]) -> Mapping[int, Collection[str]]:
    """Return the digests of the better scans that were taken for pages of these items, by item."""
    asked, found = sorted(item_ids), defaultdict(set)
    for start in range(0, len(asked), 500):
        wanted = (
            select(ScanDocument.item_id, ScanDocument.pages, Rescan.page_no, Rescan.digest)
            .join(Rescan, Rescan.scan_id == ScanDocument.scan_id)
            .where(ScanDocument.item_id.in_(asked[start : start + 500]), Rescan.state == TAKEN)
        )
        for item_id, pages, page_no, digest in session.execute(wanted):
            if item_id is not None and page_no in pages:
                found[item_id].add(digest)
    return found
