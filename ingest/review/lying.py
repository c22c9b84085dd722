"""Where pages come to lie: pure, from how the rows of a scan lie to how they are to lie.

Rows are never removed. One that loses all of its pages is joined to the row that has its first page now, or becomes the
row of dropped pages itself when all of them were dropped.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from archive_service.errors import Invalid

PROPOSED, JOINED, DROPPED = "proposed", "joined", "dropped"


@dataclass(frozen=True)
class Lies:
    """One row: its state, its pages in their order, and the row they went to or came from."""

    state: str
    pages: tuple[int, ...]
    part_of: int | None = None


@dataclass(frozen=True)
class Wanted:
    """How a person wants the pages of a scan to lie, and how they lay when the person saw them.

    `documents` come with their ids, or none for a new one; pages in none of them go to the bin. `turns` are in degrees
    clockwise by page. `seen` has the pages by id, of open documents and of the bin alike.
    """

    seen: Mapping[int, Sequence[int]]
    documents: Sequence[tuple[int | None, Sequence[int]]]
    turns: Mapping[int, int] = field(default_factory=dict)
    reason: str = ""


def lie(before: Mapping[int, Lies], wanted: Wanted) -> dict[int, Lies]:
    """Return the rows as they are to lie, by id; new ones have the ids -1, -2 and so on.

    Raises Invalid where a page is missing from what the person saw, named twice or not theirs to move.
    """
    documents = _checked(before, wanted)
    place = {page: key for key, pages in documents.items() for page in pages}
    after = {key: Lies(PROPOSED, pages) for key, pages in documents.items()}
    for key, row in before.items():
        left = tuple(page for page in row.pages if page not in place)
        if row.state == DROPPED:
            after[key] = Lies(DROPPED, left, row.part_of) if left else _moved(row, place)
        elif key not in documents and len(left) == len(row.pages):
            after[key] = Lies(DROPPED, left)
        else:
            if key not in documents:
                after[key] = _moved(row, place)
            if left:
                after[min(0, *after) - 1] = Lies(DROPPED, left, key)
    return after


def _moved(row: Lies, place: Mapping[int, int]) -> Lies:
    return Lies(JOINED, (), next(place[page] for page in row.pages if page in place))


def _checked(before: Mapping[int, Lies], wanted: Wanted) -> dict[int, tuple[int, ...]]:
    documents: dict[int, tuple[int, ...]] = {}
    for key, pages in wanted.documents:
        if pages:
            known = key if key is not None else min(0, *documents, 0) - 1
            if known in documents or (known > 0 and (known not in before or before[known].state != PROPOSED)):
                raise _odd()
            documents[known] = tuple(pages)
    named = [page for pages in documents.values() for page in pages]
    there = {page for row in before.values() for page in row.pages}
    if len(named) != len(set(named)) or not set(named) <= there or not documents:
        raise _odd()
    return documents


def _odd() -> Invalid:
    return Invalid(
        "review.arrangement", "页面安排不完整：每一页只能在一份资料里，至少要留一份资料。请刷新页面后重新安排。"
    )
