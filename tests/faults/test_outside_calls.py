"""Each call to the store, the database or the index fails once in each step: nothing is lost and nothing done twice."""

from __future__ import annotations

import errno
import io
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from archive_service import clock
from archive_service.audit.tables import AuditEntry
from archive_service.cli.services import Services
from archive_service.cli.verify import findings
from archive_service.db.session import Database
from archive_service.errors import Unavailable
from archive_service.households.tables import Item
from archive_service.jobs import queue
from archive_service.jobs.runner import Runner
from archive_service.jobs.tables import Job
from archive_service.people.queries import system_viewer
from archive_service.people.roles import Right
from archive_service.settings import Settings
from archive_service.storage.files import FileStore
from archive_service.storage.tables import StoredObject
from archive_service.worker import jobs
from indexing.engine import IndexUnusable
from indexing.index import open_index
from indexing.rebuild import rebuild
from indexing.sync import follow
from ingest.receive import Receipt, Said, open_batch, receive
from ingest.tables import Scan
from ingest.workshop import Workshop
from tests.support import records
from tests.support.born_digital import supply_reply
from tests.support.faulty import Faults, FaultyDatabase, FaultyStore, cut_off, locked, store_away, store_full

ACCOUNT, APPLICATION = "5101431049", "202603100001"
PAPER = supply_reply(ACCOUNT, APPLICATION)
#: What each step asks of the outside.
CALLS = {
    "check": ("read", "fetch-half", "reading", "commit", "commit-lost"),
    "render": ("read", "put", "put-done", "begin", "commit", "commit-lost"),
    "read": ("read", "put", "put-done", "commit", "commit-lost"),
    "sort": ("read", "reading", "commit", "commit-lost"),
    "file": ("begin", "commit", "commit-lost"),
}
STEPS = list(CALLS)
ON_DISK = {"put": store_full, "put-half": store_full}
IN_STORE = ("read", "fetch-half", "put", "put-half", "put-done")


@dataclass
class Place:
    """An archive whose store and database fail when told to, and whose clock can be moved on."""

    settings: Settings
    database: Database
    store: FileStore
    faults: Faults = field(default_factory=Faults)
    later: timedelta = timedelta()

    def __post_init__(self) -> None:
        self.faulty_store = FaultyStore(self.store, self.faults)
        self.faulty_database = FaultyDatabase(self.settings.url(), self.faults)
        workshop = Workshop(
            self.settings, self.faulty_database, self.faulty_store, now=self.now, today=lambda: records.TODAY
        )
        handlers = jobs.handlers(workshop)
        self.runner = Runner(self.database, handlers, "worker", jobs.QUEUES, self.settings.lease_s, self.now)
        #: The same worker, when the fault also meets what the runner itself writes down.
        self.cut_off_runner = Runner(
            self.faulty_database, handlers, "worker", jobs.QUEUES, self.settings.lease_s, self.now
        )

    def now(self) -> datetime:
        return clock.now() + self.later

    def take_in(self, data: bytes = PAPER, name: str = "答复单.pdf") -> Receipt:
        with self.database.unit_of_work() as session:
            viewer = system_viewer(session)
            unit_id = min(viewer.units(Right.SCAN_RECEIVE))
            batch = open_batch(session, viewer, name="批", channel="cli", unit_id=unit_id, now=self.now())
        return receive(
            self.faulty_database, self.faulty_store, stream=io.BytesIO(data), file_name=name, batch_id=batch.id,
            viewer=viewer, said=Said(), max_bytes=10_000_000, now=self.now(),
        )  # fmt: skip

    def finish(self) -> None:
        """Do all work that is owed, waits included, with nothing failing any more."""
        self.faults.disarm()
        for _ in range(3):
            while self.runner.run_one():
                continue
            self.later += timedelta(minutes=3)

    def check(self, *, filed: int = 1) -> None:
        """Each paper was filed exactly once, it can be found, and nothing is amiss."""
        services = Services(self.settings)
        follow(services.database, services.index, now=self.now())
        assert findings(services, sample=None, now=self.now()).findings == ()
        services.index.close()
        services.database.close()
        with self.database.reading() as session:
            assert session.scalar(select(func.count()).select_from(Item)) == filed
            did = Counter(session.scalars(select(AuditEntry.did)))
            left = set(session.scalars(select(Job.state)))
        assert did["item.filed"] == filed
        assert left == {"done"}

    def errors(self) -> list[tuple[str, str | None]]:
        with self.database.reading() as session:
            rows = session.execute(select(Job.state, Job.error_code).order_by(Job.id)).all()
        return [(row.state, row.error_code) for row in rows if row.error_code]

    def scans(self) -> list[tuple[str, str | None]]:
        with self.database.reading() as session:
            return [(row.state, row.error_code) for row in session.scalars(select(Scan).order_by(Scan.id))]


