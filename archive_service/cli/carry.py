"""Carry the rows of a SQLite copy into PostgreSQL: how an archive of one machine grows onto a server.

The copy is brought to the schema of this program, then every table is sent, in the order in which tables refer to each
other, and read back for comparison. All rows are one transaction: whoever stops it leaves the tables empty.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Select, Table, Text, func, inspect, select, text, type_coerce

from archive_service import migrations
from archive_service.cli import dumps
from archive_service.db import partitions
from archive_service.db.base import Base, JsonText
from archive_service.db.session import connect
from archive_service.errors import Damaged

#: Told (rows done, rows in all).
Progress = Callable[[int, int], None]
#: A folder of this name may be removed at any time.
DESK = "carrying.part"
#: Rows held in memory at a time.
CHUNK = 2000
_MODULUS = 1 << 128


def carry_over(copy: Path, url: str, *, home: Path, progress: Progress = lambda done, total: None) -> None:
    """Fill the empty PostgreSQL database of `url` with the rows of the SQLite file `copy`, which stays as it is.

    `home` has room for one more copy of that file. Raises Damaged when a row cannot be read, or is not read back as it
    was sent; then, as after any other failure, no table has rows, and the same can be run again.
    """
    desk = home / DESK
    shutil.rmtree(desk, ignore_errors=True)
    desk.mkdir(mode=0o700)
    try:
        source = Path(shutil.copyfile(copy, desk / "archive.db"))
        # After this all mapped tables are known too.
        migrations.upgrade(f"sqlite:///{source.absolute()}")
        migrations.upgrade(url)
        _carry_all(source, url, progress)
    finally:
        shutil.rmtree(desk)


def has_no_rows(url: str) -> bool:
    """Say whether no table holds a row, as it is when nothing or only the tables were made."""
    with dumps.looking_into(url) as connection:
        quoted = connection.dialect.identifier_preparer.quote
        names = set(inspect(connection).get_table_names()) - {"alembic_version"}
        return not any(
            connection.exec_driver_sql(f"select 1 from {quoted(name)} limit 1").first()  # noqa: S608
            for name in names
        )


def _carry_all(source: Path, url: str, progress: Progress) -> None:
    engine = connect(url)
    tables = Base.metadata.sorted_tables
    try:
        with dumps.looking_at(source) as old:
            partitions.ensure(engine, coming=_last_keys(old))
        with dumps.looking_at(source) as old, engine.begin() as new:
            counts = dumps.counts_of(old)
            total, done = sum(counts[table.name] for table in tables), 0
            progress(done, total)
            for table in tables:
                _carry(old, new, table)
                done += counts[table.name]
                progress(done, total)
    finally:
        engine.dispose()


def _last_keys(old: Connection) -> dict[str, int]:
    """Return the highest key of each table that is parted on PostgreSQL."""
    tables = Base.metadata.tables
    return {rule.table: old.scalar(select(func.max(tables[rule.table].c[rule.key]))) or 0 for rule in partitions.RULES}


def _carry(old: Connection, new: Connection, table: Table) -> None:
    """Send the rows of one table, read them back, and go on with its numbers behind the last."""
    sent = _Sum()
    cursor = new.connection.cursor()
    with cursor.copy(_copy_statement(new, table)) as into:
        for row in _rows(old, table):
            values = tuple(map(_storable, row))
            into.write_row(values)
            sent.add(values)
    if sent != _sum_of(_rows(new, table)):
        raise _not_the_same(table)
    if "id" in table.c:
        sequence = new.scalar(select(func.pg_get_serial_sequence(table.name, "id")))
        last = new.scalar(select(func.max(table.c.id)))
        if sequence and last:
            new.execute(text("select setval(:sequence, :last)"), {"sequence": sequence, "last": last})


def _copy_statement(new: Connection, table: Table) -> str:
    names = new.dialect.identifier_preparer
    columns = ", ".join(names.format_column(column) for column in table.columns)
    return f"copy {names.format_table(table)} ({columns}) from stdin"


def _rows(connection: Connection, table: Table) -> Iterator[tuple[Any, ...]]:
    # JSON goes as the text it is kept as: an entry of the audit trail that somebody altered arrives altered, and is
    # named by `verify` instead of ending the move.
    plain = (type_coerce(one, Text) if isinstance(one.type, JsonText) else one for one in table.columns)
    asked: Select[Any] = select(*plain).execution_options(stream_results=True, yield_per=CHUNK)
    try:
        yield from map(tuple, connection.execute(asked))
    except (ValueError, TypeError) as e:
        raise Damaged(
            "restore.unreadable-row",
            f"备份的数据表 {table.name} 中有无法读取的值，没有恢复任何行。请在原档案库运行 verify 查明后重新备份。",
            table=table.name,
        ) from e


def _storable(value: Any) -> Any:
    from archive_service.db.storable import storable

    return storable(value) if isinstance(value, str) else value


class _Sum:
    """Number and digest of rows, whatever their order."""

    def __init__(self) -> None:
        self._seen = (0, 0)

    def add(self, row: tuple[Any, ...]) -> None:
        """Count a row in."""
        digest = int.from_bytes(hashlib.sha256(repr(row).encode()).digest()[:16])
        self._seen = (self._seen[0] + 1, (self._seen[1] + digest) % _MODULUS)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Sum) and self._seen == other._seen

    __hash__ = None  # type: ignore[assignment]


def _sum_of(rows: Iterable[tuple[Any, ...]]) -> _Sum:
    found = _Sum()
    for row in rows:
        found.add(row)
    return found


def _not_the_same(table: Table) -> Damaged:
    return Damaged(
        "restore.differs",
        f"数据表 {table.name} 写入后与备份不一致，已全部撤回。请检查数据库服务和磁盘后再次运行。",
        table=table.name,
    )
