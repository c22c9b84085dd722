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

from archive_service.cli.main import cli
from archive_service.jobs.queue import QUEUES
from archive_service.settings import MIB, Settings

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
COMPOSITION: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSITION["services"]
OURS = {name for name, service in SERVICES.items() if "archive-service" in service["image"]}
#: They do one thing and end; whoever needs it waits until they ended well.
ONCE = {"prepare", "setup"}
#: What may be root, or write to its own files, and for what; the composition says why beside it.
ROOTS = {"prepare"}
WRITERS = {"broker", "opensearch"}
SECRET = re.compile(r"PASS|SECRET|ACCESS_KEY|ROOT_USER|TOKEN")
#: Variables in a value: name, and what follows it up to the end.
VARIABLE = re.compile(r"\$\{([A-Z0-9_]+)(:?[-?+][^}]*)?\}")


def variables(service: dict[str, Any]) -> dict[str, Any]:
    environment = service.get("environment", {})
    assert isinstance(environment, dict), "written as a mapping, so that parts can be taken over"
    return environment


def test_every_part_of_the_archive_is_there() -> None:
    """The database, the broker, the objects, the pages, the workers and what keeps the time."""
    assert {"postgres", "broker", "s3", "web", "scheduler", "setup"} <= set(SERVICES)


def test_every_queue_has_workers() -> None:
    """A queue that nobody serves would hold its work for ever."""
    served = [SERVICES[name]["command"][2].split(",") for name in OURS if worker(name)]
    assert sorted(queue for queues in served for queue in queues) == sorted(QUEUES)


def worker(name: str) -> bool:
    return bool(SERVICES[name].get("command", [""])[0] == "worker")


@pytest.mark.parametrize("name", sorted(OURS - ROOTS))
def test_our_containers_cannot_change_themselves(name: str) -> None:
    """Nothing to write but the data and a folder in memory; somebody buries the children of children."""
    service = SERVICES[name]
    assert service["volumes"] == ["home:/data"]
    assert [entry.partition(":")[0] for entry in service["tmpfs"]] == ["/tmp"]
    assert service["init"] is True


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_no_container_has_more_rights_than_it_needs(name: str) -> None:
    """Nobody is root, gains rights, is seen by the host or sees it; none takes all memory, processes or disk."""
    service = SERVICES[name]
    assert (str(service["user"]).split(":")[0] in ("", "0", "root")) == (name in ROOTS)
    assert service["read_only"] is (name not in WRITERS)
    assert service["cap_drop"] == ["ALL"]
    assert service.get("cap_add", []) == (["CHOWN"] if name in ROOTS else [])
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not service.keys() & {"privileged", "devices", "pid", "ipc", "cgroup_parent", "userns_mode", "env_file"}
    assert service["mem_limit"]
    assert service["pids_limit"]
    assert service["logging"]["driver"] == "json-file"
    assert service["logging"]["options"].keys() == {"max-size", "max-file"}
    volumes = [volume.partition(":")[0] for volume in service.get("volumes", [])]
    assert set(volumes) <= set(COMPOSITION["volumes"]), "no folder of the host"


def test_the_one_that_is_root_reaches_nothing() -> None:
    """It has no network and one program to run."""
    for name in ROOTS:
        assert SERVICES[name]["network_mode"] == "none"
        assert SERVICES[name]["entrypoint"][0] == "chown"
        assert "environment" not in SERVICES[name]


def test_a_fresh_volume_can_be_written_by_the_user_of_its_container() -> None:
    """The image makes our folder with its owner; the folder of objects is given to the user of the S3 server."""
    uid, gid = SERVICES["web"]["user"].split(":")
    assert re.search(rf"--uid {uid} --gid {gid} .*\barchive\b", DOCKERFILE)
    assert re.search(r"install -d .*-o archive -g archive /data /data/tmp$", DOCKERFILE, re.MULTILINE)
    assert SERVICES["web"]["environment"]["TMPDIR"] == "/data/tmp"
    assert SERVICES["prepare"]["entrypoint"] == ["chown", SERVICES["s3"]["user"], "/objects"]
    assert SERVICES["prepare"]["volumes"] == ["objects:/objects"]
    assert SERVICES["s3"]["depends_on"]["prepare"] == {"condition": "service_completed_successfully"}


def test_no_secret_has_a_default() -> None:
    """A password comes from the environment, or nothing starts; also where it stands inside an address."""
    for name, service in SERVICES.items():
        for variable, value in variables(service).items():
            if SECRET.search(variable):
                assert re.fullmatch(r"\$\{[A-Z0-9_]+:\?[^}]*\}", str(value)), (name, variable)
    for name, rest in VARIABLE.findall(TEXT):
        assert rest.startswith(":?") == bool(SECRET.search(name)), name


def test_every_lasting_part_says_how_it_is() -> None:
    """And those that only begin the rest are waited for."""
    silent = {name for name, service in SERVICES.items() if "healthcheck" not in service}
    assert silent == ONCE
    for name, service in SERVICES.items():
        assert (service["restart"] == "unless-stopped") == (name not in ONCE)
        waited = service.get("depends_on", {})
        assert {other for other in waited if other in ONCE} == {
            other for other, told in waited.items() if told["condition"] == "service_completed_successfully"
        }
    for name in OURS - ONCE:
        assert SERVICES[name]["depends_on"]["setup"]["condition"] == "service_completed_successfully"


