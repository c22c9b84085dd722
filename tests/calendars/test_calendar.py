"""Working days of a unit: announced, its own and those above it; nothing is guessed past the end of the table."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive_service import workdays
from archive_service.calendars import queries
from archive_service.calendars.rules import NATIONAL, Calendar, CalendarEnds, Pause
from archive_service.db.session import Database
from archive_service.errors import Invalid, NotFound, NotPermitted
from archive_service.lifecycle import actions
from archive_service.people.roles import Role
from tests.support import records
from tests.support.records import NOW

NEW_YEAR = {date(2027, 1, 1): (False, "元旦"), date(2027, 1, 2): (True, "调休")}


def test_a_count_past_the_last_known_year_ends_with_a_sentence() -> None:
    """The three days after 30 December 2026 cannot be known before 2027 is announced."""
    with pytest.raises(CalendarEnds, match="节假日表只到 2026-12-31"):
        NATIONAL.add(date(2026, 12, 30), 3)
    assert NATIONAL.add(date(2026, 12, 28), 3) == date(2026, 12, 31)


def test_a_unit_that_entered_the_year_counts_into_it() -> None:
    """Off on the first, and the Saturday after it made up."""
    days = {day: works for day, (works, _) in NEW_YEAR.items()}
    kept = Calendar(days, frozenset({2027}))
    assert kept.add(date(2026, 12, 30), 2) == date(2027, 1, 2)
    with pytest.raises(CalendarEnds):
        Calendar(days, frozenset({2028})).add(date(2026, 12, 30), 3)


def test_days_in_a_pause_do_not_count_and_an_open_pause_has_no_end() -> None:
    """Monday plus three working days, with Wednesday and Thursday out."""
    pause = Pause(date(2026, 11, 18), date(2026, 11, 19))
    assert NATIONAL.add(date(2026, 11, 16), 3, [pause]) == date(2026, 11, 23)
    assert NATIONAL.add(date(2026, 11, 16), 3, [Pause(date(2026, 11, 18), None)]) is None
    assert NATIONAL.add(date(2026, 11, 16), 1, [Pause(date(2026, 11, 18), None)]) == date(2026, 11, 17)


@settings(deadline=None)
@given(st.dates(date(2005, 1, 1), date(2026, 6, 30)), st.integers(0, 40))
def test_without_a_table_of_its_own_a_unit_counts_as_the_country_does(day: date, count: int) -> None:
    """And adding and counting undo each other."""
    assert NATIONAL.add(day, count) == workdays.add_working_days(day, count)
    assert NATIONAL.between(day, workdays.add_working_days(day, count)) == count


@settings(deadline=None)
@given(
    st.dates(date(2020, 1, 1), date(2026, 6, 1)),
    st.integers(0, 20),
    st.lists(st.tuples(st.integers(0, 40), st.integers(0, 10)), max_size=3),
    st.dictionaries(st.dates(date(2020, 1, 1), date(2026, 6, 1)), st.booleans(), max_size=20),
)
def test_adding_and_counting_agree_with_tables_and_pauses(
    start: date, count: int, stops: list[tuple[int, int]], days: dict[date, bool]
) -> None:
    """So many working days lie between a day and the day that is so many later."""
    calendar = Calendar(days)
    pauses = [Pause(start + timedelta(days=first), start + timedelta(days=first + length)) for first, length in stops]
    end = calendar.add(start, count, pauses)
    assert end is not None
    assert calendar.between(start, end, pauses) == count


def test_the_word_of_a_unit_comes_before_that_of_the_units_above_it(database: Database) -> None:
    """A centre may work on a day on which the company rests; other centres do not."""
    day = date(2026, 11, 25)
    with database.unit_of_work() as session:
        root = records.unit(session)
        east, west = records.unit(session, "EAST", below=root), records.unit(session, "WEST", below=root)
        head = records.viewer(session, Role.UNIT_HEAD)
        for code, works in (("ROOT", False), ("EAST", True)):
            table = {day: (works, "停电检修")} if not works else {date(2026, 11, 28): (True, "补班")}
            keep(session, code, 2026, table, head)
        assert not queries.calendar_of(session, east.id).is_working_day(day)
        assert queries.calendar_of(session, east.id).is_working_day(date(2026, 11, 28))
        assert not queries.calendar_of(session, west.id).is_working_day(date(2026, 11, 28))
        view = queries.year_of(session, head, "EAST", 2026)
        assert [(one.unit_name, one.own) for one in view.days] == [(root.name, False), (east.name, True)]


def test_deadlines_of_open_cases_move_with_the_table_and_filed_ones_stay(database: Database) -> None:
    """A case energised at the end of the year has no deadline until the next year is entered."""
    with database.unit_of_work() as session:
        head = records.viewer(session, Role.UNIT_HEAD)
        days = {"ACCEPT": date(2026, 11, 2), "ENERGISE": date(2026, 11, 17)}
        open_, filed, blind = (records.case(session, stages=days) for _ in range(3))
        blind.energised_on, blind.filing_due_on = date(2026, 12, 30), None
        records.everything_due(session, filed)
        records.filed(session, filed)
        assert open_.filing_due_on == date(2026, 11, 20)
        moved = keep(session, "ROOT", 2026, {date(2026, 11, 19): (False, "检修")}, head)
        assert (moved, open_.filing_due_on, filed.filing_due_on) == (1, date(2026, 11, 23), date(2026, 11, 20))
        assert keep(session, "ROOT", 2027, NEW_YEAR, head) == 1
        assert blind.filing_due_on == date(2027, 1, 4)
        assert keep(session, "ROOT", 2027, {}, head, complete=False) == 1
        assert blind.filing_due_on is None


def test_a_case_energised_past_the_end_of_the_table_has_no_deadline_rather_than_a_guess(database: Database) -> None:
    """Registered that way; the pages say why."""
    from archive_service.households.actions.dues import filing_due_on

    with database.unit_of_work() as session:
        at = records.unit(session)
        assert filing_due_on(session, at.id, date(2026, 12, 31), 3) is None
        assert filing_due_on(session, at.id, date(2026, 11, 17), 3) == date(2026, 11, 20)


@pytest.mark.parametrize(
    ("year", "days"),
    [
        (1900, {}),
        (2027, {date(2026, 12, 31): (False, "")}),
        (2027, {date(2027, 1, 4): (True, "周一")}),
        (2027, {date(2027, 1, 1): (False, "长" * 61)}),
        (2027, {date(2027, 1, 1) + timedelta(days=n): (False, "") for n in range(100)}),
    ],
)
def test_a_table_that_cannot_be_one_is_refused(database: Database, year: int, days: dict[date, object]) -> None:
    """A year before the archive, a day of another year, a Monday made up, a name too long, a hundred days off."""
    with database.unit_of_work() as session, pytest.raises(Invalid):
        keep(session, "ROOT", year, days, records.viewer(session, Role.UNIT_HEAD))


def test_only_the_head_of_a_unit_keeps_its_table(database: Database) -> None:
    """Archivists read it; others do not know of the unit."""
    with database.unit_of_work() as session:
        root = records.unit(session)
        records.unit(session, "EAST", below=root)
        away = records.viewer(session, Role.UNIT_HEAD, at=records.unit(session, "WEST", below=root))
        with pytest.raises(NotPermitted):
            keep(session, "EAST", 2027, NEW_YEAR, records.viewer(session))
        with pytest.raises(NotFound):
            keep(session, "EAST", 2027, NEW_YEAR, away)


def keep(session: object, code: str, year: int, days: dict, by: object, *, complete: bool = True) -> int:  # type: ignore[type-arg]
    return actions.keep_year(
        session,
        code,
        year,
        days,
        complete=complete,
        by=by,
        now=NOW,
        filing_due_workdays=3,  # type: ignore[arg-type]
    )
