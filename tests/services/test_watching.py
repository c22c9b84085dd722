"""Database and broker that go away and come back, as `/readyz` sees them, with the services themselves."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest

from archive_service.db.session import Database
from archive_service.settings import Settings
from archive_service.storage.files import FileStore
from archive_service.web.app import create_app
from archive_service.web.services import Services
from indexing.index import open_index
from tests.support import databases
from tests.support.proxy import Proxy
from tests.support.services import address
from tests.web.conftest import Browser

pytestmark = pytest.mark.service
PATIENCE_S = 60


@pytest.fixture
def database_url(postgres: databases.Postgres) -> Iterator[str]:
    """Who has a broker has PostgreSQL."""
    with postgres.fresh() as url:
        yield url


def behind(door: Proxy, url: str) -> str:
    """The address of the service behind the door."""
    parts = urlsplit(url)
    given = parts.netloc.rpartition("@")
    return parts._replace(netloc=f"{given[0]}{given[1]}127.0.0.1:{door.port}").geturl()


def door_to(url: str, *, usual: int) -> Proxy:
    parts = urlsplit(url)
    return Proxy(parts.hostname or "127.0.0.1", parts.port or usual)


@contextmanager
def watched(settings: Settings) -> Iterator[Browser]:
    """A web server's app on these settings."""
    database, store = Database(settings.url()), FileStore(settings.home / "objects")
    index = open_index(settings.home, "tantivy")
    with Browser(create_app(Services(settings, database, store, index)), client=("127.0.0.1", 1)) as browser:
        yield browser
    index.close()
    database.close()


def until(asked: Browser, holds: Callable[[int, dict[str, str]], bool]) -> dict[str, str]:
    """Ask until it holds; return the codes of what is missing by component."""
    end = time.monotonic() + PATIENCE_S
    while True:
        answer = asked.get("/readyz")
        codes = {one["component"]: one["code"] for one in answer.json()["components"] if one["code"]}
        if holds(answer.status_code, codes):
            return codes
        assert time.monotonic() < end, answer.text
        time.sleep(0.2)


@pytest.mark.usefixtures("database")
def test_a_database_that_goes_away_and_comes_back_is_named(settings: Settings) -> None:
    """503 while it is away, with nothing of its driver; figures say that they lack, and come back too."""
    door = door_to(settings.database_url, usual=5432)
    with watched(settings.model_copy(update={"database_url": behind(door, settings.database_url)})) as asked:
        assert until(asked, lambda status, codes: status == 200 and not codes) == {}
        assert 'archive_figures_up{group="jobs"} 1.0' in asked.get("/metrics").text
        door.shut()
        assert until(asked, lambda status, _: status == 503) == {"database": "database.unavailable"}
        assert "psycopg" not in asked.get("/readyz").text
        door.open()
        assert until(asked, lambda status, codes: status == 200 and not codes) == {}
    door.shut()


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize(("name", "usual"), [("redis", 6379), ("rabbitmq", 5672)])
def test_a_broker_that_goes_away_is_named_and_files_are_still_taken(settings: Settings, name: str, usual: int) -> None:
    """Degraded: a message is only a nudge."""
    url = address(name, f"ARCHIVE_TEST_{name.upper()}_URL")
    door = door_to(url, usual=usual)
    with watched(settings.model_copy(update={"broker_url": behind(door, url)})) as asked:
        assert until(asked, lambda status, codes: status == 200 and not codes) == {}
        door.shut()
        assert until(asked, lambda status, codes: status == 200 and bool(codes)) == {"broker": "broker.unavailable"}
        door.open()
        assert until(asked, lambda status, codes: status == 200 and not codes) == {}
    door.shut()
