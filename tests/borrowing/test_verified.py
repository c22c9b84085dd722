"""Somebody with write access to the database changes, removes or invents what was borrowed: `verify` names the loan."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from archive_service.borrowing import actions
from archive_service.borrowing.actions import Inspected
from archive_service.cli import verify_loans
from archive_service.db.session import Database
from tests.borrowing import world as worlds
from tests.borrowing.world import World, ask, wish
from tests.support.records import NOW

Deed = Callable[[Session], object]
_LATER = NOW + timedelta(minutes=5)


def borrowed(session: Session) -> World:
    """Wish 1: printed, given back; 2: paper out and renewed; 3: paper that is back; 4: refused; 5: asked."""
    world = worlds.build(session)
    archivist = world.viewer(session, "archivist")
    (read,) = ask(session, world, "staff", wish(world, "A", "print", 2))
    actions.decide(session, archivist, read, approve=True, now=NOW)
    item = world.items["A"][0]
    actions.note_page(session, world.viewer(session, "staff"), item, 1, now=_LATER, printed=True)
    actions.end_reading(session, world.viewer(session, "staff"), 1, now=_LATER)
    for place, who in ((0, "staff"), (1, "second")):
        (paper,) = ask(session, world, who, wish(world, "A", "paper", 5, place))
        actions.decide(session, archivist, paper, approve=True, now=NOW)
        actions.hand_out(session, archivist, paper, pages_counted=place + 1, now=NOW)
    actions.renew(session, archivist, 1, now=NOW)
    actions.take_back(session, archivist, 2, [Inspected(world.items["A"][1], 2, "sound")], now=_LATER)
    (refused,) = ask(session, world, "second", wish(world))
    actions.decide(session, archivist, refused, approve=False, words="与工作无关", now=NOW)
    ask(session, world, "second", wish(world))
    return world


def found(session: Session, altered: tuple[int, ...] = ()) -> list[tuple[str, str]]:
    return [(one.kind, one.subject) for one in verify_loans.findings(session, altered=altered)]


def sql(*statements: str) -> Deed:
    return lambda session: [session.execute(text(one)) for one in statements]


_WISH = (
    "request_id, place + 1, unit_id, household_id, way, days, prints, unmasked, state, edition, rule, level, queued_at"
)
_COLUMNS = (
    "request_id, place, unit_id, household_id, way, days, prints, unmasked, state, edition, rule, level, queued_at"
)
_GRANT = "wish_id, person_id, reader_unit_id, begins_at, ends_at, unmasked, prints, printed"
DIFFERS, GONE, INVENTED = "row.differs-from-trail", "row.gone", "row.not-in-trail"
#: What is done, and what is named.
WAYS: dict[str, tuple[Deed, list[tuple[str, str]]]] = {
    "a refusal made an approval": (
        sql("update loan_wishes set state = 'approved' where id = 4"), [(DIFFERS, "loan 4")]),
    "a decision by somebody else": (
        sql("update loan_decisions set decided_by = (select max(id) from persons) where wish_id = 1"),
        [(DIFFERS, "loan 1")]),
    "a decision turned round": (
        sql("update loan_decisions set outcome = 'approved' where wish_id = 4"), [(DIFFERS, "loan 4")]),
    "a decision taken away": (sql("delete from loan_decisions where wish_id = 4"), [(DIFFERS, "loan 4")]),
    "a decision that nobody made": (
        sql(
            "insert into loan_decisions (wish_id, asker_id, level, outcome, words, after, decided_at)"
            " select 5, asker_id, level, outcome, words, after, decided_at from loan_decisions where wish_id = 4"
        ), [(DIFFERS, "loan 5")]),
    "a request for another purpose": (
        sql("update loan_requests set purpose = 'audit' where id = 1"), [(DIFFERS, "loan 1")]),
    "a request by somebody else": (
        sql("update loan_requests set asker_id = (select max(id) from persons) where id = 5"), [(DIFFERS, "loan 5")]),
    "an emergency that was none": (
        sql("update loan_requests set emergency = (1 = 1) where id = 5"), [(DIFFERS, "loan 5")]),
    "a place in the line gained": (
        sql("update loan_wishes set queued_at = '2020-01-01 00:00:00' where id = 5"), [(DIFFERS, "loan 5")]),
    "another page asked for": (
        sql("update loan_wish_pages set page_no = 7 where id = (select max(id) from loan_wish_pages)"),
        [(DIFFERS, "loan 5")]),
    "a page of a reading exchanged": (
        sql("update reading_grant_pages set page_no = 9 where id = (select max(id) from reading_grant_pages)"),
        [(DIFFERS, "loan 1")]),
    "a reading that goes on": (
        sql("update reading_grants set ended_at = null, ended_why = null, ended_by = null"), [(DIFFERS, "loan 1")]),
    "a reading until later": (
        sql("update reading_grants set ends_at = '2036-01-01 00:00:00'"), [(DIFFERS, "loan 1")]),
    "a reading without masks": (sql("update reading_grants set unmasked = (1 = 1)"), [(DIFFERS, "loan 1")]),
    "a print that was never made": (sql("update reading_grants set printed = 0"), [(DIFFERS, "loan 1")]),
    "a print gone from the register": (sql("delete from page_readings where printed"), [(DIFFERS, "loan 1")]),
    "a reading that nobody opened": (
        sql(f"insert into reading_grants ({_GRANT}) select {_GRANT} from reading_grants"),
        [(INVENTED, "loan 1 grant 2")]),
    "a reading removed": (
        sql("delete from page_readings", "delete from reading_grant_pages", "delete from reading_grants"),
        [(GONE, "loan 1 grant 1")]),
    "papers due later": (sql("update paper_loans set due_on = '2036-01-01' where id = 1"), [(DIFFERS, "loan 2")]),
    "papers of another holder": (
        sql("update paper_loans set holder_id = (select max(id) from persons) where id = 1"), [(DIFFERS, "loan 2")]),
    "a renewal forgotten": (sql("update paper_loans set renewals = 0 where id = 1"), [(DIFFERS, "loan 2")]),
    "papers back that are out": (
        sql("update paper_loans set state = 'returned' where id = 1"), [(DIFFERS, "loan 2")]),
    "a paper back that is out": (
        sql("update lent_papers set back_at = '2026-11-23 00:00:00', condition = 'sound' where loan_id = 1"),
        [(DIFFERS, "loan 2")]),
    "a fault of a paper hidden": (
        sql("update lent_papers set condition = 'damaged' where loan_id = 2"), [(DIFFERS, "loan 3")]),
    "papers out removed": (
        sql("delete from lent_papers where loan_id = 1", "delete from paper_loans where id = 1"),
        [(GONE, "loan 2 handed-out 1")]),
    "a wish removed": (
        sql("delete from loan_wish_pages where wish_id = 5", "delete from loan_wishes where id = 5"),
        [(GONE, "loan 5")]),
    "a wish invented": (
        sql(f"insert into loan_wishes ({_COLUMNS}) select {_WISH} from loan_wishes where id = 5"),
        [(INVENTED, "loan 6")]),
}  # fmt: skip


def test_what_was_borrowed_by_the_program_stands_as_the_trail_says(database: Database) -> None:
    with database.unit_of_work() as session:
        borrowed(session)
    with database.reading() as session:
        assert found(session) == []


def test_what_is_done_to_the_rows_of_borrowing_is_named(database: Database) -> None:
    """Each deed is undone again, on each engine."""
    with database.unit_of_work() as session:
        borrowed(session)
    for way, (deed, named) in WAYS.items():
        with database.reading() as session:
            deed(session)
            assert found(session) == named, way
            session.rollback()


def test_a_loan_whose_entries_are_not_whole_is_not_judged_by_them(database: Database) -> None:
    """The chain names the entry; what it says is not held against the row."""
    with database.unit_of_work() as session:
        borrowed(session)
        seqs = session.scalars(
            text("select seq from audit_entries where object_kind = 'loan' and object_id = '4'")
        ).all()
    with database.reading() as session:
        sql("update loan_wishes set state = 'approved' where id = 4")(session)
        assert found(session, (int(seqs[0]),)) == []
        session.rollback()


@pytest.mark.parametrize("later", [False, True])
def test_a_lost_paper_that_is_found_is_no_contradiction(database: Database, later: bool) -> None:
    with database.unit_of_work() as session:
        world = borrowed(session)
        archivist = world.viewer(session, "archivist")
        actions.report_lost(session, archivist, 1, world.items["A"][0], words="搬迁时遗失", now=_LATER)
        if later:
            actions.take_back(session, archivist, 1, [Inspected(world.items["A"][0], 1, "sound")], now=_LATER)
        assert found(session) == []
