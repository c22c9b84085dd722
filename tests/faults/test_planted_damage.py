"""Damage among many sound objects is named exactly: all that was planted and nothing else."""

from __future__ import annotations

import random
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from archive_service import clock
from archive_service.cli.services import Services
from archive_service.cli.verify import COMMIT_S, findings
from archive_service.db.session import Database
from archive_service.jobs import queue
from archive_service.settings import Settings
from archive_service.storage.record import record_object
from indexing.engine import SearchEngine
from indexing.generations import FolderGenerations
from indexing.index import ENGINES, Index, open_index
from indexing.sync import follow
from ingest.tables import Batch, Scan
from tests.support import records
from tests.support.filled import Filled, fill
from tests.support.tamper import unguard

SEED = 20_261_123
ITEMS = 80
#: Each item has an original and its lines to itself; pictures are shared.
ITEMS_OF_TEN_THOUSAND = 4_800
Named = set[tuple[str, str]]


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory, migrated_file: Path) -> Path:
    """The home of an archive of some three hundred objects, filled once; each test copies it."""
    home = tmp_path_factory.mktemp("filled") / "home"
    home.mkdir()
    shutil.copy(migrated_file, home / "archive.db")
    fill(Settings(_env_file=None, home=home), items=ITEMS).close()  # type: ignore[call-arg]
    return home


@pytest.fixture
def filled(settings: Settings, template: Path) -> Iterator[Filled]:
    """An archive of some three hundred objects."""
    shutil.copytree(template, settings.home)
    services = Services(settings)
    with services.database.reading() as session:
        made = Filled(services, list(session.scalars(text("select id from items order by id"))))
    yield made
    made.close()


@pytest.fixture
def filled_anywhere(
    request: pytest.FixtureRequest, settings: Settings, database_url: str, template: Path
) -> Iterator[Filled]:
    """The same on SQLite and on PostgreSQL."""
    if not database_url:
        yield request.getfixturevalue("filled")
        return
    made = fill(settings, items=ITEMS)
    yield made
    made.close()


def named(filled: Filled, sample: int | None = None) -> list[tuple[str, str]]:
    found = findings(filled.services, sample=sample, now=clock.now()).findings
    return sorted((one.kind, one.subject) for one in found)


def change(filled: Filled, statement: str, **values: object) -> None:
    with filled.services.database.unit_of_work() as session:
        session.execute(text(statement), values)


def objects(filled: Filled) -> list[Path]:
    return sorted((filled.services.settings.home / "objects").rglob("?" * 64))


def flip(path: Path, at: int) -> None:
    data = bytearray(path.read_bytes())
    data[at % len(data)] ^= 1 << at % 8
    path.chmod(0o600)
    path.write_bytes(data)


def plant_in_store(filled: Filled, chance: random.Random, *, flipped: int, deleted: int, added: int) -> Named:
    """Flip a byte in some objects, delete others, and add some that nobody knows."""
    chosen = chance.sample(objects(filled), flipped + deleted)
    for path in chosen[:flipped]:
        flip(path, chance.randrange(1_000_000))
    for path in chosen[flipped:]:
        path.unlink()
    extra = {filled.services.store.put_bytes(b"orphan %d" % n).digest for n in range(added)}
    return {
        *(("object.damaged", path.name) for path in chosen[:flipped]),
        *(("object.missing", path.name) for path in chosen[flipped:]),
        *(("object.not-recorded", digest) for digest in extra),
    }


def plant_in_index(filled: Filled, chance: random.Random, *, dropped: int) -> Named:
    """Drop entries of the index, and leave one of an item that there never was."""
    _, engine = filled.services.index.current()
    chosen = chance.sample(filled.items, dropped)
    with engine.writer() as writer:
        writer.delete(chosen)
        writer.commit()
    filled.services.index.refresh()
    return {("index.item-missing", str(item)) for item in chosen}


def plant_in_audit(filled: Filled, chance: random.Random, *, edited: int) -> Named:
    """Edit audit entries, each in another column; some become unreadable."""
    with filled.services.database.reading() as session:
        all_seqs = list(session.scalars(text("select seq from audit_entries")))
    chosen = chance.sample(all_seqs, edited)
    ways = ("person_name = 'x'", "did = 'x.y'", "facts = '{}'", "hash = 'f' || seq", "facts = 'no json'", "unit_id = 9")
    with filled.services.database.unit_of_work() as session:
        unguard(session)
    for number, seq in enumerate(chosen):
        change(filled, f"update audit_entries set {ways[number % len(ways)]} where seq = :seq", seq=seq)
    return {("audit.altered", str(seq)) for seq in chosen}


