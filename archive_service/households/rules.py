"""Decisions about household files: numbers, dates that may be set, what may change after registration."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date

from archive_service import masking
from archive_service.errors import Invalid, Refused

ACCEPT, ENERGISE = "ACCEPT", "ENERGISE"
#: Before this day no case was begun that anybody still keeps; 1900-01-01 is what a spreadsheet makes of an empty cell.
EARLIEST = date(1950, 1, 1)
#: Which day after a given one is so many working days later.
AddWorkdays = Callable[[date, int], date | None]

_FIELD_NAME = re.compile(r"[a-z][a-z0-9_]{1,39}")
_LONGEST_REASON = 500
_MARK_WORDS = frozenset({"seen", "not_seen", "doubtful"})


@dataclass(frozen=True)
class Due:
    """When a case must be filed, and why."""

    on: date
    reason: str


def mark_word(word: str) -> str:
    """Return what a person says of a signature or seal; raises Invalid unless it is seen, not_seen or doubtful."""
    if word not in _MARK_WORDS:
        raise Invalid("mark.word", "对签字或盖章只能选“有”“没有”或“看不清”。请重新选择。", given=word[:20])
    return word


def next_item_no(highest: int | None) -> int:
    """Return the number of the next item of a household; numbers of withdrawn items stay taken."""
    return (highest or 0) + 1


def filing_due(energised_on: date | None, *, workdays: int, add_workdays: AddWorkdays) -> Due | None:
    """Return when a case must be filed: so many working days after energisation; none before that."""
    if energised_on is None:
        return None
    on = add_workdays(energised_on, workdays)
    return None if on is None else Due(on, f"送电（{energised_on.isoformat()}）后 {workdays} 个工作日内归档")


def check_stage_days(stages: Mapping[str, date], *, today: date) -> None:
    """Refuse days that have not come yet or that nobody can mean, and an energisation before the acceptance."""
    for stage, day in stages.items():
        if day < EARLIEST:
            raise Invalid(
                "case.date-too-early",
                f"环节 {stage} 的日期 {day.isoformat()} 早于 {EARLIEST.year} 年，多半是系统的缺省日期。请核对后再试。",
                stage=stage,
            )
        if day > today:
            raise Invalid(
                "case.date-in-future", f"环节 {stage} 的日期 {day.isoformat()} 还没有到。请核对后再试。", stage=stage
            )
    accepted, energised = stages.get(ACCEPT), stages.get(ENERGISE)
    if accepted is not None and energised is not None and energised < accepted:
        raise Refused(
            "case.dates-order",
            f"送电日期 {energised.isoformat()} 早于受理日期 {accepted.isoformat()}。请核对后再试。",
            stage=ENERGISE,
        )


def new_stages(
    recorded: Mapping[str, date], given: Mapping[str, date], *, earlier: Collection[tuple[str, date]] = ()
) -> dict[str, date]:
    """Return the days of `given` that are not recorded yet; `earlier` ones were corrected since and are passed over.

    Raises Refused if one differs from what is recorded: completed stage times are never altered (article 14).
    """
    fresh: dict[str, date] = {}
    for stage, day in given.items():
        was = recorded.get(stage)
        if (stage, day) in earlier:
            continue
        if was is not None and was != day:
            raise Refused(
                "case.stage-recorded",
                f"环节 {stage} 的完成日期已记录为 {was.isoformat()}，不能改为 {day.isoformat()}。"
                "如原记录有误，请在“环节时间”中申请更正。",
                stage=stage,
                recorded=was.isoformat(),
                given=day.isoformat(),
            )
        if was is None:
            fresh[stage] = day
    return fresh


def check_unchanged(recorded: Mapping[str, str], given: Mapping[str, str]) -> None:
    """Refuse a change of what a registered case keeps for good: its business type and customer category."""
    for column, was in recorded.items():
        if given[column] != was:
            raise Refused(
                "case.fixed",
                f"申请编号已登记为 {was}，不能改为 {given[column]}。请核对 {column}。",
                column=column,
                recorded=was,
            )


def speaks_for_household(accepted_on: date | None, others: Mapping[str, date | None], application_no: str) -> bool:
    """Say whether a case is the newest of its household, so that name and address are taken from it.

    `others` are the acceptance days of all cases by application number. Undated cases come before dated ones.
    """
    newest = max(
        ((day or date.min, number) for number, day in others.items() if number != application_no),
        default=(date.min, ""),
    )
    return (accepted_on or date.min, application_no) >= newest


def check_reason(reason: str) -> str:
    """Return a reason given by a person, trimmed. Raises Invalid when nothing is said."""
    said = reason.strip()
    if len(said) < 2:
        raise Invalid("item.reason-missing", "请写明原因（至少两个字），原因会留在审计记录中。")
    return said[:_LONGEST_REASON]


#: What personal data may be unmasked for.
PURPOSES = ("inspection", "complaint", "customer-present", "judicial", "other")


def check_unmasking(purpose: str, reason: str) -> str:
    """Return the reason for unmasking, trimmed. Raises Invalid without a purpose of the list and a reason in words."""
    if purpose not in PURPOSES:
        raise Invalid("unmask.purpose", "请从列表中选择解除遮蔽的用途。", given=purpose[:20])
    said = reason.strip().replace("\x00", "")
    if len(said) < 4:
        raise Invalid("unmask.reason", "请写明为什么要看（至少四个字），如单号或来访人；原因会留在审计记录中。")
    return masking.text(said)[:200]


def check_field(name: str, value: str) -> tuple[str, str]:
    """Return name and value of a field given by a person, trimmed and checked; an empty value removes the field.

    Raises Invalid for a name that no field has, a value that is too long, and what should be a day and is none.
    """
    said = value.strip().replace("\x00", "")
    if not _FIELD_NAME.fullmatch(name):
        raise Invalid("item.field-name", "没有这个字段。请从页面上的字段中选择。", name=name[:40])
    if len(said) > 400:
        raise Invalid("item.field-too-long", "字段最多 400 个字。请缩短后再试。", name=name)
    if said and (name == "document_date" or name.endswith(("_date", "_on"))):
        try:
            said = date.fromisoformat(said).isoformat()
        except ValueError:
            raise Invalid("item.field-date", f"“{said[:40]}”不是日期。请写成 2026-11-09 的样子。", name=name) from None
    return name, said
