"""From what is due to two signatures: who may do what, and when."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from archive_service.db.session import Database
from archive_service.errors import Invalid, NotPermitted, Refused
from archive_service.people import actions as people
from archive_service.people.queries import system_viewer
from archive_service.people.roles import Role
from archive_service.people.tables import Person, Unit
from archive_service.people.ties import IDENTITY, tie
from archive_service.storage.memory import MemoryStore
from retention import review
from retention.candidates import Due
from retention.disposal_tables import DisposalItem
from tests.retention.world import World, papers, world
from tests.support import records


@pytest.fixture
def here(database: Database) -> World:
    return world(database, MemoryStore())


def approved(here: World, items: list[int]) -> int:
    """Take items as far as the approval."""
    list_id = here.freeze(items)
    here.judge(list_id, items)
    here.propose(list_id)
    here.decide(list_id)
    return list_id


def states(here: World, list_id: int) -> list[tuple[str, str]]:
    with here.database.reading() as session:
        wanted = select(DisposalItem).where(DisposalItem.list_id == list_id).order_by(DisposalItem.item_id)
        return [(one.state, one.dropped_why) for one in session.scalars(wanted)]


def test_two_signatures_start_the_execution(here: World, database: Database) -> None:
    list_id = here.signed(papers(database, 2))
    assert here.state(list_id) == "executing"
    done = [did for did in here.trail() if did.startswith("disposal.")]
    assert done == [
        "disposal.frozen", "disposal.opined", "disposal.proposed", "disposal.approved", "disposal.planned",
        "disposal.witnessed", "disposal.witnessed",
    ]  # fmt: skip


def test_what_is_not_due_is_not_on_the_list(here: World, database: Database) -> None:
    with pytest.raises(Invalid) as told:
        here.freeze(papers(database, 1), due_on=here.today + timedelta(days=1))
    assert told.value.code == "disposal.nothing-due"


def test_an_item_lies_on_one_list_at_a_time(here: World, database: Database) -> None:
    items = papers(database, 2)
    here.freeze(items[:1])
    second = here.freeze(items)
    with database.reading() as session:
        wanted = select(DisposalItem.item_id).where(DisposalItem.list_id == second)
        assert session.scalars(wanted).all() == items[1:]


def test_every_item_needs_an_opinion(here: World, database: Database) -> None:
    items = papers(database, 2)
    list_id = here.freeze(items)
    here.judge(list_id, items[:1])
    with pytest.raises(Refused) as told:
        here.propose(list_id)
    assert (told.value.code, told.value.facts["unsaid"]) == ("disposal.unsaid", 1)


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"opinion": "extend", "years": 0, "reason": "仍有查考价值"}, "disposal.years"),
        ({"opinion": "extend", "years": 5, "reason": ""}, "disposal.reason"),
        ({"opinion": "permanent", "reason": "好"}, "disposal.reason"),
        ({"opinion": "shred"}, "disposal.opinion"),
    ],
)
def test_an_opinion_that_says_too_little_is_refused(
    here: World, database: Database, said: dict[str, object], code: str
) -> None:
    items = papers(database, 1)
    list_id = here.freeze(items)
    with pytest.raises(Invalid) as told:
        here.judge(list_id, items, **said)  # type: ignore[arg-type]
    assert told.value.code == code


def test_what_is_kept_longer_is_not_due_until_then(here: World, database: Database) -> None:
    items = papers(database, 2)
    list_id = here.freeze(items)
    here.judge(list_id, items[:1], "extend", years=2, reason="仍有查考价值")
    here.judge(list_id, items[1:], "permanent", reason="重要用户档案")
    here.propose(list_id)
    here.decide(list_id)
    with pytest.raises(Invalid):
        here.freeze(items)
    here.now += timedelta(days=800)
    assert states(here, here.freeze(items)) == [("listed", "")]


def test_nobody_approves_a_list_that_they_had_a_hand_in(here: World, database: Database) -> None:
    items = papers(database, 1)
    list_id = here.freeze(items)
    here.judge(list_id, items)
    here.propose(list_id)
    with pytest.raises(NotPermitted):
        here.decide(list_id, who="asker")
    with pytest.raises(NotPermitted):
        here.decide(list_id, who="first")


def test_who_is_head_and_archivist_does_not_approve_what_they_judged(here: World, database: Database) -> None:
    with database.unit_of_work() as session:
        people.grant_role(
            session, person_id=here.people["asker"], role=Role.UNIT_HEAD, unit_id=here.unit_id,
            by=system_viewer(session), now=here.now,
        )  # fmt: skip
    items = papers(database, 1)
    list_id = here.freeze(items)
    here.judge(list_id, items)
    here.propose(list_id)
    with pytest.raises(NotPermitted) as told:
        here.decide(list_id, who="asker")
    assert told.value.code == "disposal.own-list"


def test_nothing_is_planned_before_the_waiting_period_is_over(here: World, database: Database) -> None:
    list_id = approved(here, papers(database, 1))
    here.days_pass(29)
    with pytest.raises(Refused) as told:
        here.plan(list_id)
    assert told.value.code == "disposal.waiting"
    here.days_pass(1)
    assert here.plan(list_id)


def test_a_clock_thirty_years_ahead_ends_no_waiting_period(here: World, database: Database) -> None:
    list_id = approved(here, papers(database, 1))
    here.now += timedelta(days=30 * 365)
    with pytest.raises(Refused) as told:
        here.plan(list_id)
    assert told.value.code == "disposal.clock-forward"
    # Also when something else was done at the wrong time already.
    here.days_pass(3)
    with pytest.raises(Refused) as again:
        here.plan(list_id)
    assert again.value.code == "disposal.clock-forward"


def test_with_the_clock_thirty_years_back_nothing_is_done(here: World, database: Database) -> None:
    items = papers(database, 1)
    list_id = approved(here, items)
    here.now -= timedelta(days=30 * 365)
    for act in (lambda: here.plan(list_id), lambda: here.freeze(items, due_on=date(1990, 1, 1))):
        with pytest.raises(Refused) as told:
            act()
        assert told.value.code == "disposal.clock-back"


def test_a_list_made_under_a_wrong_clock_loses_what_is_not_due_when_the_clock_is_right(
    here: World, database: Database
) -> None:
    items = papers(database, 2)
    with database.unit_of_work() as session:
        asker, late = here.viewer(session, "asker"), date(2050, 1, 1)
        dues = [Due(items[0], date(2026, 12, 31), "甲"), Due(items[1], late, "乙")]
        made = review.freeze(session, asker, unit_id=here.unit_id, title="到期", dues=dues, now=here.now, today=late)
        list_id = made.id
    here.judge(list_id, items)
    here.propose(list_id)
    here.decide(list_id)
    here.days_pass(30)
    here.plan(list_id)
    assert [state for state, _ in states(here, list_id)] == ["listed", "dropped"]


def test_a_hold_that_is_newer_than_the_list_takes_the_item_off(here: World, database: Database) -> None:
    items = papers(database, 2)
    list_id = approved(here, items)
    here.days_pass(30)
    here.holds = lambda _session, asked: {one: "冻结：诉讼" for one in asked if one == items[0]}
    here.plan(list_id)
    assert states(here, list_id) == [("dropped", "冻结：诉讼"), ("listed", "")]


@pytest.mark.parametrize("who", ["head", "asker"])
def test_neither_approver_nor_requester_witnesses(here: World, database: Database, who: str) -> None:
    list_id = approved(here, papers(database, 1))
    here.days_pass(30)
    plan_hash = here.plan(list_id)
    with pytest.raises(NotPermitted):
        here.witness(list_id, who, plan_hash)


def test_who_had_a_hand_in_an_earlier_round_does_not_witness(here: World, database: Database) -> None:
    """Asked for by one, then anew by another; approved, sent back and approved by another: all of them are known."""
    items = papers(database, 1)
    with database.unit_of_work() as session:
        at = session.get_one(Unit, here.unit_id)
        here.people = {**here.people, "boss": records.person(session, "boss", roles=(Role.UNIT_HEAD,), at=at).id}
    here.waiting_days = 1
    list_id = approved(here, items)
    here.decide(list_id, approve=False, note="请再核对一次")
    here.propose(list_id)
    here.decide(list_id, who="boss")
    here.days_pass(1)
    here.plan(list_id, who="second")
    plan_hash = here.plan(list_id)
    for who in ("second", "head", "boss", "asker"):
        with pytest.raises(NotPermitted):
            here.witness(list_id, who, plan_hash)
    here.witness(list_id, "first", plan_hash)


@pytest.mark.parametrize("known_by", ["identity", "mail"])
def test_a_second_account_of_the_same_person_neither_approves_nor_witnesses(
    here: World, database: Database, known_by: str
) -> None:
    """Known by the identity or the mail address; renamed, and in another role, it is still the same person."""
    with database.unit_of_work() as session:
        at, by = session.get_one(Unit, here.unit_id), system_viewer(session)
        for login, role in (("twin", Role.UNIT_HEAD), ("stranger", Role.AUDITOR)):
            here.people = {**here.people, login: records.person(session, login, roles=(role,), at=at).id}
        session.get_one(Person, here.people["twin"]).name = "李四"
        for login in ("asker", "twin"):
            if known_by == "identity":
                tie(session, login=login, kind=IDENTITY, value="h" * 64, by=by, now=here.now)
            else:
                session.get_one(Person, here.people[login]).email = (
                    "zhang.san@grid.test" if login == "asker" else "Zhang.San@grid.test"
                )
        tie(session, login="stranger", kind=IDENTITY, value="i" * 64, by=by, now=here.now)
    here.waiting_days = 1
    items = papers(database, 1)
    list_id = here.freeze(items)
    here.judge(list_id, items)
    here.propose(list_id)
    with pytest.raises(NotPermitted) as told:
        here.decide(list_id, who="twin")
    assert told.value.code == "disposal.same-person"
    here.decide(list_id)
    here.days_pass(1)
    plan_hash = here.plan(list_id)
    with pytest.raises(NotPermitted) as again:
        here.witness(list_id, "twin", plan_hash)
    assert again.value.code == "disposal.same-person"
    here.witness(list_id, "stranger", plan_hash)


def test_one_person_does_not_witness_twice(here: World, database: Database) -> None:
    list_id = approved(here, papers(database, 1))
    here.days_pass(30)
    plan_hash = here.plan(list_id)
    here.witness(list_id, "first", plan_hash)
    with pytest.raises(NotPermitted) as told:
        here.witness(list_id, "first", plan_hash)
    assert told.value.code == "disposal.witness-twice"


def test_a_signature_is_for_the_plan_that_was_shown(here: World, database: Database) -> None:
    list_id = approved(here, papers(database, 1))
    here.days_pass(30)
    here.plan(list_id)
    with pytest.raises(Refused) as told:
        here.witness(list_id, "first", "0" * 64)
    assert told.value.code == "disposal.other-plan"


def test_a_list_that_is_sent_back_waits_anew(here: World, database: Database) -> None:
    list_id = approved(here, papers(database, 1))
    here.days_pass(30)
    here.plan(list_id)
    here.decide(list_id, approve=False, note="请补充业务部门意见")
    here.propose(list_id)
    here.decide(list_id)
    with pytest.raises(Refused) as told:
        here.plan(list_id)
    assert told.value.code == "disposal.waiting"
