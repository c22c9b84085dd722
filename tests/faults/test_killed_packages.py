"""SIGKILL while a package is made, a household comes in from one, and a batch is filed: resumed or undone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from archive_service import clock
from archive_service.audit.tables import AuditEntry
from archive_service.cli.services import Services
from archive_service.cli.verify import findings
from archive_service.db.session import Database
from archive_service.exchange import actions as packages
from archive_service.exchange.hand_ins import actions as hand_ins
from archive_service.exchange.tables import HandIn, Package
from archive_service.households.tables import CaseFile, HouseholdFile, Item
from archive_service.jobs import queue
from archive_service.properties.tables import PropertyRun
from archive_service.settings import Settings
from archive_service.storage.files import FileStore
from archive_service.worker.properties import FourProperties
from indexing.sync import follow
from ingest.tables import Batch
from tests.exchange import world
from tests.exchange.test_hand_ins import zipped
from tests.exchange.world import ACCOUNT, packed
from tests.faults.test_kill import ROOT, household, take_in, work_on
from tests.support import records

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
__all__ = ["household"]

#: What each child begins with: `die` at once, or at the n-th call of what it stands for.
_DEATH = """
import os, signal, sys
from archive_service.settings import load
from archive_service.storage.files import FileStore
def die(*given, **named):
    os.kill(os.getpid(), signal.SIGKILL)
def at(count, real):
    left = [count]
    def called(*given, **named):
        left[0] -= 1
        return die() if left[0] == 0 else real(*given, **named)
    return called
def behind(real):
    def called(*given, **named):
        real(*given, **named)
        die()
    return called
"""
_WORKER = """
from archive_service.worker import jobs
runner = jobs.open_runner(load(), worker="doomed")
while runner.run_one():
    continue
