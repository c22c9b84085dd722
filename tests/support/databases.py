"""Fresh migrated databases, as copies of one that the migrations brought up."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import create_engine, make_url
from sqlalchemy.pool import NullPool

from archive_service import migrations


def migrated_file(folder: Path) -> Path:
    """Make a migrated SQLite file in the folder."""
    path = folder / "archive.db"
    migrations.upgrade(f"sqlite:///{path}")
    return path


class Postgres:
    """A server on which a migrated database is copied for each test."""

    def __init__(self, url: str) -> None:
        self._url = make_url(url)
        self._admin = create_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
        self._template = f"archive_template_{os.getpid()}"
        self._numbers = itertools.count(1)
        self._others: list[str] = []
        self._run(f"create database {self._template}")
        migrations.upgrade(self._named(self._template))

    def another_template(self, name: str) -> tuple[str, str]:
        """Make a migrated database to be filled and copied; give its name and address."""
        made = f"{self._template}_{name}"
        self._run(f"create database {made} template {self._template}")
        self._others.append(made)
        return made, self._named(made)

    @contextmanager
    def fresh(self, template: str = "") -> Iterator[str]:
        """Give the address of a migrated database, a copy of `template` or without rows; it is dropped at the end."""
        with self._database(f"template {template or self._template}") as url:
            yield url

    @contextmanager
    def empty(self) -> Iterator[str]:
        """Give the address of a database in which nothing was made yet; it is dropped when the block ends."""
        with self._database("") as url:
            yield url

    @contextmanager
    def _database(self, template: str) -> Iterator[str]:
        name = f"archive_{os.getpid()}_{next(self._numbers)}"
        self._run(f"create database {name} {template}")
        try:
            yield self._named(name)
        finally:
            self._run(f"drop database {name} with (force)")

    def close(self) -> None:
        """Drop the templates."""
        for name in (*self._others, self._template):
            self._run(f"drop database {name} with (force)")

    def _named(self, name: str) -> str:
        return self._url.set(database=name).render_as_string(hide_password=False)

    def _run(self, statement: str) -> None:
        with self._admin.connect() as connection:
            connection.exec_driver_sql(statement)
