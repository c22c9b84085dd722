"""`properties` at the command line, each time in a process that knows no more than it loads itself."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from archive_service.db.session import Database
from archive_service.settings import Settings
from tests.support import records

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def run(settings: Settings, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command with the settings of the test."""
    return subprocess.run(
        [sys.executable, "-m", "archive_service", *arguments],
        env={**os.environ, **settings.environment()}, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def test_a_case_is_checked_and_what_came_of_it_shown(database: Database, settings: Settings) -> None:
    """A case whose pages nobody stored fails, which is exit code 5; the run stays and is shown again."""
    with database.unit_of_work() as session:
        case = records.case(session)
        records.item(session, case, "A02R")
        number = case.application_no
    made = run(settings, "properties", "run", number, "--json")
    assert made.returncode == 5, made.stderr
    assert json.loads(made.stdout)["state"] == "failed"
    listed = run(settings, "properties", "list", "--json")
    assert listed.returncode == 0, listed.stderr
    assert number in listed.stdout
