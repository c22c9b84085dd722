"""Until when an object is locked in its store: the longest of all records that hold it, and never sooner than before.

A rule that ends on a day locks until that day begins. What waits for its day, has none, or is kept for good is locked
for a span that is renewed before its half is over: a lock that no one can lift must not outlive a mistake by a century.
The span is never longer than the shortest period of a schedule, so that it ends before a clock that starts today does;
and where a clock may have run for long without anybody knowing its day, it is short.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from archive_service.zone import midnight

#: No span is longer than the shortest period that a schedule can give, a year, less the day on which it is set.
LONGEST_STEP = timedelta(days=364)
#: The span of what comes due on a day that is not known yet: it may lie behind us.
UNKNOWN_STEP = timedelta(days=60)


@dataclass(frozen=True)
class Wish:
    """What is wanted of a lock: it is long enough when it lasts until `least`, and else is set until `until`."""

    least: datetime | None
    until: datetime | None
    held: bool


@dataclass(frozen=True)
class Holder:
    """A record that holds an object: the day from which its rule lets it go, none where there is no such day."""

    due_on: date | None
    held: bool
    #: Without a day: the longest that it may be locked at a time.
    step: timedelta = LONGEST_STEP


def step_of(outcome: str | None) -> timedelta:
    """Return how long something may be locked at a time of which the reckoning says this, none for nothing yet."""
    return LONGEST_STEP if outcome in ("waiting", "permanent") else UNKNOWN_STEP


def wish(holders: Iterable[Holder], *, now: datetime, span: timedelta) -> Wish:
    """Return what is wanted of the lock of an object that these records hold; no day for what is due."""
    least: list[datetime] = []
    until: list[datetime] = []
    held = False
    for one in holders:
        held = held or one.held
        step = min(span, one.step)
        first, last = (now + step / 2, now + step) if one.due_on is None else (midnight(one.due_on),) * 2
        if last > now:
            least.append(first)
            until.append(last)
    return Wish(max(least, default=None), max(until, default=None), held)
