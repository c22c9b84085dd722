"""What goes into a household file, and what the import and the matching hand around."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

#: Document type of a paper that is none of the catalogue's.
OTHER = "OTHER"


@dataclass(frozen=True)
class FieldValue:
    """A value read from an item: normalised text, how sure, and where it stands."""

    value: str
    unit: str | None = None
    confidence: float = 1.0
    #: Page of the item, from 1, and the box there: x0, y0, x1, y1 in pixels of the upright image.
    page: int | None = None
    box: Sequence[int] | None = None
    #: Result of the check digit; none where there is no check.
    checked: bool | None = None


@dataclass(frozen=True)
class NewPage:
    """A page of an item to be filed: where its bytes are and what it says."""

    original_digest: str
    #: Page of the file as received, from 1.
    original_page: int
    image_digest: str
    thumbnail_digest: str
    width_px: int
    height_px: int
    dpi: int
    rotation: int
    engine: str
    confidence: float
    text: str
    lines_digest: str


@dataclass(frozen=True)
class NewItem:
    """A document to be filed."""

    document_type: str
    title: str
    document_date: date | None = None
    confidence: float = 1.0
    reasons: Sequence[str] = ()
    fields: Mapping[str, FieldValue] = field(default_factory=dict)
    pages: Sequence[NewPage] = ()
    #: Signatures and seals asked for on it, as `completeness.marks.to_json` gives them; none: nobody looked.
    marks: list[dict[str, Any]] | None = None
    #: Where it came from; filing the same document of the same scan again changes nothing.
    scan_id: int | None = None
    scan_document: int | None = None


@dataclass(frozen=True)
class CaseData:
    """A case as the business system gives it, checked and normalised. None means that it did not say."""

    account_no: str
    account_name: str
    service_address: str
    customer_category: str
    business_type: str
    application_no: str
    unit_id: int
    capacity_kva: Decimal | None = None
    voltage: str | None = None
    conditions: frozenset[str] | None = None
    #: Days on which stages were completed, by stage code; ACCEPT and ENERGISE among them.
    stages: Mapping[str, date] = field(default_factory=dict)
    #: The moment of which the business system says this; none: it is what holds now.
    as_of: datetime | None = None


@dataclass(frozen=True)
class HouseholdData:
    """What the business system says of a household at a moment, checked; what it does not say is not there."""

    account_no: str
    as_of: datetime
    #: The unit, where it was named.
    unit_id: int | None = None
    #: By the names of `heads.rules.NAMES`.
    said: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class StageData:
    """The day on which a stage of a case was completed."""

    application_no: str
    stage: str
    done_on: date


@dataclass(frozen=True)
class LinkData:
    """An account that came out of another one on a day."""

    kind: str
    from_account_no: str
    to_account_no: str
    happened_on: date


@dataclass(frozen=True)
class Answer:
    """What became of a record that was pushed."""

    #: created, changed, unchanged or refused
    outcome: str
    code: str | None = None
    message: str | None = None
    field: str | None = None


@dataclass(frozen=True)
class RowError:
    """Why a row was not taken: its line in the file, the column at fault (none for the whole row), code, sentence."""

    line: int
    column: str | None
    code: str
    message: str


@dataclass(frozen=True)
class ImportReport:
    """What became of the rows of an import."""

    created: int
    updated: int
    unchanged: int
    errors: tuple[RowError, ...]


@dataclass(frozen=True)
class KnownCase:
    """A case as recognition needs it."""

    id: int
    household_id: int
    application_no: str
    business_type: str
    customer_category: str
    accepted_on: date | None
    energised_on: date | None
    #: Document types that belong in such a case: all of its requirements that apply.
    expected: frozenset[str]


@dataclass(frozen=True)
class KnownHousehold:
    """A household as recognition needs it."""

    id: int
    account_no: str
    account_name: str
    service_address: str
    customer_category: str
    cases: tuple[KnownCase, ...]
