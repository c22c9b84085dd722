"""Partitions of the tables that grow with every paper, on PostgreSQL; on SQLite the same tables stay whole.

Each partition holds a fixed number of keys. Some are always made ahead of the newest key, so that no writer ever meets
the end; there is no default partition, because rows in it would stand in the way of the partition that they belong to.
Source: docs/decisions/0013.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from archive_service import logs

log = logs.get("partitions")


@dataclass(frozen=True)
class Rule:
    """How one table is parted: by ranges of `size` keys of the column `key`."""

    table: str
    key: str
    size: int


@dataclass(frozen=True)
class Partition:
    """A partition that exists: keys from `first` (none: from the beginning) up to, not including, `end`."""

    name: str
    first: int | None
    end: int


RULES = (
    Rule("audit_entries", "seq", 10_000_000),
    Rule("jobs", "id", 10_000_000),
    Rule("pages", "item_id", 5_000_000),
    Rule("scan_pages", "scan_id", 5_000_000),
)
#: Partitions kept ready beyond the one that holds the newest key.
AHEAD = 2
#: One process at a time makes or drops partitions; the number is only ours.
_ONE_AT_A_TIME = text("select pg_try_advisory_xact_lock(1330004)")
#: Every lock that is waited for makes users wait behind it: upkeep gives way, and tries again an hour later.
_GIVE_WAY = text("set local lock_timeout = '2s'")
LOCK_TAKEN = ("55P03", "40P01")  # lock_not_available, deadlock_detected
_BOUNDS = re.compile(r"FROM \((MINVALUE|'?-?\d+'?)\) TO \('?(-?\d+)'?\)")
_PARTITIONS = text(
    "select c.relname, pg_get_expr(c.relpartbound, c.oid) from pg_inherits i join pg_class c on c.oid = i.inhrelid "
    "join pg_class p on p.oid = i.inhparent where p.relname = :table and p.relkind = 'p' and pg_table_is_visible(p.oid)"
)
_ALL_NAMES = text("select relname from pg_class where relispartition and relkind = 'r' and pg_table_is_visible(oid)")


def names(connection: Connection) -> set[str]:
    """Return the names of all partitions; their rows are seen in the tables that they are parts of."""
    if connection.dialect.name != "postgresql":
        return set()
    return set(connection.scalars(_ALL_NAMES))


def partitions(connection: Connection, table: str) -> list[Partition]:
    """Return the partitions of a table in the order of their keys; none when the table is whole."""
    found = []
    for name, bound in connection.execute(_PARTITIONS, {"table": table}):
        match = _BOUNDS.search(bound)
        assert match is not None, bound
        first = None if match[1] == "MINVALUE" else int(match[1].strip("'"))
        found.append(Partition(name, first, int(match[2])))
    return sorted(found, key=lambda one: one.end)


def ensure(engine: Engine, *, coming: Mapping[str, int] | None = None) -> list[str]:
    """Make the partitions that are missing ahead of the newest keys, and return their names.

    `coming` names, by table, the highest key of rows that are about to be written, when that is known. Two processes
    may do it at once: one of them does it. A table that others hold locked is left for the next time.
    """
    if engine.dialect.name != "postgresql":
        return []
    made: list[str] = []
    for rule in RULES:
        try:
            while name := _make_next(engine, rule, coming=(coming or {}).get(rule.table, 0)):
                made.append(name)
        except OperationalError as e:
            if not is_lock_taken(e):
                raise
            log.warning("partition put off, the table is locked", table=rule.table)
    return made


def _make_next(engine: Engine, rule: Rule, *, coming: int) -> str:
    with engine.begin() as connection:
        if not connection.scalar(_ONE_AT_A_TIME):
            return ""
        there = partitions(connection, rule.table)
        newest = max(_newest(connection, rule), coming)
        if not there or sum(_begins_after(one, newest) for one in there) >= AHEAD:
            return ""
        first = there[-1].end
        end = (first // rule.size + 1) * rule.size
        name = f"{rule.table}_from_{first}"
        connection.execute(_GIVE_WAY)
        # CREATE … PARTITION OF would lock out readers; attaching a table made beside it does not.
        connection.exec_driver_sql(f"create table {name} (like {rule.table} including defaults)")
        connection.exec_driver_sql(
            f"alter table {rule.table} attach partition {name} for values from ({first}) to ({end})"
        )
        return name


def _begins_after(one: Partition, newest: int) -> bool:
    return one.first is not None and one.first > newest


def _newest(connection: Connection, rule: Rule) -> int:
    return connection.scalar(text(f"select max({rule.key}) from {rule.table}")) or 0  # noqa: S608 - names of the rule


def room(session: Session) -> dict[str, int]:
    """Return for each parted table how many keys are left before the end of its last partition; nothing on SQLite."""
    connection = session.connection()
    if connection.dialect.name != "postgresql":
        return {}
    left = {}
    for rule in RULES:
        there = partitions(connection, rule.table)
        if there:
            left[rule.table] = there[-1].end - 1 - _newest(connection, rule)
    return left


def drop_emptied(engine: Engine, table: str) -> list[str]:
    """Drop the partitions that hold nothing any more and whose keys were all given out; return their names.

    Only for a table whose key is its own running number and whose rows may go. A partition that others hold locked
    is left for the next time.
    """
    if engine.dialect.name != "postgresql":
        return []
    with engine.connect() as connection:
        given = _given_out(connection, table)
        there = [one for one in partitions(connection, table) if one.end <= given]
        empty = [one for one in there if _is_empty(connection, one.name)]
    return [one.name for one in empty if _drop(engine, table, one.name)]


def _given_out(connection: Connection, table: str) -> int:
    return connection.scalar(text(f"select pg_sequence_last_value(pg_get_serial_sequence('{table}', 'id'))")) or 0


def _is_empty(connection: Connection, name: str) -> bool:
    return not connection.scalar(text(f"select exists (select from {name})"))  # noqa: S608 - a name of our own


def _drop(engine: Engine, table: str, name: str) -> bool:
    try:
        with engine.begin() as connection:
            connection.execute(_GIVE_WAY)
            # Nobody is inside a statement on the table once this is granted, so what is empty now stays empty.
            connection.exec_driver_sql(f"lock table only {table} in access exclusive mode")
            if not _is_empty(connection, name):
                return False
            connection.exec_driver_sql(f"drop table {name}")
            return True
    except OperationalError as e:
        if not is_lock_taken(e):
            raise
        log.warning("partition not dropped, the table is locked", table=table)
        return False


def is_lock_taken(error: OperationalError) -> bool:
    """Say whether PostgreSQL gave up because others hold a lock; trying again later helps."""
    return getattr(error.orig, "sqlstate", None) in LOCK_TAKEN
