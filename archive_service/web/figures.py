"""What the archive as a whole owes, read from the database when Prometheus asks: right for workers anywhere.

Each group of figures is asked for at most every few seconds and in a thread of its own, so that a slow database makes
figures old and not the answer late. A group that cannot be read is left out, and `archive_figures_up` says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from archive_service import clock, logs
from archive_service.audit.verify import last_seq
from archive_service.fixity import queries as fixity
from archive_service.fixity import write_once
from archive_service.jobs import figures as jobs
from archive_service.storage.room import rooms
from archive_service.web.looking import Look
from archive_service.web.services import Services
from indexing import figures as indexing
from ingest import figures as ingest

#: Seconds for which figures of the rows are kept, and those that cost more.
EVERY_S, SELDOM_S = 5.0, 60.0
#: Seconds that a scrape waits for one group; Prometheus itself gives up after ten.
PATIENCE_S = 2.0
#: Comparing all households with the index may take one part in this many of the time.
SHARE = 20

Group = list[GaugeMetricFamily]


class Figures(Collector):
    """The figures of one archive."""

    def __init__(self, services: Services) -> None:
        self._services = services
        groups: dict[str, tuple[Callable[[], Group], float]] = {
            "jobs": (self._jobs, EVERY_S),
            "intake": (self._intake, EVERY_S),
            "audit": (self._audit, EVERY_S),
            "index": (self._index, EVERY_S),
            "refused": (self._refused, SELDOM_S),
            "fixity": (self._fixity, SELDOM_S),
            "locks": (self._locks, SELDOM_S),
            "disks": (self._disks, SELDOM_S),
        }
        self._looks = {
            name: Look(ask, every_s=every, patience_s=PATIENCE_S, share=SHARE) for name, (ask, every) in groups.items()
        }

    def describe(self) -> Iterable[GaugeMetricFamily]:
        """Name nothing in advance, so that making the app asks nothing of the database."""
        return []

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield all figures."""
        up = GaugeMetricFamily("archive_figures_up", "1 when this group of figures could be read.", labels=["group"])
        for name, look in self._looks.items():
            try:
                yield from look.last()
            except Exception as e:  # noqa: BLE001 - the other figures are wanted most when something is down
                logs.get("web").warning("figures could not be read", group=name, fault=type(e).__name__)
                up.add_metric([name], 0)
            else:
                up.add_metric([name], 1)
        yield up

    def _jobs(self) -> Group:
        with self._services.database.reading() as session:
            queues, errors = jobs.by_queue(session, now=clock.now()), jobs.by_error(session)
        waiting = _gauge("archive_jobs_waiting", "Jobs in the queue.", "queue")
        running = _gauge("archive_jobs_running", "Jobs that a worker has.", "queue")
        silent = _gauge("archive_jobs_abandoned", "Jobs whose worker gave no sign of life.", "queue")
        age = _gauge("archive_queue_age_seconds", "Time that the oldest job has waited which could be done.", "queue")
        failed = _gauge("archive_jobs_failed", "Jobs given up, by code.", "code")
        again = _gauge("archive_jobs_retrying", "Jobs that wait for another try, by code.", "code")
        for name, one in queues.items():
            waiting.add_metric([name], one.waiting)
            running.add_metric([name], one.running)
            silent.add_metric([name], one.abandoned)
            age.add_metric([name], one.oldest_s)
        for (state, code), count in errors.items():
            (failed if state == "failed" else again).add_metric([code], count)
        return [waiting, running, silent, age, failed, again]

    def _intake(self) -> Group:
        with self._services.database.reading() as session:
            found, speed = ingest.intake(session), ingest.pages_per_minute(session, now=clock.now())
        scans = _gauge("archive_scans", "Received files that are on their way or want something.", "state")
        for state, count in found.scans.items():
            scans.add_metric([state], count)
        return [
            scans,
            _one("archive_pages", "Pages of received files since the archive began.", found.pages),
            _one("archive_pages_waiting", "Pages of files on their way that are not read yet.", found.pages_waiting),
            _one("archive_pages_read_per_minute", f"Pages read a minute, over {ingest.MINUTES} minutes.", speed),
            _one("archive_review_documents", "Documents waiting for a person.", found.review_documents),
        ]

    def _audit(self) -> Group:
        with self._services.database.reading() as session:
            return [_one("archive_audit_seq", "Number of the newest entry of the audit trail.", last_seq(session))]

    def _index(self) -> Group:
        index = self._services.index
        with self._services.database.reading() as session:
            lag = indexing.lag(session, index, now=clock.now())
        return [
            _one(
                "archive_index_lag_households", "Households that the index does not hold as they are.", lag.households
            ),
            _one("archive_index_lag_seconds", "Age of the oldest change that the index does not hold.", lag.oldest_s),
            _one("archive_index_documents", "Papers in the index.", index.current()[1].count()),
        ]

    def _fixity(self) -> Group:
        with self._services.database.reading() as session:
            found = fixity.figures(session)
        return [
            _one("archive_objects", "Objects that the store is to hold.", found.objects),
            _one("archive_objects_checked", "Objects that were ever read back.", found.checked),
            _one("archive_objects_copied", "Objects seen in the second store.", found.copied),
            _one("archive_objects_lost", "Objects of which no good copy is left.", found.lost),
        ]

    def _locks(self) -> Group:
        with self._services.database.reading() as session:
            found = write_once.states(session, now=clock.now())
        proven = _gauge("archive_store_proven", "1 when the last self-test of the store held.", "store")
        locked = _gauge(
            "archive_objects_locked", "Objects whose lock was read back, in a store proven to lock.", "store"
        )
        failed = _gauge("archive_objects_unlocked", "Objects that the store did not lock as it was asked.", "store")
        for one in found:
            proven.add_metric([one.store], one.proven)
            locked.add_metric([one.store], one.locked)
            failed.add_metric([one.store], one.refused + one.short)
        return [proven, locked, failed]

    def _disks(self) -> Group:
        free = _gauge("archive_disk_free_bytes", "Bytes free on a disk that the archive writes to.", "place")
        low = _gauge("archive_disk_low", "1 when it is time to make room, 2 when no new files are stored.", "place")
        for one in rooms(self._services.settings):
            free.add_metric([one.place], one.free_bytes)
            low.add_metric([one.place], 2 if one.is_shut else int(one.is_low))
        return [free, low]

    def _refused(self) -> Group:
        with self._services.database.reading() as session:
            found = ingest.refused(session)
        refused = _gauge("archive_scans_refused", "Files refused, by code.", "code")
        for code, count in found.items():
            refused.add_metric([code], count)
        return [refused]


def _gauge(name: str, says: str, label: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, says, labels=[label])


def _one(name: str, says: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, says, value=value)
