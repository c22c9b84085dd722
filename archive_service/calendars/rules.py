"""Count in the working days of a unit: what it keeps itself, else what the State Council announced. Pure.

A count that would run past the last year whose make-up days are known ends with CalendarEnds: nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from archive_service import workdays
from archive_service.errors import Invalid, Refused

_ONE_DAY = timedelta(days=1)
EARLIEST, LATEST = date(1950, 1, 1), date(2200, 12, 31)
LONGEST_NAME = 60
#: More days off in a row than any holiday has; a table that says so was mistyped.
_MOST_OFF = 30


class CalendarEnds(Refused):
    """The holiday table ends before the day that is asked for."""


@dataclass(frozen=True)
class Pause:
    """Days on which a clock stands still, both included; without a last day it still stands."""

    first: date
    last: date | None


@dataclass(frozen=True)
class Calendar:
    """The working days of a unit."""

    #: What the unit, or one above it, says of single days: worked on or not.
    days: Mapping[date, bool] = field(default_factory=dict)
    #: Years that the unit, or one above it, has entered completely.
    years: frozenset[int] = frozenset()

    @property
    def last_known(self) -> date:
        """Return the last day up to which all holidays and make-up days are known."""
        year = workdays.last_settled_year()
        while year + 1 in self.years:
            year += 1
        return date(year, 12, 31)

    def is_working_day(self, day: date) -> bool:
        """Say whether the unit works on `day`. Raises CalendarEnds when that is not known yet."""
        if day > self.last_known:
            raise self._ends(day)
        kept = self.days.get(day)
        return workdays.is_working_day(day) if kept is None else kept

    def add(self, day: date, count: int, pauses: Sequence[Pause] = ()) -> date | None:
        """Return the `count`-th working day after `day`; days in a pause do not count, none while one lasts.

        Raises CalendarEnds.
        """
        last_known = self.last_known
        while count:
            day += _ONE_DAY
            if day > last_known:
                raise self._ends(day)
            if any(one.first <= day and one.last is None for one in pauses):
                return None
            if any(one.last is not None and one.first <= day <= one.last for one in pauses):
                continue
            count -= self.is_working_day(day)
        return day

    def between(self, start: date, end: date, pauses: Sequence[Pause] = ()) -> int:
        """Return how many working days follow `start` up to and including `end`, without those in a pause.

        Raises CalendarEnds.
        """
        if end <= start:
            return 0
        if not pauses and not self.days and end <= self.last_known:
            return workdays.working_days_between(start, end)
        count, day = 0, start
        while day < end:
            day += _ONE_DAY
            paused = any(one.first <= day and (one.last is None or day <= one.last) for one in pauses)
            count += self.is_working_day(day) and not paused
        return count

    def _ends(self, day: date) -> CalendarEnds:
        last = self.last_known
        return CalendarEnds(
            "calendar.ends",
            f"节假日表只到 {last.isoformat()}，不能推算 {last.year + 1} 年的期限。"
            f"国务院公布 {last.year + 1} 年放假安排后，请单位负责人在节假日表中录入。",
            known_until=last.isoformat(),
            asked=day.isoformat(),
        )


#: What holds where no unit keeps anything itself.
NATIONAL = Calendar()


def check_days(days: Mapping[date, bool], names: Mapping[date, str], *, year: int) -> None:
    """Refuse a table of a year that cannot be one. Raises Invalid, naming the day."""
    if not EARLIEST.year <= year <= LATEST.year:
        raise Invalid("calendar.year", f"年份 {year} 不对。请填写 {EARLIEST.year} 到 {LATEST.year} 之间的年份。")
    for day, works in days.items():
        if day.year != year:
            raise Invalid("calendar.day", f"{day.isoformat()} 不在 {year} 年。请核对这一行。", day=day.isoformat())
        if works and day.weekday() < 5:
            raise Invalid(
                "calendar.day",
                f"{day.isoformat()} 本来就是工作日，不是调休。请核对这一行。",
                day=day.isoformat(),
            )
        if len(names.get(day, "")) > LONGEST_NAME:
            raise Invalid("calendar.day", f"{day.isoformat()} 的名称最多 {LONGEST_NAME} 字。请缩短后再试。")
    if sum(not works for works in days.values()) > 3 * _MOST_OFF:
        raise Invalid("calendar.day", "放假的日子太多，不像一年的放假安排。请核对后再试。")
