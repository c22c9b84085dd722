"""Part the tables that grow with every paper, on PostgreSQL; open jobs get an index, hashes of entries need no key.

People go on working meanwhile, with the program before. What takes long (indexes, checking a bound) is prepared beside
them; then one short transaction makes each table the first partition of a new one that has its name. Whatever a run
that was stopped left behind is used, or removed, by the next.
"""

from __future__ import annotations

from typing import NamedTuple

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


class Parted(NamedTuple):
    """A table to be parted; its numbers are those of the day of this migration."""

    name: str
    key: str
    #: Keys of a partition.
    size: int
    primary_key: tuple[str, ...]
    unique: tuple[str, ...] = ()
    #: Column and table of the foreign key, if it has one.
    refers: tuple[str, str] | None = None
    indexes: tuple[tuple[str, ...], ...] = ()
    #: Columns of a new index over the open jobs.
    open_index: tuple[str, ...] = ()
    #: True when `id` is numbered by a sequence.
    numbered: bool = True
    #: Constraints that are given up.
    dropped: tuple[str, ...] = ()

    @property
    def first(self) -> str:
        """Name of the first partition, which is the table of before."""
        return f"{self.name}_from_0"

    @property
    def own_key(self) -> str:
        """Name of the primary key of the first partition; as PostgreSQL names one itself."""
        return f"{self.first}_pkey"


TABLES = (
    Parted(
        "scan_pages", "scan_id", 5_000_000, ("id", "scan_id"), ("scan_id", "page_no"), ("scan_id", "scans"),
    ),
    Parted(
        "pages", "item_id", 5_000_000, ("id", "item_id"), ("item_id", "page_no"), ("item_id", "items"),
        indexes=(("original_digest",),),
    ),
    Parted(
        "jobs", "id", 10_000_000, ("id",),
        indexes=(("state", "queue", "not_before", "id"), ("kind", "subject"), ("state", "lease_until")),
        open_index=("id",),
    ),
    Parted(
        "audit_entries", "seq", 10_000_000, ("seq",),
        indexes=(("did",), ("object_kind", "object_id"), ("unit_id", "seq")),
        numbered=False, dropped=("uq_audit_entries_hash",),
    ),
)  # fmt: skip

OPEN = "state in ('queued', 'running')"


def upgrade() -> None:
    if op.get_context().dialect.name != "postgresql":
        with op.batch_alter_table("audit_entries") as batch_op:
            batch_op.drop_constraint("uq_audit_entries_hash", type_="unique")
        op.create_index("ix_jobs_id_open", "jobs", ["id"], sqlite_where=sa.text(OPEN))
        return
    for table in TABLES:
        with op.get_context().autocommit_block():
            build_indexes(table)
            bound_keys(table)
    lock()
    for table in TABLES:
        part(table)


def downgrade() -> None:
    raise NotImplementedError("rows cannot be put together again without a long lock: restore the backup of before")


def run(statement: str) -> None:
    """Send a statement made of the names above."""
    op.get_bind().exec_driver_sql(statement)


def ask(statement: str, **values: object) -> list[tuple[object, ...]]:
    """Return the rows that the database answers."""
    return [tuple(row) for row in op.get_bind().execute(sa.text(statement), values)]


def build_indexes(table: Parted) -> None:
    """Build the new indexes while others write: the key of a partition has to be part of its primary key."""
    if table.primary_key != (table.key,):
        build(table.own_key, f"on {table.name} ({', '.join(table.primary_key)})", kind="unique index")
    if table.open_index:
        columns = table.open_index
        build(f"{table.first}_{'_'.join(columns)}_idx", f"on {table.name} ({', '.join(columns)}) where {OPEN}")


def build(name: str, what: str, *, kind: str = "index") -> None:
    """Build an index, or leave it when it is there already."""
    there = ask(
        "select indisvalid from pg_index join pg_class on pg_class.oid = indexrelid "
        "where relname = :name and pg_table_is_visible(indexrelid)",
        name=name,
    )
    if there == [(True,)]:
        return
    # It waits, without holding anybody up, until every transaction that began before it has ended.
    config = op.get_context().config
    patience_s = config.attributes["patience_s"] if config else 300
    run(f"set lock_timeout = '{patience_s}s'")
    if there:
        # What a build leaves that was stopped.
        run(f"drop index concurrently {name}")
    run(f"create {kind} concurrently {name} {what}")
    run("set lock_timeout = '4s'")


