"""Alembic migrations: one straight history for SQLite and PostgreSQL."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy.exc import OperationalError

from archive_service.db import partitions, version
from archive_service.db.session import connect
from archive_service.errors import Refused, Unavailable

if TYPE_CHECKING:
    from alembic.config import Config

FOLDER = Path(__file__).parent
#: Told (version before, none for an empty database; version now) of each migration that was done.
Told = Callable[[str | None, str], None]
#: Seconds between the tries of a migration that could not have its locks.
PAUSES = (1.0, 2.0, 4.0, 8.0)
#: Seconds that the building of an index, which holds nobody up, may wait for transactions that began before it.
PATIENCE_S = 300


def versions() -> list[str]:
    """Return all versions, oldest first: they are numbered, and their files begin with the number."""
    return sorted(path.name.split("_")[0] for path in (FOLDER / "versions").glob("[0-9]*.py"))


def newest() -> str:
    """Return the version that the database of this program has."""
    return versions()[-1]


def stored(url: str) -> str | None:
    """Return the version of the database at `url`, none when it has no tables of ours."""
    engine = connect(url)
    try:
        with engine.connect() as connection:
            return version.stored(connection)
    finally:
        engine.dispose()


def not_initialised() -> Refused:
    """Return the refusal for a home without an archive."""
    return Refused("archive.not-initialised", "档案库尚未建立。请先运行 archive-service init。")


def require_not_newer(found: str | None) -> None:
    """Raise Refused when a newer program has changed the database: what this one would write might not fit."""
    if found is not None and found > newest():
        raise Refused(
            "archive.newer",
            f"数据库结构（{found}）比本版程序认识的（{newest()}）新，为保护数据没有写入。请安装与数据库相符的新版程序。",
            stored=found,
            wanted=newest(),
        )


def require_newest(found: str | None) -> None:
    """Raise Refused when the database is of another version than this program, or is none of ours."""
    require_not_newer(found)
    if found is None:
        raise not_initialised()
    if found != newest():
        raise Refused(
            "archive.outdated",
            "数据库结构与本版程序不一致。请先备份，再运行 archive-service db upgrade。",
            stored=found,
            wanted=newest(),
        )


def config(url: str, *, told: Told | None = None, patience_s: int = PATIENCE_S) -> Config:
    """Return Alembic's configuration for the database at `url`."""
    # Every command asks for the newest version; few migrate, and the library takes a while to load.
    from alembic.config import Config

    settings = Config(attributes={"told": told, "patience_s": patience_s})
    settings.set_main_option("script_location", str(FOLDER))
    settings.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    return settings


def upgrade(
    url: str,
    *,
    to: str = "head",
    told: Told | None = None,
    pauses: Sequence[float] = PAUSES,
    patience_s: int = PATIENCE_S,
) -> None:
    """Bring the database at `url` to the newest version; nothing happens when it is there already.

    People may go on working meanwhile. Each migration is done or not done, and one that could not have its locks is
    tried again after each of `pauses` (seconds). Raises Refused when the database is newer than this program, and
    Unavailable when others kept it locked all the time; then run it again, it goes on where it stopped.
    """
    from alembic import command

    require_not_newer(stored(url))
    for pause in (*pauses, None):
        try:
            command.upgrade(config(url, told=told, patience_s=patience_s), to)
            break
        except OperationalError as e:
            if not _is_busy(e):
                raise
            if pause is None:
                raise _busy() from e
            time.sleep(pause)
    _make_room(url)


def check(url: str) -> None:
    """Raise when the mapped classes and the migrated database differ."""
    from alembic import command

    command.check(config(url))


def _is_busy(error: OperationalError) -> bool:
    return partitions.is_lock_taken(error) or "database is locked" in str(error.orig)


def _busy() -> Unavailable:
    return Unavailable(
        "database.busy",
        "数据库正被其他操作占用，结构没有更新，档案库可以照常使用。请在空闲时再次运行 archive-service db upgrade。",
    )


def _make_room(url: str) -> None:
    engine = connect(url)
    try:
        partitions.ensure(engine)
    finally:
        engine.dispose()
