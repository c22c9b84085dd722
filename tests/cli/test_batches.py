"""The quality sheet of a batch by the command line."""

from __future__ import annotations

from pathlib import Path

from tests.support.archive import ACCOUNT, APPLICATION, Archive
from tests.support.born_digital import supply_reply


def test_the_quality_sheet_of_a_batch_is_printed_and_the_same_pages_are_drawn_again(tmp_path: Path) -> None:
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
