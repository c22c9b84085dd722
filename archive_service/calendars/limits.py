"""Time limits of the stages and of filing, from a data file; each clock says when it is due and how it stands. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from importlib import resources
from typing import Any, Literal

import yaml

from archive_service.calendars.rules import Calendar, CalendarEnds, Pause

Standing = Literal["met", "late", "running", "soon", "overdue", "paused", "unknown"]
#: Working days before its end from which a clock counts as due soon.
SOON_WORKDAYS = 2


@dataclass(frozen=True)
class Limit:
    """How many working days a stage has, from what on, for whom, and since when."""

    stage: str
    #: Code of a stage, or of a type of paper whose date begins the clock.
    after: str
    categories: frozenset[str]
    #: single | multi | any
    sources: str
    workdays: int
    effective_from: date
    source: str


@dataclass(frozen=True)
class Family:
    """Papers of a family are to be filed so many working days after their date."""

    family: str
    document_types: frozenset[str]
    workdays: int
    effective_from: date
    source: str


@dataclass(frozen=True)
class Clock:
    """A time limit of a case and how it stands."""

    #: A stage, or the family of papers to be filed.
    of: str
    begun_on: date
    workdays: int
    #: None while it stands still, or where the holiday table ends before it.
    due_on: date | None
    done_on: date | None
    standing: Standing
    #: Working days over the limit, where it is known.
    over: int = 0


@lru_cache(maxsize=1)
def limits() -> tuple[Limit, ...]:
    """Return all limits of stages, in the order of the file."""
    return tuple(
        Limit(
            stage=one["stage"],
            after=one["after"],
            categories=frozenset(one["categories"]),
            sources=one["sources"],
            workdays=one["workdays"],
            effective_from=one["effective_from"],
            source=one["source"],
        )
        for one in _read()["stages"]
    )


@lru_cache(maxsize=1)
def families() -> tuple[Family, ...]:
    """Return the families of papers with filing limits of their own."""
    return tuple(
        Family(one["family"], frozenset(one["document_types"]), one["workdays"], one["effective_from"], one["source"])
        for one in _read()["families"]
    )


def limit_of(stage: str, *, category: str, multi: bool | None, on: date) -> Limit | None:
    """Return the limit of a stage for a case whose clock begins `on`; none where there is none.

    `multi` says whether the customer has several supplies; none, that nobody knows: the longer limit counts then.
    """
    fitting = [
        one
        for one in limits()
        if one.stage == stage
        and category in one.categories
        and one.effective_from <= on
        and (multi is None or one.sources in ("any", "multi" if multi else "single"))
    ]
    return max(fitting, key=lambda one: (one.effective_from, one.workdays), default=None)


def clocks(
    days: Mapping[str, date],
    papers: Mapping[str, date],
    *,
    category: str,
    multi: bool | None,
    calendar: Calendar,
    today: date,
    pauses: Sequence[Pause] = (),
) -> list[Clock]:
    """Return the clocks of a case that have begun; `days` are of its stages, `papers` the first date of each type."""
    found = []
    for stage in dict.fromkeys(one.stage for one in limits()):
        after = next(one.after for one in limits() if one.stage == stage)
        begun = days.get(after) or papers.get(after)
        limit = limit_of(stage, category=category, multi=multi, on=begun) if begun else None
        if begun and limit:
            found.append(clock(stage, begun, limit.workdays, days.get(stage), calendar, today=today, pauses=pauses))
    return found


def clock(
    of: str,
    begun: date,
    workdays: int,
    done: date | None,
    calendar: Calendar,
    *,
    today: date,
    pauses: Sequence[Pause] = (),
) -> Clock:
    """Return how a clock stands that began on a day and, perhaps, was met on another."""
    try:
        due = calendar.add(begun, workdays, pauses)
    except CalendarEnds:
        return Clock(of, begun, workdays, None, done, "unknown")
    if due is None:
        met = done is not None
        return Clock(of, begun, workdays, None, done, "met" if met else "paused")
    end = done or today
    if end > due:
        return Clock(of, begun, workdays, due, done, "late" if done else "overdue", _over(calendar, due, end, pauses))
    if done:
        return Clock(of, begun, workdays, due, done, "met")
    left = calendar.between(today, due, pauses)
    return Clock(of, begun, workdays, due, None, "soon" if left <= SOON_WORKDAYS else "running")


def _over(calendar: Calendar, due: date, end: date, pauses: Sequence[Pause]) -> int:
    try:
        return calendar.between(due, end, pauses)
    except CalendarEnds:
        return 0


def _read() -> dict[str, Any]:
    text = resources.files("archive_service.calendars").joinpath("limits.yaml").read_text("utf-8")
    found: dict[str, Any] = yaml.safe_load(text)
    return found
