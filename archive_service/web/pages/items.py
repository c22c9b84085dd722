"""The viewer: one page of an item with its words, its fields, and the pictures behind it."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import Response

from archive_service.audit.record import record
from archive_service.errors import NotFound, NotPermitted
from archive_service.households import queries
from archive_service.households.views import ItemView, PageView
from archive_service.people.roles import Right
from archive_service.web import labels, pictures, reading, sheet
from archive_service.web.i18n import N_
from archive_service.web.visit import Id, SignedIn, Visit, whole_number
from ingest.renditions import queries as renditions

router = APIRouter()

#: Pages searched for a word at most; a longer item is searched on the search page.
_LOOKED_THROUGH = 200


@router.get("/items/{item_id}")
def show_item(visit: SignedIn, item_id: Id) -> Response:
    """Show a page of an item; a word looked for is marked, and the pages that hold it are listed."""
    looked_for = visit.request.query_params.get("q", "").strip()[:100]
    with visit.services.database.reading() as session:
        item = queries.item(session, visit.viewer, item_id)
        page_no = _page_asked(visit, item)
        page = queries.item_page(session, visit.viewer, item_id, page_no)
        file = queries.household(session, visit.viewer, item.account_no)
        # Only who may take originals out is offered the searchable PDF, which says all that they say.
        offered = item.state == "filed" and visit.viewer.may(Right.ORIGINAL_DOWNLOAD, item.unit_id)
        pdf = renditions.readiness(session, item_id) if offered else None
        texts = queries.page_texts(session, visit.viewer, item_id, most=_LOOKED_THROUGH) if looked_for else {}
    reading.note(visit, item)
    together = [other for other in file.items if other.case_id == item.case_id and other.id != item.id]
    return visit.page(
        "items/viewer.html",
        item=item,
        page=page,
        page_no=page_no,
        sheet=_sheet(visit, page, looked_for),
        together=together,
        pdf=pdf,
        looked_for=looked_for,
        found_on=[n for n, text in texts.items() if _holds(text, looked_for)],
    )


@router.get("/items/{item_id}/pages/{page_no}/image")
def page_image(visit: SignedIn, item_id: Id, page_no: Id) -> Response:
    """Return the upright image of a page."""
    page = _shown(_page(visit, item_id, page_no))
    return pictures.image(visit.services.store, page.image_digest, _masking(page))


@router.get("/items/{item_id}/pages/{page_no}/thumbnail")
def page_thumbnail(visit: SignedIn, item_id: Id, page_no: Id) -> Response:
    """Return the small image of a page; a lock in its place where the page may not be seen."""
    page = _page(visit, item_id, page_no)
    if page.withheld:
        return pictures.lock()
    try:
        return pictures.image(visit.services.store, page.thumbnail_digest, _masking(page))
    except NotPermitted:
        return pictures.lock()


@router.get("/items/{item_id}/pages/{page_no}/original")
def download_original(visit: SignedIn, item_id: Id, page_no: Id) -> Response:
    """Hand over the file that the page came in, on record."""
    with visit.services.database.unit_of_work() as session:
        page = queries.item_page(session, visit.viewer, item_id, page_no)
        visit.viewer.require(Right.ORIGINAL_DOWNLOAD, page.item.unit_id)
        if page.masked:
            # The bytes as received cannot be masked.
            raise NotPermitted("item.withheld", pictures.WITHHELD)
        if page.original_digest is None:
            raise NotFound("item.no-original", "这一页没有可下载的原件。请联系档案员。")
        record(
            session,
            by=visit.viewer.actor,
            did="original.downloaded",
            object_kind="item",
            object_id=str(item_id),
            unit_id=page.item.unit_id,
            facts={"sha256": page.original_digest, "page": page_no},
            now=visit.now,
        )
    name = (
        f"{page.item.account_no}-{page.item.item_no:03d}-{labels.Labels('zh').document_type(page.item.document_type)}"
    )
    return pictures.original(visit.services.store, page.original_digest, name)


@router.get("/items/{item_id}/pdf")
def download_pdf(visit: SignedIn, item_id: Id) -> Response:
    """Hand over the searchable PDF of an item, on record."""
    services = visit.services
    found = renditions.hand_over(services.database, visit.viewer, item_id, now=visit.now)
    return pictures.rendition(services.store, found.digest, found.file_name)


def _page(visit: Visit, item_id: int, page_no: int) -> PageView:
    with visit.services.database.reading() as session:
        page = queries.item_page(session, visit.viewer, item_id, page_no)
    reading.note(visit, page.item)
    return page


def _shown(page: PageView) -> PageView:
    if page.withheld:
        raise NotPermitted("item.withheld", pictures.WITHHELD)
    return page


def _masking(page: PageView) -> pictures.Masking | None:
    if not page.masked:
        return None
    return pictures.Masking(page.lines_digest, page.width_px, page.height_px, page.hidden_boxes)


def _page_asked(visit: Visit, item: ItemView) -> int:
    asked = whole_number(visit.request.query_params.get("page"))
    numbers = [page.page_no for page in item.pages]
    if not numbers:
        raise NotFound("item.no-pages", "这份资料没有页面。请联系档案员核对。")
    return asked if asked in numbers and asked is not None else numbers[0]


def _sheet(visit: Visit, page: PageView, looked_for: str) -> sheet.Sheet:
    missing = pictures.WITHHELD if page.withheld else "" if page.image_digest else MISSING
    lines = () if page.withheld else sheet.lines_of(visit.services.store, page.lines_digest)
    say = labels.Labels(visit.language)
    marks = [
        sheet.Mark(field.name, say.field(field.name), field.box, field.checked is False)
        for field in page.item.fields
        if field.box and field.page == page.page_no and not page.withheld
    ]
    return sheet.Sheet(
        image=f"/items/{page.item.id}/pages/{page.page_no}/image",
        label=visit.say(N_("%(type)s第 %(n)s 页"), type=say.document_type(page.item.document_type), n=page.page_no),
        width=page.width_px or 1240,
        height=page.height_px or 1754,
        words=sheet.place(lines, masked=page.masked, looked_for=looked_for),
        marks=marks,
        missing=missing,
        text="" if page.withheld else page.text,
    )


def _holds(text: str, looked_for: str) -> bool:
    plain = "".join(text.split()).casefold()
    wanted = ["".join(word.split()).casefold() for word in looked_for.replace('"', " ").split()]
    return bool(wanted) and any(word in plain for word in wanted)


MISSING = N_("这一页的影像正在重建，原件已保留。请稍后再看。")
