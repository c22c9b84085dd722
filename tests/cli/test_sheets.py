"""`sheets` and the page verbs of `review` at the command line."""

from __future__ import annotations

from pathlib import Path

import pypdfium2
import pytest
from sqlalchemy import select

from archive_service.audit.tables import AuditEntry
from archive_service.db.session import Database
from ingest.sheets.codes import SheetCode
from tests.support.archive import APPLICATION, Archive


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    made = Archive(tmp_path / "home")
    made.home.mkdir()
    made.prepare()
    return made


def test_the_sheets_of_a_case_are_written_as_a_pdf(archive: Archive, tmp_path: Path) -> None:
    """The cover, one separator for each paper that is still to come, and the plain ones."""
    out = tmp_path / "分隔页.pdf"
    answer = archive.run("sheets", "--case", APPLICATION, "--type", "K01R", "--plain", "2", "--out", str(out), "--json")
    assert answer.code == 0, answer.err
    codes = [SheetCode(APPLICATION, cover=True), SheetCode(APPLICATION, "K01R"), SheetCode(), SheetCode()]
    assert answer.json["sheets"] == [code.text for code in codes]
    assert len(pypdfium2.PdfDocument(out)) == 4


def test_what_cannot_be_printed_is_told(archive: Archive, tmp_path: Path) -> None:
    nothing = archive.run("sheets", "--out", str(tmp_path / "a.pdf"))
    assert nothing.code != 0
    assert "--case" in nothing.err
    unknown = archive.run("sheets", "--case", "209900000000", "--out", str(tmp_path / "a.pdf"))
    assert unknown.code != 0
    assert not (tmp_path / "a.pdf").exists()
    lost = archive.run("sheets", "--plain", "1", "--out", str(tmp_path / "none" / "a.pdf"))
    assert lost.code != 0
    assert "写不进去" in lost.err


def test_papers_are_printed_on_record(archive: Archive, tmp_path: Path) -> None:
    """What the page prints; a filter that means nothing prints nothing."""
    out = tmp_path / "notice.pdf"
    answer = archive.run("papers", "case", APPLICATION, "notice", "--out", str(out), "--json")
    assert answer.code == 0, answer.err
    assert APPLICATION in pypdfium2.PdfDocument(out)[0].get_textpage().get_text_bounded()
    english = tmp_path / "ledger.pdf"
    answer = archive.run("papers", "list", "ledger", "--state", "collecting", "--language", "en", "--out", str(english))
    assert answer.code == 0, answer.err
    assert APPLICATION in pypdfium2.PdfDocument(english)[0].get_textpage().get_text_bounded()
    for said in (("case", APPLICATION, "box"), ("list", "ledger", "--state", "nowhere"), ("case", "1", "notice")):
        refused = archive.run("papers", *said, "--out", str(tmp_path / "none.pdf"))
        assert refused.code != 0, said
    assert not (tmp_path / "none.pdf").exists()
    with Database(f"sqlite:///{archive.home}/archive.db").reading() as session:
        printed = session.scalars(select(AuditEntry).where(AuditEntry.did == "paper.printed")).all()
        assert [one.facts["paper"] for one in printed] == ["notice", "ledger"]
