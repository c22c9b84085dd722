"""Objects are read back in turn; damage in one store is mended from the other, in both it is told."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO

import pytest
from sqlalchemy import select

from archive_service import clock, migrations
from archive_service.audit.tables import AuditEntry
from archive_service.db.session import Database
from archive_service.errors import Damaged, Invalid, NotFound, Refused, Unavailable
from archive_service.fixity import queries
from archive_service.fixity.actions import Round, check_some
from archive_service.fixity.proofs import prove_all
from archive_service.fixity.tables import FixityEvent
from archive_service.settings import Settings
from archive_service.storage import lock_rows, removal, retain
from archive_service.storage.choose import open_second
from archive_service.storage.encrypted import EncryptedStore
from archive_service.storage.files import FileStore
from archive_service.storage.key_ring import KeyRing
from archive_service.storage.places import Stores
from archive_service.storage.record import record_object
from archive_service.storage.s3 import S3Store
from archive_service.storage.store import ObjectStore
from archive_service.storage.tables import ObjectLock, StoredObject
from tests.support import lock_server, records

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)


class World:
    """A database and two stores in a folder."""

    def __init__(self, folder: Path, *, second: bool = True, encrypted: bool = False) -> None:
        self.folder, self.now = folder, NOW
        self.database = Database(f"sqlite:///{folder / 'archive.db'}")
        self.first = FileStore(folder / "first")
        self.second = FileStore(folder / "second")
        first: ObjectStore = self.first
        if encrypted:
            ring = KeyRing(folder / "keys")
            if not ring.keys():
                ring.add(now=NOW)
            first = EncryptedStore(self.first, ring, folder / "envelopes")
        self.stores = Stores(first, self.second if second else None, folder / "aside")

    def keep(self, data: bytes) -> str:
        stored = self.stores.first.put_bytes(data)
        with self.database.unit_of_work() as session:
            record_object(session, stored, role="original", media_type="text/plain", now=self.now)
        return stored.digest

    def check(self, budget: int = 10**9) -> Round:
        self.now += timedelta(days=1)
        return check_some(
            self.database, self.stores, budget_bytes=budget, before=self.now, now=lambda: self.now, agent="test"
        )

    def events(self) -> list[tuple[str, str]]:
        with self.database.reading() as session:
            found = session.scalars(select(FixityEvent).order_by(FixityEvent.id))
            return [(event.outcome, event.store) for event in found]

    def lost(self) -> int:
        with self.database.reading() as session:
            return queries.figures(session).lost


def spoil(store: FileStore, digest: str, data: bytes = b"spoilt") -> Path:
    path = store.root / digest[:2] / digest[2:4] / digest
    path.chmod(0o600)
    path.write_bytes(data)
    return path


@pytest.fixture
def migrated(tmp_path: Path) -> Path:
    migrations.upgrade(f"sqlite:///{tmp_path / 'archive.db'}")
    return tmp_path


@pytest.fixture(params=[False, True], ids=["plain", "encrypted"])
def world(request: pytest.FixtureRequest, migrated: Path) -> Iterator[World]:
    made = World(migrated, encrypted=request.param)
    yield made
    made.database.engine.dispose()


def test_new_objects_get_their_second_copy(world: World) -> None:
    """And are then checked in both."""
    digests = [world.keep(text.encode()) for text in ("甲", "乙")]
    assert world.check() == Round(objects=2, size_bytes=6, copies=2)
    assert [world.second.read(digest).decode() for digest in digests] == ["甲", "乙"]
    assert world.check() == Round(objects=2, size_bytes=6)
    assert world.events() == []


def test_the_budget_is_spent_on_those_checked_longest_ago(world: World) -> None:
    """Each round goes on where the last one ended."""
    for number in range(4):
        world.keep(bytes([number]) * 100)
    assert [world.check(budget=200).objects for _ in range(2)] == [2, 2]
    with world.database.reading() as session:
        found = queries.figures(session)
    assert (found.checked, found.copied) == (4, 4)
    assert world.check(budget=100).objects == 1


def test_checks_are_counted_by_the_months_of_the_service_centre(migrated: Path) -> None:
    """Which are eight hours ahead of those of the database; a month without a check has no line."""
    world = World(migrated, second=False)
    moments = [datetime(2026, *of, tzinfo=UTC) for of in ((9, 30, 15, 59), (9, 30, 16, 0), (11, 30, 16, 0))]
    with world.database.unit_of_work() as session:
        for number, at in enumerate(moments):
            stored = world.first.put_bytes(bytes([number]))
            record_object(session, stored, role="original", media_type="text/plain", now=NOW)
            session.get_one(StoredObject, stored.digest).checked_at = at
        records.unit(session)
        found = queries.status(session, records.system(session))
    assert [(age.month, age.objects) for age in found.ages] == [("2026-09", 1), ("2026-10", 1), ("2026-12", 1)]
    world.database.close()


def test_a_damaged_copy_is_mended_from_the_good_one(world: World) -> None:
    """The bad bytes are kept aside."""
    digest = world.keep(b"good")
    world.check()
    spoil(world.second, digest)
    assert world.check().repaired == 1
    assert world.second.read(digest) == b"good"
    assert (world.folder / "aside" / "second" / digest).read_bytes() == b"spoilt"
    assert world.events() == [("damaged", "second"), ("repaired", "second")]


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def flip(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(bytes([data[0] ^ 1]) + data[1:])


def link(path: Path) -> None:
    """To the very bytes, in a file that anybody may write."""
    outside = path.with_name("outside")
    path.rename(outside)
    outside.chmod(0o666)
    path.symlink_to(outside)


def dangle(path: Path) -> None:
    path.unlink()
    path.symlink_to("/nowhere/at/all")


def make_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()
    (path / "inside").write_bytes(b"x")


#: What may be done to the file of an object, and what it is then found to be.
DEEDS: dict[str, tuple[Callable[[Path], None], str]] = {
    "flipped": (flip, "damaged"),
    "cut off": (cut, "damaged"),
    "emptied": (lambda path: path.write_bytes(b"") and None, "damaged"),
    "replaced": (lambda path: path.write_bytes(b"other bytes") and None, "damaged"),
    "removed": (Path.unlink, "missing"),
    "linked": (link, "damaged"),
    "linked to nothing": (dangle, "damaged"),
    "a folder": (make_folder, "damaged"),
    "writable": (lambda path: path.chmod(0o640), "writable"),
}


@pytest.mark.parametrize("deed", DEEDS)
def test_whatever_is_done_to_a_file_is_found_and_mended(migrated: Path, deed: str) -> None:
    """Good bytes in a read-only file of their own stand there again; then the same when no good copy is left."""
    act, outcome = DEEDS[deed]
    world = World(migrated)
    digest = world.keep(b"good")
    world.check()
    paths = [store.root / digest[:2] / digest[2:4] / digest for store in (world.first, world.second)]
    paths[0].chmod(0o600)
    act(paths[0])
    if outcome != "writable":
        with pytest.raises((Damaged, NotFound)):
            world.stores.first.read(digest)
    world.check()
    assert world.events() == [(outcome, "first"), ("repaired", "first")]
    assert world.first.read(digest) == b"good"
    assert not paths[0].is_symlink()
    assert paths[0].stat().st_mode & 0o777 == 0o440
    if outcome != "writable":
        for path in paths:
            path.chmod(0o600)
            act(path)
        assert world.check().lost == 1
        assert world.events()[-3:] == [(outcome, "first"), (outcome, "second"), ("lost", "both")]
    world.database.engine.dispose()


def test_what_is_handed_in_again_over_a_file_that_was_cut_off_is_not_taken_for_kept(migrated: Path) -> None:
    world = World(migrated)
    path = spoil(world.first, world.keep(b"good"), b"goo")
    for put in (lambda: world.first.put_bytes(b"good"), lambda: world.first.put(io.BytesIO(b"good"))):
        with pytest.raises(Damaged):
            put()
    assert path.read_bytes() == b"goo"
    world.database.engine.dispose()


def test_a_damaged_original_is_mended_from_its_copy(world: World) -> None:
    """The other way round, also where the original is encrypted."""
    digest = world.keep(b"good")
    world.check()
    for name in list(world.first.digests()):
        spoil(world.first, name)
    assert world.check().repaired == 1
    assert world.stores.first.read(digest) == b"good"
    assert world.check() == Round(objects=1, size_bytes=4)
    assert world.events() == [("damaged", "first"), ("repaired", "first")]


def test_a_lost_copy_is_made_again_and_told(world: World) -> None:
    """A copy that was there and is gone is no new object."""
    digest = world.keep(b"good")
    world.check()
    (world.second.root / digest[:2] / digest[2:4] / digest).unlink()
    assert world.check().repaired == 1
    assert world.second.read(digest) == b"good"
    assert world.events() == [("missing", "second"), ("repaired", "second")]


def test_when_both_are_bad_nothing_is_touched_and_it_is_told_once(world: World) -> None:
    """Until a good copy is put back: then it is no longer lost."""
    digest = world.keep(b"good")
    world.check()
    for name in list(world.first.digests()):
        spoil(world.first, name)
    spoil(world.second, digest)
    assert world.check().lost == 1
    world.check()
    assert world.events() == [("damaged", "first"), ("damaged", "second"), ("lost", "both")]
    assert world.lost() == 1
    assert not (world.folder / "aside").exists()
    spoil(world.second, digest, b"good")
    world.now += timedelta(days=1)
    assert world.check().repaired == 1
    assert world.stores.first.read(digest) == b"good"
    assert world.lost() == 0


def test_without_a_second_store_damage_is_told(migrated: Path) -> None:
    """There is nothing to mend it from; the trail names the object."""
    world = World(migrated, second=False)
    digest = world.keep(b"good")
    spoil(world.first, digest)
    assert world.check().lost == 1
    with world.database.reading() as session:
        did = session.scalars(select(AuditEntry.did).where(AuditEntry.object_id == digest)).all()
    assert did == ["object.damaged", "object.lost"]
    world.database.engine.dispose()


KILLED = """
import os, signal, sys
from pathlib import Path
from tests.fixity.test_checks import World
from archive_service.db.session import Database
steps = 0
def counted(real):
    def run(*a, **k):
        global steps
        steps += 1
        if steps == int(sys.argv[2]):
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*a, **k)
    return run
