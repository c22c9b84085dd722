"""Alembic migrations: one straight history for SQLite and PostgreSQL."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config


def config(url: str) -> Config:
    """Return Alembic's configuration for the database at `url`."""
    settings = Config()
    settings.set_main_option("script_location", str(Path(__file__).parent))
    settings.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    return settings


def upgrade(url: str) -> None:
    """Bring the database at `url` to the newest version; nothing happens when it is there already."""
    command.upgrade(config(url), "head")


def check(url: str) -> None:
    """Raise when the mapped classes and the migrated database differ."""
    command.check(config(url))
