"""Papers go into boxes and out of them by their codes; what cannot be is refused with a sentence."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from archive_service import ids
from archive_service.audit.tables import AuditEntry
from archive_service.db.session import Database
from archive_service.errors import Invalid, NotFound, NotPermitted, Refused
from archive_service.households import actions as households
from archive_service.households.tables import ArchiveCode
from archive_service.people import queries as people
from archive_service.people.roles import Role
from archive_service.rooms import actions, queries
from archive_service.rooms.tables import PaperMove, PaperPlace
from tests.support import records, rooms
from tests.support.at_once import at_once
from tests.support.records import NOW, TODAY


def test_a_paper_is_put_away_moved_and_taken_out_and_all_of_it_is_remembered(database: Database) -> None:
    """The place belongs to the item; the history has who, when, from and to, and ends where the paper is."""
    with database.unit_of_work() as session:
        by = records.viewer(session)
        first, second = rooms.room(session, by).boxes
        (item,) = rooms.papers(session, 1)
        code = rooms.number(session, item)
        put = actions.put_away(session, first.id, code, by=by, now=NOW)
        assert [one.item_id for one in put.papers] == [item.id]
        assert put.room_left == 2
        with pytest.raises(Refused, match=first.code):
            actions.put_away(session, second.id, code, by=by, now=NOW)
        actions.put_away(session, second.id, code, move=True, by=by, now=NOW)
        where = queries.whereabouts(session, by, [item.id])[item.id]
        assert where.box is not None
        assert where.box.code == second.code
        assert [step.kind.value for step in where.way] == ["room", "cabinet", "shelf", "box"]
        actions.take_out(session, code, reason="装订", by=by, now=NOW)
        where = queries.whereabouts(session, by, [item.id])[item.id]
        assert (where.box, where.taken_by, where.taken_at) == (None, by.name, NOW)
        told = [(one.verb, one.from_code, one.to_code) for one in queries.history(session, item.id)]
        assert told == [
            ("taken", second.code, None),
            ("moved", first.code, second.code),
            ("put", None, first.code),
        ]
        trail = session.execute(
            select(AuditEntry.did, AuditEntry.facts)
            .where(AuditEntry.object_kind == "item", AuditEntry.object_id == str(item.id))
            .where(AuditEntry.did.startswith("paper."))
            .order_by(AuditEntry.seq)
        ).all()
        assert [(did, facts["from"], facts["to"]) for did, facts in trail] == [
            ("paper.put-away", None, first.code),
            ("paper.put-away", first.code, second.code),
            ("paper.taken-out", second.code, None),
        ]


def test_a_full_box_takes_nothing_more(database: Database) -> None:
    """The sentence says how much fits; nothing has moved."""
    with database.unit_of_work() as session:
        by = records.viewer(session)
        box = rooms.room(session, by, holds=2).boxes[0]
        codes = [rooms.number(session, item) for item in rooms.papers(session, 3)]
        for code in codes[:2]:
            actions.put_away(session, box.id, code, by=by, now=NOW)
        with pytest.raises(Refused, match="可放 2 件，已有 2") as refused:
            actions.put_away(session, box.id, codes[2], by=by, now=NOW)
        assert refused.value.code == "room.full"
        assert queries.place(session, by, box.code).full


def test_the_code_of_a_case_puts_all_of_it_away_or_nothing(database: Database) -> None:
    """The label on a bag is the archive code, as it is printed or as a scanner reads it; a bag does not part."""
    with database.unit_of_work() as session:
        by = records.viewer(session)
        case = records.case(session)
        papers = records.everything_due(session, case)
        records.filed(session, case)
        code = session.scalars(select(ArchiveCode.code)).one()
        small, large = (
            rooms.room(session, by, boxes=1, holds=len(papers) - 1).boxes[0],
            rooms.room(session, by, boxes=1, holds=len(papers) + 1).boxes[0],
        )
        with pytest.raises(Refused, match="放不下"):
            actions.put_away(session, small.id, code, by=by, now=NOW)
        assert session.scalars(select(PaperPlace.id)).all() == []
        put = actions.put_away(session, large.id, ids.scanned_code(code).lower(), by=by, now=NOW)
        assert {one.item_id for one in put.papers} == {item.id for item in papers}
        with pytest.raises(Refused, match="不用再放"):
            actions.put_away(session, large.id, code, by=by, now=NOW)
        one = actions.take_out(session, f"{code}-001", by=by, now=NOW).papers
        assert len(one) == 1
        again = actions.put_away(session, large.id, code, by=by, now=NOW)
        assert (again.papers, again.left_alone) == (one, len(papers) - 1)


def test_what_is_no_code_of_the_archive_is_said_to_be_none(database: Database) -> None:
    """Parcels, payments, addresses of pages, empty reads, endless reads, codes of places where papers are wanted."""
    with database.unit_of_work() as session:
        by = records.viewer(session)
        made = rooms.room(session, by)
        box = made.boxes[0]
        for code in (
            "https://example.org/pay?id=1", "SF1234567890123", "9787020002207", "-", "-1", "3300000000-1", "X" * 5000,
            "' or 1=1 --", "%", "ROOT-H99999", "3300000000-٣",
        ):  # fmt: skip
            with pytest.raises(NotFound, match="不是档案室的编码"):
                actions.put_away(session, box.id, code, by=by, now=NOW)
        for code in ("", "  ", "\u3000"):
            with pytest.raises(Invalid, match="没有扫到"):
                actions.put_away(session, box.id, code, by=by, now=NOW)
        with pytest.raises(Refused, match="不是资料"):
            actions.put_away(session, box.id, made.boxes[1].code, by=by, now=NOW)
        (item,) = rooms.papers(session, 1)
        with pytest.raises(Refused, match="不是盒"):
            actions.put_away(session, made.shelves[0].id, rooms.number(session, item), by=by, now=NOW)
        with pytest.raises(Refused, match="不在任何盒里"):
            actions.take_out(session, rooms.number(session, item), by=by, now=NOW)


def test_codes_are_read_as_keyboards_and_input_methods_write_them(database: Database) -> None:
    """Small letters, full-width forms and blanks around mean the same label."""
    with database.unit_of_work() as session:
        by = records.viewer(session)
        box = rooms.room(session, by).boxes[0]
        for said in (" root-h00001 ", "ＲＯＯＴ－Ｈ０００01", "ROOT-H 00001"):
            place = queries.meaning(session, by, said).place
            assert place is not None
            assert place.id == box.id


def test_another_units_codes_are_said_to_be_another_units(database: Database) -> None:
    """A box of theirs, a paper of theirs, and a paper that another unit keeps though one may read it."""
    with database.unit_of_work() as session:
        root = records.unit(session)
        east, west = records.unit(session, "EAST", below=root), records.unit(session, "WEST", below=root)
        mine, theirs = records.viewer(session, at=east), records.viewer(session, at=west)
        above = records.viewer(session, at=root)
        box, other = rooms.room(session, mine, at=east).boxes[0], rooms.room(session, theirs, at=west).boxes[0]
        (item,) = rooms.papers(session, 1, at=west)
        code = rooms.number(session, item)
        for strange in (other.code, code):
            with pytest.raises(Refused, match="WEST供电所的编码") as refused:
                queries.meaning(session, mine, strange)
            assert refused.value.code == "room.other-unit"
        with pytest.raises(Refused, match="由WEST供电所保管"):
            actions.put_away(session, box.id, code, by=above, now=NOW)
        with pytest.raises(NotFound):
            actions.put_away(session, other.id, rooms.number(session, rooms.papers(session, 1, at=east)[0]), by=mine,
                             now=NOW)  # fmt: skip


def test_the_room_of_a_centre_keeps_the_papers_of_its_stations(database: Database) -> None:
    """Stations have no rooms of their own."""
    with database.unit_of_work() as session:
        centre = records.unit(session)
        station = records.unit(session, "STATION", below=centre)
        by = records.viewer(session, at=centre)
        box = rooms.room(session, by, at=centre).boxes[0]
        (item,) = rooms.papers(session, 1, at=station)
        actions.put_away(session, box.id, rooms.number(session, item), by=by, now=NOW)
        assert queries.whereabouts(session, by, [item.id])[item.id].unit_name == centre.name


def test_a_withdrawn_paper_is_not_put_away_and_shows_in_its_box(database: Database) -> None:
    """What left the file has to leave the box; the page of the box says so."""
    with database.unit_of_work() as session:
        by = records.viewer(session)
        box = rooms.room(session, by).boxes[0]
        first, second = rooms.papers(session, 2)
        codes = [rooms.number(session, one) for one in (first, second)]
        actions.put_away(session, box.id, codes[0], by=by, now=NOW)
        for item in (first, second):
            item.state = "withdrawn"
        session.flush()
        with pytest.raises(Refused, match="已撤出"):
            actions.put_away(session, box.id, codes[1], by=by, now=NOW)
        (shown,) = queries.contents(session, by, queries.place(session, by, box.code))
        assert (shown.item_id, shown.withdrawn) == (first.id, True)
        actions.take_out(session, codes[0], by=by, now=NOW)


def test_who_only_reads_moves_nothing(database: Database) -> None:
    """A head and an auditor see the box; staff and contractors do not even know it."""
    with database.unit_of_work() as session:
        by = records.viewer(session)
        box = rooms.room(session, by).boxes[0]
        (item,) = rooms.papers(session, 1)
        code = rooms.number(session, item)
        for role in (Role.UNIT_HEAD, Role.AUDITOR):
            with pytest.raises(NotPermitted):
                actions.put_away(session, box.id, code, by=records.viewer(session, role), now=NOW)
        for role in (Role.STAFF, Role.CONTRACTOR):
            with pytest.raises((NotFound, Refused)):
                actions.put_away(session, box.id, code, by=records.viewer(session, role), now=NOW)
        actions.put_away(session, box.id, code, by=by, now=NOW)
        with pytest.raises(NotPermitted):
            actions.take_out(session, code, by=records.viewer(session, Role.AUDITOR), now=NOW)
        staff = records.viewer(session, Role.STAFF)
        assert queries.whereabouts(session, staff, [item.id])[item.id].box is not None
        contractor = records.viewer(session, Role.CONTRACTOR)
        assert queries.whereabouts(session, contractor, [item.id]) == {}


def test_a_scan_and_its_paper_stay_one_item_when_papers_are_arranged(database: Database) -> None:
    """What is done to the item does not touch where its paper is."""
    with database.unit_of_work() as session:
        by = records.viewer(session)
        box = rooms.room(session, by).boxes[0]
        (item,) = rooms.papers(session, 1)
        actions.put_away(session, box.id, rooms.number(session, item), by=by, now=NOW)
        households.retype_item(session, item_id=item.id, document_type="OTHER", by=by, now=NOW, today=TODAY)
        elsewhere = records.household(session)
        moved = households.move_item(
            session, item_id=item.id, household_id=elsewhere.id, case_id=None, by=by, now=NOW, today=TODAY
        )
        assert moved.id == item.id
        there = queries.whereabouts(session, by, [item.id])[item.id]
        assert there.box is not None
        assert there.box.code == box.code


@pytest.mark.parametrize("move", [False, True])
def test_of_many_who_put_one_paper_into_different_boxes_one_wins(database: Database, move: bool) -> None:
    """The others get a sentence, and the paper is in one box; moving it one after the other is on record."""
    with database.unit_of_work() as session:
        records.unit(session)
        by = people.system_viewer(session)
        boxes = [one.id for one in rooms.room(session, by, boxes=6).boxes]
        (item,) = rooms.papers(session, 1)
        code, item_id = rooms.number(session, item), item.id

    def one(box: int) -> None:
        with database.unit_of_work() as session:
            actions.put_away(session, box, code, move=move, by=by, now=NOW)

    told = [code for code in at_once(one, boxes) if code is not None]
    with database.reading() as session:
        moves = session.scalars(select(PaperMove).where(PaperMove.item_id == item_id).order_by(PaperMove.seq)).all()
        there = session.scalars(select(PaperPlace).where(PaperPlace.item_id == item_id)).one()
    assert [one.seq for one in moves] == list(range(1, len(moves) + 1))
    assert moves[-1].to_box_id == there.box_id
    assert len(moves) + len(told) == len(boxes)
    if not move:
        assert len(moves) == 1
        assert set(told) <= {"room.in-other-box", "room.moved-meanwhile"}


def test_of_many_who_want_the_last_place_in_a_box_one_gets_it(database: Database) -> None:
    """A box never holds more than it can, however many scan at the same moment."""
    with database.unit_of_work() as session:
        records.unit(session)
        by = people.system_viewer(session)
        box = rooms.room(session, by, boxes=1, holds=1).boxes[0].id
        codes = [rooms.number(session, item) for item in rooms.papers(session, 6)]

    def one(code: str) -> None:
        with database.unit_of_work() as session:
            actions.put_away(session, box, code, by=by, now=NOW)

    assert [code for code in at_once(one, codes) if code is not None] == ["room.full"] * (len(codes) - 1)
    with database.reading() as session:
        assert len(session.scalars(select(PaperPlace.id).where(PaperPlace.box_id == box)).all()) == 1