"""
_MAKING = "from archive_service.exchange import work"
MAKING = {
    "some files written":
        "from archive_service.exchange.bags.write import ZipTarget\nZipTarget.open = at(4, ZipTarget.open)",
    "all written": "FileStore.put = die",
    "in the store": f"{_MAKING}\nwork.PackHandler._ready = die",
    "before the commit": f"{_MAKING}\nwork.queue.finish = die",
}  # fmt: skip
_TAKING = "from archive_service.exchange.hand_ins import work"
TAKING = {
    "some files in the store": "FileStore.put = at(4, FileStore.put)",
    "all in the store": f"{_TAKING}\nwork.restore = die",
    "entered, before the commit": f"{_TAKING}\nwork.checked.taken = behind(work.checked.taken)",
    "committed, before the report": f"{_TAKING}\nwork.properties.write_report = die",
}
_FILING = "from ingest.filing import work"
FILING = {
    "read back": "from archive_service.properties.work import Desk\nDesk.look_at = behind(Desk.look_at)",
    "checked, before the commit": f"{_FILING}\nwork.actions.file_batch = behind(work.actions.file_batch)",
    "committed, before the report": f"{_FILING}\nwork.write_report = die",
}


def killed(settings: Settings, point: str, work: str = _WORKER) -> None:
    """Let a process work that kills itself at a point, and free what it held, as the supervisor would."""
    environment = {**os.environ, **settings.environment()}
    child = [sys.executable, "-c", f"{_DEATH}\n{point}\n{work}"]
    done = subprocess.run(child, env=environment, cwd=ROOT, timeout=240, check=False, capture_output=True, text=True)
    assert done.returncode == -signal.SIGKILL, done.stderr
    opened = Database(settings.url())
    queue.release(opened, worker="doomed", now=clock.now())
    opened.close()


def wrong(settings: Settings) -> list[str]:
    """What `verify` finds amiss."""
    services = Services(settings)
    follow(services.database, services.index, now=clock.now())
    found = [f"{one}" for one in findings(services, sample=None, now=clock.now()).findings]
    services.database.close()
    return found


def told(database: Database) -> Counter[str]:
    with database.reading() as session:
        return Counter(session.scalars(select(AuditEntry.did)))


@pytest.mark.parametrize("point", MAKING.values(), ids=MAKING)
def test_a_package_is_made_once_whatever_its_worker_died_at(
    point: str, settings: Settings, database: Database, store: FileStore
) -> None:
    """No folder and no half file is left, and the row names the one package that is in the store."""
    world.fill(database, store)
    # What the world of these tests leaves out of its own records stays as it was.
    before, amiss = set(store.digests()), wrong(settings)
    with database.unit_of_work() as session:
        packages.ask_package(session, records.system(session), ACCOUNT, format="bagit", items=None, now=clock.now())
    killed(settings, point)
    with database.reading() as session:
        assert session.scalars(select(Package.state)).all() == ["making"]
    work_on(settings)
    with database.reading() as session:
        made = session.scalars(select(Package)).one()
    assert (made.state, set(store.digests()) - before) == ("ready", {made.digest})
    assert told(database)["package.made"] == 1
    assert list((settings.home / "work").iterdir()) == []
    assert wrong(settings) == amiss


@pytest.fixture
def second(settings: Settings, migrated_file: Path) -> Iterator[tuple[Settings, Database, FileStore]]:
    made = world.second_home(settings, migrated_file)
    yield made
    made[1].close()


@pytest.mark.parametrize("point", TAKING.values(), ids=TAKING)
def test_a_household_comes_in_whole_and_once_whatever_its_worker_died_at(
    point: str, settings: Settings, database: Database, store: FileStore, tmp_path: Path,
    second: tuple[Settings, Database, FileStore],
) -> None:  # fmt: skip
    """Until its one transaction nothing of it is there; then all of it, and the report that lacks is written.

    What it had unpacked goes with the leftovers of a day.
    """
    world.fill(database, store)
    with database.unit_of_work() as session:
        for case in session.scalars(select(CaseFile).where(CaseFile.business_type == "INCREASE")):
            case.business_type = "INC"
    there, receiving, objects = second
    stored = objects.put_bytes(zipped(packed(settings, database, store, tmp_path / "bag")))
    with receiving.unit_of_work() as session:
        unit = records.unit(session)
        by = records.system(session)
        made = hand_ins.hand_in(
            session, by, stored, name="移交.zip", channel="web", unit_id=unit.id, as_named=False, now=clock.now()
        )
        number = made.id
    work_on(there)
    with receiving.unit_of_work() as session:
        hand_ins.accept(session, records.system(session), number, now=clock.now())
    killed(there, point)
    committed = "write_report" in point
    with receiving.reading() as session:
        came = session.scalars(select(HouseholdFile.account_no)).all()
        assert (came, session.get_one(HandIn, number).state) == (
            ([ACCOUNT], "taken") if committed else ([], "taking")
        )  # fmt: skip
    work_on(there)
    FourProperties(there, receiving, clock.now).run_once()
    with receiving.reading() as session:
        assert session.get_one(HandIn, number).state == "taken"
        assert session.scalars(select(HouseholdFile.account_no)).all() == [ACCOUNT]
        assert None not in session.scalars(select(PropertyRun.report_digest)).all()
    assert [told(receiving)[did] for did in ("package.accepted", "package.taken")] == [1, 1]
    assert wrong(there) == []


@pytest.mark.parametrize("point", FILING.values(), ids=FILING)
@pytest.mark.usefixtures("household")
def test_a_batch_is_filed_or_left_open_whatever_its_command_died_at(
    point: str, settings: Settings, database: Database, store: FileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Left open, it is filed by the same command; filed, the upkeep writes the report of its check."""
    take_in(database, store)
    work_on(settings)
    command = "from archive_service.cli.main import run\nsys.exit(run(['batch', 'file', '1']))"
    killed(settings, point, command)
    committed = "write_report" in point
    with database.reading() as session:
        assert session.scalars(select(Batch.state)).all() == ["filed" if committed else "open"]
    environment = {**os.environ, **settings.environment()}
    again = [sys.executable, "-m", "archive_service", "batch", "file", "1"]
    assert subprocess.run(again, env=environment, cwd=ROOT, check=False, timeout=240).returncode == 3 * committed
    FourProperties(settings, database, clock.now).run_once()
    with database.reading() as session:
        assert session.scalars(select(Batch.state)).all() == ["filed"]
        assert session.scalars(select(Item.state)).all() == ["filed"]
        (report,) = session.scalars(select(PropertyRun.report_digest)).all()
    assert report is not None
    assert told(database)["batch.filed"] == 1
    assert wrong(settings) == []
