"""Cover and separator sheets as PDF, and the arrangement of the pages of a scan."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from fastapi.responses import Response
from pydantic import BaseModel, Field

from archive_service.web.api.caller import Caller, Words
from archive_service.web.api.route import api_router
from archive_service.web.pages import sheets
from archive_service.web.visit import LARGEST_ID, Id, Visit
from ingest import queries, review

router = api_router("scans")

_MOST_PAGES = 5000
#: A number as text, for the names of JSON are texts.
Number = Annotated[str, Field(pattern=r"^[1-9][0-9]{0,9}$")]
PageNo = Annotated[int, Field(ge=1, le=LARGEST_ID)]
Pages = Annotated[list[PageNo], Field(max_length=_MOST_PAGES)]


class Placed(BaseModel):
    """A document with its pages in their order; without an id it is a new one."""

    document: Number | None = None
    pages: Pages


class Arrangement(BaseModel):
    """How the pages of a scan are to lie, and how they lay when the caller looked: pages by id of the document.

    `seen` has the documents that are still open and the dropped pages that the caller means to work on. Pages in `seen`
    and in none of `documents` are dropped, for `reason`. `turns` are quarter turns clockwise by page.
    """

    seen: dict[Number, Pages]
    documents: Annotated[list[Placed], Field(max_length=_MOST_PAGES)]
    turns: dict[Number, int] = {}
    reason: Words = Field(default="", max_length=200)


class ArrangedOut(BaseModel):
    """The documents of the scan as they lie now: id, state and pages."""

    documents: list[dict[str, str | list[int]]]


@router.get("/cases/{application_no}/sheets.pdf", response_class=Response)
def case_sheets_pdf(
    visit: Caller,
    application_no: str,
    type: Annotated[list[str] | None, Query(max_length=200)] = None,
    cover: bool = True,
    plain: Annotated[int, Query(ge=0, le=sheets.MOST_PLAIN)] = 0,
) -> Response:
    """Print the cover sheet of a case, separators of these document types, and plain separators."""
    return sheets.pdf(sheets.case_of(visit, application_no), types=type or [], cover=cover, plain=plain)


@router.post("/scans/{scan_id}/pages")
def arrange_pages(visit: Caller, scan_id: Id, wanted: Arrangement) -> ArrangedOut:
    """Put the undecided pages of a scan in order, move, drop, take back or turn them; all of it or nothing."""
    said = review.Wanted(
        {int(key): pages for key, pages in wanted.seen.items()},
        [(int(one.document) if one.document else None, one.pages) for one in wanted.documents],
        {int(page): degrees for page, degrees in wanted.turns.items()},
        wanted.reason,
    )
    tools = review.Tools(visit.services.settings, visit.services.store, visit.today)
    with visit.services.database.reading() as session:
        ahead = review.before_arrange(session, visit.viewer, scan_id, said, tools=tools)
    return _write(visit, scan_id, ahead, tools)


@router.post("/scans/{scan_id}/pages/undo")
def undo_pages(visit: Caller, scan_id: Id) -> ArrangedOut:
    """Undo the caller's last step at the pages of a scan."""
    tools = review.Tools(visit.services.settings, visit.services.store, visit.today)
    with visit.services.database.reading() as session:
        ahead = review.before_undo(session, visit.viewer, scan_id, tools=tools)
    return _write(visit, scan_id, ahead, tools)


def _write(visit: Visit, scan_id: int, ahead: review.Arranged, tools: review.Tools) -> ArrangedOut:
    with visit.services.database.unit_of_work() as session:
        review.arrange(session, visit.viewer, ahead, tools=tools, now=visit.now)
    with visit.services.database.reading() as session:
        scan = queries.scan(session, visit.viewer, scan_id)
    rows = [*scan.documents, *scan.dropped]
    return ArrangedOut(
        documents=[{"document": str(one.id), "state": one.state, "pages": list(one.pages)} for one in rows]
    )
