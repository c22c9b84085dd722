"""Pages of a case that are filed in another household too, or bear another household's account number."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from archive_service.completeness.observations import Elsewhere
from archive_service.households.tables import HouseholdFile, Item, ItemField, Page
from archive_service.people.roles import Right
from archive_service.people.viewer import Viewer

#: In these the papers of a case name more than one account.
_SEVERAL_ACCOUNTS = ("SPLIT", "MERGE")
_MOST = 50
_HIDDEN = "（无权查看）"


def elsewhere(
    session: Session, viewer: Viewer, *, case_id: int, household_id: int, business_type: str
) -> tuple[Elsewhere, ...]:
    """Return them, the first fifty of each kind; account numbers that the viewer may not know of are left out."""
    units = viewer.units(Right.RECORD_READ)
    other_item, other_page = aliased(Item), aliased(Page)
    same = (
        select(Item.id, Page.page_no, HouseholdFile.account_no, HouseholdFile.unit_id)
        .join(Page, Page.item_id == Item.id)
        .join(
            other_page,
            (other_page.original_digest == Page.original_digest) & (other_page.original_page == Page.original_page),
        )
        .join(other_item, other_item.id == other_page.item_id)
        .join(HouseholdFile, HouseholdFile.id == other_item.household_id)
        .where(Item.case_id == case_id, Item.state == "filed")
        .where(other_item.state == "filed", other_item.household_id != household_id)
        .order_by(Item.id, Page.page_no)
        .limit(_MOST)
    )
    found = [
        Elsewhere(row.id, row.page_no, "same_scan", row.account_no if row.unit_id in units else _HIDDEN)
        for row in session.execute(same)
    ]
    if business_type in _SEVERAL_ACCOUNTS:
        return tuple(found)
    others = (
        select(Item.id, ItemField.page, HouseholdFile.account_no, HouseholdFile.unit_id)
        .join(ItemField, ItemField.item_id == Item.id)
        .join(HouseholdFile, HouseholdFile.account_no == ItemField.value)
        .where(Item.case_id == case_id, Item.state == "filed", ItemField.name == "account_no")
        .where(HouseholdFile.id != household_id)
        .order_by(Item.id)
        .limit(_MOST)
    )
    found += [
        Elsewhere(row.id, row.page, "other_account", row.account_no if row.unit_id in units else _HIDDEN)
        for row in session.execute(others)
    ]
    return tuple(found)
