"""The viewer: one page of an item with its words, its fields, and the pictures behind it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from archive_service.audit.record import record
from archive_service.borrowing import queries as loans
from archive_service.errors import NotFound, NotPermitted
from archive_service.fixity import write_once
from archive_service.households import actions as households
from archive_service.households import queries
from archive_service.households.views import ItemView, PageView, Paper
from archive_service.notebook import actions
from archive_service.notebook import queries as notebook
from archive_service.notebook.rules import LONGEST_NOTE
from archive_service.people.roles import Right
from archive_service.restricted import queries as restricted
from archive_service.subjects import queries as subjects
from archive_service.web import keeping, labels, marks, pictures, reading, render, sheet, words
from archive_service.web.forms import SentForm
from archive_service.web.i18n import N_
from archive_service.web.visit import Id, SignedIn, Visit, whole_number
from ingest import signatures
from ingest.renditions import queries as renditions
from ingest.renditions.queries import Readiness

router = APIRouter()

#: Pages searched for a word at most; a longer item is searched on the search page.
_LOOKED_THROUGH = 200


@router.get("/items/{item_id}")
def show_item(visit: SignedIn, item_id: Id) -> Response:
    """Show a page of an item, another beside it when asked; a word looked for is marked, its pages are listed."""
    looked_for = visit.request.query_params.get("q", "").strip()[:100]
    with visit.services.database.reading() as session:
        item = queries.item(session, visit.viewer, item_id)
        page_no = _page_asked(visit, item)
        texts = queries.page_texts(session, visit.viewer, item_id, most=_LOOKED_THROUGH) if looked_for else {}
        found_on = [n for n, text in texts.items() if _holds(text, looked_for)]
        if visit.request.query_params.get("find") and found_on and page_no not in found_on:
            # The next page that has it, and behind the last the first again.
            page_no = next((n for n in found_on if n > page_no), found_on[0])
        page = queries.item_page(session, visit.viewer, item_id, page_no)
        lent = loans.may_read_page(session, visit.viewer, item_id, page_no, visit.now)
        if page.withheld and lent is not None:
            return RedirectResponse(f"/readings/{item_id}?page={page_no}", status_code=303)
        together = queries.papers_of_case(session, visit.viewer, item)
        # Only who may take originals out is offered the searchable PDF, which says all that they say.
        offered = item.state == "filed" and not item.closed and visit.viewer.may(Right.ORIGINAL_DOWNLOAD, item.unit_id)
        pdf = renditions.readiness(session, item_id) if offered else None
        if item.restricted and pdf is Readiness.WAITING:
            # None is made of what is stored only.
            pdf = None
        notes = notebook.notes_on(session, visit.viewer, page)
        beside = _beside(visit, session, item, page_no)
        locks = write_once.of_items(session, [item_id], now=visit.now)
        signed = () if page.withheld else signatures.of_item(session, item)
        corrections = subjects.corrections(session, [item_id]).get(item_id, [])
    reading.note(visit, item)
    together = _in_catalogue_order(together)
    return visit.page(
        "items/viewer.html",
        item=item,
        page=page,
        page_no=page_no,
        sheet=_sheet(visit, page, looked_for),
        together=together,
        neighbours=_neighbours(together, item_id),
        pdf=pdf,
        marks=marks.rows(visit, item.marks, [one.page_no for one in item.pages]),
        mark_words=marks.WORDS,
        media=words.MEDIUM,
        may_say_marks=item.state == "filed" and visit.viewer.may(Right.ITEM_CHANGE, item.unit_id),
        notes=notes,
        beside=beside,
        second=_sheet(visit, beside, looked_for) if beside else None,
        looked_for=looked_for,
        found_on=found_on,
        lent=lent,
        signatures=signed,
        locks=locks,
        kept=keeping.kept(visit, [item_id])[item_id],
        corrections=corrections,
    )


@router.get("/items/{item_id}/marks/{number}/picture")
def show_mark(visit: SignedIn, item_id: Id, number: Id) -> Response:
    """Return the part of the page around a signature or seal of an item, where the page may be seen."""
    with visit.services.database.reading() as session:
        item = queries.item(session, visit.viewer, item_id)
        page_no, box = marks.numbered(item.marks, number)
        page = queries.item_page(session, visit.viewer, item_id, page_no)
    return marks.cut_out(visit.services.store, _shown(page).image_digest, box, _masking(page))


@router.post("/items/{item_id}/marks")
def say_mark(visit: SignedIn, form: SentForm, item_id: Id) -> Response:
    """Keep what a person says of a signature or seal, and show the item again."""
    with visit.services.database.unit_of_work() as session:
        key, word = form.text("mark", limit=60), form.text("word", limit=20)
        say = households.say_mark
        say(session, item_id=item_id, key=key, word=word, by=visit.viewer, now=visit.now, today=visit.today)
    page = {"page": form.id("page")}
    return RedirectResponse(f"{render.query(f'/items/{item_id}', page)}#marks", status_code=303)


def _beside(visit: Visit, session: Any, item: ItemView, page_no: int) -> PageView | None:
    """Return the page to stand beside: "next", or 17:2 for page 2 of item 17, which has rights of its own."""
    asked = visit.request.query_params.get("beside", "")
    if asked == "next":
        asked = f"{item.id}:{min(page_no + 1, len(item.pages))}"
    number, _, page = asked.partition(":")
    of_item, of_page = whole_number(number), whole_number(page or "1")
    if of_item is None or of_page is None:
        return None
    return queries.item_page(session, visit.viewer, of_item, of_page)


def _in_catalogue_order(papers: Sequence[Paper]) -> list[Paper]:
    place = {code: at for at, code in enumerate(labels.document_types())}
    return sorted(papers, key=lambda paper: (place.get(paper.document_type, len(place)), paper.item_no))


def _neighbours(papers: Sequence[Paper], item_id: int) -> tuple[Paper | None, Paper | None]:
    """Return the papers of the case before and behind an item, in catalogue order."""
    at = next((at for at, paper in enumerate(papers) if paper.id == item_id), None)
    if at is None:
        return None, None
    return papers[at - 1] if at else None, papers[at + 1] if at + 1 < len(papers) else None


@router.post("/items/{item_id}/paper")
def say_paper(visit: SignedIn, form: SentForm, item_id: Id) -> Response:
    """Keep whether the paper is an original or a copy and whether it can be read, and show the item again."""
    with visit.services.database.unit_of_work() as session:
        households.say_paper(
            session,
            item_id=item_id,
            medium=form.text("medium", limit=20),
            legible=form.text("legible", limit=5),
            by=visit.viewer,
            now=visit.now,
            today=visit.today,
        )
    page = {"page": form.id("page")}
    return RedirectResponse(f"{render.query(f'/items/{item_id}', page)}#paper", status_code=303)


@router.post("/items/{item_id}/pages/{page_no}/notes")
def pin_note(visit: SignedIn, form: SentForm, item_id: Id, page_no: Id) -> Response:
    """Pin a note to a place on a page, or take one off."""
    x, y = whole_number(form.text("x", limit=4)) or 0, whole_number(form.text("y", limit=4)) or 0
    with visit.services.database.unit_of_work() as session:
        page = queries.item_page(session, visit.viewer, item_id, page_no)
        if (gone := form.id("take_off")) is not None:
            actions.take_note_off(session, visit.viewer, page, gone, now=visit.now)
        else:
            actions.pin_note(
                session, visit.viewer, page, x=x, y=y, text=form.text("text", limit=LONGEST_NOTE), now=visit.now
            )
    done = "note-off" if gone is not None else "note"
    return RedirectResponse(f"/items/{item_id}?page={page_no}&done={done}", status_code=303)


@router.get("/items/{item_id}/pages/{page_no}/image")
def page_image(visit: SignedIn, item_id: Id, page_no: Id) -> Response:
    """Return the upright image of a page."""
    page = _shown(_page(visit, item_id, page_no))
    return pictures.image(visit.services.store, page.image_digest, _masking(page))


@router.get("/items/{item_id}/pages/{page_no}/thumbnail")
def page_thumbnail(visit: SignedIn, item_id: Id, page_no: Id) -> Response:
    """Return the small image of a page; a lock in its place where the page may not be seen."""
    page = _page(visit, item_id, page_no)
    try:
        return _small(visit, page)
    except NotPermitted:
        return pictures.lock()


def small_image(visit: Visit, item_id: int, page_no: int) -> Response:
    """Answer with the small image of a page, masked. Raises NotPermitted where the page may not be seen."""
    return _small(visit, _page(visit, item_id, page_no))


def _small(visit: Visit, page: PageView) -> Response:
    return pictures.image(visit.services.store, _shown(page).thumbnail_digest, _masking(page))


@router.get("/items/{item_id}/pages/{page_no}/original")
def download_original(visit: SignedIn, item_id: Id, page_no: Id) -> Response:
    """Hand over the file that the page came in, on record."""
    with visit.services.database.unit_of_work() as session:
        page = queries.item_page(session, visit.viewer, item_id, page_no)
        visit.viewer.require(Right.ORIGINAL_DOWNLOAD, page.item.unit_id)
        if page.item.closed:
            raise restricted.refusal()
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
    if page.item.closed:
        raise restricted.refusal()
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
    # Whoever comes from a finding sees at once what it rests on.
    asked = visit.request.query_params.get("field", "")
    marks = [
        sheet.Mark(field.name, say.field(field.name), field.box, field.checked is False or field.name == asked)
        for field in page.item.fields
        if field.box and field.page == page.page_no and not page.withheld
    ]
    return sheet.Sheet(
        found=sheet.found(lines, masked=page.masked, looked_for=looked_for) if looked_for else (),
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
    return any(word in plain for word in sheet.words_of(looked_for))


MISSING = N_("这一页的影像正在重建，原件已保留。请稍后再看。")
