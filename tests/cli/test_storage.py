"""`storage` at the command line: a store that holds what it locked, and one that does not any more."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from pydantic import SecretStr

from archive_service.db.session import Database
from archive_service.people.roles import Role
from archive_service.settings import Settings
from tests.support import lock_server, records


def run(settings: Settings, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command with the settings of the test."""
    return subprocess.run(
        [sys.executable, "-m", "archive_service", *arguments],
        env={**os.environ, **settings.environment()}, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def test_a_test_that_falls_is_damage_and_nobody_tests_without_the_right(database: Database, settings: Settings) -> None:
    """Exit code 5 with the reason; what was proven before stays told, and counts no more."""
    with database.unit_of_work() as session:
        records.person(session, "scanner", roles=[Role.CONTRACTOR])
    with lock_server.running() as server:
        here = settings.model_copy(
            update={
                "store": "s3", "s3_endpoint": server.endpoint, "s3_access_key": SecretStr("a"),
                "s3_secret_key": SecretStr("b" * 8), "s3_secure": False,
            }
        )  # fmt: skip
        assert run(here, "--as", "scanner", "storage", "check").returncode == 3
        held = run(here, "storage", "check")
        assert held.returncode == 0, held.stderr
        assert "对象锁已验证" in held.stdout
        server.mood = "deletes"
        fell = run(here, "storage", "check", "--json")
    assert fell.returncode == 5
    (one,) = json.loads(fell.stdout)["stores"]
    assert (one["state"], one["let"], one["proven"]) == ("broken", "deleted", False)
    assert one["proven_at"] is not None
    assert run(settings, "storage", "status").returncode == 5
