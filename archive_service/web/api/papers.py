"""Papers that the program writes, as PDF: of a case, and of the cases that filters let through."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from fastapi.responses import Response

from archive_service.web.api.caller import Caller
from archive_service.web.api.route import api_router
from archive_service.web.pages import papers
from archive_service.web.visit import LARGEST_ID

router = api_router("papers")


@router.get("/cases/{application_no}/papers/{paper}.pdf", response_class=Response)
def case_paper(
    visit: Caller, application_no: str, paper: str, round: Annotated[int | None, Query(ge=1, le=LARGEST_ID)] = None
) -> Response:
    """Print a paper of a case: notice, transfer (of hand-over `round`, or the newest), contents, note, box or spine."""
    return papers.of_case(visit, application_no, paper, round_=round)


@router.get("/papers/{listing}.pdf", response_class=Response)
def list_paper(visit: Caller, listing: str) -> Response:
    """Print cases as ledger, index-account, index-place, box or spine labels, narrowed as the page of cases is.

    Filters: q, due, state, business, category, complete, month, centre.
    """
    return papers.of_cases(visit, listing)
