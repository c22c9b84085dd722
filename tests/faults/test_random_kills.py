"""Processes killed at random while files come in: nothing acknowledged is lost, nothing done twice or left half done.

A seed of one's own is given in ARCHIVE_TEST_SEED. What is killed is drawn from it; when it dies depends on how far the
archive has come, so the same seed draws the same victims but no two runs are quite the same.
"""

from __future__ import annotations

import os
import random
import secrets
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from archive_service.cli.services import Services
from tests.support.aftermath import wrongs
from tests.support.ordeal import Kept, Ordeal, Victims
from tests.support.own_postgres import OwnPostgres
from tests.support.paper_heap import heap
from tests.support.places import Place, city, county, is_indexed, token_of_a_program
from tests.support.processes import Command
from tests.support.services import address

WORK, UPKEEP, ZYGOTE, WEB_CHILD = (
    "archive_service.worker work", "archive_service.worker upkeep", "ingest.sandbox", "spawn_main",
)  # fmt: skip
#: Smaller pictures than an archive keeps: what is tested is not how they look.
SMALL = {"ARCHIVE_RENDER_DPI": "72", "ARCHIVE_WORKERS": "2", "ARCHIVE_LEASE_S": "15"}
INDEXED_S = 60
#: How many are killed. The gate, which has an hour for everything, asks for fewer; by hand 200 say more.
KILLS = int(os.environ.get("ARCHIVE_TEST_KILLS", "20"))
Say = Callable[[str], None]


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Say:
    """Write a line that is seen whether the test fails or not."""

    def write(line: str) -> None:
        with capsys.disabled():
            sys.stdout.write(f"\n{line}\n")
        sys.stdout.write(f"{line}\n")

    return write


@pytest.fixture
def seed(say: Say) -> int:
    """The seed of this run."""
    given = os.environ.get("ARCHIVE_TEST_SEED")
    chosen = int(given) if given else secrets.randbelow(1_000_000)
    say(f"ARCHIVE_TEST_SEED={chosen}")
    return chosen


def in_a_county(place: Place) -> dict[str, tuple[int, Victims]]:
    """What may be killed on one machine, and how often compared with the others."""
    (serve,) = place.commands
    return {
        "worker": (6, lambda tree: tree.below(serve.pid, having=WORK)),
        "worker child": (5, lambda tree: tree.below(serve.pid, having=ZYGOTE)),
        "scheduler": (5, lambda tree: tree.below(serve.pid, having=UPKEEP)),
        "web": (2, lambda tree: _alive(serve)),
    }


def in_a_city(place: Place, postgres: OwnPostgres) -> dict[str, tuple[int, Victims]]:
    """What may be killed of a grown archive."""
    serve, worker, scheduler = place.commands
    return {
        "worker": (2, lambda tree: _alive(worker)),
        "worker child": (4, lambda tree: tree.children(worker.pid)),
        "sandbox": (3, lambda tree: tree.below(worker.pid, having=ZYGOTE)),
        "scheduler": (3, lambda tree: [*_alive(scheduler), *tree.children(scheduler.pid)]),
        "web": (1, lambda tree: _alive(serve)),
        "web child": (2, lambda tree: tree.below(serve.pid, having=WEB_CHILD)),
        "database": (2, postgres.backends),
        "database server": (1, lambda tree: [postgres.process.pid] if postgres.process else []),
    }


def _alive(command: Command) -> list[int]:
    return [command.pid] if command.pid else []


def undergo(
    place: Place, kept: Sequence[Kept], victims: Mapping[str, tuple[int, Victims]], say: Say, *,
    seed: int, uploads: int, kills: int,
) -> None:  # fmt: skip
    """Hand the files in, kill, wait, and look for anything wrong."""
    papers = heap(seed, uploads)
    services, token = set_up(place, papers.cases)
    chance = random.Random(seed)
    ordeal = Ordeal(place.url, token, services.database, papers.uploads, kept, victims, chance)
    with place.running():
        began = time.monotonic()
        took = ordeal.run(kills=kills)
        pace = uploads / (time.monotonic() - began)
        wait_for_index(services, place)
    say(f"{uploads} uploads, {ordeal.tries} tries, {len(ordeal.ledger)} acknowledged; killed {dict(ordeal.killed)};")
    say(f"{pace:.1f} files/s while killing; all finished {took:.1f} s after the last kill")
    assert sum(ordeal.killed.values()) == kills
    assert len(ordeal.ledger) == uploads
    assert wrongs(services, papers.uploads, ordeal.ledger) == []
    services.index.close()
    services.database.close()


def set_up(place: Place, cases: str) -> tuple[Services, str]:
    """Make the archive, register the cases, and return its parts and the token of a program that hands files in."""
    assert place.archive.run("init").code == 0
    listed = place.archive.home / "cases.csv"
    listed.write_text(cases, encoding="utf-8")
    answer = place.archive.run("cases", "import", str(listed))
    assert answer.code == 0, answer.err
    services = Services(place.settings)
    with services.database.unit_of_work() as session:
        return services, token_of_a_program(session)


def wait_for_index(services: Services, place: Place) -> None:
    """Wait until the scheduler has brought the index up to the records; nothing is killed any more."""
    end = time.monotonic() + INDEXED_S
    while True:
        place.keep_up()
        with services.database.reading() as session:
            if is_indexed(session, services.index):
                return
        assert time.monotonic() < end, "the index does not follow"
        time.sleep(0.2)


@pytest.mark.timeout(1200)
def test_kills_in_a_county_lose_nothing_and_double_nothing(home: Path, say: Say, seed: int) -> None:
    """The embedded archive while ten files for each kill come in."""
    place = county(home, **SMALL)
    undergo(place, place.commands, in_a_county(place), say, seed=seed, uploads=10 * KILLS, kills=KILLS)


@pytest.mark.service
@pytest.mark.timeout(1200)
def test_kills_in_a_city_lose_nothing_and_double_nothing(
    own_postgres: OwnPostgres, home: Path, say: Say, seed: int
) -> None:
    """PostgreSQL and RabbitMQ; web, worker and scheduler are processes of their own; ten files come in a kill."""
    broker = address("RabbitMQ", "ARCHIVE_TEST_RABBITMQ_URL")
    place = city(home, **SMALL, ARCHIVE_DATABASE_URL=own_postgres.url, ARCHIVE_BROKER_URL=broker)
    kept: list[Kept] = [*place.commands, own_postgres]
    undergo(place, kept, in_a_city(place, own_postgres), say, seed=seed, uploads=10 * KILLS, kills=KILLS)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An empty home."""
    made = tmp_path / "home"
    made.mkdir()
    return made


@pytest.fixture
def own_postgres() -> Iterator[OwnPostgres]:
    """A PostgreSQL server that may be killed."""
    server = OwnPostgres.make()
    yield server
    server.close()
