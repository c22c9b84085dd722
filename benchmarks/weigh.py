"""Weigh what a page and a row cost, on the records of a real small home: the figures that `capacity` calculates with.

    python -m benchmarks.weigh HOME [--times 200] [--postgres URL]

HOME is an archive on SQLite, as `archive-service demo --no-serve` makes one. Objects are weighed as they lie there. The
records are then multiplied on paper (other numbers, other digests, the same texts), and weighed on SQLite, on an empty
PostgreSQL database, and in the index; each of the three is also timed.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Table, create_engine, text
from sqlalchemy.pool import NullPool

from archive_service import clock, migrations
from archive_service.catalogue import load
from archive_service.cli import carry
from archive_service.cli.services import Services
from archive_service.db.base import Base
from archive_service.settings import Settings
from benchmarks.support import machine, table
from indexing.rebuild import rebuild

#: Tables whose rows do not grow with the papers.
FIXED = {"units", "persons", "role_grants", "sign_ins", "audit_head", "batches"}
#: Added to ids of the first copy, twice to those of the second, and so on.
STEP = 1_000_000
UNIQUE = ("account_no", "application_no")
CHUNK = 5000


def objects(home: Path) -> dict[str, float]:
    """Return objects and bytes by what they are for, each for a page of a received file."""
    asked = {
        "files": "select count(*) from scans where parent_id is null and state != 'refused'",
        "pages": "select count(*) from scan_pages",
        "items": "select count(*) from items",
        "cases": "select count(*) from case_files",
        "households": "select count(*) from household_files",
        "objects": "select count(*) from stored_objects",
        "original bytes": "select sum(size_bytes) from stored_objects where role = 'original'",
        "thumbnail bytes": "select sum(size_bytes) from stored_objects where digest in"
        " (select thumbnail_digest from scan_pages)",
        "lines bytes": "select sum(size_bytes) from stored_objects where media_type = 'application/json'",
        "pdf bytes": "select coalesce(sum(size_bytes), 0) from stored_objects where role = 'rendition'"
        " and media_type = 'application/pdf'",
        "rendition bytes": "select sum(size_bytes) from stored_objects where role = 'rendition'",
        "characters": "select sum(length(text)) from scan_pages",
    }
    with sqlite3.connect(home / "archive.db") as connection:
        found = {name: float(connection.execute(sql).fetchone()[0]) for name, sql in asked.items()}
    others = found["thumbnail bytes"] + found["lines bytes"] + found["pdf bytes"]
    found["image bytes"] = found.pop("rendition bytes") - others
    return found


def multiply(path: Path, times: int) -> None:
    """Put `times` - 1 further copies of all records that grow with the papers into the SQLite file."""
    with sqlite3.connect(path) as connection:
        for one in Base.metadata.sorted_tables:
            if one.name not in FIXED:
                _multiply(connection, one, times)
        connection.commit()
    connection = sqlite3.connect(path)
    connection.execute("vacuum")
    connection.close()


def _multiply(connection: sqlite3.Connection, one: Table, times: int) -> None:
    names = [column.name for column in one.columns]
    # Some are words of SQL.
    quoted = ", ".join(f'"{name}"' for name in names)
    rows = connection.execute(f"select {quoted} from {one.name}").fetchall()
    changes = [_change(one, name) for name in names]
    statement = f"insert into {one.name} ({quoted}) values ({', '.join('?' * len(names))})"
    for copy in range(1, times):
        connection.executemany(
            statement, ([change(value, copy) for change, value in zip(changes, row, strict=True)] for row in rows)
        )


def _change(one: Table, name: str) -> Callable[[Any, int], Any]:
    column = one.columns[name]
    refers = {key.column.table.name for key in column.foreign_keys}
    if name.endswith("digest") or name == "hash":
        return lambda value, copy: value and hashlib.sha256(f"{value}{copy}".encode()).hexdigest()
    if name in UNIQUE:
        return lambda value, copy: f"{value}{copy:03d}"
    own = column.primary_key and name in ("id", "seq")
    if (own or refers - FIXED or name in ("scan_id", "part_of")) and name != "batch_id":
        return lambda value, copy: value and value + copy * STEP
    return lambda value, _copy: value


def sqlite_bytes(path: Path) -> dict[str, tuple[int, int]]:
    """Return rows, and bytes with indexes, by table."""
    with sqlite3.connect(path) as connection:
        sizes = dict(
            connection.execute(
                "select m.tbl_name, sum(s.pgsize) from dbstat s join sqlite_master m on m.name = s.name group by 1"
            )
        )
        return {name: (_count(connection, name), size) for name, size in sorted(sizes.items())}


def _count(connection: sqlite3.Connection, name: str) -> int:
    return int(connection.execute(f"select count(*) from {name}").fetchone()[0])


def postgresql_bytes(url: str, rows: dict[str, tuple[int, int]]) -> dict[str, tuple[int, int]]:
    """Return rows, and bytes with indexes and all partitions, by table."""
    asked = text("select coalesce(sum(pg_total_relation_size(relid)), 0) from pg_partition_tree(:name) where isleaf")
    plain = text("select pg_total_relation_size(:name)")
    found = {}
    with create_engine(url, poolclass=NullPool).connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("vacuum analyze"))
        for name, (count, _) in rows.items():
            size = connection.scalar(asked, {"name": name}) or connection.scalar(plain, {"name": name})
            found[name] = (count, int(size))
    return found


def index_bytes(home: Path) -> tuple[int, int, float]:
    """Make the index of a home anew; return documents, bytes and seconds."""
    services = Services(Settings(_env_file=None, home=home))
    began = time.perf_counter()
    count = rebuild(services.database, services.index, now=clock.now())
    took = time.perf_counter() - began
    services.index.close()
    services.database.close()
    size = sum(path.stat().st_size for path in (home / "index").rglob("*") if path.is_file())
    return count, size, took


def _lines(rows: dict[str, tuple[int, int]], pages: int, other: dict[str, tuple[int, int]]) -> Iterator[list[object]]:
    for name, (count, size) in rows.items():
        if name in FIXED or not count:
            continue
        last = f"{other[name][1] / count:,.0f}" if other else ""
        yield [name, f"{count / pages:.3f}", f"{size / count:,.0f}", last]


def main() -> None:
    """Weigh a home and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("home", type=Path)
    parser.add_argument("--times", type=int, default=200)
    parser.add_argument("--postgres", default="", metavar="URL")
    told = parser.parse_args()
    print(machine(), "\n")
    print(json.dumps(objects(told.home), indent=1))
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        home.mkdir()
        path = Path(shutil.copyfile(told.home / "archive.db", home / "archive.db"))
        load.use_folder(home / "catalogue")
        # Nothing to migrate; but this knows all tables.
        migrations.upgrade(f"sqlite:///{path}")
        multiply(path, told.times)
        rows, other = sqlite_bytes(path), {}
        if told.postgres:
            began = time.perf_counter()
            carry.carry_over(path, told.postgres, home=home)
            took, total = time.perf_counter() - began, sum(count for count, _ in rows.values())
            print(f"\ncarried to PostgreSQL and compared: {total:,} rows in {took:.1f} s, {total / took:,.0f} a second")
            other = postgresql_bytes(told.postgres, rows)
        heads = ("table", "rows a page", "bytes a row, SQLite", "bytes a row, PostgreSQL")
        print("\n" + table(heads, list(_lines(rows, rows["scan_pages"][0], other))))
        count, size, took = index_bytes(home)
        print(f"\nindex: {count:,} documents, {size / count:,.0f} bytes each, {count / took:,.0f} a second")


if __name__ == "__main__":
    main()
