"""What a review list takes in, and what of an approved one is left when it is sent back or given up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from threading import Barrier

import pytest
from sqlalchemy import select

from archive_service.db.session import Database
from archive_service.errors import ArchiveError, Invalid, NotPermitted, Refused
from archive_service.holds.actions import On, place
from archive_service.holds.rules import Terms
from archive_service.households.tables import HouseholdFile, Item
from archive_service.people import actions as people
from archive_service.people.queries import system_viewer
from archive_service.people.roles import Role
from archive_service.people.tables import Unit
from archive_service.settings import Settings
from archive_service.storage.memory import MemoryStore
from retention import candidates, disposal_queries, queries
from retention.candidates import kept_until
from retention.disposal_tables import DisposalItem
from retention.tables import RetentionDue
from tests.retention.test_execution import handler
from tests.retention.world import World, filed, papers, world
from tests.support import records


@pytest.fixture
def here(database: Database) -> World:
    made = world(database, MemoryStore())
    made.waiting_days = 1
    return made


def reckoned(here: World, items: list[int]) -> None:
    """Have the schedule say that items are due, the first since the longest."""
    with here.database.unit_of_work() as session:
        for at, item_id in enumerate(items):
            household = session.scalars(select(Item.household_id).where(Item.id == item_id)).one()
            day = here.today - timedelta(days=100 - at)
            session.add(
                RetentionDue(
                    item_id=item_id, household_id=household, outcome="date", due_on=day, starts_on=day, rule="R-TEST",
                    edition="2026", reason="销户后 5 年",
                )
            )  # fmt: skip


def can_be_judged(here: World, limit: int = 100) -> list[int]:
    with here.database.reading() as session:
        found = candidates.due(session, here.unit_id, today=here.today, holds=here.holds, limit=limit)
        return [one.item_id for one in found]


def judged(here: World, items: list[int], opinion: str = "destroy", **more: object) -> int:
    """Have a list approved on which all was judged alike."""
    list_id = here.freeze(items)
    here.judge(list_id, items, opinion, reason="重要用户档案", **more)
    here.propose(list_id)
    here.decide(list_id)
    return list_id


def dropped(here: World, list_id: int) -> dict[int, str]:
    with here.database.reading() as session:
        wanted = select(DisposalItem).where(DisposalItem.list_id == list_id, DisposalItem.state == "dropped")
        return {one.item_id: one.dropped_why for one in session.scalars(wanted)}


def test_what_cannot_be_judged_any_more_takes_no_room_from_what_can(here: World, settings: Settings) -> None:
    """Destroyed, kept for good, kept longer, on another list: however many they are, the next due item is found."""
    items = papers(here.database, 6)
    gone, for_good, longer, listed, stopped, free = items
    here.signed([gone])
    handler(here, settings, roads=False).run(here.claim())
    judged(here, [for_good], "permanent")
    judged(here, [longer], "extend", years=3)
    here.freeze([listed])
    reckoned(here, items)
    here.holds = lambda _session, asked: {one: "冻结" for one in asked if one == stopped}
    assert can_be_judged(here, limit=1) == [free]
    assert can_be_judged(here) == [free, stopped]


@pytest.mark.parametrize("size", [1, 2, 3])
def test_the_due_are_found_whatever_the_size_of_a_look(here: World, monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    items = papers(here.database, 5)
    reckoned(here, items)
    monkeypatch.setattr(candidates, "_A_TIME", size)
    assert can_be_judged(here) == items


def test_a_destroyed_item_is_not_on_the_due_list(here: World, settings: Settings) -> None:
    items = papers(here.database, 2)
    reckoned(here, items)
    here.signed(items[:1])
    handler(here, settings, roads=False).run(here.claim())
    with here.database.reading() as session:
        found = queries.dues(session, here.viewer(session, "asker"), today=here.today)
        assert [one.item_id for one in found.rows] == items[1:]
        assert found.total == 1


@pytest.mark.parametrize(("opinion", "years"), [("extend", 5), ("permanent", None)])
def test_what_was_judged_to_stay_says_so_on_the_due_list(here: World, opinion: str, years: int | None) -> None:
    items = papers(here.database, 1)
    reckoned(here, items)
    judged(here, items, opinion, years=years)
    with here.database.reading() as session:
        row = queries.dues(session, here.viewer(session, "asker"), today=here.today).rows[0]
    until = here.today.replace(year=here.today.year + 5) if years else None
    assert (row.kept, row.kept_until) == (True, until)


@pytest.mark.parametrize(("opinion", "years"), [("extend", 5), ("permanent", None)])
def test_giving_an_approved_list_up_takes_no_approved_opinion_back(
    here: World, opinion: str, years: int | None
) -> None:
    """A list on which all is kept has no plan and can only be given up; what was approved to stay stays."""
    items = papers(here.database, 1)
    list_id = judged(here, items, opinion, years=years)
    here.days_pass(1)
    with pytest.raises(Refused) as told:
        here.plan(list_id)
    assert told.value.code == "disposal.nothing-left"
    here.give_up(list_id)
    with pytest.raises(Invalid) as nothing:
        here.freeze(items)
    assert nothing.value.code == "disposal.nothing-due"


def test_opinions_that_nobody_approved_end_with_their_list(here: World) -> None:
    items = papers(here.database, 1)
    list_id = here.freeze(items)
    here.judge(list_id, items, "permanent", reason="重要用户档案")
    here.propose(list_id)
    here.give_up(list_id)
    assert here.freeze(items)


@pytest.mark.parametrize("overdue_years", [0, 1, 20])
def test_an_item_that_is_overdue_for_long_is_kept_as_long_as_was_said(here: World, overdue_years: int) -> None:
    items = papers(here.database, 1)
    since = here.today.replace(year=here.today.year - overdue_years)
    list_id = here.freeze(items, due_on=since)
    here.judge(list_id, items, "extend", years=5, reason="仍有查考价值")
    here.propose(list_id)
    here.decide(list_id)
    with here.database.reading() as session:
        assert kept_until(session, items) == {items[0]: here.today.replace(year=here.today.year + 5)}


@pytest.mark.parametrize("part", ["freeze", "judge", "propose"])
def test_who_had_a_part_in_an_earlier_round_does_not_approve_a_later_one(here: World, part: str) -> None:
    """Though others had the last word since, and the rows no longer name them."""
    items = papers(here.database, 1)
    with here.database.unit_of_work() as session:
        for login in ("head", "second"):
            people.grant_role(
                session, person_id=here.people[login], role=Role.ARCHIVIST if login == "head" else Role.UNIT_HEAD,
                unit_id=here.unit_id, by=system_viewer(session), now=here.now,
            )  # fmt: skip
    list_id = here.freeze(items, who="head" if part == "freeze" else "asker")
    here.judge(list_id, items, who="head" if part == "judge" else "asker")
    here.judge(list_id, items)
    here.propose(list_id, who="head" if part == "propose" else "asker")
    here.decide(list_id, who="second", approve=False, note="请再核对一次")
    here.propose(list_id)
    with pytest.raises(NotPermitted) as told:
        here.decide(list_id, who="head")
    assert told.value.code == "disposal.own-list"
    here.decide(list_id, who="second")


@pytest.mark.parametrize("when", ["before the plan", "after the signatures"])
@pytest.mark.parametrize("how", ["withdrawn", "another file", "another unit"])
def test_what_is_not_where_the_list_has_it_is_not_destroyed(
    here: World, settings: Settings, how: str, when: str
) -> None:
    """Not even planned when it went before; the other item of the list goes."""
    stays, moved, target = *papers(here.database, 1), lone(here, "3206810998"), lone(here, "3206810999")
    with here.database.unit_of_work() as session:
        other = records.unit(session, "other", below=session.get_one(Unit, here.unit_id)).id
    list_id = judged(here, [moved, stays]) if when == "before the plan" else here.signed([moved, stays])
    with here.database.unit_of_work() as session:
        item = session.get_one(Item, moved)
        if how == "withdrawn":
            item.state = "withdrawn"
        elif how == "another file":
            item.case_id, item.household_id = None, session.get_one(Item, target).household_id
            item.item_no = 900
        else:
            session.get_one(HouseholdFile, item.household_id).unit_id = other
    if when == "before the plan":
        here.days_pass(1)
        here.plan(list_id)
        assert set(dropped(here, list_id)) == {moved}
    else:
        handler(here, settings, roads=False).run(here.claim())
        assert set(dropped(here, list_id)) == {moved}
        assert stays not in [one.id for one in filed(here.database)]
        with here.database.reading() as session:
            told = disposal_queries.papers(session, here.viewer(session, "head"), list_id)
            shown = disposal_queries.summary(session, here.viewer(session, "head"), list_id)
        assert (told.planned, told.left, shown.destroyed) == (2, 1, 1)


def lone(here: World, account_no: str) -> int:
    """File a paper into a household of its own."""
    with here.database.unit_of_work() as session:
        case = records.case(session, account_no=account_no, application_no=f"A{account_no}")
        return records.item(session, case, pages=(records.page(1, digest=account_no.rjust(64, "d")),)).id


def test_the_items_of_a_list_are_counted_and_found_by_what_was_said(here: World) -> None:
    items = papers(here.database, 5)
    here.holds = lambda _session, asked: {one: "冻结" for one in asked if one == items[4]}
    list_id = here.freeze(items)
    here.judge(list_id, items[:1], "permanent", reason="重要用户档案")
    here.judge(list_id, items[1:3])
    with here.database.reading() as session:
        viewer = here.viewer(session, "head")

        def shown(which: str) -> list[int]:
            found = disposal_queries.one(session, viewer, list_id, now=here.now, which=which)
            counts = {"unsaid": 1, "destroy": 2, "extend": 0, "permanent": 1, "dropped": 1}
            assert found.counts == counts
            return [one.item_id for one in found.items]

        assert shown("") == items
        expected = {"permanent": items[:1], "destroy": items[1:3], "extend": [], "unsaid": items[3:4],
                    "dropped": items[4:]}  # fmt: skip
        assert {which: shown(which) for which in expected} == expected


def at_once(acts: Sequence[Callable[[], None]]) -> list[str]:
    """Do things at the same moment, each in a thread of its own; return what each came to, in any order."""
    gate = Barrier(len(acts))

    def one(act: Callable[[], None]) -> str:
        gate.wait()
        try:
            act()
        except ArchiveError as refused:
            return refused.code
        return "done"

    with ThreadPoolExecutor(len(acts)) as pool:
        return sorted(pool.map(one, acts))


def test_of_two_who_decide_at_once_one_decides(here: World) -> None:
    with here.database.unit_of_work() as session:
        at = session.get_one(Unit, here.unit_id)
        here.people = {**here.people, "boss": records.person(session, "boss", roles=(Role.UNIT_HEAD,), at=at).id}
    items = papers(here.database, 1)
    list_id = here.freeze(items)
    here.judge(list_id, items)
    here.propose(list_id)
    came = at_once([partial(here.decide, list_id, who=who) for who in ("head", "boss")])
    assert came == ["disposal.state", "done"]
    assert here.trail().count("disposal.approved") == 1


def test_one_who_signs_in_two_windows_at_once_signs_once(here: World) -> None:
    list_id = judged(here, papers(here.database, 1))
    here.days_pass(1)
    plan_hash = here.plan(list_id)
    came = at_once([partial(here.witness, list_id, "first", plan_hash)] * 2)
    assert came == ["disposal.witness-twice", "done"]
    assert here.state(list_id) == "planned"


def test_a_hold_and_the_execution_at_once_leave_the_item_held_or_gone(here: World, settings: Settings) -> None:
    """Never destroyed behind the hold: whichever comes first, the other sees it."""
    items = papers(here.database, 2)
    list_id = here.signed(items)
    claimed = here.claim()

    def hold() -> None:
        terms = Terms("litigation", "已经起诉", "法院传票", here.today + timedelta(days=60))
        with here.database.unit_of_work() as session:
            place(session, here.viewer(session, "asker"), On(item_ids=items), terms, now=here.now, today=here.today)

    assert at_once([hold, lambda: handler(here, settings, roads=False).run(claimed)]) == ["done", "done"]
    trail = here.trail()
    assert "item.destroyed" not in trail[trail.index("hold.placed") :]
    assert len(filed(here.database)) == len(dropped(here, list_id))
