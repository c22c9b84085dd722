"""A batch is filed when it passes the check; one that fails goes back, and nothing of it counts until it is mended."""

from __future__ import annotations

import io
import json
from collections.abc import Collection, Iterator

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from archive_service.audit.tables import AuditEntry
from archive_service.audit.verify import chain_breaks
from archive_service.db.session import Database
from archive_service.errors import ArchiveError, Invalid, NotFound, NotPermitted, Refused
from archive_service.households.tables import CaseFile, Item
from archive_service.notices.tables import Notice
from archive_service.people.roles import Role
from archive_service.people.viewer import Viewer
from archive_service.properties import queries as properties
from archive_service.properties.gather import Outside
from archive_service.properties.queries import RunView
from archive_service.properties.tables import PropertyRun
from archive_service.properties.work import Desk
from archive_service.settings import Settings
from archive_service.storage.files import FileStore
from archive_service.worker.properties import FourProperties
from ingest import queries, review, states
from ingest.filing import actions, rules, work
from ingest.filing.queries import Standing
from ingest.property_facts import scans_of
from ingest.receive import Receipt, Said, open_batch, receive
from ingest.tables import Batch, ReturnedPaper, Scan, ScanDocument, ScanPage
from retention.queries import outcomes_of
from tests.support import faulty, records
from tests.support.faulty_place import ACCOUNT, APPLICATION, PAPER, FaultyPlace

#: What differs between the databases is the locking of rows, which the way there and back needs.
SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
PAGE = b"<!doctype html><p>no paper"


class Hall(FaultyPlace):
    """An archive with a contractor who hands a batch in, and an archivist who files it."""

    def __init__(self, settings: Settings, database: Database, store: FileStore) -> None:
        super().__init__(settings, database, store)
        with database.unit_of_work() as session:
            self.contractor = records.viewer(session, Role.CONTRACTOR)
            self.archivist = records.viewer(session, Role.ARCHIVIST)
            self.batch = open_batch(
                session, self.contractor, name="一批", channel="web", unit_id=self.contractor.unit_id, now=self.now()
            ).id

    def bring(self, data: bytes, name: str = "答复单.pdf") -> Receipt:
        return receive(
            self.database, self.store, stream=io.BytesIO(data), file_name=name, batch_id=self.batch,
            viewer=self.contractor, said=Said(), max_bytes=10_000_000, now=self.now(),
        )  # fmt: skip

    def hand_in(self, *files: bytes) -> None:
        for data in files:
            self.bring(data)
        self.finish()

    @property
    def desk(self) -> Desk:
        outside = Outside(scans_of, outcomes_of)
        home, store = self.settings.home, self.faulty_store
        return Desk(self.faulty_database, store, home, outside, None, self.now, lambda: records.TODAY)

    def file(self, by: Viewer | None = None) -> int:
        return work.file_batch(self.desk, by or self.archivist, self.batch)

    def again(
        self, mended: str = "另存为 PDF 后补交", replaced: Collection[int] = (), by: Viewer | None = None
    ) -> None:
        with self.database.unit_of_work() as session:
            by = by or self.contractor
            actions.hand_in_again(session, by, self.batch, mended=mended, replaced=replaced, now=self.now())

    def standing(self, by: Viewer | None = None) -> Standing:
        with self.database.reading() as session:
            return queries.standing_of(session, by or self.archivist, self.batch)

    def run(self) -> RunView:
        with self.database.reading() as session:
            newest = session.scalars(select(PropertyRun.id).order_by(PropertyRun.id.desc())).first()
            assert newest is not None
            return properties.run(session, self.archivist, newest)

    def items(self) -> list[str]:
        with self.database.reading() as session:
            return list(session.scalars(select(Item.state).order_by(Item.id)))

    def lacking(self) -> int:
        with self.database.reading() as session:
            return session.scalars(select(CaseFile.missing_count).where(CaseFile.application_no == APPLICATION)).one()

    def trail(self, kind: str = "batch") -> list[str]:
        with self.database.reading() as session:
            assert chain_breaks(session) == []
            wanted = select(AuditEntry.did).where(AuditEntry.object_kind == kind).order_by(AuditEntry.seq)
            return list(session.scalars(wanted))


@pytest.fixture
def hall(database: Database, store: FileStore, settings: Settings) -> Iterator[Hall]:
    with database.unit_of_work() as session:
        records.case(session, account_no=ACCOUNT, application_no=APPLICATION, account_name="汪雪梅")
    made = Hall(settings, database, store)
    yield made
    made.faulty_database.close()


