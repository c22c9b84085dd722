"""An edition is released: drafted by one, refused for its faults, weighed, released by another, cases judged again."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from archive_service import clock
from archive_service.catalogue import load
from archive_service.editions.actions import CHECK_JOB
from archive_service.editions.recheck import CheckHandler
from archive_service.jobs.runner import Runner
from tests.catalogue.test_desk_rules import CARD
from tests.web.conftest import World
from tests.web.seen.conftest import Windows, sign_in

LOCAL = (
    """edition: A-2026
based_on: '2018'
for_unit: A
title_zh: A 所增补目录
title_en: additions of A
effective_from: 2026-01-01
"""
    + CARD
)


@pytest.fixture
def folder(world: World) -> Iterator[Path]:
    """The folder of the unit's own editions, which this process uses while the test runs."""
    before = load.own_folder()
    load.use_folder(world.services.settings.home / "catalogue")
    yield world.services.settings.home / "catalogue"
    if before is not None:
        load.use_folder(before)
    else:
        load.use_folder(world.services.settings.home / "none")


def work(world: World) -> None:
    """Do the jobs that wait, as a worker does."""
    database = world.services.database
    handlers = {CHECK_JOB: CheckHandler(database, 60, clock.now)}
    runner = Runner(database, handlers, "test", ("upkeep",), 60, clock.now)
    while runner.run_one():
        continue


def shot(page: Page, name: str) -> None:
    """Keep a picture where somebody wants to look at it."""
    if where := os.environ.get("ARCHIVE_TEST_SHOTS"):
        page.screenshot(path=f"{where}/{name}.png", full_page=True)


def fits(page: Page) -> None:
    """Nothing stands out of the window to the right."""
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_an_edition_is_released_by_two_people(world: World, windows: Windows, folder: Path) -> None:
    """Every fault is named by its line; the cases say what they lack by the new edition."""
    with windows(1440, 900) as page:
        sign_in(page, "archivist")
        page.goto("/catalogue/new")
        page.locator("#text").fill(LOCAL.replace("stage: ACCEPT", "stage: NOWHERE").replace("LR", "XX"))
        page.get_by_role("button", name="检查并保存").click()
        expect(page.get_by_role("alert")).to_contain_text("2 处问题")
        expect(page.get_by_role("alert")).to_contain_text("第 11 行")
        shot(page, "faults-1440")
        page.locator("#text").fill(LOCAL)
        page.get_by_role("button", name="检查并保存").click()
        expect(page.get_by_role("heading", name="A 所增补目录")).to_be_visible()
        page.get_by_role("button", name="预览影响").click()
        work(world)
        page.reload()
        expect(page.locator("table")).to_contain_text(world.near.account_no)
        expect(page.locator("main")).not_to_contain_text(world.far.account_no)
        expect(page.locator("table")).to_contain_text("A25")
        shot(page, "preview-1440")
        page.get_by_role("link", name="A 所增补目录").click()
        page.get_by_role("button", name="提交发布").click()
        expect(page.get_by_text("等待另一位有发布权的人发布。")).to_be_visible()
        draft = page.url
    for width in (390, 1440):
        with windows(width, 900) as page:
            sign_in(page, "unit_head")
            page.goto(draft)
            fits(page)
            shot(page, f"draft-{width}")
            page.goto("/catalogue")
            fits(page)
            shot(page, f"list-{width}")
            page.goto(f"/households/{world.near.account_no}/cases/{world.near.application_no}/gaps")
            fits(page)
            shot(page, f"gaps-{width}")
            page.goto("/rulings")
            fits(page)
            shot(page, f"rulings-{width}")
            page.goto(f"/households/{world.near.account_no}")
            fits(page)
            shot(page, f"file-{width}")
    with windows(390, 900) as page:
        sign_in(page, "unit_head")
        page.goto(draft)
        page.get_by_role("button", name="发布").click()
        work(world)
        page.reload()
        page.get_by_role("link", name="查看复核报告").click()
        expect(page.locator("table")).to_contain_text("A25")
        fits(page)
        shot(page, "report-390")
        page.goto(f"/households/{world.near.account_no}?papers=all")
        expect(page.locator("#A25")).to_contain_text("依据目录 A-2026 版")
    assert (folder / "A-2026.yaml").is_file()
