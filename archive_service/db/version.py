"""Of which version the tables of a database are."""

from __future__ import annotations

from sqlalchemy import Connection, inspect, text


def stored(connection: Connection) -> str | None:
    """Return the version of the tables, none when there are none."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return str(connection.scalar(text("select version_num from alembic_version")))
