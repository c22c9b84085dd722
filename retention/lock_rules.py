"""Until when an object is locked in its store: the longest of all records that hold it, and never sooner than before.

A rule that ends on a day locks until that day begins. What waits for its day, has none, or is kept for good is locked
for a span that is renewed before its half is over: a lock that no one can lift must not outlive a mistake by a century.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from archive_service.zone import midnight


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


def wish(holders: Iterable[Holder], *, now: datetime, span: timedelta) -> Wish:
    """Return what is wanted of the lock of an object that these records hold; no day for what is due."""
    least: list[datetime] = []
    until: list[datetime] = []
    held = False
    for one in holders:
        held = held or one.held
        first, last = (now + span / 2, now + span) if one.due_on is None else (midnight(one.due_on),) * 2
        if last > now:
            least.append(first)
            until.append(last)
    return Wish(max(least, default=None), max(until, default=None), held)
