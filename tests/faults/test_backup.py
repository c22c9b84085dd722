"""A backup of a running archive, interrupted, damaged or whole, and the way back from it."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.pool import NullPool

from archive_service import clock
from archive_service.cli import dumps, manifest
from archive_service.cli.backup import BackedUp, backup
from archive_service.cli.restore import MARKER, Restored, restore
from archive_service.cli.services import Services
from archive_service.errors import ArchiveError, Damaged, Refused, Unavailable
from archive_service.settings import Settings
from archive_service.storage.record import record_object
from archive_service.storage.store import ObjectStore
from indexing.search import Filters, search
from tests.support import records
from tests.support.archive import Archive
from tests.support.faulty import Faults, FaultyStore, store_away
from tests.support.filled import fill
from tests.support.services import address

ITEMS = 40


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory, migrated_file: Path) -> Path:
    """The home of a small archive; each test copies it."""
    home = tmp_path_factory.mktemp("filled") / "home"
    home.mkdir()
    shutil.copy(migrated_file, home / "archive.db")
    fill(Settings(_env_file=None, home=home), items=ITEMS).close()  # type: ignore[call-arg]
    (home / "catalogue").mkdir()
    return home


@pytest.fixture
def services(settings: Settings, template: Path) -> Iterator[Services]:
    """An archive of its own."""
    shutil.copytree(template, settings.home)
    opened = Services(settings)
    yield opened
    opened.index.close()
    opened.database.close()


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """Where backups go."""
    return tmp_path / "backup"


@pytest.fixture
def empty(tmp_path: Path) -> Settings:
    """Settings of an empty place."""
    return Settings(_env_file=None, home=tmp_path / "restored", workers=1)  # type: ignore[call-arg]


def back_up(services: Services, out: Path, store: ObjectStore | None = None) -> BackedUp:
    return backup(services.settings, store or services.store, out, now=clock.now())


def bring_back(settings: Settings, out: Path) -> Restored:
    return restore(settings, out, now=clock.now())


def objects(folder: Path) -> dict[str, str]:
    """Name and true digest of every object below the folder."""
    found = (folder / "objects").rglob("?" * 64)
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in found}


def rows(settings: Settings) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table, but those about the index and when an object was last checked."""
    with dumps.looking_into(settings.url()) as connection:
        names = set(dumps.counts_of(connection)) - {"indexed_revisions"}
        found = {name: connection.execute(text(f"select * from {name}")).mappings().all() for name in names}
    return {name: sorted((without_checks(one) for one in some), key=repr) for name, some in found.items()}


def without_checks(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(value for name, value in row.items() if name != "checked_at")


def hits(settings: Settings) -> list[tuple[int, str]]:
    services = Services(settings)
    with services.reading() as (session, viewer):
        page = search(
            session, services.index, viewer_units=viewer.units("record.read"), query="供电方案", filters=Filters(),  # type: ignore[arg-type]
            limit=100, offset=0,
        )  # fmt: skip
    services.index.close()
    services.database.close()
    return sorted((hit.item_id, hit.account_no) for hit in page.hits)


def flip(path: Path) -> None:
    path.chmod(0o600)
    data = path.read_bytes()
    path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))


def some_object(folder: Path) -> Path:
    return sorted((folder / "objects").rglob("?" * 64))[20]


def test_what_is_restored_is_what_was_backed_up(services: Services, out: Path, empty: Settings) -> None:
    """Rows, objects, audit head, own catalogue and search answers are equal; the check finds nothing."""
    (services.settings.home / "catalogue" / "own.txt").write_text("本单位版本", encoding="utf-8")
    made = back_up(services, out)
    done = bring_back(empty, out)
    assert (done.same, done.findings, done.indexed) == (True, (), ITEMS)
    assert rows(empty) == rows(services.settings)
    assert objects(empty.home) == objects(services.settings.home)
    assert all(name == digest for name, digest in objects(empty.home).items())
    assert hits(empty) == hits(services.settings) != []
    assert (empty.home / "catalogue" / "own.txt").read_text("utf-8") == "本单位版本"
    assert made.manifest.objects == len(objects(out)) == made.copied
    assert not (empty.home / MARKER).exists()