world = World(Path(sys.argv[1]))
world.check(0)
Path.replace = counted(Path.replace)
Database.unit_of_work = counted(Database.unit_of_work)
world.check()
"""


@pytest.mark.parametrize("step", range(1, 7))
def test_a_repair_that_is_killed_at_any_step_is_resumed(migrated: Path, step: int) -> None:
    """Killed before each commit and each renaming: the next round ends with good bytes and the whole story."""
    world = World(migrated)
    digest = world.keep(b"good")
    world.check()
    spoil(world.first, digest)
    killed = subprocess.run([sys.executable, "-c", KILLED, str(migrated), str(step)], check=False)
    assert killed.returncode == (-signal.SIGKILL if step < 6 else 0)
    world.check()
    assert world.first.read(digest) == b"good"
    assert (migrated / "aside" / "first" / digest).read_bytes() == b"spoilt"
    assert world.events()[0] == ("damaged", "first")
    assert world.events()[-1] == ("repaired", "first")
    with world.database.reading() as session:
        assert session.get_one(StoredObject, digest).lost_at is None
    assert set(world.first.digests()) == {digest}
    world.database.engine.dispose()


def test_a_store_that_does_not_answer_is_no_damage(migrated: Path) -> None:
    """What was found before is kept, and nothing is written about the rest."""

    class Away(FileStore):
        def open(self, digest: str):  # type: ignore[no-untyped-def]
            raise Unavailable("store.unavailable", "存储暂时无法访问。")

    world = World(migrated)
    world.keep(b"x")
    world.stores = Stores(world.first, Away(migrated / "second"), migrated / "aside")
    with pytest.raises(Unavailable):
        world.check()
    assert world.events() == []
    assert world.lost() == 0
    world.database.engine.dispose()


def announce(world: World, digest: str, *, removed: bool = False) -> None:
    """Let a disposal begin to take the object out, or have it taken out."""
    with world.database.unit_of_work() as session:
        removal.announce(session, [digest], register_no="XH-2026-0001", now=world.now)
    if removed:
        removal.remove(world.database, world.stores, digest, now=world.now)


def anything_of(world: World) -> list[Path]:
    """Return every file of objects, sealed or not, of their keys, and of damaged bytes."""
    folders = ("first", "second", "envelopes", "aside")
    return [path for name in folders for path in (world.folder / name).rglob("*") if path.is_file()]


def test_a_disposal_takes_the_object_out_of_every_place(world: World) -> None:
    """Both stores, the key, and the damaged bytes that a repair kept: by none of them anything can be read."""
    digest = world.keep(b"good")
    world.check()
    for name in list(world.first.digests()):
        spoil(world.first, name)
    world.check()
    spoil(world.second, digest)
    world.check()
    assert list((world.folder / "aside").rglob(f"{digest}*"))
    announce(world, digest, removed=True)
    assert anything_of(world) == []
    assert world.stores.holding(digest) == []


def test_each_place_that_holds_an_object_is_named(world: World) -> None:
    """Also the damaged bytes of a store that is no longer used."""
    digest = world.keep(b"good")
    world.check()
    assert world.stores.holding(digest) == ["对象存储", "第二存储"]
    world.second.remove_for_good(digest)
    assert world.stores.holding(digest) == ["对象存储"]
    (world.folder / "aside" / "second").mkdir(parents=True)
    (world.folder / "aside" / "second" / digest).write_bytes(b"spoilt")
    assert Stores(world.stores.first, None, world.stores.aside).holding(digest) == ["对象存储", "校验隔离目录"]


def test_what_a_disposal_takes_out_is_not_mended_copied_or_lost(world: World) -> None:
    """Half way through it the object is missing in one store, then in both."""
    digest, other = world.keep(b"goes"), world.keep(b"stays")
    world.check()
    announce(world, digest)
    for store in (world.stores.first, world.second):
        store.remove_for_good(digest)
        assert world.check() == Round(objects=1, size_bytes=5)
        assert not store.exists(digest)
    announce(world, digest, removed=True)
    world.check()
    assert (world.events(), world.lost()) == ([], 0)
    assert world.stores.first.exists(other)


@pytest.mark.parametrize("state", ["new", "damaged", "both"])
def test_a_disposal_in_the_middle_of_a_check_wins(migrated: Path, state: str) -> None:
    """The check chose the object and reads it while the disposal takes it out: what it copied meanwhile goes too."""
    world = World(migrated)
    digest = world.keep(b"good")
    if state != "new":
        world.check()
        spoil(world.second, digest)
    if state == "both":
        spoil(world.first, digest)

    class Late(FileStore):
        """A store in which the object is removed everywhere while it is read for the `number`th time."""

        reads = 0

        def open(self, digest: str) -> BinaryIO:
            opened = super().open(digest)
            self.reads += 1
            if self.reads == (1 if state == "both" else 2):
                announce(world, digest, removed=True)
            return opened

    before = world.stores
    world.stores = Stores(Late(world.first.root), before.second, before.aside)
    world.check()
    assert anything_of(world) == []
    assert world.lost() == 0
    assert "lost" not in [outcome for outcome, _ in world.events()]
    world.database.engine.dispose()


def test_bytes_that_come_back_on_record_are_kept(world: World) -> None:
    """A later original with the same bytes is none of the disposal's business."""
    digest = world.keep(b"good")
    announce(world, digest, removed=True)
    world.keep(b"good")
    assert world.check() == Round(objects=1, size_bytes=4, copies=1)
    assert not removal.take_back(world.database, world.stores, digest)
    assert world.stores.holding(digest) == ["对象存储", "第二存储"]


