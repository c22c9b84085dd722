"""The import file of cases: bytes to rows, a row to checked data. No database here."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from archive_service.catalogue.schema import Edition
from archive_service.errors import ArchiveError, Invalid
from archive_service.households.cells import (
    BadCell,
    account_no_of,
    application_no_of,
    cell_text,
    check_kind,
    conditions_of,
    half_width,
    number_of,
    stages_of,
    text_of,
    unit_of,
)
from archive_service.households.rules import ACCEPT
from archive_service.households.values import CaseData, RowError

REQUIRED = (
    "account_no",
    "account_name",
    "service_address",
    "customer_category",
    "business_type",
    "application_no",
    "centre",
)
#: Longer files are taken in pieces.
MOST_ROWS, MOST_BYTES = 500_000, 200 * 1024 * 1024
OPTIONAL = ("capacity_kva", "voltage", "conditions", "accepted_on", "energised_on")


class CsvRow(dict[str, str]):
    """A row by column name, with the number of its line in the file (the header is line 1)."""

    line: int = 0


@dataclass(frozen=True)
class Reading:
    """What rows are checked against."""

    account_no_pattern: str
    application_no_pattern: str
    #: Ids of the units into which the person may import, by code.
    units: Mapping[str, int]
    #: The edition by which a case accepted on a day is judged.
    edition_for: Callable[[date | None], Edition]


def read_csv(data: bytes) -> list[CsvRow]:
    """Return the rows of a CSV file in UTF-8 (with or without BOM), GB 18030 or UTF-16 with BOM.

    Rows without any content are left out. Raises Invalid when it is no such file or a column stands there twice.
    """
    return list(rows_of(decoded(data)))


def rows_of(text: str) -> Iterator[CsvRow]:
    """Yield the rows of the text of a CSV file as `read_csv` would, one after the other; raises as it does."""
    head = text.split("\n", 1)[0]
    delimiter = "\t" if "\t" in head and "," not in head else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        header = [_stage_name(half_width(name).lower()) for name in next(reader, [])]
        while header and not header[-1]:
            header.pop()
        _check_header_once(header)
        found = 0
        line = reader.line_num + 1
        for cells in reader:
            if any(cell.strip() for cell in cells):
                found += 1
                if found > MOST_ROWS:
                    message = f"文件超过 {MOST_ROWS} 行，没有导入任何行。请拆成几个文件后再试。"
                    raise Invalid("cases.too-many-rows", message)
                yield _row(header, cells, line)
            line = reader.line_num + 1
    except csv.Error as e:
        raise Invalid(
            "cases.csv", f"第 {reader.line_num} 行不是正确的 CSV。请检查引号，另存为 CSV 后再试。", line=reader.line_num
        ) from e


def decoded(data: bytes) -> str:
    """Return the text of a CSV file. Raises Invalid."""
    if len(data) > MOST_BYTES:
        message = f"文件超过 {MOST_BYTES // 1024 // 1024} MB，没有导入任何行。请拆成几个文件后再试。"
        raise Invalid("cases.too-large", message)
    if data.startswith(b"PK\x03\x04"):
        raise Invalid("cases.not-csv", "这是 Excel 工作簿，不是 CSV。请在 Excel 中另存为“CSV UTF-8”后再试。")
    encodings = ["utf-16"] if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ["utf-8-sig", "gb18030"]
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text
    raise Invalid("cases.encoding", "认不出这个文件的文字编码。请另存为“CSV UTF-8”后再试。")


def _stage_name(name: str) -> str:
    match = re.fullmatch(r"stage_(.+)_on", name)
    return f"stage_{match.group(1).upper()}_on" if match else name


def _check_header_once(header: Sequence[str]) -> None:
    twice = sorted({name for name in header if header.count(name) > 1})
    if not header or twice:
        named = "、".join(name or "（空）" for name in twice)
        message = f"列名重复：{named}。请删去多余的列后再试。" if header else "文件是空的。请放入列名和数据后再试。"
        raise Invalid("cases.duplicate-column" if header else "cases.empty", message, columns=twice)


def _row(header: Sequence[str], cells: Sequence[str], line: int) -> CsvRow:
    row = CsvRow(zip(header, [*cells, *[""] * (len(header) - len(cells))], strict=False))
    row.line = line
    if any(cell.strip() for cell in cells[len(header) :]):
        # Kept under a name that no column has, so that the row is refused and not silently cut.
        row[_TOO_MANY] = "x"
    return row


_TOO_MANY = "\x00more"


def check_columns(rows: Sequence[Mapping[str, str]], *, stages: Sequence[str]) -> None:
    """Raise Invalid, naming them, when a required column is missing or one is not known."""
    names = {name for row in rows for name in row} - {_TOO_MANY}
    known = {*REQUIRED, *OPTIONAL, *(f"stage_{stage}_on" for stage in stages)}
    unknown = sorted(names - known)
    if unknown:
        shown = "、".join(name[:40] or "（空）" for name in unknown)
        raise Invalid("cases.unknown-column", f"不认识的列：{shown}。请改正列名或删去这些列后再试。", columns=unknown)
    missing = [name for name in REQUIRED if rows and name not in names]
    if missing:
        raise Invalid("cases.missing-column", f"缺少必需的列：{'、'.join(missing)}。请补上后再试。", columns=missing)


def case_of_row(row: Mapping[str, str], reading: Reading) -> CaseData:
    """Return the case that a row describes. Raises BadCell for the first thing wrong in it."""
    if _TOO_MANY in row:
        raise BadCell(None, "cases.too-many-cells", "这一行的单元格比列名多。请检查是否有未加引号的逗号。")
    cells = {name: cell_text(name, value or "") for name, value in row.items()}
    stages = stages_of(cells)
    edition = reading.edition_for(stages.get(ACCEPT))
    category, business = cells["customer_category"].upper(), cells["business_type"].upper()
    check_kind(category, business, edition)
    return CaseData(
        account_no=account_no_of(cells["account_no"], reading.account_no_pattern),
        account_name=text_of(cells, "account_name", needed=True),
        service_address=text_of(cells, "service_address"),
        customer_category=category,
        business_type=business,
        application_no=application_no_of(cells["application_no"], reading.application_no_pattern),
        unit_id=unit_of(cells["centre"], reading.units),
        capacity_kva=number_of("capacity_kva", cells.get("capacity_kva", "")),
        voltage=text_of(cells, "voltage") or None if "voltage" in cells else None,
        conditions=conditions_of(cells["conditions"], edition) if "conditions" in cells else None,
        stages=stages,
    )


def row_error(line: int, error: BadCell | ArchiveError, column: str | None = None) -> RowError:
    """Return what is wrong in a row as the report shows it."""
    if isinstance(error, BadCell):
        return RowError(line, error.column, error.code, error.message)
    given = error.facts.get("column")
    return RowError(line, given if isinstance(given, str) else column, error.code, error.message)
