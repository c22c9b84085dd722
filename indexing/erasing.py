"""The index and the hashes of identity numbers as ways to an item."""

from __future__ import annotations

from collections.abc import Callable, Collection

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from archive_service.households.tables import HouseholdFile, Item
from indexing.identities.tables import IdentityHash
from indexing.index import Index
from indexing.tables import IndexedRevision


class IndexRoad:
    """What the search finds. The index follows the records by itself; that it has is looked at before the end."""

    def __init__(self, index: Callable[[], Index]) -> None:
        self._open = index
        self._index: Index | None = None

    def close(self, session: Session, item: Item) -> Collection[str]:
        """Forget the hashes; the index names no objects."""
        session.execute(delete(IdentityHash).where(IdentityHash.item_id == item.id))
        return ()

    def names(self, session: Session, digest: str) -> bool:
        """Say no."""
        return False

    def still_open(self, session: Session, item_id: int) -> str:
        """Look whether the index in use holds the household as it is since, and whether a hash leads to the item."""
        if self._index is None:
            self._index = self._open()
        if session.scalar(select(IdentityHash.id).where(IdentityHash.item_id == item_id).limit(1)) is not None:
            return "证件号码检索"
        followed = (
            select(IndexedRevision.household_id)
            .join(HouseholdFile, HouseholdFile.id == IndexedRevision.household_id)
            .join(Item, Item.household_id == HouseholdFile.id)
            .where(Item.id == item_id, IndexedRevision.generation == self._index.generation())
            .where(IndexedRevision.revision == HouseholdFile.revision)
        )
        return "" if session.scalar(followed) is not None else "全文索引"
