"""Damage in one store is mended from the other; in both it is told, and nothing is touched."""

from __future__ import annotations

import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from archive_service.audit.tables import AuditEntry
from archive_service.fixity.actions import Round
from archive_service.storage.tables import StoredObject
from tests.support.two_stores import World, spoil


def test_a_damaged_copy_is_mended_from_the_good_one(world: World) -> None:
    """The bad bytes are kept aside."""
    digest = world.keep(b"good")
    world.check()
    spoil(world.second, digest)
    assert world.check().repaired == 1
    assert world.second.read(digest) == b"good"
    assert (world.folder / "aside" / "second" / digest).read_bytes() == b"spoilt"
    assert world.events() == [("damaged", "second"), ("repaired", "second")]


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
from tests.support.two_stores import World
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