@SQLITE
def test_a_sound_batch_is_filed_and_takes_nothing_more(hall: Hall) -> None:
    """The report is kept; what is about cases does not apply, and says so."""
    hall.hand_in(PAPER)
    with hall.database.unit_of_work() as session:
        # The blank back of the sheet.
        scan, front = session.get_one(Scan, 1), session.get_one(ScanPage, 1)
        scan.page_count = scan.pages_done = 2
        image = {name: getattr(front, name) for name in ("image_digest", "width_px", "height_px", "dpi")}
        session.add(ScanPage(scan_id=scan.id, page_no=2, flags=["blank"], **image))
    hall.file()
    run = hall.run()
    assert (run.state, run.batch_id, run.account_no, run.papers, run.pages) == ("passed", hall.batch, None, 1, 2)
    assert "另有 1 页空白" in next(one.evidence for one in run.results if one.code == "GD-2-8")
    assert {one.result for one in run.results if one.property == "integrity"} == {"passed", "not_applicable"}
    assert run.report_digest is not None
    assert hall.store.exists(run.report_digest)
    assert (hall.standing().state, hall.items()) == ("filed", ["filed"])
    assert hall.trail() == ["batch.opened", "batch.filed"]
    for act in (hall.file, lambda: hall.bring(PAGE)):
        with pytest.raises(Refused) as refused:
            act()
        assert refused.value.code == "batch.filed"


def test_a_batch_with_a_bad_file_goes_back_and_counts_nowhere_until_it_is_mended(hall: Hall) -> None:
    """Who handed it in is told what to do, mends it, and the papers that were good are back as they were."""
    lacked = hall.lacking()
    hall.hand_in(PAPER, PAGE)
    assert hall.lacking() == lacked - 1
    with pytest.raises(Refused) as refused:
        hall.file()
    assert (refused.value.code, refused.value.facts["codes"]) == ("properties.failed", ["GD-3-3"])
    seen = hall.standing(hall.contractor)
    assert (seen.state, seen.out, seen.went_back, seen.may_read) == ("returned", 1, 1, False)
    assert "扫描件 2 拒收（file.type-not-accepted）" in seen.failed[0].evidence
    assert "请转换为可以归档的格式后补交" in seen.failed[0].evidence
    assert (hall.items(), hall.lacking()) == (["withdrawn"], lacked)
    with hall.database.reading() as session:
        notice = session.scalars(select(Notice)).one()
        assert (notice.kind, notice.person_id) == ("batch-returned", hall.contractor.person_id)
        assert [one.id for one in queries.batches(session, hall.contractor, state="returned")] == [hall.batch]
    with pytest.raises(Refused) as shut:
        hall.bring(PAPER + b"%%more")
    assert shut.value.code == "batch.returned"
    with pytest.raises(Invalid):
        hall.again(" ")
    hall.again()
    assert hall.items() == ["withdrawn"]
    hall.file()
    assert (hall.items(), hall.lacking(), hall.standing().out) == (["filed"], lacked - 1, 0)
    assert "另有 1 个已随上次退回" in next(one.evidence for one in hall.run().results if one.code == "GD-2-1")
    assert hall.trail() == ["batch.opened", "batch.returned", "batch.handed-in-again", "batch.filed"]
    assert [one for one in hall.trail("item") if one != "item.viewed"][-2:] == ["item.withdrawn", "item.put-back"]


@SQLITE
def test_a_file_that_others_replace_stays_out(hall: Hall) -> None:
    """Its paper is not put back, and the next check passes over it."""
    hall.hand_in(PAPER, PAGE)
    with pytest.raises(Refused):
        hall.file()
    with pytest.raises(Invalid):
        hall.again(replaced=[99])
    hall.again(replaced=[1])
    with pytest.raises(Refused) as nothing:
        hall.file()
    assert nothing.value.code == "batch.empty"
    assert (hall.items(), hall.standing().went_back) == (["withdrawn"], 2)


@SQLITE
def test_bytes_that_were_changed_after_the_hand_in_are_found(hall: Hall) -> None:
    """So is a row that somebody took out of the database: the trail knows what was handed in."""
    hall.hand_in(PAPER, PAGE)
    with hall.database.unit_of_work() as session:
        scan, other = session.get_one(Scan, 1), session.get_one(Scan, 2)
        path = next(one for one in hall.store.root.rglob("*") if one.is_file() and one.name.endswith(scan.digest[4:]))  # type: ignore[attr-defined]
        session.delete(other)
    path.chmod(0o600)
    path.write_bytes(b"something else")
    with pytest.raises(Refused) as refused:
        hall.file()
    assert refused.value.facts["codes"] == ["GD-1-1", "GD-2-1", "GD-2-2"]
    assert "扫描件 2" in next(one.evidence for one in hall.run().results if one.code == "GD-2-1")


@SQLITE
def test_only_who_reviews_scans_there_files_and_only_who_sees_the_batch_hands_it_in_again(hall: Hall) -> None:
    hall.hand_in(PAPER, PAGE)
    with hall.database.unit_of_work() as session:
        far = records.viewer(session, Role.ARCHIVIST, at=records.unit(session, "B", below=records.unit(session)))
        other = records.viewer(session, Role.CONTRACTOR)
    with pytest.raises(NotPermitted):
        hall.file(hall.contractor)
    for stranger in (far, other):
        with pytest.raises(NotFound):
            hall.file(stranger)
        with pytest.raises(NotFound):
            hall.standing(stranger)
    with pytest.raises(Refused):
        hall.file()
    with pytest.raises(NotFound):
        hall.again(by=other)
    assert hall.trail() == ["batch.opened", "batch.returned"]


