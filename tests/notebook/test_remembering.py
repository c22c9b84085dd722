"""What pages keep for a person stays theirs and small; notes on pages are seen by who may see the page."""

from __future__ import annotations

from datetime import timedelta

import pytest

from archive_service.db.session import Database
from archive_service.errors import Invalid, NotFound, NotPermitted, Refused
from archive_service.households import queries as households
from archive_service.notebook import actions, queries
from archive_service.notebook.rules import MOST, MOST_NOTES, Kind
from archive_service.people import queries as people
from archive_service.people.roles import Role
from tests.support import records
from tests.support.records import NOW


def test_the_last_used_comes_first_and_the_oldest_makes_room(database: Database) -> None:
    """No more is kept than the list can show, however much somebody opens."""
    with database.unit_of_work() as session:
        me = records.viewer(session)
        for number in range(MOST[Kind.SEARCH] + 3):
            actions.remember(session, me, Kind.SEARCH, f"词{number}", now=NOW + timedelta(minutes=number))
        actions.remember(session, me, Kind.SEARCH, "词4", "/search?q=4", now=NOW + timedelta(days=1))
        kept = queries.kept(session, me, Kind.SEARCH, limit=100)
    assert len(kept) == MOST[Kind.SEARCH]
    assert (kept[0].name, kept[0].content) == ("词4", "/search?q=4")
    assert "词0" not in {one.name for one in kept}


def test_nobody_reads_what_is_remembered_for_another(database: Database) -> None:
    """It is each person's own notepad."""
    with database.unit_of_work() as session:
        me, other = records.viewer(session), records.viewer(session)
        actions.remember(session, me, Kind.SAVED, "每周", "/search?q=a", now=NOW)
        actions.forget(session, other, Kind.SAVED)
        assert queries.kept(session, other, Kind.SAVED) == []
        assert queries.content_of(session, me, Kind.SAVED, "每周") == "/search?q=a"
        actions.forget(session, me, Kind.SAVED, "每周")
        assert queries.kept(session, me, Kind.SAVED) == []


def test_a_name_has_an_end(database: Database) -> None:
    """What no list can show is refused with advice."""
    with database.unit_of_work() as session:
        me = records.viewer(session)
        for name in ("", "长" * 201):
            with pytest.raises(Invalid, match="缩短"):
                actions.remember(session, me, Kind.SAVED, name, now=NOW)


def test_a_file_out_of_reach_is_no_longer_among_the_recent_ones(database: Database) -> None:
    """Who lost the right to a unit is not shown its names either."""
    with database.unit_of_work() as session:
        root = records.unit(session)
        east, west = records.unit(session, "EAST", below=root), records.unit(session, "WEST", below=root)
        near, far = records.household(session, at=east), records.household(session, at=west)
        me = records.viewer(session, at=east)
        for head in (near, far):
            actions.remember(session, me, Kind.FILE, head.account_no, now=NOW)
        assert [file.account_no for file in queries.recent_files(session, me)] == [near.account_no]


def test_a_note_is_seen_by_who_may_see_the_page_and_by_nobody_else(database: Database) -> None:
    """A note on a personal paper tells as much as the paper."""
    with database.unit_of_work() as session:
        paper = records.item(session, records.case(session), "A05")
        archivist, staff = records.viewer(session), records.viewer(session, Role.STAFF)
        page = households.item_page(session, archivist, paper.id, 1)
        actions.pin_note(session, archivist, page, x=500, y=250, text=" 章不清 ", now=NOW)
        (note,) = queries.notes_on(session, archivist, page)
        hidden = households.item_page(session, staff, paper.id, 1)
        assert (note.text, note.x, note.y, note.mine) == ("章不清", 500, 250, True)
        assert queries.notes_on(session, staff, hidden) == ()
        with pytest.raises(NotPermitted, match="借阅"):
            actions.pin_note(session, staff, hidden, x=1, y=1, text="看见了", now=NOW)


def test_a_note_lies_on_the_page_and_says_something(database: Database) -> None:
    """Neither an empty note nor one beside the page is pinned, and a page is not buried under notes."""
    with database.unit_of_work() as session:
        me = records.viewer(session)
        page = households.item_page(session, me, records.item(session, records.case(session)).id, 1)
        for x, y, text in ((-1, 0, "a"), (0, 1001, "a"), (1, 1, "  "), (1, 1, "长" * 501)):
            with pytest.raises(Invalid):
                actions.pin_note(session, me, page, x=x, y=y, text=text, now=NOW)
        for number in range(MOST_NOTES):
            actions.pin_note(session, me, page, x=number, y=0, text="注", now=NOW)
        with pytest.raises(Refused, match="取下"):
            actions.pin_note(session, me, page, x=1, y=1, text="再一条", now=NOW)


def test_a_note_is_taken_off_by_its_author_or_by_who_changes_papers(database: Database) -> None:
    """Others may read it, not remove it; what was done stands in the trail without the words."""
    with database.unit_of_work() as session:
        staff, other, archivist = (records.viewer(session, role) for role in (Role.STAFF, Role.STAFF, Role.ARCHIVIST))
        paper = records.item(session, records.case(session), "P01")
        page = households.item_page(session, staff, paper.id, 1)
        first, second = (actions.pin_note(session, staff, page, x=1, y=1, text="秘密", now=NOW) for _ in range(2))
        with pytest.raises(NotPermitted):
            actions.take_note_off(session, other, page, first, now=NOW)
        actions.take_note_off(session, staff, page, first, now=NOW)
        actions.take_note_off(session, archivist, page, second, now=NOW)
        with pytest.raises(NotFound):
            actions.take_note_off(session, staff, page, first, now=NOW)
        assert list(queries.notes_on(session, staff, page)) == []
        trail = people.audit_entries(session, records.system(session)).entries
    told = [one for one in trail if one.did in ("note.pinned", "note.taken-off")]
    assert [one.did for one in told] == ["note.taken-off"] * 2 + ["note.pinned"] * 2
    assert all("秘密" not in str(one.facts) for one in told)
