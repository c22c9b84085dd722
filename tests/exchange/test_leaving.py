"""An export by command that ends half way leaves no folder and no row that says for ever that it is being made."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import select

from archive_service.audit.tables import AuditEntry
from archive_service.db.session import Database
from archive_service.exchange import actions, by_hand, leaving
from archive_service.exchange.leaving import Hold
from archive_service.exchange.tables import Package
from archive_service.settings import Settings
from tests.exchange.world import ACCOUNT, NOW
from tests.support import records

#: Begins an export, writes a first file, and is killed.
KILLED = """
import os, signal, sys
from pathlib import Path
from archive_service.db.session import Database
from archive_service.exchange import leaving
from tests.exchange.test_leaving import begun
begun(Database(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]))
os.kill(os.getpid(), signal.SIGKILL)
"""


def begun(database: Database, home: Path, out: Path) -> Hold:
    """An export as the command begins it, with a first file written."""
    with database.unit_of_work() as session:
        by = records.system(session)
        made = by_hand.begin(session, by, ACCOUNT, format="bagit", items=None, now=NOW)
        held = leaving.hold(home, made.id, leaving.partial_of(out, made.id))
    assert held.partial is not None
    held.partial.mkdir(parents=True)
    (held.partial / "bagit.txt").write_text("half")
    return held


@pytest.fixture
def household(database: Database) -> None:
    with database.unit_of_work() as session:
        records.case(session, "202611010001", account_no=ACCOUNT)


def told(database: Database) -> list[str]:
    """What the trail says of packages."""
    with database.reading() as session:
        said = select(AuditEntry.did).where(AuditEntry.object_kind == "package").order_by(AuditEntry.seq)
        return list(session.scalars(said))


def states(database: Database) -> list[str]:
    with database.reading() as session:
        return list(session.scalars(select(Package.state).order_by(Package.id)))


@pytest.mark.usefixtures("household")
def test_what_a_killed_export_left_is_cleared_by_the_next(database: Database, settings: Settings) -> None:
    out = settings.home / "elsewhere" / "bag"
    child = [sys.executable, "-c", KILLED, settings.url(), str(settings.home), str(out)]
    done = subprocess.run(child, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert [one.name for one in out.parent.iterdir()] == [".bag.1.part"]
    assert states(database) == ["making"]
    assert leaving.clear(database, settings.home, now=lambda: NOW) == 1
    assert list(out.parent.iterdir()) == []
    assert states(database) == ["stopped"]
    assert told(database) == ["package.asked", "package.stopped"]
    assert leaving.clear(database, settings.home, now=lambda: NOW) == 0


@pytest.mark.usefixtures("household")
def test_an_export_that_runs_is_left_alone_and_clears_up_after_itself(database: Database, settings: Settings) -> None:
    held = begun(database, settings.home, settings.home / "bag")
    assert held.partial is not None
    assert leaving.clear(database, settings.home, now=lambda: NOW) == 0
    assert (held.partial / "bagit.txt").exists()
    leaving.end(database, held, now=NOW)
    assert not held.partial.exists()
    assert states(database) == ["stopped"]
    assert list((settings.home / "exports").iterdir()) == []


@pytest.mark.usefixtures("household")
def test_a_package_that_a_job_makes_is_never_taken_for_a_stopped_export(database: Database, settings: Settings) -> None:
    with database.unit_of_work() as session:
        asked = actions.ask_package(session, records.system(session), ACCOUNT, format="eep", items=None, now=NOW)
        package_id = asked.id
    leaving.hold(settings.home, package_id, settings.home / "bag").file.close()
    assert leaving.clear(database, settings.home, now=lambda: NOW) == 1
    assert states(database) == ["making"]


def test_no_folder_is_removed_that_is_not_one_of_that_export(database: Database, settings: Settings) -> None:
    kept = settings.home / "kept"
    kept.mkdir()
    leaving.hold(settings.home, 7, kept).file.close()
    assert leaving.clear(database, settings.home, now=lambda: NOW) == 1
    assert kept.is_dir()
