"""What goes on beside the jobs: the index follows the records, and forgotten work is found again."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from archive_service import logs
from archive_service.db.session import Database
from archive_service.errors import ArchiveError
from archive_service.settings import Settings
from indexing.index import Index, open_index
from indexing.sync import follow
from ingest.pipeline import sweep

log = logs.get("upkeep")
#: Seconds between looks for scans that have no job.
SWEEP_S = 60.0


@dataclass
class Upkeep:
    """Brings the index up to the records and sweeps up forgotten scans."""

    settings: Settings
    database: Database
    now: Callable[[], datetime]
    _index: Index | None = None
    _swept: float = field(default_factory=lambda: -SWEEP_S)

    def run_once(self) -> None:
        """Do what is due now; a fault is written to the log and does not end the upkeep."""
        try:
            self._follow()
            self._sweep()
        except ArchiveError as e:
            log.warning("upkeep put off", code=e.code)
            self._index = None

    def _follow(self) -> None:
        if self._index is None:
            self._index = open_index(self.settings.home, self.settings.search_engine)
        while follow(self.database, self._index, now=self.now()):
            continue

    def _sweep(self) -> None:
        if time.monotonic() - self._swept < SWEEP_S:
            return
        self._swept = time.monotonic()
        with self.database.unit_of_work() as session:
            found = sweep(session, now=self.now())
        if found:
            log.warning("forgotten scans taken up again", count=found)
