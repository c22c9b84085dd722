"""The records officer's way at the command line, with the rights and signatures of four people."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime

import pypdf
import pytest

from archive_service.db.session import Database
from archive_service.settings import Settings
from archive_service.storage.files import FileStore
from retention.disposal_tables import DisposalList
from retention.tables import RetentionDue
from tests.retention.world import papers, world
from tests.support import records


def run(settings: Settings, *arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    """Run a command with the settings of the test."""
    return subprocess.run(
        [sys.executable, "-m", "archive_service", *arguments],
        env={**os.environ, **settings.environment(), "ARCHIVE_DISPOSAL_WAITING_DAYS": "0"},
        input=typed, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def test_a_list_goes_from_due_to_signed(database: Database, store: FileStore, settings: Settings) -> None:
    here = world(database, store)
    here.now = datetime(2026, 11, 20, tzinfo=UTC)
    (item,) = papers(database, 1)
    with database.unit_of_work() as session:
        session.add(
            RetentionDue(
                item_id=item,
                household_id=1,
                outcome="date",
                due_on=here.today,
                rule="ACCOUNT+5",
                edition="2026",
                reason="销户后 5 年",
            )
        )
    done = run(settings, "--as", "asker", "retention", "review", "--centre", "ROOT", "--title", "到期鉴定", "--json")
    assert '"items": 1' in done.stdout, done.stderr
    assert run(settings, "--as", "asker", "retention", "judge", "1", "--opinion", "destroy").returncode == 0
    report = settings.home / "report.pdf"
    assert run(settings, "--as", "asker", "retention", "propose", "1", "--out", str(report)).returncode == 0
    assert "销户后" in pypdf.PdfReader(report).pages[0].extract_text()
    wrong = run(settings, "--as", "head", "retention", "decide", "1", "--approve", typed="not this one\n")
    assert wrong.returncode == 3
    right = run(settings, "--as", "head", "retention", "decide", "1", "--approve", typed=f"{records.PASSWORD}\n")
    assert right.returncode == 0, right.stderr
    assert run(settings, "--as", "asker", "retention", "execute", "1", "--place", "档案室").returncode == 0
    plan = settings.home / "plan.pdf"
    assert run(settings, "--as", "first", "retention", "plan", "1", "--out", str(plan)).returncode == 0
    with database.reading() as session:
        plan_hash = session.get_one(DisposalList, 1).plan_hash or ""
    assert plan_hash in pypdf.PdfReader(plan).pages[0].extract_text().replace("\n", "")
    for who in ("first", "second"):
        signed = run(
            settings, "--as", who, "retention", "witness", "1", "--plan", plan_hash, typed=f"{records.PASSWORD}\n"
        )
        assert signed.returncode == 0, signed.stderr
    assert here.state(1) == "executing"


@pytest.mark.parametrize("command", [("lists",), ("certificate", "1", "--out", "x.pdf")])
def test_who_may_not_see_lists_is_told_so(
    database: Database, settings: Settings, command: tuple[str, ...], store: FileStore
) -> None:
    with database.unit_of_work() as session:
        records.person(session, "clerk", roles=())
    assert run(settings, "--as", "clerk", "retention", *command).returncode in (3, 4)
