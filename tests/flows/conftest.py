"""The program as it runs: the command line's own server with its workers, and a real browser in front of it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from archive_service.db.session import Database
from archive_service.storage.choose import open_store
from archive_service.storage.store import ObjectStore
from tests.support.places import Place, city, county, surroundings

FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
_PATIENCE_S = 120
#: The browser calls every answer of this kind an error; a decision that was refused is none.
REFUSED = "409 (Conflict)"


def program() -> str | None:
    """Where the browser is: as the environment says, or where systems put it."""
    usual = (shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome"))
    return os.environ.get("ARCHIVE_TEST_BROWSER") or next((found for found in usual if found), None)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser for all walks; without it they are skipped, but never where the CI runs them."""
    path = program()
    if path is None:
        if os.environ.get("CI") == "true":
            pytest.fail("no Chromium on this machine, and the walks must run here")
        pytest.skip("no Chromium on this machine; set ARCHIVE_TEST_BROWSER to run the walks")
    expect.set_options(timeout=_PATIENCE_S * 1000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture(params=["county", pytest.param("city", marks=pytest.mark.service)])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """An archive that `init` has made: on one machine, and on PostgreSQL, RabbitMQ and S3 with workers of its own."""
    home = tmp_path / "home"
    home.mkdir()
    with ExitStack() as services:
        if request.param == "city":
            made = city(home, **services.enter_context(surroundings(request.getfixturevalue("postgres"))))
        else:
            made = county(home)
        answer = made.archive.run("init")
        assert answer.code == 0, answer.err
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
    yield from window(chromium, server, 1440, 900)


@pytest.fixture
def phone(chromium: Browser, server: str) -> Iterator[Page]:
    """A window of a phone's size."""
    yield from window(chromium, server, 390, 844)


def window(chromium: Browser, server: str, width: int, height: int) -> Iterator[Page]:
    """Open a fresh window; the walk fails on any error a page reports and on any request to another host."""
    context = chromium.new_context(viewport={"width": width, "height": height}, base_url=server)
    page = context.new_page()
    page.set_default_timeout(_PATIENCE_S * 1000)
    complaints: list[str] = []
    page.on(
        "console",
        lambda said: complaints.append(said.text) if said.type == "error" and REFUSED not in said.text else None,
    )
    page.on("pageerror", lambda error: complaints.append(str(error)))
    foreign: list[str] = []
    page.on("request", lambda asked: None if asked.url.startswith((server, "data:")) else foreign.append(asked.url))
    yield page
    context.close()
    assert complaints == []
    assert foreign == []
