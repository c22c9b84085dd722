"""What recognition works on and hands out: plain values, no database behind them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from archive_service.completeness.marks import MarkVerdict
from archive_service.households.values import OTHER, KnownCase, KnownHousehold
from ingest.lines import Box

__all__ = [
    "OTHER",
    "Candidate",
    "FieldFound",
    "HouseholdLookup",
    "KnownCase",
    "KnownHousehold",
    "Lookup",
    "Match",
    "Proposal",
    "Said",
    "Sheet",
    "Start",
    "Thresholds",
]


@dataclass(frozen=True)
class FieldFound:
    """A value read from a document; `page` counts within the document, `checked` is the verdict of a check digit."""

    value: str
    unit: str | None
    confidence: float
    page: int
    box: Box
    checked: bool | None = None


@dataclass(frozen=True)
class Candidate:
    """A document type that a document may be, with the reason in a sentence."""

    code: str
    confidence: float
    reason: str
    #: Something on the paper contradicts it; then nothing else makes it sure.
    disputed: bool = False


class Lookup(Protocol):
    """Reads of the register; each answers with exact or near entries, never raises for unknown ones."""

    def by_application_no(self, text: str) -> list[KnownCase]:
        """Return the cases under this application number."""
        ...

    def by_account_no(self, text: str) -> list[KnownHousehold]:
        """Return the households under this account number."""
        ...

    def by_name(self, name: str) -> list[KnownHousehold]:
        """Return the households of this name, or nearly so."""
        ...


@runtime_checkable
class HouseholdLookup(Protocol):
    """A register that also finds a household by its id, so that an application number alone leads to it."""

    def by_household_id(self, household_id: int) -> KnownHousehold | None:
        """Return the household that a case belongs to."""
        ...


@dataclass(frozen=True)
class Said:
    """What the person said who handed the file in; believed over what is recognised."""

    account_no: str | None = None
    application_no: str | None = None
    document_type: str | None = None
    #: Who said whose the papers are and of what type they are: the person, or a sheet that a person laid in.
    who: str = "交件人"
    who_type: str = "交件人"


@dataclass(frozen=True)
class Sheet:
    """A cover or separator sheet among the pages of a scan; what it may not say is empty, and `doubt` tells why.

    `application_no` is that of a case to which whoever handed the scan in may hand papers in.
    """

    page_no: int
    application_no: str | None = None
    document_type: str | None = None
    cover: bool = False
    doubt: str = ""


@dataclass(frozen=True)
class Start:
    """That a document begins at a page, by the word of the sheet before it."""

    sheet_no: int
    document_type: str | None = None
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Thresholds:
    """Least confidence with which a document is filed without a person."""

    type_confidence: float = 0.85
    match_confidence: float = 0.9


@dataclass(frozen=True)
class Proposal:
    """One document found among the pages of a scan. No doubts means that it may be filed without a person."""

    #: Page numbers of the scan, in order.
    pages: tuple[int, ...]
    document_type: str
    confidence: float
    #: Other types with their confidence, best first.
    candidates: tuple[tuple[str, float], ...]
    fields: Mapping[str, FieldFound]
    reasons: tuple[str, ...]
    doubts: tuple[str, ...]
    household_id: int | None
    case_id: int | None
    match_confidence: float
    #: Signatures and seals that the catalogue asks for on it; none: nobody looked.
    marks: tuple[MarkVerdict, ...] | None = None
    #: Digest of the model that named it beside the rules; empty where there was nothing to name.
    named_by: str = ""


@dataclass
class Match:
    """Where a document belongs, as far as is known."""

    household: KnownHousehold | None = None
    case: KnownCase | None = None
    confidence: float = 0.0
    reasons: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)
