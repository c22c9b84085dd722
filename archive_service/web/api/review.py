"""The review desk for programs: what waits, one document with its proposal, and the decision on it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import Query, Response
from pydantic import BaseModel, BeforeValidator, Field

from archive_service.completeness.marks import Sight, to_json
from archive_service.people.roles import Right
from archive_service.web.api.caller import Caller, Words
from archive_service.web.api.claims import HolderOut
from archive_service.web.api.route import api_router, changed
from archive_service.web.api.told import Told
from archive_service.web.visit import LARGEST_ID, Id, Visit
from ingest import queries, review
from ingest.claims import queries as holding
from ingest.queries import DocumentView

router = api_router("review")

PageNo = Annotated[int, Field(ge=1, le=LARGEST_ID)]
#: The pages that the caller saw; the document still has to have them.
Seen = Annotated[list[PageNo] | None, Field(max_length=5000)]


class CandidateOut(BaseModel):
    """Another type that the document might be of."""

    document_type: str
    confidence: float


def _candidate(one: tuple[str, float]) -> CandidateOut:
    return CandidateOut(document_type=one[0], confidence=one[1])


class DocumentOut(Told):
    """A document of a scan with its proposal; `item` is null until it is filed, `candidates` are other types."""

    document: str = Field(validation_alias="id")
    scan: str = Field(validation_alias="scan_id")
    pages: list[int]
    document_type: str
    confidence: float
    candidates: list[Annotated[CandidateOut, BeforeValidator(_candidate)]]
    state: str
    account_no: str | None
    account_name: str | None
    application_no: str | None
    match_confidence: float
    reasons: list[str]
    doubts: list[str]
    item: str | None = Field(validation_alias="item_id")
    rescan_pages: list[int]
    decided_at: datetime | None


class Waiting(DocumentOut):
    """A document in the queue, with who has its scan in hand."""

    holder: HolderOut | None = None


class QueueOut(BaseModel):
    """A page of documents, the oldest first; `next` goes into `after`."""

    documents: list[Waiting]
    total: int
    next: int | None


class DocumentDetail(DocumentOut):
    """A document with what was read in its fields, and the signatures and seals that are looked for on it."""

    fields: dict[str, Any]
    marks: list[dict[str, Any]]


class Decision(BaseModel):
    """What a document is and where it belongs; an empty value removes a field, what is not named stays as it was read.

    `marks` says what is to be seen of signatures and seals, by key such as seal:customer.
    """

    document_type: Words = Field(min_length=1, max_length=20)
    account_no: Words = Field(max_length=40)
    application_no: Words | None = Field(None, max_length=60)
    fields: dict[str, Words] = Field(default={}, max_length=200)
    marks: dict[str, Sight] = Field(default={}, max_length=50)
    pages: Seen = None


class Rejection(BaseModel):
    """Why a document goes back: a `code`, words, or both; with some codes its pages are scanned anew."""

    code: Literal[
        "", "blurred", "cut-off", "dark", "page-missing", "unsigned", "expired", "no-record", "misplaced", "other"
    ] = ""
    reason: Words = Field("", max_length=200)
    rescan_pages: list[PageNo] = Field(default=[], max_length=5000)


@router.get("/review")
def list_waiting(
    visit: Caller,
    part: Literal["waiting", "mine", "rescan"] = "waiting",
    batch: Annotated[int | None, Query(ge=1, le=LARGEST_ID)] = None,
    after: Annotated[int | None, Query(ge=1, le=LARGEST_ID)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> QueueOut:
    """List what waits for a person, what of it was handed to the caller, or what waits for a rescan."""
    visit.viewer.require(Right.SCAN_REVIEW)
    with visit.services.database.reading() as session:
        if part == "rescan":
            found = queries.sent_for_rescan(session, visit.viewer, batch_id=batch, after=after, limit=limit)
        else:
            found = queries.review_queue(
                session, visit.viewer, batch_id=batch, after=after, limit=limit, handed=part == "mine"
            )
        holders = holding.holders(session, {one.scan_id for one in found.documents}, now=visit.now)
    rows = [waiting(one, holders.get(one.scan_id)) for one in found.documents]
    return QueueOut(documents=rows, total=found.total, next=found.next_after)


@router.get("/review/{document_id}")
def get_document(visit: Caller, document_id: Id) -> DocumentDetail:
    """Return a document with its fields, doubts and the types that it may be."""
    with visit.services.database.reading() as session:
        return detail(session, visit, document_id)


@router.post("/review/{document_id}/confirm")
def confirm(visit: Caller, response: Response, document_id: Id, said: Decision) -> DocumentDetail:
    """File a document; with If-Match only if it is as the caller saw it."""
    decision = review.Decision(
        document_type=said.document_type.strip().upper(),
        account_no=said.account_no,
        application_no=said.application_no or None,
        fields=said.fields,
        pages=said.pages,
        marks={key: sight.value for key, sight in said.marks.items()},
    )
    return _decided(
        visit,
        response,
        document_id,
        lambda session: review.confirm(session, visit.viewer, document_id, decision, now=visit.now, today=visit.today),
    )


@router.post("/review/{document_id}/reject")
def reject(visit: Caller, response: Response, document_id: Id, said: Rejection) -> DocumentDetail:
    """Send a document back with a reason, perhaps to be scanned anew."""
    return _decided(
        visit,
        response,
        document_id,
        lambda session: review.reject(
            session,
            visit.viewer,
            document_id,
            reason=said.reason,
            code=said.code,
            rescan=said.rescan_pages,
            now=visit.now,
        ),
    )


@router.post("/review/{document_id}/undo")
def undo(visit: Caller, response: Response, document_id: Id) -> DocumentDetail:
    """Take the caller's own decision back."""
    return _decided(
        visit,
        response,
        document_id,
        lambda session: review.undo(session, visit.viewer, document_id, now=visit.now, today=visit.today),
    )


def waiting(document: DocumentView, holder: holding.Holder | None) -> Waiting:
    """Return a document as a row of a list."""
    told = Waiting.model_validate(document)
    return told.model_copy(update={"holder": HolderOut.model_validate(holder) if holder else None})


def detail(session: Any, visit: Visit, document_id: int) -> DocumentDetail:
    """Return a document as the interface answers it. Raises NotFound."""
    found = queries.document(session, visit.viewer, document_id)
    return DocumentDetail.model_validate({**vars(found), "marks": to_json(found.marks)})


def _decided(visit: Visit, response: Response, document_id: int, change: Any) -> DocumentDetail:
    return changed(
        visit,
        response,
        lock=lambda session: review.lock_document(session, visit.viewer, document_id),
        read=lambda session: detail(session, visit, document_id),
        change=change,
    )
