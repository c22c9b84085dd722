"""Which readings the audit administrator is shown."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from archive_service.audit.flags import MASS, NIGHT, OWN, Flag, Limits, Reading, find
from archive_service.zone import local

#: Ten in the morning at the service centres.
MORNING = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
LIMITS = Limits(households_hour=3, day=(time(6), time(22)))


def reading(seq: int, account: str, minutes: float = 0, *, person: int = 1, unmasked: bool = False) -> Reading:
    return Reading(seq, MORNING + timedelta(minutes=minutes), person, f"P{person}", account, unmasked)


def flags(*readings: Reading, own: dict[int, frozenset[str]] | None = None) -> list[Flag]:
    return find(readings, own=own or {}, limits=LIMITS, local=local)


def test_ordinary_reading_by_day_is_not_flagged() -> None:
    """As many households an hour as the limit allows, again and again."""
    assert flags(*(reading(n, f"A{n}", n * 20.0) for n in range(1, 12))) == []


def test_more_households_than_the_limit_within_an_hour_are_one_flag() -> None:
    """From the first reading of that hour to the last; the calm readings before are left out."""
    calm = reading(1, "A0", -200)
    (flag,) = flags(calm, *(reading(n, f"A{n}", n, unmasked=n == 4) for n in range(2, 8)))
    assert (flag.kind, flag.first_seq, flag.last_seq, len(flag.accounts), flag.unmasked) == (MASS, 2, 7, 6, 1)


def test_the_same_household_again_and_again_is_no_mass() -> None:
    """Households count, not readings, and each person for themselves."""
    assert flags(*(reading(n, "A1", n) for n in range(1, 20))) == []
    assert flags(*(reading(n, f"A{n}", n, person=n) for n in range(1, 20))) == []


def test_two_bursts_are_two_flags() -> None:
    """With an hour of rest between them."""
    first = [reading(n, f"A{n}", n) for n in range(1, 6)]
    again = [reading(10 + n, f"B{n}", 300 + n) for n in range(1, 6)]
    assert [(flag.kind, flag.first_seq) for flag in flags(*first, *again)] == [(MASS, 11), (MASS, 1)]


def test_reading_outside_of_the_hours_is_one_flag_a_night() -> None:
    """The hours are local: 22:00 is night, 06:00 is day, and midnight parts no night."""
    late, past_midnight, early = (reading(n, "A1", m) for n, m in ((1, 12 * 60), (2, 15 * 60), (3, 20 * 60)))
    (flag,) = flags(late, past_midnight, early)
    assert (flag.kind, flag.first_seq, flag.last_seq) == (NIGHT, 1, 2)
    assert flags(reading(1, "A1", 12 * 60 - 1)) == []


def test_ones_own_file_is_flagged_for_the_person_whose_it_is() -> None:
    """Nobody else's reading of it is."""
    own = {1: frozenset({"A1"})}
    (flag,) = flags(reading(1, "A1"), reading(2, "A2"), reading(3, "A1", person=2), own=own)
    assert (flag.kind, flag.person_id, flag.accounts) == (OWN, 1, ("A1",))


def test_hours_over_midnight_are_understood() -> None:
    """A control room works from evening to morning."""
    found = find([reading(1, "A1")], own={}, limits=Limits(9, (time(20), time(8))), local=local)
    assert [flag.kind for flag in found] == [NIGHT]
