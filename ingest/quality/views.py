"""Findings, rescans and the quality sheet of a batch as they are shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ingest.quality.findings import NAMES, sentence
from ingest.quality.sample import Verdict
from ingest.quality.tables import ACCEPTED


@dataclass(frozen=True)
class FindingView:
    """Something wrong with a page, and what a person said of it."""

    id: int
    scan_id: int
    page_no: int
    code: str
    measure: float
    limit: float
    boxes: tuple[tuple[int, int, int, int], ...]
    facts: Mapping[str, Any]
    found_at: datetime
    decision: str | None
    decided_by: str | None
    decided_at: datetime | None

    @property
    def name(self) -> str:
        """What it is called."""
        return NAMES.get(self.code, self.code)

    @property
    def said(self) -> str:
        """What is wrong and what to do."""
        return sentence(self.code, self.measure, self.limit, self.facts)

    @property
    def is_open(self) -> bool:
        """Say whether nobody has accepted it."""
        return self.decision != ACCEPTED


@dataclass(frozen=True)
class RescanView:
    """A better scan that was handed in for a page; once taken, it stands for the picture that it superseded."""

    id: int
    page_no: int
    state: str
    file_name: str
    reason: str
    received_by: str | None
    received_at: datetime
    taken_at: datetime | None
    error_code: str | None
    error_message: str | None


@dataclass(frozen=True)
class SampledPage:
    """A page drawn for inspection, and what was said of it."""

    scan_id: int
    page_no: int
    file_name: str
    codes: tuple[str, ...]
    inspected: bool
    fault: str | None
    note: str
    inspected_by: str | None
    inspected_at: datetime | None


@dataclass(frozen=True)
class CodeCount:
    """How many pages of a batch have a finding, and on how many a person accepted it."""

    code: str
    pages: int
    accepted: int


@dataclass(frozen=True)
class QualitySheet:
    """The quality of a batch: what was found on its pages, which were drawn, what their inspection comes to."""

    batch_id: int
    name: str
    received_at: datetime
    unit_id: int
    files: int
    pages: int
    #: Pages with a finding that is a fault and that nobody accepted.
    pages_with_faults: int
    counts: tuple[CodeCount, ...]
    rate: float
    least: int
    sample: tuple[SampledPage, ...]
    verdict: Verdict
