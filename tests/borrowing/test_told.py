"""Whom borrowing tells what: deciders, who asked, who holds, who waits, and heads when nothing helps."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from archive_service.borrowing import actions
from archive_service.borrowing.notify import remind_deciders, send_letters
from archive_service.borrowing.tables import LoanWish, PaperLoan, ReadingGrant
from archive_service.db.session import Database
from archive_service.notices.queries import view
from archive_service.notices.tables import Notice
from tests.borrowing import world as worlds
from tests.borrowing.test_papers import approved, back, out
from tests.borrowing.world import World, ask, wish
from tests.support.records import NOW


def heard(session: Session, world: World, kind: str) -> list[str]:
    """Who was told something of a kind, by their names in the world."""
    names = {number: who for who, number in world.people.items()}
    return sorted(names[one] for one in session.scalars(select(Notice.person_id).where(Notice.kind == kind)))


def test_those_who_may_decide_are_told_and_then_who_asked(database: Database) -> None:
    with database.unit_of_work() as session:
        world = worlds.build(session)
        first, second = (ask(session, world, "staff", wish(world))[0] for _ in range(2))
        told = heard(session, world, "loan-asked")
        assert set(told) >= {"archivist", "other_archivist"}
        assert not set(told) & {"staff", "far_archivist", "far_head"}
        by = world.viewer(session, "archivist")
        actions.decide(session, by, first, approve=True, now=NOW)
        actions.decide(session, by, second, approve=False, words="理由不足", now=NOW)
        assert heard(session, world, "loan-approved") == heard(session, world, "loan-refused") == ["staff"]
        approval = session.scalars(select(Notice).where(Notice.kind == "loan-approved")).one()
        assert world.accounts["A"] in view(approval, "zh").body
        assert approval.address.startswith("/loans/requests/")


def test_a_reader_hears_of_an_end_that_is_not_their_own(database: Database) -> None:
    with database.unit_of_work() as session:
        world = worlds.build(session)
        for one in (ask(session, world, "staff", wish(world))[0] for _ in range(2)):
            actions.decide(session, world.viewer(session, "archivist"), one, approve=True, now=NOW)
        given, left = session.scalars(select(ReadingGrant.id).order_by(ReadingGrant.id)).all()
        actions.end_reading(session, world.viewer(session, "staff"), given, now=NOW)
        assert heard(session, world, "grant-ended") == []
        assert actions.end_due(session, now=NOW + timedelta(days=2)) == 1
        assert heard(session, world, "grant-ended") == ["staff"]
        assert session.get_one(ReadingGrant, left).ended_at is not None


def test_a_recall_is_told_to_the_holder_and_a_return_to_the_next_in_line(database: Database) -> None:
    with database.unit_of_work() as session:
        world = worlds.build(session)
        loan = out(session, world, approved(session, world, "staff"))
        approved(session, world, "second")
        archivist = world.viewer(session, "archivist")
        actions.recall_paper(session, archivist, loan.id, words="稽查需要", now=NOW)
        assert heard(session, world, "loan-recalled") == ["staff"]
        assert heard(session, world, "loan-turn") == []
        back(session, world, loan)
        # Both papers are back; one wish waits for both and is told once.
        assert heard(session, world, "loan-turn") == ["second"]


@pytest.mark.parametrize(
    ("days", "kinds"),
    [
        (-2, []), (-1, ["loan-due"]), (0, []), (1, ["loan-overdue"]), (2, []), (3, ["loan-overdue"]), (9, []),
        (10, ["loan-overdue", "loan-overdue-superior"]), (17, ["loan-overdue", "loan-overdue-superior"]),
    ],
)  # fmt: skip
def test_letters_go_out_on_their_days_once(database: Database, days: int, kinds: list[str]) -> None:
    """The day before, one and three days after, then every week and to the head of the holder's unit as well."""
    with database.unit_of_work() as session:
        world = worlds.build(session)
        loan = out(session, world, approved(session, world, "staff"))
        today = session.get_one(PaperLoan, loan.id).due_on + timedelta(days=days)
        assert send_letters(session, today, now=NOW) == len(kinds)
        assert send_letters(session, today, now=NOW) == 0
        told = select(Notice.kind).where(Notice.kind.in_(("loan-due", "loan-overdue", "loan-overdue-superior")))
        assert sorted(session.scalars(told)) == kinds
        if "loan-overdue-superior" in kinds:
            assert heard(session, world, "loan-overdue-superior") == ["head"]


def test_a_wish_that_nobody_decided_in_time_is_told_to_deciders_and_leader_once(database: Database) -> None:
    """Not on its last day; from the day after each once, never who asked; what is decided is not late."""
    with database.unit_of_work() as session:
        world = worlds.build(session)
        late, decided = (ask(session, world, "staff", wish(world))[0] for _ in range(2))
        actions.decide(session, world.viewer(session, "archivist"), decided, approve=True, now=NOW)
        last = session.get_one(LoanWish, late).decide_by
        assert last is not None
        assert remind_deciders(session, last, now=NOW) == 0
        assert remind_deciders(session, last + timedelta(days=1), now=NOW) > 0
        told = heard(session, world, "loan-decide-late")
        assert set(told) >= set(heard(session, world, "loan-asked")) | {"leader"}
        assert not set(told) & {"staff", "far_archivist", "far_head"}
        assert remind_deciders(session, last + timedelta(days=2), now=NOW) == 0
        assert heard(session, world, "loan-decide-late") == told
