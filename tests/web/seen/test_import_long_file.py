"""A long file of cases is chosen, watched while a job previews it, confirmed, and watched until it is registered."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.cli.test_import_preview import line
from tests.web.conftest import World
from tests.web.seen.conftest import Windows, sign_in
from tests.web.test_import_page import csv_of, work


@pytest.mark.parametrize("wide", [1440, 390])
def test_a_long_file_is_watched_until_its_rows_are_registered(
    world: World, windows: Windows, tmp_path: Path, wide: int
) -> None:
    """The page moves on by itself when the job has; nobody has to load it again."""
    file = tmp_path / "营销系统导出.csv"
    file.write_bytes(csv_of(*(line(n, centre="A", capacity_kva="many" if n % 300 == 7 else 8) for n in range(2100))))
    with windows(wide, 900) as page:
        sign_in(page, "archivist")
        page.goto("/cases/import")
        page.locator("#file").set_input_files(file)
        page.get_by_role("button", name="预览").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("营销系统导出.csv")
        expect(page.locator("progress")).to_be_visible()
        shot(page, f"import-previewing-{wide}")
        work(world)
        # The page asks every two seconds.
        expect(page.get_by_role("button", name="确认导入 2093 行")).to_be_enabled(timeout=15_000)
        shot(page, f"import-previewed-{wide}")
        page.get_by_role("link", name="不接收", exact=True).click()
        expect(page.get_by_text("第 9 行", exact=True)).to_be_visible()
        expect(page.get_by_text("第 10 行", exact=True)).to_have_count(0)
        page.get_by_role("button", name="确认导入 2093 行").click()
        expect(page.locator("#import-now")).to_contain_text("正在导入")
        work(world)
        expect(page.locator("#import-now")).to_contain_text("已导入", timeout=15_000)
        expect(page.get_by_role("link", name="下载不接收的行")).to_be_visible()
        shot(page, f"import-done-{wide}")


def shot(page: Page, name: str) -> None:
    """Keep a picture when somebody wants to look at it."""
    folder = os.environ.get("ARCHIVE_TEST_SHOTS")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)
