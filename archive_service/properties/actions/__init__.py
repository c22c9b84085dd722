"""Writes of the four-property check: runs, answers, cases filed or sent back, editions of the items."""

from archive_service.properties.actions.filing import Filing, file_case
from archive_service.properties.actions.longterm import check_kept
from archive_service.properties.actions.runs import (
    Examined,
    ExaminedBatch,
    answer,
    enter,
    enter_batch,
    examine,
    examine_batch,
    hand_over,
    keep_report,
    refusal,
    subject_of,
)
from archive_service.properties.actions.schemes import drop_scheme, release_scheme, save_scheme

__all__ = [
    "Examined",
    "ExaminedBatch",
    "Filing",
    "answer",
    "check_kept",
    "drop_scheme",
    "enter",
    "enter_batch",
    "examine",
    "examine_batch",
    "file_case",
    "hand_over",
    "keep_report",
    "refusal",
    "release_scheme",
    "save_scheme",
    "subject_of",
]
