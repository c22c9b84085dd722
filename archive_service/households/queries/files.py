"""Reading one household, one item, one page, as a viewer may see them.

What does not exist and what the viewer may not know of get the same answer, NotFound.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from archive_service import masking
from archive_service.completeness import marks
from archive_service.errors import NotFound
from archive_service.households.queries import concealed
from archive_service.households.queries.case_views import case_views
from archive_service.households.tables import CaseFile, HouseholdFile, Item, ItemField, Page
from archive_service.households.views import (
    CaseView,
    FieldView,
    HouseholdView,
    ItemView,
    PageBrief,
    PageView,
    Paper,
)
from archive_service.people.roles import Right
from archive_service.people.tables import Person, Unit
from archive_service.people.viewer import Viewer
from archive_service.restricted.queries import closed, closed_title

_PERSONAL = frozenset({"personal", "sensitive"})
#: Below this confidence of its reading nobody can tell which numbers a page holds.
_READ_WELL = 0.7
#: Rows of columns, not mapped objects: a thick household has thousands, and nobody changes them here.
_ITEMS, _FIELDS = select(*Item.__table__.columns), select(*ItemField.__table__.columns)


def household(
    session: Session, viewer: Viewer, account_no: str, *, withdrawn: bool = False, fields: bool = True
) -> HouseholdView:
    """Return the whole file of an account number; withdrawn items only when asked for. Raises NotFound.

    Without `fields`, items come without them, which halves the reading of a thick file.
    """
    head = readable_household(session, viewer, account_no)
    unit = session.get_one(Unit, head.unit_id)
    personal = viewer.reads_personal(head.unit_id, head.id)
    cases = list(session.scalars(select(CaseFile).where(CaseFile.household_id == head.id).order_by(CaseFile.id)))
    wanted = _ITEMS.where(Item.household_id == head.id).order_by(Item.item_no)
    if not withdrawn:
        wanted = wanted.where(Item.state == "filed")
    # What is masked can only be told from the fields.
    read = fields or not personal
    rows = session.execute(wanted).all()
    items = _item_views(session, rows, head, personal=personal, fields=read, opened=viewer.opened)
    return HouseholdView(
        id=head.id,
        account_no=head.account_no,
        account_name=head.account_name,
        service_address=head.service_address,
        customer_category=head.customer_category,
        unit_id=unit.id,
        unit_code=unit.code,
        unit_name=unit.name,
        state=head.state,
        revision=head.revision,
        created_at=head.created_at,
        cases=tuple(case_views(session, head, cases, personal=personal, opened=viewer.opened)),
        items=tuple(items),
        # What is stored only is shut to everybody; nobody has to ask to have it unmasked.
        masked=any(item.masked and not item.closed for item in items),
    )


def case(session: Session, viewer: Viewer, application_no: str) -> CaseView:
    """Return the case with an application number. Raises NotFound."""
    found = session.execute(
        select(CaseFile, HouseholdFile)
        .join(HouseholdFile, HouseholdFile.id == CaseFile.household_id)
        .where(CaseFile.application_no == application_no, HouseholdFile.unit_id.in_(viewer.units(Right.RECORD_READ)))
    ).first()
    if found is None:
        raise NotFound("case.not-found", "没有这个业务，或者您无权查看。请核对申请编号后再试。")
    row, head = found
    personal = viewer.reads_personal(head.unit_id, head.id)
    return case_views(session, head, [row], personal=personal, opened=viewer.opened)[0]


def item(session: Session, viewer: Viewer, item_id: int) -> ItemView:
    """Return an item, filed or withdrawn. Raises NotFound."""
    row, head = _readable_item(session, viewer, item_id)
    personal = viewer.reads_personal(head.unit_id, head.id)
    return _item_views(session, [row], head, personal=personal, opened=viewer.opened)[0]


def item_page(session: Session, viewer: Viewer, item_id: int, page_no: int) -> PageView:
    """Return a page of an item, counted from 1. Raises NotFound."""
    row, head = _readable_item(session, viewer, item_id)
    personal = viewer.reads_personal(head.unit_id, head.id)
    takes_out = viewer.may(Right.ORIGINAL_DOWNLOAD, head.unit_id)
    guarded = row.sensitivity in _PERSONAL
    return _page_seen(
        session, row, head, page_no, personal=personal, guarded=guarded, takes_out=takes_out, opened=viewer.opened
    )


def masked_page(session: Session, viewer: Viewer, item_id: int, page_no: int) -> PageView:
    """Return a page as it may leave the archive: personal numbers are to be blacked out, whatever the viewer may see.

    It is withheld where they cannot be, and where its paper is withheld from the viewer. Raises NotFound.
    """
    row, head = _readable_item(session, viewer, item_id)
    guarded = row.sensitivity in _PERSONAL and not viewer.reads_personal(head.unit_id, head.id)
    takes_out = viewer.may(Right.ORIGINAL_DOWNLOAD, head.unit_id)
    return _page_seen(
        session, row, head, page_no, personal=False, guarded=guarded, takes_out=takes_out, opened=viewer.opened
    )


def lent_page(session: Session, item_id: int, page_no: int, *, masked: bool) -> PageView:
    """Return a page as it is lent to somebody, whose grant the caller has checked. Raises NotFound.

    What was approved to be read masked is shown with the numbers blacked out, whatever kind of paper it is; it stays
    withheld where nobody can tell what is personal on it.
    """
    found = session.execute(
        select(Item, HouseholdFile).join(HouseholdFile, HouseholdFile.id == Item.household_id).where(Item.id == item_id)
    ).first()
    if found is None:
        raise NotFound("item.page-not-found", "这份文件没有这一页。请核对页码后再试。")
    return _page_seen(session, *found, page_no, personal=not masked, guarded=False, takes_out=False)


def _page_seen(
    session: Session,
    row: Item,
    head: HouseholdFile,
    page_no: int,
    *,
    personal: bool,
    guarded: bool,
    takes_out: bool,
    opened: frozenset[int] = frozenset(),
) -> PageView:
    page = session.scalar(select(Page).where(Page.item_id == row.id, Page.page_no == page_no))
    if page is None:
        raise NotFound("item.page-not-found", "这份文件没有这一页。请核对页码后再试。")
    shown = _item_views(session, [row], head, personal=personal, opened=opened)[0]
    told = () if personal else _personal_on(session, page, row.id)
    withheld = shown.closed or (not personal and (guarded or not _can_be_masked(page, told)))
    return PageView(
        item=shown,
        page_no=page.page_no,
        page_count=len(shown.pages),
        image_digest=None if withheld else page.image_digest,
        thumbnail_digest=None if withheld else page.thumbnail_digest,
        original_digest=page.original_digest if takes_out and not shown.closed else None,
        original_page=page.original_page,
        width_px=page.width_px,
        height_px=page.height_px,
        dpi=page.dpi,
        rotation=page.rotation,
        engine=page.engine,
        confidence=page.confidence,
        text="" if shown.closed else page.text if personal else masking.text(page.text),
        lines_digest="" if shown.closed else page.lines_digest,
        masked=not personal,
        withheld=withheld,
        hidden_boxes=tuple(one.box for one in told if one.box is not None and one.page == page.page_no),
    )


def papers_of_case(session: Session, viewer: Viewer, of: ItemView) -> list[Paper]:
    """Return the filed papers of the case of an item, or those of no case, by number; the item is one of them."""
    if of.unit_id not in viewer.units(Right.RECORD_READ):
        return []
    same = Item.case_id == of.case_id if of.case_id is not None else Item.case_id.is_(None)
    pages = select(func.count()).where(Page.item_id == Item.id).scalar_subquery()
    found = session.execute(
        select(Item.id, Item.item_no, Item.document_type, pages)
        .where(Item.household_id == of.household_id, same, Item.state == "filed")
        .order_by(Item.item_no)
    )
    return [Paper(*row) for row in found]


def page_texts(session: Session, viewer: Viewer, item_id: int, *, most: int) -> dict[int, str]:
    """Return the text of an item's pages by number, at most `most`, without pages that the viewer may not see.

    Raises NotFound.
    """
    row, head = _readable_item(session, viewer, item_id)
    personal = viewer.reads_personal(head.unit_id, head.id)
    if (row.sensitivity in _PERSONAL and not personal) or closed(session, viewer, [row.id]):
        return {}
    pages = session.scalars(select(Page).where(Page.item_id == row.id).order_by(Page.page_no).limit(most)).all()
    if personal:
        return {page.page_no: page.text for page in pages}
    fields = _personal_fields(session, row.id)
    shown = [
        page for page in pages if _can_be_masked(page, [one for one in fields if one.page in (None, page.page_no)])
    ]
    return {page.page_no: masking.text(page.text) for page in shown}


def _personal_on(session: Session, page: Page, item_id: int) -> Sequence[FieldView]:
    """Return the personal fields that stand, or may stand, on a page, with their true values."""
    return [one for one in _personal_fields(session, item_id) if one.page in (None, page.page_no)]


def _personal_fields(session: Session, item_id: int) -> Sequence[FieldView]:
    rows = session.execute(_FIELDS.where(ItemField.item_id == item_id).order_by(ItemField.id))
    return [field_view(one, personal=True) for one in rows if masking.field(one.name, one.value) != one.value]


def _can_be_masked(page: Page, told: Sequence[FieldView]) -> bool:
    """Say whether all that is personal on a page has a known place, so that a picture of it can be shown masked.

    A value that somebody corrected may no longer stand in the text as it was read, and one without a page may stand
    on any of them. A page that was hardly read may hold anything.
    """
    if page.confidence < _READ_WELL:
        return False
    placed = {"".join(filter(str.isalnum, page.text[a:b])) for a, b in masking.spans(page.text)}
    return all((one.box is not None and one.page == page.page_no) or one.value in placed for one in told)


def readable_household(session: Session, viewer: Viewer, account_no: str) -> HouseholdFile:
    """Return the row of a household that the viewer may read. Raises NotFound."""
    units = viewer.units(Right.RECORD_READ)
    found = select(HouseholdFile).where(HouseholdFile.account_no == account_no, HouseholdFile.unit_id.in_(units))
    head = session.scalar(found)
    if head is None:
        raise NotFound("household.not-found", "没有这个户档案，或者您无权查看。请核对户号后再试。")
    return head


def _readable_item(session: Session, viewer: Viewer, item_id: int) -> tuple[Item, HouseholdFile]:
    found = session.execute(
        select(Item, HouseholdFile)
        .join(HouseholdFile, HouseholdFile.id == Item.household_id)
        .where(Item.id == item_id, HouseholdFile.unit_id.in_(viewer.units(Right.RECORD_READ)))
    ).first()
    if found is None:
        raise NotFound("item.not-found", "没有这份文件，或者您无权查看。请核对后再试。")
    return found[0], found[1]


def _item_views(
    session: Session,
    rows: Sequence[Any],
    head: HouseholdFile,
    *,
    personal: bool,
    fields: bool = True,
    opened: frozenset[int] = frozenset(),
) -> list[ItemView]:
    """Return items of one household, given as rows of their columns, in the order given."""
    # One question, however many papers there are.
    stored_only = concealed.closed_in(session, head.id, ())
    shut = stored_only - opened
    keys = [row.id for row in rows if row.id not in shut]
    pages = _page_briefs(session, rows, personal=personal, shut=shut)
    read: dict[int, list[FieldView]] = defaultdict(list)
    for one in session.execute(_FIELDS.where(ItemField.item_id.in_(keys)).order_by(ItemField.id)) if fields else ():
        read[one.item_id].append(field_view(one, personal=personal))
    numbers = _texts_by_id(session, CaseFile.id, CaseFile.application_no, {row.case_id for row in rows})
    people = _texts_by_id(session, Person.id, Person.name, {row.filed_by for row in rows})
    return [
        _item_view(
            row,
            head,
            read[row.id],
            pages[row.id],
            application_no=numbers.get(row.case_id or 0),
            filed_by=people.get(row.filed_by or 0),
            personal=personal,
            stored_only=row.id in stored_only,
            shut=row.id in shut,
        )
        for row in rows
    ]


def _item_view(
    row: Any,
    head: HouseholdFile,
    fields: Sequence[FieldView],
    pages: Sequence[PageBrief],
    *,
    application_no: str | None,
    filed_by: str | None,
    personal: bool,
    stored_only: bool,
    shut: bool,
) -> ItemView:
    hidden = not personal and row.sensitivity in _PERSONAL
    return ItemView(
        id=row.id,
        item_no=row.item_no,
        household_id=head.id,
        unit_id=head.unit_id,
        account_no=head.account_no,
        account_name=head.account_name,
        case_id=row.case_id,
        application_no=application_no,
        document_type=row.document_type,
        title=_title(row, personal=personal, shut=shut),
        document_date=None if shut else row.document_date,
        sensitivity=row.sensitivity,
        state=row.state,
        confidence=row.confidence,
        # Why it is of its type quotes what stands on it.
        reasons=() if shut else tuple(row.reasons if personal else map(masking.text, row.reasons)),
        scan_id=row.scan_id,
        scan_document=row.scan_document,
        filed_at=row.filed_at,
        filed_by=filed_by,
        fields=tuple(fields),
        marks=() if shut else marks.from_json(row.marks),
        medium=row.medium,
        legible=row.legible,
        pages=tuple(pages),
        masked=hidden or shut or any(one.masked for one in fields),
        restricted=stored_only,
        closed=shut,
    )


def _title(row: Any, *, personal: bool, shut: bool) -> str:
    if shut:
        return closed_title(row.document_type)
    title: str = row.title
    return title if personal else masking.text(title)


def field_view(row: Any, *, personal: bool) -> FieldView:
    """Return the row of a field as it is shown to somebody who may or may not read personal data."""
    value = row.value if personal else masking.field(row.name, row.value)
    box = None if row.box is None or len(row.box) != 4 else (row.box[0], row.box[1], row.box[2], row.box[3])
    return FieldView(row.name, value, row.unit, row.confidence, row.page, box, row.checked, masked=value != row.value)


def _page_briefs(
    session: Session, rows: Sequence[Any], *, personal: bool, shut: frozenset[int]
) -> Mapping[int, list[PageBrief]]:
    hidden = {row.id for row in rows if not personal and row.sensitivity in _PERSONAL} | shut
    briefs: dict[int, list[PageBrief]] = defaultdict(list)
    columns = select(Page.item_id, Page.page_no, Page.thumbnail_digest, Page.width_px, Page.height_px)
    wanted = columns.where(Page.item_id.in_([row.id for row in rows])).order_by(Page.item_id, Page.page_no)
    for item_id, page_no, thumbnail, width, height in session.execute(wanted):
        briefs[item_id].append(PageBrief(page_no, None if item_id in hidden else thumbnail, width, height))
    return briefs


def _texts_by_id(session: Session, key: object, text: object, ids: Collection[int | None]) -> Mapping[int, str]:
    wanted = [one for one in ids if one is not None]
    if not wanted:
        return {}
    return dict(session.execute(select(key, text).where(key.in_(wanted))).all())  # type: ignore[attr-defined,call-overload]
