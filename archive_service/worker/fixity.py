"""Reading objects back beside the jobs: a little at a time, within the budget of the day."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from archive_service import logs
from archive_service.db.session import Database
from archive_service.errors import ArchiveError
from archive_service.fixity import queries
from archive_service.fixity.actions import check_some
from archive_service.inspection.lost import raise_for_lost
from archive_service.people.queries import system_viewer
from archive_service.settings import Settings
from archive_service.storage.choose import open_stores
from archive_service.storage.places import Stores
from archive_service.zone import local

log = logs.get("fixity")
#: Seconds between two rounds, and how long one may keep the rest of the upkeep waiting.
ROUND_S, SPELL_S = 10.0, 0.3


@dataclass
class Fixity:
    """Reads objects back in turn; called between rounds it does nothing."""

    settings: Settings
    database: Database
    now: Callable[[], datetime]
    _next: float = 0.0
    _stores: Stores | None = None

    def run_once(self) -> None:
        """Do a round if one is due; a store that does not answer is asked again at the next."""
        began = time.monotonic()
        if began < self._next:
            return
        self._next = began + ROUND_S
        with self.database.reading() as session:
            left = self.settings.fixity_bytes_a_day - queries.read_today(session, local(self.now()).date())
        if left <= 0:
            return
        try:
            self._read_back(began, left)
        except ArchiveError as e:
            # The rest of the upkeep has its own store and index, and goes on.
            self._stores = None
            log.warning("reading back put off", code=e.code)

    def _read_back(self, began: float, left: int) -> None:
        if self._stores is None:
            self._stores = open_stores(self.settings)
        done = check_some(
            self.database,
            self._stores,
            budget_bytes=left,
            before=self.now() - timedelta(days=self.settings.fixity_every_days),
            now=self.now,
            agent="upkeep",
            enough=lambda: time.monotonic() - began > SPELL_S,
        )
        if done.repaired or done.lost:
            log.warning("objects were damaged", repaired=done.repaired, lost=done.lost)
        if done.lost:
            # A lost object is looked at again each day, so what a crash keeps from being raised here is raised then.
            with self.database.unit_of_work() as session:
                viewer, today = system_viewer(session), local(self.now()).date()
                raise_for_lost(session, viewer, now=self.now(), today=today)
