"""Where a record is, for who explains rights: its unit and kind, and nothing of what it says."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive_service.households.tables import HouseholdFile, Item


@dataclass(frozen=True)
class Whereabouts:
    """The unit of a record, and of an item how sensitive it is."""

    unit_id: int
    sensitivity: str | None = None


def of_household(session: Session, account_no: str) -> Whereabouts | None:
    """Return where a household file is, none when there is no such account."""
    unit_id = session.scalar(select(HouseholdFile.unit_id).where(HouseholdFile.account_no == account_no))
    return None if unit_id is None else Whereabouts(unit_id)


def of_item(session: Session, item_id: int) -> Whereabouts | None:
    """Return where an item is, none when there is no such item."""
    found = session.execute(
        select(HouseholdFile.unit_id, Item.sensitivity)
        .join(Item, Item.household_id == HouseholdFile.id)
        .where(Item.id == item_id)
    ).first()
    return None if found is None else Whereabouts(found[0], found[1])
