"""What became of a received file, in the form that the contract promises to scripts."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from archive_service.completeness.marks import to_json
from archive_service.people.viewer import Viewer
from archive_service.storage.store import ObjectStore
from ingest import lines, queries
from ingest.again.queries import readings
from ingest.again.tables import PageReadingRow
from ingest.queries import DocumentView, ScanView


def result(session: Session, viewer: Viewer, scan_id: int) -> dict[str, Any]:
    """Return a file's result: state, items or proposals, and the error; a container lists its members too."""
    view = queries.scan(session, viewer, scan_id)
    row = view.row
    members = [result(session, viewer, member.id) for member in view.members]
    items = [_item(document) for document in _shown(session, viewer, view)]
    return {
        "file": row.file_name,
        "sha256": view.digest,
        "scan": str(row.id),
        "state": row.state,
        "pages": row.page_count or sum(member["pages"] for member in members),
        "items": items + [item for member in members for item in member["items"]],
        "error": {"code": row.error_code, "message": row.error_message} if row.error_code else None,
        "flags": list(row.flags),
        "duplicate_of": str(row.duplicate_of) if row.duplicate_of else None,
        **({"members": members} if members else {}),
    }


def _shown(session: Session, viewer: Viewer, view: ScanView) -> tuple[DocumentView, ...]:
    """Return the documents of the scan, or of the file that it repeats where the viewer may see that one."""
    if view.row.duplicate_of is None:
        return view.documents
    first = queries.scan_if_allowed(session, viewer, view.row.duplicate_of)
    return first.documents if first else ()


def _item(document: DocumentView) -> dict[str, Any]:
    return {
        "item": str(document.item_id) if document.item_id else None,
        "document": str(document.id),
        "state": document.state,
        "document_type": document.document_type,
        "confidence": round(document.confidence, 4),
        "pages": list(document.pages),
        "account_no": document.account_no,
        "application_no": document.application_no,
        "fields": {name: _field(found) for name, found in document.fields.items()},
        "reasons": [*document.reasons, *document.doubts],
        "doubts": list(document.doubts),
        "marks": to_json(document.marks),
    }


def _field(found: Any) -> dict[str, Any]:
    shown = {key: found.get(key) for key in ("value", "confidence", "page", "box", "checked")}
    if found.get("unit"):
        shown["unit"] = found["unit"]
        shown["value"] = _number(shown["value"])
    return shown


def _number(value: Any) -> Any:
    """Return a value with a unit as the number that it is."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        return value
    return int(number) if number.is_integer() else number


def text(session: Session, store: ObjectStore, viewer: Viewer, scan_id: int) -> dict[str, Any]:
    """Return the text of a file page by page, with every line's place and confidence, and what was read before."""
    view = queries.scan(session, viewer, scan_id)
    before = [_reading(store, one) for one in readings(session, scan_id)]
    return {
        "scan": str(scan_id),
        "file": view.row.file_name,
        "pages": [_page(store, page, [one for one in before if one["page"] == page.page_no]) for page in view.pages],
    }


def _reading(store: ObjectStore, row: PageReadingRow) -> dict[str, Any]:
    found = lines.from_json(store.read(row.lines_digest)) if row.lines_digest else ()
    return {
        "page": row.page_no,
        "state": row.state,
        "engine": row.engine,
        "settings": row.reading_settings,
        "confidence": row.confidence,
        "read_at": row.read_at.isoformat() if row.read_at else None,
        "replaced_at": row.replaced_at.isoformat() if row.replaced_at else None,
        "text": lines.page_text(found),
    }


def _page(store: ObjectStore, page: queries.ScanPageView, before: list[dict[str, Any]]) -> dict[str, Any]:
    found = lines.from_json(store.read(page.lines_digest)) if page.lines_digest else ()
    return {
        "page": page.page_no,
        "rotation": page.rotation,
        "engine": page.engine,
        "settings": page.reading_settings,
        "confidence": page.confidence,
        "width": page.width_px,
        "height": page.height_px,
        "text": page.text or "",
        "lines": [{"text": x.text, "box": list(x.box), "confidence": x.confidence} for x in found],
        "error": page.error_code,
        "before": before,
    }
