"""`cases import` looks first when asked, takes workbooks, names every refused row, and goes on where it was stopped."""

from __future__ import annotations

import csv
import io
import sqlite3
import zipfile
from datetime import date
from pathlib import Path

import openpyxl
import pytest

from tests.support.archive import COLUMNS, Archive

HEADER = COLUMNS.split(",")


def line(number: int, **said: object) -> list[object]:
    cells: dict[str, object] = {
        "account_no": f"33{number:08d}", "account_name": "李四", "service_address": f"清河路 {number} 号",
        "customer_category": "LR", "business_type": "NEW", "application_no": f"20261102{number:06d}", "centre": "QH",
        "capacity_kva": 8, "voltage": "220V", "conditions": "natural", "accepted_on": date(2026, 11, 2),
        "energised_on": None,
    }  # fmt: skip
    return list((cells | said).values())


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    """An archive that holds nothing."""
    home = tmp_path / "home"
    home.mkdir()
    made = Archive(home)
    assert made.run("init").code == 0
    return made


def workbook(path: Path, rows: list[list[object]]) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for one in [HEADER, *rows]:
        sheet.append(one)
    book.save(path)
    return path


def count(archive: Archive, table: str) -> int:
    with sqlite3.connect(archive.home / "archive.db") as connection:
        return int(connection.execute(f"select count(*) from {table}").fetchone()[0])


def reported(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text("utf-8-sig"))))


def test_a_workbook_is_previewed_then_imported_with_the_very_rows_that_were_told(
    archive: Archive, tmp_path: Path
) -> None:
    """Numbers, days, line breaks as Excel keeps them; an empty row in between keeps the lines right."""
    rows = [line(1), line(2, account_no=3300000002, capacity_kva=12.5), [None] * 12, line(3, service_address="一\n二")]
    rows += [line(4, capacity_kva="many"), line(5, accepted_on=date(1900, 1, 1))]
    file, report = workbook(tmp_path / "cases.xlsx", rows), tmp_path / "fates.csv"
    units = count(archive, "units")
    told = archive.run("cases", "import", str(file), "--preview", "--report", str(report))
    assert (told.code, count(archive, "case_files"), count(archive, "units")) == (3, 0, units), told.err
    fates = reported(report)
    assert [(one["行"], one["结果"]) for one in fates] == [
        ("2", "新登记"), ("3", "新登记"), ("5", "新登记"), ("6", "不接收"), ("7", "不接收"),
    ]  # fmt: skip
    assert [(one["列"], one["代码"]) for one in fates[3:]] == [
        ("capacity_kva", "cases.number"),
        ("", "case.date-too-early"),
    ]
    taken = archive.run("cases", "import", str(file), "--report", str(report))
    assert (taken.code, count(archive, "case_files")) == (3, 3)
    assert [one["行"] for one in reported(report)] == ["6", "7"]
    # Whatever the file is called.
    again = archive.run("cases", "import", str(file.rename(tmp_path / "cases")), "--preview", "--json").rows
    assert [one["outcome"] for one in again] == ["unchanged"] * 3 + ["refused"] * 2


def test_a_preview_says_what_would_change(archive: Archive, tmp_path: Path) -> None:
    assert archive.run("cases", "import", str(workbook(tmp_path / "a.xlsx", [line(1)]))).code == 0
    changed = workbook(tmp_path / "b.xlsx", [line(1, capacity_kva=12)])
    report = tmp_path / "fates.csv"
    assert archive.run("cases", "import", str(changed), "--preview", "--report", str(report)).code == 0
    assert [one["变化"] for one in reported(report)] == ["capacity_kva 8.00 → 12.00"]


def test_a_report_runs_nothing_when_a_spreadsheet_opens_it(archive: Archive, tmp_path: Path) -> None:
    file, report = workbook(tmp_path / "a.xlsx", [line(1, application_no="'=cmd|x")]), tmp_path / "fates.csv"
    archive.run("cases", "import", str(file), "--preview", "--report", str(report))
    cells = [cell for one in reported(report) for cell in one.values()]
    assert not any(cell.startswith(("=", "+", "-", "@")) for cell in cells)


def bomb(path: Path) -> Path:
    """A workbook whose sheet is a gigabyte of nothing."""
    workbook(path, [line(1)])
    with zipfile.ZipFile(path) as old:
        members = {name: old.read(name) for name in old.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name, content in members.items():
            if name != "xl/worksheets/sheet1.xml":
                new.writestr(name, content)
        with new.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet:
            for _ in range(1024):
                sheet.write(b" " * 1024 * 1024)
    return path


@pytest.mark.parametrize("kind", ["bomb", "broken", "no workbook", "no sheet"])
def test_a_hostile_workbook_is_refused_in_a_sentence_and_nothing_is_written(
    archive: Archive, tmp_path: Path, kind: str
) -> None:
    file = tmp_path / "a.xlsx"
    if kind == "bomb":
        bomb(file)
    elif kind == "broken":
        file.write_bytes(workbook(file, [line(1)]).read_bytes()[:-200])
    elif kind == "no workbook":
        with zipfile.ZipFile(file, "w") as package:
            package.writestr("a.txt", "no workbook")
    else:
        with zipfile.ZipFile(workbook(tmp_path / "b.xlsx", [line(1)])) as old, zipfile.ZipFile(file, "w") as new:
            for name in old.namelist():
                if "sheet1" not in name:
                    new.writestr(name, old.read(name))
    for more in ([], ["--preview"]):
        answer = archive.run("cases", "import", str(file), *more)
        assert answer.code == 2, answer.err
        assert "cases.workbook" in answer.err
        assert "Traceback" not in answer.err
    assert count(archive, "case_files") == 0


def test_a_file_that_breaks_off_is_refused_before_anything_is_written(archive: Archive, tmp_path: Path) -> None:
    """More rows than one transaction holds, and a quote that never ends behind them."""
    good = "\n".join(",".join("" if cell is None else str(cell) for cell in line(n)) for n in range(1200))
    file = tmp_path / "a.csv"
    file.write_text(f'{COLUMNS}\n{good}\n"33', "utf-8")
    answer = archive.run("cases", "import", str(file))
    assert (answer.code, count(archive, "case_files")) == (2, 0)
    assert "cases.csv" in answer.err
