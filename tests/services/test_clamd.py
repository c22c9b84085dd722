"""Received files before a real clamd, which knows one signature: ours."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from sqlalchemy import select

from archive_service import clock
from archive_service.audit.tables import AuditEntry
from archive_service.db.session import Database
from archive_service.errors import Unavailable
from archive_service.jobs.tables import Job
from archive_service.people.queries import system_viewer
from archive_service.settings import MIB, Settings
from archive_service.storage.files import FileStore
from archive_service.web import readiness
from archive_service.worker import jobs
from ingest import states
from ingest.errors import FileRefused
from ingest.receive import Said, open_batch, receive
from ingest.scanner import Scanner
from ingest.tables import Scan
from tests.support import born_digital, records
from tests.support.proxy import Proxy
from tests.support.services import address

pytestmark = pytest.mark.service

#: What the signature in .ci/services.sh names.
HARMFUL = b"ARCHIVE-TEST-FIND-3f9c"
#: The scanner says of every signature that is not of its makers that it is not.
FIND = "Archive.Test.Find.UNOFFICIAL"
ACCOUNT, APPLICATION = "5100000001", "202611090001"


@pytest.fixture(params=["path", "port"])
def where(request: pytest.FixtureRequest) -> str:
    """The scanner's address, both ways."""
    path, port = address("clamd", "ARCHIVE_TEST_CLAMD").split()
    return path if request.param == "path" else port


def paper(note: str = "") -> bytes:
    return born_digital.supply_reply(ACCOUNT, APPLICATION, note=note)


def hand_in(database: Database, store: FileStore, files: dict[str, bytes]) -> None:
    with database.unit_of_work() as session:
        records.case(session, account_no=ACCOUNT, application_no=APPLICATION)
        viewer = system_viewer(session)
        batch = open_batch(session, viewer, name="批", channel="cli", unit_id=viewer.unit_id, now=clock.now())
    for name, data in files.items():
        receive(
            database, store, stream=io.BytesIO(data), file_name=name, batch_id=batch.id, viewer=viewer, said=Said(),
            max_bytes=64 * MIB, now=clock.now(),
        )  # fmt: skip


def work(settings: Settings) -> None:
    """Let a worker do everything that can be done now of the first queue."""
    runner = jobs.open_runner(settings, worker="test", queues=("light",))
    while runner.run_one():
        pass
    runner.database.close()


def test_a_clean_file_passes_and_a_find_is_named(where: str, tmp_path: Path) -> None:
    scanner = Scanner(where, timeout_s=60)
    scanner.ping()
    assert scanner.version().startswith("ClamAV")
    path = tmp_path / "paper"
    path.write_bytes(paper())
    scanner.check(path)
    path.write_bytes(paper() + HARMFUL)
    with pytest.raises(FileRefused) as told:
        scanner.check(path)
    assert told.value.code == "file.virus"
    assert FIND in told.value.message


@pytest.mark.parametrize("size", [1_500_000, 40_000_000])
def test_more_than_it_looks_at_is_not_clean(where: str, tmp_path: Path, size: int) -> None:
    """Above the limit of a file it looks at nothing and says so; above that of a stream it hangs up."""
    path = tmp_path / "paper"
    path.write_bytes(b"plain text" * (size // 10))
    for _ in range(3):
        with pytest.raises(Unavailable) as told:
            Scanner(where, timeout_s=60).check(path)
        assert told.value.code == "scanner.limit"


def test_a_find_is_refused_by_name_and_the_next_file_goes_on(
    settings: Settings, database: Database, store: FileStore, where: str
) -> None:
    """A file of its own, and one in a ZIP beside a good one."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as members:
        members.writestr("好.pdf", paper())
        members.writestr("后.pdf", paper("后"))
    bad = paper("病") + HARMFUL
    hand_in(database, store, {"病.pdf": bad, "一包.zip": packed.getvalue()})
    work(settings.model_copy(update={"clamd_address": where}))
    with database.reading() as session:
        found = {scan.file_name: scan for scan in session.scalars(select(Scan))}
        scan = found["病.pdf"]
        assert (scan.state, scan.error_code, scan.page_count) == (states.REFUSED, "file.virus", 0)
        assert FIND in (scan.error_message or "")
        assert (found["好.pdf"].state, found["后.pdf"].state) == (states.CHECKED, states.CHECKED)
        finds = session.scalars(select(AuditEntry).where(AuditEntry.did == "scan.virus-found")).all()
        assert [(entry.facts["file"], entry.facts["find"]) for entry in finds] == [("病.pdf", FIND)]
        # Evidence, not waste: the bytes stay as they came.
        assert store.read(scan.digest) == bad


def test_while_the_scanner_is_away_files_wait_and_nothing_is_clean(
    settings: Settings, database: Database, store: FileStore
) -> None:
    host, _, number = address("clamd", "ARCHIVE_TEST_CLAMD").split()[1].partition(":")
    proxy = Proxy(host, int(number))
    settings = settings.model_copy(update={"clamd_address": f"127.0.0.1:{proxy.port}"})
    hand_in(database, store, {"一.pdf": paper()})
    proxy.shut()
    work(settings)
    with database.reading() as session:
        job, scan = session.scalars(select(Job)).one(), session.scalars(select(Scan)).one()
        assert (job.state, job.attempt, scan.state) == ("queued", 0, states.RECEIVED)
    with pytest.raises(Unavailable) as told:
        readiness.scanner(settings)
    assert told.value.code == "scanner.unavailable"
    proxy.open()
    assert readiness.scanner(settings) == readiness.OK
    work(settings)
    with database.reading() as session:
        assert session.scalars(select(Scan.state)).one() == states.CHECKED
    proxy.shut()
