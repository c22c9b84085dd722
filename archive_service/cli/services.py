"""What the commands work with, opened from the settings when first needed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property

from sqlalchemy import inspect, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from archive_service import migrations
from archive_service.catalogue import load
from archive_service.db.session import Database
from archive_service.errors import NotFound, Refused, Unavailable
from archive_service.people import queries as people
from archive_service.people.viewer import Viewer
from archive_service.settings import Settings
from archive_service.storage.choose import open_store
from archive_service.storage.store import ObjectStore
from indexing.index import Index, open_index


def not_initialised() -> Refused:
    """Return the refusal for a home without an archive."""
    return Refused("archive.not-initialised", "档案库尚未建立。请先运行 archive-service init。")


def _version(database: Database) -> str | None:
    """Return the version of the database's tables, none when there are none."""
    if not inspect(database.engine).has_table("alembic_version"):
        return None
    with database.reading() as session:
        return str(session.scalar(text("select version_num from alembic_version")))


@dataclass
class Services:
    """The parts of the archive that this command uses."""

    settings: Settings
    #: Login of the person in whose name the command acts; none means the system itself, with every right.
    login: str | None = field(default=None)

    def __post_init__(self) -> None:
        load.use_folder(self.settings.home / "catalogue")

    @cached_property
    def database(self) -> Database:
        """The database; raises Refused when `init` has not been run, Unavailable when it cannot be reached."""
        if self._is_missing():
            raise not_initialised()
        database = Database(self.settings.url())
        try:
            version = _version(database)
        except OperationalError as e:
            raise Unavailable("database.unavailable", "数据库无法访问。请检查数据库服务和地址后重试。") from e
        if version is None:
            raise not_initialised()
        if version != migrations.newest():
            raise Refused(
                "archive.outdated", "数据库结构与本版程序不一致。请先备份，再运行 archive-service db upgrade。"
            )
        return database

    def _is_missing(self) -> bool:
        """Say whether the database would be a file that is not there; opening it would make an empty one."""
        return not self.settings.database_url and not (self.settings.home / "archive.db").exists()

    @cached_property
    def store(self) -> ObjectStore:
        """The object store."""
        return open_store(self.settings)

    @cached_property
    def index(self) -> Index:
        """The full-text index."""
        return open_index(self.settings.home, self.settings.search_engine)

    @contextmanager
    def reading(self) -> Iterator[tuple[Session, Viewer]]:
        """Give a reading session and the person in whose name the command acts."""
        with self.database.reading() as session:
            yield session, self.viewer(session)

    @contextmanager
    def writing(self) -> Iterator[tuple[Session, Viewer]]:
        """Give a writing session, committed when the block ends, and the person in whose name the command acts."""
        with self.database.unit_of_work() as session:
            yield session, self.viewer(session)

    def viewer(self, session: Session) -> Viewer:
        """Return the person in whose name the command acts; raises NotFound for an unknown login."""
        if self.login is None:
            return people.system_viewer(session)
        found = people.viewer_by_login(session, self.login)
        if found is None:
            raise NotFound("people.not-found", "没有这个登录名，或账号已停用。请核对后再试。")
        return found
