"""The program as it runs: the command line's own server with its workers, and a real browser in front of it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from archive_service.db.session import Database
from archive_service.settings import Settings
from tests.support.archive import Archive

FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
_PATIENCE_S = 120


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


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    """An archive that `init` has made."""
    made = Archive(tmp_path / "home")
    made.home.mkdir()
    answer = made.run("init")
    assert answer.code == 0, answer.err
    return made


@pytest.fixture
def database(archive: Archive) -> Iterator[Database]:
    """The database of the running archive."""
    opened = Database(Settings(_env_file=None, home=archive.home).url())  # type: ignore[call-arg]
    yield opened
    opened.close()


@pytest.fixture
def server(archive: Archive) -> Iterator[str]:
    """The address of `serve`, which runs until the walk is over."""
    port = _free_port()
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ARCHIVE_")}
    log = (archive.home / "serve.log").open("wb")
    running = subprocess.Popen(
        [sys.executable, "-m", "archive_service", "serve", "--port", str(port)],
        env={**kept, "ARCHIVE_HOME": str(archive.home), "ARCHIVE_WORKERS": "1"},
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_for(address, running)
        yield address
    finally:
        running.terminate()
        running.wait(timeout=_PATIENCE_S)
        log.close()


@pytest.fixture
def page(chromium: Browser, server: str) -> Iterator[Page]:
    """A window on a desk's screen."""
    yield from _window(chromium, server, 1440, 900)


@pytest.fixture
def phone(chromium: Browser, server: str) -> Iterator[Page]:
    """A window of a phone's size."""
    yield from _window(chromium, server, 390, 844)


def _window(chromium: Browser, server: str, width: int, height: int) -> Iterator[Page]:
    """A fresh window; the walk fails on any error a page reports and on any request to another host."""
    context = chromium.new_context(viewport={"width": width, "height": height}, base_url=server)
    page = context.new_page()
    page.set_default_timeout(_PATIENCE_S * 1000)
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    foreign: list[str] = []
    page.on("request", lambda asked: None if asked.url.startswith((server, "data:")) else foreign.append(asked.url))
    yield page
    context.close()
    assert complaints == []
    assert foreign == []


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_for(address: str, running: subprocess.Popen[bytes]) -> None:
    for _ in range(_PATIENCE_S * 5):
        assert running.poll() is None, "the server ended before it answered"
        try:
            httpx.get(f"{address}/readyz", timeout=5)
        except httpx.TransportError:
            time.sleep(0.2)
            continue
        return
    raise AssertionError("the server does not answer")
