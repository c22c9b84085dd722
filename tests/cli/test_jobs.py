"""Background jobs by the command line: what waits, cancel, retry, follow until done."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from tests.support.archive import ACCOUNT, APPLICATION, Archive
from tests.support.born_digital import supply_reply


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    """An archive that has taken two papers in and worked on neither."""
    ready = Archive(tmp_path / "home")
    ready.home.mkdir()
    ready.prepare()
    folder = tmp_path / "scans"
    folder.mkdir()
    for note in ("一", "二"):
        (folder / f"{note}.pdf").write_bytes(supply_reply(ACCOUNT, APPLICATION, note=note))
    answer = ready.run("ingest", str(folder), "--no-wait")
    assert answer.code == 0, answer.err
    return ready


def test_jobs_are_listed_cancelled_retried_and_shown_with_what_happened(archive: Archive) -> None:
    """Exit codes say what kind of answer it was; the reason is on record."""
    rows = archive.run("jobs", "list", "--json").rows
    assert [(row["state"], row["step"]) for row in rows] == [("queued", "check"), ("queued", "check")]
    first = archive.run("jobs", "list", "--limit", "1", "--json").rows
    rest = archive.run("jobs", "list", "--after", first[0]["id"], "--json").rows
    assert [row["id"] for row in (*first, *rest)] == [row["id"] for row in rows]
    number = rows[0]["id"]
    assert archive.run("jobs", "cancel", number).code == 2
    assert archive.run("jobs", "cancel", number, "--reason", "传错了").code == 0
    again = archive.run("jobs", "cancel", number, "--reason", "传错了")
    assert (again.code, "job.ended" in again.err) == (3, True)
    shown = archive.run("jobs", "show", number, "--json").json
    assert (shown["state"], shown["error_code"]) == ("cancelled", "job.cancelled")
    assert [one["facts"]["reason"] for one in shown["history"] if one["did"] == "job.cancelled"] == ["传错了"]
    assert "已取消" in archive.run("jobs", "list", "--state", "cancelled").out
    both = archive.run("jobs", "retry", number, rows[1]["id"])
    assert (both.code, "job.under-way" in both.err) == (3, True)
    assert archive.run("jobs", "show", number, "--json").json["state"] == "queued"
    assert archive.run("jobs", "show", "99999").code == 4


def test_watching_ends_when_nothing_is_left(archive: Archive) -> None:
    """A cancelled job is nobody's work any more: with both cancelled there is nothing to wait for."""
    for row in archive.run("jobs", "list", "--json").rows:
        assert archive.run("jobs", "cancel", row["id"], "--reason", "传错了").code == 0
    assert archive.run("jobs", "watch").code == 0


def test_all_failed_jobs_are_retried_after_a_question_with_their_number(archive: Archive) -> None:
    """Without a yes nothing happens; what was cancelled on purpose is not among them."""
    cancelled, failed = (row["id"] for row in archive.run("jobs", "list", "--json").rows)
    archive.run("jobs", "cancel", cancelled, "--reason", "传错了")
    with sqlite3.connect(archive.home / "archive.db") as database:
        database.execute("update jobs set state = 'failed', attempt = 3 where id = ?", (failed,))
        database.execute(
            "update scans set state = 'set_aside' where id = (select subject from jobs where id = ?)", (failed,)
        )
    assert archive.run("jobs", "retry").code == 2
    unanswered = archive.run("jobs", "retry", "--all-failed")
    assert (unanswered.code, "重试 1 个失败任务" in unanswered.err) == (1, True)
    assert [row["id"] for row in archive.run("jobs", "list", "--state", "failed", "--json").rows] == [failed]
    assert archive.run("jobs", "retry", "--all-failed", "--yes", "--json").json["job"] == failed
    assert [row["id"] for row in archive.run("jobs", "list", "--state", "queued", "--json").rows] == [failed]
    assert [row["id"] for row in archive.run("jobs", "list", "--state", "cancelled", "--json").rows] == [cancelled]


def test_people_without_a_part_in_it_see_no_jobs(archive: Archive) -> None:
    """The rights are those of the person in whose name the command acts."""
    assert archive.run("people", "add", "wang", "王五", "--unit", "QY02", "--role", "staff").code == 0
    answer = archive.run("--as", "wang", "jobs", "list")
    assert (answer.code, "people.not-permitted" in answer.err) == (3, True)