def test_a_second_backup_copies_only_what_is_new(services: Services, out: Path, empty: Settings) -> None:
    """Objects never change; the newer database takes the place of the older one."""
    back_up(services, out)
    before = {path: path.stat().st_mtime_ns for path in (out / "objects").rglob("?" * 64)}
    with services.database.unit_of_work() as session:
        stored = services.store.put_bytes(b"later")
        record_object(session, stored, role="original", media_type="text/plain", now=records.NOW)
        records.case(session, account_no="5199999999")
    made = back_up(services, out)
    assert (made.copied, made.copied_bytes) == (1, 5)
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert len(list(out.glob("database-*"))) == len(list(out.glob("objects-*.sha256"))) == 1
    assert bring_back(empty, out).findings == ()
    assert rows(empty) == rows(services.settings)


def test_an_interrupted_backup_says_that_it_is_not_finished_and_goes_on(
    services: Services, out: Path, empty: Settings
) -> None:
    """The store goes away in the middle: no manifest, nothing to restore; the next run copies only the rest."""
    faults = Faults()
    faults.arm("read", store_away, nth=60, times=1000)
    with pytest.raises(Unavailable):
        back_up(services, out, FaultyStore(services.store, faults))
    with pytest.raises(Refused) as refused:
        bring_back(empty, out)
    assert refused.value.code == "backup.incomplete"
    assert not empty.home.exists()
    there = len(objects(out))
    assert 0 < there < 60
    made = back_up(services, out)
    assert made.copied == made.manifest.objects - there
    assert list(out.rglob("*.part")) == []
    assert bring_back(empty, out).findings == ()


def test_the_old_backup_stays_good_until_the_new_one_is_whole(services: Services, out: Path, empty: Settings) -> None:
    """A second backup that breaks off takes nothing from the first."""
    back_up(services, out)
    first = rows(services.settings)
    with services.database.unit_of_work() as session:
        stored = services.store.put_bytes(b"later")
        record_object(session, stored, role="original", media_type="text/plain", now=records.NOW)
    faults = Faults()
    faults.arm("read", store_away)
    with pytest.raises(Unavailable):
        back_up(services, out, FaultyStore(services.store, faults))
    assert bring_back(empty, out).same
    assert rows(empty) == first


def test_a_damaged_object_is_named_and_the_rest_is_backed_up(services: Services, out: Path, empty: Settings) -> None:
    """One flipped, one gone: both stand in the manifest, and the restore says that they were never in it."""
    first, second = sorted((services.settings.home / "objects").rglob("?" * 64))[7:9]
    flip(first)
    second.unlink()
    made = back_up(services, out)
    planted = {first.name: "object.damaged", second.name: "object.missing"}
    assert made.manifest.missing == planted
    assert set(objects(out)) == {path.name for path in (services.settings.home / "objects").rglob("?" * 64)} - {
        first.name
    }
    done = bring_back(empty, out)
    assert done.same
    assert {one.subject: one.kind for one in done.findings} == planted


@pytest.mark.parametrize("harm", ["flip", "unlink"])
def test_an_object_that_went_bad_in_the_backup_is_named_and_the_rest_restored(
    services: Services, out: Path, empty: Settings, harm: str
) -> None:
    """Its bytes do not get into the store under any name."""
    back_up(services, out)
    bad = some_object(out)
    flip(bad) if harm == "flip" else bad.unlink()
    done = bring_back(empty, out)
    assert [(one.kind, one.subject) for one in done.findings] == [
        ("object.damaged" if harm == "flip" else "object.missing", bad.name)
    ]
    assert set(objects(empty.home)) == set(objects(services.settings.home)) - {bad.name}


@pytest.mark.parametrize("name", ["manifest.json", "database-*.db", "objects-*.sha256"])
def test_a_backup_whose_papers_are_altered_is_refused_before_anything_is_done(
    services: Services, out: Path, empty: Settings, name: str
) -> None:
    """Manifest, database and list carry digests; nothing of the empty place is touched."""
    back_up(services, out)
    (path,) = out.glob(name)
    path.write_bytes(path.read_bytes().replace(b"5", b"6"))
    with pytest.raises(Damaged) as found:
        bring_back(empty, out)
    assert found.value.code == "backup.damaged"
    assert not empty.home.exists()


