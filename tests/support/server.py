"""The web server as operators start it, with several processes."""

from __future__ import annotations

import fcntl
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from archive_service.settings import Settings

PATIENCE_S = 90


@dataclass(frozen=True)
class Server:
    """A server that answers at `address`; its processes are children of `process`."""

    address: str
    process: subprocess.Popen[bytes]
    home: Path

    def get(self, path: str, **headers: str) -> httpx.Response:
        """Ask over a connection of its own, so that any of the processes may answer."""
        return httpx.get(self.address + path, headers=headers, timeout=20, trust_env=False)

    def all_up(self, processes: int) -> bool:
        """Say whether so many processes have made their app: each then has a file of figures."""
        counted = {int(path.stem.split("_")[1]) for path in self.home.glob("run/figures-*/counter_*.db")}
        return len(self.children) == processes and set(self.children) <= counted

    @property
    def children(self) -> list[int]:
        """Process ids of the processes that answer."""
        pid = self.process.pid
        found = [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
        return [one for one in found if b"spawn_main" in Path(f"/proc/{one}/cmdline").read_bytes()]


@contextmanager
def serving(
    settings: Settings, *, processes: int, log: Path, port: int | None = None, **environment: str
) -> Iterator[Server]:
    """Serve pages only: the place of the workers' supervisor is taken."""
    settings.home.mkdir(parents=True, exist_ok=True)
    with (settings.home / "supervisor.lock").open("ab") as taken, log.open("ab") as out:
        fcntl.flock(taken, fcntl.LOCK_EX | fcntl.LOCK_NB)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = port or free.getsockname()[1]
        command = [sys.executable, "-m", "archive_service", "serve", "--port", str(port), "--processes", str(processes)]
        process = subprocess.Popen(command, env=surroundings(settings, environment), stdout=out, stderr=out)
        try:
            server = Server(f"http://127.0.0.1:{port}", process, settings.home)
            _wait_for(server, processes)
            yield server
        finally:
            process.terminate()
            process.wait(timeout=PATIENCE_S)


def surroundings(settings: Settings, more: Mapping[str, str]) -> dict[str, str]:
    """The environment of a process with these settings."""
    return {**os.environ, **settings.environment(), **more}


def _wait_for(server: Server, processes: int) -> None:
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        assert server.process.poll() is None, "the server ended before it answered"
        try:
            server.get("/healthz")
        except httpx.TransportError:
            time.sleep(0.2)
            continue
        if processes == 1 or server.all_up(processes):
            return
        time.sleep(0.2)
    raise AssertionError("the server does not answer")
