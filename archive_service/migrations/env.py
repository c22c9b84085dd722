"""Run migrations on the database that the configuration names."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Literal

from alembic import context
from sqlalchemy import Connection, text

from archive_service.db import partitions
from archive_service.db.base import Base, JsonText, UtcDateTime
from archive_service.db.session import WRITES, connect

#: Every module with mapped classes; a new one belongs here.
TABLES = (
    "archive_service.people.tables",
    "archive_service.audit.tables",
    "archive_service.jobs.tables",
    "archive_service.storage.tables",
    "archive_service.fixity.tables",
    "archive_service.households.tables",
    "archive_service.households.handed",
    "archive_service.households.counted",
    "archive_service.households.heads.tables",
    "archive_service.inspection.tables",
    "archive_service.notebook.tables",
    "archive_service.borrowing.tables",
    "archive_service.calendars.tables",
    "archive_service.lifecycle.tables",
    "archive_service.editions.tables",
    "archive_service.imports.tables",
    "archive_service.rooms.tables",
    "archive_service.exchange.tables",
    "archive_service.proofs.tables",
    "archive_service.properties.tables",
    "ingest.tables",
    "ingest.again.tables",
    "ingest.claims.tables",
    "ingest.quality.tables",
    "ingest.renditions.tables",
    "ingest.naming.tables",
    "indexing.tables",
    "indexing.identities.tables",
    "archive_service.idempotency.tables",
    "archive_service.webhooks.tables",
    "archive_service.notices.tables",
    "archive_service.copies.tables",
    "archive_service.subjects.tables",
    "archive_service.restricted.tables",
    "retention.disposal_tables",
    "archive_service.holds.tables",
    "retention.tables",
)
for module in TABLES:
    import_module(module)

#: Held while migrations run, so that they run once however many processes begin them; the number is only ours.
#: Whoever finds it taken gives up like one that found a table locked, and is tried again.
ONE_AT_A_TIME = text(
    "do $$ begin if not pg_try_advisory_lock(1330002) then"
    " raise lock_not_available using message = 'another process migrates'; end if; end $$"
)


def plain_type(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """Write our column types as what the database sees, so that a migration outlives our classes."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, JsonText):
        return "sa.Text()"
    return False


def run() -> None:
    """Migrate over a connection of our own."""
    engine = connect(context.config.get_main_option("sqlalchemy.url") or "")
    try:
        if engine.dialect.name == "postgresql":
            with engine.connect() as connection:
                # A migration that cannot have its lock soon gives up, rather than making every user wait behind it.
                connection.exec_driver_sql("set lock_timeout = '4s'")
                connection.execute(ONE_AT_A_TIME)
                parts = partitions.names(connection)
                connection.commit()
                migrate(connection, parts)
        else:
            # One writer at a time, from the first look on, and all or nothing.
            with engine.execution_options(**{WRITES: True}).begin() as connection:
                migrate(connection, set())
    finally:
        # The server gives the lock back with the connection.
        engine.dispose()


def migrate(connection: Connection, parts: set[str]) -> None:
    """Do what Alembic was asked for; on PostgreSQL every migration is a transaction of its own."""
    told = context.config.attributes.get("told")

    # Alembic passes all four by name.
    def tell(ctx: Any, step: Any, heads: Any, run_args: Any) -> None:
        if told is not None:
            told(step.source_revision_ids[0] if step.source_revision_ids else None, step.destination_revision_ids[0])

    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=True,
        render_item=plain_type,
        compare_type=True,
        transaction_per_migration=True,
        on_version_apply=tell,
        # A mapped class is the whole table; its partitions are no tables of ours.
        include_name=lambda name, kind, _parents: kind != "table" or name not in parts,
    )
    with context.begin_transaction():
        context.run_migrations()


run()
