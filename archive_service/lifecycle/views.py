"""The life of a case as it is shown, and the lists and numbers of hand-overs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True)
class StepView:
    """A step of a case; no name for the program itself."""

    seq: int
    verb: str
    from_state: str
    to_state: str
    by: str | None
    at: datetime
    note: str


@dataclass(frozen=True)
class ListedPaper:
    """A paper on the list of a hand-over."""

    place: int
    item_id: int
    item_no: int
    document_type: str
    page_count: int


@dataclass(frozen=True)
class MarkView:
    """A page, or a whole paper, that a return is about."""

    item_id: int
    item_no: int
    document_type: str
    page_no: int | None


@dataclass(frozen=True)
class ReturnView:
    """A hand-over that was sent back."""

    id: int
    stage: str
    reasons: tuple[str, ...]
    note: str
    due_on: date
    by: str | None
    at: datetime
    mended_at: datetime | None
    marks: tuple[MarkView, ...]


@dataclass(frozen=True)
class HandOverView:
    """A hand-over with its list and both confirmations; `outcome` is none while it waits."""

    id: int
    round: int
    giver: str | None
    given_at: datetime
    due_on: date | None
    note: str
    receiver: str | None
    answered_at: datetime | None
    outcome: str | None
    papers: tuple[ListedPaper, ...]
    returned: ReturnView | None


@dataclass(frozen=True)
class PlacedPaper:
    """A paper with its place in the filed case; supplements have a filing number above 1."""

    place: int
    item_id: int
    document_type: str
    filing_no: int
    #: It was taken out when the case was opened again; its place stays empty.
    withdrawn: bool


@dataclass(frozen=True)
class CaseLife:
    """How a case came to where it is, and what may be done with it by the viewer."""

    application_no: str
    state: str
    #: Number of the newest step, 0 before the first; whoever asks for a step says which one they saw.
    seq: int
    #: Verbs that this viewer may take now.
    may: tuple[str, ...]
    steps: tuple[StepView, ...]
    #: Newest first.
    hand_overs: tuple[HandOverView, ...]
    places: tuple[PlacedPaper, ...]
    #: Papers filed in the case that have no place yet: the next list.
    unplaced: int
    #: This viewer handed it over and so may not take it in.
    own_hand_over: bool


@dataclass(frozen=True)
class WaitingRow:
    """A hand-over that waits to be received, or a return that waits to be mended."""

    id: int
    application_no: str
    account_no: str
    account_name: str
    unit_name: str
    customer_category: str
    business_type: str
    round: int
    #: Who handed over, or who sent it back.
    by: str | None
    at: datetime
    due_on: date | None
    papers: int
    stage: str | None
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class WaitingList:
    """A page of what waits; `next` continues it. `total` counts all, or `more` than that."""

    rows: Sequence[WaitingRow]
    next: str | None
    total: int
    more: bool


@dataclass(frozen=True)
class Passing:
    """How cases of a unit passed, by the month in which they were first handed over."""

    unit_code: str
    unit_name: str
    #: Cases whose first hand-over was answered, and those of them taken in at once.
    answered: int
    first_pass: int
    #: Cases taken in at last, and all of their hand-overs: rounds = hand_overs / taken_in.
    taken_in: int
    hand_overs: int
    #: Answered hand-overs, and those of them answered after their day.
    receipts: int
    late_receipts: int
