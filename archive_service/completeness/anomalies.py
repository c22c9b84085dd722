"""What an auditor looks for beside the cross-checks: papers after energisation, dated back, or expired.

Each rule is pure and gives the evidence on the page. Sources: the regulation's articles 10 and 14, and what auditors
say they look for; the tolerance of a dated-back paper is the author's own and a parameter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from archive_service.completeness.observations import (
    APPLICATION_FORMS,
    CONTRACTS,
    REPLIES,
    Agreement,
    CaseFacts,
    Observation,
    Papers,
    Reading,
    day,
    listed,
    observe,
    readings,
)
from archive_service.completeness.rules import HeldItem

AFTER_ENERGISATION, DATED_BACK, EXPIRED, NO_SUCH_DAY = (
    "after-energisation",
    "dated-back",
    "expired",
    "no-such-day",
)
#: Papers that have to be there before the current flows.
_BEFORE_ENERGISATION = (
    *APPLICATION_FORMS,
    "S01",
    *REPLIES,
    "D01",
    "D04",
    "M01",
    "M04",
    "C01",
    "C10",
    *CONTRACTS,
    "T01",
)
#: The stage that the system records for a paper, by the type of the paper.
_STAGES: Mapping[str, str] = {
    **dict.fromkeys(APPLICATION_FORMS, "ACCEPT"),
    "S01": "SURVEY",
    **dict.fromkeys(REPLIES, "SCHEME"),
    **dict.fromkeys(CONTRACTS, "CONTRACT"),
    "T01": "METER",
    "E02": "ENERGISE",
}
#: Proofs and qualifications, and the stage on whose day they have to be valid.
_USED_AT: Mapping[str, str] = {
    **dict.fromkeys(("A05", "A06", "A07", "A08", "A09"), "ACCEPT"),
    "D03": "DESIGN",
    "M02": "INTERIM",
    "K06": "CONTRACT",
}
#: A date before this day is on no paper of a case that a program registered.
_FIRST_DAY = date(1980, 1, 1)
#: Calendar days between paper and system that nobody takes for dating back.
TOLERANCE_DAYS = 3


def check(
    case: CaseFacts, held: Sequence[HeldItem], *, tolerance_days: int = TOLERANCE_DAYS
) -> tuple[Observation, ...]:
    """Return one observation for each rule that is broken, in the order of the rules."""
    ordered = Papers(held)
    dated = [(on, each) for each in readings(ordered, "document_date") if (on := day(each.value)) is not None]
    found = (
        _after_energisation(case, dated),
        _dated_back(case, dated, tolerance_days),
        _expired(case, ordered),
        _no_such_day(dated),
    )
    return tuple(one for one in found if one is not None)


def _after_energisation(case: CaseFacts, dated: Sequence[tuple[date, Reading]]) -> Observation | None:
    energised = case.energised_on
    if energised is None:
        return None
    late = [each for on, each in dated if _type(each) in _BEFORE_ENERGISATION and on > energised]
    if not late:
        return None
    message = f"送电（{energised}）以后才签署的资料：{listed(late)}。请核对是否事后补做。"
    return observe(AFTER_ENERGISATION, Agreement.DIFFERS, late, message)


def _dated_back(case: CaseFacts, dated: Sequence[tuple[date, Reading]], tolerance_days: int) -> Observation | None:
    system = dict(case.stage_dates)
    back = [
        each
        for on, each in dated
        if (stage := _STAGES.get(_type(each))) in system and (system[stage] - on).days > tolerance_days
    ]
    if not back:
        return None
    days = "、".join(f"{system[_STAGES[_type(each)]]}" for each in back[:4])
    message = f"资料上的日期比系统记录的环节日期（{days}）早 {tolerance_days} 天以上：{listed(back)}。请核对是否倒签。"
    return observe(DATED_BACK, Agreement.DIFFERS, back, message)


def _expired(case: CaseFacts, held: Papers) -> Observation | None:
    over = []
    for each in readings(held, "valid_to", types=_USED_AT):
        ends, used = day(each.value), case.stage_dates.get(_USED_AT[_type(each)], case.accepted_on)
        if ends is not None and used is not None and ends < used:
            over.append(each)
    if not over:
        return None
    return observe(EXPIRED, Agreement.DIFFERS, over, f"使用当日证件或资质已过有效期：{listed(over)}。请核对。")


def _no_such_day(dated: Sequence[tuple[date, Reading]]) -> Observation | None:
    odd = [each for on, each in dated if on < _FIRST_DAY]
    if not odd:
        return None
    return observe(NO_SUCH_DAY, Agreement.DIFFERS, odd, f"日期不合情理：{listed(odd)}。请核对原件。")


def _type(reading: Reading) -> str:
    return reading.item.document_type if reading.item else ""
