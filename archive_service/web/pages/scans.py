"""Received files: the list, one of them with its pages, the images and the original."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from archive_service.audit.record import record
from archive_service.errors import Invalid, NotFound, Refused
from archive_service.jobs.nudge import nudge
from archive_service.people.roles import Right
from archive_service.web import listing, pictures, scan_sheet, sheet, words
from archive_service.web.forms import SentForm
from archive_service.web.i18n import N_
from archive_service.web.listing import Column, Table
from archive_service.web.visit import Id, SignedIn, Visit, whole_number
from ingest import jobs, queries, reach
from ingest.again import actions as again
from ingest.again import queries as reading_again
from ingest.quality import queries as quality
from ingest.queries import ScanPageView, ScanView

router = APIRouter()

TABLE = Table(
    "scans",
    "/scans",
    (
        Column("state", N_("状态"), fixed=True, look="one fit"),
        Column("file", N_("文件"), fixed=True, look="full"),
        Column("pages", N_("页数"), look="r num"),
        Column("size", N_("大小"), look="r num one"),
        Column("received", N_("收到"), look="num one"),
        Column("open", N_("操作"), fixed=True, look="r push"),
    ),
)
_SHOWN = 50
_STOP_POLLING = 286
#: Pages whose findings are shown at once, the page in view first.
_FLAWED_SHOWN = 12
AGAIN_REASONS = (N_("文字识读有误"), N_("漏读内容"), N_("更换引擎或版本后"), N_("其他"))
_MOVING = (*words.RUNNING, "unpacked")


@router.get("/scans")
def list_scans(visit: SignedIn) -> Response:
    """List received files, newest first, filtered by what stands in the address."""
    reach.check_may_follow(visit.viewer)
    asked = visit.request.query_params
    state = asked.get("state", "")
    text = asked.get("q", "").strip()[:100]
    after = whole_number(asked.get("after"))
    with visit.services.database.reading() as session:
        wanted = state if state in words.SCAN or state == "moving" else None
        found = queries.scans(session, visit.viewer, state=wanted, text=text, after=after, limit=_SHOWN)
    return visit.page(
        "ingest/scans.html",
        found=found,
        state=wanted or "",
        text=text,
        after=after,
        shown=listing.shown(visit, TABLE, {"state": wanted or "", "q": text}),
    )


@router.get("/scans/{scan_id}")
def show_scan(visit: SignedIn, scan_id: Id) -> Response:
    """Show one received file: what it is, what was found in it, its pages."""
    with visit.services.database.reading() as session:
        scan = queries.scan(session, visit.viewer, scan_id)
        first = _first(session, visit, scan)
        owed = jobs.jobs_of_scan(session, visit.viewer, scan_id)
        found = quality.findings_of(session, visit.viewer, scan_id)
        rescans = quality.rescans_of(session, visit.viewer, scan_id)
        read_again = reading_again.under_way(session, scan_id)
    page_no = _page_asked(visit, scan)
    drawn = _drawn(visit, scan, page_no) if page_no else None
    flawed = sorted({*found, *rescans})
    shown = [page_no, *(n for n in flawed if n != page_no)][:_FLAWED_SHOWN] if page_no in flawed else flawed
    return visit.page(
        "ingest/scan.html",
        scan=scan,
        first=first,
        page_no=page_no,
        sheet=drawn,
        quality_of=found,
        rescans=rescans,
        quality_pages=shown[:_FLAWED_SHOWN],
        more_findings=len(flawed) > _FLAWED_SHOWN,
        open_findings=sum(one.is_open for page in found.values() for one in page),
        moving=scan.row.state in _MOVING,
        job=owed[0] if owed else None,
        read_again=read_again,
        part=False,
        now=visit.now,
    )


@router.get("/scans/{scan_id}/state")
def show_state(visit: SignedIn, scan_id: Id) -> Response:
    """Show how far a file has come, as parts of the page; once it rests, the page is loaded anew."""
    with visit.services.database.reading() as session:
        scan = queries.scan(session, visit.viewer, scan_id)
        owed = jobs.jobs_of_scan(session, visit.viewer, scan_id)
    moving = scan.row.state in _MOVING
    return visit.progress(
        "ingest/scan_state.html",
        goes_on=moving,
        status=200 if moving else _STOP_POLLING,
        scan=scan,
        moving=moving,
        job=owed[0] if owed else None,
        part=True,
        now=visit.now,
    )


@router.get("/scans/{scan_id}/read-again")
def ask_read_again(visit: SignedIn, scan_id: Id) -> Response:
    """Ask for the reason before the pages of a file are read again."""
    return _ask_read_again(visit, scan_id)


@router.post("/scans/{scan_id}/read-again")
def read_again(visit: SignedIn, form: SentForm, scan_id: Id) -> Response:
    """Queue the pages of a file for reading again, and go back to it, where the progress is shown."""
    code, note = form.text("reason_code", limit=60), form.text("reason", limit=200)
    reason = "：".join(part for part in (code, note) if part)
    try:
        with visit.services.database.unit_of_work() as session:
            again.ask_for_scan(session, visit.viewer, scan_id, reason=reason, now=visit.now)
    except (Invalid, Refused) as error:
        return _ask_read_again(visit, scan_id, error)
    nudge(visit.services.settings, (again.QUEUE,))
    return RedirectResponse(f"/scans/{scan_id}?done=read-again", status_code=303)


@router.get("/scans/{scan_id}/read-again/state")
def show_read_again(visit: SignedIn, scan_id: Id) -> Response:
    """Show how far reading again has come; once it has ended, the page is loaded anew."""
    with visit.services.database.reading() as session:
        scan = queries.scan(session, visit.viewer, scan_id)
        found = reading_again.under_way(session, scan_id)
    moving = found is not None and found.state != "failed"
    return visit.progress(
        "ingest/read_again_now.html",
        goes_on=moving,
        status=200 if moving else _STOP_POLLING,
        scan=scan,
        read_again=found,
    )


@router.get("/scans/{scan_id}/pages/{page_no}/image")
def page_image(visit: SignedIn, scan_id: Id, page_no: Id) -> Response:
    """Return the upright image of a page."""
    page = _page(visit, scan_id, page_no)
    return _picture(visit, page.image_digest, page)


@router.get("/scans/{scan_id}/pages/{page_no}/thumbnail")
def page_thumbnail(visit: SignedIn, scan_id: Id, page_no: Id) -> Response:
    """Return the small image of a page."""
    page = _page(visit, scan_id, page_no)
    return _picture(visit, page.thumbnail_digest, page)


@router.get("/scans/{scan_id}/original")
def download_original(visit: SignedIn, scan_id: Id) -> Response:
    """Hand over the file as received, on record."""
    with visit.services.database.unit_of_work() as session:
        scan = queries.scan(session, visit.viewer, scan_id)
        visit.viewer.require(Right.ORIGINAL_DOWNLOAD, scan.unit_id)
        # The bytes as received cannot be masked.
        visit.viewer.require(Right.RECORD_READ_PERSONAL, scan.unit_id)
        queries.check_scan_open(session, visit.viewer, scan_id)
        if not scan.row.size_bytes:
            raise NotFound("scan.no-original", "这份文件被拒收时没有保存内容，不能下载。请按提示重新上传。")
        if scan.row.error_code == "file.virus":
            raise Refused("scan.quarantined", "这份文件查出病毒，已隔离，不能下载。请索取干净的文件后重新上传。")
        record(
            session,
            by=visit.viewer.actor,
            did="original.downloaded",
            object_kind="scan",
            object_id=str(scan_id),
            unit_id=scan.unit_id,
            facts={"sha256": scan.digest},
            now=visit.now,
        )
    return pictures.original(visit.services.store, scan.digest, scan.row.file_name)


def _ask_read_again(visit: Visit, scan_id: int, error: Invalid | Refused | None = None) -> Response:
    with visit.services.database.reading() as session:
        scan = queries.scan(session, visit.viewer, scan_id)
    visit.viewer.require(Right.SCAN_REVIEW, scan.unit_id)
    return visit.page(
        "ingest/read_again.html",
        refusal=error,
        scan=scan,
        reasons=AGAIN_REASONS,
    )


def _picture(visit: Visit, digest: str | None, page: ScanPageView) -> Response:
    version = visit.request.query_params.get("v")
    return pictures.image(visit.services.store, digest, scan_sheet.masking(page), version=version)


def _page(visit: Visit, scan_id: int, page_no: int) -> ScanPageView:
    with visit.services.database.reading() as session:
        return queries.scan_page(session, visit.viewer, scan_id, page_no)


def _first(session: Any, visit: Visit, scan: ScanView) -> ScanView | None:
    """Return the file that this one repeats, if this person may know of it."""
    if scan.row.duplicate_of is None:
        return None
    try:
        return queries.scan(session, visit.viewer, scan.row.duplicate_of)
    except NotFound:
        return None


def _page_asked(visit: Visit, scan: ScanView) -> int | None:
    asked = whole_number(visit.request.query_params.get("page"))
    numbers = [page.page_no for page in scan.pages]
    if asked in numbers:
        return asked
    return numbers[0] if numbers else None


def _drawn(visit: Visit, scan: ScanView, page_no: int) -> sheet.Sheet:
    page = next(page for page in scan.pages if page.page_no == page_no)
    return scan_sheet.scan_sheet(visit, scan.row.id, page)