def test_the_second_store_is_another_folder(tmp_path: Path) -> None:
    """A copy of a store in itself would be none."""
    home = tmp_path / "home"
    assert open_second(Settings(home=home)) is None
    with pytest.raises(Exception, match="第二存储"):
        open_second(Settings(home=home, second_store=os.fspath(home / "objects")))


def test_a_second_store_in_a_bucket_is_copied_to_and_mended_both_ways(migrated: Path) -> None:
    """As a folder is; what was bad is kept aside, and bytes that were mended carry no lock any more."""
    with lock_server.running() as server:
        world = World(migrated)
        bucket = server.store("second")
        world.stores = Stores(world.first, bucket, migrated / "aside")
        digest = world.keep(b"good")
        assert world.check() == Round(objects=1, size_bytes=4, copies=1)
        assert bucket.read(digest) == b"good"
        server.versions(digest, "second")[0].data = b"spoilt"
        with world.database.unit_of_work() as session:
            for name in ("first", "second"):
                lock = {"name": digest, "held": False, "state": "kept", "code": "", "seen_at": NOW}
                session.add(ObjectLock(digest=digest, store=name, **lock))
        assert world.check().repaired == 1
        assert bucket.read(digest) == b"good"
        assert (migrated / "aside" / "second" / digest).read_bytes() == b"spoilt"
        with world.database.reading() as session:
            assert session.scalars(select(ObjectLock.store)).all() == ["first"]
        spoil(world.first, digest)
        assert world.check().repaired == 1
        assert world.first.read(digest) == b"good"
        spoil(world.first, digest)
        server.versions(digest, "second")[0].data = b"spoilt"
        assert world.check().lost == 1
        assert world.events()[-3:] == [("damaged", "first"), ("damaged", "second"), ("lost", "both")]
        world.database.engine.dispose()


