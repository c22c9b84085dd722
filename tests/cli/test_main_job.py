"""The main job by the command line: a case from the business system, a scan, a searchable household file."""

from __future__ import annotations

import io
import json
import sqlite3
import zipfile
from pathlib import Path

import pikepdf
import pytest

from tests.support.archive import ACCOUNT, APPLICATION, Archive
from tests.support.born_digital import supply_reply


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    """An archive into which one paper was taken."""
    home = tmp_path_factory.mktemp("archive") / "home"
    home.mkdir()
    ready = Archive(home)
    ready.prepare()
    folder = home.parent / "scans"
    folder.mkdir()
    (folder / "答复单.pdf").write_bytes(supply_reply(ACCOUNT, APPLICATION, note="相序核对无误"))
    answer = ready.run("ingest", str(folder), "--json")
    assert answer.code == 0, answer.err
    (home.parent / "answer.json").write_text(answer.out, encoding="utf-8")
    return ready


def test_a_sure_paper_is_filed_with_its_fields(archive: Archive) -> None:
    """One line for the file: its state, what it is, whose, and what was read where."""
    line = json.loads((archive.home.parent / "answer.json").read_text(encoding="utf-8"))
    assert (line["file"], line["state"], line["pages"], line["error"]) == ("答复单.pdf", "filed", 1, None)
    (item,) = line["items"]
    assert (item["document_type"], item["account_no"], item["application_no"]) == ("P03L", ACCOUNT, APPLICATION)
    assert item["fields"]["account_no"]["value"] == ACCOUNT
    assert item["fields"]["capacity"]["value"] == 12
    assert len(item["fields"]["account_no"]["box"]) == 4


def test_the_text_of_a_scan_is_printed_page_by_page(archive: Archive) -> None:
    """Lines have places and confidence; pages count from 1."""
    scan = json.loads((archive.home.parent / "answer.json").read_text(encoding="utf-8"))["scan"]
    (page,) = archive.run("text", scan, "--json").json["pages"]
    assert page["page"] == 1
    assert "低压供电方案答复单" in page["text"]
    assert all(len(line["box"]) == 4 for line in page["lines"])


def test_the_paper_is_found_by_a_phrase_from_inside(archive: Archive) -> None:
    """Full text finds it at once, with the page and the words marked."""
    found = archive.run("search", "“相序核对无误”", "--json").json
    assert found["total"] == 1
    assert found["hits"][0]["account_no"] == ACCOUNT
    assert found["hits"][0]["exact"] is True
    assert "相序核对无误" in "".join(found["hits"][0]["marks"])


def test_the_household_file_shows_the_item_and_the_gaps(archive: Archive) -> None:
    """One household, one file: the case, what is there, what lacks."""
    found = archive.run("household", ACCOUNT, "--json").json
    assert [item["document_type"] for item in found["items"]] == ["P03L"]
    assert "A05" in {gap["document_type"] for gap in found["gaps"]}


def test_completeness_says_what_is_present_and_missing(archive: Archive) -> None:
    """The filed paper is present with its item as evidence; the identity paper is missing with a reason."""
    (case,) = archive.run("completeness", APPLICATION, "--json").rows
    verdicts = {item["document_type"]: item for item in case["items"]}
    assert case["complete"] is False
    assert verdicts["P03L"]["status"] == "present"
    assert len(verdicts["P03L"]["evidence"]) == 1
    assert verdicts["A05"]["status"] == "missing"
    assert verdicts["A05"]["reason"]


def test_importing_the_same_cases_again_changes_nothing(archive: Archive) -> None:
    """cases import is idempotent by application number."""
    report = archive.run("cases", "import", str(archive.home / "cases.csv"), "--json").json
    assert (report["created"], report["updated"], report["unchanged"], report["errors"]) == (0, 0, 1, [])


def test_an_unknown_column_is_refused_by_name(archive: Archive) -> None:
    """The message names the column; nothing is taken in."""
    bad = archive.home / "bad.csv"
    bad.write_text("account_no,shoe_size\n1,2\n", encoding="utf-8")
    answer = archive.run("cases", "import", str(bad))
    assert answer.code == 2
    assert "shoe_size" in answer.err


