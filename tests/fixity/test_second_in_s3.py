"""The second store in a bucket: copied to and mended as a folder is, and what is mended is locked again."""

from __future__ import annotations

import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from archive_service import clock
from archive_service.errors import Invalid, Refused, Unavailable
from archive_service.fixity.actions import Round
from archive_service.fixity.proofs import prove_all
from archive_service.settings import Settings
from archive_service.storage import lock_rows, retain
from archive_service.storage.choose import open_second
from archive_service.storage.places import Stores
from archive_service.storage.tables import ObjectLock
from tests.support import lock_server
from tests.support.two_stores import NOW, World, bucket_at, spoil


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
from tests.support.two_stores import World, bucket_at
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
