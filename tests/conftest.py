"""Fixtures that every suite shares: a migrated database, a file store, settings of a home of their own."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from archive_service import migrations
from archive_service.db.session import Database
from archive_service.settings import Settings
from archive_service.storage.files import FileStore


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file brought up by the migrations once; each test copies it."""
    path = tmp_path_factory.mktemp("template") / "archive.db"
    migrations.upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings whose home is empty and which no variable of the environment reaches."""
    for name in [n for n in os.environ if n.startswith("ARCHIVE_") and not n.startswith("ARCHIVE_TEST_")]:
        del os.environ[name]
    return Settings(_env_file=None, home=tmp_path / "home", workers=1)  # type: ignore[call-arg]


@pytest.fixture
def database(settings: Settings, migrated_file: Path) -> Iterator[Database]:
    """A fresh migrated database."""
    settings.home.mkdir(parents=True, exist_ok=True)
    shutil.copy(migrated_file, settings.home / "archive.db")
    opened = Database(settings.url())
    yield opened
    opened.close()


@pytest.fixture
def store(settings: Settings) -> FileStore:
    """An empty file store."""
    return FileStore(settings.home / "objects")
