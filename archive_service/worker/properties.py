"""The four-property check over time beside the jobs: reports that are owed, and kept cases in turn, so many a day."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from archive_service import logs
from archive_service.db.session import Database
from archive_service.errors import ArchiveError

# A run may name a package, and its row is only written where the table of packages is known.
from archive_service.exchange import tables as _packages  # noqa: F401
from archive_service.households.tables import CaseFile
from archive_service.people import queries as people
from archive_service.properties import actions, due, queries, work
from archive_service.properties.gather import Outside, Subject
from archive_service.properties.work import Desk
from archive_service.settings import Settings
from archive_service.storage.choose import open_store
from archive_service.storage.store import ObjectStore
from archive_service.zone import local, midnight
from ingest.property_facts import scans_of
from ingest.scanner import Scanner
from retention.queries import outcomes_of

log = logs.get("properties")
#: Seconds between two rounds, and how long one may keep the rest of the upkeep waiting.
ROUND_S, SPELL_S = 60.0, 2.0
_A_TIME = 20


def desk(settings: Settings, database: Database, store: ObjectStore, now: Callable[[], datetime]) -> Desk:
    """Return what commands and the upkeep check with."""
    outside = Outside(scans_of, outcomes_of)
    scanner = Scanner.of(settings)
    return Desk(database, store, settings.home, outside, scanner, now, lambda: local(now()).date())


@dataclass
class FourProperties:
    """Writes what is owed and checks what is due; called between rounds it does nothing."""

    settings: Settings
    database: Database
    now: Callable[[], datetime]
    _next: float = 0.0
    _desk: Desk | None = None

    def run_once(self) -> None:
        """Do a round if one is due; a store that does not answer is asked again at the next."""
        began = time.monotonic()
        if began < self._next:
            return
        self._next = began + ROUND_S
        try:
            self._reports()
            while time.monotonic() - began < SPELL_S and self._one_case():
                pass
        except ArchiveError as e:
            self._desk = None
            log.warning("the four-property check is put off", code=e.code)

    def _at(self) -> Desk:
        if self._desk is None:
            self._desk = desk(self.settings, self.database, open_store(self.settings), self.now)
        return self._desk

    def _reports(self) -> None:
        with self.database.reading() as session:
            owed = queries.unreported(session, limit=_A_TIME)
        for run_id in owed:
            work.write_report(self._at(), run_id)

    def _one_case(self) -> bool:
        """Check the case that waits longest; say whether there was one within what is checked a day."""
        now = self.now()
        today = local(now).date()
        with self.database.reading() as session:
            scheme = queries.in_force(session, today)
            if due.checked_by_itself(session, midnight(today)) >= scheme.longterm_cases_a_day:
                return False
            waiting = due.kept_cases_due(session, now=now, every_days=scheme.longterm_every_days, limit=1)
            if not waiting:
                return False
            subject = Subject(session.get_one(CaseFile, waiting[0]).household_id, waiting[0])
            pages = work.pages_of(session, subject)
        looked = self._at().look(pages)
        with self.database.unit_of_work() as session:
            run = actions.check_kept(
                session,
                people.system_viewer(session),
                waiting[0],
                looked=looked,
                outside=self._at().outside,
                now=now,
                today=today,
            )
            run_id, state = run.id, run.state
        if state == "failed":
            log.warning("a kept case failed the four-property check", check=run_id)
        work.write_report(self._at(), run_id)
        return True
