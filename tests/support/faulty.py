"""A store, a database and an index that fail when told to: hand-written twins of the ports, around real ones."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from archive_service.db.session import Database
from archive_service.errors import Unavailable
from archive_service.storage.store import ObjectStore, Readable, Stored
from indexing.document import SearchDocument
from indexing.engine import unusable
from indexing.index import Index


@dataclass
class Faults:
    """Says which call fails: the `nth` of each kind named, counted from 1, and how many times on end."""

    what: str = ""
    nth: int = 1
    times: int = 1
    make: Callable[[], Exception] = lambda: Unavailable("store.unavailable", "存储暂时无法访问。")
    calls: dict[str, int] = field(default_factory=dict)
    thrown: int = 0

    def arm(self, what: str, make: Callable[[], Exception], *, nth: int = 1, times: int = 1) -> None:
        """Fail the nth call of this kind from now on, `times` times."""
        self.what, self.nth, self.times, self.make = what, nth, times, make
        self.calls, self.thrown = {}, 0

    def disarm(self) -> None:
        """Let everything pass."""
        self.what = ""

    def called(self, what: str) -> None:
        """Count a call and throw when its turn has come."""
        self.calls[what] = self.calls.get(what, 0) + 1
        if what == self.what and self.nth <= self.calls[what] < self.nth + self.times:
            self.thrown += 1
            raise self.make()


class FaultyStore:
    """An object store that throws before the call ("put", "read") or after half of the work ("put-half")."""

    def __init__(self, inner: ObjectStore, faults: Faults) -> None:
        self.inner, self.faults = inner, faults

    def put(self, source: Readable) -> Stored:
        """Store all of `source`; "put-half" fails in the middle of the bytes, "put-done" after they are stored."""
        self.faults.called("put")
        stored = self.inner.put(_Breaking(source, self.faults))
        self.faults.called("put-done")
        return stored

    def put_bytes(self, data: bytes) -> Stored:
        """Store `data`."""
        self.faults.called("put")
        stored = self.inner.put_bytes(data)
        self.faults.called("put-done")
        return stored

    def open(self, digest: str) -> BinaryIO:
        """Open the bytes."""
        self.faults.called("read")
        return self.inner.open(digest)

    def read(self, digest: str) -> bytes:
        """Return the bytes."""
        self.faults.called("read")
        return self.inner.read(digest)

    def fetch(self, digest: str, to: Path) -> None:
        """Copy the bytes; "fetch-half" leaves a part of them behind."""
        self.faults.called("read")
        self.inner.fetch(digest, to)
        try:
            self.faults.called("fetch-half")
        except Exception:
            to.write_bytes(to.read_bytes()[: to.stat().st_size // 2])
            raise

    def exists(self, digest: str) -> bool:
        """Say whether the bytes are there."""
        self.faults.called("read")
        return self.inner.exists(digest)

    def digests(self) -> Iterator[str]:
        """Yield all digests."""
        return self.inner.digests()

    def remove_for_good(self, digest: str) -> None:
        """Take the bytes out; "remove-done" fails after they are gone."""
        self.faults.called("remove")
        self.inner.remove_for_good(digest)
        self.faults.called("remove-done")


class _Breaking:
    def __init__(self, source: Readable, faults: Faults) -> None:
        self._source, self._faults = source, faults

    def read(self, size: int = -1, /) -> bytes:
        data = self._source.read(size)
        self._faults.called("put-half")
        return data


class FaultyDatabase(Database):
    """A database that cannot be read ("reading"), begun ("begin") or committed ("commit"), or loses the answer."""

    def __init__(self, url: str, faults: Faults) -> None:
        super().__init__(url)
        self.faults = faults

    @contextmanager
    def unit_of_work(self) -> Iterator[Session]:
        """Give a writing session; "commit" rolls back, "commit-lost" commits and then says it failed."""
        self.faults.called("begin")
        with super().unit_of_work() as session:
            yield session
            session.flush()
            self.faults.called("commit")
        self.faults.called("commit-lost")

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Give a reading session."""
        self.faults.called("reading")
        with super().reading() as session:
            yield session


class FaultyIndex:
    """An index whose engine cannot be opened for writing, written ("index-add") or committed, or loses the answer."""

    def __init__(self, inner: Index, faults: Faults) -> None:
        self.inner, self.faults = inner, faults

    def current(self) -> tuple[str, FaultyIndex]:
        """Return the generation in use, and this very index in place of its engine."""
        return self.inner.current()[0], self

    @contextmanager
    def writer(self, *, bulk: bool = False) -> Iterator[FaultyIndex]:
        """Open the one writer, with this very index in its place."""
        self.faults.called("index-open")
        with self.inner.current()[1].writer(bulk=bulk) as self._writer:
            yield self

    def add(self, documents: Iterable[SearchDocument]) -> None:
        """Add documents."""
        self.faults.called("index-add")
        self._writer.add(documents)

    def upsert(self, documents: Iterable[SearchDocument]) -> None:
        """Add documents in place of those with the same item id."""
        self.faults.called("index-add")
        self._writer.upsert(documents)

    def delete_household(self, household_ids: Iterable[int]) -> None:
        """Remove all documents of these households."""
        self._writer.delete_household(household_ids)

    def commit(self) -> None:
        """Commit; "index-lost" commits and then says it failed."""
        self.faults.called("index-commit")
        self._writer.commit()
        self.faults.called("index-lost")

    def refresh(self) -> None:
        """See every commit made until now."""
        self.inner.refresh()

    def remove_unused(self, *, now: datetime) -> None:
        """Remove generations that are not in use."""
        self.inner.remove_unused(now=now)


def store_away() -> Exception:
    """A store that refuses."""
    return Unavailable("store.unavailable", "存储暂时无法写入，本次内容没有保存。请检查磁盘后重新提交。")


def store_full() -> Exception:
    """A store without space."""
    return Unavailable("store.full", "存储空间已满，本次内容没有保存。请腾出空间后重新提交。")


def locked() -> Exception:
    """A database that another process has locked for longer than we wait."""
    return OperationalError("COMMIT", None, sqlite3.OperationalError("database is locked"))


def cut_off() -> Exception:
    """A database whose connection broke."""
    return OperationalError("COMMIT", None, ConnectionResetError("server closed the connection unexpectedly"))


def refused() -> Exception:
    """A database on whose port nobody listens."""
    return OperationalError("SELECT 1", None, ConnectionRefusedError("connection refused"))


def database_full() -> Exception:
    """A database whose disk is full."""
    return OperationalError("COMMIT", None, sqlite3.OperationalError("database or disk is full"))


def disk_full() -> Exception:
    """A disk of this machine that is full."""
    return OSError(errno.ENOSPC, "No space left on device")


def disk_silent() -> Exception:
    """A disk over the network that does not answer in time."""
    return OSError(errno.ETIMEDOUT, "Connection timed out")


def index_away() -> Exception:
    """An index that cannot be used."""
    return unusable()
