"""A worker killed with SIGKILL at any point of any step loses nothing and does nothing twice."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import func, select

from archive_service import clock
from archive_service.audit.tables import AuditEntry
from archive_service.cli.services import Services
from archive_service.cli.verify import findings
from archive_service.db.session import Database
from archive_service.households.tables import Item
from archive_service.jobs import queue
from archive_service.people.queries import system_viewer
from archive_service.people.roles import Right
from archive_service.settings import Settings
from archive_service.storage.files import FileStore
from archive_service.worker import jobs
from indexing.sync import follow
from ingest.receive import Said, open_batch, receive
from ingest.tables import Scan
from tests.support import records
from tests.support.born_digital import supply_reply

POINTS = [
    *(f"{step}.{moment}" for step in ("check", "render", "read", "sort", "file", "rendition") for moment in
      ("prepared", "written", "committed")),
    "render.chunk",
    "read.page",
]  # fmt: skip
ROOT = Path(__file__).parents[2]
ACCOUNT, APPLICATION = "5101431049", "202603100001"


@pytest.fixture
def household(database: Database) -> None:
    """A registered household with one case."""
    with database.unit_of_work() as session:
        records.case(session, account_no=ACCOUNT, application_no=APPLICATION, account_name="汪雪梅")


def take_in(database: Database, store: FileStore, note: str = "") -> int:
    """Receive one paper and return its scan's id: from here on it is acknowledged."""
    with database.unit_of_work() as session:
        viewer = system_viewer(session)
        unit_id = min(viewer.units(Right.SCAN_RECEIVE))
        batch = open_batch(session, viewer, name="批", channel="cli", unit_id=unit_id, now=clock.now())
    receipt = receive(
        database,
        store,
        stream=io.BytesIO(supply_reply(ACCOUNT, APPLICATION, note=note)),
        file_name="答复单.pdf",
        batch_id=batch.id,
        viewer=viewer,
        said=Said(),
        max_bytes=10_000_000,
        now=clock.now(),
    )
    assert receipt.state == "received"
    return receipt.scan_id


def die_at(point: str, settings: Settings) -> None:
    """Run a worker of its own that kills itself at `point`, and free what it held, as the supervisor would."""
    environment = {**os.environ, **settings.environment()}
    command = [sys.executable, "-m", "tests.support.doomed_worker", point, "doomed"]
    done = subprocess.run(command, env=environment, cwd=ROOT, timeout=120, check=False)
    assert done.returncode == -signal.SIGKILL
    opened = Database(settings.url())
    queue.release(opened, worker="doomed", now=clock.now())
    opened.close()


def work_on(settings: Settings) -> None:
    """Do all work that is owed, in this process."""
    runner = jobs.open_runner(settings, worker="heir")
    while runner.run_one():
        continue
    runner.database.close()


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.usefixtures("household")
def test_a_file_is_finished_exactly_once_after_a_kill(
    point: str, database: Database, store: FileStore, settings: Settings
) -> None:
    """Killed at the point, then worked on by another worker: one filed item, one end, nothing found amiss."""
    take_in(database, store)
    die_at(point, settings)
    work_on(settings)
    with database.reading() as session:
        assert session.scalars(select(Scan.state)).all() == ["filed"]
        assert session.scalar(select(func.count()).select_from(Item)) == 1
        did = Counter(session.scalars(select(AuditEntry.did)))
    assert (did["scan.received"], did["item.filed"], did["scan.filed"]) == (1, 1, 1)
    services = Services(settings)
    follow(database, services.index, now=clock.now())
    assert findings(services, sample=None, now=clock.now()).findings == ()
    services.database.close()


@pytest.mark.usefixtures("household")
def test_a_file_that_always_kills_its_worker_is_set_aside_and_the_next_goes_on(
    database: Database, store: FileStore, settings: Settings
) -> None:
    """After three dead workers the scan waits for a person; its bytes are kept; another file is filed."""
    take_in(database, store)
    for _ in range(3):
        die_at("check.prepared", settings)
    take_in(database, store, note="第二份")
    work_on(settings)
    with database.reading() as session:
        rows = session.execute(select(Scan.state, Scan.error_code).order_by(Scan.id)).all()
    assert [tuple(row) for row in rows] == [("set_aside", "job.worker-died"), ("filed", None)]
