"""What the commands work with, opened from the settings when first needed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property

from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from archive_service import clock, migrations
from archive_service.catalogue import load
from archive_service.db.session import Database
from archive_service.errors import NotFound, Unavailable
from archive_service.people import queries as people
from archive_service.people.viewer import Viewer
from archive_service.settings import Settings
from archive_service.storage.choose import open_store
from archive_service.storage.store import ObjectStore
from indexing.index import Index, index_of


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
        migrations.require_newest(self.schema())
        return Database(self.settings.url())

    def schema(self) -> str:
        """Return the version of the database, whichever it is; raises as `database` does when there is none."""
        if self._is_missing():
            raise migrations.not_initialised()
        try:
            version = migrations.stored(self.settings.url())
        except OperationalError as e:
            raise Unavailable("database.unavailable", "数据库无法访问。请检查数据库服务和地址后重试。") from e
        if version is None:
            raise migrations.not_initialised()
        return version

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
        return index_of(self.settings)

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
        found = people.viewer_by_login(session, self.login, now=clock.now())
        if found is None:
            raise NotFound("people.not-found", "没有这个登录名，或账号已停用。请核对后再试。")
        return found
