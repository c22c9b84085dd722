"""Run migrations on the database that the configuration names."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Literal

from alembic import context

from archive_service.db.base import Base, JsonText, UtcDateTime
from archive_service.db.session import connect

#: Every module with mapped classes; a new one belongs here.
TABLES = (
    "archive_service.people.tables",
    "archive_service.audit.tables",
    "archive_service.jobs.tables",
    "archive_service.storage.tables",
    "archive_service.households.tables",
    "ingest.tables",
    "indexing.tables",
)
for module in TABLES:
    import_module(module)


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
    with engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            # A migration that cannot have its lock soon gives up, rather than making every user wait behind it.
            connection.exec_driver_sql("SET lock_timeout = '4s'")
            connection.commit()
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            render_as_batch=True,
            render_item=plain_type,
            compare_type=True,
        )
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()


run()
