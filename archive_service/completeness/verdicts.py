"""How a requirement of the catalogue stands in a case, and how a case stands with all of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from archive_service.catalogue.schema import Ask


class Status(StrEnum):
    """How a requirement stands."""

    PRESENT = "present"
    MISSING = "missing"
    #: A person let it come later, by a day; the case is not complete before.
    DEFERRED = "deferred"
    #: A person let the case off.
    WAIVED = "waived"
    NOT_APPLICABLE = "not_applicable"
    DOUBTFUL = "doubtful"
    #: A paper of an earlier case of the household serves.
    INHERITED = "inherited"


@dataclass(frozen=True, slots=True)
class Verdict:
    """How one requirement stands."""

    document_type: str
    requirement: Ask
    #: Flags any of which makes it due, joined by a slash; none if it depends on none.
    condition: str | None
    status: Status
    #: Ids of the items that the verdict rests on, ascending.
    evidence: tuple[int, ...]
    #: Why, as sentences; `basis` says by which edition and source.
    said: str
    basis: str
    #: Whether the case must have it.
    due: bool
    #: Last day of a deferral.
    until: date | None = None
    #: Page on which a doubt shows, by item, where that is known.
    places: Mapping[int, int] | None = None

    @property
    def reason(self) -> str:
        """Return why, with the edition and its source."""
        return self.said + self.basis


@dataclass(frozen=True, slots=True)
class Assessment:
    """How a case stands: one verdict per requirement in catalogue order, and the counts of those that are due."""

    verdicts: tuple[Verdict, ...]
    complete: bool
    due_count: int
    satisfied_count: int
    missing_count: int
    doubtful_count: int
    #: Ids of held items that the catalogue has no use for in such a case, ascending.
    extra: tuple[int, ...] = ()
    deferred_count: int = 0
