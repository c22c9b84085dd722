"""An empty database in a folder, and two stores beside it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from archive_service import migrations
from tests.support.two_stores import World


@pytest.fixture
def migrated(tmp_path: Path) -> Path:
    migrations.upgrade(f"sqlite:///{tmp_path / 'archive.db'}")
    return tmp_path


@pytest.fixture(params=[False, True], ids=["plain", "encrypted"])
def world(request: pytest.FixtureRequest, migrated: Path) -> Iterator[World]:
    made = World(migrated, encrypted=request.param)
    yield made
    made.database.engine.dispose()
