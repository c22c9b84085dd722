"""Working days of mainland China, with make-up days."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive_service.workdays import add_working_days, is_settled, is_working_day, working_days_between


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2026, 9, 30), True),
        (date(2026, 10, 1), False),
        (date(2026, 10, 10), True),  # a Saturday made up for the National Day week
        (date(2026, 10, 11), False),
        (date(2024, 2, 4), True),  # a Sunday before the Spring Festival
        (date(2024, 2, 12), False),
        (date(2014, 1, 26), True),
    ],
)
def test_holidays_are_off_and_make_up_days_are_on(day, expected):
    """As announced by the State Council for the year."""
    assert is_working_day(day) is expected


def test_three_working_days_after_energising_before_the_national_day():
    """The filing deadline of a household energised on 29 September 2026 is 9 October."""
    assert add_working_days(date(2026, 9, 29), 3) == date(2026, 10, 9)


def test_a_make_up_day_counts():
    """From Friday 13 February 2026 the next working day is Saturday the 14th."""
    assert add_working_days(date(2026, 2, 13), 1) == date(2026, 2, 14)


def test_a_count_that_crosses_the_year_uses_both_years():
    """The new year's holiday of the next year is off."""
    assert add_working_days(date(2025, 12, 31), 1) == date(2026, 1, 4)


def test_days_are_not_counted_backwards():
    """A negative deadline is a fault of the caller."""
    with pytest.raises(ValueError, match="negative"):
        add_working_days(date(2026, 1, 5), -1)


def test_a_year_not_announced_yet_is_said_to_be_unsettled():
    """Its make-up days are not known, its fixed holidays are."""
    assert is_settled(2025)
    assert not is_settled(2099)
    assert not is_working_day(date(2035, 10, 1))


@given(st.dates(date(2005, 1, 1), date(2030, 12, 31)), st.integers(0, 60))
def test_adding_and_counting_agree(day, count):
    """The deadline is a working day, and as many working days away as was said."""
    due = add_working_days(day, count)
    assert working_days_between(day, due) == count
    assert count == 0 or is_working_day(due)
    assert working_days_between(due, day - timedelta(days=1)) == 0