def test_a_manifest_cannot_name_files_outside_of_the_backup(services: Services, out: Path, empty: Settings) -> None:
    """Whoever can make up a manifest with a right digest still reaches nothing else."""
    made = back_up(services, out).manifest
    body = json.loads(made.text())
    evil = {**body, "database": {**body["database"], "name": "../home/archive.db"}}
    evil.pop("sha256")
    evil["sha256"] = manifest._digest(evil)
    (out / "manifest.json").write_text(json.dumps(evil), encoding="utf-8")
    with pytest.raises(Damaged):
        bring_back(empty, out)


@pytest.mark.parametrize("occupied", ["home", "file"])
def test_only_an_empty_place_is_restored_into(services: Services, out: Path, empty: Settings, occupied: str) -> None:
    """An archive, or any file, is never overwritten."""
    back_up(services, out)
    target = services.settings if occupied == "home" else empty
    if occupied == "file":
        empty.home.mkdir()
        (empty.home / "notes.txt").write_text("mine", encoding="utf-8")
    before = rows(services.settings)
    with pytest.raises(Refused) as refused:
        bring_back(target, out)
    assert refused.value.code == "restore.not-empty"
    assert rows(services.settings) == before


def test_a_killed_restore_goes_on_where_it_stopped(services: Services, out: Path, empty: Settings) -> None:
    """SIGKILL while objects are copied: no database yet, and the same command finishes the work."""
    back_up(services, out)
    environment = {**os.environ, **empty.environment()}
    told = [sys.executable, "-m", "archive_service", "restore", str(out)]
    child = subprocess.Popen(told, env=environment, stderr=subprocess.DEVNULL)
    while not list((empty.home / "objects").rglob("?" * 64)) and child.poll() is None:
        time.sleep(0.002)
    child.send_signal(signal.SIGKILL)
    assert child.wait() == -signal.SIGKILL
    assert not (empty.home / "archive.db").exists()
    assert bring_back(empty, out).findings == ()
    assert rows(empty) == rows(services.settings)


def test_a_backup_of_an_archive_in_use_is_whole(services: Services, out: Path, empty: Settings) -> None:
    """Papers come in all the while: every object that the copied rows name is in the copy."""
    stopped = threading.Event()

    def use() -> None:
        number = 0
        while not stopped.is_set():
            number += 1
            stored = services.store.put_bytes(b"page %d" % number)
            with services.database.unit_of_work() as session:
                record_object(session, stored, role="rendition", media_type="image/jpeg", now=records.NOW)
                records.case(session)

    user = threading.Thread(target=use)
    user.start()
    try:
        time.sleep(0.1)
        back_up(services, out)
        made = back_up(services, out)
    finally:
        stopped.set()
        user.join()
    done = bring_back(empty, out)
    assert (done.same, done.findings) == (True, ())
    assert made.manifest.counts["stored_objects"] > len(objects(services.settings.home)) - 200


def test_a_folder_with_something_else_in_it_is_left_alone(
    services: Services, out: Path, tmp_path: Path, migrated_file: Path
) -> None:
    """Neither other files, nor the archive's own home, nor the backup of another archive is written into."""
    out.mkdir()
    (out / "notes.txt").write_text("mine", encoding="utf-8")
    assert code_of(lambda: back_up(services, out)) == "backup.foreign-folder"
    assert code_of(lambda: back_up(services, services.settings.home / "backup")) == "backup.inside-home"
    (tmp_path / "other").mkdir()
    shutil.copy(migrated_file, tmp_path / "other" / "archive.db")
    other = Services(Settings(_env_file=None, home=tmp_path / "other"))  # type: ignore[call-arg]
    with other.database.unit_of_work() as session:
        records.unit(session, name="另一家公司")
    assert code_of(lambda: back_up(services, other.settings.home)) == "backup.foreign-folder"
    back_up(other, tmp_path / "theirs")
    other.database.close()
    assert code_of(lambda: back_up(services, tmp_path / "theirs")) == "backup.other-archive"


def code_of(call: Any) -> str:
    with pytest.raises(ArchiveError) as found:
        call()
    return found.value.code