@SQLITE
def test_a_paper_of_a_case_that_was_handed_over_stays_but_keeps_the_case_from_passing(hall: Hall) -> None:
    hall.hand_in(PAPER, PAGE)
    with hall.database.unit_of_work() as session:
        session.scalars(select(CaseFile).where(CaseFile.application_no == APPLICATION)).one().state = "accepted"
    with pytest.raises(Refused):
        hall.file()
    with hall.database.reading() as session:
        assert session.scalar(select(ReturnedPaper.id)) is None
        assert scans_of(session, [1])[1].returned_batch == hall.batch
    hall.again()
    with hall.database.reading() as session:
        assert scans_of(session, [1])[1].returned_batch is None


@SQLITE
def test_a_decision_about_a_paper_that_waits_for_its_batch_can_be_taken_back(hall: Hall) -> None:
    """It gives way to the one that is filed instead, and nothing is filed while the batch is sent back."""
    hall.hand_in(PAPER, PAGE)
    with hall.database.unit_of_work() as session:
        session.get_one(ScanDocument, 1).decided_by = hall.archivist.person_id
    with pytest.raises(Refused):
        hall.file()
    with hall.database.unit_of_work() as session:
        review.undo(session, hall.archivist, 1, now=hall.now(), today=records.TODAY)
    decision = review.Decision("P03L", ACCOUNT, APPLICATION)
    with pytest.raises(Refused) as shut, hall.database.unit_of_work() as session:
        review.confirm(session, hall.archivist, 1, decision, now=hall.now(), today=records.TODAY)
    assert shut.value.code == "batch.returned"
    hall.again()
    with hall.database.unit_of_work() as session:
        review.confirm(session, hall.archivist, 1, decision, now=hall.now(), today=records.TODAY)
    hall.file()
    assert hall.items() == ["withdrawn", "filed"]


@SQLITE
def test_a_file_that_comes_in_while_the_others_are_read_back_is_not_filed_unseen(hall: Hall) -> None:
    hall.hand_in(PAPER)
    with hall.database.reading() as session:
        looked = hall.desk.look_at([], [])
    with pytest.raises(Refused) as changed, hall.database.unit_of_work() as session:
        actions.file_batch(
            session, hall.archivist, hall.batch, looked=looked, asked=[], now=hall.now(), today=records.TODAY
        )
    assert changed.value.code == "batch.changed"


BEFORE = [("reading", 1), ("read", 1), ("begin", 1), ("commit", 1)]
AFTER = [("commit-lost", 1), ("put", 1), ("put", 2), ("commit", 2), ("commit-lost", 2)]


@SQLITE
def test_stopped_at_any_call_nothing_is_half_done(hall: Hall) -> None:
    """Each call fails once: the batch is as it was, or sent back whole; a report that was left out is written later."""
    hall.hand_in(PAPER, PAGE)

    def stopped(call: str, nth: int) -> tuple[str, list[str], bool]:
        hall.faults.arm(call, faulty.store_away if call in ("read", "put") else faulty.cut_off, nth=nth)
        with pytest.raises((ArchiveError, OperationalError)):
            hall.file()
        assert hall.faults.thrown == 1, call
        hall.faults.disarm()
        with hall.database.reading() as session:
            return (
                session.get_one(Batch, hall.batch).state,
                hall.items(),
                session.scalar(select(PropertyRun.id)) is None,
            )

    for call, nth in BEFORE:
        assert stopped(call, nth) == ("open", ["filed"], True), call
    for number, (call, nth) in enumerate(AFTER):
        assert stopped(call, nth) == ("returned", ["withdrawn"], False), call
        FourProperties(hall.settings, hall.database, hall.now).run_once()
        report, data = hall.run().report_digest, hall.run().data_digest
        assert report is not None
        assert data is not None
        assert json.loads(hall.store.read(data))["check"] == hall.run().id
        hall.again()
        hall.hand_in(PAGE + b"%d" % number)
    hall.check()


@pytest.mark.parametrize(
    ("state", "by_state", "code"),
    [
        ("open", {}, "batch.empty"),
        ("open", {"filed": 1, "read": 1}, "batch.unfinished"),
        ("open", {"unpacked": 1}, "batch.unfinished"),
        ("open", {"filed": 1, "needs_review": 1}, "batch.unfinished"),
        ("open", {"set_aside": 1}, "batch.unfinished"),
        ("filed", {"filed": 1}, "batch.filed"),
        ("returned", {"filed": 1}, "batch.returned"),
    ],
)
def test_a_batch_that_is_not_done_is_not_filed(state: str, by_state: dict[str, int], code: str) -> None:
    with pytest.raises(Refused) as refused:
        rules.check_may_file(state, by_state)
    assert refused.value.code == code
    rules.check_may_file(states.OPEN, {"filed": 3, "refused": 1})