KILLED_AT_THE_LOCK = """
import os, signal, sys
from pathlib import Path
from tests.fixity.test_checks import World, bucket_at
from archive_service.storage import retain
from archive_service.storage.places import Stores
def killed(real):
    def run(*a, **k):
        done = real(*a, **k) if sys.argv[3] == "after" else None
        os.kill(os.getpid(), signal.SIGKILL)
    return run
world = World(Path(sys.argv[1]))
world.stores = Stores(bucket_at(sys.argv[2]), world.second, world.folder / "aside")
retain.keep = killed(retain.keep)
world.check(0)
world.check()
"""


def bucket_at(endpoint: str) -> S3Store:
    store = S3Store(endpoint=endpoint, access_key="a", secret_key="b" * 8, bucket="archive", secure=False, timeout_s=5)
    store.prepare()
    return store


@pytest.mark.parametrize("stop", ["nowhere", "busy", "before", "after"])
def test_what_is_mended_is_locked_as_it_was_with_the_repair(migrated: Path, stop: str) -> None:
    """Day and hold; killed before or behind the lock, or when the server has no time, the next round does it."""
    until = NOW + timedelta(days=2000)
    with lock_server.running() as server:
        world = World(migrated)
        bucket = bucket_at(server.endpoint)
        world.stores = Stores(bucket, world.second, migrated / "aside")
        digest = world.keep(b"good")
        prove_all(world.database, world.stores, now=clock.now())
        world.check()
        (place,) = retain.places(world.stores)
        said = retain.settle(place, digest, known=None, least=until, until=until, held=True)
        with world.database.unit_of_work() as session:
            lock_rows.note(session, said, now=NOW)
        (bad,) = server.versions(digest)
        bad.data = b"spoilt"
        if stop in ("before", "after"):
            command = [sys.executable, "-c", KILLED_AT_THE_LOCK, str(migrated), server.endpoint, stop]
            assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
        if stop == "busy":
            server.mood = "busy"
            with pytest.raises(Unavailable):
                world.check()
            server.mood = "good"
        if stop != "nowhere":
            assert world.events() == [("damaged", "first")]
        world.check()
        assert world.events() == [("damaged", "first"), ("repaired", "first")]
        mended = server.versions(digest)[0]
        assert (mended.data, mended.until, mended.held) == (b"good", until, True)
        with world.database.reading() as session:
            row = session.get_one(ObjectLock, (digest, "first"))
            assert (row.state, row.version, row.until, row.held) == ("kept", mended.id, until, True)
        with pytest.raises(Refused):
            bucket.remove_for_good(digest)
        world.database.engine.dispose()


