"""Holds: what they cover, who may place and release them, and that they say why."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from archive_service.audit.tables import AuditEntry
from archive_service.borrowing import matrix
from archive_service.borrowing.wishes import Wish, find
from archive_service.cli import verify_deeds
from archive_service.db.session import Database
from archive_service.errors import Invalid, NotFound, NotPermitted, Refused
from archive_service.holds import actions, queries, rules
from archive_service.holds.actions import On
from archive_service.holds.moving import move_item
from archive_service.holds.notify import tell_reviews
from archive_service.holds.rules import Terms
from archive_service.holds.tables import Hold
from archive_service.households.tables import HouseholdFile
from archive_service.people.roles import Role
from archive_service.people.viewer import Viewer
from indexing.search import DEEPEST
from tests.support import records
from tests.support.records import NOW, TODAY

LIMITS = matrix.edition_on(TODAY).limits
TERMS = Terms("litigation", "合同纠纷一审", "(2026)京0101民初1号", date(2027, 5, 20))


def place(session: Session, by: Viewer, on: On, terms: Terms = TERMS) -> Hold:
    return actions.place(session, by, on, terms, now=NOW, today=TODAY)


def test_a_household_hold_covers_what_is_filed_later_and_a_case_hold_only_its_case(database: Database) -> None:
    """And an item hold only the item; released, none of it is held."""
    with database.unit_of_work() as session:
        by = records.viewer(session)
        one = records.case(session)
        head = session.get_one(HouseholdFile, one.household_id)
        other = records.case(session, account_no=head.account_no, business="INC")
        first, second = records.item(session, one), records.item(session, other)
        hold = place(session, by, On(applications=[one.application_no]))
        assert set(queries.holding(session, [first.id, second.id])) == {first.id}
        whole = place(session, by, On(accounts=[head.account_no]))
        later = records.item(session, other, "A10")
        found = queries.holding(session, [first.id, second.id, later.id])
        assert {key: [one.id for one in held] for key, held in found.items()} == {
            first.id: [hold.id, whole.id], second.id: [whole.id], later.id: [whole.id],
        }  # fmt: skip
        single = place(session, by, On(item_ids=[later.id]))
        for key in (hold.id, whole.id):
            actions.release(session, by, key, reason="已经结案", now=NOW)
        assert set(queries.holding(session, [first.id, second.id, later.id])) == {later.id}
        assert [one.id for one in queries.of_household(session, head.id)] == [single.id]
        did = session.scalars(
            select(AuditEntry.did).where(AuditEntry.object_kind == "hold").order_by(AuditEntry.seq)
        ).all()
        assert did == ["hold.placed"] * 3 + ["hold.released"] * 2


def test_a_paper_that_is_moved_stays_held(database: Database) -> None:
    """Out of a held household, out of a held case, and held by itself: wherever it goes, and released with the rest."""
    with database.unit_of_work() as session:
        by = records.viewer(session)
        left, right = records.case(session), records.case(session)
        source = session.get_one(HouseholdFile, left.household_id)
        paper, single = records.item(session, left), records.item(session, left, "A10")
        whole = place(session, by, On(accounts=[source.account_no]))
        alone = place(session, by, On(item_ids=[single.id]))
        for one in (paper, single):
            move_item(
                session, item_id=one.id, household_id=right.household_id, case_id=right.id, by=by, now=NOW, today=TODAY
            )
        found = queries.holding(session, [paper.id, single.id])
        assert {key: [one.id for one in held] for key, held in found.items()} == {
            paper.id: [whole.id], single.id: [whole.id, alone.id],
        }  # fmt: skip
        assert [one.id for one in queries.of_household(session, right.household_id)] == [whole.id, alone.id]
        went = session.scalars(select(AuditEntry.object_id).where(AuditEntry.did == "hold.went-along")).all()
        assert went == [str(whole.id)] * 2
        # The trail says of which subjects the hold is now.
        assert verify_deeds.findings(session, altered=()) == []
        of_case = place(session, by, On(applications=[right.application_no]))
        move_item(session, item_id=paper.id, household_id=right.household_id, case_id=None, by=by, now=NOW, today=TODAY)
        assert [one.id for one in queries.holding(session, [paper.id])[paper.id]] == [whole.id, of_case.id]
        for key in (whole.id, of_case.id):
            actions.release(session, by, key, reason="已经结案", now=NOW)
        assert set(queries.holding(session, [paper.id, single.id])) == {single.id}


def test_nothing_moves_a_paper_past_its_holds() -> None:
    """One module calls the move that asks for no hold; doors call that one."""
    root = Path(__file__).parents[2]
    callers = {
        path.relative_to(root).as_posix()
        for package in ("archive_service", "ingest", "indexing", "retention")
        for path in (root / package).rglob("*.py")
        if re.search(r"(households|actions|items)\.move_item\(", path.read_text("utf-8"))
    }
    assert callers == {"archive_service/holds/moving.py"}


def test_who_keeps_holds_is_told_once_that_a_review_day_has_passed(database: Database) -> None:
    """Put off and missed again, again; who keeps none is told nothing, and on the day itself nobody is."""
    with database.unit_of_work() as session:
        by, staff = records.viewer(session), records.viewer(session, Role.STAFF, login="staff")
        assert by.person_id is not None
        assert staff.person_id is not None
        hold = place(session, by, On(accounts=[records.household(session).account_no]))
        late = hold.review_on + timedelta(days=1)
        told = [tell_reviews(session, by.person_id, today=day, now=NOW) for day in (hold.review_on, late, late)]
        assert (told, tell_reviews(session, staff.person_id, today=late, now=NOW)) == ([0, 1, 0], 0)
        assert queries.overdue(session, by, today=late) == 1
        again = TODAY + timedelta(days=400)
        actions.postpone_review(session, by, hold.id, review_on=again, reason="仍在审理", now=NOW, today=TODAY)
        assert tell_reviews(session, by.person_id, today=again, now=NOW) == 0
        assert tell_reviews(session, by.person_id, today=again + timedelta(days=1), now=NOW) == 1
        assert [(one.was, one.reason) for one in queries.reviews(session, by, hold.id)] == [("2027-05-20", "仍在审理")]


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"kind": "whim"}, "hold.kind"),
        ({"reason": " "}, "hold.reason"),
        ({"authority": ""}, "hold.authority"),
        ({"review_on": TODAY}, "hold.review-on"),
        ({"review_on": TODAY + timedelta(days=5 * 366)}, "hold.review-on"),
    ],
)
def test_a_hold_says_kind_reason_authority_and_review_day(
    database: Database, said: dict[str, object], code: str
) -> None:
    """What is missing is refused, and nothing is held."""
    with database.unit_of_work() as session:
        by, head = records.viewer(session), records.household(session)
        terms = Terms(**{**TERMS.__dict__, **said})  # type: ignore[arg-type]
        with pytest.raises(Invalid) as refused:
            place(session, by, On(accounts=[head.account_no]), terms)
        assert refused.value.code == code
        assert queries.of_household(session, head.id) == []


def test_only_who_keeps_holds_places_them_and_only_on_what_they_may_see(database: Database) -> None:
    """All or none: one subject that is out of reach, and nothing is held."""
    with database.unit_of_work() as session:
        root = records.unit(session)
        far = records.unit(session, "FAR", below=root)
        near = records.unit(session, "NEAR", below=root)
        mine, theirs = records.household(session, at=near), records.household(session, at=far)
        by = records.viewer(session, at=near)
        with pytest.raises(NotFound, match=theirs.account_no):
            place(session, by, On(accounts=[mine.account_no, theirs.account_no]))
        with pytest.raises(NotPermitted):
            place(session, records.viewer(session, Role.AUDITOR, at=near), On(accounts=[mine.account_no]))
        hold = place(session, records.viewer(session, at=far), On(accounts=[theirs.account_no]))
        with pytest.raises(NotFound):
            actions.release(session, by, hold.id, reason="不归我管", now=NOW)
        with pytest.raises(NotPermitted):
            actions.release(session, records.viewer(session, Role.AUDITOR), hold.id, reason="看看", now=NOW)
        assert queries.of_household(session, mine.id) == []


def test_a_hold_is_released_once_and_its_review_day_never_releases_it(database: Database) -> None:
    """A passed review day makes it overdue; it holds all the same."""
    with database.unit_of_work() as session:
        by, case = records.viewer(session), records.case(session)
        item = records.item(session, case)
        hold = place(session, by, On(item_ids=[item.id]))
        after = TERMS.review_on + timedelta(days=1)
        overdue = queries.holds(session, by, state="overdue", today=after)
        assert [one.id for one in overdue.rows] == [hold.id]
        assert item.id in queries.holding(session, [item.id])
        actions.release(session, by, hold.id, reason="已经结案", now=NOW)
        with pytest.raises(Refused):
            actions.release(session, by, hold.id, reason="再来一次", now=NOW)
        assert queries.holds(session, by, today=after).total == 0
        assert queries.holds(session, by, state="released", today=after).total == 1


def test_a_held_paper_is_not_carried_away(database: Database) -> None:
    """It may still be asked for on a screen."""
    with database.unit_of_work() as session:
        by = records.viewer(session)
        case = records.case(session)
        item = records.item(session, case)
        head = session.get_one(HouseholdFile, case.household_id)
        place(session, by, On(accounts=[head.account_no]))
        with pytest.raises(Refused) as refused:
            find(session, Wish(head.account_no, way="paper", days=1, item_nos=(item.item_no,)), LIMITS)
        assert refused.value.code == "paper.on-hold"


def test_all_that_a_search_finds_can_be_held_at_once(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """In as many holds as it takes, of which together none leaves anything out."""
    rules.check_at_once(DEEPEST)
    with pytest.raises(Invalid):
        rules.check_at_once(DEEPEST + 1)
    monkeypatch.setattr(rules, "MOST_SUBJECTS", 2)
    with database.unit_of_work() as session:
        case = records.case(session)
        items = [records.item(session, case, pages=(records.page(n),)).id for n in range(1, 6)]
        on = On(item_ids=items)
        made = actions.place_all(session, records.system(session), on, TERMS, found_by="合同", now=NOW, today=TODAY)
        assert len(made) == 3
        assert sorted(queries.holding(session, items)) == items
