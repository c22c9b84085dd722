"""Received files: hand one in, list them, follow one, read its text."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Annotated, Any

from fastapi import Depends, Query, Response
from pydantic import BaseModel

from archive_service.completeness.marks import to_json
from archive_service.web import sheet
from archive_service.web.api.caller import Caller
from archive_service.web.api.route import api_router
from archive_service.web.api.uploads import file_form, only_file
from archive_service.web.forms import Form, parsed
from archive_service.web.pages import intake
from archive_service.web.visit import LARGEST_ID, Id, Visit
from ingest import queries, reach
from ingest.lines import TextLine
from ingest.queries import DocumentView, ScanPageView, ScanRow, ScanView
from ingest.receive import Receipt
from ingest.redaction import rules as redaction

router = api_router("scans")

_STATES = "moving|received|checked|rendered|read|sorted|filed|needs_review|refused|set_aside|unpacked"
State = Annotated[str | None, Query(pattern=f"^({_STATES})$")]


class Problem(BaseModel):
    """Why a file was not taken: stable code and sentence."""

    code: str
    message: str


class ScanOut(BaseModel):
    """A received file and how far it has come."""

    scan: str
    file: str
    batch: str
    state: str
    format: str
    size_bytes: int
    pages: int
    pages_done: int
    duplicate_of: str | None
    received_at: datetime
    finished_at: datetime | None
    flags: list[str]
    error: Problem | None


class ItemOut(BaseModel):
    """A document found in a file: the item it became, or the proposal that waits for a person."""

    document: str
    item: str | None
    state: str
    document_type: str
    confidence: float
    pages: list[int]
    account_no: str | None
    application_no: str | None
    fields: dict[str, Any]
    reasons: list[str]
    doubts: list[str]
    marks: list[dict[str, Any]]


class ScanDetail(ScanOut):
    """A received file with its documents and, for a container, the files that came out of it."""

    sha256: str
    items: list[ItemOut]
    members: list[ScanOut]


class ScanList(BaseModel):
    """A page of files, newest first; `next` goes into `after`."""

    scans: list[ScanOut]
    total: int
    next: int | None


class ReceiptOut(BaseModel):
    """What became of a file that was handed in."""

    scan: str
    state: str
    sha256: str
    duplicate_of: str | None
    error: Problem | None


class LineOut(BaseModel):
    """A line with its place: pixels of the upright page image, from the top left."""

    text: str
    box: tuple[int, int, int, int]
    confidence: float


class PageText(BaseModel):
    """The text of a page; `page` counts from 1."""

    page: int
    rotation: int
    engine: str | None
    confidence: float | None
    text: str
    lines: list[LineOut]


class ScanText(BaseModel):
    """The text of a file, page by page."""

    pages: list[PageText]


async def upload(visit: Caller) -> AsyncIterator[Form]:
    """Parse the upload of a caller who is known; the file goes to disk as it arrives."""
    async with parsed(visit.request, max_files=1, max_fields=20) as data:
        yield Form(data)


@router.get("/scans")
def list_scans(
    visit: Caller,
    state: State = None,
    batch: Annotated[int | None, Query(ge=1, le=LARGEST_ID)] = None,
    after: Annotated[int | None, Query(ge=1, le=LARGEST_ID)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> ScanList:
    """List received files, newest first; those of a `batch`, or of all."""
    reach.check_may_follow(visit.viewer)
    with visit.services.database.reading() as session:
        found = queries.scans(
            session, visit.viewer, state=state, batch_id=batch, after=after, limit=limit, counted=None
        )
    return ScanList(scans=[_scan(row) for row in found.rows], total=found.total, next=found.next_after)


@router.post(
    "/scans",
    status_code=201,
    openapi_extra=file_form(
        "file",
        account_no="",
        application_no="",
        document_type="",
        batch_name="",
        batch="An open batch instead of a new one.",
    ),
)
def receive_scan(visit: Caller, form: Annotated[Form, Depends(upload)], response: Response) -> ReceiptOut:
    """Hand a file in; the answer follows once it is durable. A file that is no good is on record as refused."""
    file = only_file(form)
    said = intake.said_of(visit, form)
    batch_id = form.id("batch") or intake.open_batch_for(visit, form, channel="api")
    receipt = intake.take_in(visit, file, batch_id, said)
    response.headers["Location"] = f"/api/v1/scans/{receipt.scan_id}"
    return _receipt(receipt)


@router.get("/scans/{scan_id}")
def get_scan(visit: Caller, scan_id: Id) -> ScanDetail:
    """Return a file with what was found in it."""
    with visit.services.database.reading() as session:
        return _detail(queries.scan(session, visit.viewer, scan_id))


@router.get("/scans/{scan_id}/text")
def get_text(visit: Caller, scan_id: Id) -> ScanText:
    """Return the text of a file with the place of every line."""
    with visit.services.database.reading() as session:
        found = queries.scan(session, visit.viewer, scan_id)
    return ScanText(
        pages=[
            PageText(
                page=page.page_no,
                rotation=page.rotation,
                engine=page.engine,
                confidence=page.confidence,
                text=page.text or "",
                lines=[
                    LineOut(text=line.text, box=line.box, confidence=line.confidence) for line in _lines(visit, page)
                ],
            )
            for page in found.pages
        ]
    )


def _lines(visit: Visit, page: ScanPageView) -> Sequence[TextLine]:
    lines = sheet.lines_of(visit.services.store, page.lines_digest)
    return redaction.masked(lines) if page.masked else lines


def _scan(row: ScanRow) -> ScanOut:
    return ScanOut(**_facts(row))


def _facts(row: ScanRow) -> dict[str, Any]:
    return {
        "scan": str(row.id),
        "file": row.file_name,
        "batch": str(row.batch_id),
        "state": row.state,
        "format": row.format,
        "size_bytes": row.size_bytes,
        "pages": row.page_count,
        "pages_done": row.pages_done,
        "duplicate_of": str(row.duplicate_of) if row.duplicate_of else None,
        "received_at": row.received_at,
        "finished_at": row.finished_at,
        "flags": list(row.flags),
        "error": _problem(row.error_code, row.error_message),
    }


def _problem(code: str | None, message: str | None) -> Problem | None:
    return Problem(code=code, message=message or "") if code else None


def _detail(view: ScanView) -> ScanDetail:
    items = [_item(document) for document in view.documents]
    return ScanDetail(**_facts(view.row), sha256=view.digest, items=items, members=[_scan(m) for m in view.members])


def _item(document: DocumentView) -> ItemOut:
    return ItemOut(
        document=str(document.id),
        item=str(document.item_id) if document.item_id else None,
        state=document.state,
        document_type=document.document_type,
        confidence=document.confidence,
        pages=list(document.pages),
        account_no=document.account_no,
        application_no=document.application_no,
        fields=dict(document.fields),
        reasons=list(document.reasons),
        doubts=list(document.doubts),
        marks=to_json(document.marks),
    )


def _receipt(receipt: Receipt) -> ReceiptOut:
    return ReceiptOut(
        scan=str(receipt.scan_id),
        state=receipt.state,
        sha256=receipt.digest,
        duplicate_of=str(receipt.duplicate_of) if receipt.duplicate_of else None,
        error=_problem(receipt.error_code, receipt.error_message),
    )
