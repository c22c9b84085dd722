"""`archive-service db`: a person sees which version the database has, brings it up, and is kept from a newer one."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from archive_service import migrations, settings
from archive_service.cli.main import run
from tests.support import old_schemas
from tests.support.archive import Answer

Command = Callable[..., Answer]


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The database of a home, of the first version and with rows."""
    monkeypatch.setenv("ARCHIVE_HOME", str(tmp_path))
    monkeypatch.delenv("ARCHIVE_DATABASE_URL", raising=False)
    settings.load.cache_clear()
    with old_schemas.database_at("0001", "sqlite", tmp_path, None):
        yield (tmp_path / "old.db").rename(tmp_path / "archive.db")
    settings.load.cache_clear()


@pytest.fixture
def command(file: Path, capsys: pytest.CaptureFixture[str]) -> Command:
    """Run a command in the home."""

    def act(*arguments: str) -> Answer:
        code = run(list(arguments))
        return Answer(code, *capsys.readouterr())

    return act


def content(file: Path) -> list[str]:
    with closing(sqlite3.connect(file)) as connection:
        return list(connection.iterdump())


def test_an_upgrade_tells_each_step(command: Command) -> None:
    """One line for each migration, from which version to which; a second time there is none."""
    steps = list(zip(migrations.versions(), migrations.versions()[1:], strict=False))
    lines = command("db", "upgrade").out.splitlines()
    assert lines[:-1] == [f"结构更新：{before} → {now}" for before, now in steps]
    again = command("db", "upgrade")
    assert (again.code, again.out.splitlines()) == (0, lines[-1:])


def test_the_version_is_shown_with_the_one_that_is_wanted(command: Command) -> None:
    """The exit code tells a script whether they are the same."""
    before = command("db", "version", "--json")
    assert (before.code, json.loads(before.out)) == (3, {"stored": "0001", "wanted": migrations.newest()})
    assert "db upgrade" in command("db", "version").out
    command("db", "upgrade")
    after = command("db", "version")
    assert (after.code, migrations.newest() in after.out) == (0, True)


@pytest.mark.parametrize("arguments", [("db", "upgrade"), ("init",), ("worker",), ("scans",)])
def test_a_program_older_than_the_database_says_so_and_writes_nothing(
    command: Command, file: Path, arguments: tuple[str, ...]
) -> None:
    """One sentence, and what to do; whatever the command would have done."""
    command("db", "upgrade")
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("update alembic_version set version_num = '9001'")
        connection.commit()
    kept = content(file)
    answer = command(*arguments)
    assert answer.code == 3
    assert "archive.newer" in answer.err
    assert content(file) == kept
    assert command("db", "version").code == 3


def test_a_program_newer_than_the_database_asks_for_the_upgrade(command: Command) -> None:
    """It does not work on tables that it does not know."""
    answer = command("scans")
    assert (answer.code, "archive.outdated" in answer.err, "db upgrade" in answer.err) == (3, True, True)
