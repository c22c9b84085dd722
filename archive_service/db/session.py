"""Engines and the one commit.

Writers on SQLite begin with BEGIN IMMEDIATE, so that what a transaction read is still true when it writes; readers
begin with a plain BEGIN and never wait. Actions flush at most; `unit_of_work()` in the door commits.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.orm import Session, sessionmaker

#: Execution option of connections that will write.
WRITES = "archive_writes"
#: A server that is gone is noticed in seconds, not when the network gives up.
_REACH = {"connect_timeout": 5, "keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3}


def connect(url: str) -> Engine:
    """Return an engine for `url` with the durability that an archive needs.

    Its errors do not tell the values of a statement: they are names and numbers of customers, and errors are logged.
    """
    if not url.startswith("sqlite"):
        engine = create_engine(
            url, pool_size=20, max_overflow=20, pool_pre_ping=True, connect_args=_REACH, hide_parameters=True
        )
        event.listen(engine, "connect", _keep_text_storable)
        return engine
    waiting = {"timeout": 30, "check_same_thread": False}
    engine = create_engine(url, connect_args=waiting, pool_size=20, max_overflow=20, hide_parameters=True)
    event.listen(engine, "connect", _set_pragmas)
    event.listen(engine, "begin", _begin)
    return engine


def _keep_text_storable(connection: Any, _record: Any) -> None:
    # Only an archive on PostgreSQL needs its driver.
    from archive_service.db.storable import StorableText

    connection.adapters.register_dumper(str, StorableText)


def _set_pragmas(connection: Any, _record: Any) -> None:
    # pysqlite would open transactions late and only before writes; the "begin" event below does it instead.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=30000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Any) -> None:
    writes = connection.get_execution_options().get(WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


class Database:
    """Opens sessions on one database."""

    def __init__(self, url: str) -> None:
        self.engine = connect(url)
        self._read = sessionmaker(self.engine, expire_on_commit=False)
        self._write = sessionmaker(self.engine.execution_options(**{WRITES: True}), expire_on_commit=False)

    @contextmanager
    def unit_of_work(self) -> Iterator[Session]:
        """Give a writing session; commit when the block ends, roll back when it raises."""
        with self._write.begin() as session:
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Give a session that sees one moment of the database and is never committed."""
        with self._read() as session:
            yield session

    def settle(self) -> bool:
        """Take what was overwritten out of the journal of SQLite as well; False while somebody still reads from it.

        PostgreSQL has no such journal beside it that we could empty: there old rows go with the next vacuum.
        """
        if self.engine.dialect.name != "sqlite":
            return True
        raw = self.engine.raw_connection()
        try:
            busy, *_ = raw.cursor().execute("pragma wal_checkpoint(truncate)").fetchone()
        finally:
            raw.close()
        return not busy

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()
