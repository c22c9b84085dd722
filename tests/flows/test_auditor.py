"""An auditor takes the trail away in a browser and checks it elsewhere; what was changed on the way is named."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from archive_service.db.session import Database
from archive_service.people.roles import Role
from tests.flows.conftest import COUNTY_ONLY
from tests.support import records

#: What a browser does by itself is the same whatever stands behind the pages.
pytestmark = [pytest.mark.browser, pytest.mark.timeout(600), COUNTY_ONLY]
_LONG = 120_000


def elsewhere(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the checker by itself, without the archive to import."""
    command = [sys.executable, "-I", "check.py", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_the_trail_is_checked_taken_and_verified_elsewhere(page: Page, database: Database, tmp_path: Path) -> None:
    """From the menu to the finding: checkpoint, printed page, bundle, checker, and a forged bundle."""
    with database.unit_of_work() as session:
        records.person(session, "cha", roles=[Role.AUDITOR], at=records.unit(session))
    page.goto("/")
    page.get_by_label("登录名").fill("cha")
    page.get_by_label("密码").fill(records.PASSWORD)
    page.get_by_role("button", name="登录").click()
    page.get_by_role("link", name="审计检查点").first.click()
    page.get_by_role("button", name="立即核验").click()
    expect(page.get_by_text("完整", exact=True)).to_be_visible(timeout=_LONG)
    page.get_by_role("link", name="审计检查点").first.click()
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    with page.expect_download() as told:
        page.get_by_role("link", name="下载核验程序").click()
    told.value.save_as(folder / "check.py")
    page.get_by_role("button", name="制作审计包").click()
    with page.expect_download(timeout=_LONG) as told:
        page.get_by_role("link", name="下载 ZIP").click(timeout=_LONG)
    told.value.save_as(folder / "b.zip")
    page.get_by_role("link", name="审计检查点").first.click()
    page.locator("table[data-rows] a").first.click()
    with page.expect_download() as told:
        page.get_by_role("link", name="另存文件").click()
    told.value.save_as(folder / "kept.txt")
    whole = elsewhere(folder, "b.zip", "--checkpoint", "kept.txt")
    assert (whole.returncode, whole.stderr) == (0, "")
    assert "完整、有序、未被改动。与另存的检查点一致：1 个。" in whole.stdout
    with zipfile.ZipFile(folder / "b.zip") as old, zipfile.ZipFile(folder / "c.zip", "w") as new:
        for name in old.namelist():
            lines = old.read(name).splitlines(keepends=True)
            new.writestr(name, b"".join(lines[:1] + lines[2:] if name == "entries.txt" else lines))
    forged = elsewhere(folder, "c.zip", "--checkpoint", "kept.txt")
    assert forged.returncode == 5
    assert "第一处：第 2 条" in forged.stdout
