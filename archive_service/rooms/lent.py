"""Which papers are out on loan, as borrowing says: nothing else in `rooms` asks about loans."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy.orm import Session

from archive_service.borrowing.queries import whereabouts


def papers_out(session: Session, item_ids: Collection[int]) -> dict[int, str]:
    """Return which of these papers are out on loan or lost, by item, with words for whoever looks for one.

    A paper that is out keeps its place in its box, counts in its capacity, is not missing at a stocktake, and can be
    neither put away nor taken out before it is returned.
    """
    found = whereabouts(session, item_ids)
    return {
        item: f"由{one.holder}借阅时登记遗失" if one.lost else f"已借给{one.holder}，应还 {one.due_on}"
        for item, one in found.items()
    }
