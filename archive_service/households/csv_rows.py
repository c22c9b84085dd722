"""The import file of cases: bytes to rows, a row to checked data. No database here."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

from archive_service import ids
from archive_service.catalogue.schema import Edition
from archive_service.errors import ArchiveError, Invalid
from archive_service.households.rules import ACCEPT, ENERGISE
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
OPTIONAL = ("capacity_kva", "voltage", "conditions", "accepted_on", "energised_on")
_STAGE = re.compile(r"stage_([A-Z][A-Z0-9_]{1,11})_on")
#: Written as ="0012345678" by spreadsheets that are to keep leading zeros; '0012 for the same reason.
_KEPT_AS_TEXT = re.compile(r'="([0-9A-Za-z-]*)"|\'([0-9A-Za-z-]+)')
_DAY = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?: +0{1,2}:00(?::00)?)?")
_NUMBER = re.compile(r"\d{1,10}(?:\.\d{1,2}0*)?")
#: Columns that no pattern or list of codes guards.
_FREE_TEXT = ("account_name", "service_address", "voltage")
#: A spreadsheet runs what begins like this; no name or address does.
_FORMULA_STARTS = ("=", "+", "-", "@")
_LONGEST = {"account_name": 200, "service_address": 400, "voltage": 20}


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


class BadCell(ValueError):
    """One cell is wrong; the column, a code and a sentence."""

    def __init__(self, column: str | None, code: str, message: str) -> None:
        super().__init__(message)
        self.column, self.code, self.message = column, code, message


def read_csv(data: bytes) -> list[CsvRow]:
    """Return the rows of a CSV file in UTF-8 (with or without BOM), GB 18030 or UTF-16 with BOM.

    Rows without any content are left out. Raises Invalid when it is no such file or a column stands there twice.
    """
    text = _decoded(data)
    head = text.split("\n", 1)[0]
    delimiter = "\t" if "\t" in head and "," not in head else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        header = [_stage_name(_half_width(name).lower()) for name in next(reader, [])]
        while header and not header[-1]:
            header.pop()
        _check_header_once(header)
        rows: list[CsvRow] = []
        line = reader.line_num + 1
        for cells in reader:
            if any(cell.strip() for cell in cells):
                rows.append(_row(header, cells, line))
            line = reader.line_num + 1
    except csv.Error as e:
        raise Invalid(
            "cases.csv", f"第 {reader.line_num} 行不是正确的 CSV。请检查引号，另存为 CSV 后再试。", line=reader.line_num
        ) from e
    return rows


def _decoded(data: bytes) -> str:
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
    cells = {name: _cell(name, value or "") for name, value in row.items()}
    stages = _stages(cells)
    edition = reading.edition_for(stages.get(ACCEPT))
    category, business = cells["customer_category"].upper(), cells["business_type"].upper()
    _check_kind(category, business, edition)
    return CaseData(
        account_no=_account_no(cells["account_no"], reading.account_no_pattern),
        account_name=_text(cells, "account_name", needed=True),
        service_address=_text(cells, "service_address"),
        customer_category=category,
        business_type=business,
        application_no=_application_no(cells["application_no"], reading.application_no_pattern),
        unit_id=_unit(cells["centre"], reading.units),
        capacity_kva=_capacity(cells.get("capacity_kva", "")),
        voltage=_text(cells, "voltage") or None if "voltage" in cells else None,
        conditions=_conditions(cells["conditions"], edition) if "conditions" in cells else None,
        stages=stages,
    )


def row_error(line: int, error: BadCell | ArchiveError, column: str | None = None) -> RowError:
    """Return what is wrong in a row as the report shows it."""
    if isinstance(error, BadCell):
        return RowError(line, error.column, error.code, error.message)
    given = error.facts.get("column")
    return RowError(line, given if isinstance(given, str) else column, error.code, error.message)


def _half_width(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip().removeprefix("\ufeff")


def _cell(name: str, value: str) -> str:
    """Return the text of a cell on one line; names and addresses as written, everything else in half-width."""
    text = re.sub(r"\s+", " ", value).strip()
    kept = _KEPT_AS_TEXT.fullmatch(text)
    if kept and name in ("account_no", "application_no", "centre"):
        text = kept.group(1) or kept.group(2) or ""
    if name in _FREE_TEXT and _half_width(text).startswith(_FORMULA_STARTS):
        raise BadCell(name, "cases.formula", f"列 {name} 以公式符号开头，不予接收。请改成普通文字后再试。")
    if any(unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co") for c in text):
        raise BadCell(name, "cases.control-character", f"列 {name} 含有看不见的控制字符。请重新输入该单元格。")
    return text if name in ("account_name", "service_address") else _half_width(text)


def _text(cells: Mapping[str, str], name: str, *, needed: bool = False) -> str:
    value = cells.get(name, "")
    if needed and not value:
        raise BadCell(name, "cases.empty-cell", f"列 {name} 是空的。请补上后再试。")
    if len(value) > _LONGEST[name]:
        raise BadCell(name, "cases.too-long", f"列 {name} 最多 {_LONGEST[name]} 个字。请缩短后再试。")
    return value


def _account_no(value: str, pattern: str) -> str:
    if not value:
        raise BadCell("account_no", "cases.empty-cell", "列 account_no 是空的。请补上户号后再试。")
    try:
        return ids.account_no(value, pattern=pattern)
    except Invalid as e:
        raise BadCell("account_no", e.code, e.message) from e


def _application_no(value: str, pattern: str) -> str:
    number = ids.compact(value).upper()
    if not re.fullmatch(pattern, number) or len(number) > 40:
        raise BadCell(
            "application_no", "id.application-no", f"申请编号“{number[:40]}”不符合本单位的格式。请核对后再试。"
        )
    return number


def _unit(code: str, units: Mapping[str, int]) -> int:
    if code not in units:
        raise BadCell(
            "centre",
            "cases.centre",
            f"没有代码为“{code[:40]}”的供电服务单位，或者您无权为它导入。请核对 centre 后再试。",
        )
    return units[code]


def _check_kind(category: str, business: str, edition: Edition) -> None:
    if category not in edition.customer_categories:
        codes = "、".join(edition.customer_categories)
        message = f"没有客户类别“{category[:20]}”。请写 {codes} 之一。"
        raise BadCell("customer_category", "cases.customer-category", message)
    if business not in edition.business_types:
        raise BadCell(
            "business_type", "cases.business-type", f"没有业务类型“{business[:20]}”。请按资料目录中的代码填写。"
        )
    if (category, business) not in edition.combinations:
        message = f"客户类别 {category} 没有业务类型 {business}。请核对这两列。"
        raise BadCell("business_type", "cases.combination", message)


def _capacity(value: str) -> Decimal | None:
    if not value:
        return None
    try:
        if not _NUMBER.fullmatch(value):
            raise InvalidOperation
        return Decimal(value).quantize(Decimal("0.01"))
    except InvalidOperation:
        message = f"“{value[:40]}”不是容量数值。请只写数字，单位 kVA，例如 315。"
        raise BadCell("capacity_kva", "cases.number", message) from None


def _conditions(value: str, edition: Edition) -> frozenset[str]:
    codes = [code.strip() for code in re.split(r"[;,、]", value) if code.strip()]
    unknown = [code for code in codes if code not in edition.conditions]
    if unknown:
        shown = "、".join(code[:40] for code in unknown)
        raise BadCell("conditions", "cases.condition", f"资料目录中没有条件“{shown}”。请核对 conditions 后再试。")
    return frozenset(codes)


def _stages(cells: Mapping[str, str]) -> dict[str, date]:
    stages: dict[str, date] = {}
    for name, value in cells.items():
        named = _STAGE.fullmatch(name)
        stage = {"accepted_on": ACCEPT, "energised_on": ENERGISE}.get(name) or (named.group(1) if named else None)
        if stage is None or not value:
            continue
        day = _day(name, value)
        if stages.setdefault(stage, day) != day:
            raise BadCell(name, "cases.dates-differ", f"环节 {stage} 在这一行里写了两个不同的日期。请核对后再试。")
    return stages


def _day(name: str, value: str) -> date:
    match = _DAY.fullmatch(value)
    try:
        if match is None:
            raise ValueError(value)
        return date(int(match.group(1)), int(match.group(3)), int(match.group(4)))
    except ValueError:
        message = f"列 {name} 的“{value[:40]}”不是日期。请写成 2026-11-09 或 2026/11/9。"
        raise BadCell(name, "cases.date", message) from None
