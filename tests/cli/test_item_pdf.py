"""`item pdf` writes the searchable PDF of a filed item, and `ingest` leaves none unmade."""

from __future__ import annotations

import io
import sqlite3
from pathlib import Path

import pypdf
import pytest

from tests.support.archive import ACCOUNT, APPLICATION, Archive
from tests.support.born_digital import supply_reply


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    """An archive with one filed paper."""
    folder = tmp_path_factory.mktemp("archive")
    home = folder / "home"
    home.mkdir()
    ready = Archive(home)
    ready.prepare()
    paper = folder / "答复单.pdf"
    paper.write_bytes(supply_reply(ACCOUNT, APPLICATION))
    assert ready.run("ingest", str(paper), "--json").json["state"] == "filed"
    return ready


def item_of(archive: Archive) -> str:
    """The id of the first item."""
    item, *_ = archive.run("household", ACCOUNT, "--json").json["items"]
    return str(item["id"])


def test_the_pdf_of_an_item_is_written_to_the_file_that_was_named(archive: Archive, tmp_path: Path) -> None:
    out = tmp_path / "out.pdf"
    told = archive.run("item", "pdf", item_of(archive), "--out", str(out), "--json").json
    assert (told["file"], told["size_bytes"]) == (str(out), out.stat().st_size)
    assert ACCOUNT in pypdf.PdfReader(io.BytesIO(out.read_bytes())).pages[0].extract_text()
    assert archive.run("verify", "--json").json["findings"] == []


def test_taking_files_in_ends_when_their_renditions_are_made(archive: Archive, tmp_path: Path) -> None:
    """So that a command without a server beside it leaves nothing undone."""
    paper = tmp_path / "再来一份.pdf"
    paper.write_bytes(supply_reply(ACCOUNT, APPLICATION, note="再来一份"))
    assert archive.run("ingest", str(paper), "--json").json["state"] == "filed"
    items = {item["id"] for item in archive.run("household", ACCOUNT, "--json").json["items"]}
    with sqlite3.connect(archive.home / "archive.db") as database:
        made = {row[0] for row in database.execute("select item_id from renditions where digest is not null")}
    database.close()
    assert made == items


def test_a_backup_carries_the_renditions(archive: Archive, tmp_path: Path) -> None:
    """They can be made again, but not without the objects they are made from; a restored archive hands them over."""
    assert archive.run("backup", "--out", str(tmp_path / "copy")).code == 0
    copied = [path.read_bytes() for path in (tmp_path / "copy").rglob("*") if path.is_file()]
    assert [data for data in copied if data.startswith(b"%PDF") and b"pdfaid:part" in data] != []


def test_what_is_not_there_or_cannot_be_written_is_said(archive: Archive, tmp_path: Path) -> None:
    missing = archive.run("item", "pdf", "999", "--out", str(tmp_path / "a.pdf"))
    assert (missing.code, "item.not-found" in missing.err) == (4, True)
    nowhere = archive.run("item", "pdf", item_of(archive), "--out", str(tmp_path / "no" / "a.pdf"))
    assert (nowhere.code, "rendition.unwritable" in nowhere.err) == (6, True)
