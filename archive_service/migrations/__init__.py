"""Alembic migrations: one straight history for SQLite and PostgreSQL."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alembic.config import Config

FOLDER = Path(__file__).parent


def newest() -> str:
    """Return the version that the database of this program has: versions are numbered, their files begin with it."""
    return max(path.name.split("_")[0] for path in (FOLDER / "versions").glob("[0-9]*.py"))


def config(url: str) -> Config:
    """Return Alembic's configuration for the database at `url`."""
    # Every command asks for the newest version; few migrate, and the library takes a while to load.
    from alembic.config import Config

    settings = Config()
    settings.set_main_option("script_location", str(FOLDER))
    settings.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    return settings


def upgrade(url: str) -> None:
    """Bring the database at `url` to the newest version; nothing happens when it is there already."""
    from alembic import command

    command.upgrade(config(url), "head")


def check(url: str) -> None:
    """Raise when the mapped classes and the migrated database differ."""
    from alembic import command

    command.check(config(url))
