"""What goes on beside the jobs: the index follows the records, and forgotten work is found again."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.exc import OperationalError

from archive_service import logs
from archive_service.audit.verify import last_seq
from archive_service.db.session import Database
from archive_service.errors import ArchiveError
from archive_service.settings import Settings
from indexing.index import Index, open_index
from indexing.sync import follow
from ingest.pipeline import sweep

log = logs.get("upkeep")
#: Seconds between looks for scans that have no job.
SWEEP_S = 60.0
#: Seconds after which the index is compared with the records even though nothing seems to have happened.
COMPARE_S = 30.0
#: Finding what the index lacks costs more the more households there are; it may take one part in this many of the time.
SHARE = 5


@dataclass
class Upkeep:
    """Brings the index up to the records and sweeps up forgotten scans."""

    settings: Settings
    database: Database
    now: Callable[[], datetime]
    _index: Index | None = None
    _swept: float = -SWEEP_S
    #: Number of the audit entry up to which the index follows, when it last did, and how long that took.
    _followed: int = -1
    _followed_at: float = -COMPARE_S
    _cost_s: float = 0.0

    def run_once(self) -> None:
        """Do what is due now; a fault is written to the log and does not end the upkeep."""
        try:
            self._follow()
            self._sweep()
        except ArchiveError as e:
            log.warning("upkeep put off", code=e.code)
            self._index = None
        except OperationalError as e:
            log.warning("upkeep put off", code="database.unavailable", fault=type(e.orig).__name__)

    def _follow(self) -> None:
        began = time.monotonic()
        if began - self._followed_at < SHARE * self._cost_s:
            return
        with self.database.reading() as session:
            # Whatever changes a household writes an audit entry in the same transaction.
            head = last_seq(session)
        if head == self._followed and began - self._followed_at < COMPARE_S:
            return
        if self._index is None:
            self._index = open_index(self.settings.home, self.settings.search_engine)
        follow(self.database, self._index, now=self.now())
        self._followed, self._followed_at = head, time.monotonic()
        self._cost_s = self._followed_at - began

    def _sweep(self) -> None:
        if time.monotonic() - self._swept < SWEEP_S:
            return
        self._swept = time.monotonic()
        with self.database.unit_of_work() as session:
            found = sweep(session, now=self.now())
        if found:
            log.warning("forgotten scans taken up again", count=found)
