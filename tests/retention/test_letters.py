"""Letters that answer requests of people are records: kept by the schedule, held with their household, found."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy.orm import Session

from archive_service.db.session import Database
from archive_service.errors import NotPermitted
from archive_service.holds import actions as holds
from archive_service.holds.actions import On
from archive_service.holds.rules import Terms
from archive_service.households.tables import HouseholdFile
from archive_service.lifecycle.tables import ClosedFile
from archive_service.people.roles import Role
from archive_service.people.viewer import Viewer
from archive_service.storage.store import Stored
from archive_service.subjects import actions, queries
from archive_service.subjects.rules import Said, Verdict
from retention import letters, rules
from tests.support import records
from tests.support.records import NOW, TODAY


def answered(session: Session, by: Viewer, head: HouseholdFile, kind: str, asker: str = "王秀英") -> int:
    said = Said(kind, asker, "self", "passport", "", "不再使用我的资料", TODAY)
    made = actions.register(session, by, head.account_no, said, now=NOW, today=TODAY, workdays_to_answer=15)
    letter = Stored(f"{made.id}" * 64, 10, True)
    actions.decide(session, by, made.id, Verdict(kind != "copy", "经核对"), letter, now=NOW)
    return made.id


def filed(session: Session) -> HouseholdFile:
    case = records.case(session)
    records.item(session, case)
    return session.get_one(HouseholdFile, case.household_id)


def closed(session: Session, head: HouseholdFile, day: date) -> None:
    session.add(ClosedFile(household_id=head.id, number=f"S-{head.id}", closed_on=day, reopen_reason=""))
    head.state = "closed"
    session.flush()


def test_a_letter_is_kept_by_the_schedule_and_never_before_its_own_day(database: Database) -> None:
    """It waits while the account is open, and while papers are stored only because of it; a hold shows on it."""
    with database.unit_of_work() as session:
        by = records.viewer(session)
        head = filed(session)
        refused, shut = answered(session, by, head, "copy"), answered(session, by, head, "restrict")
        found = letters.kept(session, head.id, today=TODAY)
        assert {key: (one.due.outcome, one.due.rule, one.held) for key, one in found.items()} == {
            refused: ("waiting", "ANSWERS", False), shut: ("waiting", "ANSWERS", False),
        }  # fmt: skip
        closed(session, head, date(2000, 1, 1))
        found = letters.kept(session, head.id, today=TODAY)
        # Ten years from its own day, for it came long after the closing.
        assert (found[refused].due.outcome, found[refused].due.due_on) == ("date", rules.plus_years(TODAY, 10))
        assert (found[shut].due.outcome, found[shut].due.due_on) == ("waiting", None)
        actions.lift(session, by, shut, reason="本人撤回要求", now=NOW)
        assert letters.kept(session, head.id, today=TODAY)[shut].due == found[refused].due
        terms = Terms("inspection", "专项检查", "检查通知 3 号", TODAY + timedelta(days=60))
        holds.place(session, by, On(accounts=[head.account_no]), terms, now=NOW, today=TODAY)
        assert all(one.held for one in letters.kept(session, head.id, today=TODAY).values())


def test_a_letter_past_its_day_is_listed_until_a_hold_or_a_restriction_keeps_it(database: Database) -> None:
    """Within the units of who keeps the register, from its very day on."""
    with database.unit_of_work() as session:
        by = records.viewer(session)
        head, other = filed(session), filed(session)
        over, shut = answered(session, by, head, "copy"), answered(session, by, head, "restrict")
        answered(session, by, other, "copy")
        closed(session, head, date(2000, 1, 1))
        day = rules.plus_years(TODAY, 10)
        away = records.viewer(session, Role.ARCHIVIST, at=records.unit(session, "FAR"), login="away")

        def past(today: date, who: Viewer = by) -> list[int]:
            return [one.request_id for one in letters.past(session, who, today=today)]

        assert (past(day - timedelta(days=1)), past(day), past(day, away)) == ([], [over], [])
        actions.lift(session, by, shut, reason="本人撤回要求", now=NOW)
        assert past(day) == [over, shut]
        assert [one.request_id for one in letters.past(session, by, today=day, limit=1)] == [over]
        terms = Terms("inspection", "专项检查", "检查通知 3 号", TODAY + timedelta(days=60))
        holds.place(session, by, On(accounts=[head.account_no]), terms, now=NOW, today=TODAY)
        assert past(day) == []
        with pytest.raises(NotPermitted):
            past(day, records.viewer(session, Role.STAFF, login="staff"))


def test_a_request_and_its_letter_are_found_by_number_account_and_who_asked(database: Database) -> None:
    """Within the units of who keeps the register."""
    with database.unit_of_work() as session:
        by = records.viewer(session)
        one, other = filed(session), filed(session)
        first, second = answered(session, by, one, "copy"), answered(session, by, other, "copy", "李%四")
        away = records.viewer(session, Role.ARCHIVIST, at=records.unit(session, "FAR"), login="away")

        def found(text: str, who: Viewer = by, **more: int) -> list[int]:
            return [row.id for row in queries.requests(session, who, text=text, today=TODAY, **more).rows]

        assert found("") == [second, first]
        assert (found("王秀"), found("%"), found("GR-ROOT"), found(one.account_no)) == (
            [first], [second], [second, first], [first],
        )  # fmt: skip
        assert (found("", household_id=other.id), found("王秀", away)) == ([second], [])
