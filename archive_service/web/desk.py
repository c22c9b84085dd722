"""The review desk put together: a document, its page, its form, and whose hands its scan is in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fastapi.responses import Response

from archive_service.errors import ArchiveError, NotFound, Refused
from archive_service.web import labels, marks, review_form, scan_sheet
from archive_service.web.forms import Form
from archive_service.web.visit import Visit, whole_number
from ingest import queries
from ingest.claims import actions as claims
from ingest.claims import queries as holding
from ingest.claims.queries import Holder
from ingest.quality import queries as quality
from ingest.queries import DocumentView, ScanView
from ingest.review.reasons import REASONS

#: More people than this are chosen from a list instead of from pills.
_PILLS = 7
#: Signs of life that a page gives within the time of its claim: four may get lost.
_SIGNS = 5


@dataclass(frozen=True)
class Hold:
    """Who has a scan, and the turn of the claim if it is this person; 0 when it is somebody else or nobody."""

    turn: int = 0
    holder: Holder | None = None

    @property
    def by_other(self) -> bool:
        """Say whether somebody else has the scan."""
        return self.holder is not None and not self.turn


def take(visit: Visit, document: DocumentView) -> Hold:
    """Take the scan of a document in hand for this person, or say who has it.

    A part of a page fetched again takes nothing: it belongs to the page that has taken the scan already.
    """
    if document.state != "proposed":
        return Hold()
    if visit.request.headers.get("hx-request"):
        return look(visit, document.scan_id)
    try:
        with visit.services.database.unit_of_work() as session:
            minutes = visit.services.settings.review_claim_minutes
            claims.take(session, visit.viewer, document.scan_id, minutes=minutes, now=visit.now)
    except Refused:
        # Somebody else was faster, or nothing waits: what there is to see says which.
        pass
    return look(visit, document.scan_id)


def look(visit: Visit, scan_id: int) -> Hold:
    """Say who has a scan, without taking it."""
    with visit.services.database.reading() as session:
        found = holding.holder(session, scan_id, now=visit.now)
    if found is None:
        return Hold()
    return Hold(found.turn if found.person_id == visit.viewer.person_id else 0, found)


def take_next(visit: Visit, batch: int | None, after: int | None) -> int | None:
    """Take the next document that waits and that nobody else has in hand, behind `after`, then from the beginning.

    What was handed over to this person comes first. Of two who ask at the same moment each gets another scan.
    """
    while True:
        found = _next(visit, batch, after)
        if found is None:
            return None
        if not take(visit, found).by_other:
            return found.id


def _next(visit: Visit, batch: int | None, after: int | None) -> DocumentView | None:
    ways: list[dict[str, Any]] = [{"handed": True}] if after is None else [{"after": after}]
    with visit.services.database.reading() as session:
        for way in [*ways, {}]:
            found = queries.review_queue(session, visit.viewer, batch_id=batch, limit=1, free_at=visit.now, **way)
            if found.documents:
                return found.documents[0]
    return None


def let_go(visit: Visit, document_id: int, following: int | None) -> None:
    """Let go of the scan that a document is part of, unless the person goes on with another document of it."""
    with visit.services.database.unit_of_work() as session:
        try:
            left = queries.document(session, visit.viewer, document_id)
            onto = queries.document(session, visit.viewer, following).scan_id if following else None
        except NotFound:
            return
        if left.scan_id != onto:
            claims.leave(session, visit.viewer, left.scan_id)


def last(visit: Visit, session: Any) -> DocumentView | None:
    """Return the document decided just before, for the note that offers to undo it."""
    number = whole_number(visit.request.query_params.get("last"))
    if number is None:
        return None
    try:
        return queries.document(session, visit.viewer, number)
    except NotFound:
        return None


def show(
    visit: Visit,
    document_id: int,
    *,
    typed: Form | None = None,
    error: ArchiveError | None = None,
    batch: int | None = None,
) -> Response:
    """Show a document on the desk: as proposed, or as `typed` with the `error` that this met."""
    batch = batch or (typed.id("batch") if typed else whole_number(visit.request.query_params.get("batch")))
    with visit.services.database.reading() as session:
        document = queries.document(session, visit.viewer, document_id)
    hold = take(visit, document)
    with visit.services.database.reading() as session:
        scan = queries.scan(session, visit.viewer, document.scan_id)
        facts: dict[str, Any] = {
            "waiting": queries.review_queue(session, visit.viewer, batch_id=batch, limit=1).total,
            "progress": queries.review_progress(session, visit.viewer, scan.row.batch_id),
            "last": last(visit, session),
            "quality_of": quality.findings_of(session, visit.viewer, document.scan_id),
            "ahead": _ahead(visit, session, document, batch),
            "colleagues": holding.colleagues(session, visit.viewer, scan.unit_id) if hold.turn else [],
        }
    facts |= _form(visit, document, scan, typed)
    return visit.page(
        "review/desk.html",
        status=error.http_status if error else 200,
        document=document,
        scan=scan,
        thumbnails={page.page_no: scan_sheet.thumbnail_address(scan.row.id, page) for page in scan.pages},
        batch=batch,
        held=hold,
        pills_for=_PILLS,
        claim_every_s=max(1, round(visit.services.settings.review_claim_minutes * 60 / _SIGNS)),
        error=visit.told(error) if error else "",
        reasons=REASONS,
        drop_reasons=review_form.DROP_REASONS,
        **facts,
    )


def _form(visit: Visit, document: DocumentView, scan: ScanView, typed: Form | None) -> dict[str, Any]:
    page_no = review_form.page_shown(visit, document)
    belonging = review_form.proposed_belonging(visit, document, typed)
    fields = review_form.rows(visit, document, scan, belonging, typed)
    return {
        "page_no": page_no,
        "sheet": review_form.drawn(visit, document, scan, page_no, fields),
        "fields": fields,
        "marks": marks.rows(visit, document.marks, document.pages, typed),
        "mark_words": marks.WORDS,
        "pills": review_form.pills(document),
        "chosen": typed.text("document_type", limit=20) if typed else document.document_type,
        "other_type": typed.text("other_type") if typed else "",
        "belonging": belonging,
        "types": labels.document_types(),
    }


def _ahead(visit: Visit, session: Any, document: DocumentView, batch: int | None) -> str:
    """Return the address of the picture that will be looked at next, to be fetched before it is asked for."""
    after = queries.review_queue(
        session, visit.viewer, batch_id=batch, after=document.id, limit=1, free_at=visit.now
    ).documents
    if not after or not after[0].pages:
        return ""
    page = queries.scan_page(session, visit.viewer, after[0].scan_id, after[0].pages[0])
    return scan_sheet.image_address(after[0].scan_id, page) if page.image_digest else ""