def test_a_disk_that_is_too_small_is_named_before_hours_of_copying(services: Services, out: Path) -> None:
    """What is still to be copied is added up first."""
    with services.database.unit_of_work() as session:
        session.execute(text("update stored_objects set size_bytes = size_bytes + :n"), {"n": 2**50})
    assert code_of(lambda: back_up(services, out)) == "backup.full"


def test_a_backup_of_a_newer_program_is_refused(services: Services, out: Path, empty: Settings) -> None:
    """A schema that this program does not know cannot be brought up to date."""
    with services.database.unit_of_work() as session:
        session.execute(text("update alembic_version set version_num = '9999'"))
    back_up(services, out)
    assert code_of(lambda: bring_back(empty, out)) == "backup.newer"
    assert not empty.home.exists()


def test_a_damaged_database_is_not_backed_up_as_if_it_were_sound(services: Services, out: Path) -> None:
    """The copy stops, and an earlier backup stays."""
    made = back_up(services, out)
    services.database.close()
    path = services.settings.home / "archive.db"
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2 // 4096 * 4096)
        file.write(b"\xff" * 4096 * 8)
    assert code_of(lambda: back_up(services, out)) == "database.damaged"
    assert manifest.read(out) == made.manifest


def test_settings_and_their_secrets_are_not_in_a_backup(services: Services, out: Path) -> None:
    """Keys of other systems do not travel with the papers; the list can be checked without this program."""
    settings = services.settings.model_copy(update={"s3_secret_key": "very-secret-key"})
    (settings.home / ".env").write_text("ARCHIVE_S3_SECRET_KEY=very-secret-key\n", encoding="utf-8")
    made = backup(settings, services.store, out, now=clock.now())
    files = [path for path in out.rglob("*") if path.is_file()]
    assert [path for path in files if b"very-secret-key" in path.read_bytes()] == []
    assert all(path.stat().st_mode & 0o077 == 0 for path in [out, *out.glob("database-*")])
    checked = subprocess.run(["sha256sum", "--quiet", "-c", made.manifest.listing.name], cwd=out, check=False)
    assert checked.returncode == 0


def test_backup_and_restore_on_the_command_line(services: Services, out: Path, tmp_path: Path) -> None:
    """JSON says what was done; exit codes: 0 done, 3 refused, 4 no backup there, 5 damage."""
    archive, new = Archive(services.settings.home), Archive(tmp_path / "new")
    answer = archive.run("backup", "--out", str(out), "--json")
    assert (answer.code, answer.json["damaged"]) == (0, []), answer.err
    done = new.run("restore", str(out), "--json")
    assert (done.code, done.json["same"], done.json["findings"]) == (0, True, []), done.err
    assert done.json["audit"] == answer.json["audit"]
    assert done.json["counts"] == answer.json["counts"]
    assert new.run("verify").code == 0
    assert new.run("restore", str(out)).code == 3
    assert new.run("restore", str(tmp_path / "nowhere")).code == 4
    flip(some_object(archive.home))
    assert archive.run("backup", "--out", str(tmp_path / "second")).code == 5


@contextmanager
def empty_postgres() -> Iterator[str]:
    """The address of a database without tables."""
    url = make_url(address("PostgreSQL", "ARCHIVE_TEST_POSTGRES_URL"))
    admin = create_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    name = f"restored_{os.getpid()}"
    with admin.connect() as connection:
        connection.exec_driver_sql(f"create database {name}")
        try:
            yield url.set(database=name).render_as_string(hide_password=False)
        finally:
            connection.exec_driver_sql(f"drop database {name} with (force)")


@pytest.mark.service
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_the_same_on_postgresql(settings: Settings, database_url: str, out: Path, empty: Settings) -> None:
    """The dump and the counts are of one moment, also while others write."""
    filled = fill(settings.model_copy(update={"database_url": database_url}), items=8)
    made = backup(filled.services.settings, filled.services.store, out, now=clock.now())
    with empty_postgres() as url:
        target = empty.model_copy(update={"database_url": url})
        done = bring_back(target, out)
        assert (done.same, done.findings, done.indexed) == (True, (), 8)
        assert rows(target) == rows(filled.services.settings)
        assert code_of(lambda: bring_back(target, out)) == "restore.not-empty"
    assert code_of(lambda: bring_back(empty, out)) == "restore.database-kind"
    assert made.manifest.kind == "postgresql"
    filled.close()
