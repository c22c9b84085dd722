"""Import on a page: first the fate of each row, then, confirmed, the rows."""

from __future__ import annotations

import csv
import html
import io
import re
from pathlib import Path

import openpyxl
import pytest
from sqlalchemy import func, select, update

from archive_service import clock
from archive_service.households.tables import CaseFile
from archive_service.imports.actions import IMPORT_JOB
from archive_service.imports.work import ImportHandler
from archive_service.jobs.runner import Runner
from archive_service.jobs.tables import Job
from tests.cli.test_import_preview import HEADER, line
from tests.support.archive import COLUMNS
from tests.web.conftest import Browser, World, flat


def count(world: World) -> int:
    with world.services.database.reading() as session:
        return session.scalar(select(func.count()).select_from(CaseFile)) or 0


def csv_of(*rows: list[object]) -> bytes:
    lines = [",".join("" if cell is None else str(cell) for cell in one) for one in rows]
    return "\n".join([COLUMNS, *lines]).encode("utf-8-sig")


def preview(browser: Browser, data: bytes, name: str = "a.csv") -> str:
    files = {"file": (name, data)}
    answer = browser.post("/cases/import/preview", data={"token": browser.token}, files=files)
    assert answer.status_code == 200, answer.text
    return answer.text


def again(browser: Browser, page: str, address: str, go: str = "") -> str:
    """Send the rows of a page on, as its buttons do."""
    rows = re.search(r'name="rows" value="([^"]*)"', page, re.S)
    assert rows is not None
    fields = {"token": (None, browser.token), "rows": (None, html.unescape(rows.group(1))), "go": (None, go)}
    answer = browser.post(address, files=fields)
    assert answer.status_code == 200, answer.text
    return answer.text


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_preview_shows_every_fate_and_writes_nothing_until_it_is_confirmed(
    world: World, browser: Browser, tmp_path: Path, kind: str
) -> None:
    rows = [line(1, centre="A"), line(2, centre="A", capacity_kva="many"), line(3, centre="B")]
    data, before = csv_of(*rows), count(world)
    if kind == "xlsx":
        book, out = openpyxl.Workbook(), io.BytesIO()
        for one in [HEADER, *rows]:
            book.active.append(one)
        book.save(out)
        data = out.getvalue()
    page = preview(browser, data, f"a.{kind}")
    assert "确认导入 1 行" in page
    assert "列 capacity_kva" in page or "不是容量数值" in page
    assert "没有代码为“B”的供电服务单位" in page
    assert count(world) == before
    done = again(browser, page, "/cases/import")
    assert count(world) == before + 1
    assert "不是容量数值" in done
    # The same rows once more: nothing is left to confirm.
    assert "确认导入 0 行" in preview(browser, data, f"a.{kind}")


def test_rows_are_paged_and_narrowed_by_what_becomes_of_them(browser: Browser) -> None:
    bad = {number * 3 for number in range(37)}
    rows = [line(n, centre="A", capacity_kva="many") if n in bad else line(n, centre="A") for n in range(120)]
    page = preview(browser, csv_of(*rows))
    assert page.count("第 ") == 50
    last = again(browser, page, "/cases/import/preview", ":100")
    assert "第 121 行" in last
    assert "第 101 行" not in last
    refused = again(browser, page, "/cases/import/preview", "refused:0")
    lines = {int(found) - 2 for found in re.findall(r"第 (\d+) 行", refused)}
    assert lines == bad
    report = again(browser, page, "/cases/import/report")
    assert {int(one["行号"]) - 2 for one in csv.DictReader(io.StringIO(report.removeprefix("\ufeff")))} == bad


def test_what_is_shown_of_a_row_is_text(browser: Browser) -> None:
    page = preview(browser, csv_of(line(1, centre="<script>alert(1)</script>")))
    assert "<script>alert(1)" not in page


def kept(browser: Browser, data: bytes, name: str) -> str:
    """Hand in a long file; return its address."""
    files = {"file": (name, data)}
    answer = browser.post("/cases/import/preview", data={"token": browser.token}, files=files)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def work(world: World) -> None:
    """Do what the workers do with files of cases."""
    handlers = {IMPORT_JOB: ImportHandler(world.services.settings, world.services.database, clock.now)}
    runner = Runner(world.services.database, handlers, "w", ("upkeep",), 60, clock.now)
    with world.services.database.unit_of_work() as session:
        # What stands there besides is of the world and of other tests.
        others = update(Job).where(Job.kind != IMPORT_JOB, Job.state == "queued")
        session.execute(others.values(state="done"))
    while runner.run_one():
        continue


def test_a_long_file_is_previewed_confirmed_and_registered_in_the_background(world: World, browser: Browser) -> None:
    """The page says how far it is, shows each row's fate, and what was not written can be taken away."""
    rows = [line(n, centre="A", capacity_kva="many") if n == 2001 else line(n, centre="A") for n in range(2002)]
    before = count(world)
    page = kept(browser, csv_of(*rows), "<b>迁移</b>.csv")
    waiting = flat(browser.get(page).text)
    assert 'hx-trigger="every 2s"' in waiting
    assert "<b>迁移" not in waiting
    assert f'href="{page}"' in browser.get("/cases/import").text
    work(world)
    previewed = flat(browser.get(page).text)
    assert "确认导入 2001 行" in previewed
    assert 'hx-trigger="every 2s"' not in previewed
    assert count(world) == before
    last = flat(browser.get(f"{page}?first=2000").text)
    assert ("第 2002 行" in last, "第 2000 行" in last, "不是容量数值" in last) == (True, False, True)
    browser.submit(f"{page}/confirm")
    work(world)
    assert count(world) == before + 2001
    done = browser.get(page).text
    assert "不是容量数值" in done
    assert "确认导入" not in done
    report = browser.get(f"{page}/refused").content.decode("utf-8-sig")
    assert [one["行号"] for one in csv.DictReader(io.StringIO(report))] == ["2003"]
    assert browser.get(f"{page}/state").headers["hx-refresh"] == "true"


def test_a_file_that_is_given_up_registers_nothing(world: World, browser: Browser) -> None:
    before = count(world)
    page = kept(browser, csv_of(*(line(n, centre="A") for n in range(2001))), "a.csv")
    work(world)
    answer = browser.submit(f"{page}/drop")
    assert (answer.status_code, answer.headers["location"]) == (303, "/cases/import")
    late = browser.submit(f"{page}/confirm")
    assert (late.status_code, "import.not-previewed" in late.text) == (409, True)
    work(world)
    assert count(world) == before


def test_rows_that_no_page_showed_are_not_written_past_the_limit(world: World, browser: Browser) -> None:
    """A form is not a way around the preview of a long file."""
    before = count(world)
    files = {"file": ("a.csv", csv_of(*(line(n, centre="A") for n in range(2001))))}
    answer = browser.post("/cases/import", data={"token": browser.token}, files=files)
    assert (answer.status_code, "cases.page-too-long" in answer.text) == (422, True)
    assert count(world) == before
    assert browser.post("/cases/import/preview", data={"token": browser.token}).status_code == 422
