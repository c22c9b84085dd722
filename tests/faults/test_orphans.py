"""Processes whose parent was killed, or whose database is away, do not stay behind and are not given up."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from sqlalchemy import make_url

from archive_service.db.session import Database
from archive_service.settings import Settings
from archive_service.worker.embedded import Supervisor
from tests.support import databases
from tests.support.places import free_port
from tests.support.processes import Command, Tree, gone, kill, left_behind, working_in
from tests.support.proxy import Proxy

PATIENCE_S = 60


def until(reached: Callable[[], object], log: Path | None = None) -> None:
    """Wait; show what the command wrote when it takes too long."""
    end = time.monotonic() + PATIENCE_S
    while not reached():
        assert time.monotonic() < end, log.read_text()[-4000:] if log else "it takes too long"
        time.sleep(0.05)


def test_nothing_of_a_killed_server_keeps_the_port(settings: Settings, database: Database) -> None:
    """Web processes that outlived their server would answer for ever, and no new server could start."""
    port = str(free_port())
    environment = {**os.environ, **settings.environment()}
    serve = Command(settings.home, ("serve", "--port", port, "--processes", "2"), environment)
    try:
        for _ in range(2):
            serve.keep_up()
            until(lambda: answers(port), serve.log)
            assert serve.pid
            assert len(Tree.now().below(serve.pid, having="spawn_main")) == 2
            assert kill(serve.pid)
            assert gone(settings.home, within_s=PATIENCE_S)
    finally:
        serve.stop()
        for pid in working_in(settings.home):
            kill(pid)


@pytest.mark.parametrize("processes", ["1", "2"])
def test_a_server_that_is_told_to_end_does_so_after_its_workers(
    settings: Settings, database: Database, processes: str
) -> None:
    """A service manager counts what is left when the command has ended; the next server needs the home for itself."""
    port = str(free_port())
    environment = {**os.environ, **settings.environment()}
    serve = Command(settings.home, ("serve", "--port", port, "--processes", processes), environment)
    try:
        serve.keep_up()
        until(lambda: answers(port), serve.log)
        assert serve.process
        until(lambda: Tree.now().below(serve.pid, having="archive_service.worker upkeep"), serve.log)
        serve.stop()
        assert not at_work_in(settings.home), left_behind(settings.home)
        assert serve.process.returncode == 0
        assert gone(settings.home, within_s=PATIENCE_S), left_behind(settings.home)
    finally:
        serve.stop()
        for pid in working_in(settings.home):
            kill(pid)


def at_work_in(home: Path) -> list[int]:
    """Return the processes of this home; Python's own watcher of names ends only when it sees that its parent has."""
    tree = Tree.now()
    return [pid for pid in working_in(home) if "multiprocessing.resource_tracker" not in tree.command(pid)]


def answers(port: str) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=5).status_code < 500
    except httpx.TransportError:
        return False


@pytest.mark.service
def test_a_worker_that_dies_while_the_database_is_away_is_replaced_when_it_is_back(
    settings: Settings, postgres: databases.Postgres
) -> None:
    """The supervisor cannot free the dead one's job at once; it must not give up for that."""
    with postgres.fresh() as url:
        at = make_url(url)
        assert at.host
        assert at.port
        door = Proxy(at.host, at.port)
        through = at.set(port=door.port).render_as_string(hide_password=False)
        supervisor = Supervisor(settings.model_copy(update={"database_url": through}), workers=1)
        with supervisor:
            until(lambda: len(supervisor.pids) == 2)
            door.shut()
            dead = set(supervisor.pids)
            for pid in dead:
                kill(pid)
            time.sleep(2)
            door.open()
            until(lambda: len(set(supervisor.pids) - dead) == 2)
        door.shut()
