"""The longest of all records that hold an object says until when it is locked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive_service.zone import local, midnight
from retention.lock_rules import UNKNOWN_STEP, Holder, Wish, step_of, wish
from retention.rules import plus_years

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
SPAN = timedelta(days=364)
HOLDERS = st.lists(
    st.builds(
        Holder,
        st.none() | st.integers(-4000, 40_000).map(lambda days: NOW.date() + timedelta(days=days)),
        st.booleans(),
    ),
    max_size=6,
)
EARLIEST = datetime.min.replace(tzinfo=UTC)


@settings(max_examples=150, derandomize=True, database=None, deadline=None)
@given(HOLDERS, HOLDERS)
def test_one_record_more_never_shortens_a_lock(first: list[Holder], more: list[Holder]) -> None:
    """Nor does it lift a hold; and what is set is always enough."""
    few, all_ = (wish(some, now=NOW, span=SPAN) for some in (first, first + more))
    for one in (few, all_):
        assert (one.least is None) == (one.until is None)
        assert one.least is None or NOW < one.least <= (one.until or NOW)
    assert (all_.least or EARLIEST) >= (few.least or EARLIEST)
    assert (all_.until or EARLIEST) >= (few.until or EARLIEST)
    assert all_.held >= few.held


def test_a_day_locks_until_it_begins_and_no_day_for_a_span() -> None:
    """What is due is no longer locked; a record without a day is longer than one that is due tomorrow."""
    due, tomorrow, far = (NOW.date() + timedelta(days=days) for days in (0, 1, 3000))
    assert wish([Holder(due, held=False)], now=NOW, span=SPAN) == Wish(None, None, held=False)
    assert wish([Holder(far, held=True)], now=NOW, span=SPAN) == Wish(midnight(far), midnight(far), held=True)
    both = wish([Holder(tomorrow, held=False), Holder(None, held=False)], now=NOW, span=SPAN)
    assert both == Wish(NOW + SPAN / 2, NOW + SPAN, held=False)


def test_a_day_within_the_span_is_not_forgotten_for_a_record_without_one() -> None:
    """A lock that is long enough for the span still has to reach the day."""
    day = NOW.date() + timedelta(days=300)
    both = wish([Holder(day, held=False), Holder(None, held=False)], now=NOW, span=SPAN)
    assert both == Wish(midnight(day), NOW + SPAN, held=False)


@pytest.mark.parametrize("outcome", ["waiting", "permanent", "unknown", None])
@pytest.mark.parametrize("span", [30, 364, 3650])
def test_no_span_outlasts_a_clock_that_starts_today(outcome: str | None, span: int) -> None:
    """Whatever is set: the shortest period is a year, and a day that is not known may lie far behind us."""
    for hours in (0, 13, 23):
        now = NOW.replace(hour=hours)
        found = wish([Holder(None, held=False, step=step_of(outcome))], now=now, span=timedelta(days=span))
        assert found.until is not None
        assert found.until <= midnight(plus_years(local(now).date(), 1))
        assert (outcome is not None and outcome != "unknown") or found.until <= now + UNKNOWN_STEP
