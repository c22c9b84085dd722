"""An export that is killed after its bundle was written, or put into the store, ends with that very bundle."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest
from sqlalchemy import select

from archive_service import clock
from archive_service.cli.services import Services
from archive_service.cli.verify import findings
from archive_service.db.session import Database
from archive_service.jobs import queue
from archive_service.proofs import actions
from archive_service.proofs.selecting import Asked
from archive_service.proofs.tables import AuditRun
from archive_service.settings import Settings
from archive_service.storage.files import FileStore
from archive_service.worker import jobs
from indexing.sync import follow
from tests.support import records

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
_WORKER = """
import os, signal, sys
from archive_service.proofs import work
from archive_service.settings import load
from archive_service.storage.files import FileStore
from archive_service.worker import jobs

def die(*given, **named):
    os.kill(os.getpid(), signal.SIGKILL)

if sys.argv[1] == "written":
    FileStore.put = die
elif sys.argv[1] == "put":
    work.ExportHandler._ready = die
else:
    work.asdict = die
runner = jobs.open_runner(load(), worker="doomed")
runner.run_one()
"""


@pytest.mark.parametrize("point", ["half", "written", "put"])
def test_a_killed_export_is_ended_with_the_same_bundle(
    database: Database, store: FileStore, settings: Settings, point: str
) -> None:
    with database.unit_of_work() as session:
        records.unit(session)
        run_id = actions.ask_export(session, records.system(session), Asked(), now=clock.now()).id
    environment = {**os.environ, **settings.environment()}
    killed = subprocess.run([sys.executable, "-c", _WORKER, point], env=environment, check=False, timeout=120)
    assert killed.returncode == -signal.SIGKILL
    queue.release(database, worker="doomed", now=clock.now())
    runner = jobs.open_runner(settings, worker="heir")
    while runner.run_one():
        continue
    runner.database.close()
    with database.reading() as session:
        row = session.scalars(select(AuditRun).where(AuditRun.id == run_id)).one()
        assert (row.state, list(store.digests())) == ("done", [row.digest])
    assert list((settings.home / "work").iterdir()) == []
    services = Services(settings)
    follow(database, services.index, now=clock.now())
    assert findings(services, sample=None, now=clock.now()).findings == ()
    services.database.close()
