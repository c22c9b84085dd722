"""Rows of an import file taken a second, into SQLite, against plain bulk inserts of the very rows that come of it.

    python -m benchmarks.imports [--rows 20000]

What is measured is what `archive-service cases import` does with a file: read the CSV, check each row, look up what is
there, write households, cases, stage days, verdicts, figures and the chained trail, a thousand rows a transaction. Of a
hundred cases 85 are of residents, 12 of other low-voltage customers, 3 of high-voltage ones, all energised.

The peer writes nothing but the rows that are in the database afterwards, table by table with SQLAlchemy's core in as
many transactions; it reads no file, checks nothing, looks up nothing and chains nothing. That the plain database then
holds as many rows is checked. A second import of the same file, which changes nothing, is timed as well.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Table, func, insert, select

from archive_service import migrations
from archive_service.cli.commands.cases import PART
from archive_service.db.base import Base
from archive_service.db.session import Database
from archive_service.households import actions
from archive_service.households.csv_rows import read_csv
from archive_service.people import actions as people
from archive_service.people import queries
from archive_service.settings import Settings
from benchmarks.support import machine, table

LIMIT_PER_SECOND = 3_000
NOW, TODAY = datetime(2026, 11, 20, 2, 0, tzinfo=UTC), date(2026, 11, 20)
#: What an import writes.
TABLES = ("household_files", "case_files", "verdicts", "case_stages", "case_counts", "case_figures", "audit_entries")
_KINDS = (
    *[("LR", "220V", "8", "natural", "王秀英")] * 60,
    *[("LR", "220V", "12", "natural;tenant", "李建国")] * 25,
    *[("LN", "380V", "50", "entity", "江城市远大机械制造有限公司")] * 12,
    *[("HV", "10kV", "630", "entity;gov", "望江食品有限公司")] * 3,
)
HEADER = (
    "account_no,account_name,service_address,customer_category,business_type,application_no,centre,capacity_kva,"
    "voltage,conditions,accepted_on,energised_on"
)


def file_of(rows: int) -> bytes:
    """Return an import file."""
    lines = [HEADER]
    for number in range(rows):
        category, voltage, capacity, conditions, name = _KINDS[number * 37 % len(_KINDS)]
        day = number % 14
        lines.append(
            f"33{number:08d},{name},清河路 {number % 400} 号 3 幢,{category},NEW,202611{number:08d},ROOT,{capacity},"
            f"{voltage},{conditions},2026-11-{day // 2 + 1:02d},2026-11-{day + 3:02d}"
        )
    return "\n".join(lines).encode("utf-8-sig")


@contextmanager
def empty(folder: Path, name: str) -> Iterator[Database]:
    """Give a migrated database with one unit."""
    url = f"sqlite:///{folder / name}"
    migrations.upgrade(url)
    database = Database(url)
    with database.unit_of_work() as session:
        by = queries.system_viewer(session)
        people.add_unit(session, code="ROOT", name="公司本部", parent_id=None, by=by, now=NOW)
    yield database
    database.close()


def take(database: Database, data: bytes) -> tuple[float, int]:
    """Import a file as the command does; return seconds and how many rows were registered."""
    settings, created, began = Settings.model_fields, 0, time.perf_counter()
    rows = read_csv(data)
    for first in range(0, len(rows), PART):
        with database.unit_of_work() as session:
            report = actions.import_cases(
                session,
                rows[first : first + PART],
                by=queries.system_viewer(session),
                now=NOW,
                today=TODAY,
                account_no_pattern=settings["account_no_pattern"].default,
                application_no_pattern=settings["application_no_pattern"].default,
            )
        assert not report.errors, report.errors[0]
        created += report.created
    return time.perf_counter() - began, created


def warm_up(folder: Path) -> None:
    """Load the catalogue, which takes a second and is done once in a process."""
    with empty(folder, "other.db") as database:
        take(database, file_of(100))


def tables_of() -> list[Table]:
    """Return the tables that an import writes."""
    return [Base.metadata.tables[name] for name in TABLES]


def written(database: Database) -> dict[str, list[dict[str, Any]]]:
    """Return what stands in the tables that an import writes."""
    with database.reading() as session:
        return {
            each.name: [dict(row) for row in session.execute(select(each).order_by(each.c[0])).mappings()]
            for each in tables_of()
        }


def write_plainly(database: Database, rows: Mapping[str, Sequence[Mapping[str, Any]]], cases: int) -> float:
    """Write rows in as many transactions as the import had; return seconds."""
    parts, began = -(-cases // PART), time.perf_counter()
    for part in range(parts):
        with database.unit_of_work() as session:
            for each in tables_of():
                some = rows[each.name]
                share = some[len(some) * part // parts : len(some) * (part + 1) // parts]
                if share:
                    session.execute(insert(each), share)
    return time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rows", type=int, default=20_000)
    rows = parser.parse_args().rows
    print(machine())
    folder = Path(tempfile.mkdtemp())
    try:
        with empty(folder, "archive.db") as ours, empty(folder, "plain.db") as plain:
            warm_up(folder)
            seconds, created = take(ours, file_of(rows))
            again, _ = take(ours, file_of(rows))
            assert created == rows, created
            made = written(ours)
            made["audit_entries"] = [one for one in made["audit_entries"] if one["seq"] > 1]
            plain_s = write_plainly(plain, made, rows)
            with plain.reading() as session:
                for each in tables_of():
                    held = session.scalar(select(func.count()).select_from(each)) or 0
                    assert held >= len(made[each.name]) > 0 or each.name == "case_figures", each.name
    finally:
        shutil.rmtree(folder)
    total = sum(map(len, made.values()))
    print(
        table(
            ("what", "rows of the file a second", "against plain inserts"),
            [
                (f"import of {rows:,} rows ({total / rows:.0f} rows written for each)", f"{rows / seconds:,.0f}",
                 f"{seconds / plain_s:.2f} x the time"),
                ("the same file again, changing nothing", f"{rows / again:,.0f}", f"{again / plain_s:.2f} x the time"),
                ("plain bulk inserts of what came of it", f"{rows / plain_s:,.0f}", "1"),
            ],
        )
    )  # fmt: skip
    verdict = "holds" if rows / seconds >= LIMIT_PER_SECOND else "missed"
    print(f"limit {LIMIT_PER_SECOND:,} a second: {rows / seconds / LIMIT_PER_SECOND:.2f} x, {verdict}")
    sys.exit(verdict == "missed")


if __name__ == "__main__":
    main()
