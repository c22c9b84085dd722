"""Paper out and back: the joint count, the line, renewals, recalls, faults, losses, and two hands on one paper."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from archive_service.borrowing import actions, queries
from archive_service.borrowing.actions import Inspected, Wish
from archive_service.borrowing.tables import LentPaper, PaperLoan
from archive_service.db.session import Database
from archive_service.errors import ArchiveError, Invalid, NotFound, NotPermitted, Refused
from archive_service.households.tables import CaseFile, Item
from archive_service.lifecycle import actions as lifecycle
from archive_service.people import actions as people
from tests.borrowing import world as worlds
from tests.borrowing.world import World, ask, wish
from tests.support import records
from tests.support.records import NOW, TODAY


def approved(session: object, world: World, who: str, *items: int, days: int = 5) -> int:
    """Ask for paper of A and have it approved; return the wish."""
    one = ask(session, world, who, wish(world, "A", "paper", days, *items))[0]  # type: ignore[arg-type]
    by = "archivist" if who != "archivist" else "other_archivist"
    actions.decide(session, world.viewer(session, by), one, approve=True, now=NOW)  # type: ignore[arg-type]
    return one


def out(session: object, world: World, one: int, pages: int = 3, by: str = "archivist", now: object = NOW) -> PaperLoan:
    viewer = world.viewer(session, by, now)  # type: ignore[arg-type]
    return actions.hand_out(session, viewer, one, pages_counted=pages, now=now)  # type: ignore[arg-type]


def back(session: object, world: World, loan: PaperLoan, *papers: Inspected, by: str = "archivist") -> PaperLoan:
    given = papers or tuple(
        Inspected(one.item_id, one.pages_out, "sound")
        for one in session.scalars(select(LentPaper).where(LentPaper.loan_id == loan.id))  # type: ignore[attr-defined]
    )
    return actions.take_back(session, world.viewer(session, by), loan.id, given, now=NOW)  # type: ignore[arg-type]


def refusal(code: str, act: object, *said: object, **named: object) -> None:
    """See that something is refused with this code, and with a sentence that says what to do."""
    with pytest.raises(ArchiveError) as refused:
        act(*said, **named)  # type: ignore[operator]
    assert refused.value.code == code
    assert any(word in refused.value.message for word in ("请", "排队"))


def test_a_paper_goes_out_after_the_count_and_comes_back_after_a_look(database: Database) -> None:
    with database.unit_of_work() as session:
        world = worlds.build(session)
        one = approved(session, world, "staff")
        refusal("paper.count", out, session, world, one, 2)
        loan = out(session, world, one)
        assert loan.due_on == date(2026, 11, 27)
        first, second = world.items["A"]
        there = queries.whereabouts(session, [first, second])
        assert {where.holder_id for where in there.values()} == {world.people["staff"]}
        refusal("paper.not-approved", out, session, world, one)
        refusal("paper.return-count", back, session, world, loan, Inspected(second, 1, "sound"))
        refusal("paper.return-note", back, session, world, loan, Inspected(second, 1, "missing"))
        refusal("paper.condition", back, session, world, loan, Inspected(second, 1, "fine"))
        refusal("paper.not-in-loan", back, session, world, loan, Inspected(world.items["B"][0], 1, "sound"))
        back(session, world, loan, Inspected(second, 1, "missing", "缺第 2 页"))
        assert (loan.state, set(queries.whereabouts(session, [first, second]))) == ("out", {first})
        refusal("paper.back", back, session, world, loan, Inspected(second, 1, "missing", "缺第 2 页"))
        back(session, world, loan, Inspected(first, 1, "sound"))
        assert (loan.state, queries.whereabouts(session, [first, second])) == ("returned", {})
        refusal("paper.closed", back, session, world, loan, Inspected(first, 1, "sound"))


def test_nobody_hands_paper_to_themselves_or_looks_at_what_they_bring(database: Database) -> None:
    with database.unit_of_work() as session:
        world = worlds.build(session)
        one = approved(session, world, "archivist")
        refusal("paper.own-hand-out", out, session, world, one)
        loan = out(session, world, one, by="other_archivist")
        refusal("paper.own-return", back, session, world, loan)
        back(session, world, loan, by="other_archivist")
        with pytest.raises(NotPermitted):
            out(session, world, approved(session, world, "staff"), by="head")


def test_whoever_waits_gets_the_paper_in_the_order_of_asking(database: Database) -> None:
    with database.unit_of_work() as session:
        world = worlds.build(session)
        first = approved(session, world, "staff", 0)
        second = approved(session, world, "second", 0, 1)
        third = approved(session, world, "head", 1)
        refusal("paper.queue", out, session, world, second, 3)
        loan = out(session, world, first, 1)
        refusal("paper.held", out, session, world, second, 3)
        # The second paper is in the archive, but its first reader waits for both.
        refusal("paper.queue", out, session, world, third, 2)
        refusal("paper.renew-queue", actions.renew, session, world.viewer(session, "staff"), loan.id, now=NOW)
        actions.pass_over(session, world.viewer(session, "archivist"), second, now=NOW + timedelta(minutes=1))
        other = out(session, world, third, 2)
        back(session, world, loan)
        refusal("paper.held", out, session, world, second, 3)
        back(session, world, other)
        assert [each.id for each in queries.queue_of(session, world.items["A"])] == [second]
        refusal("paper.nobody-waits", actions.pass_over, session, world.viewer(session, "archivist"), second, now=NOW)
        out(session, world, second, 3)


def test_the_register_narrowed_to_what_is_overdue(database: Database) -> None:
    """What is out and was due before the day: not on its day, nor what came back, nor what waits or is read."""
    with database.unit_of_work() as session:
        world = worlds.build(session)
        held = out(session, world, approved(session, world, "staff", 0), 1)
        brought = out(session, world, approved(session, world, "second", 1), 2)
        back(session, world, brought)
        approved(session, world, "second", 0)
        ask(session, world, "staff", wish(world))
        head, far = world.viewer(session, "head"), world.viewer(session, "far_head")
        assert brought.due_on == held.due_on
        after = held.due_on + timedelta(days=1)
        assert len(queries.loan_register(session, head)) == 4
        assert queries.loan_register(session, head, overdue_on=held.due_on) == []
        (row,) = queries.loan_register(session, head, overdue_on=after)
        assert (row.loan_id, row.due_on, row.closed_at) == (held.id, held.due_on, None)
        assert queries.loan_register(session, head, overdue_on=after, way="screen") == []
        assert queries.loan_register(session, head, overdue_on=after, before=row.wish_id) == []
        assert queries.loan_register(session, far, overdue_on=after) == []


def test_an_overdue_borrower_gets_no_other_paper_until_it_is_back(database: Database) -> None:
    with database.unit_of_work() as session:
        world = worlds.build(session)
        loan = out(session, world, approved(session, world, "staff", 0), 1)
        waiting = approved(session, world, "staff", 1)
        late = NOW + timedelta(days=8)
        staff = world.viewer(session, "staff")
        refusal("paper.renew-overdue", actions.renew, session, staff, loan.id, now=late)
        refusal("paper.overdue", out, session, world, waiting, 2, now=late)
        refusal("paper.overdue", ask, session, world, "staff", wish(world, "A", "paper", 5), now=late)
        # Reading on the screen takes no paper away.
        ask(session, world, "staff", wish(world), now=late)
        head = world.viewer(session, "head")
        overdue = queries.loans_out(session, head, today=late.date(), overdue_only=True)
        assert [row.loan_id for row in overdue] == [loan.id]
        back(session, world, loan)
        out(session, world, waiting, 2, now=late)


def test_a_loan_is_renewed_once_and_not_after_a_recall(database: Database) -> None:
    with database.unit_of_work() as session:
        world = worlds.build(session)
        staff, archivist = world.viewer(session, "staff"), world.viewer(session, "archivist")
        loan = out(session, world, approved(session, world, "staff"))
        actions.renew(session, staff, loan.id, now=NOW)
        assert (loan.renewals, loan.due_on) == (1, date(2026, 12, 4))
        refusal("paper.renew-limit", actions.renew, session, staff, loan.id, now=NOW)
        with pytest.raises(NotFound):
            actions.renew(session, world.viewer(session, "second"), loan.id, now=NOW)
        actions.recall_paper(session, archivist, loan.id, words="稽查要用", now=NOW)
        assert loan.due_on == date(2026, 11, 24)
        refusal("paper.renew-recalled", actions.renew, session, staff, loan.id, now=NOW)
        refusal("paper.recalled-already", actions.recall_paper, session, archivist, loan.id, words="再催", now=NOW)


def test_what_is_lost_stays_out_for_everybody_until_it_is_found(database: Database) -> None:
    with database.unit_of_work() as session:
        world = worlds.build(session)
        item = world.items["A"][0]
        archivist = world.viewer(session, "archivist")
        loan = out(session, world, approved(session, world, "staff", 0), 1)
        with pytest.raises(Invalid):
            actions.report_lost(session, archivist, loan.id, item, words=" ", now=NOW)
        actions.report_lost(session, archivist, loan.id, item, words="途中遗失，已报告", now=NOW)
        assert (loan.state, queries.whereabouts(session, [item])[item].lost) == ("lost", True)
        waiting = approved(session, world, "second", 0)
        refusal("paper.held", out, session, world, waiting, 1)
        back(session, world, loan, Inspected(item, 1, "damaged", "有水渍"))
        assert (loan.state, queries.whereabouts(session, [item])) == ("returned", {})
        out(session, world, waiting, 1)


def test_papers_of_six_files_are_too_many(database: Database) -> None:
    with database.unit_of_work() as session:
        world = worlds.build(session)
        at = records.unit(session, "A")
        archivist = world.viewer(session, "archivist")
        for number in range(6):
            case = records.case(session, at=at)
            records.everything_due(session, case)
            records.filed(session, case)
            numbers = [min(session.scalars(select(Item.item_no).where(Item.case_id == case.id)))]
            one = ask(session, world, "staff", Wish(case.household.account_no, "paper", 5, item_nos=numbers))[0]
            actions.decide(session, archivist, one, approve=True, now=NOW)
            if number < 5:
                out(session, world, one, 1)
        refusal("paper.many-files", out, session, world, one, 1)


def test_papers_that_are_not_in_the_archive_are_not_lent(database: Database) -> None:
    """Not filed yet, or open again and being put in order: asked for or already approved."""
    with database.unit_of_work() as session:
        world = worlds.build(session)
        case = records.case(session, at=records.unit(session, "A"))
        records.item(session, case)
        refusal("paper.not-filed", ask, session, world, "staff", Wish(case.household.account_no, "paper", 5))
        one = approved(session, world, "staff")
        item = session.get_one(Item, world.items["A"][0])
        number = session.get_one(CaseFile, item.case_id).application_no
        lifecycle.reopen_case(
            session,
            number,
            by=records.system(session),
            now=NOW,
            purpose="supplement",
            reason="补充资料",
            filing_due_workdays=3,
        )
        refusal("paper.reordering", out, session, world, one)


def test_a_person_whose_account_is_closed_still_has_the_paper(database: Database) -> None:
    with database.unit_of_work() as session:
        world = worlds.build(session)
        loan = out(session, world, approved(session, world, "staff", 0), 1)
        waiting = approved(session, world, "staff", 1)
        people.set_active(
            session, person_id=world.people["staff"], active=False, by=records.system(session), now=NOW, reason="离职"
        )
        row = queries.loans_out(session, world.viewer(session, "head"), today=TODAY)[0]
        assert (row.loan_id, row.holder_gone) == (loan.id, True)
        refusal("paper.borrower-gone", out, session, world, waiting, 2)
        assert back(session, world, loan).state == "returned"


def test_before_asking_one_sees_who_has_it_who_waits_and_who_decides(database: Database) -> None:
    with database.unit_of_work() as session:
        world = worlds.build(session)
        loan = out(session, world, approved(session, world, "staff", 0), 1)
        approved(session, world, "head", 0)
        second = world.viewer(session, "second")
        paper, screen, far = queries.preview(
            session, second, [wish(world, "A", "paper", 5), wish(world), wish(world, "B")], purpose="audit", now=NOW
        )
        assert [(one.item_id, one.holder_id, one.due_on) for one in paper.away] == [
            (world.items["A"][0], world.people["staff"], loan.due_on)
        ]
        assert (paper.waiting, paper.masked, screen.away, screen.masked) == (1, False, (), True)
        archivists = {world.people["archivist"], world.people["other_archivist"]}
        assert {one.person_id for one in screen.deciders.people} == archivists
        assert {one.person_id for one in far.deciders.people} == {world.people["far_head"], world.people["leader"]}
        assert (far.needs_letter, far.emergency_possible, paper.emergency_possible) == (False, True, False)


def test_a_loan_that_never_was_is_not_found(database: Database) -> None:
    with database.unit_of_work() as session:
        world = worlds.build(session)
        archivist = world.viewer(session, "archivist")
        refusal("paper.not-lent", actions.take_back, session, archivist, 4711, [], now=NOW)


def test_the_database_lets_no_paper_be_out_twice(database: Database) -> None:
    with database.unit_of_work() as session:
        world = worlds.build(session)
        out(session, world, approved(session, world, "staff", 0), 1)
        another = PaperLoan(
            wish_id=approved(session, world, "second", 0), holder_id=world.people["second"], unit_id=world.units["A"],
            handed_out_at=NOW, handed_out_by=world.people["archivist"], pages_counted=1, count_note="", due_on=TODAY,
            renewals=0, state="out",
        )  # fmt: skip
        session.add(another)
        session.flush()
        session.add(LentPaper(loan_id=another.id, item_id=world.items["A"][0], pages_out=1, note=""))
        with pytest.raises(IntegrityError):
            session.flush()
        session.rollback()


def test_two_counters_hand_out_at_once_and_one_of_them_hears_a_sentence(database: Database) -> None:
    """A whole file and one paper of it: two requests of two people, one paper."""
    with database.unit_of_work() as session:
        world = worlds.build(session)
        wishes = [approved(session, world, "staff", 0), approved(session, world, "second", 0, 1)]

    def hand(place: int) -> str:
        try:
            with database.unit_of_work() as session:
                by = ("archivist", "other_archivist")[place]
                out(session, world, wishes[place], (1, 3)[place], by=by)
        except Refused as refused:
            return refused.code
        return "out"

    with ThreadPoolExecutor(2) as both:
        ends = list(both.map(hand, (0, 1)))
    assert ends[0] == "out"
    assert ends[1] in ("paper.held", "paper.queue")
    with database.reading() as session:
        assert session.scalars(select(LentPaper.item_id)).all() == world.items["A"][:1]


def test_letters_go_out_the_day_before_then_on_the_first_and_third_day_and_every_week(database: Database) -> None:
    """From the tenth day on the head of the holder's unit hears of it as well."""
    with database.unit_of_work() as session:
        world = worlds.build(session)
        loan = out(session, world, approved(session, world, "staff"))
        told = {}
        for late in range(-3, 25):
            for letter in queries.letters_of(session, loan.due_on + timedelta(days=late)):
                assert (letter.loan_id, letter.holder_id) == (loan.id, world.people["staff"])
                told[late] = letter.to_superior
    assert told == {-1: False, 1: False, 3: False, 10: True, 17: True, 24: True}
