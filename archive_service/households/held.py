"""The filed items of cases as the rules of completeness see them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from archive_service.catalogue.load import known
from archive_service.completeness import marks
from archive_service.completeness.rules import HeldItem
from archive_service.households.tables import Item, ItemField, Page

#: The fields on which verdicts rest; the rest is for the consistency rules.
_BRIEF = (
    "valid_to", "valid_from", "account_name", "document_date", "round_no",
    "review_result", "inspection_result", "recheck_result",
)  # fmt: skip


def held_items(session: Session, case_ids: Collection[int], *, brief: bool = False) -> Mapping[int, list[HeldItem]]:
    """Return the items filed in each of these cases as the rules see them, in the order of their numbers.

    With `brief` they know only the fields on which verdicts of the standard catalogue rest.
    """
    return held_of(session, select(Item.id).where(Item.case_id.in_(case_ids), Item.state == "filed"), brief=brief)


def held_of(
    session: Session, item_ids: Select[int] | Sequence[int], *, places: bool = False, brief: bool = False
) -> Mapping[int, list[HeldItem]]:
    """Return items by their case as the rules see them, in the order of their numbers.

    With `places` they know where on a page each field stands and how many pages they have.
    """
    fields: dict[int, list[Any]] = defaultdict(list)
    columns = select(ItemField.item_id, ItemField.name, ItemField.value, ItemField.page, ItemField.checked)
    columns = columns.add_columns(ItemField.box) if places else columns
    if brief:
        columns = columns.where(ItemField.name.in_(_brief_fields()) | (ItemField.checked.is_(False)))
    for one in session.execute(columns.where(ItemField.item_id.in_(item_ids)).order_by(ItemField.id)):
        fields[one.item_id].append(one)
    counts: dict[int, int] = {}
    if places:
        counted = select(Page.item_id, func.count().label("found")).where(Page.item_id.in_(item_ids))
        counts = {row.item_id: row.found for row in session.execute(counted.group_by(Page.item_id))}
    found: dict[int, list[HeldItem]] = defaultdict(list)
    items = select(
        Item.id, Item.case_id, Item.document_type, Item.confidence, Item.title, Item.marks, Item.medium, Item.legible
    )
    for item in session.execute(items.where(Item.id.in_(item_ids)).order_by(Item.item_no)):
        boxes = {one.name: tuple(one.box) for one in fields[item.id] if one.box} if places else {}
        found[item.case_id or 0].append(_as_held(item, fields[item.id], boxes, counts.get(item.id, 0)))
    return found


def _as_held(item: Any, fields: Sequence[Any], boxes: Mapping[str, Any], page_count: int) -> HeldItem:
    seen = marks.from_json(item.marks)
    wrong = [one for one in fields if one.checked is False]
    lacking = [mark for mark in seen if mark.lacks]
    return HeldItem(
        id=item.id,
        document_type=item.document_type,
        confidence=item.confidence,
        fields={one.name: one.value for one in fields},
        doubts=(
            *(f"“{item.title}”的字段 {one.name} 校验位不对" for one in wrong),
            *marks.doubts(seen, item.title),
        ),
        pages={one.name: one.page for one in fields if one.page is not None},
        title=item.title,
        marks=seen,
        boxes=boxes,
        medium=item.medium,
        legible=item.legible,
        page_count=page_count,
        doubt_page=next((one.page for one in (*wrong, *lacking) if one.page), None),
    )


def _brief_fields() -> list[str]:
    results = {kind.result_field for edition in known().every for kind in edition.document_types.values()}
    return sorted({*_BRIEF, *(each for each in results if each)})
