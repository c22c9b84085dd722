"""Household files as they are shown; what a viewer may not see is masked or left out before it gets here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from archive_service.completeness.marks import MarkVerdict
from archive_service.completeness.observations import Seen


@dataclass(frozen=True)
class FieldView:
    """A field of an item; `masked` says that part of the value is hidden from this viewer."""

    name: str
    value: str
    unit: str | None
    confidence: float
    page: int | None
    box: tuple[int, int, int, int] | None
    checked: bool | None
    masked: bool


@dataclass(frozen=True)
class StageView:
    """A completed stage of a case."""

    stage: str
    #: The day that holds.
    done_on: date
    #: The day as first recorded, where it was corrected since.
    first_on: date | None = None


@dataclass(frozen=True)
class VerdictView:
    """How one requirement of the catalogue stands, and the items it rests on."""

    document_type: str
    requirement: str
    condition: str | None
    status: str
    evidence: tuple[int, ...]
    reason: str
    due: bool
    #: Last day of a deferral.
    until: date | None = None
    #: Page on which a doubt shows, by item.
    places: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True)
class RulingView:
    """What somebody asked for about a paper of a case, and what became of it."""

    id: int
    account_no: str
    account_name: str
    unit_id: int
    application_no: str
    document_type: str
    kind: str
    reason: str
    until: date | None
    state: str
    asked_by: int | None
    asker: str
    asked_at: datetime
    decider: str | None
    decided_at: datetime | None
    note: str


@dataclass(frozen=True)
class FalseAlarmView:
    """Who said that an alarm is false, why and when."""

    id: int
    reason: str
    by: str
    at: datetime


@dataclass(frozen=True)
class CheckView:
    """What a consistency rule found, and what a person said of it."""

    rule: str
    status: str
    evidence: tuple[Seen, ...]
    message: str
    #: Of what the rule saw.
    fingerprint: str
    false_alarm: FalseAlarmView | None

    @property
    def alarms(self) -> bool:
        """Say whether somebody has to look at it."""
        return self.status == "differs" and self.false_alarm is None


@dataclass(frozen=True)
class PageBrief:
    """A page in a list; no thumbnail where the viewer may not see its picture."""

    page_no: int
    thumbnail_digest: str | None
    width_px: int
    height_px: int


@dataclass(frozen=True)
class ItemView:
    """An item with its fields and its pages in brief."""

    id: int
    item_no: int
    household_id: int
    unit_id: int
    account_no: str
    account_name: str
    case_id: int | None
    application_no: str | None
    document_type: str
    title: str
    document_date: date | None
    sensitivity: str
    state: str
    confidence: float
    reasons: tuple[str, ...]
    scan_id: int | None
    scan_document: int | None
    filed_at: datetime
    #: Name of who filed it; none for the archive itself.
    filed_by: str | None
    fields: tuple[FieldView, ...]
    #: Signatures and seals that the catalogue asks for on it.
    marks: tuple[MarkVerdict, ...]
    pages: tuple[PageBrief, ...]
    #: Some value or picture is hidden from this viewer.
    masked: bool
    #: original, verified_copy or copy, and whether it can be read; none: nobody said.
    medium: str | None = None
    legible: bool | None = None

    @property
    def cover(self) -> PageBrief | None:
        """Return the first page whose picture this viewer may see."""
        return next((page for page in self.pages if page.thumbnail_digest), None)

    #: The paper is stored only (archive_service.restricted).
    restricted: bool = False
    #: It is, and this viewer has not opened it: nothing of its content is here.
    closed: bool = False


@dataclass(frozen=True)
class Paper:
    """An item named beside another of its case."""

    id: int
    item_no: int
    document_type: str
    page_count: int


@dataclass(frozen=True)
class PageView:
    """One page of an item to be read."""

    item: ItemView
    page_no: int
    page_count: int
    #: None where the picture is withheld. Where `masked`, it leaves the archive only blacked out (ingest.redaction).
    image_digest: str | None
    thumbnail_digest: str | None
    #: None unless the viewer may take originals out.
    original_digest: str | None
    original_page: int
    width_px: int
    height_px: int
    dpi: int
    rotation: int
    engine: str
    confidence: float
    text: str
    #: Lines with boxes in the object store; whoever shows them to a viewer with `masked` passes them through masking.
    lines_digest: str
    #: Personal data in text and lines must be hidden from this viewer.
    masked: bool
    #: The picture is hidden from this viewer altogether.
    withheld: bool
    #: Places of personal fields, to be blacked out in the picture beside what the lines tell; empty unless `masked`.
    hidden_boxes: tuple[tuple[int, int, int, int], ...] = ()


@dataclass(frozen=True)
class CaseView:
    """A case with its stages and the verdicts of its last assessment."""

    id: int
    household_id: int
    account_no: str
    account_name: str
    application_no: str
    customer_category: str
    business_type: str
    capacity_kva: Decimal | None
    voltage: str | None
    conditions: tuple[str, ...] | None
    accepted_on: date | None
    energised_on: date | None
    filing_due_on: date | None
    state: str
    filed_at: datetime | None
    edition: str | None
    complete: bool
    due_count: int
    satisfied_count: int
    missing_count: int
    doubtful_count: int
    deferred_count: int
    assessment_error: str | None
    stages: tuple[StageView, ...]
    #: In catalogue order.
    verdicts: tuple[VerdictView, ...]
    #: The archive code (档号); none before the case is filed.
    archive_code: str | None = None


@dataclass(frozen=True)
class HouseholdView:
    """The whole file of an account number."""

    id: int
    account_no: str
    account_name: str
    service_address: str
    customer_category: str
    unit_id: int
    unit_code: str
    unit_name: str
    state: str
    revision: int
    created_at: datetime
    cases: tuple[CaseView, ...]
    #: All filed items by number, with those of no case among them; withdrawn ones only when asked for.
    items: tuple[ItemView, ...]
    masked: bool


@dataclass(frozen=True)
class HouseholdRow:
    """A household in a list."""

    id: int
    account_no: str
    account_name: str
    service_address: str
    customer_category: str
    unit_name: str
    state: str
    case_count: int
    item_count: int


@dataclass(frozen=True)
class CaseRow:
    """A case in a list."""

    id: int
    application_no: str
    account_no: str
    account_name: str
    unit_code: str
    unit_name: str
    customer_category: str
    business_type: str
    accepted_on: date | None
    energised_on: date | None
    filing_due_on: date | None
    state: str
    complete: bool
    due_count: int
    satisfied_count: int
    missing_count: int
    doubtful_count: int
    assessment_error: str | None
    service_address: str = ""
    filed_at: datetime | None = None
    #: The archive code (档号); none before the case is filed.
    archive_code: str | None = None


@dataclass(frozen=True)
class Listing:
    """A page of cases; `next` continues it, `total` counts what the filters let through, or `more` than that."""

    rows: Sequence[CaseRow]
    next: str | None
    total: int
    more: bool = False


@dataclass(frozen=True)
class CaseFilters:
    """Which cases to list; every filter given must hold."""

    #: Code of a unit; everything below it counts too, unless `centre_alone`.
    centre: str | None = None
    centre_alone: bool = False
    #: A state, or `open` for all in which a case is still to be filed.
    state: str | None = None
    customer_category: str | None = None
    business_type: str | None = None
    complete: bool | None = None
    #: Still to be filed and due before this day.
    due_before: date | None = None
    #: Still to be filed and due on this day or later.
    due_from: date | None = None
    #: Beginning of an account or application number, or part of a name or address.
    text: str | None = None
    #: Only cases that cannot be assessed.
    not_assessable: bool = False
    #: Energised on one of these days, both included.
    energised: tuple[date, date] | None = None
    #: Only cases that are not energised yet.
    not_energised: bool = False
    #: Only these, by id.
    only: frozenset[int] | None = None


@dataclass(frozen=True)
class Rate:
    """Completeness of the cases of a centre energised in a month."""

    unit_id: int
    unit_code: str
    unit_name: str
    #: As 2026-11; none for cases that are not energised.
    month: str | None
    cases: int
    complete_cases: int
    #: Papers due and those that are there.
    due: int
    satisfied: int
    #: Cases whose time for filing is over or that are filed, and those of them filed in time.
    judged_for_time: int
    on_time: int
    #: Cases for which no edition of the catalogue or no value tells what is due.
    not_assessable: int
