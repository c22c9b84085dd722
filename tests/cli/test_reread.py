"""`reread` by the command line: count, queue, and say what was queued."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ingest.ocr import images
from tests.support.archive import Archive
from tests.support.papers import picture_of

pytestmark = pytest.mark.ocr


def test_pages_are_counted_and_queued_once(tmp_path: Path) -> None:
    """A filter is a must, a dry run queues nothing, and what waits already is not queued again."""
    archive = Archive(tmp_path / "home")
    archive.home.mkdir()
    archive.prepare()
    picture = np.asarray(picture_of(size=(1240, 900)).convert("RGB"))
    (tmp_path / "申请表.jpg").write_bytes(images.encode_jpeg(picture))
    taken = archive.run("ingest", str(tmp_path / "申请表.jpg"), "--json")
    assert taken.code in (0, 3), taken.err
    refused = archive.run("reread")
    assert (refused.code, "reread.filter" in refused.err) == (2, True)
    current = archive.run("reread", "--engine-not", "CURRENT", "--json")
    assert current.json == {"scans": 0, "pages": 0, "queued": True}
    counted = archive.run("reread", "--engine-not", "another", "--dry-run", "--json")
    assert counted.json == {"scans": 1, "pages": 1, "queued": False}
    assert archive.run("jobs", "list", "--kind", "scan.read-again", "--json").rows == []
    assert "1 份文件的 1 页" in archive.run("reread", "--engine-not", "another").out
    assert "没有符合条件" in archive.run("reread", "--below", "1").out
    (job,) = archive.run("jobs", "list", "--kind", "scan.read-again", "--json").rows
    assert job["state"] == "queued"
    assert archive.run("reread", "--scan", "999", "--json").json["pages"] == 0
    assert archive.run("reread", "--centre", "nowhere").code == 4
