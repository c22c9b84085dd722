"""Twenty clients hand the same file in at the same moment, over HTTP: one object, one scan, twenty good answers."""

from __future__ import annotations

import hashlib
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from sqlalchemy import func, select

from archive_service import clock
from archive_service.cli.services import Services
from archive_service.cli.verify import findings
from archive_service.households.tables import Item
from ingest import states
from ingest.tables import Scan
from tests.support import databases
from tests.support.archive import ACCOUNT, APPLICATION
from tests.support.born_digital import supply_reply
from tests.support.places import PATIENCE_S, Place, city, county, is_indexed, surroundings, token_of_a_program

CLIENTS = 20
PAPER = supply_reply(ACCOUNT, APPLICATION)


@pytest.fixture(params=["county", pytest.param("city", marks=pytest.mark.service)])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """An archive with one household: on one machine, and on PostgreSQL, RabbitMQ and S3 with two web processes."""
    home = tmp_path / "home"
    home.mkdir()
    if request.param == "county":
        made = county(home)
        made.archive.prepare()
        yield made
        return
    server: databases.Postgres = request.getfixturevalue("postgres")
    with surroundings(server) as environment:
        made = city(home, **environment)
        made.archive.prepare()
        yield made


def test_the_same_file_from_twenty_clients_is_taken_in_once(place: Place) -> None:
    """Whoever is first, each of the others hears which scan it is."""
    services = Services(place.settings)
    with services.database.unit_of_work() as session:
        token = token_of_a_program(session)
    together = threading.Barrier(CLIENTS)

    def hand_in(number: int) -> httpx.Response:
        with httpx.Client(base_url=place.url, headers={"Authorization": f"Bearer {token}"}, timeout=60) as client:
            # Connections are open before the barrier, so that the files arrive together.
            client.get("/api/v1/scans?limit=1")
            together.wait()
            return client.post("/api/v1/scans", files={"file": (f"{number}.pdf", PAPER)})

    with place.running():
        place.wait_until_ready()
        with ThreadPoolExecutor(CLIENTS) as clients:
            answers = list(clients.map(hand_in, range(CLIENTS)))
        assert [answer.status_code for answer in answers] == [201] * CLIENTS
        told = [answer.json() for answer in answers]
        wait_until_filed_and_found(services)
    digest = hashlib.sha256(PAPER).hexdigest()
    (first,) = (one["scan"] for one in told if one["state"] == "received")
    others = [one for one in told if one["scan"] != first]
    assert {one["sha256"] for one in told} == {digest}
    assert Counter((one["error"]["code"], one["duplicate_of"]) for one in others) == {("file.duplicate", first): 19}
    with services.database.reading() as session:
        firsts = select(Scan.id).where(Scan.digest == digest, Scan.duplicate_of.is_(None))
        assert [str(one) for one in session.scalars(firsts)] == [first]
        assert session.scalar(select(func.count()).select_from(Item)) == 1
    assert list(services.store.digests()).count(digest) == 1
    assert services.store.read(digest) == PAPER
    assert findings(services, sample=None, now=clock.now()).findings == ()
    services.index.close()
    services.database.close()


def wait_until_filed_and_found(services: Services) -> None:
    """Wait until every scan is at rest and the index holds what was filed."""
    end = time.monotonic() + PATIENCE_S
    while True:
        with services.database.reading() as session:
            moving = session.scalar(select(func.count()).select_from(Scan).where(Scan.state.not_in(states.FINAL)))
            if not moving and is_indexed(session, services.index):
                return
        assert time.monotonic() < end, "the file is not finished"
        time.sleep(0.1)
