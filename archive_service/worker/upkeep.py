"""What goes on beside the jobs: the index follows the records, and forgotten work is found again."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.exc import OperationalError

from archive_service import keyring, logs
from archive_service.audit.verify import last_seq
from archive_service.borrowing.actions import end_due
from archive_service.db.session import Database
from archive_service.errors import ArchiveError
from archive_service.notices import outbox
from archive_service.settings import Settings
from archive_service.webhooks import actions as webhooks
from archive_service.worker.archive_codes import ArchiveCodes
from archive_service.worker.checkpoints import Checkpoints
from archive_service.worker.due_work import DueWork
from archive_service.worker.fixity import Fixity
from archive_service.worker.housekeeping import Housekeeping
from archive_service.worker.kept_figures import KeptFigures
from archive_service.worker.locks import Locks
from archive_service.worker.properties import FourProperties
from archive_service.zone import local
from indexing.engine import IndexBusy
from indexing.identities import actions as identities
from indexing.index import Index, index_of
from indexing.sync import Mark, follow_from
from ingest.pipeline import sweep
from ingest.renditions.queries import sweep as sweep_renditions
from retention import reckoning

log = logs.get("upkeep")
#: Seconds between looks for scans that have no job.
SWEEP_S = 60.0
#: Seconds after which all households are compared with the index, in case something changed that no trail tells.
COMPARE_S = 300.0
#: Comparing costs more the more households there are; it may take one part in this many of the time.
SHARE = 50
#: Seconds that hashing identity numbers may take at a look; what is filed meanwhile is still found in time.
HASHING_S = 0.3


@dataclass
class Upkeep:
    """Brings the index up to the records and sweeps up forgotten scans."""

    settings: Settings
    database: Database
    now: Callable[[], datetime]
    _index: Index | None = None
    _swept: float = -SWEEP_S
    #: How far the index follows; none before the first comparison. When that was, and how long it took.
    _mark: Mark | None = None
    _compared_at: float = -COMPARE_S
    _cost_s: float = 0.0
    #: Where hashing identity numbers goes on; none when nothing was owed at the last look.
    _unhashed_after: int | None = None
    #: Where the look for items without a rendition goes on; none begins with the newest.
    _lacking_below: int | None = None
    _house: Housekeeping = field(init=False)
    _checkpoints: Checkpoints = field(init=False)
    _figures: KeptFigures = field(init=False)
    _codes: ArchiveCodes = field(init=False)
    _due_work: DueWork = field(init=False)
    _fixity: Fixity = field(init=False)
    _locks: Locks = field(init=False)
    _properties: FourProperties = field(init=False)

    def __post_init__(self) -> None:
        """Prepare what is done once in an hour."""
        self._house = Housekeeping(self.settings, self.database, self.now)
        self._checkpoints = Checkpoints(self.settings, self.database, self.now)
        self._codes = ArchiveCodes(self.database, self.now)
        self._fixity = Fixity(self.settings, self.database, self.now)
        self._locks = Locks(self.settings, self.database, self.now)
        self._properties = FourProperties(self.settings, self.database, self.now)
        self._due_work = DueWork(self.database, self.now)
        self._figures = KeptFigures(self.database, lambda: local(self.now()).date())

    def run_once(self) -> None:
        """Do what is due now; a fault is written to the log and does not end the upkeep."""
        try:
            self._follow()
            webhooks.follow(self.database, now=self.now())
            self._due_work.run_once()
            outbox.follow(self.database, self.settings, now=self.now())
            self._sweep()
            self._hash_identities()
            self._codes.run_once()
            self._figures.run_once()
            self._house.run_once()
            self._checkpoints.run_once()
            self._fixity.run_once()
            self._locks.run_once()
            self._properties.run_once()
        except ArchiveError as e:
            log.warning("upkeep put off", code=e.code)
            self._index = None
        except OperationalError as e:
            log.warning("upkeep put off", code="database.unavailable", fault=type(e.orig).__name__)

    def _follow(self) -> None:
        began = time.monotonic()
        compare = self._mark is None or began - self._compared_at >= max(COMPARE_S, SHARE * self._cost_s)
        with self.database.reading() as session:
            # Whatever changes a household writes an audit entry in the same transaction.
            head = last_seq(session)
        if self._mark is not None and head == self._mark.seq and not compare:
            return
        if self._index is None:
            self._index = index_of(self.settings)
        try:
            _, self._mark = follow_from(self.database, self._index, None if compare else self._mark, now=self.now())
        except IndexBusy:
            # Another process has the writer for a moment; what is owed is still owed at the next look.
            return
        if compare:
            self._compared_at = time.monotonic()
            self._cost_s = self._compared_at - began

    def _sweep(self) -> None:
        if time.monotonic() - self._swept < SWEEP_S:
            return
        self._swept = time.monotonic()
        with self.database.unit_of_work() as session:
            found = sweep(session, now=self.now())
            unmade = sweep_renditions(session, below=self._lacking_below, now=self.now())
        self._lacking_below = unmade.below
        with self.database.unit_of_work() as session:
            end_due(session, now=self.now())
        with self.database.unit_of_work() as session:
            reckoning.sweep(session, today=local(self.now()).date())
        if self._unhashed_after is None:
            self._unhashed_after = 0
        if found:
            log.warning("forgotten scans taken up again", count=found)

    def _hash_identities(self) -> None:
        if self._unhashed_after is None:
            return
        key = keyring.key(self.settings, keyring.IDENTITY)
        self._unhashed_after = identities.follow(self.database, key, after=self._unhashed_after, within_s=HASHING_S)
