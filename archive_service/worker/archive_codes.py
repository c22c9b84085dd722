"""Archive codes beside the jobs: cases that were filed before there were codes get theirs, in the order of filing."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from archive_service import logs
from archive_service.db.session import Database
from archive_service.lifecycle import actions, queries

log = logs.get("archive-codes")
#: How long one look may keep the rest of the upkeep waiting, in seconds, and how many cases are taken at a time.
SPELL_S = 2.0
CASES_A_TIME = 100


@dataclass
class ArchiveCodes:
    """Gives the codes that are owed; looks for them once, for every case filed since gets its code at once."""

    database: Database
    now: Callable[[], datetime]
    #: Cases that wait, in the order of filing; none before the look.
    _owed: list[int] | None = None

    def run_once(self) -> None:
        """Give codes for a while; raises OperationalError when the database is away."""
        began = time.monotonic()
        if self._owed is None:
            with self.database.reading() as session:
                self._owed = queries.unnumbered(session)
            if self._owed:
                log.info("filed cases without a code", count=len(self._owed))
        while self._owed and time.monotonic() - began < SPELL_S:
            with self.database.unit_of_work() as session:
                actions.number_filed(session, self._owed[:CASES_A_TIME], now=self.now())
            del self._owed[:CASES_A_TIME]
