"""The quality sheet of a batch, and its filing, by the command line."""

from __future__ import annotations

from pathlib import Path

from tests.support.archive import ACCOUNT, APPLICATION, Archive
from tests.support.born_digital import supply_reply


def test_a_batch_has_its_quality_sheet_with_the_same_pages_drawn_each_time_and_is_filed(tmp_path: Path) -> None:
    """A batch that does not exist is not found; a small one is drawn whole."""
    archive = Archive(tmp_path / "home")
    archive.home.mkdir()
    archive.prepare()
    file = tmp_path / "一.pdf"
    file.write_bytes(supply_reply(ACCOUNT, APPLICATION))
    assert archive.run("ingest", str(file)).code == 0
    sheet = archive.run("batch", "quality", "1", "--json").json
    assert (sheet["batch_id"], sheet["files"], sheet["pages"]) == ("1", 1, 1)
    assert [(one["scan_id"], one["page_no"], one["inspected"]) for one in sheet["sample"]] == [("1", 1, False)]
    assert sheet["verdict"]["state"] == "open"
    assert sheet["sample"] == archive.run("batch", "quality", "1", "--json").json["sample"]
    assert "抽检 0/1 页：待抽检" in archive.run("batch", "quality", "1").out
    assert archive.run("batch", "quality", "99").code == 4
    filed = archive.run("batch", "file", "1")
    assert (filed.code, "整批已归档" in filed.out) == (0, True)
    assert archive.run("batch", "show", "1", "--json").json["state"] == "filed"
    assert archive.run("batch", "list", "--state", "returned").out.count("\n") <= 2
    refused = archive.run("batch", "again", "1", "改好了")
    assert (refused.code, "batch.not-returned" in refused.err) == (3, True)
