"""THE HOOK for borrowing: which papers are out on loan. Borrowing answers it; nothing else in `rooms` asks about loans.

`rooms` stands above `borrowing` in the order of imports, so this one function may ask `archive_service.borrowing`.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy.orm import Session


def papers_out(session: Session, item_ids: Collection[int]) -> dict[int, str]:
    """Return which of these papers are out on loan, by item, with words for whoever looks for one ("借给…，应还…").

    A paper that is out keeps its place in its box, counts in its capacity, is not missing at a stocktake, and can be
    neither put away nor taken out before it is returned. None are out while nothing is lent.
    """
    del session, item_ids
    return {}
