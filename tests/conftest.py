"""Fixtures that every suite shares: a migrated database, a file store, settings of a home of their own.

The database is SQLite, and PostgreSQL once more in the tests marked `service`, which `make services` runs.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from hypothesis import settings as search

from archive_service.db.session import Database
from archive_service.settings import Settings
from archive_service.storage.files import FileStore
from tests.support import databases
from tests.support.services import address

# Everybody who runs the tests searches the same examples, so that what fails fails for the next one too.
# To look where nobody has looked yet: ARCHIVE_TEST_SEARCH=anew. Source: docs/decisions/0050.
search.register_profile("same", derandomize=True, database=None)
search.register_profile("anew", derandomize=False)
search.load_profile(os.environ.get("ARCHIVE_TEST_SEARCH", "same"))

#: A traceback as the program writes it. Drawn in colours with every variable, as is usual without settings, that of a
#: fault behind a page takes seconds.
PLAIN = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)


def pytest_configure() -> None:
    """Have lines of the log written plainly until the program sends them where settings say."""
    structlog.configure(processors=[*structlog.get_config()["processors"][:-1], PLAIN])


def pytest_report_header() -> str:
    """Say how the tests that need a running service are reached, since the plain run leaves them out."""
    return "tests against PostgreSQL, S3, Redis and RabbitMQ: `make services` (.ci/with-services starts the services)"


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file brought up by the migrations once; each test copies it."""
    return databases.migrated_file(tmp_path_factory.mktemp("template"))


@pytest.fixture(scope="session")
def postgres() -> Iterator[databases.Postgres]:
    """A PostgreSQL server that holds a migrated database to copy."""
    server = databases.Postgres(address("PostgreSQL", "ARCHIVE_TEST_POSTGRES_URL"))
    yield server
    server.close()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.service)])
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a fresh migrated database; empty for a SQLite file in the home."""
    if request.param == "sqlite":
        yield ""
        return
    server: databases.Postgres = request.getfixturevalue("postgres")
    with server.fresh() as url:
        yield url


@pytest.fixture
def settings(tmp_path: Path, request: pytest.FixtureRequest) -> Settings:
    """Settings whose home is empty and which no variable of the environment reaches."""
    for name in [n for n in os.environ if n.startswith("ARCHIVE_") and not n.startswith("ARCHIVE_TEST_")]:
        del os.environ[name]
    # Only a test that asks for the database is run on each kind; the settings alone do not make it do so.
    url = request.getfixturevalue("database_url") if "database_url" in request.fixturenames else ""
    return Settings(_env_file=None, home=tmp_path / "home", workers=1, database_url=url)  # type: ignore[call-arg]


@pytest.fixture
def database(settings: Settings, migrated_file: Path, database_url: str) -> Iterator[Database]:
    """A fresh migrated database."""
    settings.home.mkdir(parents=True, exist_ok=True)
    if not database_url:
        shutil.copy(migrated_file, settings.home / "archive.db")
    opened = Database(settings.url())
    yield opened
    opened.close()


@pytest.fixture
def store(settings: Settings) -> FileStore:
    """An empty file store."""
    return FileStore(settings.home / "objects")
