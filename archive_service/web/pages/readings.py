"""Reading what was borrowed: one page at a time, the reader drawn into the picture, each page on record."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from archive_service.borrowing import actions, queries
from archive_service.borrowing.queries import OpenPage
from archive_service.errors import NotPermitted
from archive_service.households.queries import lent_page
from archive_service.people.roles import Right
from archive_service.web import labels, pictures, sheet
from archive_service.web.forms import SentForm
from archive_service.web.i18n import N_
from archive_service.web.visit import Id, SignedIn, Visit, whole_number
from ingest.redaction.watermark import Mark

router = APIRouter()

_WITHHELD = N_("这一页有认不准的个人信息，遮蔽后也不能显示。请申请查看未遮蔽的内容。")


@router.get("/readings/{item_id}")
def show_reading(visit: SignedIn, item_id: Id) -> Response:
    """Show a page that is lent to this person now, with the others of the same grant beside it."""
    visit.viewer.require(Right.LOAN_ASK)
    with visit.services.database.reading() as session:
        asked = whole_number(visit.request.query_params.get("page"))
        page_no = asked or queries.first_open(session, visit.viewer, item_id, visit.now) or 1
        found = queries.open_page(session, visit.viewer, item_id, page_no, visit.now)
    pages = [(at, f"/readings/{item}?page={page}") for at, (item, page) in enumerate(found.beside, start=1)]
    return visit.page(
        "loans/reading.html",
        headers={"Cache-Control": "no-store"},
        found=found,
        item=found.page.item,
        pages=pages,
        page_no=found.beside.index((item_id, page_no)) + 1,
        sheet=_sheet(visit, found),
        minutes=max(0, int((found.grant.ends_at - visit.now).total_seconds() // 60)),
    )


@router.get("/readings/{item_id}/pages/{page_no}/image")
def reading_image(visit: SignedIn, item_id: Id, page_no: Id) -> Response:
    """Return the picture of a borrowed page with the reader drawn into it; put on record before it leaves."""
    return picture_of(visit, item_id, page_no, printed=False)


@router.post("/readings/{item_id}/pages/{page_no}/print")
def print_page(visit: SignedIn, item_id: Id, page_no: Id, _form: SentForm) -> Response:
    """Return a page to be printed, counted, with the reader drawn into it."""
    return picture_of(visit, item_id, page_no, printed=True)


def picture_of(visit: Visit, item_id: int, page_no: int, *, printed: bool) -> Response:
    """Return a borrowed page with the reader drawn into it; on record, and counted when it is to be printed.

    Raises NotPermitted without a live grant of this page or where it cannot be masked, Refused when no print is left.
    """
    visit.viewer.require(Right.LOAN_ASK)
    with visit.services.database.unit_of_work() as session:
        grant = actions.note_page(session, visit.viewer, item_id, page_no, now=visit.now, printed=printed)
        page = lent_page(session, item_id, page_no, masked=grant.masked)
        if page.withheld:
            # What is not shown is not on record as shown.
            raise NotPermitted("reading.withheld", _WITHHELD)
        if page.image_digest is None:
            raise pictures.no_image()
        purpose = queries.purpose_title(session, grant)
    mark = Mark(visit.viewer.name, visit.viewer.login, visit.now, purpose)
    masked = None
    if page.masked:
        masked = pictures.Masking(page.lines_digest, page.width_px, page.height_px, page.hidden_boxes)
    return pictures.borrowed(visit.services.store, page.image_digest, mark, masked)


def _sheet(visit: Visit, found: OpenPage) -> sheet.Sheet:
    page, say = found.page, labels.Labels(visit.language)
    missing = _WITHHELD if page.withheld else "" if page.image_digest else MISSING
    return sheet.Sheet(
        image=f"/readings/{page.item.id}/pages/{page.page_no}/image",
        label=visit.say(N_("%(type)s第 %(n)s 页"), type=say.document_type(page.item.document_type), n=page.page_no),
        width=page.width_px or 1240,
        height=page.height_px or 1754,
        missing=missing,
    )


def offered(visit: Visit, session: Any, item_id: int) -> int | None:
    """Return the first page of a paper that is lent to this person now, for the pages that name the paper."""
    if not visit.viewer.may(Right.LOAN_ASK):
        return None
    return queries.first_open(session, visit.viewer, item_id, visit.now)


MISSING = N_("这一页的影像正在重建，原件已保留。请稍后再看。")