def bound_keys(table: Parted) -> None:
    """Prove that every key is below the end of the first partition, so that attaching it need not look at the rows.

    From here on the bound holds for writers too: at least half a partition is left above the newest key.
    """
    [(newest,)] = ask(f"select coalesce(max({table.key}), 0) from {table.name}")  # noqa: S608 - names from above
    assert isinstance(newest, int)
    end = ((newest + table.size // 2) // table.size + 1) * table.size
    wanted = f"ck_{table.name}_below_{end}"
    there = bounds_of(table)
    for name in there:
        if name != wanted:
            run(f"alter table {table.name} drop constraint {name}")
    if wanted not in there:
        run(f"alter table {table.name} add constraint {wanted} check ({table.key} < {end}) not valid")
    if not there.get(wanted):
        run(f"alter table {table.name} validate constraint {wanted}")


def bounds_of(table: Parted) -> dict[str, bool]:
    """Return the names of the bounds that the table has, each with whether all rows were looked at."""
    rows = ask(
        "select conname, convalidated from pg_constraint where conrelid = cast(:table as regclass) and contype = 'c'",
        table=table.name,
    )
    return {str(name): bool(valid) for name, valid in rows if str(name).startswith(f"ck_{table.name}_below_")}


def lock() -> None:
    """Take all locks before anything is changed.

    The first keeps the autovacuum away and holds up nobody. Each of the others makes users wait: all of them come
    within a second or not at all, because after a second PostgreSQL looks for deadlocks and might end a user's
    transaction instead of this one. They come in the order in which papers are filed.
    """
    names = ", ".join(table.name for table in TABLES)
    run(f"lock table {names} in share update exclusive mode")
    run("lock table items in share row exclusive mode")
    run("set local lock_timeout = '150ms'")
    run("lock table scans in share row exclusive mode")
    for table in TABLES:
        run(f"lock table {table.name} in access exclusive mode")
    run("set local lock_timeout = '4s'")


def part(table: Parted) -> None:
    """Make the table the first partition of a new one with its name, its numbers and its keys."""
    [(bound, _)] = bounds_of(table).items()
    put_aside(table)
    run(f"create table {table.name} (like {table.first} including defaults) partition by range ({table.key})")
    if table.numbered:
        run(f"alter sequence {table.name}_id_seq owned by {table.name}.id")
    op.create_primary_key(f"pk_{table.name}", table.name, list(table.primary_key))
    if table.unique:
        op.create_unique_constraint(f"uq_{table.name}_{'_'.join(table.unique)}", table.name, list(table.unique))
    for columns in table.indexes:
        op.create_index(f"ix_{table.name}_{'_'.join(columns)}", table.name, list(columns))
    if table.open_index:
        op.create_index(f"ix_{table.name}_id_open", table.name, list(table.open_index), postgresql_where=sa.text(OPEN))
    if table.refers:
        column, other = table.refers
        op.create_foreign_key(f"fk_{table.name}_{column}_{other}", table.name, other, [column], ["id"])
    end = bound.rsplit("_", 1)[1]
    run(f"alter table {table.name} attach partition {table.first} for values from (minvalue) to ({end})")
    run(f"alter table {table.first} drop constraint {bound}")


def put_aside(table: Parted) -> None:
    """Give the table of before, and what belongs to it, the names that PostgreSQL gives in a partition."""
    for name in table.dropped:
        run(f"alter table {table.name} drop constraint {name}")
    if table.primary_key == (table.key,):
        run(f"alter table {table.name} rename constraint pk_{table.name} to {table.own_key}")
    else:
        run(f"alter table {table.name} drop constraint pk_{table.name}")
        run(f"alter table {table.name} add constraint {table.own_key} primary key using index {table.own_key}")
    if table.unique:
        columns = "_".join(table.unique)
        run(f"alter table {table.name} rename constraint uq_{table.name}_{columns} to {table.first}_{columns}_key")
    for index in table.indexes:
        columns = "_".join(index)
        run(f"alter index ix_{table.name}_{columns} rename to {table.first}_{columns}_idx")
    run(f"alter table {table.name} rename to {table.first}")
