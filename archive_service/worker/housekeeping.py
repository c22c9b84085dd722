"""What keeps the archive fit by itself: partitions ready ahead of the writers, old jobs and leftovers gone."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from archive_service import logs
from archive_service.db import partitions
from archive_service.db.session import Database
from archive_service.fixity.watchers import watchers
from archive_service.idempotency import actions as kept_answers
from archive_service.imports import actions as imports
from archive_service.jobs.prune import prune
from archive_service.notices import actions as notices
from archive_service.settings import Settings
from archive_service.storage.room import rooms
from archive_service.worker import leftovers
from archive_service.zone import local

log = logs.get("housekeeping")
#: Seconds between two rounds.
ROUND_S = 3600.0
#: How long people find their notices.
NOTICES_KEPT = timedelta(days=365)


@dataclass
class Housekeeping:
    """Tidies up once an hour; called in between it does nothing."""

    settings: Settings
    database: Database
    now: Callable[[], datetime]
    #: Seconds that only go forward.
    ticks: Callable[[], float] = time.monotonic
    _next: float = 0.0
    #: The job behind which pruning goes on.
    _after: int = 0

    def run_once(self) -> None:
        """Do a round if one is due, in short transactions; raises OperationalError when the database is away."""
        if self.ticks() < self._next:
            return
        # Also after a fault the next round is due in an hour: nothing here is urgent.
        self._next = self.ticks() + ROUND_S
        made = partitions.ensure(self.database.engine)
        kept = timedelta(days=self.settings.jobs_kept_days)
        done = prune(self.database, now=self.now(), kept=kept, after=self._after)
        kept_answers.prune(self.database, now=self.now())
        imports.prune(self.database, now=self.now())
        with self.database.unit_of_work() as session:
            notices.prune(session, before=self.now() - NOTICES_KEPT)
        self._tell_of_disks()
        left = leftovers.remove(self.settings)
        if made or done.jobs or done.partitions or left:
            dropped = list(done.partitions)
            log.info("housekeeping", partitions=made, jobs_pruned=done.jobs, partitions_dropped=dropped, leftovers=left)
        self._after = done.after or 0
        if done.after is not None:
            # Years of old jobs go in slices, so that the caller's other work does not wait.
            self._next = 0.0

    def _tell_of_disks(self) -> None:
        """Tell those who keep the system, once a day, that a disk is nearly full: while there still is room to act."""
        low = [one for one in rooms(self.settings) if one.is_low]
        for one in low:
            left = f"{one.free_bytes / 2**30:.1f}"
            log.warning("disk nearly full", place=one.place, gib=left)
            with self.database.unit_of_work() as session:
                notices.tell_all(
                    session, watchers(session), but=None, kind="disk-low", address="/fixity",
                    values={"number": left}, once_key=f"disk-low:{one.place}:{local(self.now()).date()}",
                    now=self.now(),
                )  # fmt: skip
