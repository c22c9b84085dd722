"""Received files, their pages and documents as they are shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from archive_service.completeness.marks import MarkVerdict
from ingest import states
from ingest.signatures import SignatureSaid


@dataclass(frozen=True)
class ScanRow:
    """A received file in a list."""

    id: int
    batch_id: int
    file_name: str
    state: str
    format: str
    size_bytes: int
    page_count: int
    pages_done: int
    error_code: str | None
    error_message: str | None
    duplicate_of: int | None
    parent_id: int | None
    received_at: datetime
    finished_at: datetime | None
    flags: tuple[str, ...]


@dataclass(frozen=True)
class DocumentView:
    """A document of a scan with its proposal and what was decided."""

    id: int
    scan_id: int
    seq: int
    pages: tuple[int, ...]
    document_type: str
    confidence: float
    candidates: tuple[tuple[str, float], ...]
    fields: Mapping[str, Mapping[str, Any]]
    reasons: tuple[str, ...]
    doubts: tuple[str, ...]
    #: Signatures and seals that the catalogue asks for on it.
    marks: tuple[MarkVerdict, ...]
    state: str
    item_id: int | None
    household_id: int | None
    account_no: str | None
    account_name: str | None
    case_id: int | None
    application_no: str | None
    match_confidence: float
    decided_at: datetime | None
    #: The document that a joined one became part of, or that dropped pages were taken from.
    part_of: int | None
    decided_by: int | None = None
    #: Pages of the scan that are to be scanned anew; empty when nobody asked for it.
    rescan_pages: tuple[int, ...] = ()


@dataclass(frozen=True)
class ScanPageView:
    """One page of a scan as it can be shown."""

    page_no: int
    image_digest: str | None
    thumbnail_digest: str | None
    lines_digest: str | None
    width_px: int
    height_px: int
    dpi: int
    rotation: int
    engine: str | None
    reading_settings: str | None
    confidence: float | None
    text: str | None
    error_code: str | None
    flags: tuple[str, ...]
    #: Personal data in text, lines and picture must be hidden from this viewer.
    masked: bool = False


@dataclass(frozen=True)
class ScanView:
    """A received file with its pages, its documents in their order and, for a container, its members."""

    row: ScanRow
    digest: str
    unit_id: int
    pages: tuple[ScanPageView, ...]
    documents: tuple[DocumentView, ...]
    #: Pages that a person took out of the documents, as rows of their own.
    dropped: tuple[DocumentView, ...]
    members: tuple[ScanRow, ...]
    #: Who signed the file, as it says itself.
    signatures: tuple[SignatureSaid, ...] = ()


@dataclass(frozen=True)
class ScanListing:
    """A page of a list: rows newest first, how many there are in all, or `more` than that, where the next begins."""

    rows: tuple[ScanRow, ...]
    total: int
    next_after: int | None
    more: bool = False


@dataclass(frozen=True)
class BatchProgress:
    """A batch and how far its files have come; `by_state` counts files."""

    id: int
    name: str
    channel: str
    received_at: datetime
    files: int
    pages: int
    pages_done: int
    by_state: Mapping[str, int]
    #: open, filed or returned.
    state: str = "open"

    @property
    def running(self) -> bool:
        """Say whether any file is still on its way."""
        return any(self.by_state.get(state) for state in (*states.MOVING, states.UNPACKED))


@dataclass(frozen=True)
class BatchReview:
    """How many documents of a batch are decided, of how many."""

    name: str
    done: int
    total: int


@dataclass(frozen=True)
class ReviewListing:
    """A page of the review queue, oldest first."""

    documents: tuple[DocumentView, ...]
    total: int
    next_after: int | None
