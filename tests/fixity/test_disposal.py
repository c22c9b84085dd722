"""What a disposal takes out is gone from every place, whatever a check is doing meanwhile."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

import pytest

from archive_service.fixity.actions import Round
from archive_service.storage import removal
from archive_service.storage.files import FileStore
from archive_service.storage.places import Stores
from tests.support.two_stores import World, spoil


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
