"""A database and two stores in a folder, whose objects are read back in turn, and what may happen to them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import select

from archive_service.db.session import Database
from archive_service.fixity import queries
from archive_service.fixity.actions import Round, check_some
from archive_service.fixity.tables import FixityEvent
from archive_service.storage.encrypted import EncryptedStore
from archive_service.storage.files import FileStore
from archive_service.storage.key_ring import KeyRing
from archive_service.storage.places import Stores
from archive_service.storage.record import record_object
from archive_service.storage.s3 import S3Store
from archive_service.storage.store import ObjectStore

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)


class World:
    """A database and two stores in a folder."""

    def __init__(self, folder: Path, *, second: bool = True, encrypted: bool = False) -> None:
        self.folder, self.now = folder, NOW
        self.database = Database(f"sqlite:///{folder / 'archive.db'}")
        self.first = FileStore(folder / "first")
        self.second = FileStore(folder / "second")
        first: ObjectStore = self.first
        if encrypted:
            ring = KeyRing(folder / "keys")
            if not ring.keys():
                ring.add(now=NOW)
            first = EncryptedStore(self.first, ring, folder / "envelopes")
        self.stores = Stores(first, self.second if second else None, folder / "aside")

    def keep(self, data: bytes) -> str:
        stored = self.stores.first.put_bytes(data)
        with self.database.unit_of_work() as session:
            record_object(session, stored, role="original", media_type="text/plain", now=self.now)
        return stored.digest

    def check(self, budget: int = 10**9) -> Round:
        self.now += timedelta(days=1)
        return check_some(
            self.database, self.stores, budget_bytes=budget, before=self.now, now=lambda: self.now, agent="test"
        )

    def events(self) -> list[tuple[str, str]]:
        with self.database.reading() as session:
            found = session.scalars(select(FixityEvent).order_by(FixityEvent.id))
            return [(event.outcome, event.store) for event in found]

    def lost(self) -> int:
        with self.database.reading() as session:
            return queries.figures(session).lost


def spoil(store: FileStore, digest: str, data: bytes = b"spoilt") -> Path:
    path = store.root / digest[:2] / digest[2:4] / digest
    path.chmod(0o600)
    path.write_bytes(data)
    return path


def bucket_at(endpoint: str) -> S3Store:
    store = S3Store(endpoint=endpoint, access_key="a", secret_key="b" * 8, bucket="archive", secure=False, timeout_s=5)
    store.prepare()
    return store