def test_exactly_the_planted_damage_is_named(filled_anywhere: Filled) -> None:
    """Bytes flipped, objects deleted and added, index entries dropped, audit rows edited: each by name, once."""
    filled = filled_anywhere
    chance = random.Random(SEED)
    assert named(filled) == []
    planted = plant_in_store(filled, chance, flipped=20, deleted=4, added=4)
    planted |= plant_in_index(filled, chance, dropped=4)
    planted |= plant_in_audit(filled, chance, edited=6)
    assert named(filled) == sorted(planted)


@pytest.mark.service
@pytest.mark.timeout(900)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_hundred_and_seventy_among_ten_thousand_are_named(settings: Settings, database: Database) -> None:
    """The same at the size of an archive in use: nothing that is sound is named, and nothing that is not is passed.

    It takes minutes to fill, so once: what differs by database is seen on the smaller one above.
    """
    filled = fill(settings, items=ITEMS_OF_TEN_THOUSAND)
    chance = random.Random(SEED)
    assert len(objects(filled)) > 10_000
    assert named(filled) == []
    planted = plant_in_store(filled, chance, flipped=100, deleted=20, added=20)
    planted |= plant_in_index(filled, chance, dropped=20)
    planted |= plant_in_audit(filled, chance, edited=10)
    assert len(planted) == 170
    assert named(filled) == sorted(planted)
    filled.close()


def test_rows_that_lost_their_object_or_pages_are_named(filled_anywhere: Filled) -> None:
    """A row whose object nobody recorded, items and scans without their pages, a scan that no job will move."""
    filled = filled_anywhere
    item, emptied, whole = filled.items[3], filled.items[7], filled.items[11]
    with filled.services.database.reading() as session:
        lost = session.scalar(text("select lines_digest from pages where item_id = :id"), {"id": whole})
    change(filled, "delete from stored_objects where digest = :digest", digest=lost)
    change(filled, "update pages set page_no = 2 where item_id = :id", id=item)
    change(filled, "delete from pages where item_id = :id", id=emptied)
    with filled.services.database.unit_of_work() as session:
        digests = session.scalars(text("select digest from stored_objects order by digest limit 4")).all()
        batch = Batch(name="批", channel="cli", unit_id=records.unit(session).id, received_at=records.NOW)
        for digest, (state, pages) in zip(
            digests, (("received", 0), ("filed", 3), ("unpacked", 0), ("refused", 0)), strict=True
        ):
            scan = Scan(batch=batch, unit_id=1, file_name="a.pdf", digest=digest, size_bytes=1, received_at=records.NOW)
            scan.state, scan.page_count = state, pages
            session.add(scan)
            session.flush()
    assert named(filled) == sorted({
        ("row.object-not-recorded", f"pages.lines_digest {lost}"),
        ("item.pages-missing", str(item)),
        ("item.pages-missing", str(emptied)),
        ("scan.without-job", "1"),
        ("scan.pages-missing", "2"),
        ("scan.without-job", "3"),
    })  # fmt: skip


def test_rows_that_no_entry_speaks_for_are_named(filled_anywhere: Filled) -> None:
    """Somebody with write access edits what entries tell of, and leaves the entries alone."""
    filled = filled_anywhere
    moved, retyped = filled.items[2], filled.items[4]
    before = named(filled)
    elsewhere = "(select max(id) from household_files where id <> household_id)"
    change(filled, f"update items set household_id = {elsewhere}, item_no = 9999 where id = :id", id=moved)
    change(filled, "update items set document_type = 'ZZZ' where id = :id", id=retyped)
    change(filled, "update household_files set account_no = '0000000009' where id = :id", id=1)
    change(filled, "update case_files set application_no = 'x' where id = :id", id=1)
    found = [one for one in named(filled) if one not in before and one[0].startswith("row.")]
    whole = [one for one in found if one[1] in ("household 1", "case 1", f"item {moved}", f"item {retyped}")]
    assert whole == sorted(
        ("row.differs-from-trail", one) for one in ("case 1", "household 1", f"item {moved}", f"item {retyped}")
    )


def test_an_index_entry_of_nothing_or_twice_is_named(filled: Filled) -> None:
    """What the index holds too much of is as wrong as what it lacks; a household that waits to be indexed is not."""
    _, engine = filled.services.index.current()
    change(filled, "update items set state = 'withdrawn' where id = :id", id=filled.items[0])
    waiting = filled.items[-1]
    change(filled, "update items set state = 'withdrawn' where id = :id", id=waiting)
    change(filled, "update household_files set revision = revision + 1"
           " where id = (select household_id from items where id = :id)", id=waiting)  # fmt: skip
    with engine.writer() as writer, filled.services.database.reading() as session:
        from indexing import project

        household = session.scalar(text("select household_id from items where id = :id"), {"id": filled.items[5]})
        twice = [one for one in project.documents(session, [household]) if one.item_id == filled.items[5]]
        writer.add(twice)
        writer.commit()
    filled.services.index.refresh()
    assert named(filled) == [
        ("index.item-twice", str(filled.items[5])),
        ("index.item-unknown", str(filled.items[0])),
    ]


