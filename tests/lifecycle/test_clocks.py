"""Clocks stand still while the customer owes papers; why one was missed is said once and counted."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from archive_service.db.session import Database
from archive_service.errors import Invalid, NotPermitted, Refused
from archive_service.households.tables import CaseFile
from archive_service.lifecycle import actions, queries
from archive_service.people.roles import Role
from archive_service.people.viewer import Viewer
from tests.support import records
from tests.support.records import NOW, TODAY

DAYS = {"ACCEPT": date(2026, 11, 2), "ENERGISE": date(2026, 11, 16)}


def said(by: Viewer, today: date = TODAY) -> dict[str, object]:
    return {"by": by, "now": NOW, "today": today, "filing_due_workdays": 3}


def stop(session: object, case: CaseFile, by: Viewer, first: date = date(2026, 11, 18)) -> None:
    actions.pause_case(session, case.application_no, first_on=first, reason="未交产权证", **said(by))  # type: ignore[arg-type]


def test_a_pause_takes_the_deadline_away_and_gives_it_back_with_its_days_added(database: Database) -> None:
    """Due on the 19th; paused from the 18th to Friday the 20th, so due on Tuesday the 24th."""
    with database.unit_of_work() as session:
        case, by = records.case(session, stages=DAYS), records.viewer(session, Role.STAFF)
        assert case.filing_due_on == date(2026, 11, 19)
        stop(session, case, by)
        assert case.filing_due_on is None
        with pytest.raises(Refused) as refused:
            stop(session, case, by)
        assert refused.value.code == "pause.lasting"
        actions.resume_case(session, case.application_no, **said(by))  # type: ignore[arg-type]
        assert case.filing_due_on == date(2026, 11, 24)
        with pytest.raises(Refused) as refused:
            actions.resume_case(session, case.application_no, **said(by))  # type: ignore[arg-type]
        assert refused.value.code == "pause.none"


def test_a_pause_needs_a_day_that_was_a_reason_and_an_open_case(database: Database) -> None:
    """Neither before the acceptance nor tomorrow; nobody pauses what is filed, and auditors nothing at all."""
    with database.unit_of_work() as session:
        case, by = records.case(session, stages=DAYS), records.viewer(session)
        for day in (date(2026, 11, 1), date(2026, 11, 21)):
            with pytest.raises(Invalid):
                stop(session, case, by, day)
        with pytest.raises(NotPermitted):
            stop(session, case, records.viewer(session, Role.AUDITOR))
        records.everything_due(session, case)
        records.filed(session, case)
        with pytest.raises(Refused) as refused:
            stop(session, case, by)
        assert refused.value.code == "pause.filed"


def test_why_a_clock_was_missed_is_said_once_and_counted(database: Database) -> None:
    """Only of a clock that was missed; the count is by clock and reason."""
    with database.unit_of_work() as session:
        case, by = records.case(session, stages=DAYS), records.viewer(session)

        def why(clock: str, code: str = "customer", note: str = "") -> None:
            actions.say_why_late(session, case.application_no, clock=clock, code=code, note=note, **said(by))  # type: ignore[arg-type]

        for wrong, kind in ((("VISIT", "moon"), Invalid), (("VISIT", "other"), Invalid), (("DESIGN",), Refused)):
            with pytest.raises(kind):
                why(*wrong)
        why("FILING")
        why("VISIT", "other", "雪灾")
        with pytest.raises(Refused) as refused:
            why("FILING", "staff")
        assert refused.value.code == "lateness.said"
        month = {"since": datetime(2026, 11, 1, tzinfo=UTC), "until": datetime(2026, 12, 1, tzinfo=UTC)}
        assert queries.lateness(session, by, **month) == [("FILING", "customer", 1), ("VISIT", "other", 1)]
        away = records.viewer(session, at=records.unit(session, "W", below=records.unit(session)))
        assert queries.lateness(session, away, **month) == []
        assert queries.reasons_of(session, by, case.application_no)["VISIT"] == ("other", "雪灾")


def test_a_stage_whose_end_nobody_recorded_stands_still_once_the_case_is_filed(database: Database) -> None:
    """It was late by so many days when the case was filed, and is late by as many a year later."""
    with database.unit_of_work() as session:
        case, by = records.case(session, stages=DAYS), records.viewer(session)
        records.everything_due(session, case)
        records.filed(session, case)

        def scheme(today: date) -> tuple[str, int]:
            clocks = queries.case_clocks(session, by, case.application_no, today=today, filing_due_workdays=3)
            return next((one.standing, one.over) for one in clocks if one.of == "SCHEME")

        assert scheme(TODAY)[0] == "overdue"
        assert scheme(date(2027, 11, 22)) == scheme(TODAY)
