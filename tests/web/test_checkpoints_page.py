"""Auditors look at checkpoints, have the trail checked, and take bundles and proofs away, to be checked elsewhere."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select, text, update

from archive_service import clock
from archive_service.audit import note
from archive_service.audit.tables import AuditEntry
from archive_service.jobs.runner import Runner
from archive_service.jobs.tables import Job
from archive_service.people.roles import Role
from archive_service.proofs.actions import CHECK_JOB, EXPORT_JOB
from archive_service.proofs.tables import AuditRun
from archive_service.proofs.work import CheckHandler, ExportHandler
from archive_service.worker.checkpoints import take_out
from tests.support import records
from tests.support.tamper import unguard
from tests.web.conftest import Browser, World


@pytest.fixture
def auditor(world: World) -> Iterator[Browser]:
    """The auditor of the company, of all units."""
    with Browser(world.app, base_url="http://archive.test", follow_redirects=False) as browser:
        yield browser.sign_in("auditor")


def run_jobs(world: World) -> None:
    services, kinds = world.services, (CHECK_JOB, EXPORT_JOB)
    with services.database.unit_of_work() as session:
        session.execute(update(Job).where(Job.kind.not_in(kinds), Job.state == "queued").values(state="cancelled"))
    check = CheckHandler(services.settings, services.database, clock.now)
    export = ExportHandler(services.settings, services.database, services.store, clock.now)
    handlers = {CHECK_JOB: check, EXPORT_JOB: export}
    runner = Runner(services.database, handlers, "w", ("upkeep",), services.settings.lease_s, clock.now)
    while runner.run_one():
        pass


def elsewhere(folder: Path, checker: bytes, *arguments: str) -> tuple[int, dict[str, object]]:
    """Run the checker that was handed out, alone in a folder, and return how it ends and what it says."""
    (folder / "check.py").write_bytes(checker)
    command = [sys.executable, "-I", "check.py", *arguments, "--json"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return done.returncode, json.loads(done.stdout)


def did_with_runs(world: World) -> list[str]:
    with world.services.database.reading() as session:
        did = select(AuditEntry.did).where(AuditEntry.object_kind == "audit-run").order_by(AuditEntry.seq)
        return list(session.scalars(did))


@pytest.mark.parametrize("form", [
    {"what": "all"}, {"what": "account"}, {"what": "sample"},
    {"what": "days", "first_day": "2020-01-01", "last_day": "2099-12-31"},
], ids=lambda form: form["what"])  # fmt: skip
def test_a_bundle_is_asked_for_made_taken_and_checked_elsewhere(
    world: World, auditor: Browser, tmp_path: Path, form: dict[str, str]
) -> None:
    """The whole trail, days, an account, a sample: on record, whole elsewhere, named when changed."""
    near = world.near
    given = {**form, "account_no": near.account_no, "sample": str(near.sample)}
    answer = auditor.submit("/audit/exports", **given)
    assert answer.status_code == 303, answer.text
    made = answer.headers["location"]
    assert "hx-get" in auditor.get(made).text
    assert auditor.get(f"{made}/file").status_code == 409
    run_jobs(world)
    assert auditor.get(f"{made}/state").headers["HX-Refresh"] == "true"
    assert did_with_runs(world) == ["audit.export-asked", "audit.export-made"]
    (tmp_path / "b.zip").write_bytes(auditor.get(f"{made}/file").content)
    assert did_with_runs(world)[-1] == "audit.downloaded"
    (tmp_path / "kept.txt").write_bytes(auditor.get(f"/audit/checkpoints/{near.checkpoint}/file").content)
    checker = auditor.get("/audit/checker").content
    code, said = elsewhere(tmp_path, checker, "b.zip", "--checkpoint", "kept.txt", "--record", near.account_no)
    assert (code, said["findings"], said["agreed"]) == (0, [], 1)
    assert said["record"]
    with zipfile.ZipFile(tmp_path / "b.zip") as old, zipfile.ZipFile(tmp_path / "c.zip", "w") as new:
        for name in old.namelist():
            lines = old.read(name).splitlines(keepends=True)
            if name == "entries.txt":
                lines[1] = lines[1].replace(b'"', b"'", 2)
            new.writestr(name, b"".join(lines))
    code, said = elsewhere(tmp_path, checker, "c.zip")
    assert code == 5
    assert {one["reason"] for one in said["findings"]} == {"altered"}  # type: ignore[index,attr-defined]


def test_the_trail_is_checked_now_and_what_was_changed_is_named(world: World, auditor: Browser) -> None:
    """One check at a time; whole at first, and the first changed entry by its number afterwards."""
    made = auditor.submit("/audit/checks").headers["location"]
    assert auditor.submit("/audit/checks").headers["location"] == made
    run_jobs(world)
    assert "完整" in auditor.get(made).text
    assert did_with_runs(world) == ["audit.check-asked", "audit.checked"]
    with world.services.database.unit_of_work() as session:
        unguard(session)
        session.execute(text("update audit_entries set person_name = 'x' where seq = :s"), {"s": world.near.entry})
    again = auditor.submit("/audit/checks").headers["location"]
    assert again != made
    run_jobs(world)
    page = auditor.get(again).text
    assert f"第 {world.near.entry} 条：条目被改动" in page
    with world.services.database.unit_of_work() as session:
        session.execute(text("update audit_head set seq = seq - 1"))
    # Nothing can be appended any more, which is no reason not to look.
    last = auditor.submit("/audit/checks").headers["location"]
    run_jobs(world)
    with world.services.database.reading() as session:
        found = session.get_one(AuditRun, int(last.rpartition("/")[2]))
        assert found.state == "done"
        assert "beyond-end" in {reason for _, reason in found.findings}


def test_the_list_says_which_place_has_which_checkpoint(world: World, auditor: Browser, tmp_path: Path) -> None:
    """A new checkpoint on its way, and the same once it was written."""
    from archive_service.audit import checkpoints

    services = world.services
    there = services.settings.model_copy(update={"audit_folder": str(tmp_path)})
    size = checkpoints.make(services.database, there, now=clock.now())
    page = auditor.get("/audit/checkpoints").text
    assert f'href="/audit/checkpoints/{size}"' in page
    assert f'href="/audit/checkpoints/{world.near.checkpoint}"' in page
    assert "未写入" in auditor.get(f"/audit/checkpoints/{size}").text
    take_out(services.database, there, now=clock.now())
    assert "已写入" in auditor.get(f"/audit/checkpoints/{size}").text
    kept = auditor.get(f"/audit/checkpoints/{size}/file").content
    assert (tmp_path / f"checkpoint-{size:012d}.txt").read_bytes() == kept
    told, signature = kept.decode().splitlines()
    assert note.holds(told, signature)
    sheet = auditor.get(f"/audit/checkpoints/{size}/sheet")
    assert sheet.content.startswith(b"%PDF")


def test_proofs_are_shown_taken_and_checked_elsewhere(world: World, auditor: Browser, tmp_path: Path) -> None:
    """An entry under a checkpoint, and a checkpoint that goes on from an older one; changed, neither holds."""
    from archive_service.audit import checkpoints

    near, services = world.near, world.services
    size = checkpoints.make(services.database, services.settings, now=clock.now())
    (tmp_path / "kept.txt").write_bytes(auditor.get(f"/audit/checkpoints/{size}/file").content)
    checker = auditor.get("/audit/checker").content
    for query in (f"seq={near.entry}", f"old={near.checkpoint}"):
        assert auditor.get(f"/audit/checkpoints/{size}/proof?{query}").status_code == 200
        proof = auditor.get(f"/audit/checkpoints/{size}/proof/file?{query}").content
        (tmp_path / "p.json").write_bytes(proof)
        code, said = elsewhere(tmp_path, checker, "p.json", "--checkpoint", "kept.txt")
        assert (code, said["findings"], said["agreed"]) == (0, [], 1)
        told = json.loads(proof)
        told["proof"][0] = "f" * 64
        (tmp_path / "p.json").write_text(json.dumps(told))
        assert elsewhere(tmp_path, checker, "p.json")[0] == 5
    with services.database.reading() as session:
        taken = select(AuditEntry).where(AuditEntry.did == "audit.proof-taken")
        assert len(list(session.scalars(taken))) == 2
    assert auditor.get(f"/audit/checkpoints/{size}/proof?seq=999999").status_code == 404
    assert auditor.get(f"/audit/checkpoints/{size}/proof").status_code == 404
    assert auditor.get("/audit/checkpoints/999999").status_code == 404


def test_an_auditor_of_one_unit_takes_what_concerns_it(world: World) -> None:
    """Not the whole trail, not another unit's account, not an entry of another unit."""
    with world.services.database.unit_of_work() as session:
        records.person(session, "local", roles=[Role.AUDITOR], at=records.unit(session, "A"))
    with Browser(world.app, base_url="http://archive.test", follow_redirects=False) as browser:
        browser.sign_in("local")
        assert browser.submit("/audit/exports", what="all").status_code == 403
        far = browser.submit("/audit/exports", what="account", account_no=world.far.account_no)
        assert far.status_code == 404
        near = browser.submit("/audit/exports", what="account", account_no=world.near.account_no)
        assert near.status_code == 303
        asked = f"/audit/checkpoints/{world.near.checkpoint}/proof?seq="
        assert browser.get(f"{asked}{world.near.entry}").status_code == 200
        assert browser.get(f"{asked}{world.far.entry}").status_code == 404


@pytest.mark.parametrize("form", [
    {}, {"what": "account"}, {"what": "sample"}, {"what": "sample", "sample": "x"}, {"what": "days"},
    {"what": "days", "first_day": "2026-02-01", "last_day": "2026-01-01"},
    {"what": "days", "first_day": "2026-02-30", "last_day": "2026-03-01"},
])  # fmt: skip
def test_a_form_that_says_nothing_is_told_so(world: World, auditor: Browser, form: dict[str, str]) -> None:
    answer = auditor.submit("/audit/exports", **form)
    assert answer.status_code == 422
    assert "请" in answer.text
    assert did_with_runs(world) == []


def test_a_bundle_of_somebody_who_left_is_not_made(world: World, auditor: Browser) -> None:
    from archive_service.people.tables import Person

    made = auditor.submit("/audit/exports", what="all").headers["location"]
    with world.services.database.unit_of_work() as session:
        session.execute(update(Person).where(Person.login == "auditor").values(active=False))
    run_jobs(world)
    with world.services.database.reading() as session:
        job = session.scalars(select(Job).where(Job.kind == EXPORT_JOB)).one()
        assert job.error_code == "audit.person-gone"
        assert session.get_one(AuditRun, int(made.rpartition("/")[2])).state == "asked"
