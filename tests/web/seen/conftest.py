"""The pages of the two centres in a real browser, served from this process: no workers, nothing to wait for."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial

import pytest
import uvicorn
from playwright.sync_api import Browser, Page

from tests.support import records
from tests.support.browser import PATIENCE_S, running, window
from tests.support.places import free_port
from tests.web.conftest import World

#: Opens a window of a width, signed in as somebody: `with at(1440, "archivist") as page`.
Windows = Callable[..., AbstractContextManager[Page]]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One browser for a file: while it is open, no test of the same process can run a loop of its own."""
    with running() as browser:
        yield browser


@pytest.fixture
def server(world: World) -> Iterator[str]:
    """The address at which the pages are served while the test runs."""
    port = free_port()
    web = uvicorn.Server(uvicorn.Config(world.app, host="127.0.0.1", port=port, log_config=None, access_log=False))
    thread = threading.Thread(target=web.run)
    thread.start()
    end = time.monotonic() + PATIENCE_S
    while not web.started:
        assert time.monotonic() < end
        time.sleep(0.02)
    yield f"http://127.0.0.1:{port}"
    web.should_exit = True
    thread.join(PATIENCE_S)


@pytest.fixture
def windows(chromium: Browser, server: str) -> Windows:
    """Opens windows on the pages."""
    return partial(window, chromium, server)


@pytest.fixture
def page(windows: Windows) -> Iterator[Page]:
    """A window of a desk's screen in which the archivist of centre A has signed in."""
    with windows(1440, 900) as page:
        yield sign_in(page, "archivist")


def sign_in(page: Page, login: str) -> Page:
    """Sign in and return the window, which shows the first page."""
    page.goto("/")
    page.locator("input[name=login]").fill(login)
    page.locator("input[name=password]").fill(records.PASSWORD)
    page.locator("button[type=submit]").first.click()
    page.wait_for_url("**/")
    return page
