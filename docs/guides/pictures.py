"""The pictures of the guides and of the README, made from the running program.

    python docs/guides/pictures.py [--home FOLDER] [--households 12] [--only NAME ...]

Starts the demo in a folder of its own (a temporary one, or FOLDER, which is used again), signs in as each of the three,
takes the pictures at 1440 pixels with at most 128 colours, and puts each into its guide. Needs Chromium;
ARCHIVE_TEST_BROWSER names another one.
"""

from __future__ import annotations

import argparse
import io
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

DOCS = Path(__file__).resolve().parent.parent
SIZE = {"width": 1440, "height": 900}
#: Shown at half that width in a guide; more colours make files larger and nothing plainer.
COLOURS = 128
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
#: The name of each picture: whose sign-in, and the address; "{…}" is looked for on the pages first.
PICTURES = {
    "guides/archivist-home": ("dangan", "/"),
    "guides/archivist-intake": ("dangan", "/intake"),
    "guides/archivist-queue": ("dangan", "/review/queue"),
    "pictures/review": ("dangan", "/review"),
    "guides/archivist-household": ("dangan", "{household}"),
    "guides/staff-home": ("yewu", "/"),
    "guides/staff-search": ("yewu", "/search?q=供用电合同"),
    "guides/staff-household": ("yewu", "{household}"),
    "guides/staff-viewer": ("yewu", "{item}"),
    "guides/auditor-home": ("jicha", "/"),
    "guides/auditor-rates": ("jicha", "/completeness"),
    "guides/auditor-cases": ("jicha", "/cases?complete=no"),
    "guides/auditor-household": ("jicha", "{household}/history"),
}


def main() -> int:
    """Take the pictures; return 0."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path, help="keep the archive of the demo here, and use the one that is there")
    parser.add_argument("--households", type=int, default=12)
    parser.add_argument("--only", nargs="+", choices=tuple(PICTURES), default=list(PICTURES))
    told = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as temporary,
        _demo(told.home or Path(temporary) / "demo", told.households) as (server, password),
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=_program(), args=FLAGS)
        for login in ("dangan", "yewu", "jicha"):
            mine = {name: place for name, (who, place) in PICTURES.items() if who == login}
            _take(browser, server, login, password, {name: mine[name] for name in mine if name in told.only})
        browser.close()
    return 0


def _program() -> str | None:
    usual = (shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome"))
    return os.environ.get("ARCHIVE_TEST_BROWSER") or next((found for found in usual if found), None)


@contextmanager
def _demo(home: Path, households: int) -> Iterator[tuple[str, str]]:
    """Run the demo while the block runs; yield its address and the password that it printed."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "archive_service", "demo", "--households", str(households), "--port", str(port)]
    home.mkdir(parents=True, exist_ok=True)
    log = home / "demo.log"
    with log.open("wb") as told:
        demo = subprocess.Popen(command, env={**os.environ, "ARCHIVE_HOME": str(home)}, stdout=told, stderr=told)
    try:
        while not (said := re.search(r"demo-[0-9a-f]{8}", log.read_text("utf-8", "replace"))) or not _open(port):
            assert demo.poll() is None, log.read_text("utf-8", "replace")[-2000:]
            time.sleep(0.5)
        yield f"http://127.0.0.1:{port}", said.group(0)
    finally:
        demo.terminate()
        demo.wait(60)


def _open(port: int) -> bool:
    with socket.socket() as knocking:
        return knocking.connect_ex(("127.0.0.1", port)) == 0


def _take(browser: Browser, server: str, login: str, password: str, pictures: dict[str, str]) -> None:
    """Sign in as one of the three and take their pictures."""
    if not pictures:
        return
    context = browser.new_context(viewport=SIZE, base_url=server, locale="zh-CN", timezone_id="Asia/Shanghai")
    page = context.new_page()
    page.set_default_timeout(120_000)
    page.goto("/sign-in")
    page.locator("input[name=login]").fill(login)
    page.locator("input[name=password]").fill(password)
    page.locator("main button[type=submit], form button[type=submit]").first.click()
    page.wait_for_url("**/")
    places = _places(page)
    for name, place in pictures.items():
        page.goto(place.format_map(places))
        page.wait_for_load_state("networkidle")
        _keep(page.screenshot(), DOCS / f"{name}.png")
        _show(name)
        print(f"docs/{name}.png", flush=True)
    context.close()


def _places(page: Page) -> dict[str, str]:
    """Find a household with papers, and one of them that whoever borrows may look at."""
    page.goto("/search?q=供电方案答复单")
    item = page.locator("a[href*='/items/']").first.get_attribute("href") or ""
    household = page.locator("main a[href^='/households/']").first.get_attribute("href") or ""
    return {"household": "/".join(household.partition("?")[0].split("/")[:3]), "item": item}


def _show(name: str) -> None:
    """Show a picture in the guide that has a place for it; a guide shows none that was not taken."""
    short = name.removeprefix("guides/")
    place = re.compile(rf"(<!-- picture: {short} \| (.*?) -->)(?:\n!\[.*?\]\(.*?\))?")
    for guide in (DOCS / "guides").glob("*.md"):
        text = guide.read_text("utf-8")
        shown = place.sub(lambda found: f"{found[1]}\n![{found[2]}]({short}.png)", text)
        if shown != text:
            guide.write_text(shown, "utf-8")


def _keep(data: bytes, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    picture = Image.open(io.BytesIO(data)).convert("RGB")
    picture.quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)


if __name__ == "__main__":
    raise SystemExit(main())
