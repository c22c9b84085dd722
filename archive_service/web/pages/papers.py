"""Papers to print: of a case, and of the cases that the filters of a list let through; each print is on record."""

from __future__ import annotations

import hashlib
import io
from urllib.parse import quote

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from archive_service.errors import Refused
from archive_service.jobs.nudge import nudge
from archive_service.people.roles import Right
from archive_service.web import case_filters, papers, print_out
from archive_service.web.forms import SentForm
from archive_service.web.i18n import N_
from archive_service.web.pictures import attachment
from archive_service.web.print_out import Printed
from archive_service.web.visit import SignedIn, Visit, whole_number
from ingest.receive import Said, first_with, open_batch, receive

router = APIRouter()


@router.get("/cases/{application_no}/papers")
def show_papers(visit: SignedIn, application_no: str) -> Response:
    """Show which papers of a case can be printed."""
    with visit.services.database.reading() as session:
        of = papers.of_case(session, visit, application_no)
    return visit.page(
        "lifecycle/papers.html",
        case=of.case,
        file=of.file,
        hand_overs=of.life.hand_overs,
        titles=papers.TITLES,
        types=papers.TYPES,
        why_not=_why_not(of),
        about=_ABOUT,
        fileable=_fileable(visit, of),
    )


@router.get("/cases/{application_no}/papers/{paper}.pdf")
def print_paper(visit: SignedIn, application_no: str, paper: str) -> Response:
    """Return a paper of a case as PDF, on record."""
    return of_case(visit, application_no, paper, round_=whole_number(visit.request.query_params.get("round")))


@router.post("/cases/{application_no}/papers/{paper}/file")
def file_paper(visit: SignedIn, form: SentForm, application_no: str, paper: str) -> Response:
    """Write a paper in Chinese and hand it in as one of the case; it goes the way of every scan.

    The same paper is not handed in twice: its bytes are the same.
    """
    new, _ = write(visit, application_no, paper)
    return _back(application_no, "paper-written" if new else "paper-there")


@router.get("/cases/print/{listing}.pdf")
def print_list(visit: SignedIn, listing: str) -> Response:
    """Return the cases that the filters in the address let through as a ledger, an index or labels, on record."""
    return of_cases(visit, listing)


def write(visit: Visit, application_no: str, paper: str) -> tuple[bool, int]:
    """Write a paper of a case and hand it in; return whether it is new, and the scan that has it.

    Raises NotFound, NotPermitted, Refused for a paper that cannot be filed now.
    """
    with visit.services.database.reading() as session:
        of = papers.of_case(session, visit, application_no, language="zh")
    visit.viewer.require(Right.SCAN_RECEIVE, of.file.unit_id)
    code = papers.check_may_be_filed(of, paper)
    made = papers.made(of, paper)
    digest, name = hashlib.sha256(made).hexdigest(), f"{of.say(papers.TITLES[paper])} {application_no}"
    with visit.services.database.unit_of_work() as session:
        there = first_with(session, digest)
        if there is not None:
            return False, there.id
        batch = open_batch(
            session, visit.viewer, name=name, channel="program", unit_id=of.file.unit_id, now=visit.now
        ).id  # fmt: skip
    receipt = receive(
        visit.services.database,
        visit.services.store,
        stream=io.BytesIO(made),
        file_name=f"{name}.pdf",
        batch_id=batch,
        viewer=visit.viewer,
        said=Said(of.file.account_no, application_no, code),
        max_bytes=visit.services.settings.max_upload_bytes,
        now=visit.now,
    )
    # Only once it is received: stopped before, nothing says that there is such a paper, and the next try makes it.
    with visit.services.database.unit_of_work() as session:
        facts = {
            "paper": paper, "account_no": of.file.account_no, "application_no": application_no,
            "document_type": code, "sha256": digest, "batch": batch, "scan": receipt.scan_id,
        }  # fmt: skip
        print_out.noted(session, visit, "case", of.case.id, unit_id=of.file.unit_id, facts=facts, did="paper.written")
    nudge(visit.services.settings)
    return True, receipt.scan_id


def of_case(visit: Visit, application_no: str, paper: str, *, round_: int | None = None) -> Response:
    """Answer with a paper of a case and write down who printed it. Raises NotFound and Refused."""
    return _file(print_out.of_case(visit, application_no, paper, round_=round_))


def of_cases(visit: Visit, listing: str) -> Response:
    """Answer with a list of cases and write down who printed it. Raises NotFound and Refused."""
    return _file(print_out.of_cases(visit, listing, case_filters.asked(visit)))


def _back(application_no: str, done: str) -> Response:
    return RedirectResponse(f"/cases/{quote(application_no, safe='')}/papers?done={done}", status_code=303)


def _file(made: Printed) -> Response:
    return Response(made.pdf, media_type="application/pdf", headers={"Content-Disposition": attachment(made.name)})


_ABOUT = {
    papers.NOTICE: N_("缺什么、依据什么、由谁补、何时补，交给客户。"),
    papers.TRANSFER: N_("移交的每件资料，双方确认的时间和签字处。"),
    papers.CONTENTS: N_("按归档顺序列出每件资料，放在卷首。"),
    papers.NOTE: N_("页数、补充件、空位和归档经过，放在卷末。"),
    papers.BOX: N_("带二维码，贴在档案盒正面。"),
    papers.SPINE: N_("带二维码，贴在档案盒脊背。"),
}


def _fileable(visit: Visit, of: papers.Of) -> set[str]:
    """Return the papers that this person can have written and filed now."""
    found = set()
    for paper in papers.TYPES if visit.viewer.may(Right.SCAN_RECEIVE, of.file.unit_id) else ():
        try:
            papers.check_may_be_filed(of, paper)
        except Refused:
            continue
        found.add(paper)
    return found


def _why_not(of: papers.Of) -> dict[str, str]:
    """Return why a paper cannot be printed now, by paper."""
    found = {}
    if not of.life.hand_overs:
        found[papers.TRANSFER] = N_("移交后才能打印")
    if of.case.archive_code is None:
        found |= dict.fromkeys((papers.BOX, papers.SPINE), N_("归档后才有档号"))
    return found
