"""Whatever people do to rooms, in whatever order: papers are in one place, and the archive knows which."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import func, select

from archive_service.db.session import Database
from archive_service.errors import ArchiveError
from archive_service.people import queries as people
from archive_service.rooms import actions, queries
from archive_service.rooms.actions import Counted
from archive_service.rooms.counting import Outcome
from archive_service.rooms.tables import BoxMove, PaperMove, PaperPlace, Place, StocktakeLine, StocktakeScan
from tests.support import records, rooms
from tests.support.records import NOW

_BOXES, _PAPERS, _SHELVES, _HOLDS, _SHELF_HOLDS = 4, 5, 2, 2, 3
_BOX, _PAPER, _SHELF = st.integers(0, _BOXES - 1), st.integers(0, _PAPERS - 1), st.integers(0, _SHELVES - 1)
_template: list[Path] = []


def said(refusal: ArchiveError) -> None:
    """A refusal is a sentence for a person, with a code that stays."""
    assert refusal.message.endswith("。")
    assert "." in refusal.code


class Rooms(RuleBasedStateMachine):
    """Two centres with a room each, four boxes, five papers; a model of what ought to be where."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        shutil.copy(_template[0], self.folder / "archive.db")
        self.database = Database(f"sqlite:///{self.folder / 'archive.db'}")
        #: Which box each paper is in, by its place in the list; and the transfer that each box is under way with.
        self.inside: dict[int, int] = {}
        self.under_way: dict[int, int] = {}
        self.stocktakes: list[int] = []

    @initialize()
    def begin(self) -> None:
        """Make rooms, boxes and papers."""
        with self.database.unit_of_work() as session:
            root = records.unit(session)
            east, west = records.unit(session, "EAST", below=root), records.unit(session, "WEST", below=root)
            self.by = people.system_viewer(session)
            here = rooms.room(session, self.by, at=east, shelves=_SHELVES, boxes=0, shelf_holds=_SHELF_HOLDS)
            there = rooms.room(session, self.by, at=west, shelves=_SHELVES, boxes=0, shelf_holds=_SHELF_HOLDS)
            self.shelves = {"EAST": [one.id for one in here.shelves], "WEST": [one.id for one in there.shelves]}
            self.rooms = {"EAST": here.room.id, "WEST": there.room.id}
            boxes = [
                box
                for shelf in here.shelves
                for box in actions.add_inside(
                    session, shelf.id, "box", capacity=_HOLDS, count=_BOXES // 2, by=self.by, now=NOW
                )
            ]
            self.boxes = [(box.id, box.code) for box in boxes]
            self.papers = [(one.id, rooms.number(session, one)) for one in rooms.papers(session, _PAPERS, at=east)]

    @rule(paper=_PAPER, box=_BOX, move=st.booleans())
    def put(self, paper: int, box: int, move: bool) -> None:
        """Put a paper into a box: it goes in exactly when it may."""
        with self.database.unit_of_work() as session:
            try:
                actions.put_away(session, self.boxes[box][0], self.papers[paper][1], move=move, by=self.by, now=NOW)
            except ArchiveError as refusal:
                said(refusal)
                fits = sum(one == box for one in self.inside.values()) < _HOLDS
                free = paper not in self.inside or (move and self.inside[paper] != box)
                apart = self._unit(session, box) != self._keeper(session, paper)
                assert not (fits and free and box not in self.under_way and not apart) or (
                    self.inside.get(paper) in self.under_way
                )
            else:
                self.inside[paper] = box

    @rule(paper=_PAPER)
    def take(self, paper: int) -> None:
        """Take a paper out: it comes exactly when it is in a box that is not under way."""
        with self.database.unit_of_work() as session:
            try:
                actions.take_out(session, self.papers[paper][1], by=self.by, now=NOW)
            except ArchiveError:
                assert paper not in self.inside or self.inside[paper] in self.under_way
            else:
                del self.inside[paper]

    @rule(box=_BOX, shelf=_SHELF, centre=st.sampled_from(["EAST", "WEST"]))
    def shelve(self, box: int, shelf: int, centre: str) -> None:
        """Put a box onto some shelf."""
        with self.database.unit_of_work() as session:
            try:
                actions.shelve_box(session, self.boxes[box][0], self.shelves[centre][shelf], by=self.by, now=NOW)
            except ArchiveError as refusal:
                said(refusal)

    @rule(boxes=st.sets(_BOX, min_size=1, max_size=2), to=st.sampled_from(["EAST", "WEST"]))
    def send(self, boxes: set[int], to: str) -> None:
        """Send boxes to a centre."""
        with self.database.unit_of_work() as session:
            try:
                sent = actions.send_boxes(
                    session, [self.boxes[one][1] for one in boxes], to, "划转", by=self.by, now=NOW
                )
            except ArchiveError as refusal:
                said(refusal)
            else:
                assert not boxes & self.under_way.keys()
                self.under_way |= dict.fromkeys(boxes, sent.id)

    @rule(receives=st.booleans(), lost=st.integers(0, 1))
    def settle(self, receives: bool, lost: int) -> None:
        """Receive, or call back, a transfer that is under way."""
        if not self.under_way:
            return
        key = min(self.under_way.values())
        boxes = [box for box, transfer in self.under_way.items() if transfer == key]
        with self.database.unit_of_work() as session:
            if receives:
                counts = {self.boxes[box][0]: Counted(lost, "点过两遍") for box in boxes}
                actions.receive_boxes(session, key, counts, counted_with="王五", by=self.by, now=NOW)
            else:
                actions.recall_boxes(session, key, "送错了", by=self.by, now=NOW)
        for box in boxes:
            del self.under_way[box]

    @rule(centre=st.sampled_from(["EAST", "WEST"]), counts=st.sampled_from(["papers", "boxes"]))
    def begin_count(self, centre: str, counts: str) -> None:
        """Open a stocktake of a room."""
        with self.database.unit_of_work() as session:
            try:
                opened = actions.open_stocktake(session, self.rooms[centre], counts, by=self.by, now=NOW)
            except ArchiveError as refusal:
                said(refusal)
            else:
                self.stocktakes.append(opened.id)

    @rule(
        what=st.sampled_from(["paper", "box", "shelf", "strange"]),
        which=_PAPER,
        at=st.none() | st.tuples(st.booleans(), st.integers(0, 1)),
    )
    def scan(self, what: str, which: int, at: tuple[bool, int] | None) -> None:
        """Scan something at the last stocktake."""
        if not self.stocktakes:
            return
        place = None if at is None else self.boxes[at[1]][0] if at[0] else self.shelves["EAST"][at[1]]
        with self.database.unit_of_work() as session:
            codes = {
                "paper": self.papers[which][1],
                "box": self.boxes[which % _BOXES][1],
                "shelf": session.get_one(Place, self.shelves["EAST"][which % _SHELVES]).code,
                "strange": f"QR-{which}",
            }
            try:
                actions.scan(session, self.stocktakes[-1], codes[what], place, by=self.by, now=NOW)
            except ArchiveError as refusal:
                said(refusal)

    @rule()
    def close_count(self) -> None:
        """Close the last stocktake; its result is what it came to."""
        if not self.stocktakes:
            return
        key = self.stocktakes.pop()
        with self.database.unit_of_work() as session:
            before = queries.result(session, self.by, queries.stocktake(session, self.by, key))
            actions.close_stocktake(session, key, reason="清点差异", watched_by="王五", by=self.by, now=NOW)
            after = queries.result(session, self.by, queries.stocktake(session, self.by, key))
            assert after == before

    @invariant()
    def each_paper_is_where_its_history_ends(self) -> None:
        """One place at most, in the model, in the table and at the end of the history, which has no gaps."""
        with self.database.reading() as session:
            there = {row.item_id: row for row in session.scalars(select(PaperPlace))}
            keys = {key: at for at, (key, _) in enumerate(self.papers)}
            boxes = {key: at for at, (key, _) in enumerate(self.boxes)}
            found = {keys[key]: boxes[row.box_id] for key, row in there.items() if row.box_id is not None}
            assert found == self.inside
            for key, row in there.items():
                moves = session.scalars(select(PaperMove).where(PaperMove.item_id == key).order_by(PaperMove.seq)).all()
                assert [one.seq for one in moves] == list(range(1, row.seq + 1))
                assert moves[-1].to_box_id == row.box_id
                assert [one.from_box_id for one in moves[1:]] == [one.to_box_id for one in moves[:-1]]

    @invariant()
    def nothing_holds_more_than_it_can(self) -> None:
        """And what the lists tell adds up to what was put away."""
        with self.database.reading() as session:
            views = [queries.place_by_id(session, self.by, key) for key, _ in self.boxes]
            assert sum(one.inside for one in views) == len(self.inside)
            assert all(one.inside <= (one.capacity or 0) for one in views)
            shelved = 0
            for keys in self.shelves.values():
                for key in keys:
                    shelf = queries.place_by_id(session, self.by, key)
                    assert shelf.inside <= _SHELF_HOLDS
                    assert shelf.free_boxes == _SHELF_HOLDS - shelf.inside
                    shelved += shelf.inside
            waiting = queries.unshelved(session, self.by)
            assert shelved + len(waiting) + len(self.under_way) == _BOXES
            for one in views:
                last = session.scalars(
                    select(BoxMove).where(BoxMove.box_id == one.id).order_by(BoxMove.seq.desc()).limit(1)
                ).one()
                assert last.to_shelf_id == (one.way[-1].id if one.way else None)
                assert (one.transfer_id is not None) == (last.verb == "sent")

    @invariant()
    def what_is_under_way_is_known(self) -> None:
        """A paper in a box that was sent is told to be between two centres."""
        with self.database.reading() as session:
            where = queries.whereabouts(session, self.by, [key for key, _ in self.papers])
            for at, (key, _) in enumerate(self.papers):
                between = where[key].under_way if key in where else None
                assert (between is not None) == (self.inside.get(at) in self.under_way)

    @invariant()
    def a_count_parts_what_was_expected_and_scanned(self) -> None:
        """Each thing has one outcome, each strange code too, and there is nothing besides."""
        with self.database.reading() as session:
            for key in self.stocktakes:
                shown = queries.result(session, self.by, queries.stocktake(session, self.by, key))
                lines = session.execute(
                    select(StocktakeLine.item_id, StocktakeLine.box_id).where(StocktakeLine.stocktake_id == key)
                ).all()
                scans = session.execute(
                    select(StocktakeScan.item_id, StocktakeScan.box_id, StocktakeScan.code).where(
                        StocktakeScan.stocktake_id == key
                    )
                ).all()
                things = {tuple(one) for one in lines} | {(item, box) for item, box, _ in scans if item or box}
                strange = {code for item, box, code in scans if not item and not box}
                assert sorted(things, key=str) == sorted(
                    ((one.item_id, one.box_id) for one in shown.things if one.outcome is not Outcome.UNKNOWN), key=str
                )
                assert strange == {one.what for one in shown.things if one.outcome is Outcome.UNKNOWN}
                assert sum(shown.counts.values()) == len(shown.things)

    def _unit(self, session: object, box: int) -> int:
        return session.get_one(Place, self.boxes[box][0]).unit_id  # type: ignore[attr-defined, no-any-return]

    def _keeper(self, session: object, paper: int) -> int:
        if paper in self.inside:
            return self._unit(session, self.inside[paper])
        kept = select(PaperPlace.unit_id).where(PaperPlace.item_id == self.papers[paper][0])
        east = people.units_by_code(session)["EAST"]  # type: ignore[arg-type]
        return session.scalar(kept) or east  # type: ignore[attr-defined, no-any-return]

    def teardown(self) -> None:
        """Close and remove the database."""
        if hasattr(self, "by"):
            with self.database.reading() as session:
                twice = select(PaperPlace.item_id).group_by(PaperPlace.item_id).having(func.count() > 1)
                assert session.scalars(twice).all() == []
        self.database.close()
        shutil.rmtree(self.folder)


def test_rooms_stay_consistent(migrated_file: Path) -> None:
    """Any order of putting, taking, shelving, sending, receiving and counting."""
    from hypothesis.stateful import run_state_machine_as_test

    _template[:] = [migrated_file]
    run_state_machine_as_test(
        Rooms,
        settings=settings(
            max_examples=25,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
