"""Each call to the store, the database or the index fails once in each step: nothing is lost and nothing done twice."""

from __future__ import annotations

import errno
import io
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from archive_service.cli.services import Services
from archive_service.cli.verify import findings
from archive_service.db.session import Database
from archive_service.errors import Unavailable
from archive_service.jobs import queue
from archive_service.jobs.tables import Job
from archive_service.people.queries import system_viewer
from archive_service.people.roles import Right
from archive_service.settings import Settings
from archive_service.storage.files import FileStore
from archive_service.storage.tables import StoredObject
from indexing.engine import IndexUnusable
from indexing.index import open_index
from indexing.rebuild import rebuild
from indexing.sync import follow
from ingest.receive import Receipt, Said, open_batch, receive
from tests.support import records
from tests.support.born_digital import supply_reply
from tests.support.faulty import cut_off, locked, store_away, store_full
from tests.support.faulty_place import ACCOUNT, APPLICATION, PAPER, FaultyPlace

STEPS = ["check", "render", "read", "sort", "file"]
ON_DISK = {"put": store_full, "put-half": store_full}
IN_STORE = ("read", "fetch-half", "put", "put-half", "put-done")


@pytest.fixture
def place(database: Database, store: FileStore, settings: Settings) -> Iterator[FaultyPlace]:
    """An archive with one registered household."""
    with database.unit_of_work() as session:
        records.case(session, account_no=ACCOUNT, application_no=APPLICATION, account_name="汪雪梅")
    made = FaultyPlace(settings, database, store)
    yield made
    made.faulty_database.close()


def error_for(call: str) -> Callable[[], Exception]:
    if call in IN_STORE:
        return ON_DISK.get(call, store_away)
    return locked if call == "commit" else cut_off


@pytest.mark.parametrize("step", ["check", "render"])
def test_a_full_disk_where_files_are_opened_has_its_own_class(place: FaultyPlace, step: str) -> None:
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
def test_a_container_that_fails_once_is_unpacked_once(place: FaultyPlace, call: str) -> None:
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
def test_a_file_that_could_not_be_received_is_taken_at_the_second_try(place: FaultyPlace, call: str) -> None:
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
def test_a_store_that_stays_away_sets_the_file_aside_and_it_can_be_handed_in_again(
    place: FaultyPlace, step: str
) -> None:
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
    place: FaultyPlace, step: str
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
def test_an_index_whose_marks_are_lost_holds_each_paper_once(place: FaultyPlace, call: str) -> None:
    """The index was committed, the database not: the household is done again, and nothing is in the index twice."""
    place.take_in()
    place.finish()
    index = open_index(place.settings.home, "tantivy")
    place.faults.arm(call, cut_off, nth=2 if call == "reading" else 1)
    with pytest.raises(OperationalError):
        follow(place.faulty_database, index, now=place.now())
    index.close()
    place.check()


def test_an_index_that_another_process_writes_is_followed_later(place: FaultyPlace) -> None:
    """Busy is no failure: nothing is done now, and all of it the next time."""
    place.take_in()
    place.finish()
    index = open_index(place.settings.home, "tantivy")
    with index.current()[1].writer():
        assert follow(place.database, index, now=place.now()) == 0
    index.close()
    place.check()


def test_a_torn_index_stops_no_file_and_is_made_again(place: FaultyPlace, settings: Settings) -> None:
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


def test_twenty_who_hand_in_the_same_file_at_once_get_twenty_good_answers(place: FaultyPlace) -> None:
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
