"""What a cell of the business system may say: text to checked values. No database here."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation

from archive_service import ids
from archive_service.catalogue.schema import Edition
from archive_service.errors import Invalid
from archive_service.households.rules import ACCEPT, ENERGISE

_STAGE = re.compile(r"stage_([A-Z][A-Z0-9_]{1,11})_on")
#: Written as ="0012345678" by spreadsheets that are to keep leading zeros; '0012 for the same reason.
_KEPT_AS_TEXT = re.compile(r'="([0-9A-Za-z-]*)"|\'([0-9A-Za-z-]+)')
_DAY = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?: +0{1,2}:00(?::00)?)?")
_NUMBER = re.compile(r"\d{1,10}(?:\.\d{1,2}0*)?")
#: Columns that no pattern or list of codes guards.
_FREE_TEXT = ("account_name", "service_address", "voltage", "grade", "feeder")
#: A spreadsheet runs what begins like this; no name or address does.
_FORMULA_STARTS = ("=", "+", "-", "@")
_LONGEST = {
    "account_name": 200,
    "service_address": 400,
    "voltage": 20,
    "grade": 20,
    "feeder": 80,
    "customer_category": 20,
}


class BadCell(ValueError):
    """One cell is wrong; the column, a code and a sentence."""

    def __init__(self, column: str | None, code: str, message: str) -> None:
        super().__init__(message)
        self.column, self.code, self.message = column, code, message


def half_width(text: str) -> str:
    """Return text in half-width form, without white space around it."""
    # Plain ASCII, which most cells are, is half-width already.
    return text.strip() if text.isascii() else unicodedata.normalize("NFKC", text).strip().removeprefix("\ufeff")


def cell_text(name: str, value: str) -> str:
    """Return the text of a cell on one line; names and addresses as written, everything else in half-width.

    Raises BadCell.
    """
    text = " ".join(value.split())
    kept = _KEPT_AS_TEXT.fullmatch(text)
    if kept and name in ("account_no", "application_no", "centre"):
        text = kept.group(1) or kept.group(2) or ""
    if name in _FREE_TEXT and half_width(text).startswith(_FORMULA_STARTS):
        raise BadCell(name, "cases.formula", f"列 {name} 以公式符号开头，不予接收。请改成普通文字后再试。")
    # What can be printed holds no such character; only the rest is looked at one by one.
    if not text.isprintable() and any(unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co") for c in text):
        raise BadCell(name, "cases.control-character", f"列 {name} 含有看不见的控制字符。请重新输入该单元格。")
    return text if name in ("account_name", "service_address") else half_width(text)


def text_of(cells: Mapping[str, str], name: str, *, needed: bool = False) -> str:
    """Return a text that is not too long; empty when it is not there, unless it is `needed`. Raises BadCell."""
    value = cells.get(name, "")
    if needed and not value:
        raise BadCell(name, "cases.empty-cell", f"列 {name} 是空的。请补上后再试。")
    if len(value) > _LONGEST[name]:
        raise BadCell(name, "cases.too-long", f"列 {name} 最多 {_LONGEST[name]} 个字。请缩短后再试。")
    return value


def account_no_of(value: str, pattern: str) -> str:
    """Return an account number that fits the pattern. Raises BadCell."""
    if not value:
        raise BadCell("account_no", "cases.empty-cell", "列 account_no 是空的。请补上户号后再试。")
    try:
        return ids.account_no(value, pattern=pattern)
    except Invalid as e:
        raise BadCell("account_no", e.code, e.message) from e


def application_no_of(value: str, pattern: str) -> str:
    """Return an application number that fits the pattern, in capitals. Raises BadCell."""
    number = ids.compact(value).upper()
    if not re.fullmatch(pattern, number) or len(number) > 40:
        raise BadCell(
            "application_no", "id.application-no", f"申请编号“{number[:40]}”不符合本单位的格式。请核对后再试。"
        )
    return number


def unit_of(code: str, units: Mapping[str, int]) -> int:
    """Return the id of the unit with this code. Raises BadCell."""
    if code not in units:
        raise BadCell(
            "centre",
            "cases.centre",
            f"没有代码为“{code[:40]}”的供电服务单位，或者您无权为它导入。请核对 centre 后再试。",
        )
    return units[code]


def check_kind(category: str, business: str, edition: Edition) -> None:
    """Refuse a category or business type that the catalogue does not have, or not together. Raises BadCell."""
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


def number_of(name: str, value: str, unit: str = "kVA") -> Decimal | None:
    """Return an amount with two decimals; none for an empty cell. Raises BadCell."""
    if not value:
        return None
    try:
        if not _NUMBER.fullmatch(value):
            raise InvalidOperation
        return Decimal(value).quantize(Decimal("0.01"))
    except InvalidOperation:
        what = "容量" if name == "capacity_kva" else "负荷"
        message = f"“{value[:40]}”不是{what}数值。请只写数字，单位 {unit}，例如 315。"
        raise BadCell(name, "cases.number", message) from None


def conditions_of(value: str, edition: Edition) -> frozenset[str]:
    """Return the flags of the catalogue that hold, parted by `;`, `,` or `、`. Raises BadCell."""
    codes = [code.strip() for code in re.split(r"[;,、]", value) if code.strip()]
    unknown = [code for code in codes if code not in edition.conditions]
    if unknown:
        shown = "、".join(code[:40] for code in unknown)
        raise BadCell("conditions", "cases.condition", f"资料目录中没有条件“{shown}”。请核对 conditions 后再试。")
    return frozenset(codes)


def stages_of(cells: Mapping[str, str]) -> dict[str, date]:
    """Return the days of stages by code, from `accepted_on`, `energised_on` and `stage_…_on`. Raises BadCell."""
    stages: dict[str, date] = {}
    for name, value in cells.items():
        named = _STAGE.fullmatch(name)
        stage = {"accepted_on": ACCEPT, "energised_on": ENERGISE}.get(name) or (named.group(1) if named else None)
        if stage is None or not value:
            continue
        day = day_of(name, value)
        if stages.setdefault(stage, day) != day:
            raise BadCell(name, "cases.dates-differ", f"环节 {stage} 在这一行里写了两个不同的日期。请核对后再试。")
    return stages


def day_of(name: str, value: str) -> date:
    """Return a day written as 2026-11-09, 2026/11/9 or 2026.11.9. Raises BadCell."""
    match = _DAY.fullmatch(value)
    try:
        if match is None:
            raise ValueError(value)
        return date(int(match.group(1)), int(match.group(3)), int(match.group(4)))
    except ValueError:
        message = f"列 {name} 的“{value[:40]}”不是日期。请写成 2026-11-09 或 2026/11/9。"
        raise BadCell(name, "cases.date", message) from None