@pytest.fixture
def place(database: Database, store: FileStore, settings: Settings) -> Iterator[Place]:
    """An archive with one registered household."""
    with database.unit_of_work() as session:
        records.case(session, account_no=ACCOUNT, application_no=APPLICATION, account_name="汪雪梅")
    made = Place(settings, database, store)
    yield made
    made.faulty_database.close()


def error_for(call: str) -> Callable[[], Exception]:
    if call in IN_STORE:
        return ON_DISK.get(call, store_away)
    return locked if call == "commit" else cut_off


@pytest.mark.parametrize(("step", "call"), [(step, call) for step, calls in CALLS.items() for call in calls])
def test_a_call_that_fails_once_only_delays_the_file(place: Place, step: str, call: str) -> None:
    """The job goes back with the class of the failure, and the file ends filed exactly once."""
    place.take_in()
    for _ in range(STEPS.index(step)):
        assert place.runner.run_one()
    place.faults.arm(call, error_for(call))
    assert place.runner.run_one()
    assert place.faults.thrown == 1
    if call == "commit-lost":
        assert place.errors() in ([], [("queued", "database.unavailable")])
    else:
        code = error_for(call)().code if call in IN_STORE else "database.unavailable"  # type: ignore[attr-defined]
        assert place.errors() == [("queued", code)]
    place.finish()
    assert place.scans() == [("filed", None)]
    place.check()


@pytest.mark.parametrize("step", ["check", "render"])
def test_a_full_disk_where_files_are_opened_has_its_own_class(place: Place, step: str) -> None:
    """The original is copied out of the store to be opened; no room for it is not called a fault of the program."""
    place.take_in()
    for _ in range(STEPS.index(step)):
        assert place.runner.run_one()
    place.faults.arm("fetch-half", lambda: OSError(errno.ENOSPC, "No space left on device"))
    assert place.runner.run_one()
    assert place.errors() == [("queued", "disk.full")]
    assert list((place.settings.home / "work").iterdir()) == []
    place.finish()
    place.check()


