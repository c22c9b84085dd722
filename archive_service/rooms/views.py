"""Places, papers, transfers and stocktakes as they are shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from archive_service.rooms.counting import Outcome
from archive_service.rooms.rules import Kind


@dataclass(frozen=True)
class Step:
    """A place on the way from the room down to another."""

    id: int
    kind: Kind
    code: str
    name: str


@dataclass(frozen=True)
class PlaceView:
    """A place with what is in it and how much it can still take."""

    id: int
    unit_id: int
    unit_code: str
    unit_name: str
    kind: Kind
    code: str
    name: str
    #: Boxes that a shelf holds, papers that a box holds; none for rooms and cabinets.
    capacity: int | None
    #: What stands or lies directly in it: papers of a box, places in use of others.
    inside: int
    #: Shelves, boxes and papers in it, however deep; boxes that its shelves could still take, papers that its boxes
    #: could.
    shelves: int
    boxes: int
    papers: int
    free_boxes: int
    free_papers: int
    state: str
    version: int
    #: From the room down to what it stands in.
    way: Sequence[Step]
    transfer_id: int | None
    gone_at: datetime | None

    @property
    def full(self) -> bool:
        """Say whether nothing more fits into it."""
        return self.capacity is not None and self.inside >= self.capacity


@dataclass(frozen=True)
class PaperView:
    """A paper in a box."""

    item_id: int
    item_no: int
    account_no: str
    account_name: str
    document_type: str
    pages: int
    since: datetime
    #: Withdrawn from its file since; the sheet has to go.
    withdrawn: bool
    #: Words of borrowing when it is lent.
    out: str | None

    @property
    def number(self) -> str:
        """Return the number that lists of papers show."""
        return f"{self.account_no}-{self.item_no:03d}"


@dataclass(frozen=True)
class MoveView:
    """A move of a paper or a box, newest first in lists."""

    verb: str
    at: datetime
    #: None for the program.
    by: str | None
    from_code: str | None
    to_code: str | None
    note: str
    #: Of lists of many things: its number or code.
    what: str = ""
    item_id: int | None = None


@dataclass(frozen=True)
class Whereabouts:
    """Where a paper is to be looked for."""

    #: The unit in whose care it is.
    unit_name: str
    #: Room, cabinet, shelf, box; empty when it is in no box.
    way: Sequence[Step]
    #: Words of borrowing when it is lent.
    out: str | None
    #: When it was taken out, and by whom, of a paper in no box.
    taken_at: datetime | None
    taken_by: str | None
    #: Of a box that is under way: from and to which unit, since when.
    under_way: tuple[str, str, datetime] | None

    @property
    def box(self) -> Step | None:
        """Return its box."""
        return self.way[-1] if self.way else None


@dataclass(frozen=True)
class ReadingView:
    """A reading of the air of a room."""

    id: int
    measured_at: datetime
    temperature: Decimal
    humidity: Decimal
    outside: Sequence[str]
    note: str
    by: str | None
    #: Why, by whom and when it was struck out; none while it holds.
    struck: str | None = None
    struck_by: str | None = None
    struck_at: datetime | None = None


@dataclass(frozen=True)
class TransferBoxView:
    """A box of a transfer."""

    box_id: int
    code: str
    name: str
    papers_sent: int
    papers_counted: int | None
    note: str


@dataclass(frozen=True)
class TransferView:
    """Boxes on their way, or that were."""

    id: int
    from_unit_id: int
    from_name: str
    to_unit_id: int
    to_name: str
    state: str
    reason: str
    sent_by: str | None
    sent_at: datetime
    settled_by: str | None
    settled_at: datetime | None
    counted_with: str | None
    boxes: int
    papers: int


@dataclass(frozen=True)
class StocktakeView:
    """A stocktake and how far it is."""

    id: int
    unit_id: int
    unit_name: str
    place: Step
    counts: str
    state: str
    opened_by: str | None
    opened_at: datetime
    closed_by: str | None
    closed_at: datetime | None
    reason: str
    watched_by: str
    expected: int


@dataclass(frozen=True)
class CountedView:
    """One thing of a stocktake in words: which it is, where it ought to be, where it was seen."""

    outcome: Outcome
    what: str
    name: str
    account_name: str
    place: str
    seen: str
    item_id: int | None
    box_id: int | None


@dataclass(frozen=True)
class ResultView:
    """What a stocktake comes to: how many of each outcome, and the things."""

    counts: Mapping[Outcome, int]
    things: Sequence[CountedView]

    @property
    def seen(self) -> int:
        """Return how many things were found where they belong."""
        return self.counts[Outcome.FOUND]

    @property
    def differences(self) -> int:
        """Return how many differences have to be explained."""
        return sum(self.counts[one] for one in (Outcome.MISSING, Outcome.MISPLACED, Outcome.UNKNOWN))
