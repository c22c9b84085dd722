"""An archive set up as operators do it: a county on one machine, or a city on services with workers of their own."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import httpx
from sqlalchemy.orm import Session

from archive_service import clock
from archive_service.people import sign_in
from archive_service.people.queries import viewer_for
from archive_service.people.roles import Role
from archive_service.settings import Settings
from indexing.index import Index
from indexing.sync import lag
from tests.support import records
from tests.support.archive import Archive
from tests.support.databases import Postgres
from tests.support.processes import Command, gone, kill, left_behind, working_in
from tests.support.s3_servers import NAMES
from tests.support.services import address

PATIENCE_S = 120.0


@dataclass(frozen=True)
class Place:
    """An archive's home, the variables that its commands get, and the commands that keep running in it."""

    archive: Archive
    commands: Sequence[Command]
    url: str

    @property
    def settings(self) -> Settings:
        """The settings that the commands see."""
        own = {name[8:].lower(): value for name, value in self.archive.environment.items()}
        return Settings(_env_file=None, home=self.archive.home, **own)  # type: ignore[arg-type]

    def keep_up(self) -> None:
        """Start every command that does not run."""
        for command in self.commands:
            command.keep_up()

    def wait_until_ready(self) -> None:
        """Wait until the web server answers that it is ready."""
        end = time.monotonic() + PATIENCE_S
        while not self._is_ready():
            assert time.monotonic() < end, self.commands[0].log.read_text()[-4000:]
            time.sleep(0.1)

    def _is_ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/readyz", timeout=10).status_code == 200
        except httpx.TransportError:
            return False

    def stop(self) -> None:
        """End the commands as an operator would."""
        for command in self.commands:
            command.stop()

    @contextmanager
    def running(self) -> Iterator[None]:
        """Run the commands while the block runs; none of their processes may stay behind."""
        try:
            self.keep_up()
            yield
            self.stop()
            assert gone(self.archive.home, within_s=30), left_behind(self.archive.home)
        finally:
            try:
                self.stop()
            finally:
                for pid in working_in(self.archive.home):
                    kill(pid)


def county(home: Path, **environment: str) -> Place:
    """One machine: SQLite, files, and workers below the web server."""
    archive, port = Archive(home, environment), free_port()
    return Place(archive, [_command(archive, "serve", "--port", str(port))], f"http://127.0.0.1:{port}")


def city(home: Path, **environment: str) -> Place:
    """Two web processes, workers and a scheduler, each a command of its own; database and broker are given."""
    archive, port = Archive(home, environment), free_port()
    commands = [
        _command(archive, "serve", "--port", str(port), "--processes", "2"),
        _command(archive, "worker", "--queues", "light,read"),
        _command(archive, "worker", "--queues", "index,upkeep", ARCHIVE_WORKERS="1"),
    ]
    return Place(archive, commands, f"http://127.0.0.1:{port}")


def _command(archive: Archive, *arguments: str, **changed: str) -> Command:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ARCHIVE_")}
    own = {"ARCHIVE_HOME": str(archive.home), "ARCHIVE_WORKERS": "1"}
    return Command(archive.home, arguments, {**kept, **own, **archive.environment, **changed})


def free_port() -> int:
    """Return a port on which nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


@contextmanager
def surroundings(postgres: Postgres) -> Iterator[dict[str, str]]:
    """Give the variables of an archive on services; the strongest S3 server that is there keeps the objects."""
    given = dict(one.split("=", 1) for one in address("S3 server", "ARCHIVE_TEST_S3").split())
    endpoint, access_key, secret_key = given[sorted(NAMES)[0]].split(",")
    with postgres.empty() as url:
        yield {
            "ARCHIVE_DATABASE_URL": url,
            "ARCHIVE_BROKER_URL": address("RabbitMQ", "ARCHIVE_TEST_RABBITMQ_URL"),
            "ARCHIVE_STORE": "s3",
            "ARCHIVE_S3_ENDPOINT": endpoint,
            "ARCHIVE_S3_ACCESS_KEY": access_key,
            "ARCHIVE_S3_SECRET_KEY": secret_key,
            "ARCHIVE_S3_BUCKET": f"grown-{os.getpid()}-{time.time_ns()}",
            "ARCHIVE_S3_SECURE": "false",
        }


def token_of_a_program(session: Session) -> str:
    """Return the bearer token of a program that hands scans in for the whole utility."""
    person = records.person(session, "sync", roles=[Role.ARCHIVIST], at=records.unit(session, "ROOT"))
    viewer, now = viewer_for(session, person.id), clock.now()
    assert viewer is not None
    return sign_in.issue_token(session, by=viewer, label="扫描", expires_at=now + timedelta(days=1), now=now)[0]


def is_indexed(session: Session, index: Index) -> bool:
    """Say whether the index is up to the records."""
    return not lag(session, index)