def test_the_same_file_again_is_named_not_stored_twice(archive: Archive) -> None:
    """The second copy ends refused as a duplicate; the command still counts as done."""
    before = len(list((archive.home / "objects").rglob("?" * 64)))
    answer = archive.run("ingest", str(archive.home.parent / "scans" / "答复单.pdf"), "--json")
    assert (answer.code, answer.json["state"], answer.json["error"]["code"]) == (0, "refused", "file.duplicate")
    assert answer.json["duplicate_of"]
    assert len(list((archive.home / "objects").rglob("?" * 64))) == before


def test_a_zip_is_one_line_with_its_members(archive: Archive, tmp_path: Path) -> None:
    """Members become scans of their own; a bad one does not spoil the good one."""
    with zipfile.ZipFile(tmp_path / "包.zip", "w") as bundle:
        bundle.writestr("一.pdf", supply_reply(ACCOUNT, APPLICATION, note="包内第一份"))
        bundle.writestr("二.pdf", b"")
    answer = archive.run("ingest", str(tmp_path / "包.zip"), "--json")
    states = {member["file"]: member["state"] for member in answer.json["members"]}
    assert states == {"一.pdf": "filed", "二.pdf": "refused"}
    assert answer.json["state"] == "needs_review"


def test_what_the_person_says_is_believed(archive: Archive, tmp_path: Path) -> None:
    """A paper without a number goes where the person said; a contradiction is shown."""
    (tmp_path / "x.pdf").write_bytes(supply_reply("5199999999", "202603109999", note="说了算"))
    answer = archive.run("ingest", str(tmp_path / "x.pdf"), "--account", ACCOUNT, "--json")
    (item,) = answer.json["items"]
    assert item["account_no"] == ACCOUNT
    assert "5199999999" in "".join(item["reasons"])


def test_a_doubtful_paper_is_decided_by_a_person(archive: Archive, tmp_path: Path) -> None:
    """The queue lists it with the doubt; deciding files it; deciding again is refused."""
    (tmp_path / "y.pdf").write_bytes(supply_reply("5188888888", "202603108888", note="无此户"))
    assert archive.run("ingest", str(tmp_path / "y.pdf"), "--json").json["state"] == "needs_review"
    row = next(row for row in archive.run("review", "list", "--json").rows if "5188888888" in "".join(row["doubts"]))
    decide = ("review", "decide", row["id"], "--account", ACCOUNT, "--application", APPLICATION, "--json")
    assert "nonsense" in archive.run(*decide, "--field", "nonsense=1").err
    assert archive.run(*decide).json["state"] == "filed"
    again = archive.run(*decide)
    assert again.code == 3
    assert "review.decided" in again.err


def test_exit_codes_say_what_kind_of_failure_it_was(archive: Archive, tmp_path: Path) -> None:
    """0 done, 2 wrong use, 3 refused, 4 not found."""
    (tmp_path / "empty.pdf").write_bytes(b"")
    assert archive.run("ingest", str(tmp_path / "empty.pdf")).code == 3
    assert archive.run("household", "0000000000").code == 4
    assert archive.run("scan", "99999").code == 4
    assert archive.run("ingest").code == 2
    assert archive.run("completeness").code == 2


def test_verify_finds_nothing_in_a_sound_archive_and_names_each_fault(archive: Archive, tmp_path: Path) -> None:
    """A clean archive ends 0; a flipped byte, a missing object, an extra one and an edited entry are each named."""
    assert archive.run("verify", "--json").json["findings"] == []
    damaged, missing = sorted((archive.home / "objects").rglob("?" * 64))[:2]
    kept = {path: path.read_bytes() for path in (damaged, missing)}
    damaged.chmod(0o600)
    damaged.write_bytes(kept[damaged][:-1] + bytes([kept[damaged][-1] ^ 1]))
    missing.unlink()
    extra = archive.home / "objects" / "ff" / "ff" / ("f" * 64)
    extra.parent.mkdir(parents=True, exist_ok=True)
    extra.write_bytes(b"?")
    with sqlite3.connect(archive.home / "archive.db") as database:
        guard = "select sql from sqlite_master where name = 'audit_entries_no_update'"
        [(guarding,)] = database.execute(guard).fetchall()
        database.execute("drop trigger audit_entries_no_update")
        database.execute("update audit_entries set person_name = 'nobody' where seq = 2")
    answer = archive.run("verify", "--json")
    kinds = {(finding["kind"], finding["subject"]) for finding in answer.json["findings"]}
    assert answer.code == 5
    assert {
        ("object.damaged", damaged.name),
        ("object.missing", missing.name),
        ("object.not-recorded", "f" * 64),
        ("audit.altered", "2"),
    } <= kinds
    extra.unlink()
    for path, data in kept.items():
        path.write_bytes(data)
    with sqlite3.connect(archive.home / "archive.db") as database:
        database.execute("update audit_entries set person_name = 'system' where seq = 2")
        database.execute(guarding)
    assert archive.run("verify").code == 0


