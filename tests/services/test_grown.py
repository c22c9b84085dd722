"""The archive of a city: PostgreSQL, a broker and S3 together, worked by the commands that operators use."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support import databases, places
from tests.support.archive import ACCOUNT, APPLICATION, COLUMNS, ROW, Answer, Archive
from tests.support.born_digital import supply_reply

pytestmark = pytest.mark.service


@pytest.fixture
def surroundings(postgres: databases.Postgres) -> Iterator[dict[str, str]]:
    """The environment of an archive on services of its own."""
    with places.surroundings(postgres) as environment:
        yield environment


@contextmanager
def running(archive: Archive, surroundings: dict[str, str], *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command that does not end by itself."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ARCHIVE_")}
    environment = {**kept, "ARCHIVE_HOME": str(archive.home), "ARCHIVE_WORKERS": "1", **surroundings}
    with (archive.home / f"{arguments[0]}.log").open("ab") as log:
        command = [sys.executable, "-m", "archive_service", *arguments]
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        try:
            yield process
        finally:
            process.terminate()
            process.wait(timeout=60)


def test_a_file_taken_in_at_one_door_is_filed_by_workers_and_found_intact(
    surroundings: dict[str, str], tmp_path: Path
) -> None:
    """init, cases import, ingest, search, verify and doctor, with the worker in a process of its own."""
    archive = Archive(tmp_path / "home")
    archive.home.mkdir()

    def run(*arguments: str) -> Answer:
        answer = archive.run(*arguments, **surroundings)
        assert answer.code == 0, answer.err + answer.out
        return answer

    run("init")
    (tmp_path / "cases.csv").write_text(f"{COLUMNS}\n{ROW}\n", encoding="utf-8")
    run("cases", "import", str(tmp_path / "cases.csv"))
    (tmp_path / "答复单.pdf").write_bytes(supply_reply(ACCOUNT, APPLICATION))
    with running(archive, surroundings, "worker"):
        result = run("ingest", str(tmp_path / "答复单.pdf"), "--json").rows
        assert [row["state"] for row in result] == ["filed"]
        hits = 0
        end = time.monotonic() + 30
        while not hits and time.monotonic() < end:
            hits = run("search", "低压供电方案答复单", "--json").out.count(ACCOUNT)
    assert hits, "the index follows the records"
    run("verify")
    assert "对象锁" in run("doctor").out


def test_the_web_server_starts_no_workers_of_its_own_behind_a_broker(
    surroundings: dict[str, str], tmp_path: Path
) -> None:
    """It answers that it is ready, and nobody below it takes jobs."""
    archive = Archive(tmp_path / "home")
    archive.home.mkdir()
    assert archive.run("init", **surroundings).code == 0
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    with running(archive, surroundings, "serve", "--port", port, "--processes", "2") as server:
        end = time.monotonic() + 60
        while True:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
                    assert answer.status == 200
                break
            except OSError:
                assert time.monotonic() < end, (archive.home / "serve.log").read_text()
                time.sleep(0.2)
        commands = [Path(f"/proc/{pid}/cmdline").read_bytes() for pid in children(server.pid)]
    assert len(commands) >= 2, "both processes serve"
    assert not [command for command in commands if b"archive_service.worker" in command]


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
