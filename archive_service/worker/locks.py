"""The self-test of the stores at the start and daily, and the order to lock what is owed."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from archive_service import logs
from archive_service.db.session import Database
from archive_service.errors import ArchiveError
from archive_service.fixity.proofs import GOOD, prove_all
from archive_service.settings import Settings
from archive_service.storage.choose import open_stores
from archive_service.zone import local
from retention import locking, paper_rules

log = logs.get("locks")
#: Seconds between looks whether locks are owed, and before a store that did not answer is tested again.
ROUND_S = 300.0


@dataclass
class Locks:
    """Proves and orders; called between rounds it does nothing."""

    settings: Settings
    database: Database
    now: Callable[[], datetime]
    #: Seconds that only go forward.
    ticks: Callable[[], float] = time.monotonic
    _next: float = float("-inf")
    _proven_on: date | None = None

    def run_once(self) -> None:
        """Test the stores if that is due today, and order the job when locks are owed."""
        if self.ticks() < self._next:
            return
        self._next = self.ticks() + ROUND_S
        today = local(self.now()).date()
        if self._proven_on != today:
            try:
                proofs = prove_all(self.database, open_stores(self.settings), now=self.now())
            except ArchiveError as e:
                log.warning("self-test put off", code=e.code)
                return
            self._proven_on = today
            for one in proofs:
                if one.state not in GOOD:
                    log.warning("store does not lock", store=one.store, state=one.state, let=one.let)
        try:
            rules = paper_rules.load(self.settings.paper_rules_file)
        except ArchiveError as e:
            # Nothing is locked by rules that nobody can read; `storage lock` and the health page say so.
            log.warning("locks put off", code=e.code)
            return
        with self.database.unit_of_work() as session:
            locking.ask(session, rules, now=self.now(), today=today)
