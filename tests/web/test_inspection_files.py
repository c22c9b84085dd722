"""The workbook of a sample: text stays text, numbers are numbers, no name breaks the file."""

from __future__ import annotations

import io

from openpyxl import load_workbook

from archive_service.web.inspection_files import Report, xlsx
from tests.support.records import NOW

REPORT = Report(
    title="抽样[1]:*?/'",
    unit_id=1,
    unit="清河供电所",
    made_at=NOW,
    head=[("=1+1", "张\x01三")],
    cases=[("=HYPERLINK(1)", 3, None, "@SUM(A1)")],
    findings=[],
    trail=[],
    names={"cases": "案件", "findings": "问题", "trail": "记录"},
    heads={"cases": ("甲", "乙", "丙", "丁"), "findings": ("戊",), "trail": ("己",)},
)


def test_no_cell_is_worked_out_and_nothing_is_lost() -> None:
    book = load_workbook(io.BytesIO(xlsx(REPORT)))
    cells = {
        sheet.title: [[(cell.value, cell.data_type) for cell in row] for row in sheet.iter_rows()] for sheet in book
    }
    assert not [cell for rows in cells.values() for row in rows for cell in row if cell[1] == "f"]
    assert list(cells) == ["抽样1", "案件", "问题", "记录"]
    assert cells["抽样1"] == [[("'=1+1", "s"), ("张三", "s")]]
    assert [value for value, _ in cells["案件"][1]] == ["'=HYPERLINK(1)", 3, None, "'@SUM(A1)"]
    assert cells["案件"][1][1] == (3, "n")