def test_an_object_that_cannot_be_read_does_not_end_the_check(filled: Filled) -> None:
    """A folder where the bytes should be is damage as flipped bytes are: named, and the rest is checked."""
    first, last = objects(filled)[0], objects(filled)[-1]
    first.unlink()
    first.mkdir()
    flip(last, 3)
    assert named(filled) == [("object.damaged", name) for name in sorted((first.name, last.name))]


def test_a_damaged_database_is_named_instead_of_believed(filled: Filled) -> None:
    """Pages of the file overwritten: the check says so and reports nothing that it read from there."""
    filled.services.database.close()
    path = filled.services.settings.home / "archive.db"
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2 // 4096 * 4096)
        file.write(b"\xff" * 4096 * 4)
    assert named(filled) == [("database.damaged", "sqlite")]


def test_a_sample_reads_back_what_was_checked_longest_ago(filled: Filled) -> None:
    """Samples taken one after the other come to every object."""
    flip(objects(filled)[50], 7)
    count = len(objects(filled))
    found = [named(filled, sample=count // 4 + 1) for _ in range(4)]
    assert [("object.damaged", objects(filled)[50].name)] in found


def test_an_archive_in_use_raises_no_alarm(filled_anywhere: Filled) -> None:
    """Objects a moment before their commit, items a moment before the index has them, entries behind the head."""
    filled = filled_anywhere
    stopped = threading.Event()
    services = filled.services

    def use() -> None:
        number = 0
        while not stopped.is_set():
            number += 1
            stored = services.store.put_bytes(b"page %d" % number)
            stopped.wait(0.02)
            with services.database.unit_of_work() as session:
                record_object(session, stored, role="rendition", media_type="image/jpeg", now=records.NOW)
                records.item(session, records.case(session), pages=(records.page(digest=stored.digest),))
                session.execute(
                    text("update pages set image_digest = :d, thumbnail_digest = :d, lines_digest = :d"
                         " where original_digest = :d"), {"d": stored.digest},
                )  # fmt: skip
            follow(services.database, services.index, now=records.NOW)

    user = threading.Thread(target=use)
    user.start()
    try:
        assert [named(filled) for _ in range(5)] == [[]] * 5
    finally:
        stopped.set()
        user.join()


def test_an_object_whose_job_is_about_to_record_it_is_waited_for(filled_anywhere: Filled) -> None:
    """A job stores the pages of a file and commits them together; what it has stored until then is no orphan."""
    filled = filled_anywhere
    services, checked = filled.services, threading.Event()
    stored = services.store.put_bytes(b"a page of a file on its way")
    with services.database.unit_of_work() as session:
        job = queue.enqueue(session, kind="ingest.step", subject=0, queue="read", now=records.NOW).id
    claimed = queue.claim(services.database, worker="w", queues=["read"], now=clock.now(), lease_s=60)
    assert claimed is not None
    assert claimed.id == job

    def commit() -> None:
        checked.wait()
        # Longer than a commit by itself is waited for.
        time.sleep(COMMIT_S + 0.2)
        with services.database.unit_of_work() as session:
            record_object(session, stored, role="rendition", media_type="image/jpeg", now=records.NOW)
            queue.finish(session, claimed, now=clock.now())

    worker = threading.Thread(target=commit)
    worker.start()
    found = findings(
        services, sample=None, now=clock.now(), progress=lambda done, total: done == total and checked.set()
    )
    worker.join()
    assert found.findings == ()


class _Overtaken(Index):
    """An index that is followed up just after it was first looked at."""

    then: Callable[[], None] | None = None

    def current(self) -> tuple[str, SearchEngine]:
        found = super().current()
        then, self.then = self.then, None
        if then:
            then()
        return found


def test_a_paper_indexed_while_we_compare_is_not_called_missing(filled: Filled) -> None:
    """The index was read a moment before the records: a second look agrees."""
    services = filled.services
    index = _Overtaken(FolderGenerations(services.settings.home / "index", "tantivy", ENGINES["tantivy"]))
    looked: list[str] = []

    def file_and_follow() -> None:
        with services.database.unit_of_work() as session:
            digest = session.scalar(text("select digest from stored_objects limit 1"))
            item = records.item(session, records.case(session), pages=(records.page(digest=str(digest)),))
            for column in ("image_digest", "thumbnail_digest", "lines_digest"):
                session.execute(text(f"update pages set {column} = :d where item_id = {item.id}"), {"d": digest})
        other = open_index(services.settings.home, "tantivy")
        follow(services.database, other, now=records.NOW)
        other.close()
        looked.append("followed")

    index.then = file_and_follow
    services.__dict__["index"] = index
    assert named(filled) == []
    assert looked == ["followed"]
