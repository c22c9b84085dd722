"""Import on a page: first the fate of each row, then, confirmed, the rows."""

from __future__ import annotations

import csv
import html
import io
import re
from pathlib import Path

import openpyxl
import pytest
from sqlalchemy import func, select

from archive_service.households.tables import CaseFile
from tests.cli.test_import_preview import HEADER, line
from tests.support.archive import COLUMNS
from tests.web.conftest import Browser, World


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


def test_a_file_too_long_for_the_page_is_refused_in_a_sentence(world: World, browser: Browser) -> None:
    rows = [line(number, centre="A") for number in range(2001)]
    files = {"file": ("a.csv", csv_of(*rows))}
    answer = browser.post("/cases/import/preview", data={"token": browser.token}, files=files)
    assert (answer.status_code, "cases.page-too-long" in answer.text) == (422, True)
    assert browser.post("/cases/import/preview", data={"token": browser.token}).status_code == 422
