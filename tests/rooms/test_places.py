"""Places: a tree of rooms, cabinets, shelves and boxes with codes that are given once, and room that is counted."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from archive_service.audit.tables import AuditEntry
from archive_service.db.session import Database
from archive_service.errors import Invalid, NotFound, NotPermitted, Refused
from archive_service.people import queries as people
from archive_service.people.roles import Role
from archive_service.rooms import actions, queries
from archive_service.rooms.tables import BoxMove, Place
from tests.support import records, rooms
from tests.support.at_once import at_once
from tests.support.records import NOW


def test_codes_say_where_what_stays_is_and_whose_a_box_is(database: Database) -> None:
    """A shelf is named after its cabinet and room; a box, which moves, only after its unit."""
    with database.unit_of_work() as session:
        by = records.viewer(session)
        made = rooms.room(session, by, shelves=2, boxes=2)
        assert made.room.code == "ROOT-K01"
        assert made.cabinet.code == "ROOT-K01-G01"
        assert [one.code for one in made.shelves] == ["ROOT-K01-G01-C01", "ROOT-K01-G01-C02"]
        assert [one.code for one in made.boxes] == ["ROOT-H00001", "ROOT-H00002"]
        again = rooms.room(session, by, boxes=1)
        assert (again.room.code, again.boxes[0].code) == ("ROOT-K02", "ROOT-H00003")


def test_a_list_of_rooms_tells_what_is_free(database: Database) -> None:
    """Boxes that the shelves still take, papers that the boxes still take."""
    with database.unit_of_work() as session:
        by = records.viewer(session)
        made = rooms.room(session, by, shelves=2, boxes=3, holds=4, shelf_holds=5)
        for item in rooms.papers(session, 3):
            actions.put_away(session, made.boxes[0].id, rooms.number(session, item), by=by, now=NOW)
        (room,) = queries.rooms(session, by)
        assert (room.shelves, room.boxes, room.papers) == (2, 3, 3)
        assert (room.free_boxes, room.free_papers) == (2 * 5 - 3, 3 * 4 - 3)
        box = queries.place(session, by, made.boxes[0].code)
        assert (box.inside, box.capacity, box.full) == (3, 4, False)
        assert [step.code for step in box.way] == [made.room.code, made.cabinet.code, made.shelves[0].code]
        shelf = queries.place(session, by, made.shelves[0].code)
        assert [one.code for one in queries.inside(session, by, shelf)] == [one.code for one in made.boxes]


def test_a_full_shelf_takes_no_more_boxes(database: Database) -> None:
    """Neither new ones nor ones from elsewhere; the sentence says how many fit."""
    with database.unit_of_work() as session:
        by = records.viewer(session)
        made = rooms.room(session, by, shelves=2, boxes=2, shelf_holds=2)
        with pytest.raises(Refused, match="放不下"):
            actions.add_inside(session, made.shelves[0].id, "box", capacity=1, by=by, now=NOW)
        (other,) = actions.add_inside(session, made.shelves[1].id, "box", capacity=1, by=by, now=NOW)
        with pytest.raises(Refused, match="放不下"):
            actions.shelve_box(session, other.id, made.shelves[0].id, by=by, now=NOW)
        actions.shelve_box(session, made.boxes[0].id, made.shelves[1].id, by=by, now=NOW)
        actions.shelve_box(session, other.id, made.shelves[0].id, by=by, now=NOW)


def test_where_a_box_stood_stays_known(database: Database) -> None:
    """Each move has who, when, from and to; the last one is where it is."""
    with database.unit_of_work() as session:
        by = records.viewer(session)
        made = rooms.room(session, by, shelves=2, boxes=1)
        box, (first, second) = made.boxes[0], made.shelves
        actions.shelve_box(session, box.id, second.id, by=by, now=NOW)
        moves = session.scalars(select(BoxMove).where(BoxMove.box_id == box.id).order_by(BoxMove.seq)).all()
        assert [(one.verb, one.from_shelf_id, one.to_shelf_id) for one in moves] == [
            ("made", None, first.id),
            ("shelved", first.id, second.id),
        ]
        assert moves[-1].to_shelf_id == box.parent_id
        assert box.path == f"{second.path}{box.id}/"
        shown = queries.moves_of_box(session, queries.place(session, by, box.code))
        assert (shown[0].from_code, shown[0].to_code, shown[0].by) == (first.code, second.code, by.name)
        with pytest.raises(Refused, match="不用再上架"):
            actions.shelve_box(session, box.id, second.id, by=by, now=NOW)


def test_things_stand_where_such_things_stand(database: Database) -> None:
    """No box in a room, no shelf on a shelf, no capacity that means nothing."""
    with database.unit_of_work() as session:
        by = records.viewer(session)
        made = rooms.room(session, by)
        for parent, kind in ((made.room, "box"), (made.shelves[0], "shelf"), (made.boxes[0], "box")):
            with pytest.raises(Refused, match="换一个位置"):
                actions.add_inside(session, parent.id, kind, capacity=1, by=by, now=NOW)
        for capacity in (None, 0, -1, 100_000):
            with pytest.raises(Invalid, match="每盒可放几件"):
                actions.add_inside(session, made.shelves[0].id, "box", capacity=capacity, by=by, now=NOW)
        for count in (None, 0, 501):
            with pytest.raises(Invalid, match="一次可以加"):
                actions.add_inside(session, made.room.id, "cabinet", count=count, by=by, now=NOW)
        with pytest.raises(Invalid):
            actions.add_inside(session, made.room.id, "drawer", by=by, now=NOW)


def test_a_place_is_scrapped_only_when_it_is_empty_and_never_used_again(database: Database) -> None:
    """Its code goes with it: the next box has the next number, and scanning the old one says so."""
    with database.unit_of_work() as session:
        by = records.viewer(session)
        made = rooms.room(session, by, boxes=1)
        box = made.boxes[0]
        (item,) = rooms.papers(session, 1)
        code = rooms.number(session, item)
        actions.put_away(session, box.id, code, by=by, now=NOW)
        for place, words in ((box, "1 件资料"), (made.shelves[0], "1 个位置")):
            with pytest.raises(Refused, match=words):
                actions.scrap_place(session, place.id, "破损", version=place.version, by=by, now=NOW)
        actions.take_out(session, code, by=by, now=NOW)
        with pytest.raises(Invalid, match="原因"):
            actions.scrap_place(session, box.id, " ", version=box.version, by=by, now=NOW)
        actions.scrap_place(session, box.id, "盒盖破损", version=box.version, by=by, now=NOW)
        with pytest.raises(Refused, match="已报废"):
            actions.put_away(session, box.id, code, by=by, now=NOW)
        (following,) = actions.add_inside(session, made.shelves[0].id, "box", capacity=1, by=by, now=NOW)
        assert following.code == "ROOT-H00002"
        assert queries.place(session, by, box.code).state == "gone"
        assert queries.place(session, by, made.shelves[0].code).inside == 1


def test_a_box_cannot_be_made_smaller_than_what_is_in_it(database: Database) -> None:
    """Capacity and name change by whoever saw the last version."""
    with database.unit_of_work() as session:
        by = records.viewer(session)
        box = rooms.room(session, by).boxes[0]
        for item in rooms.papers(session, 2):
            actions.put_away(session, box.id, rooms.number(session, item), by=by, now=NOW)
        with pytest.raises(Refused, match="已有 2"):
            actions.change_place(session, box.id, name="盒", capacity=1, version=1, by=by, now=NOW)
        actions.change_place(session, box.id, name="2026 年", capacity=2, version=1, by=by, now=NOW)
        with pytest.raises(Refused, match="刚才被别人改过"):
            actions.change_place(session, box.id, name="别的", capacity=9, version=1, by=by, now=NOW)
        assert (box.name, box.capacity) == ("2026 年", 2)


def test_only_the_archivist_of_the_unit_writes_and_head_and_auditor_read(database: Database) -> None:
    """Others are told that they may not, and those of another unit that there is no such place."""
    with database.unit_of_work() as session:
        root = records.unit(session)
        east, west = records.unit(session, "EAST", below=root), records.unit(session, "WEST", below=root)
        by = records.viewer(session, at=east)
        made = rooms.room(session, by, at=east)
        for role in (Role.UNIT_HEAD, Role.AUDITOR):
            reader = records.viewer(session, role, at=east)
            assert queries.place(session, reader, made.room.code).boxes == 2
            with pytest.raises(NotPermitted):
                actions.add_inside(session, made.room.id, "cabinet", by=reader, now=NOW)
        for stranger in (
            records.viewer(session, Role.STAFF, at=east),
            records.viewer(session, Role.CONTRACTOR, at=east),
            records.viewer(session, at=west),
        ):
            assert queries.rooms(session, stranger) == []
            with pytest.raises(NotFound):
                queries.place(session, stranger, made.room.code)
            with pytest.raises(NotFound):
                actions.add_inside(session, made.room.id, "cabinet", by=stranger, now=NOW)
            with pytest.raises(NotFound):
                actions.add_room(session, "EAST", "库房", by=stranger, now=NOW)


def test_each_write_stands_in_the_trail(database: Database) -> None:
    """Who added, changed, shelved and scrapped."""
    with database.unit_of_work() as session:
        by = records.viewer(session)
        made = rooms.room(session, by, shelves=2, boxes=1)
        box = made.boxes[0]
        actions.change_place(session, box.id, name="改名", capacity=5, version=box.version, by=by, now=NOW)
        actions.shelve_box(session, box.id, made.shelves[1].id, by=by, now=NOW)
        actions.scrap_place(session, box.id, "破损", version=box.version, by=by, now=NOW)
        told = session.scalars(
            select(AuditEntry.did).where(AuditEntry.object_kind == "place").order_by(AuditEntry.seq)
        ).all()
    assert told == [*["place.added"] * 4, "place.changed", "box.shelved", "place.scrapped"]


def test_boxes_added_at_once_get_consecutive_numbers(database: Database) -> None:
    """Six people add boxes to six shelves of one unit at the same moment: no number twice, none left out."""
    with database.unit_of_work() as session:
        by = people.system_viewer(session)
        records.unit(session)
        by = people.system_viewer(session)
        shelves = [one.id for one in rooms.room(session, by, shelves=6, boxes=0).shelves]

    def one(shelf: int) -> None:
        with database.unit_of_work() as session:
            actions.add_inside(session, shelf, "box", capacity=1, count=2, by=by, now=NOW)

    assert at_once(one, shelves) == [None] * len(shelves)
    with database.reading() as session:
        assert sorted(session.scalars(select(Place.serial).where(Place.kind == "box"))) == list(range(1, 13))
