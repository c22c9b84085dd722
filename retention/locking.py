"""The job that locks stored objects as long as the records that hold them are kept, and mirrors holds on and off.

A household is owed when its dues were reckoned anew, when something of it was put under a hold or let go, and each day;
the archive's own papers when there are more of a kind, and each day. Only a store whose last self-test held is asked at
all; what it says of each object is read back and kept. Stopped anywhere, the next run asks the store again and finds
what is set already.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from archive_service.audit.record import SYSTEM, record
from archive_service.db.session import Database
from archive_service.fixity.proofs import newest
from archive_service.fixity.watchers import watchers
from archive_service.jobs import queue
from archive_service.jobs.queue import Claimed
from archive_service.notices.actions import tell_all
from archive_service.storage import lock_rows
from archive_service.storage.lock_rows import Said
from archive_service.storage.places import Stores
from archive_service.storage.tables import ObjectLock
from retention import lock_papers, lock_work
from retention.lock_rules import Wish
from retention.lock_work import STORES, Originals, Work
from retention.paper_rules import PaperRules

if TYPE_CHECKING:
    from archive_service.storage.retain import Place

LOCK_JOB = "storage.lock"
#: How long what a store said of a lock is believed before it is asked again.
BELIEVED = timedelta(days=30)


def enforcing(session: Session) -> list[str]:
    """Return the stores whose last self-test proved that locks hold."""
    proofs = {name: newest(session, name) for name in STORES}
    return [name for name, proof in proofs.items() if proof is not None and proof.state == "enforced"]


def ask(session: Session, rules: PaperRules, *, now: datetime, today: date) -> bool:
    """Order the job when a store enforces locks and some are owed; say whether."""
    if not enforcing(session):
        return False
    if not lock_work.owed(session, today=today, limit=1) and not lock_papers.owed(session, rules, today=today):
        return False
    queue.enqueue(session, kind=LOCK_JOB, subject="objects", queue="upkeep", now=now)
    return True


@dataclass(frozen=True)
class LockHandler:
    """The job handler that brings the locks up to the records."""

    database: Database
    #: Opened when needed, for the second store may be away.
    stores: Callable[[], Stores]
    lease_s: float
    #: Days for which an object is locked that has no day of its own; renewed before half of them are over.
    span_days: int
    #: How long the archive's own papers are locked; read when needed, for the file may be wrong. Raises Invalid.
    rules: Callable[[], PaperRules]
    #: What was received of items and no page of them names; another workflow knows.
    originals: Originals
    now: Callable[[], datetime]
    today: Callable[[], date]

    def run(self, claimed: Claimed) -> None:
        """Lock the objects of the households and the archive's own papers that are owed, some at a time."""
        # The SDK takes a while to load, and most archives keep files.
        from archive_service.storage import retain

        with self.database.reading() as session:
            trusted = enforcing(session)
        places = [one for one in retain.places(self.stores()) if one.name in trusted] if trusted else []
        for work in self._works() if places else ():
            claimed.check()
            self._lock(claimed, places, work)
        with self.database.unit_of_work() as session:
            queue.finish(session, claimed, now=self.now())

    def give_up(self, session: Session, claimed: Claimed, *, code: str, now: datetime) -> None:
        """Leave the rest owed: the upkeep orders the job anew."""

    def _works(self) -> Iterator[Work]:
        """Yield what is owed, each as it is when those before it are done."""
        span = timedelta(days=self.span_days)
        while True:
            with self.database.reading() as session:
                work = lock_work.of_households(session, self.originals, now=self.now(), today=self.today(), span=span)
            if work is None:
                break
            yield work
        with self.database.reading() as session:
            kinds = lock_papers.owed(session, self.rules(), today=self.today())
        for kind in kinds:
            after: str | None = ""
            while after is not None:
                with self.database.reading() as session:
                    work, after = lock_papers.some(
                        session, kind, self.rules(), after, now=self.now(), today=self.today(), span=span
                    )
                yield work

    def _lock(self, claimed: Claimed, places: Sequence[Place], work: Work) -> None:
        from archive_service.storage import retain

        now, found = self.now(), []
        for place in places:
            for digest in sorted(work.there[place.name]):
                row, wanted = work.known.get((place.name, digest)), work.wishes[digest]
                if not _is_kept(row, wanted, now=now):
                    claimed.check()
                    known = row.version if row is not None and row.name == place.object_name(digest) else None
                    found.append(
                        retain.settle(
                            place, digest, known=known, least=wanted.least, until=wanted.until, held=wanted.held
                        )
                    )
        with self.database.unit_of_work() as session:
            _write(session, work, found, today=self.today(), now=now)
            queue.renew(session, claimed, now=self.now(), lease_s=self.lease_s)


def _is_kept(row: ObjectLock | None, wanted: Wish, *, now: datetime) -> bool:
    """Say whether a lock is as it should be and the store said so not too long ago."""
    if row is None:
        return wanted == Wish(None, None, False)
    long_enough = wanted.least is None or (row.until is not None and row.until >= wanted.least)
    return row.state == "kept" and long_enough and row.held == wanted.held and abs(now - row.seen_at) < BELIEVED


def _write(session: Session, work: Work, found: Sequence[Said], *, today: date, now: datetime) -> None:
    failed = 0
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for one in found:
        before = session.get(ObjectLock, (one.digest, one.place))
        was_held = before is not None and before.held
        failed += one.state != "kept" and (before is None or before.state != one.state)
        counts[one.place][one.state] += 1
        counts[one.place]["held"] += one.held and not was_held
        counts[one.place]["let_go"] += was_held and not one.held
        lock_rows.note(session, one, now=now)
    work.mark(session)
    session.flush()
    for store, sums in sorted(counts.items()):
        facts = {**work.facts, **{name: n for name, n in sums.items() if n}}
        record(session, by=SYSTEM, did="object.locked", object_kind="store", object_id=store, unit_id=None, facts=facts,
               now=now)  # fmt: skip
    if failed:
        tell_all(session, watchers(session), but=None, kind="lock-refused", address="/fixity",
                 values={"number": failed}, once_key=f"lock-refused:{today}", now=now)  # fmt: skip
