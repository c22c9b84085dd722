"""Scans with real pictures that wait on the review desk, for walks in a browser."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from archive_service.households.tables import CaseFile
from archive_service.storage.store import ObjectStore
from ingest import lines
from ingest.lines import TextLine
from ingest.ocr import images
from ingest.tables import Batch, Scan, ScanDocument, ScanPage
from tests.ingest.ocr.conftest import draw_page
from tests.support import records

SIZE, LINE_PX = (1240, 1754), 34


@dataclass(frozen=True)
class Read:
    """A field as it was read: its value, the line on which it stands, how sure, and its check digit."""

    value: str
    line: str
    confidence: float = 0.99
    checked: bool | None = None


def batch(session: Session, unit_id: int) -> int:
    """Open a batch in a unit; return its id."""
    made = Batch(name="上午", channel="web", unit_id=unit_id, received_by=None, received_at=records.NOW)
    session.add(made)
    session.flush()
    return made.id


def lay(
    session: Session,
    store: ObjectStore,
    case: CaseFile,
    batch_id: int,
    pages: Sequence[Sequence[str]],
    kind: str,
    **fields: Read,
) -> int:
    """Lay a scan on the desk whose pages say this and are one document; return the id of the document."""
    unit_id = session.get_one(Batch, batch_id).unit_id
    digest = hashlib.sha256(repr(pages).encode()).hexdigest()
    scan = Scan(
        batch_id=batch_id, unit_id=unit_id, file_name=f"{pages[0][0]}.pdf", digest=digest, size_bytes=9, format="pdf",
        state="needs_review", page_count=len(pages), pages_done=len(pages), received_at=records.NOW,
        finished_at=records.NOW,
    )  # fmt: skip
    session.add(scan)
    session.flush()
    places: dict[str, dict[str, Any]] = {}
    for number, said in enumerate(pages, start=1):
        for line in _page(session, store, scan.id, number, said):
            places[line.text] = {"page": number, "box": list(line.box)}
    document = ScanDocument(
        scan_id=scan.id, seq=1, pages=list(range(1, len(pages) + 1)), document_type=kind, confidence=0.8,
        candidates=[[kind, 0.8]], reasons=[], doubts=["请核对"], match_confidence=0.9, case_id=case.id,
        household_id=case.household_id,
        fields={
            name: {"value": one.value, "confidence": one.confidence, "checked": one.checked, "unit": None}
            | places[one.line]
            for name, one in fields.items()
        },
    )  # fmt: skip
    session.add(document)
    session.flush()
    return document.id


def _page(session: Session, store: ObjectStore, scan_id: int, number: int, said: Sequence[str]) -> list[TextLine]:
    drawn = draw_page(said, size=SIZE, text_px=LINE_PX)
    shown = images.store(drawn.pixels, original=None)
    read = [
        TextLine(text, (int(x0), int(y0), int(x1), int(y1)), 0.98)
        for text, (x0, y0, x1, y1) in zip(said, drawn.boxes, strict=True)
    ]
    session.add(
        ScanPage(
            scan_id=scan_id, page_no=number, image_digest=store.put_bytes(shown.image).digest,
            thumbnail_digest=store.put_bytes(shown.thumbnail).digest, width_px=shown.width_px,
            height_px=shown.height_px, dpi=150, engine="rapidocr", confidence=0.98, text="\n".join(said),
            lines_digest=store.put_bytes(lines.to_json(read)).digest, flags=[],
        )
    )  # fmt: skip
    return read
