"""Sent back with reasons, a due date and marked pages; handed over again as a new version; counted."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from archive_service.db.session import Database
from archive_service.errors import Invalid
from archive_service.lifecycle import actions, queries
from archive_service.lifecycle.actions import Mark
from archive_service.people.roles import Role
from tests.lifecycle.test_states import Desk
from tests.support import records
from tests.support.records import NOW

SINCE, UNTIL = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)


def test_a_return_names_the_stage_the_reasons_the_day_and_the_pages(database: Database) -> None:
    """The next submission is a new version, and the return counts as mended."""
    with database.unit_of_work() as session:
        desk = Desk(session)
        desk.submit()
        paper = desk.life().hand_overs[0].papers[0]
        desk.send_back(
            reasons=["other", "unsigned"], note="合同缺末页签字", marks=[Mark(paper.item_id, 1), Mark(paper.item_id)]
        )
        (over,) = desk.life().hand_overs
        back = over.returned
        assert (desk.case.state, over.outcome, over.receiver) == ("returned", "returned", desk.archivist.name)
        assert back is not None
        assert (back.stage, back.reasons, back.due_on) == ("CONTRACT", ("unsigned", "other"), date(2026, 11, 25))
        assert [(one.item_id, one.page_no) for one in back.marks] == [(paper.item_id, 1), (paper.item_id, None)]
        assert [one.application_no for one in queries.owed(session, desk.giver).rows] == [desk.no]
        again = desk.submit()
        assert again.round == 2
        assert queries.owed(session, desk.giver).rows == []
        mended = desk.life().hand_overs[1].returned
        assert mended is not None
        assert mended.mended_at == NOW


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"stage": "NOWHERE"}, "return.stage"),
        ({"reasons": []}, "return.reasons"),
        ({"reasons": ["because"]}, "return.reasons"),
        ({"due_on": date(2026, 11, 19)}, "return.due"),
        ({"reasons": ["other"], "note": " "}, "case.note"),
        ({"marks": [Mark(999_999, 1)]}, "return.marks"),
    ],
)
def test_a_return_that_does_not_say_what_to_do_is_refused(
    database: Database, wrong: dict[str, object], code: str
) -> None:
    """Nothing has changed afterwards."""
    with database.unit_of_work() as session:
        desk = Desk(session)
        desk.submit()
        with pytest.raises(Invalid) as refused:
            desk.send_back(**wrong)
        assert refused.value.code == code
        session.rollback()


def test_a_page_of_another_case_is_not_marked(database: Database) -> None:
    """A mark tells where a page is; it must not tell of other files."""
    with database.unit_of_work() as session:
        desk, other = Desk(session), Desk(session)
        desk.submit(), other.submit()
        theirs = other.life().hand_overs[0].papers[0]
        mine = desk.life().hand_overs[0].papers[0]
        for mark in (Mark(theirs.item_id, 1), Mark(mine.item_id, mine.page_count + 1)):
            with pytest.raises(Invalid):
                desk.send_back(marks=[mark])


def test_first_pass_rate_and_rounds_are_counted(database: Database) -> None:
    """Three cases: one passes at once, one in the third round, one still waits for its second."""
    with database.unit_of_work() as session:
        at_once, third, waits = Desk(session), Desk(session), Desk(session)
        for desk in (at_once, third, waits):
            desk.submit()
        at_once.accept()
        for _ in range(2):
            third.send_back()
            third.submit()
        third.accept()
        waits.send_back()
        waits.submit()
        (row,) = queries.passing(session, at_once.archivist, since=SINCE, until=UNTIL)
        assert (row.answered, row.first_pass, row.taken_in, row.hand_overs) == (3, 1, 2, 4)
        assert (row.receipts, row.late_receipts) == (5, 0)
        assert queries.passing(session, at_once.archivist, since=UNTIL, until=datetime(2027, 1, 1, tzinfo=UTC)) == []


def test_a_receipt_after_its_day_is_late_by_the_clocks_of_the_centre(database: Database) -> None:
    """Given on a Friday, received on the Tuesday just after midnight there, still Monday in Greenwich."""
    with database.unit_of_work() as session:
        desk = Desk(session)
        desk.submit()
        desk.accept(now=datetime(2026, 11, 23, 16, 30, tzinfo=UTC))
        (row,) = queries.passing(session, desk.archivist, since=SINCE, until=UNTIL)
        assert (row.receipts, row.late_receipts) == (1, 1)


def test_lists_of_what_waits_go_on_where_the_last_page_ended(database: Database) -> None:
    """Every row once, oldest or soonest first, and only in units where the viewer has the work."""
    with database.unit_of_work() as session:
        desks = [Desk(session) for _ in range(5)]
        for desk in desks:
            desk.submit()
        by, seen, after = desks[0].archivist, [], None
        while True:
            page = queries.to_receive(session, by, after=after, limit=2)
            seen += [row.application_no for row in page.rows]
            assert page.total == 5
            after = page.next
            if after is None:
                break
        assert seen == [desk.no for desk in desks]
        for late, desk in enumerate(desks):
            desk.send_back(due_on=date(2026, 11, 30 - late))
        first = queries.owed(session, by, limit=3)
        rest = queries.owed(session, by, limit=3, after=first.next)
        assert [row.application_no for row in (*first.rows, *rest.rows)] == [desk.no for desk in reversed(desks)]
        elsewhere = records.viewer(session, at=records.unit(session, "W", below=records.unit(session)))
        assert queries.to_receive(session, records.viewer(session, Role.STAFF)).total == 0
        assert queries.owed(session, elsewhere).total == 0
        with pytest.raises(Invalid):
            queries.owed(session, by, after="2026-13-01:7")
        actions.submit_case(session, desks[0].no, by=by, now=NOW)
