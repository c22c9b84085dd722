"""Kept figures beside the jobs: cases that were never counted are, and loose differences are folded into the sums."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from archive_service import logs
from archive_service.db.session import Database
from archive_service.households import counting

log = logs.get("figures")
#: Seconds between two rounds, and how long one may keep the rest of the upkeep waiting.
ROUND_S, SPELL_S = 20.0, 2.0


@dataclass
class KeptFigures:
    """Keeps the figures in shape; called between rounds it does nothing."""

    database: Database
    today: Callable[[], date]
    _next: float = 0.0
    #: Behind which case the look for uncounted ones goes on; none once all are counted.
    _after: int | None = 0

    def run_once(self) -> None:
        """Do a round if one is due; raises OperationalError when the database is away."""
        began = time.monotonic()
        if began < self._next:
            return
        self._next = began + ROUND_S
        while time.monotonic() - began < SPELL_S and self._count():
            continue
        while time.monotonic() - began < SPELL_S and self._fold():
            continue
        if self._after is not None:
            self._next = 0.0

    def _count(self) -> bool:
        if self._after is None:
            return False
        with self.database.unit_of_work() as session:
            self._after = counting.count_missing(session, after=self._after)
        return self._after is not None

    def _fold(self) -> bool:
        with self.database.unit_of_work() as session:
            folded = counting.fold(session, today=self.today())
        return folded > 0
