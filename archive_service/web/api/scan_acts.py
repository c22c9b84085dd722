"""What a person does about a received file: read it again, stop it, look at its pages, say what of them will do."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Response
from pydantic import BaseModel, Field

from archive_service.jobs.nudge import nudge
from archive_service.web.api import quality as sheets
from archive_service.web.api.caller import Caller, Words
from archive_service.web.api.jobs import JobDetail, get_job
from archive_service.web.api.quality import ScanFindings, SheetOut
from archive_service.web.api.route import api_router
from archive_service.web.api.scans import ScanDetail, get_scan, upload
from archive_service.web.api.uploads import file_form, only_file
from archive_service.web.forms import Form
from archive_service.web.pages import scans as pages
from archive_service.web.pages.quality import take_rescan
from archive_service.web.visit import LARGEST_ID, Id
from ingest import jobs
from ingest import queries as scans
from ingest.again import actions as again
from ingest.quality import actions, queries

router = api_router("scans")

_Number = Annotated[int, Field(ge=1, le=LARGEST_ID)]


class Because(BaseModel):
    """Why."""

    reason: Words = Field(max_length=200)


class Seen(BaseModel):
    """What a person sees on a page that was drawn: the code of its fault, or null when the page is good."""

    scan: _Number
    page: _Number
    fault: Words | None = Field(max_length=20)
    note: Words = Field("", max_length=200)


class RescanOut(BaseModel):
    """A better scan of a page, durable; the page changes when it is read."""

    rescan: str


@router.post("/scans/{scan_id}/read-again")
def read_again(visit: Caller, scan_id: Id, said: Because) -> ScanDetail:
    """Queue the pages of a file for reading again."""
    with visit.services.database.unit_of_work() as session:
        again.ask_for_scan(session, visit.viewer, scan_id, reason=said.reason, now=visit.now)
    nudge(visit.services.settings, (again.QUEUE,))
    return get_scan(visit, scan_id)


@router.post("/scans/{scan_id}/cancel")
def cancel(visit: Caller, scan_id: Id, said: Because) -> JobDetail:
    """Cancel the work on a file, whichever step it has come to."""
    with visit.services.database.unit_of_work() as session:
        job = jobs.open_job_of_scan(session, visit.viewer, scan_id)
        jobs.cancel(session, visit.viewer, job.id, reason=said.reason, now=visit.now)
    return get_job(visit, job.id)


@router.get("/scans/{scan_id}/original", response_class=Response)
def get_original(visit: Caller, scan_id: Id) -> Response:
    """Hand over the file as received, on record, to who may download originals and read personal data."""
    return pages.download_original(visit, scan_id)


@router.get("/scans/{scan_id}/pages/{page_no}/image", response_class=Response)
def get_image(visit: Caller, scan_id: Id, page_no: Id) -> Response:
    """Return the upright image of a page, what is personal blacked out for who may not read it."""
    return pages.page_image(visit, scan_id, page_no)


@router.post("/scans/{scan_id}/findings/{finding_id}/accept")
def accept(visit: Caller, scan_id: Id, finding_id: Id) -> ScanFindings:
    """Say that a page will do in spite of what was found wrong with it."""
    with visit.services.database.unit_of_work() as session:
        found = actions.accept(session, visit.viewer, finding_id, now=visit.now)
        if found.scan_id != scan_id:
            raise queries.not_found()
    return sheets.list_findings(visit, scan_id)


@router.post("/batches/{batch_id}/quality")
def inspect_page(visit: Caller, batch_id: Id, said: Seen) -> SheetOut:
    """Write down what a person sees on a page that was drawn from a batch."""
    with visit.services.database.unit_of_work() as session:
        actions.inspect(
            session,
            visit.viewer,
            batch_id,
            (said.scan, said.page),
            fault=said.fault,
            note=said.note,
            settings=visit.services.settings,
            now=visit.now,
        )
    return sheets.get_sheet(visit, batch_id)


@router.post(
    "/scans/{scan_id}/pages/{page_no}/rescan",
    status_code=201,
    openapi_extra=file_form("file", needed=["reason"], reason=""),
)
def receive_rescan(visit: Caller, scan_id: Id, page_no: Id, form: Annotated[Form, Depends(upload)]) -> RescanOut:
    """Hand in a better scan of a page."""
    with visit.services.database.reading() as session:
        # What is wrong with a form is told only to who may know of the page.
        scans.scan_page(session, visit.viewer, scan_id, page_no)
    return RescanOut(rescan=str(take_rescan(visit, form, only_file(form), scan_id, page_no)))
