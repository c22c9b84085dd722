"""Scan quality: pictures of findings, better scans of a page, and the quality sheet of a batch."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response
from starlette.datastructures import UploadFile

from archive_service.errors import Invalid, NotPermitted, Refused
from archive_service.jobs.nudge import nudge
from archive_service.web import pictures, render
from archive_service.web.forms import Form, SentForm
from archive_service.web.i18n import N_
from archive_service.web.visit import Id, SignedIn, Visit
from ingest import queries
from ingest.quality import actions, picture, rescan
from ingest.quality import queries as quality
from ingest.quality.findings import REPEATED

router = APIRouter()

#: Reasons offered when a page is scanned again.
REASONS = (N_("影像不清"), N_("歪斜或缺边"), N_("有黑边"), N_("缺页补扫"))


@router.get("/intake/batches/{batch_id}/quality")
def show_sheet(visit: SignedIn, batch_id: Id) -> Response:
    """Show the quality sheet of a batch, to be worked on or printed."""
    return _sheet(visit, batch_id)


@router.post("/intake/batches/{batch_id}/quality")
def inspect_page(visit: SignedIn, form: SentForm, batch_id: Id) -> Response:
    """Write down what a person sees on a page that was drawn."""
    try:
        page = (form.id("scan") or 0, form.id("page") or 0)
        fault = form.text("fault", limit=20)
        if not fault:
            raise Invalid("quality.fault", N_("没有这种质量问题。请从列表中选择。"))
        with visit.services.database.unit_of_work() as session:
            actions.inspect(
                session,
                visit.viewer,
                batch_id,
                page,
                fault=None if fault == "none" else fault,
                note=form.text("note", limit=200),
                settings=visit.services.settings,
                now=visit.now,
            )
    except Invalid as error:
        return _sheet(visit, batch_id, error=visit.told(error), status=error.http_status)
    return RedirectResponse(f"/intake/batches/{batch_id}/quality#sample", status_code=303)


def _sheet(visit: Visit, batch_id: int, *, error: str = "", status: int = 200) -> Response:
    with visit.services.database.reading() as session:
        sheet = quality.quality_sheet(session, visit.viewer, batch_id, visit.services.settings)
    return visit.page("quality/sheet.html", status=status, sheet=sheet, error=error, now=visit.now)


@router.get("/scans/{scan_id}/findings/{finding_id}/picture")
def show_picture(visit: SignedIn, scan_id: Id, finding_id: Id) -> Response:
    """Return the picture of a finding: the page with its place outlined, or two pages side by side."""
    with visit.services.database.reading() as session:
        found = quality.finding(session, visit.viewer, finding_id)
        if found.scan_id != scan_id:
            raise quality.not_found()
        page = queries.scan_page(session, visit.viewer, scan_id, found.page_no)
        other = queries.scan_page(session, visit.viewer, scan_id, found.facts["other"]) if _is_pair(found) else None
    if page.masked:
        # Drawn from the page as it is: nothing in it is masked.
        raise NotPermitted("item.withheld", pictures.WITHHELD)
    if page.image_digest is None:
        return pictures.image(visit.services.store, None)
    store = visit.services.store
    if other is not None and other.image_digest is not None:
        data = picture.side_by_side(store, [other.image_digest, page.image_digest])
    else:
        turned = float(found.facts.get("turned", 0))
        data = picture.marked(store, page.image_digest, code=found.code, boxes=found.boxes, turned=turned)
    return Response(data, media_type="image/jpeg", headers={"Content-Disposition": "inline"})


def _is_pair(found: quality.FindingView) -> bool:
    return found.code == REPEATED and "other" in found.facts


@router.post("/scans/{scan_id}/findings/{finding_id}/accept")
def accept(visit: SignedIn, form: SentForm, scan_id: Id, finding_id: Id) -> Response:
    """Say that the page will do, and go back to it."""
    with visit.services.database.unit_of_work() as session:
        found = actions.accept(session, visit.viewer, finding_id, now=visit.now)
        if found.scan_id != scan_id:
            raise quality.not_found()
        page_no = found.page_no
    return RedirectResponse(_back(form, scan_id, page_no), status_code=303)


def _back(form: Form, scan_id: int, page_no: int) -> str:
    document = form.id("document")
    if document:
        return render.query(f"/review/{document}", {"page": page_no, "batch": form.id("batch")})
    return f"/scans/{scan_id}?page={page_no}#quality"


@router.get("/scans/{scan_id}/pages/{page_no}/rescan")
def ask_for_rescan(visit: SignedIn, scan_id: Id, page_no: Id) -> Response:
    """Ask for a better scan of a page."""
    return _rescan_form(visit, scan_id, page_no)


@router.post("/scans/{scan_id}/pages/{page_no}/rescan")
def receive_rescan(visit: SignedIn, form: SentForm, scan_id: Id, page_no: Id) -> Response:
    """Take a better scan of a page in; the page changes when it is read."""
    files = form.files("file")
    try:
        if len(files) != 1:
            raise Invalid("intake.no-files", N_("没有选择文件。请先选择要入库的文件。"))
        take_rescan(visit, form, files[0], scan_id, page_no)
    except (Invalid, Refused) as error:
        return _rescan_form(visit, scan_id, page_no, error=visit.told(error), status=error.http_status)
    return RedirectResponse(f"/scans/{scan_id}?page={page_no}#quality", status_code=303)


def take_rescan(visit: Visit, form: Form, file: UploadFile, scan_id: int, page_no: int) -> int:
    """Take a better scan of a page in; return its number. Raises as `rescan.receive` does."""
    number = rescan.receive(
        visit.services.database,
        visit.services.store,
        stream=file.file,
        file_name=file.filename or "",
        scan_id=scan_id,
        page_no=page_no,
        reason=form.text("reason", limit=200),
        viewer=visit.viewer,
        max_bytes=visit.services.settings.max_upload_bytes,
        now=visit.now,
    )
    nudge(visit.services.settings, ("read",))
    return number


def _rescan_form(visit: Visit, scan_id: int, page_no: int, *, error: str = "", status: int = 200) -> Response:
    with visit.services.database.reading() as session:
        scan = queries.scan(session, visit.viewer, scan_id)
        queries.scan_page(session, visit.viewer, scan_id, page_no)
        found = quality.findings_of(session, visit.viewer, scan_id).get(page_no, ())
    return visit.page(
        "quality/rescan.html", status=status, scan=scan, page_no=page_no, found=found, error=error, reasons=REASONS
    )


@router.get("/scans/{scan_id}/superseded/{rescan_id}/image")
def superseded_image(visit: SignedIn, scan_id: Id, rescan_id: Id) -> Response:
    """Return the picture that a page showed before it was scanned again."""
    with visit.services.database.reading() as session:
        digest = quality.superseded_image(session, visit.viewer, scan_id, rescan_id)
    return pictures.image(visit.services.store, digest)
