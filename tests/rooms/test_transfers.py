"""Boxes go to another centre: half way through it is still known where everything is; both sides count."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from archive_service.audit.tables import AuditEntry
from archive_service.db.session import Database
from archive_service.errors import Invalid, NotFound, NotPermitted, Refused
from archive_service.people import queries as people
from archive_service.people.viewer import Viewer
from archive_service.rooms import actions, queries
from archive_service.rooms.actions import Counted
from archive_service.rooms.tables import Place
from tests.support import records, rooms
from tests.support.at_once import at_once
from tests.support.records import NOW
from tests.support.rooms import Room


def two_centres(session: object) -> tuple[Viewer, Viewer, Room, Room, str]:
    """Return the archivists of two centres, their rooms, and the number of a paper in the first box of the first."""
    root = records.unit(session)  # type: ignore[arg-type]
    east, west = (records.unit(session, code, below=root) for code in ("EAST", "WEST"))  # type: ignore[arg-type]
    sender, receiver = records.viewer(session, at=east), records.viewer(session, at=west)  # type: ignore[arg-type]
    here, there = rooms.room(session, sender, at=east), rooms.room(session, receiver, at=west)  # type: ignore[arg-type]
    (item,) = rooms.papers(session, 1, at=east)  # type: ignore[arg-type]
    code = rooms.number(session, item)  # type: ignore[arg-type]
    actions.put_away(session, here.boxes[0].id, code, by=sender, now=NOW)  # type: ignore[arg-type]
    return sender, receiver, here, there, code


def test_a_box_is_known_on_its_way_and_belongs_to_the_other_centre_once_counted(database: Database) -> None:
    """Sent, under way, received; then it waits to be shelved there, under the code that it always had."""
    with database.unit_of_work() as session:
        sender, receiver, here, there, code = two_centres(session)
        box = here.boxes[0]
        item_id = queries.meaning(session, sender, code).papers[0].item_id
        sent = actions.send_boxes(session, [f" {box.code.lower()} "], "WEST", "营业区划转", by=sender, now=NOW)
        where = queries.whereabouts(session, sender, [item_id])[item_id]
        assert where.under_way == ("EAST供电所", "WEST供电所", NOW)
        assert where.box is not None
        assert where.box.code == box.code
        for refused in (
            lambda: actions.take_out(session, code, by=sender, now=NOW),
            lambda: actions.shelve_box(session, box.id, here.shelves[0].id, by=sender, now=NOW),
            lambda: actions.send_boxes(session, [box.code], "WEST", "再送", by=sender, now=NOW),
        ):
            with pytest.raises(Refused, match="移交途中"):
                refused()
        actions.receive_boxes(session, sent.id, {box.id: Counted(1)}, counted_with="王五", by=receiver, now=NOW)
        assert [one.code for one in queries.unshelved(session, receiver)] == [box.code]
        actions.shelve_box(session, box.id, there.shelves[0].id, by=receiver, now=NOW)
        # Who has it now takes the paper out and puts it back, though they do not read its record; the sender no longer.
        with pytest.raises(Refused):
            actions.take_out(session, code, by=sender, now=NOW)
        actions.take_out(session, code, by=receiver, now=NOW)
        with pytest.raises(Refused, match="由WEST供电所保管"):
            actions.put_away(session, here.boxes[1].id, code, by=sender, now=NOW)
        actions.put_away(session, there.boxes[0].id, code, by=receiver, now=NOW)
        (shown,) = queries.contents(session, receiver, queries.place(session, receiver, there.boxes[0].code))
        assert (shown.number, shown.account_name) == (code, "")
        assert queries.whereabouts(session, receiver, [item_id]) == {}
        moves = [one.verb for one in queries.moves_of_box(session, queries.place(session, receiver, box.code))]
        assert moves == ["shelved", "received", "sent", "made"]
        told = session.scalars(select(AuditEntry.did).where(AuditEntry.object_kind == "transfer")).all()
        assert sorted(told) == ["transfer.received", "transfer.received", "transfer.sent"]


def test_a_count_that_differs_is_explained_or_not_received(database: Database) -> None:
    """Both numbers and the words stay with the transfer; every box is counted, with somebody named."""
    with database.unit_of_work() as session:
        sender, receiver, here, _, _ = two_centres(session)
        first, second = here.boxes
        sent = actions.send_boxes(session, [one.code for one in here.boxes], "WEST", "划转", by=sender, now=NOW)
        both = {first.id: Counted(1), second.id: Counted(0)}
        for counts, whom, words in (
            ({first.id: Counted(1)}, "王五", "每个盒都要点"),
            ({**both, first.id: Counted(0)}, "王五", "写明差异"),
            ({**both, first.id: Counted(-1)}, "王五", "每个盒都要点"),
            (both, " ", "共同清点"),
        ):
            with pytest.raises(Invalid, match=words):
                actions.receive_boxes(session, sent.id, counts, counted_with=whom, by=receiver, now=NOW)
        with pytest.raises(NotPermitted):
            actions.receive_boxes(session, sent.id, both, counted_with="王五", by=sender, now=NOW)
        explained = {**both, first.id: Counted(0, "途中取出一件，另送")}
        actions.receive_boxes(session, sent.id, explained, counted_with="王五", by=receiver, now=NOW)
        shown = {
            one.code: (one.papers_sent, one.papers_counted, one.note) for one in queries.boxes_of(session, sent.id)
        }
        assert shown[first.code] == (1, 0, "途中取出一件，另送")
        with pytest.raises(Refused, match="已经签收"):
            actions.recall_boxes(session, sent.id, "不送了", by=sender, now=NOW)


def test_a_transfer_that_is_called_back_leaves_all_as_it_was(database: Database) -> None:
    """Boxes stand on their shelves again, or wait where those are full by now."""
    with database.unit_of_work() as session:
        sender, receiver, here, _, code = two_centres(session)
        box = here.boxes[0]
        sent = actions.send_boxes(session, [box.code], "WEST", "划转", by=sender, now=NOW)
        with pytest.raises(NotPermitted):
            actions.recall_boxes(session, sent.id, "不收", by=receiver, now=NOW)
        actions.recall_boxes(session, sent.id, "送错了", by=sender, now=NOW)
        assert (box.parent_id, box.unit_id, box.transfer_id) == (here.shelves[0].id, here.room.unit_id, None)
        assert box.path.startswith(here.shelves[0].path)
        actions.take_out(session, code, by=sender, now=NOW)
        again = actions.send_boxes(session, [box.code], "WEST", "划转", by=sender, now=NOW)
        shelf = here.shelves[0]
        actions.change_place(session, shelf.id, name="层", capacity=1, version=shelf.version, by=sender, now=NOW)
        actions.recall_boxes(session, again.id, "又不送", by=sender, now=NOW)
        assert [one.code for one in queries.unshelved(session, sender)] == [box.code]


def test_what_cannot_be_sent_is_said(database: Database) -> None:
    """No box, one's own unit, a unit without a room, boxes of others, places that are no boxes."""
    with database.unit_of_work() as session:
        sender, _, here, there, _ = two_centres(session)
        records.unit(session, "BARE")
        box = here.boxes[0].code
        for codes, to, kind in (
            ([], "WEST", Invalid),
            ([box], "EAST", Invalid),
            ([box], "BARE", Refused),
            ([box], "NOWHERE", NotFound),
            ([there.boxes[0].code], "WEST", NotFound),
            (["ROOT-H99999"], "WEST", NotFound),
            ([here.shelves[0].code], "WEST", Invalid),
        ):
            with pytest.raises(kind):
                actions.send_boxes(session, codes, to, "划转", by=sender, now=NOW)
        assert queries.transfers(session, sender) == []


def test_received_and_called_back_at_once_one_wins(database: Database) -> None:
    """The other gets a sentence; the box is with one unit and under way no more."""
    with database.unit_of_work() as session:
        sender, _, here, _, _ = two_centres(session)
        box = here.boxes[0]
        transfer_id = actions.send_boxes(session, [box.code], "WEST", "划转", by=sender, now=NOW).id
        box_id, by = box.id, people.system_viewer(session)

    def one(receives: bool) -> str:
        with database.unit_of_work() as session:
            if receives:
                actions.receive_boxes(session, transfer_id, {box_id: Counted(1)}, counted_with="王五", by=by, now=NOW)
            else:
                actions.recall_boxes(session, transfer_id, "送错了", by=by, now=NOW)
        return "done"

    assert sorted(at_once(one, (True, False))) == ["done", "transfer.settled"]
    with database.reading() as session:
        state = queries.transfer(session, by, transfer_id).state
        row = session.scalars(select(Place).where(Place.id == box_id)).one()
        west = people.units_by_code(session)["WEST"]
    assert row.transfer_id is None
    assert (row.unit_id == west) is (state == "received")
