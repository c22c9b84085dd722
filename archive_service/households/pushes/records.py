"""A record of the business system in JSON: to checked data, by the rules of a row of an import. No database here."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from datetime import datetime

from archive_service.errors import Invalid
from archive_service.households import cells
from archive_service.households.cells import BadCell
from archive_service.households.csv_rows import Reading
from archive_service.households.heads import rules
from archive_service.households.rules import ACCEPT, ENERGISE
from archive_service.households.values import CaseData, HouseholdData, LinkData, StageData

Data = HouseholdData | CaseData | StageData | LinkData
#: In this order the records of a push are taken, whatever order they come in.
KINDS = ("household", "link", "case", "stage", "energisation")
#: The fields of each kind; those after the bar may be left out.
_FIELDS: Mapping[str, tuple[str, str]] = {
    "household": (
        "account_no as_of",
        "account_name service_address customer_category centre grade capacity_kva expected_load_kw average_load_kw "
        "voltage feeder",
    ),
    "link": ("link from_account_no to_account_no happened_on", ""),
    "case": (
        "account_no application_no customer_category business_type",
        "as_of account_name service_address centre capacity_kva voltage conditions stages",
    ),
    "stage": ("application_no stage done_on", ""),
    "energisation": ("application_no done_on", ""),
}
_LOADS = ("capacity_kva", "expected_load_kw", "average_load_kw")


def data_of(record: Mapping[str, object], reading: Reading, *, stages: Collection[str], now: datetime) -> Data:
    """Return what a record says. Raises BadCell, naming the field, or Invalid."""
    kind = record.get("kind")
    if not isinstance(kind, str) or kind not in _FIELDS:
        raise BadCell("kind", "push.kind", f"kind 须是 {'、'.join(KINDS)} 之一。请改正后再推送。")
    needed, optional = (part.split() for part in _FIELDS[kind])
    unknown = sorted(set(record) - {"kind", *needed, *optional})
    if unknown:
        shown = "、".join(name[:40] for name in unknown[:5])
        raise BadCell(unknown[0][:40], "push.unknown-field", f"不认识的字段：{shown}。请改正字段名后再推送。")
    said = {name: _text(name, value) for name, value in record.items() if name not in ("kind", "stages")}
    lacking = [name for name in needed if not said.get(name)]
    if lacking:
        raise BadCell(lacking[0], "push.missing-field", f"缺少字段：{'、'.join(lacking)}。请补上后再推送。")
    if kind == "case":
        said |= _stages(record.get("stages"), stages)
    make = _MAKERS[kind]
    return make(said, reading, stages, now)


def _text(name: str, value: object) -> str:
    """Return a value as a cell of an import says it."""
    if isinstance(value, list) and name == "conditions" and all(isinstance(one, str) for one in value):
        value = ";".join(value)
    if isinstance(value, bool) or not isinstance(value, str | int | float | None):
        raise BadCell(name, "push.type", f"字段 {name} 须是文字或数字。请改正后再推送。")
    if isinstance(value, float) and not math.isfinite(value):
        raise BadCell(name, "cases.number", f"字段 {name} 不是数字。请改正后再推送。")
    text = "" if value is None else str(value)
    if len(text) > _LONGEST:
        raise BadCell(name, "cases.too-long", f"字段 {name} 太长。请缩短后再推送。")
    return cells.cell_text(name, text)


_LONGEST = 1000


def _stages(given: object, known: Collection[str]) -> dict[str, str]:
    if given is None:
        return {}
    if not isinstance(given, dict):
        raise BadCell("stages", "push.type", "字段 stages 须是以环节代码为键、日期为值的对象。请改正后再推送。")
    return {f"stage_{_stage(str(stage), known)}_on": _text("stages", day) for stage, day in given.items()}


def _stage(code: str, known: Collection[str]) -> str:
    if code not in known:
        raise BadCell("stage", "push.stage", f"没有环节“{code[:12]}”。请按资料目录中的环节代码填写。")
    return code


def _household(said: Mapping[str, str], reading: Reading, _stages: Collection[str], now: datetime) -> HouseholdData:
    values = {name: cells.text_of(said, name) for name in rules.NAMES if said.get(name) and name not in _LOADS}
    for name in _LOADS:
        amount = cells.number_of(name, said.get(name, ""), "kVA" if name == "capacity_kva" else "kW")
        if amount is not None:
            values[name] = f"{amount:.2f}"
    if "customer_category" in values:
        values["customer_category"] = values["customer_category"].upper()
        edition = reading.edition_for(None)
        if values["customer_category"] not in edition.customer_categories:
            codes = "、".join(edition.customer_categories)
            raise BadCell("customer_category", "cases.customer-category", f"没有这个客户类别。请写 {codes} 之一。")
    return HouseholdData(
        account_no=cells.account_no_of(said["account_no"], reading.account_no_pattern),
        as_of=_as_of(said["as_of"], now),
        unit_id=cells.unit_of(said["centre"], reading.units) if said.get("centre") else None,
        said=values,
    )


def _case(said: Mapping[str, str], reading: Reading, _stages: Collection[str], now: datetime) -> CaseData:
    days = cells.stages_of(said)
    edition = reading.edition_for(days.get(ACCEPT))
    category, business = said["customer_category"].upper(), said["business_type"].upper()
    cells.check_kind(category, business, edition)
    return CaseData(
        account_no=cells.account_no_of(said["account_no"], reading.account_no_pattern),
        account_name=cells.text_of(said, "account_name"),
        service_address=cells.text_of(said, "service_address"),
        customer_category=category,
        business_type=business,
        application_no=cells.application_no_of(said["application_no"], reading.application_no_pattern),
        # 0: the household says where it is.
        unit_id=cells.unit_of(said["centre"], reading.units) if said.get("centre") else 0,
        capacity_kva=cells.number_of("capacity_kva", said.get("capacity_kva", "")),
        voltage=cells.text_of(said, "voltage") or None,
        conditions=cells.conditions_of(said["conditions"], edition) if "conditions" in said else None,
        stages=days,
        as_of=_as_of(said["as_of"], now) if said.get("as_of") else None,
    )


def _stage_day(said: Mapping[str, str], reading: Reading, known: Collection[str], _now: datetime) -> StageData:
    return StageData(
        cells.application_no_of(said["application_no"], reading.application_no_pattern),
        _stage(said["stage"], known) if "stage" in said else ENERGISE,
        cells.day_of("done_on", said["done_on"]),
    )


def _link(said: Mapping[str, str], reading: Reading, _known: Collection[str], _now: datetime) -> LinkData:
    if said["link"] not in rules.LINKS:
        raise BadCell("link", "push.link", f"link 须是 {'、'.join(rules.LINKS)} 之一。请改正后再推送。")
    return LinkData(
        said["link"],
        cells.account_no_of(said["from_account_no"], reading.account_no_pattern),
        cells.account_no_of(said["to_account_no"], reading.account_no_pattern),
        cells.day_of("happened_on", said["happened_on"]),
    )


def _as_of(value: str, now: datetime) -> datetime:
    try:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            raise ValueError(value)
        # A moment at the edge of the calendar has none in another zone.
        moment.astimezone(now.tzinfo)
    except (ValueError, OverflowError):
        message = f"“{value[:40]}”不是带时区的时刻。请写成 2026-11-09T08:30:00+08:00。"
        raise BadCell("as_of", "push.as-of", message) from None
    try:
        return rules.check_as_of(moment, now=now)
    except Invalid as e:
        raise BadCell("as_of", e.code, e.message) from e


_MAKERS: Mapping[str, Callable[[Mapping[str, str], Reading, Collection[str], datetime], Data]] = {
    "household": _household,
    "link": _link,
    "case": _case,
    "stage": _stage_day,
    "energisation": _stage_day,
}
