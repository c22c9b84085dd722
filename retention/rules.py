"""How long a paper is kept, and why: pure.

The longest holds, among the rules that fit a paper and among the papers of a case; a day that is missing or makes no
sense counts as longer than any day, so that nothing comes due by an error. Source: domain 5.9; docs/decisions/0043.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from retention.schedule import Rule, Schedule, Trigger

DATE, WAITING, UNKNOWN, PERMANENT = "date", "waiting", "unknown", "permanent"
#: From short to long; a day that is not known is never taken for one that has come.
_LENGTH = {DATE: 0, WAITING: 1, UNKNOWN: 2, PERMANENT: 3}
_WORDS = {
    Trigger.ACCOUNT_CLOSED: "销户",
    Trigger.SUPERSEDED: "被新件取代",
    Trigger.CONTRACT_ENDED: "合同终止",
    Trigger.INSTALLATION_REPLACED: "受电装置更换",
    Trigger.FIXED_DATE: "固定日期",
}


@dataclass(frozen=True)
class Household:
    """What is known of a household; days are none while the thing has not happened."""

    category: str
    statuses: frozenset[str]
    closed: bool
    #: None though it is closed: nobody knows when that was.
    closed_on: date | None


@dataclass(frozen=True)
class Paper:
    """What is known of a paper. Papers of one case are kept together."""

    id: int
    case_id: int | None
    document_type: str
    #: The last day that it speaks of itself: its own date or that of its filing. No clock starts before it.
    latest_on: date
    superseded_on: date | None = None
    contract_ended_on: date | None = None
    replaced_on: date | None = None
    #: A later case brought a paper of the same type, and nobody said whether it took the place of this one.
    unsure: bool = False


@dataclass(frozen=True)
class Due:
    """How long a paper is kept; `due_on` is the first day on which it may be appraised, with the outcome `date`."""

    outcome: str
    due_on: date | None
    starts_on: date | None
    rule: str
    edition: str
    reason: str
    #: How many years it runs once it starts; says which of several that wait to name.
    years: int = field(default=0, compare=False)


def reckon(schedule: Schedule, household: Household, papers: Sequence[Paper], *, today: date) -> dict[int, Due]:
    """Return how long each paper of a household is kept, by its id. A due day never moves because `today` does."""
    own = {paper.id: of_paper(schedule, household, paper, today=today) for paper in papers}
    cases: dict[int, list[Due]] = {}
    for paper in papers:
        if paper.case_id is not None:
            cases.setdefault(paper.case_id, []).append(own[paper.id])
    longest = {case_id: _longest(found) for case_id, found in cases.items()}
    return {
        paper.id: own[paper.id] if paper.case_id is None else _with_case(own[paper.id], longest[paper.case_id])
        for paper in papers
    }


def of_paper(schedule: Schedule, household: Household, paper: Paper, *, today: date) -> Due:
    """Return how long a paper is kept by itself: by the longest of the rules that fit it."""
    fitting = [rule for rule in schedule.rules if fits(rule, household, paper)]
    assert fitting, "every schedule has a rule for everything"
    return _longest(_by_rule(schedule, rule, household, paper, today=today) for rule in fitting)


def fits(rule: Rule, household: Household, paper: Paper) -> bool:
    """Say whether a rule is for a paper."""
    return (
        (not rule.document_types or paper.document_type in rule.document_types)
        and (not rule.categories or household.category in rule.categories)
        and (not rule.statuses or bool(household.statuses & set(rule.statuses)))
    )


def longer(one: Due, other: Due) -> bool:
    """Say whether `one` keeps longer than `other`."""
    return _rank(one) > _rank(other)


def nearer(one: Due, other: Due) -> bool:
    """Say whether `one` lets go sooner than `other`; of two that have no day, the one that will run fewer years."""
    return _named(one) < _named(other)


def plus_years(day: date, years: int) -> date:
    """Return the day so many years later; 29 February becomes 1 March, never a day earlier."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)


def _rank(due: Due) -> tuple[int, date]:
    return _LENGTH[due.outcome], due.due_on or date.max


def _named(due: Due) -> tuple[int, date, int]:
    """Return by what a due is chosen to be named: where none has a day, the one with the most years tells the most."""
    return (*_rank(due), 0 if due.outcome == DATE else due.years)


def _longest(dues: Iterable[Due]) -> Due:
    # Among equals the first rule of the text, so that the reason does not change from one reckoning to the next.
    return max(list(dues), key=_named)


def _with_case(own: Due, case: Due) -> Due:
    if _named(case) <= _named(own):
        return own
    return replace(case, reason=f"随本案件中期限最长的资料：{case.reason}"[:300])


def _by_rule(schedule: Schedule, rule: Rule, household: Household, paper: Paper, *, today: date) -> Due:
    period = schedule.period_of(rule)

    def said(outcome: str, reason: str, *, due_on: date | None = None, starts_on: date | None = None) -> Due:
        words = f"{rule.title_zh}：{reason}"[:300]
        return Due(outcome, due_on, starts_on, rule.code, schedule.edition, words, period.years or 0)

    if period.permanent:
        return said(PERMANENT, "永久保管。")
    assert period.trigger is not None
    assert period.years is not None
    word, years = _WORDS[period.trigger], period.years
    happened, day = _trigger(period, household, paper)
    if not happened:
        return said(WAITING, f"{word}后 {years} 年，还没有开始计算。")
    if day is None:
        asked = "后来有同类资料，请登记是否已被取代或合同是否已终止" if paper.unsure else "请补登后再算"
        return said(UNKNOWN, f"{word}后 {years} 年，但缺少起算日。{asked}，在此之前不到期。")
    if day > today:
        return said(UNKNOWN, f"{word}后 {years} 年，但起算日 {day} 在将来。请核对，在此之前不到期。")
    late = max(day, paper.latest_on)
    if late.year + years > date.max.year:
        return said(UNKNOWN, f"{word}后 {years} 年，但日期 {late} 不合理。请核对，在此之前不到期。")
    note = f"；资料日期 {late} 晚于{word}日，从资料日期起算" if late > day else ""
    reason = f"{word} {day} 后 {years} 年{note}。"
    return said(DATE, reason, due_on=plus_years(late, years), starts_on=late)


def _trigger(period: Rule, household: Household, paper: Paper) -> tuple[bool, date | None]:
    """Return whether the clock has started, and on which day as far as it is known."""
    if period.trigger is Trigger.FIXED_DATE:
        return True, period.starts_on
    own = {
        Trigger.ACCOUNT_CLOSED: None,
        Trigger.SUPERSEDED: paper.superseded_on,
        Trigger.CONTRACT_ENDED: paper.contract_ended_on,
        Trigger.INSTALLATION_REPLACED: paper.replaced_on,
    }[period.trigger or Trigger.ACCOUNT_CLOSED]
    if own is not None:
        return True, own
    if paper.unsure and not household.closed and period.trigger in (Trigger.SUPERSEDED, Trigger.CONTRACT_ENDED):
        # A later paper of the same type is no proof: somebody has to say so, and until then nothing comes due.
        return True, None
    # An account that is closed ends contracts and installations with it.
    return household.closed, household.closed_on
