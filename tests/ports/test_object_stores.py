"""Every object store keeps bytes under their digest, once, and notices when they change."""

from __future__ import annotations

import errno
import hashlib
import io
import os
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from archive_service.errors import Damaged, NotFound, Unavailable
from archive_service.storage import files
from archive_service.storage.encrypted import EncryptedStore
from archive_service.storage.files import FileStore
from archive_service.storage.key_ring import KeyRing
from archive_service.storage.memory import MemoryStore
from archive_service.storage.store import ObjectStore
from tests.support import s3_servers

BIG = os.urandom(3 * 1024 * 1024 + 17)


@pytest.fixture(params=["files", "memory", "encrypted", *s3_servers.PARAMS])
def any_store(request: pytest.FixtureRequest, tmp_path: Path) -> ObjectStore:
    """Each store in turn; S3 on each server whose address is given."""
    if request.param == "files":
        return FileStore(tmp_path / "objects")
    if request.param == "memory":
        return MemoryStore()
    if request.param == "encrypted":
        ring = KeyRing(tmp_path / "keys")
        ring.add(now=datetime(2026, 11, 20, tzinfo=UTC))
        return EncryptedStore(FileStore(tmp_path / "sealed"), ring, tmp_path / "envelopes")
    return s3_servers.open_store(request.param)


def test_what_is_put_is_read_back_under_its_sha256(any_store: ObjectStore) -> None:
    """The digest is the address."""
    stored = any_store.put(io.BytesIO(BIG))
    assert stored.digest == hashlib.sha256(BIG).hexdigest()
    assert stored.size_bytes == len(BIG)
    assert any_store.read(stored.digest) == BIG


def test_putting_the_same_bytes_again_stores_nothing_new(any_store: ObjectStore) -> None:
    """A second put answers that the bytes were there."""
    assert any_store.put_bytes(b"once").new is True
    assert any_store.put_bytes(b"once").new is False
    assert any_store.put(io.BytesIO(b"once")).new is False


def test_no_bytes_at_all_can_be_put(any_store: ObjectStore) -> None:
    """An empty object is an object."""
    assert any_store.read(any_store.put_bytes(b"").digest) == b""


def test_an_unknown_digest_is_not_found(any_store: ObjectStore) -> None:
    """Reading what was never put is NotFound, not an empty answer."""
    assert not any_store.exists("0" * 64)
    with pytest.raises(NotFound):
        any_store.read("0" * 64)


def test_all_digests_are_listed(any_store: ObjectStore) -> None:
    """A check can walk over everything that is kept."""
    put = {any_store.put_bytes(text.encode()).digest for text in ("甲", "乙", "丙")}
    assert put <= set(any_store.digests())


def test_fetch_copies_to_a_file(any_store: ObjectStore, tmp_path: Path) -> None:
    """The copy has the same bytes."""
    digest = any_store.put_bytes(BIG).digest
    any_store.fetch(digest, tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == BIG


def test_a_large_object_comes_back_piece_by_piece(any_store: ObjectStore) -> None:
    """Large enough to be sent in parts where the store knows parts; a reader may take as little as it likes."""
    large = os.urandom(12 * 1024 * 1024 + 1)
    digest = any_store.put(io.BytesIO(large)).digest
    assert any_store.read(digest) == large
    with any_store.open(digest) as source:
        assert source.read(10) == large[:10]
        assert source.read(3 * 1024 * 1024) == large[10 : 10 + 3 * 1024 * 1024]


def test_many_who_put_the_same_bytes_at_once_make_one_object(any_store: ObjectStore) -> None:
    """Everyone gets the same good answer."""
    data = os.urandom(50_000)
    with ThreadPoolExecutor(8) as pool:
        stored = list(pool.map(lambda _: any_store.put(io.BytesIO(data)), range(16)))
    assert {one.digest for one in stored} == {hashlib.sha256(data).hexdigest()}
    assert [digest for digest in any_store.digests() if digest == stored[0].digest] == [stored[0].digest]
    assert any_store.read(stored[0].digest) == data


def test_what_is_removed_for_good_is_gone_and_the_rest_stays(any_store: ObjectStore) -> None:
    """Again, or where there is nothing, removing does nothing; the same bytes can come back later."""
    gone, kept = (any_store.put_bytes(data).digest for data in (b"goes", b"stays"))
    for _ in range(2):
        any_store.remove_for_good(gone)
    any_store.remove_for_good("0" * 64)
    assert not any_store.exists(gone)
    with pytest.raises(NotFound):
        any_store.open(gone)
    assert list(any_store.digests()) == [kept]
    assert any_store.read(kept) == b"stays"
    assert any_store.put_bytes(b"goes").new is True
    assert any_store.read(gone) == b"goes"


def path_of(store: FileStore, digest: str) -> Path:
    return store.root / digest[:2] / digest[2:4] / digest


def test_altered_bytes_are_never_handed_out(tmp_path: Path) -> None:
    """A flipped byte is damage on reading and on copying, and no copy is left behind."""
    store = FileStore(tmp_path / "objects")
    digest = store.put_bytes(b"contract").digest
    path_of(store, digest).chmod(0o600)
    path_of(store, digest).write_bytes(b"contracT")
    with pytest.raises(Damaged):
        store.read(digest)
    with pytest.raises(Damaged):
        store.fetch(digest, tmp_path / "copy")
    assert not (tmp_path / "copy").exists()


def test_stored_files_are_read_only(tmp_path: Path) -> None:
    """Nobody may write to an object, its owner included."""
    store = FileStore(tmp_path / "objects")
    digest = store.put_bytes(b"x").digest
    assert path_of(store, digest).stat().st_mode & 0o222 == 0


class FullDisk(io.BytesIO):
    """A target on which nothing more can be written."""

    def write(self, data: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    def fileno(self) -> int:
        return -1


def test_a_full_disk_is_said_and_nothing_half_written_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The caller learns that nothing was kept, and no partial object or temporary file is left."""
    store = FileStore(tmp_path / "objects")

    def out_of_space(handle: int, _mode: str) -> FullDisk:
        os.close(handle)
        return FullDisk()

    monkeypatch.setattr(files.os, "fdopen", out_of_space)
    with pytest.raises(Unavailable) as caught:
        store.put(io.BytesIO(BIG))
    assert caught.value.code == "store.full"
    assert list(store.digests()) == []
    assert list((store.root / "tmp").iterdir()) == []


class Torn(io.BytesIO):
    """A source whose connection breaks in the middle."""

    def read(self, size: int | None = -1, /) -> bytes:
        if self.tell() > 0:
            raise ConnectionResetError
        return super().read(10)


def test_a_torn_upload_leaves_nothing(tmp_path: Path) -> None:
    """A source that breaks half way leaves no object."""
    store = FileStore(tmp_path / "objects")
    with pytest.raises(Unavailable):
        store.put(Torn(BIG))
    assert list(store.digests()) == []
