"""Whatever is done to the file of an object is found, and mended from the other store."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest

from archive_service.errors import Damaged, NotFound
from tests.support.two_stores import World, spoil


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
