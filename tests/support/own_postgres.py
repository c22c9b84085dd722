"""A PostgreSQL server of a test's own, whose processes may be killed."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from tests.support.processes import Tree

_PATIENCE_S = 60


def programs() -> Path | None:
    """Return where the server's programs are; none when it is not installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    return found[-1] if found else None


@dataclass
class OwnPostgres:
    """A server with its data in `folder`; power never fails here, only processes do, so nothing is synced to disk."""

    bin: Path
    folder: Path
    port: int
    process: subprocess.Popen[bytes] | None = None
    starts: int = 0

    @classmethod
    def make(cls) -> OwnPostgres:
        """Make a server with an empty database `archive` and start it."""
        found = programs()
        assert found is not None, "PostgreSQL is not installed"
        # The folders of tests are closed to other users, and this server refuses to run as root.
        folder = Path(tempfile.mkdtemp(prefix="postgres-"))
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            made = cls(found, folder, free.getsockname()[1])
        if os.getuid() == 0:
            shutil.chown(folder, "postgres")
        made._run("initdb", "-D", str(folder / "data"), "-A", "trust", "-U", "app", "-E", "UTF8", "--locale=C.UTF-8")
        made.keep_up()
        made.wait()
        made._run("createdb", "-h", "127.0.0.1", "-p", str(made.port), "-U", "app", "archive")
        return made

    @property
    def url(self) -> str:
        """The address of its database."""
        return f"postgresql+psycopg://app@127.0.0.1:{self.port}/archive"

    def keep_up(self) -> None:
        """Start it when it does not run and all of its processes are gone."""
        if self.process is not None and self.process.poll() is None:
            return
        settings = {
            "listen_addresses": "127.0.0.1", "unix_socket_directories": str(self.folder), "fsync": "off",
            "max_connections": "200",
        }  # fmt: skip
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [self.bin / "postgres", "-D", self.folder / "data", "-p", str(self.port), *options],
                stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True, **self._user(),
            )  # fmt: skip
        self.starts += 1

    def wait(self) -> None:
        """Wait until it answers."""
        end = time.monotonic() + _PATIENCE_S
        while True:
            try:
                psycopg.connect(host="127.0.0.1", port=self.port, user="app", dbname="postgres").close()
            except psycopg.OperationalError:
                assert time.monotonic() < end, (self.folder / "log").read_text()[-4000:]
                self.keep_up()
                time.sleep(0.1)
            else:
                return

    def backends(self, tree: Tree) -> list[int]:
        """Return its processes that serve a client of the archive."""
        return [
            one for one in tree.below(self.process.pid if self.process else None) if "app archive" in tree.command(one)
        ]

    def close(self) -> None:
        """End it and remove its data."""
        if self.process is not None:
            # SIGINT ends it without waiting for its clients.
            self.process.send_signal(signal.SIGINT)
            self.process.wait(timeout=60)
        shutil.rmtree(self.folder)

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [self.bin / program, *arguments], capture_output=True, cwd=self.folder, check=False, **self._user()
        )
        assert done.returncode == 0, done.stderr.decode()

    @staticmethod
    def _user() -> dict[str, Any]:
        if os.getuid() != 0:
            return {}
        user = pwd.getpwnam("postgres")
        return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": ()}