def test_reindex_gives_the_same_answers(archive: Archive) -> None:
    """A rebuilt index finds what the old one found."""
    before = archive.run("search", "供电方案", "--json").json
    assert archive.run("reindex").code == 0
    after = archive.run("search", "供电方案", "--json").json
    # Not their order: withdrawn papers weigh on the ranking of the old index until it is made anew.
    assert {hit["item"] for hit in after["hits"]} == {hit["item"] for hit in before["hits"]}
    assert after["total"] == before["total"] > 0


def test_doctor_looks_at_every_component(archive: Archive) -> None:
    """Each component answers with its version; a home without an archive is told to run init."""
    answer = archive.run("doctor", "--json")
    assert {part["name"] for part in answer.json["components"]} >= {
        "数据库",
        "存储",
        "销毁与备份",
        "索引",
        "识读引擎",
        "隔离",
        "字体",
    }
    assert answer.code == 0
    assert "init" in archive.run("scans", ARCHIVE_HOME=str(archive.home / "nowhere")).err


def test_a_database_of_another_version_is_told_to_be_upgraded(archive: Archive) -> None:
    """No command works on tables that it does not know."""
    with sqlite3.connect(archive.home / "archive.db") as database:
        (version,) = database.execute("select version_num from alembic_version").fetchone()
        database.execute("update alembic_version set version_num = '0000'")
    answer = archive.run("scans")
    with sqlite3.connect(archive.home / "archive.db") as database:
        database.execute("update alembic_version set version_num = ?", (version,))
    assert answer.code == 3
    assert "db upgrade" in answer.err


def test_a_person_acts_with_their_own_rights_only(archive: Archive) -> None:
    """Staff of one centre neither import cases nor see another centre's households."""
    archive.run("people", "add-unit", "QY09", "另一供电所", "--below", "ROOT")
    added = archive.run("people", "add", "lin", "林", "--unit", "QY09", "--role", "staff", "--json")
    assert added.json["one_time_password"]
    assert archive.run("--as", "lin", "household", ACCOUNT).code == 4
    assert archive.run("--as", "lin", "cases", "import", str(archive.home / "cases.csv")).code == 3
    assert archive.run("--as", "lin", "search", "供电方案", "--json").json["total"] == 0


def test_two_papers_are_joined_and_split_again_by_command(archive: Archive, tmp_path: Path) -> None:
    """A wrong cut is mended by number and page; what cannot be cut is refused by name."""
    with pikepdf.Pdf.new() as both:
        for note in ("甲", "乙"):
            with pikepdf.open(io.BytesIO(supply_reply("5177777777", "202603107777", note=note))) as one:
                both.pages.extend(one.pages)
        both.save(tmp_path / "两份.pdf")
    scanned = archive.run("ingest", str(tmp_path / "两份.pdf"), "--json").json
    first, second = (item["document"] for item in scanned["items"])
    joined = archive.run("review", "join", second, "--json").json
    assert joined == {"document": first, "pages": [1, 2]}
    parts = archive.run("review", "split", first, "--before", "2", "--json").json["documents"]
    assert [part["pages"] for part in parts] == [[1], [2]]
    refused = archive.run("review", "split", first, "--before", "1")
    assert (refused.code, "review.no-cut" in refused.err) == (2, True)
    assert "review.no-previous" in archive.run("review", "join", first).err
    assert archive.run("verify").code == 0
