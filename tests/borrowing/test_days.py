"""Days of borrowing: over weekends, holidays, make-up days, the turn of the year; to the minute on the screen."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from archive_service.borrowing import matrix, rules
from archive_service.borrowing.matrix import Way
from archive_service.calendars.rules import NATIONAL, Calendar, CalendarEnds
from archive_service.errors import Invalid, Refused

LIMITS = matrix.edition_on(date(2026, 11, 20)).limits
#: A unit that has entered the first days of 2027 itself: New Year is off, Saturday the 2nd is worked on.
ENTERED = Calendar({date(2027, 1, 1): False, date(2027, 1, 2): True}, frozenset({2027}))


@pytest.mark.parametrize(
    ("out", "days", "due"),
    [
        # Monday to Monday; Friday over one weekend.
        (date(2026, 11, 16), 5, date(2026, 11, 23)),
        (date(2026, 11, 20), 1, date(2026, 11, 23)),
        (date(2026, 11, 20), 5, date(2026, 11, 27)),
        (date(2026, 11, 20), 10, date(2026, 12, 4)),
        # Handed out on a Saturday.
        (date(2026, 11, 21), 1, date(2026, 11, 23)),
        # Spring Festival of 2026: off from 15 to 23 February, Saturdays 14 and 28 worked on.
        (date(2026, 2, 13), 1, date(2026, 2, 14)),
        (date(2026, 2, 13), 5, date(2026, 2, 27)),
        (date(2026, 2, 13), 6, date(2026, 2, 28)),
        # National Day of 2026: off from 1 to 7 October, Saturday 10 worked on.
        (date(2026, 9, 30), 3, date(2026, 10, 10)),
        (date(2026, 9, 30), 5, date(2026, 10, 13)),
    ],
)
def test_a_paper_is_due_after_so_many_working_days(out: date, days: int, due: date) -> None:
    assert rules.due_on(out, days, NATIONAL.add) == due
    assert not rules.is_overdue(due, due)
    assert rules.is_overdue(due, due + timedelta(days=1))


def test_a_paper_is_due_over_the_turn_of_the_year_as_the_unit_says_and_never_as_guessed() -> None:
    assert rules.due_on(date(2026, 12, 31), 1, ENTERED.add) == date(2027, 1, 2)
    assert rules.due_on(date(2026, 12, 31), 2, ENTERED.add) == date(2027, 1, 4)
    last = NATIONAL.last_known
    with pytest.raises(CalendarEnds):
        rules.due_on(last, 1, NATIONAL.add)


def renewed(**said: object) -> date:
    asked: dict[str, object] = {"renewals": 0, "recalled": False, "waiting": 0, "days": 5, **said}
    due, today = date(2026, 11, 27), date(2026, 11, 25)
    return rules.renewed_until(LIMITS, due, today, add=NATIONAL.add, **asked)  # type: ignore[arg-type]


def test_a_renewal_begins_where_the_loan_was_due() -> None:
    assert renewed() == date(2026, 12, 4)
    assert renewed(days=2) == date(2026, 12, 1)
    assert renewed(days=10) == date(2026, 12, 4)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("paper.renew-recalled", {"recalled": True}),
        ("paper.renew-queue", {"waiting": 1}),
        ("paper.renew-limit", {"renewals": 1}),
    ],
)
def test_what_may_not_be_renewed_says_why(code: str, said: dict[str, object]) -> None:
    with pytest.raises(Refused) as refused:
        renewed(**said)
    assert refused.value.code == code


def test_nothing_is_renewed_once_it_is_overdue() -> None:
    due = date(2026, 11, 24)
    said = {"renewals": 0, "recalled": False, "waiting": 0, "days": 5, "add": NATIONAL.add}
    assert rules.renewed_until(LIMITS, due, due, **said) == date(2026, 12, 1)  # type: ignore[arg-type]
    with pytest.raises(Refused) as refused:
        rules.renewed_until(LIMITS, due, date(2026, 11, 25), **said)  # type: ignore[arg-type]
    assert refused.value.code == "paper.renew-overdue"


def test_a_recall_brings_the_day_nearer_and_never_farther() -> None:
    today = date(2026, 11, 20)
    assert rules.recalled_until(LIMITS, date(2026, 12, 4), today, NATIONAL.add) == date(2026, 11, 24)
    assert rules.recalled_until(LIMITS, date(2026, 11, 23), today, NATIONAL.add) == date(2026, 11, 23)


def test_letters_go_the_day_before_then_after_one_and_three_days_then_every_week_to_the_superior_too() -> None:
    due = date(2026, 12, 28)
    sent = {n: rules.reminder(due, due + timedelta(days=n)) for n in range(-5, 26)}
    assert {n: one.to_superior for n, one in sent.items() if one} == {
        -1: False, 1: False, 3: False, 10: True, 17: True, 24: True
    }  # fmt: skip


@pytest.mark.parametrize(
    ("begins", "ends"),
    [
        (datetime(2026, 11, 20, 2, 0, tzinfo=UTC), datetime(2026, 11, 21, 2, 0, tzinfo=UTC)),
        # To the whole minute, never shorter than promised.
        (datetime(2026, 11, 20, 2, 0, 1, tzinfo=UTC), datetime(2026, 11, 21, 2, 1, tzinfo=UTC)),
        (datetime(2026, 12, 31, 15, 59, 59, 999999, tzinfo=UTC), datetime(2027, 1, 1, 16, 0, tzinfo=UTC)),
    ],
)
def test_a_reading_ends_to_the_minute(begins: datetime, ends: datetime) -> None:
    assert rules.ends_at(begins, hours=24) == ends


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe"])
@pytest.mark.parametrize("day", [date(2026, 3, 8), date(2026, 3, 29), date(2026, 10, 4), date(2026, 10, 25)])
def test_no_daylight_change_of_another_zone_makes_a_reading_longer(zone: str, day: date) -> None:
    """Whoever asks with the clock of another zone gets the same hours."""
    begins = datetime(day.year, day.month, day.day, 0, 30, tzinfo=UTC) - timedelta(hours=14)
    for step in range(30):
        moment = begins + timedelta(hours=step)
        assert rules.ends_at(moment, hours=24) - moment == timedelta(hours=24)
        elsewhere = rules.ends_at(moment.astimezone(ZoneInfo(zone)).astimezone(UTC), hours=24)
        assert elsewhere == rules.ends_at(moment, hours=24)


@pytest.mark.parametrize(
    ("way", "days", "fits"),
    [
        (Way.PAPER, 1, True),
        (Way.PAPER, 10, True),
        (Way.PAPER, 11, False),
        (Way.PAPER, 0, False),
        (Way.SCREEN, -1, False),
        (Way.SCREEN, 7, True),
        (Way.SCREEN, 8, False),
        (Way.PRINT, 8, False),
    ],
)
def test_days_beyond_the_limit_are_refused(way: Way, days: int, fits: bool) -> None:
    if fits:
        assert rules.check_days(LIMITS, way, days) == days
        return
    with pytest.raises(Invalid) as refused:
        rules.check_days(LIMITS, way, days)
    assert refused.value.code == "loan.days"
