"""What is counted of a case: every measure is one entry here and one column of `households.counted`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True, slots=True)
class Countable:
    """What is known of a case when it is counted."""

    complete: bool
    due_count: int
    satisfied_count: int
    assessable: bool
    filed_on: date | None
    filing_due_on: date | None
    #: Cross-checks that could tell something, and those of them that found a contradiction.
    told: int
    differing: int
    #: Filed papers that came from a scan, and those that the program filed by itself and nobody changed since.
    scanned: int
    untouched: int
    #: How each hand-over that was answered went, by its round from 1: whether its papers were taken in.
    answers: Mapping[int, bool] = field(default_factory=dict)


def _filed_in_time(case: Countable) -> bool:
    return case.filed_on is not None and case.filing_due_on is not None and case.filed_on <= case.filing_due_on


def _filed_late(case: Countable) -> bool:
    return case.filed_on is not None and case.filing_due_on is not None and case.filed_on > case.filing_due_on


def _rounds(case: Countable) -> int:
    """Return the round in which the case was taken in for the first time; what comes after a reopening is another."""
    return min((number for number, taken in case.answers.items() if taken), default=0)


MEASURES: Mapping[str, Callable[[Countable], int]] = {
    "cases": lambda case: 1,
    "complete_cases": lambda case: int(case.complete),
    "due": lambda case: case.due_count,
    "satisfied": lambda case: case.satisfied_count,
    "not_assessable": lambda case: int(not case.assessable),
    "on_time": lambda case: int(_filed_in_time(case)),
    "late": lambda case: int(_filed_late(case)),
    "compared": lambda case: int(case.told > 0),
    "consistent": lambda case: int(case.told > 0 and case.differing == 0),
    "scanned": lambda case: case.scanned,
    "untouched": lambda case: case.untouched,
    "first_answered": lambda case: int(1 in case.answers),
    "first_passed": lambda case: int(case.answers.get(1, False)),
    "taken_in": lambda case: int(any(case.answers.values())),
    "rounds": _rounds,
}


#: Measures that follow from the verdicts of a case alone.
OF_VERDICTS = ("complete_cases", "due", "satisfied", "not_assessable")


def of_verdicts(*, complete: bool, due_count: int, satisfied_count: int, assessable: bool) -> dict[str, int]:
    """Return the measures of a case that follow from its verdicts alone."""
    case = Countable(complete, due_count, satisfied_count, assessable, None, None, 0, 0, 0, 0)
    return {name: MEASURES[name](case) for name in OF_VERDICTS}


def measured(case: Countable) -> dict[str, int]:
    """Return every measure of a case."""
    return {name: measure(case) for name, measure in MEASURES.items()}
