"""An archive in this process whose store, database and index fail when told to, and whose clock can be moved on."""

from __future__ import annotations

import io
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import func, select

from archive_service import clock
from archive_service.audit.tables import AuditEntry
from archive_service.cli.services import Services
from archive_service.cli.verify import findings
from archive_service.db.session import Database
from archive_service.households.tables import Item
from archive_service.jobs.runner import Runner
from archive_service.jobs.tables import Job
from archive_service.people.queries import system_viewer
from archive_service.people.roles import Right
from archive_service.settings import Settings
from archive_service.storage.store import ObjectStore
from archive_service.worker import jobs
from indexing.sync import follow
from ingest import review
from ingest.again import actions as again
from ingest.again.queries import Filters
from ingest.quality import rescan
from ingest.receive import Receipt, Said, open_batch, receive
from ingest.review import Wanted
from ingest.tables import Scan, ScanPage
from ingest.workshop import Workshop
from tests.support import records
from tests.support.born_digital import supply_reply
from tests.support.faulty import Faults, FaultyDatabase, FaultyStore

ACCOUNT, APPLICATION = "5101431049", "202603100001"
PAPER = supply_reply(ACCOUNT, APPLICATION)


@dataclass
class FaultyPlace:
    """An archive whose store and database fail when told to, and whose clock can be moved on."""

    settings: Settings
    database: Database
    store: ObjectStore
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
        """Return the moment by the clock of this place."""
        return clock.now() + self.later

    def take_in(self, data: bytes = PAPER, name: str = "答复单.pdf") -> Receipt:
        """Receive one file."""
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

    def turn(self, scan_id: int, degrees: int) -> None:
        """Turn the one page of a scan that waits for review, as a person at the desk does."""
        tools = review.Tools(self.settings, self.store, records.TODAY)
        with self.database.reading() as session:
            viewer = system_viewer(session)
            (document,) = session.get_one(Scan, scan_id).documents
            wanted = Wanted({document.id: document.pages}, [(document.id, document.pages)], {1: degrees})
            ahead = review.before_arrange(session, viewer, scan_id, wanted, tools=tools)
        with self.database.unit_of_work() as session:
            review.arrange(session, viewer, ahead, tools=tools, now=self.now())

    def hand_in_better(self, scan_id: int, data: bytes) -> int:
        """Hand in a better scan of the one page of a scan that waits for review; return the rescan."""
        with self.database.reading() as session:
            viewer = system_viewer(session)
        return rescan.receive(
            self.database, self.store, stream=io.BytesIO(data), file_name="重扫.pdf", scan_id=scan_id, page_no=1,
            reason="影像不清", viewer=viewer, max_bytes=10_000_000, now=self.now(),
        )  # fmt: skip

    def ask_again(self, scan_id: int) -> None:
        """Ask for the one page of a scan to be read again, as if an older engine had read it."""
        with self.database.unit_of_work() as session:
            viewer = system_viewer(session)
            session.scalars(select(ScanPage).where(ScanPage.scan_id == scan_id)).one().engine = "an older one"
            session.flush()
            wanted = Filters(viewer.units(Right.SCAN_REVIEW), scan_id=scan_id)
            assert again.ask(session, viewer, scan_id, wanted, said={}, now=self.now()) == 1

    def page(self, scan_id: int) -> ScanPage:
        """Return the one page of a scan."""
        with self.database.reading() as session:
            return session.scalars(select(ScanPage).where(ScanPage.scan_id == scan_id)).one()

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
        """Return state and error code of the jobs that met one."""
        with self.database.reading() as session:
            rows = session.execute(select(Job.state, Job.error_code).order_by(Job.id)).all()
        return [(row.state, row.error_code) for row in rows if row.error_code]

    def scans(self) -> list[tuple[str, str | None]]:
        """Return state and error code of the received files."""
        with self.database.reading() as session:
            return [(row.state, row.error_code) for row in session.scalars(select(Scan).order_by(Scan.id))]
