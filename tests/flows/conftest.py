"""The program as it runs: the command line's own server with its workers, and a real browser in front of it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from archive_service.db.session import Database
from archive_service.storage.choose import open_store
from archive_service.storage.store import ObjectStore
from tests.support.browser import running, window
from tests.support.places import Place, city, county, surroundings

#: What a page does by itself, whatever answers it: seen on one machine only.
COUNTY_ONLY = pytest.mark.parametrize("place", ["county"], indirect=True)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One browser for a file: while it is open, no test of the same process can run a loop of its own."""
    with running() as browser:
        yield browser


@pytest.fixture(scope="session")
def begun_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of one machine as `init` leaves it, to copy."""
    home = tmp_path_factory.mktemp("begun") / "home"
    home.mkdir()
    begin(county(home))
    return home


def begin(made: Place) -> None:
    answer = made.archive.run("init")
    assert answer.code == 0, answer.err


@pytest.fixture(params=["county", pytest.param("city", marks=pytest.mark.service)])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """An archive that `init` has made: on one machine, and on PostgreSQL, RabbitMQ and S3 with workers of its own."""
    home = tmp_path / "home"
    if request.param == "county":
        shutil.copytree(request.getfixturevalue("begun_home"), home)
        yield county(home)
        return
    home.mkdir()
    with surroundings(request.getfixturevalue("postgres")) as services:
        made = city(home, **services)
        begin(made)
        yield made


@pytest.fixture
def database(place: Place) -> Iterator[Database]:
    """The database of the running archive."""
    opened = Database(place.settings.url())
    yield opened
    opened.close()


@pytest.fixture
def store(place: Place) -> ObjectStore:
    """The object store of the running archive."""
    return open_store(place.settings)


@pytest.fixture
def server(place: Place) -> Iterator[str]:
    """The address of `serve`, which runs, with all that belongs to it, until the walk is over."""
    with place.running():
        place.wait_until_ready()
        yield place.url


@pytest.fixture
def page(chromium: Browser, server: str) -> Iterator[Page]:
    """A window on a desk's screen."""
    with window(chromium, server, 1440, 900) as page:
        yield page


@pytest.fixture
def phone(chromium: Browser, server: str) -> Iterator[Page]:
    """A window of a phone's size."""
    with window(chromium, server, 390, 844) as page:
        yield page
