"""File: put the sure documents into their household files; the doubtful ones wait for a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive_service.audit.record import SYSTEM, Actor
from archive_service.catalogue import load
from archive_service.errors import Refused
from archive_service.households import actions as households
from archive_service.households.tables import Item
from archive_service.households.values import FieldValue, NewItem, NewPage
from archive_service.jobs.queue import Claimed
from ingest import states
from ingest.renditions.owed import owe
from ingest.tables import Scan, ScanDocument, ScanPage
from ingest.workshop import Apply, Workshop


def prepare(workshop: Workshop, _scan: Scan, _claimed: Claimed) -> Apply:
    """Return the filing of every document without a doubt."""

    def apply(session: Session, scan: Scan) -> str:
        now, today = workshop.now(), workshop.today()
        for document in scan.documents:
            if document.state == "proposed" and not document.doubts and document.household_id is not None:
                file_document(session, scan, document, by=SYSTEM, now=now, today=today)
        return state_of(scan)

    return apply


def state_of(scan: Scan) -> str:
    """Return the state of a sorted scan, from its documents; one that waits for a better scan is not done either."""
    decided = [document.state for document in scan.documents]
    if any(document.state == "proposed" or document.rescan_pages for document in scan.documents):
        return states.NEEDS_REVIEW
    return states.FILED if any(state == "filed" for state in decided) else states.REFUSED


def file_document(
    session: Session, scan: Scan, document: ScanDocument, *, by: Actor, now: datetime, today: date
) -> Item:
    """File one document into the household that it names, in the caller's transaction.

    Raises Refused while its batch is sent back: nothing of that counts as filed.
    """
    assert document.household_id is not None
    if scan.batch.state == states.RETURNED:
        raise Refused("batch.returned", "这份资料所在的批次已退回。请由交件人重新交件后再归入。")
    item = households.file_item(
        session,
        household_id=document.household_id,
        case_id=document.case_id,
        new=_new_item(session, scan, document, certain=by != SYSTEM, today=today),
        by=by,
        now=now,
        today=today,
    )
    document.state, document.item_id = "filed", item.id
    owe(session, item.id, now=now)
    document.decided_by, document.decided_at = by.person_id, now
    session.flush()
    return item


def _new_item(session: Session, scan: Scan, document: ScanDocument, *, certain: bool, today: date) -> NewItem:
    known = load.current(today).document_types.get(document.document_type)
    return NewItem(
        document_type=document.document_type,
        title=known.name_zh if known else "其他资料",
        document_date=_date(document.fields),
        confidence=1.0 if certain else document.confidence,
        reasons=tuple(document.reasons),
        fields={name: _field(found) for name, found in document.fields.items()},
        marks=document.marks,
        pages=_new_pages(session, scan, document.pages),
        scan_id=scan.id,
        scan_document=document.seq,
    )


def _new_pages(session: Session, scan: Scan, numbers: Sequence[int]) -> list[NewPage]:
    rows = session.scalars(select(ScanPage).where(ScanPage.scan_id == scan.id, ScanPage.page_no.in_(numbers)))
    pages = {row.page_no: row for row in rows}
    return [new_page(scan, pages[n]) for n in numbers if pages[n].image_digest is not None]


def new_page(scan: Scan, page: ScanPage) -> NewPage:
    """Return a page of a file as an item is to have it."""
    return NewPage(
        original_digest=scan.digest,
        original_page=page.page_no,
        image_digest=page.image_digest or "",
        thumbnail_digest=page.thumbnail_digest or "",
        width_px=page.width_px,
        height_px=page.height_px,
        dpi=page.dpi,
        rotation=page.rotation,
        engine=page.engine or "",
        confidence=page.confidence or 0.0,
        text=page.text or "",
        lines_digest=page.lines_digest or "",
    )


def _field(found: Mapping[str, object]) -> FieldValue:
    return FieldValue(**found)  # type: ignore[arg-type]


def _date(fields: Mapping[str, Mapping[str, object]]) -> date | None:
    found = fields.get("document_date")
    try:
        return date.fromisoformat(str(found["value"])) if found else None
    except ValueError:
        return None
