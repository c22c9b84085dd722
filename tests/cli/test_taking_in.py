"""Files come in whatever is wrong with some of them, and what is printed about them can be read by a program."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from tests.support.archive import ACCOUNT, APPLICATION, Archive
from tests.support.born_digital import supply_reply


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    """An archive that knows one household and holds no paper."""
    home = tmp_path_factory.mktemp("archive") / "home"
    home.mkdir()
    ready = Archive(home)
    ready.prepare()
    return ready


def test_a_file_that_cannot_be_opened_does_not_keep_back_the_others(
    archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is named with a code; the others are received and filed."""
    closed = tmp_path / "closed.pdf"
    with socket.socket(socket.AF_UNIX) as door:
        # The place of a socket is short.
        monkeypatch.chdir(tmp_path)
        door.bind(closed.name)
        good = tmp_path / "good.pdf"
        good.write_bytes(supply_reply(ACCOUNT, APPLICATION, note="照常收下"))
        answer = archive.run("ingest", str(closed), str(good), "--json")
    bad, filed = answer.rows
    assert (bad["state"], bad["error"]["code"], bad["items"]) == ("refused", "file.unreadable", [])
    assert (filed["file"], filed["state"]) == ("good.pdf", "filed")


def test_a_file_name_that_is_no_text_leaves_the_output_readable(archive: Archive, tmp_path: Path) -> None:
    """JSON is UTF-8 whatever bytes a disk keeps as names."""
    (tmp_path / os.fsdecode(b"\xff\xfe.pdf")).write_bytes(b"")
    answer = archive.run("ingest", str(tmp_path), "--json")
    assert os.fsencode(answer.json["file"]) == b"\xff\xfe.pdf"
    assert answer.out.encode("utf-8")


def test_who_runs_a_broken_off_command_again_waits_for_the_files_of_the_first(archive: Archive, tmp_path: Path) -> None:
    """The files are here already, but not yet read; the second run does what the first one left."""
    (tmp_path / "a.pdf").write_bytes(supply_reply(ACCOUNT, APPLICATION, note="中断以后继续"))
    first = archive.run("ingest", str(tmp_path), "--no-wait", "--json").json
    again = archive.run("ingest", str(tmp_path), "--json").json
    assert again["duplicate_of"] == first["scan"]
    assert [item["document_type"] for item in again["items"]] == ["P03L"]
    assert archive.run("scan", first["scan"], "--json").json["state"] == "filed"


def test_a_damaged_file_that_could_be_mended_waits_for_a_person(archive: Archive, tmp_path: Path) -> None:
    """Nobody knows whether pages were lost, so nothing of it is filed unseen."""
    sound = supply_reply(ACCOUNT, APPLICATION, note="修复后读出")
    start = sound.rindex(b"startxref")
    (tmp_path / "a.pdf").write_bytes(sound[:start])
    found = archive.run("ingest", str(tmp_path), "--json").json
    assert (found["state"], found["flags"][0]) == ("needs_review", "repaired")
    assert "可能缺页" in "".join(found["items"][0]["doubts"])


def test_a_folder_without_files_and_a_state_that_is_none_are_said(archive: Archive, tmp_path: Path) -> None:
    """A sentence instead of silence."""
    empty = archive.run("ingest", str(tmp_path), "--json")
    assert (empty.out, "没有找到可以接收的文件" in empty.err) == ("", True)
    unknown = archive.run("scans", "--state", "done", "--json")
    assert (unknown.code, "scan.state" in unknown.err) == (2, True)