def test_a_second_store_that_is_away_is_no_damage(migrated: Path) -> None:
    """Nothing is written down as damaged, and the next round goes on."""
    world = World(migrated)
    with lock_server.running() as server:
        bucket = server.store("second")
    world.stores = Stores(world.first, bucket, migrated / "aside")
    world.keep(b"good")
    with pytest.raises(Unavailable):
        world.check()
    assert world.events() == []
    world.database.engine.dispose()


def test_the_second_bucket_is_named_whole_and_another_than_the_first(tmp_path: Path) -> None:
    """Its server and keys are settings of their own."""
    with lock_server.running() as server:
        here = {
            "home": tmp_path / "home", "second_store": "s3://second", "second_s3_endpoint": server.endpoint,
            "second_s3_access_key": "a", "second_s3_secret_key": "b" * 8, "second_s3_secure": False,
        }  # fmt: skip
        opened = open_second(Settings(**here))
        assert opened is not None
        assert opened.read(opened.put_bytes(b"good").digest) == b"good"
        assert list(server.buckets) == ["second"]
        first = {"store": "s3", "s3_endpoint": server.endpoint, "s3_bucket": "second"}
        wrong = ({"second_s3_endpoint": ""}, {"second_store": "s3://"}, {"second_store": "s3://a/b"}, first)
        codes = []
        for change in wrong:
            with pytest.raises(Invalid) as caught:
                open_second(Settings(**here | change))
            codes.append(caught.value.code)
    assert codes == ["settings.second-address"] * 3 + ["settings.second-bucket"]
