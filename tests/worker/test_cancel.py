"""A real worker process, a long file, and a person who stops it and lets it go on."""

from __future__ import annotations

import io
import time
from collections import Counter

import pytest
from sqlalchemy import func, select

from archive_service import clock
from archive_service.audit.tables import AuditEntry
from archive_service.cli.services import Services
from archive_service.cli.verify import findings
from archive_service.db.session import Database
from archive_service.households.tables import Item, Page
from archive_service.jobs.tables import Job
from archive_service.people.queries import system_viewer
from archive_service.people.roles import Right
from archive_service.settings import Settings
from archive_service.storage.files import FileStore
from archive_service.worker.embedded import Supervisor
from indexing.sync import follow
from ingest import jobs, states
from ingest.receive import Said, open_batch, receive
from ingest.tables import Scan, ScanPage
from tests.support import records
from tests.support.born_digital import paper

ACCOUNT, APPLICATION, PAGES = "5101431049", "202603100001", 60


def take_in(database: Database, store: FileStore) -> int:
    with database.unit_of_work() as session:
        records.case(session, account_no=ACCOUNT, application_no=APPLICATION, account_name="汪雪梅")
        viewer = system_viewer(session)
        unit_id = min(viewer.units(Right.SCAN_RECEIVE))
        batch = open_batch(session, viewer, name="批", channel="cli", unit_id=unit_id, now=clock.now())
    rows = [("户号", ACCOUNT), ("申请编号", APPLICATION), ("户名", "汪雪梅"), ("答复日期", "2026年3月12日")]
    data = paper("低压供电方案答复单", rows, pages=PAGES)
    receipt = receive(
        database, store, stream=io.BytesIO(data), file_name="长.pdf", batch_id=batch.id, viewer=viewer,
        said=Said(), max_bytes=10_000_000, now=clock.now(),
    )  # fmt: skip
    return receipt.scan_id


def wait_until(database: Database, scan_id: int, *, pages: int = 0, at_rest: bool = False) -> Scan:
    """Look until so many pages are read or the scan is at rest."""
    while True:
        with database.reading() as session:
            scan = session.get_one(Scan, scan_id)
        if scan.pages_done >= pages and (not at_rest or scan.state in states.FINAL):
            return scan
        assert at_rest or scan.state not in states.FINAL, "the file was finished before it could be stopped"
        time.sleep(0.02)


def wait_until_done(database: Database) -> None:
    """Look until no job is left."""
    while True:
        with database.reading() as session:
            if session.scalar(select(func.count()).where(Job.state != "done")) == 0:
                return
        time.sleep(0.1)


def pages_read(database: Database, scan_id: int) -> int:
    with database.reading() as session:
        read = select(func.count()).where(ScanPage.scan_id == scan_id, ScanPage.lines_digest.is_not(None))
        return session.scalar(read) or 0


@pytest.mark.timeout(600)
def test_a_file_that_is_being_read_stops_when_cancelled_and_is_finished_after_a_retry(
    database: Database, store: FileStore, settings: Settings
) -> None:
    """Nothing is written after the cancel; afterwards every page is there once, and nothing twice."""
    scan_id = take_in(database, store)
    with database.reading() as session:
        viewer = system_viewer(session)
    with Supervisor(settings, 1):
        wait_until(database, scan_id, pages=3)
        with database.unit_of_work() as session:
            job = jobs.open_job_of_scan(session, viewer, scan_id)
            jobs.cancel(session, viewer, job.id, reason="先处理别的文件", now=clock.now())
        stopped_at = pages_read(database, scan_id)
        assert 3 <= stopped_at < PAGES
        # The worker takes up other work, and the cancelled file is not part of it.
        other = take_another(database, store)
        assert wait_until(database, other, at_rest=True).state == "filed"
        assert pages_read(database, scan_id) == stopped_at
        with database.reading() as session:
            assert session.get_one(Scan, scan_id).state == "set_aside"
            assert session.scalars(select(Item.id).where(Item.scan_id == scan_id)).all() == []
        with database.unit_of_work() as session:
            jobs.retry(session, viewer, job.id, now=clock.now())
        scan = wait_until(database, scan_id, at_rest=True)
        # What is filed is made a rendition of.
        wait_until_done(database)
    assert (scan.state, scan.pages_done, scan.error_code) == ("filed", PAGES, None)
    with database.reading() as session:
        numbers = session.scalars(select(Page.page_no).join(Item).where(Item.scan_id == scan_id)).all()
        did = Counter(session.scalars(select(AuditEntry.did).where(AuditEntry.object_id == str(scan_id))))
    assert sorted(numbers) == list(range(1, PAGES + 1))
    assert (did["scan.set-aside"], did["scan.resumed"], did["scan.filed"]) == (1, 1, 1)
    services = Services(settings)
    follow(database, services.index, now=clock.now())
    assert findings(services, sample=None, now=clock.now()).findings == ()
    services.database.close()


def take_another(database: Database, store: FileStore) -> int:
    with database.unit_of_work() as session:
        viewer = system_viewer(session)
        unit_id = min(viewer.units(Right.SCAN_RECEIVE))
        batch = open_batch(session, viewer, name="另一批", channel="cli", unit_id=unit_id, now=clock.now())
    from tests.support.born_digital import supply_reply

    receipt = receive(
        database, store, stream=io.BytesIO(supply_reply(ACCOUNT, APPLICATION)), file_name="短.pdf", batch_id=batch.id,
        viewer=viewer, said=Said(), max_bytes=10_000_000, now=clock.now(),
    )  # fmt: skip
    return receipt.scan_id