@pytest.mark.parametrize("call", ["put", "put-half", "put-done", "commit", "commit-lost"])
def test_a_container_that_fails_once_is_unpacked_once(place: Place, call: str) -> None:
    """Half of the members stored, or all of them and the answer lost: each becomes one scan."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as bundle:
        for number in (1, 2):
            bundle.writestr(f"{number}.pdf", supply_reply(ACCOUNT, APPLICATION, note=f"第{number}份"))
    place.take_in(packed.getvalue(), "包.zip")
    place.faults.arm(call, error_for(call), nth=1 if call.startswith("commit") else 2)
    assert place.runner.run_one()
    assert place.faults.thrown == 1
    place.finish()
    assert place.scans() == [("filed", None)] * 3
    place.check(filed=2)


@pytest.mark.parametrize("call", ["put", "put-half", "put-done", "begin", "commit", "commit-lost"])
def test_a_file_that_could_not_be_received_is_taken_at_the_second_try(place: Place, call: str) -> None:
    """The sender hears of the failure and sends again; it is filed once, and no scan is left half way."""
    place.faults.arm(call, error_for(call))
    with pytest.raises((Unavailable, OperationalError)):
        place.take_in()
    assert place.faults.thrown == 1
    assert list((place.settings.home / "objects" / "tmp").iterdir()) == []
    place.faults.disarm()
    place.take_in()
    place.finish()
    states = [("filed", None), ("refused", "file.duplicate")] if call == "commit-lost" else [("filed", None)]
    assert place.scans() == states
    place.check()


@pytest.mark.parametrize("step", ["check", "render", "read", "sort"])
def test_a_store_that_stays_away_sets_the_file_aside_and_it_can_be_handed_in_again(place: Place, step: str) -> None:
    """After three tries the scan waits with the class; nothing is amiss; handed in again it is filed once."""
    place.take_in()
    for _ in range(STEPS.index(step)):
        place.runner.run_one()
    place.faults.arm("read", store_away, times=1000)
    for _ in range(3):
        assert place.runner.run_one()
        place.later += timedelta(minutes=3)
    assert place.scans() == [("set_aside", "store.unavailable")]
    place.faults.disarm()
    place.take_in()
    place.finish()
    assert place.scans() == [("set_aside", "store.unavailable"), ("filed", None)]
    with place.database.unit_of_work() as session:
        session.query(Job).filter(Job.state == "failed").delete()
    place.check()


@pytest.mark.parametrize("step", STEPS)
def test_a_database_that_is_away_when_the_failure_is_to_be_written_costs_the_worker_only(
    place: Place, step: str
) -> None:
    """Neither the step nor its failure can be committed: the worker ends, its job is freed, another finishes it."""
    place.take_in()
    for _ in range(STEPS.index(step)):
        place.runner.run_one()
    place.faults.arm("commit", cut_off, nth=2, times=2)
    with pytest.raises(OperationalError):
        place.cut_off_runner.run_one()
    place.faults.disarm()
    assert queue.release(place.database, worker="worker", now=place.now()) == 1
    place.finish()
    assert place.scans() == [("filed", None)]
    place.check()


@pytest.mark.parametrize("call", ["reading", "begin", "commit", "commit-lost"])
def test_an_index_whose_marks_are_lost_holds_each_paper_once(place: Place, call: str) -> None:
    """The index was committed, the database not: the household is done again, and nothing is in the index twice."""
    place.take_in()
    place.finish()
    index = open_index(place.settings.home, "tantivy")
    place.faults.arm(call, cut_off, nth=2 if call == "reading" else 1)
    with pytest.raises(OperationalError):
        follow(place.faulty_database, index, now=place.now())
    index.close()
    place.check()


def test_an_index_that_another_process_writes_is_followed_later(place: Place) -> None:
    """Busy is no failure: nothing is done now, and all of it the next time."""
    place.take_in()
    place.finish()
    index = open_index(place.settings.home, "tantivy")
    with index.current()[1].writer():
        assert follow(place.database, index, now=place.now()) == 0
    index.close()
    place.check()


def test_a_torn_index_stops_no_file_and_is_made_again(place: Place, settings: Settings) -> None:
    """Papers are filed while the index cannot be read; the check says so; a rebuild finds everything."""
    index = open_index(settings.home, "tantivy")
    index.close()
    for path in (settings.home / "index").rglob("*"):
        if path.is_file() and path.name not in ("current.json", "building.lock"):
            path.write_bytes(b"torn")
    place.take_in()
    place.finish()
    assert place.scans() == [("filed", None)]
    with pytest.raises(IndexUnusable):
        follow(place.database, open_index(settings.home, "tantivy"), now=place.now())
    services = Services(settings)
    assert [one.kind for one in findings(services, sample=None, now=place.now()).findings] == ["index.unusable"]
    assert rebuild(place.database, open_index(settings.home, "tantivy"), now=place.now()) == 1
    services.database.close()
    place.check()


def test_twenty_who_hand_in_the_same_file_at_once_get_twenty_good_answers(place: Place) -> None:
    """One object, one scan that goes on, nineteen that name it, and nobody gets an error."""
    with place.database.unit_of_work() as session:
        viewer = system_viewer(session)
        unit_id = min(viewer.units(Right.SCAN_RECEIVE))
        batch = open_batch(session, viewer, name="批", channel="api", unit_id=unit_id, now=place.now())

    def hand_in(number: int) -> Receipt:
        return receive(
            place.database, place.store, stream=io.BytesIO(PAPER), file_name=f"{number}.pdf", batch_id=batch.id,
            viewer=viewer, said=Said(), max_bytes=10_000_000, now=place.now(),
        )  # fmt: skip

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(hand_in, range(20)))
    states = Counter((one.state, one.error_code) for one in answers)
    assert states == {("received", None): 1, ("refused", "file.duplicate"): 19}
    (first,) = (one.scan_id for one in answers if one.state == "received")
    assert {one.duplicate_of for one in answers if one.state == "refused"} == {first}
    with place.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(StoredObject)) == 1
    assert len(list(Path(place.settings.home / "objects").rglob("?" * 64))) == 1
    place.finish()
    place.check()