def test_every_image_can_be_chosen_and_is_pinned() -> None:
    """An archive without internet has its own mirror; `latest` would be another program tomorrow."""
    images = [service["image"] for service in SERVICES.values()]
    for image in images:
        chosen = re.fullmatch(r"\$\{ARCHIVE_[A-Z0-9_]*IMAGE:-([^}]+)\}", image)
        assert chosen, image
        assert re.search(r":[^:/]*\d[^:/]*$|:local$", chosen[1]), image
    assert re.search(r"^ARG PYTHON_IMAGE=python:3\.11\.\d+-slim-[a-z]+$", DOCKERFILE, re.MULTILINE)
    assert re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE) == ["${PYTHON_IMAGE}", "${PYTHON_IMAGE}"]


def test_only_the_pages_are_reached_from_outside() -> None:
    """And only on this machine, unless told otherwise; everything else lies in a network without a way out."""
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["web"]
    assert SERVICES["web"]["ports"] == ["${ARCHIVE_WEB_ADDRESS:-127.0.0.1:8000}:8000"]
    assert COMPOSITION["networks"]["inside"] == {"internal": True}
    for name, service in SERVICES.items():
        expected = {"web": ["inside", "outside"], "prepare": None}.get(name, ["inside"])
        assert service.get("networks") == expected, name


def test_every_setting_given_to_a_container_is_one() -> None:
    """A misspelt variable would be ignored in silence."""
    known = {f"ARCHIVE_{name.upper()}" for name in Settings.model_fields}
    for name in OURS:
        given = {variable for variable in variables(SERVICES[name]) if variable.startswith("ARCHIVE_")}
        assert given <= known


@pytest.mark.parametrize("name", sorted(OURS - ROOTS))
def test_every_command_is_one_that_the_program_takes(name: str) -> None:
    """The command line itself reads it; nothing is run."""
    command, *arguments = [VARIABLE.sub("1", word) for word in SERVICES[name]["command"]]
    found = cli.get_command(cli.make_context("archive-service", ["--help"], resilient_parsing=True), command)
    assert found is not None
    assert found.make_context(command, list(arguments)).params is not None


def test_the_image_runs_as_an_unprivileged_user_and_holds_no_secret() -> None:
    """The last user named is the one it runs as; nothing is given to the build that could be one."""
    users = re.findall(r"^USER (\S+)$", DOCKERFILE, re.MULTILINE)
    assert users
    assert users[-1] == SERVICES["web"]["user"]
    assert not SECRET.search(DOCKERFILE.upper())
    copied = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    assert copied[0] == "*", "only what is named goes into the build"
    assert not [name for name in copied if name.startswith("!.")]


def test_docker_itself_finds_nothing_wrong() -> None:
    """`docker compose config` resolves everything, with every profile, and refuses to without the secrets."""
    docker = shutil.which("docker")
    if not docker or subprocess.run([docker, "compose", "version"], capture_output=True, check=False).returncode:
        pytest.skip("no docker with compose here: only the YAML was looked at")
    secrets = dict.fromkeys(set(re.findall(r"\$\{([A-Z0-9_]+):\?", TEXT)), "a" * 16)
    bare = {name: value for name, value in os.environ.items() if not name.startswith("ARCHIVE_")}
    command = [docker, "compose", "--env-file", "/dev/null", "--profile", "*", "config", "--quiet"]
    assert subprocess.run(command, cwd=ROOT, env={**bare, **secrets}, check=False).returncode == 0
    assert subprocess.run(command, cwd=ROOT, env=bare, capture_output=True, check=False).returncode != 0


def test_the_search_server_is_there_for_who_asks_for_it() -> None:
    """A county does without: nothing waits for it, and it starts with its profile only. It runs as no root either."""
    assert SERVICES["opensearch"]["profiles"] == ["opensearch"]
    assert not [name for name, service in SERVICES.items() if "opensearch" in service.get("depends_on", {})]
    assert SERVICES["opensearch"]["user"] not in ("", "0", "root")
    assert SERVICES["opensearch"]["networks"] == ["inside"]
    assert SERVICES["web"]["environment"]["ARCHIVE_SEARCH_ENGINE"] == "${ARCHIVE_SEARCH_ENGINE:-tantivy}"


def test_the_virus_scanner_is_there_for_who_asks_for_it() -> None:
    """It starts with its profile only, and looks at the largest file that the archive takes."""
    clamd = SERVICES["clamd"]
    assert clamd["profiles"] == ["clamav"]
    assert not [name for name, service in SERVICES.items() if "clamd" in service.get("depends_on", {})]
    assert SERVICES["web"]["environment"]["ARCHIVE_CLAMD_ADDRESS"] == "${ARCHIVE_CLAMD_ADDRESS:-}"
    told = dict(re.findall(r"'(\w+) ([^']+)'", clamd["command"][0]))
    assert told["AlertExceedsMax"] == "yes"
    for limit in ("StreamMaxLength", "MaxFileSize", "MaxScanSize"):
        assert int(told[limit].removesuffix("M")) * MIB > Settings.model_fields["max_upload_bytes"].default, limit
