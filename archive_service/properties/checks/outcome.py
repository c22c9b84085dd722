"""What a check says: passed, failed or not checked; and never anything without saying what it saw."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from archive_service.properties.facts import Facts

#: Places that evidence names one by one; the rest is counted.
_NAMED = 10
_LONGEST = 500


class Result(StrEnum):
    """How an item stands in a run."""

    PASSED = "passed"
    FAILED = "failed"
    #: A person has to answer before the run can end well.
    OPEN = "open"
    NOT_CHECKED = "not_checked"
    NOT_APPLICABLE = "not_applicable"


@dataclass(frozen=True)
class Outcome:
    """A result with its evidence, a sentence. Papers are named by number: evidence outlives what it is about."""

    result: Result
    evidence: str


def passed(evidence: str) -> Outcome:
    """Say that all is well, and what was seen. Raises ValueError without evidence."""
    if not evidence.strip():
        raise ValueError("nothing passes without evidence")
    return Outcome(Result.PASSED, evidence[:_LONGEST])


def failed(evidence: str) -> Outcome:
    """Say what is wrong."""
    return Outcome(Result.FAILED, evidence[:_LONGEST])


def not_checked(why: str) -> Outcome:
    """Say why nothing can be said."""
    return Outcome(Result.NOT_CHECKED, why[:_LONGEST])


def judged(wrong: Iterable[str], seen: str) -> Outcome:
    """Return failed with the places that are wrong, or passed with what was seen."""
    places = list(dict.fromkeys(wrong))
    if not places:
        return passed(seen)
    more = f"，另有 {len(places) - _NAMED} 处" if len(places) > _NAMED else ""
    return failed("；".join(places[:_NAMED]) + more + "。")


def without_papers(facts: Facts) -> Outcome:
    """Say that there is nothing: wrong where papers were handed over before, else nothing to look at."""
    if any(one.steps or one.places for one in facts.cases):
        return failed("移交或归档过的案件里没有任何资料。")
    return not_checked("还没有资料。")


def paper(number: int) -> str:
    """Return how evidence names a paper."""
    return f"第 {number:03d} 件"
