"""Count in working days of mainland China: weekends and holidays off, make-up Saturdays and Sundays on.

The holidays of a year are announced in the autumn before. For years not announced yet only the fixed and lunar
holidays are known, not the make-up days; `is_settled` says which is which.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache
from itertools import accumulate

import holidays
from holidays.countries.china import China

_ONE_DAY = timedelta(days=1)
#: A year that every version of the table that this program runs with knows completely.
_SURELY_SETTLED = 2020


def is_working_day(day: date) -> bool:
    """Say whether offices work on `day`."""
    return _year(day.year).is_working_day(day)


def add_working_days(day: date, count: int) -> date:
    """Return the `count`-th working day after `day`, which itself does not count; `count` may not be negative."""
    if count < 0:
        raise ValueError("count of working days must not be negative")
    while count:
        day += _ONE_DAY
        count -= is_working_day(day)
    return day


def working_days_between(start: date, end: date) -> int:
    """Return how many working days follow `start` up to and including `end`; 0 if `end` is not later."""
    if end <= start:
        return 0
    # Deadlines may lie years back, and a page shows fifty of them: each year is counted once.
    whole = sum(_within(year)[-1] for year in range(start.year, end.year))
    return whole + _within(end.year)[_day_of(end)] - _within(start.year)[_day_of(start)]


def is_settled(year: int) -> bool:
    """Say whether the make-up days of `year` are known; every announced year since 2000 has some."""
    return any(day.year == year for day in _year(year).weekend_workdays)


def _day_of(day: date) -> int:
    return day.timetuple().tm_yday


@lru_cache(maxsize=256)
def _within(year: int) -> tuple[int, ...]:
    """Return how many working days of the year are past at the end of its n-th day, from 0."""
    days = (date(year, 12, 31) - date(year, 1, 1)).days + 1
    first = date(year, 1, 1)
    return (0, *accumulate(is_working_day(first + timedelta(days=ahead)) for ahead in range(days)))


@lru_cache(maxsize=64)
def _year(year: int) -> China:
    calendar = holidays.country_holidays("CN", years=year, expand=False)
    assert isinstance(calendar, China)
    return calendar


@lru_cache(maxsize=1)
def last_settled_year() -> int:
    """Return the last year whose make-up days are known; what comes after it is not announced yet."""
    year = _SURELY_SETTLED
    while is_settled(year + 1):
        year += 1
    return year
