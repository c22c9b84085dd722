"""Give pages of items a better reading: new text and lines, and the picture that these lie on."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive_service.audit.record import Actor, record
from archive_service.households.actions.rows import storable
from archive_service.households.queries import locked
from archive_service.households.tables import Item, Page
from archive_service.households.values import NewPage


def replace_reading(
    session: Session, *, scan_id: int, before: str, page: NewPage, by: Actor, now: datetime
) -> list[int]:
    """Put a new reading on every filed item with this page of a scan, where it still shows the lines `before`.

    Fields keep their values, for a person may have confirmed them; their boxes go where the picture is another one.
    Return the ids of the items.
    """
    held = (
        select(Item.id, Item.household_id)
        .join(Page, Page.item_id == Item.id)
        .where(
            Item.scan_id == scan_id,
            Item.state == "filed",
            Page.original_page == page.original_page,
            Page.lines_digest == before,
        )
    )
    found = session.execute(held.order_by(Item.id)).all()
    households = locked.households_for_update(session, {household_id for _, household_id in found}) if found else {}
    for item_id, household_id in found:
        item = locked.item_for_update(session, item_id)
        row = next(one for one in item.pages if one.original_page == page.original_page)
        facts = {"item_no": item.item_no, "page": row.page_no, "engine": page.engine, "before": row.engine}
        _write(item, row, page)
        household = households[household_id]
        household.revision += 1
        record(
            session, by=by, did="item.read-again", object_kind="item", object_id=item.id,
            unit_id=household.unit_id, facts=facts, now=now,
        )  # fmt: skip
    return [item_id for item_id, _ in found]


def _write(item: Item, row: Page, page: NewPage) -> None:
    if row.image_digest != page.image_digest:
        for field in item.fields:
            if field.page == row.page_no:
                field.box = None
    row.image_digest, row.thumbnail_digest = page.image_digest, page.thumbnail_digest
    row.width_px, row.height_px, row.rotation = page.width_px, page.height_px, page.rotation
    row.engine, row.confidence = page.engine[:80], page.confidence
    row.text, row.lines_digest = storable(page.text, None), page.lines_digest
