"""A real browser in front of the program: windows that fail on any error a page reports or any foreign request."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
PATIENCE_S = 120
AXE = Path(__file__).parent / "vendor/axe.min.js"
#: WCAG 2.2 AA, and what is known to be good besides.
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
#: The browser calls every answer of these kinds an error; a decision that was refused, or cannot be read, is none.
REFUSED = ("409 (Conflict)", "422 (Unprocessable")


def program() -> str | None:
    """Where the browser is: as the environment says, or where systems put it."""
    usual = (shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome"))
    return os.environ.get("ARCHIVE_TEST_BROWSER") or next((found for found in usual if found), None)


@contextmanager
def running() -> Iterator[Browser]:
    """One browser; without it the test is skipped, but never where the CI runs it."""
    path = program()
    if path is None:
        if os.environ.get("CI") == "true":
            pytest.fail("no Chromium on this machine, and the walks must run here")
        pytest.skip("no Chromium on this machine; set ARCHIVE_TEST_BROWSER to run the walks")
    expect.set_options(timeout=PATIENCE_S * 1000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()


@contextmanager
def window(chromium: Browser, server: str, width: int, height: int, **options: Any) -> Iterator[Page]:
    """A fresh window; the walk fails on any error a page reports and on any request to another host."""
    context = chromium.new_context(viewport={"width": width, "height": height}, base_url=server, **options)
    page = context.new_page()
    page.set_default_timeout(PATIENCE_S * 1000)
    complaints: list[str] = []
    page.on(
        "console",
        lambda said: (
            complaints.append(said.text)
            if said.type == "error" and not any(one in said.text for one in REFUSED)
            else None
        ),
    )
    page.on("pageerror", lambda error: complaints.append(str(error)))
    foreign: list[str] = []
    page.on("request", lambda asked: None if asked.url.startswith((server, "data:")) else foreign.append(asked.url))
    yield page
    context.close()
    assert complaints == [], complaints
    assert foreign == [], foreign


def faults(page: Page, *, but: Collection[str] = (), only: Collection[str] = ()) -> list[str]:
    """What axe finds wrong with the page as it stands: rule, element, and why.

    Rules in `but` are left out; where some are named in `only`, it looks for no other.

    Seen from its top: elsewhere the bar that stays there lies over half a button now and then, until one scrolls on.
    """
    page.evaluate("scrollTo({top: 0, behavior: 'instant'})")
    page.evaluate(AXE.read_text("utf-8"))
    wanted = {"type": "rule", "values": list(only)} if only else {"type": "tag", "values": RULES}
    options = json.dumps({"runOnly": wanted, "resultTypes": ["violations"]})
    found = page.evaluate(f"axe.run(document, {options})")
    return [
        f"{rule['id']}: {' '.join(node['target'])}: {(node['any'] or node['all'] or node['none'])[0]['message']}"
        for rule in found["violations"]
        if rule["id"] not in but
        for node in rule["nodes"]
    ]


def sideways(page: Page) -> int:
    """How many pixels the page is wider than its window."""
    width: int = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return width
