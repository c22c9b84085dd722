"""Reads of the auditor's desk, always within the units whose records the viewer reads."""

from archive_service.inspection.queries.board import Board, BoardRow, board, board_of
from archive_service.inspection.queries.findings import (
    FindingFilters,
    FindingView,
    StepView,
    finding,
    finding_states,
    findings,
    steps_open,
)
from archive_service.inspection.queries.samples import SampleCaseView, SampleView, sample, sample_cases, samples, trail

__all__ = [
    "Board",
    "BoardRow",
    "FindingFilters",
    "FindingView",
    "SampleCaseView",
    "SampleView",
    "StepView",
    "board",
    "board_of",
    "finding",
    "finding_states",
    "findings",
    "sample",
    "sample_cases",
    "samples",
    "steps_open",
    "trail",
]
