"""Copies of the database: made at one moment while the archive runs, and put back into an empty place."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, create_engine, inspect, make_url, text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.pool import NullPool

from archive_service.cli.manifest import sync_folder
from archive_service.db import partitions
from archive_service.errors import Damaged, Unavailable

#: Name endings of the copies.
ENDINGS = {"sqlite": ".db", "postgresql": ".dump"}


def kind_of(url: str) -> str:
    """Return sqlite or postgresql."""
    return make_url(url).get_backend_name()


@contextmanager
def copied(url: str, to: Path) -> Iterator[Connection]:
    """Copy the database to the file `to`, and give a connection that sees exactly what the copy holds.

    Raises Unavailable, and Damaged when the database cannot be read.
    """
    if kind_of(url) == "sqlite":
        _vacuum(sqlite_file(url), to)
        with looking_at(to) as connection:
            yield connection
        return
    engine = create_engine(url, poolclass=NullPool, isolation_level="REPEATABLE READ")
    with engine.connect() as connection:
        snapshot = connection.exec_driver_sql("select pg_export_snapshot()").scalar_one()
        options = ["--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}"]
        _postgres("pg_dump", url, *options, f"--file={to}")
        yield connection


def _vacuum(source: Path, to: Path) -> None:
    try:
        # Opened by its address, so that a file that is not there is an error and not made.
        connection = sqlite3.connect(f"{source.absolute().as_uri()}?mode=rw", uri=True, timeout=60)
        try:
            connection.execute("vacuum into ?", (str(to),))
        finally:
            connection.close()
        to.chmod(0o600)
        handle = os.open(to, os.O_RDONLY)
        try:
            # SQLite leaves it to the caller to bring such a copy to the disk.
            os.fsync(handle)
        finally:
            os.close(handle)
    except sqlite3.OperationalError as e:
        if e.sqlite_errorname in ("SQLITE_FULL", "SQLITE_IOERR_WRITE"):
            raise full() from e
        raise Unavailable("backup.database", "数据库无法复制。请检查数据库文件和目标磁盘后重试。", detail=str(e)) from e
    except sqlite3.DatabaseError as e:
        raise Damaged("database.damaged", "数据库文件已损坏，不能备份。请停止使用，并从以前的备份恢复。") from e


@contextmanager
def looking_at(copy: Path) -> Iterator[Connection]:
    """Give a connection to a SQLite file that nobody changes, without touching the file."""
    address = f"{copy.absolute().as_uri()}?mode=ro&immutable=1"
    engine = create_engine("sqlite://", creator=lambda: sqlite3.connect(address, uri=True), poolclass=NullPool)
    with engine.connect() as connection:
        yield connection


@contextmanager
def looking_into(url: str) -> Iterator[Connection]:
    """Give a connection to a database."""
    with create_engine(url, poolclass=NullPool).connect() as connection:
        yield connection


def is_empty(url: str) -> bool:
    """Say whether the database has no tables; a SQLite file that is not there has none. Raises Unavailable."""
    if kind_of(url) == "sqlite":
        return not sqlite_file(url).exists()
    try:
        with looking_into(url) as connection:
            return not inspect(connection).get_table_names()
    except DatabaseError as e:
        raise Unavailable("database.unavailable", "数据库无法访问。请检查数据库服务和地址后重试。") from e


def put_back(copy: Path, url: str) -> None:
    """Restore a copy into the empty database of `url`, whole or not at all."""
    if kind_of(url) == "postgresql":
        _postgres("pg_restore", url, "--no-owner", "--no-privileges", "--single-transaction", str(copy))
        return
    target = sqlite_file(url)
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f"{target.name}.part")
    shutil.copyfile(copy, part)
    part.chmod(0o600)
    with part.open("rb") as file:
        os.fsync(file.fileno())
    part.replace(target)
    sync_folder(target.parent)


def schema_of(connection: Connection) -> str:
    """Return the schema revision."""
    return str(connection.execute(text("select version_num from alembic_version")).scalar_one())


def counts_of(connection: Connection) -> dict[str, int]:
    """Return the number of rows of every table; works on any schema revision."""
    # A partition's rows are counted in the table that it is part of.
    names = sorted(set(inspect(connection).get_table_names()) - partitions.names(connection) - {"alembic_version"})
    quoted = connection.dialect.identifier_preparer.quote
    return {
        name: int(connection.exec_driver_sql(f"select count(*) from {quoted(name)}").scalar_one())  # noqa: S608
        for name in names
    }


def audit_head(connection: Connection) -> tuple[int, str]:
    """Return number and hash of the last audit entry."""
    row = connection.execute(text("select seq, hash from audit_head where id = 1")).one_or_none()
    return (int(row.seq), str(row.hash)) if row else (0, "")


def sqlite_file(url: str) -> Path:
    """Return the file of a SQLite database."""
    return Path(make_url(url).database or "")


def _postgres(program: str, url: str, *arguments: str) -> None:
    found = shutil.which(program)
    if found is None:
        raise Unavailable(
            "backup.no-pg-tools",
            f"没有找到 {program}。请安装与数据库版本相同的 PostgreSQL 客户端（postgresql-client）后重试。",
        )
    address = make_url(url)
    # The password goes by the environment: the list of processes shows arguments to everyone on the machine.
    told = address.set(drivername="postgresql", password=None).render_as_string()
    environment = {**os.environ, **({"PGPASSWORD": str(address.password)} if address.password else {})}
    done = subprocess.run(  # noqa: S603
        [found, *arguments, f"--dbname={told}"], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        if "No space left" in done.stderr:
            raise full()
        raise Unavailable(
            "backup.pg-tools",
            f"{program} 没有完成。请检查数据库服务，以及客户端版本是否不低于服务器版本。",
            detail=done.stderr[-2000:],
        )


def full() -> Unavailable:
    """Return the error for a disk without space."""
    return Unavailable("backup.full", "目标磁盘空间不足。请腾出空间后再次运行，会从中断处继续。")
