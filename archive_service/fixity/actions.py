"""Read objects back, those checked longest ago first; copy them to the second store; mend from the good copy.

Stopped anywhere, the next round does the rest: what was found is written down before anything is mended, a mended
object is only ever replaced as a whole, and it is locked again before the repair is written down.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import BinaryIO

from sqlalchemy import or_, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from archive_service import zone
from archive_service.db.session import Database
from archive_service.errors import Damaged, NotFound
from archive_service.fixity import repairs
from archive_service.fixity.tables import FixityDay
from archive_service.fixity.watchers import watchers
from archive_service.notices.actions import tell_all
from archive_service.storage import removal
from archive_service.storage.encrypted import EncryptedStore
from archive_service.storage.files import FileStore
from archive_service.storage.places import Stores
from archive_service.storage.record import is_kept
from archive_service.storage.store import ObjectStore
from archive_service.storage.tables import RemovedObject, StoredObject

#: Objects whose good checks are written down in one transaction.
CHUNK = 50
#: How long it is until a lost object is looked at again.
AGAIN = timedelta(days=1)
_GOOD = "good"


@dataclass(frozen=True)
class Round:
    """What a round did; `size_bytes` are those of the objects, read in each store."""

    objects: int = 0
    size_bytes: int = 0
    copies: int = 0
    repaired: int = 0
    lost: int = 0


@dataclass
class _Chunk:
    good: list[str] = field(default_factory=list)
    copied: list[str] = field(default_factory=list)
    size_bytes: int = 0
    failures: int = 0
    #: Objects that were found bad and not seen to be mended yet, and where.
    unfinished: dict[str, str] = field(default_factory=dict)
    began: float = field(default_factory=time.monotonic)


def check_some(
    database: Database,
    stores: Stores,
    *,
    budget_bytes: int,
    before: datetime,
    now: Callable[[], datetime],
    agent: str,
    enough: Callable[[], bool] = lambda: False,
) -> Round:
    """Check objects not checked since `before`, until their bytes exceed the budget or `enough` says so.

    The last object may exceed the budget. Raises Unavailable when a store does not answer; what was found is kept.
    """
    done = Round()
    while done.size_bytes < budget_bytes and not enough():
        with database.reading() as session:
            waiting = _longest_ago(session, before=before, now=now())
            unfinished = repairs.unfinished(session, [digest for digest, _ in waiting])
        if not waiting:
            break
        chunk = _Chunk(unfinished=unfinished)
        try:
            for digest, size in waiting:
                if done.size_bytes >= budget_bytes or (chunk.good and enough()):
                    break
                found = _one(database, stores, digest, chunk, now=now, agent=agent)
                chunk.size_bytes += size
                done = Round(
                    done.objects + 1,
                    done.size_bytes + size,
                    done.copies + found.copies,
                    done.repaired + found.repaired,
                    done.lost + found.lost,
                )
        finally:
            with database.unit_of_work() as session:
                _keep(session, chunk, second=stores.second is not None, now=now())
    return done


def sha256_of(store: ObjectStore, digest: str) -> str:
    """Return how the bytes of an object are: good, damaged, missing or unreadable. Raises Unavailable."""
    try:
        with store.open(digest) as source:
            return _GOOD if hashlib.file_digest(source, "sha256").hexdigest() == digest else "damaged"  # type: ignore[arg-type]
    except NotFound:
        return "missing"
    except Damaged:
        return "damaged"
    except OSError:
        return "unreadable"


def _one(
    database: Database, stores: Stores, digest: str, chunk: _Chunk, *, now: Callable[[], datetime], agent: str
) -> Round:
    first = sha256_of(stores.first, digest)
    second = None if stores.second is None else sha256_of(stores.second, digest)
    if {first, second} - {_GOOD, None} and not _kept(database, digest):
        # A disposal takes it out, or has: nothing is mended, copied or lost.
        return Round()
    if stores.second is None:
        if first == _GOOD:
            _end_repair(database, stores, digest, chunk, now=now, agent=agent)
            _protect(database, stores, digest, chunk, now=now, agent=agent)
            chunk.good.append(digest)
            return Round()
        return _lost(database, digest, chunk, now=now(), agent=agent, found=[("first", first)])
    found = Round()
    assert second is not None
    if _GOOD not in (first, second):
        return _lost(database, digest, chunk, now=now(), agent=agent, found=[("first", first), ("second", second)])
    if first != _GOOD:
        return _mended(database, stores, digest, chunk, ("first", first), now=now, agent=agent)
    if second == "missing" and not _was_copied(database, digest):
        if not _copied(database, stores.first, digest, stores.second.put):
            return Round()
        if removal.take_back(database, stores, digest):
            return Round()
        chunk.copied.append(digest)
        found = Round(copies=1)
    elif second != _GOOD:
        return _mended(database, stores, digest, chunk, ("second", second), now=now, agent=agent)
    _end_repair(database, stores, digest, chunk, now=now, agent=agent)
    _protect(database, stores, digest, chunk, now=now, agent=agent)
    chunk.good.append(digest)
    return found


def _mended(
    database: Database,
    stores: Stores,
    digest: str,
    chunk: _Chunk,
    found: tuple[str, str],
    *,
    now: Callable[[], datetime],
    agent: str,
) -> Round:
    where, outcome = found
    assert stores.second is not None
    bad, good = (stores.first, stores.second) if where == "first" else (stores.second, stores.first)
    with database.unit_of_work() as session:
        repairs.event(session, digest, outcome, where, now=now(), agent=agent)
    if not _copied(database, good, digest, lambda source: bad.mend(digest, source, stores.aside / where)):
        return Round()
    if removal.take_back(database, stores, digest):
        return Round()
    repairs.write_down(database, stores, digest, where, now=now, agent=agent)
    chunk.failures += 1
    chunk.good.append(digest)
    return Round(repaired=1)


def _protect(
    database: Database, stores: Stores, digest: str, chunk: _Chunk, *, now: Callable[[], datetime], agent: str
) -> None:
    """Make a good file read-only again that somebody could have written to, and write down that it was not."""
    for name, store, _ in stores.each():
        if isinstance(store, FileStore | EncryptedStore) and store.protect(digest):
            chunk.failures += 1
            with database.unit_of_work() as session:
                repairs.event(session, digest, "writable", name, now=now(), agent=agent)
                repairs.event(session, digest, "repaired", name, now=now(), agent=agent)


def _end_repair(
    database: Database, stores: Stores, digest: str, chunk: _Chunk, *, now: Callable[[], datetime], agent: str
) -> None:
    """Do what is left of a repair when a crash kept it from being written down, or somebody else did it."""
    if digest in chunk.unfinished:
        repairs.write_down(database, stores, digest, chunk.unfinished[digest], now=now, agent=agent)


def _lost(
    database: Database,
    digest: str,
    chunk: _Chunk,
    *,
    now: datetime,
    agent: str,
    found: Sequence[tuple[str, str]],
) -> Round:
    """Write down that no good copy is left, and tell those who have to act, once for each loss."""
    with database.unit_of_work() as session:
        row = session.get(StoredObject, digest)
        if row is None or not is_kept(session, digest):
            # Disposed of meanwhile.
            return Round()
        chunk.failures += 1
        new, row.lost_at = row.lost_at is None, now
        if not new:
            return Round(lost=1)
        for where, outcome in found:
            repairs.event(session, digest, outcome, where, now=now, agent=agent)
        event = repairs.event(session, digest, "lost", "both" if len(found) > 1 else "first", now=now, agent=agent)
        tell_all(
            session,
            watchers(session),
            but=None,
            kind="object-lost",
            address="/fixity",
            values={"number": event.id},
            once_key=f"object-lost:{event.id}",
            now=now,
        )
    return Round(lost=1)


def _copied(database: Database, good: ObjectStore, digest: str, copy: Callable[[BinaryIO], object]) -> bool:
    """Copy an object that was good a moment ago; say no when a disposal took it out meanwhile. Raises NotFound."""
    try:
        with good.open(digest) as source:
            copy(source)
    except NotFound:
        if _kept(database, digest):
            raise
        return False
    return True


def _kept(database: Database, digest: str) -> bool:
    with database.reading() as session:
        return is_kept(session, digest)


def _was_copied(database: Database, digest: str) -> bool:
    with database.reading() as session:
        return session.scalar(select(StoredObject.copied_at).where(StoredObject.digest == digest)) is not None


def _longest_ago(session: Session, *, before: datetime, now: datetime) -> list[tuple[str, int]]:
    going = select(RemovedObject.digest).where(
        RemovedObject.digest == StoredObject.digest, RemovedObject.removed_at.is_(None)
    )
    wanted = select(StoredObject.digest, StoredObject.size_bytes).where(
        or_(StoredObject.checked_at.is_(None), StoredObject.checked_at < before),
        or_(StoredObject.lost_at.is_(None), StoredObject.lost_at <= now - AGAIN),
        ~going.exists(),
    )
    order = wanted.order_by(StoredObject.checked_at.asc().nulls_first(), StoredObject.digest)
    return [(digest, size) for digest, size in session.execute(order.limit(CHUNK))]


def _keep(session: Session, chunk: _Chunk, *, second: bool, now: datetime) -> None:
    if not chunk.good and not chunk.failures:
        return
    values: dict[str, datetime | None] = {"checked_at": now, "lost_at": None}
    if second:
        values["copied_at"] = now
    session.execute(update(StoredObject).where(StoredObject.digest.in_(chunk.good)).values(**values))
    day = zone.local(now).date()
    on_sqlite = session.get_bind().dialect.name == "sqlite"
    insert = (sqlite_insert if on_sqlite else postgresql_insert)(FixityDay)
    none = {"day": day, "objects": 0, "size_bytes": 0, "copies": 0, "failures": 0, "took_ms": 0}
    session.execute(insert.values(none).on_conflict_do_nothing(index_elements=["day"]))
    took_ms = round((time.monotonic() - chunk.began) * 1000)
    session.execute(
        update(FixityDay)
        .where(FixityDay.day == day)
        .values(
            objects=FixityDay.objects + len(chunk.good),
            size_bytes=FixityDay.size_bytes + chunk.size_bytes,
            copies=FixityDay.copies + len(chunk.copied),
            failures=FixityDay.failures + chunk.failures,
            took_ms=FixityDay.took_ms + took_ms,
        )
    )
