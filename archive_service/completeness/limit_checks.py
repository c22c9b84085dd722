"""XC09: whether the stages kept their limits in working days, or the reason for being late was written down."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from archive_service import workdays
from archive_service.completeness.observations import (
    APPLICATION_FORMS,
    REPLIES,
    Agreement,
    CaseFacts,
    Observation,
    Papers,
    Reading,
    day,
    observe,
    readings,
)

_RULE = "XC09"


@dataclass(frozen=True, slots=True)
class _Point:
    """Where a step begins or ends: the day of a stage, or of papers."""

    stage: str | None
    papers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Step:
    """A step with a limit; `stage` is the one that answers for it."""

    name: str
    stage: str
    begins: _Point
    ends: _Point
    #: Working days for a case; none: no limit for such a case.
    limit: Callable[[CaseFacts], int | None]


def _reply(case: CaseFacts) -> int | None:
    high = 30 if case.conditions.get("multi") else 15
    return {"LR": 3, "LN": 7, "HV": high}.get(case.category)


def _high(days: int) -> Callable[[CaseFacts], int | None]:
    return lambda case: days if case.category == "HV" else None


#: Reply S6, S7 (15 and 30 days; 3 and 7 OWN), review S6, S7, inspections and energising S7. All are defaults.
STEPS: tuple[_Step, ...] = (
    _Step("供电方案答复", "SCHEME", _Point("ACCEPT", APPLICATION_FORMS), _Point("SCHEME", REPLIES), _reply),
    _Step("设计审查", "DESIGN", _Point(None, ("D01",)), _Point(None, ("D04",)), _high(10)),
    _Step("中间检查", "INTERIM", _Point(None, ("M01",)), _Point(None, ("M04",)), _high(5)),
    _Step("竣工检验", "COMPLETE", _Point(None, ("C01",)), _Point(None, ("C10",)), _high(5)),
    _Step("装表接电", "ENERGISE", _Point("COMPLETE", ("C10",)), _Point("ENERGISE", ("E02",)), _high(5)),
)


def xc09(case: CaseFacts, held: Papers) -> Observation:
    """Each step of the case took no more working days than its limit, or its lateness has a reason."""
    late: list[str] = []
    excused: list[str] = []
    unsettled: list[str] = []
    evidence: list[Reading] = []
    kept: list[Reading] = []
    for step in STEPS:
        limit = case.limits.get(step.stage, step.limit(case)) if case.limits else step.limit(case)
        for begun, ended in _spans(step, case, held) if limit is not None else ():
            if not workdays.is_settled(ended[0].year) and ended[0] > begun[0]:
                unsettled.append(step.name)
                continue
            took = workdays.working_days_between(begun[0], ended[0])
            if took <= (limit or 0):
                kept += [begun[1], ended[1]]
                continue
            reason = case.late_reasons.get(step.stage)
            said = f"{step.name}用了 {took} 个工作日（时限 {limit}，{begun[0]} 至 {ended[0]}）"
            (excused if reason else late).append(said + (f"，原因：{reason}" if reason else ""))
            evidence += [begun[1], ended[1]]
    if late:
        more = f"；另有已说明原因的：{'；'.join(excused)}" if excused else ""
        return observe(
            _RULE, Agreement.DIFFERS, evidence, f"环节超时限：{'；'.join(late)}{more}。请补充原因，或核对日期。"
        )
    if excused:
        return observe(_RULE, Agreement.AGREES, evidence, f"超时限的环节都有原因：{'；'.join(excused)}。")
    if unsettled:
        names = "、".join(dict.fromkeys(unsettled))
        return observe(
            _RULE, Agreement.CANNOT_TELL, kept, f"节假日表还没有覆盖所涉年份，无法计算：{names}。请更新节假日表。"
        )
    if kept:
        return observe(_RULE, Agreement.AGREES, kept, f"{len(kept) // 2} 个环节都在时限内。")
    return observe(_RULE, Agreement.CANNOT_TELL, [], "没有同时读到环节的起止日期，无法核对时限。")


_Dated = tuple[date, Reading]


def _spans(step: _Step, case: CaseFacts, held: Papers) -> list[tuple[_Dated, _Dated]]:
    """Return each end of the step with the beginning before it; with rounds, each round by itself."""
    begins, ends = _days(step.begins, case, held), _days(step.ends, case, held)
    if step.ends.stage is not None:
        # Not a matter of rounds: the first answer counts.
        ends = ends[:1]
        begins = begins[-1:] if step.stage == "ENERGISE" else begins[:1]
    spans = []
    for end in ends:
        before = [begin for begin in begins if begin[0] <= end[0]]
        if before:
            spans.append((before[-1], end))
    return spans


def _days(point: _Point, case: CaseFacts, held: Papers) -> list[_Dated]:
    known = _system_day(point.stage, case)
    if known is not None:
        return [(known, Reading(None, f"stage_{point.stage}_on", known.isoformat()))]
    found = readings(held, "document_date", types=point.papers)
    return sorted(
        ((on, each) for each in found if (on := day(each.value)) is not None), key=lambda pair: (pair[0], _id(pair[1]))
    )


def _id(reading: Reading) -> int:
    return reading.item.id if reading.item else 0


def _system_day(stage: str | None, case: CaseFacts) -> date | None:
    if stage is None:
        return None
    ends = {"ACCEPT": case.accepted_on, "ENERGISE": case.energised_on}
    return case.stage_dates.get(stage) or ends.get(stage)
