"""A web server of several processes is watched as one: figures add up, and the log is one file."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from archive_service import clock
from archive_service.db.session import Database
from archive_service.jobs import queue
from archive_service.settings import Settings
from tests.support.server import PATIENCE_S, Server, serving

ALIVE = ("archive_http_requests_total", ("GET", "/healthz", "200"))


def figure(server: Server, name: str, labels: tuple[str, ...]) -> float:
    """One figure, as whichever process answers tells it."""
    for family in text_string_to_metric_families(server.get("/metrics").text):
        for sample in family.samples:
            if (sample.name, tuple(value for _, value in sorted(sample.labels.items()))) == (name, labels):
                return sample.value
    return 0


@contextmanager
def asleep(pid: int) -> Iterator[None]:
    """While one process sleeps, the other answers."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def ready(server: Server) -> None:
    """Wait until each process has answered."""
    for pid in server.children:
        with asleep(pid):
            server.get("/healthz")


@pytest.fixture
def server(settings: Settings, database: Database, tmp_path: Path) -> Iterator[Server]:
    """Two processes that write one log of JSON lines."""
    log = {"ARCHIVE_LOG_FILE": str(tmp_path / "archive.log"), "ARCHIVE_LOG_JSON": "true", "ARCHIVE_LOG_LEVEL": "INFO"}
    with serving(settings, processes=2, log=tmp_path / "serve.log", **log) as running:
        ready(running)
        yield running


def test_what_either_process_answered_is_counted_whoever_is_asked(server: Server) -> None:
    """Also what one answered that is dead by now: a counter never falls."""
    first, second = server.children
    before = figure(server, *ALIVE)
    for sleeping, times in ((first, 3), (second, 4)):
        with asleep(sleeping):
            for _ in range(times):
                server.get("/healthz")
    for sleeping in (first, second):
        with asleep(sleeping):
            assert figure(server, *ALIVE) == before + 7
    os.kill(first, signal.SIGKILL)
    end = time.monotonic() + PATIENCE_S
    while first in server.children or not server.all_up(2):
        assert time.monotonic() < end
        time.sleep(0.2)
    assert figure(server, *ALIVE) == before + 7


def test_figures_of_the_archive_are_the_same_from_every_process(server: Server, database: Database) -> None:
    """They come from the rows, so they are not added up."""
    with database.unit_of_work() as session:
        queue.enqueue(session, kind="scan", subject=1, queue="read", now=clock.now() - timedelta(minutes=10))
    for sleeping in server.children:
        with asleep(sleeping):
            assert figure(server, "archive_jobs_waiting", ("read",)) == 1
            assert figure(server, "archive_queue_age_seconds", ("read",)) >= 600


def asked(log: Path) -> list[Any]:
    """Return the lines about the page of a household."""
    lines = [json.loads(line) for line in log.read_text("utf-8").splitlines()]
    return [line for line in lines if line.get("route") == "/households/{account_no}"]


def test_both_processes_write_one_log_with_routes_in_place_of_addresses(server: Server, tmp_path: Path) -> None:
    """Ours and those of the libraries, one JSON object a line."""
    for sleeping in server.children:
        with asleep(sleeping):
            server.get("/households/5101431049?from=5101431049")
    end = time.monotonic() + PATIENCE_S
    # The answer is out before its line is written.
    while {line["pid"] for line in asked(tmp_path / "archive.log")} != set(server.children):
        assert time.monotonic() < end
        time.sleep(0.1)
    assert "5101431049" not in (tmp_path / "archive.log").read_text("utf-8")
    assert "5101431049" not in (tmp_path / "serve.log").read_text("utf-8")


def test_the_figures_of_a_server_go_with_it_and_those_of_a_killed_one_with_the_next(
    settings: Settings, database: Database, tmp_path: Path
) -> None:
    """Another server on the same home keeps its own."""
    place = settings.home / "run"
    with serving(settings, processes=2, log=tmp_path / "serve.log") as killed:
        (left,) = place.iterdir()
        children = killed.children
        killed.process.kill()
        for pid in children:
            os.kill(pid, signal.SIGKILL)
    assert left.exists()
    with serving(settings, processes=2, log=tmp_path / "serve.log") as running:
        (own,) = place.iterdir()
        assert own != left
        ready(running)
        assert own.exists()
    assert list(place.iterdir()) == []
