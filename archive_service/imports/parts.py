"""Rows and fates of a part as the text that is kept of them, and back."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from archive_service.households.actions.previews import Fate
from archive_service.households.csv_rows import CsvRow
from archive_service.households.values import RowError

OUTCOMES = ("created", "updated", "unchanged", "refused")


def packed(rows: Iterable[CsvRow]) -> str:
    """Return rows as text."""
    return json.dumps([[row.line, row] for row in rows], ensure_ascii=False)


def unpacked(text: str) -> list[CsvRow]:
    """Return the rows of a text."""
    return [_row(line, cells) for line, cells in json.loads(text or "[]")]


def _row(line: int, cells: Mapping[str, str]) -> CsvRow:
    row = CsvRow(cells)
    row.line = line
    return row


def fates_packed(fates: Iterable[Fate]) -> str:
    """Return what would become of rows as text."""
    return json.dumps(
        [
            [
                one.line, one.outcome, one.account_no, one.application_no, one.changes,
                None if one.error is None else [one.error.column, one.error.code, one.error.message],
            ]
            for one in fates
        ],
        ensure_ascii=False,
    )  # fmt: skip


def fates_unpacked(text: str) -> list[Fate]:
    """Return the fates of a text, by line."""
    found = [
        Fate(line, outcome, account, application, changes, RowError(line, *error) if error else None)
        for line, outcome, account, application, changes, error in json.loads(text or "[]")
    ]
    return sorted(found, key=lambda one: one.line)


def tally(fates: Sequence[Fate]) -> dict[str, int]:
    """Return how many rows there are of each outcome."""
    counted = Counter(one.outcome for one in fates)
    return {outcome: counted[outcome] for outcome in OUTCOMES}
