"""The composition of containers: nothing runs as root or with a known password, and each part says how it is."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from archive_service.jobs.queue import QUEUES
from archive_service.settings import Settings

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load(TEXT)["services"]
OURS = {name for name, service in SERVICES.items() if "archive-service" in service["image"]}
SECRET = re.compile(r"PASS|SECRET|ACCESS_KEY|ROOT_USER")


def test_every_part_of_the_archive_is_there() -> None:
    """The database, the broker, the objects, the pages, the workers and what keeps the time."""
    assert {"postgres", "broker", "s3", "web", "scheduler", "setup"} <= set(SERVICES)


def test_every_queue_has_workers() -> None:
    """A queue that nobody serves would hold its work for ever."""
    served = [SERVICES[name]["command"][2].split(",") for name in OURS if SERVICES[name]["command"][0] == "worker"]
    assert sorted(queue for queues in served for queue in queues) == sorted(QUEUES)


@pytest.mark.parametrize("name", sorted(OURS))
def test_our_containers_cannot_change_themselves(name: str) -> None:
    """No root, no rights, nothing to write but the data and a folder in memory."""
    service = SERVICES[name]
    assert service["user"] not in ("", "0", "root")
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert service["volumes"] == ["home:/data"]


def test_no_secret_has_a_default() -> None:
    """A password comes from the environment, or nothing starts."""
    for service in SERVICES.values():
        for variable, value in service["environment"].items():
            if SECRET.search(variable):
                assert re.fullmatch(r"\$\{[A-Z0-9_]+:\?[^}]*\}", value), variable
            for used in re.findall(r"\$\{([A-Z0-9_]*(?:PASS|SECRET)[A-Z0-9_]*)(.)", str(value)):
                assert used[1] == ":", used
                assert f"${{{used[0]}:?" in value


def test_every_lasting_part_says_how_it_is() -> None:
    """The S3 image holds no program to ask with; the web server asks in its place (readyz)."""
    silent = {name for name, service in SERVICES.items() if "healthcheck" not in service}
    assert silent == {"setup", "s3"}


def test_every_image_can_be_chosen_and_is_pinned() -> None:
    """An archive without internet has its own mirror; `latest` would be another program tomorrow."""
    for name, service in SERVICES.items():
        chosen = re.fullmatch(r"\$\{ARCHIVE_[A-Z0-9_]*IMAGE:-([^}]+)\}", service["image"])
        assert chosen, name
        assert re.search(r":[^:/]+$", chosen[1]), name
        assert not chosen[1].endswith(":latest"), name


def test_only_the_pages_are_reached_from_outside() -> None:
    """And only on this machine, unless told otherwise."""
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["web"]
    assert SERVICES["web"]["ports"] == ["${ARCHIVE_WEB_ADDRESS:-127.0.0.1:8000}:8000"]


def test_every_setting_given_to_a_container_is_one() -> None:
    """A misspelt variable would be ignored in silence."""
    known = {f"ARCHIVE_{name.upper()}" for name in Settings.model_fields}
    for name in OURS:
        given = {variable for variable in SERVICES[name]["environment"] if variable.startswith("ARCHIVE_")}
        assert given <= known


def test_the_image_runs_as_an_unprivileged_user() -> None:
    """The last user named is the one it runs as."""
    users = re.findall(r"^USER (\S+)$", (ROOT / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)
    assert users
    assert users[-1] == SERVICES["web"]["user"]


def test_docker_itself_finds_nothing_wrong() -> None:
    """`docker compose config` resolves everything, and refuses to without the secrets."""
    docker = shutil.which("docker")
    if not docker or subprocess.run([docker, "compose", "version"], capture_output=True, check=False).returncode:
        pytest.skip("no docker with compose here: only the YAML was looked at")
    secrets = dict.fromkeys(set(re.findall(r"\$\{([A-Z0-9_]+):\?", TEXT)), "a" * 16)
    bare = {name: value for name, value in os.environ.items() if not name.startswith("ARCHIVE_")}
    command = [docker, "compose", "--env-file", "/dev/null", "config", "--quiet"]
    assert subprocess.run(command, cwd=ROOT, env={**bare, **secrets}, check=False).returncode == 0
    assert subprocess.run(command, cwd=ROOT, env=bare, capture_output=True, check=False).returncode != 0
