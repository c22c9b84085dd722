"""Excel workbooks: the first sheet as CSV. Runs in the sandbox only."""

from __future__ import annotations

import csv
import zipfile
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from openpyxl import load_workbook

from ingest.errors import refuse
from ingest.formats.limits import Limits

#: Cells of a row that are looked at; a sheet that was formatted to its last column is no wider for it.
_WIDEST = 200
_LONGEST_CELL = 2000
_MOST_MEMBERS = 2000


def to_csv(path: Path, into: Path, limits: Limits, *, most_rows: int) -> dict[str, Any]:
    """Write the first sheet of a workbook to the file `into`; return how many rows, and whether there were more.

    Formulas count as what they came out at when the workbook was saved. Raises FileRefused.
    """
    _check_size(path, limits)
    # Given open, because the library would go by the name of the file.
    with path.open("rb") as opened:
        return _written(load_workbook(opened, read_only=True, data_only=True, keep_links=False), into, most_rows)


def _written(book: Any, into: Path, most_rows: int) -> dict[str, Any]:
    if not book.worksheets:
        raise refuse("file.unreadable")
    sheet = book.worksheets[0]
    # What a sheet says of its size may be a lie; it is read to its end.
    sheet.reset_dimensions()
    written, more = 0, False
    with into.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        for cells in sheet.iter_rows(max_col=_WIDEST, values_only=True):
            if written > most_rows:
                more = True
                break
            # An empty row stays one, so that the lines of the report are those of the sheet.
            writer.writerow([_text(cell) for cell in cells] or [""])
            written += 1
    return {"rows": written, "more": more}


def _check_size(path: Path, limits: Limits) -> None:
    """Refuse what unpacks to more than is allowed; while it is read, the memory of the child is the limit."""
    with zipfile.ZipFile(path) as package:
        members = package.infolist()
        unpacked = sum(one.file_size for one in members)
        if len(members) > _MOST_MEMBERS or unpacked > limits.max_unpacked_bytes:
            raise refuse("file.unpack-limit")


def _text(value: object) -> str:
    """Return a cell as a person would type it into the CSV."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time.min else value.isoformat(" ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    # On one line, so that the lines of the CSV are the rows of the sheet.
    return " ".join(str(value)[:_LONGEST_CELL].splitlines())
