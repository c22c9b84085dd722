"""Cover and separator sheets of a case, chosen on a page and printed as one PDF; plain separators besides."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import Response

from archive_service.errors import NotFound
from archive_service.households import queries
from archive_service.households.views import CaseView
from archive_service.people.roles import Right
from archive_service.web import labels, pictures
from archive_service.web.visit import SignedIn, Visit, whole_number
from ingest.sheets import case_sheets

router = APIRouter()

#: Most plain separators of one print.
MOST_PLAIN = 50


@router.get("/households/{account_no}/cases/{application_no}/sheets")
def choose_sheets(visit: SignedIn, account_no: str, application_no: str) -> Response:
    """Ask which sheets of a case to print; the papers that are still to come are ticked."""
    case = case_of(visit, application_no, account_no)
    wanted = case_sheets.wanted_types(case)
    types = [one.document_type for one in case_sheets.expected(case)]
    return visit.page(
        "households/sheets.html",
        case=case,
        types=types,
        wanted=wanted,
        names=labels.document_types(),
        most_plain=MOST_PLAIN,
    )


@router.get("/households/{account_no}/cases/{application_no}/sheets.pdf")
def print_sheets(visit: SignedIn, account_no: str, application_no: str) -> Response:
    """Return the sheets asked for as one PDF."""
    asked = visit.request.query_params
    case = case_of(visit, application_no, account_no)
    plain = min(whole_number(asked.get("plain")) or 0, MOST_PLAIN)
    return pdf(case, types=asked.getlist("type"), cover=asked.get("cover") == "1", plain=plain)


def case_of(visit: Visit, application_no: str, account_no: str | None = None) -> CaseView:
    """Return a case for whose papers this person prints sheets; raises NotFound and NotPermitted."""
    with visit.services.database.reading() as session:
        case = queries.case(session, visit.viewer, application_no)
        unit_id = queries.unit_of(session, case.household_id)
    if account_no is not None and case.account_no != account_no:
        raise NotFound("case.not-found", "该户下没有这个申请编号，或您无权查看。请从户档案里选择案件。")
    visit.viewer.require(Right.SCAN_RECEIVE, unit_id)
    return case


def pdf(case: CaseView, *, types: list[str], cover: bool, plain: int) -> Response:
    """Answer with the sheets as a file to print."""
    from ingest.sheets import draw

    sheets = [case_sheets.cover(case)] if cover else []
    sheets += case_sheets.separators(case, types)
    sheets += case_sheets.plain(plain)
    if not sheets:
        sheets = [case_sheets.cover(case)]
    headers = {"Content-Disposition": pictures.attachment(f"分隔页 {case.application_no}.pdf")}
    return Response(draw.pdf(sheets), media_type="application/pdf", headers=headers)
