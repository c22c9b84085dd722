"""Encrypted objects: nothing altered is handed out, keys change without objects, a destroyed key is the end."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from archive_service.audit.tables import AuditEntry
from archive_service.db.session import Database
from archive_service.errors import Damaged, NotFound, Refused, Unavailable
from archive_service.settings import Settings
from archive_service.storage.choose import open_store
from archive_service.storage.encrypted import EncryptedStore, drop_old, rotate, use_of_keys
from archive_service.storage.files import FileStore
from archive_service.storage.key_ring import KeyRing
from archive_service.storage.sealing import MAGIC, PIECE, TAG
from tests.support import records

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
THREE = os.urandom(2 * PIECE + 100)
WHOLE = PIECE + TAG


@pytest.fixture
def store(tmp_path: Path) -> EncryptedStore:
    return make(tmp_path)


def make(folder: Path) -> EncryptedStore:
    ring = KeyRing(folder / "keys")
    if not ring.keys():
        ring.add(now=NOW)
    return EncryptedStore(FileStore(folder / "objects"), ring, folder / "envelopes")


def sealed_file(store: EncryptedStore, digest: str) -> Path:
    envelope = store.envelope(digest)
    assert envelope is not None
    assert isinstance(store.inner, FileStore)
    path = store.inner.root / envelope.cipher[:2] / envelope.cipher[2:4] / envelope.cipher
    path.chmod(0o600)
    return path


@pytest.mark.parametrize("size", [0, 1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE])
def test_any_size_comes_back(store: EncryptedStore, size: int) -> None:
    """Also where the bytes end with a piece."""
    data = os.urandom(size)
    assert store.read(store.put(io.BytesIO(data)).digest) == data


def test_the_disk_holds_nothing_readable(store: EncryptedStore, tmp_path: Path) -> None:
    """Neither the bytes nor the key of the object stand anywhere in the open."""
    words = "户主身份证号码".encode() * 50
    store.put_bytes(words)
    kept = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert kept
    assert not any(words[:20] in one for one in kept)


SWAPS: dict[str, Callable[[bytes], bytes]] = {
    "pieces swapped": lambda b: b[:8] + b[8 + WHOLE : 8 + 2 * WHOLE] + b[8 : 8 + WHOLE] + b[8 + 2 * WHOLE :],
    "a piece repeated": lambda b: b[: 8 + WHOLE] + b[8:],
    "a piece left out": lambda b: b[:8] + b[8 + WHOLE :],
    "the last piece cut off": lambda b: b[: 8 + 2 * WHOLE],
    "a byte cut off": lambda b: b[:-1],
    "a byte added": lambda b: b + b"x",
    "nothing left but the beginning": lambda b: b[:8],
    "nothing left": lambda b: b"",
}


@pytest.mark.parametrize("change", SWAPS.values(), ids=SWAPS.keys())
def test_pieces_in_another_order_or_cut_off_are_refused(
    store: EncryptedStore, tmp_path: Path, change: Callable[[bytes], bytes]
) -> None:
    """The order and the end of the pieces are authenticated, not only each piece."""
    digest = store.put_bytes(THREE).digest
    path = sealed_file(store, digest)
    path.write_bytes(change(path.read_bytes()))
    with pytest.raises(Damaged):
        store.read(digest)
    with pytest.raises(Damaged):
        store.fetch(digest, tmp_path / "copy")
    assert not (tmp_path / "copy").exists()


def test_any_flipped_byte_is_refused(store: EncryptedStore) -> None:
    """Wherever it stands: every byte of a small object, one after the other."""
    digest = store.put_bytes(b"contract").digest
    path = sealed_file(store, digest)
    good = path.read_bytes()
    assert len(good) == len(MAGIC) + len(b"contract") + TAG
    for place in range(len(good)):
        path.write_bytes(good[:place] + bytes([good[place] ^ 1]) + good[place + 1 :])
        with pytest.raises(Damaged):
            store.read(digest)
    path.write_bytes(good)
    assert store.read(digest) == b"contract"


def test_an_envelope_that_was_exchanged_is_refused(store: EncryptedStore) -> None:
    """The key of one object does not open another, nor itself under another name."""
    one, other = store.put_bytes(b"one").digest, store.put_bytes(b"other").digest
    place = store.envelopes / one[:2] / one
    place.write_bytes((store.envelopes / other[:2] / other).read_bytes())
    with pytest.raises(Damaged):
        store.read(one)
    assert store.read(other) == b"other"


def test_a_new_key_rewrites_no_object(store: EncryptedStore) -> None:
    """Envelopes change, sealed files do not; the old key can go after a day, and everything is still read."""
    digests = [store.put_bytes(text.encode()).digest for text in ("甲", "乙", "丙")]
    files = {digest: sealed_file(store, digest).stat() for digest in digests}
    assert rotate([store], now=NOW) == 3
    assert {digest: sealed_file(store, digest).stat().st_ino for digest in digests} == {
        digest: one.st_ino for digest, one in files.items()
    }
    assert [(one.current, one.objects) for one in use_of_keys([store])] == [(False, 0), (True, 3)]
    with pytest.raises(Refused):
        drop_old([store], now=NOW + timedelta(hours=23))
    assert drop_old([store], now=NOW + timedelta(hours=24)) == 1
    assert [store.read(digest).decode() for digest in digests] == ["甲", "乙", "丙"]


def test_an_old_key_that_still_opens_something_stays(store: EncryptedStore) -> None:
    """Whatever day it is."""
    store.put_bytes(b"x")
    store.ring.add(now=NOW)
    with pytest.raises(Refused) as caught:
        drop_old([store], now=NOW + timedelta(days=900))
    assert caught.value.code == "key.in-use"


@pytest.mark.parametrize("step", range(1, 8))
def test_a_rotation_that_is_killed_at_any_step_is_resumed(tmp_path: Path, step: int) -> None:
    """Killed before its nth replacing of a file: all is read, and the next call finishes with that same key."""
    store = make(tmp_path)
    digests = [store.put_bytes(bytes([number])).digest for number in range(5)]
    killed = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path), str(step)], check=False)
    assert killed.returncode == (-signal.SIGKILL if step < 7 else 0)
    assert [store.read(digest) for digest in digests] == [bytes([number]) for number in range(5)]
    rotate([store], now=NOW)
    assert [one.objects for one in use_of_keys([store])][-1] == 5
    assert len(store.ring.keys()) == (3 if step == 7 else 2)


KILLED = """
import os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from tests.storage.test_encryption import NOW, make
from archive_service.storage.encrypted import rotate
replaced, real = 0, Path.replace
def replace(self, target):
    global replaced
    replaced += 1
    if replaced == int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)
    return real(self, target)
store = make(Path(sys.argv[1]))
Path.replace = replace
rotate([store], now=NOW)
"""


def test_a_destroyed_key_is_the_end_of_the_object(store: EncryptedStore) -> None:
    """Its sealed bytes may be kept by a lock; nobody reads them."""
    digest = store.put_bytes(b"to be destroyed").digest
    path = sealed_file(store, digest)
    store.forget(digest)
    assert path.exists()
    assert not store.exists(digest)
    assert digest not in set(store.digests())
    with pytest.raises(NotFound):
        store.read(digest)
    assert store.put_bytes(b"to be destroyed").new is True


def test_bad_bytes_are_mended_and_kept_aside(store: EncryptedStore, tmp_path: Path) -> None:
    """From a good source only."""
    digest = store.put_bytes(b"good").digest
    sealed_file(store, digest).write_bytes(b"bad")
    with pytest.raises(Damaged):
        store.mend(digest, io.BytesIO(b"other"), tmp_path / "aside")
    store.mend(digest, io.BytesIO(b"good"), tmp_path / "aside")
    assert store.read(digest) == b"good"
    before = json.loads((tmp_path / "aside" / f"{digest}.envelope").read_text())
    assert store.inner.exists(before["cipher"])


def test_what_was_kept_before_encryption_is_still_read(tmp_path: Path) -> None:
    """Encryption may be switched on later."""
    digest = FileStore(tmp_path / "objects").put_bytes(b"early").digest
    store = make(tmp_path)
    assert store.read(digest) == b"early"
    assert list(store.digests()) == [digest]
    assert store.put_bytes(b"early").new is False


def test_without_its_keys_a_store_does_not_begin_anew(tmp_path: Path) -> None:
    """A missing file of keys is an error, not a reason to make a new one."""
    settings = Settings(home=tmp_path / "home", encryption_key_file=str(tmp_path / "outside" / "keys"))
    digest = open_store(settings).put_bytes(b"x").digest
    assert digest == hashlib.sha256(b"x").hexdigest()
    (tmp_path / "outside" / "keys").unlink()
    with pytest.raises(Unavailable) as caught:
        open_store(settings)
    assert caught.value.code == "key.missing"


def test_with_the_keys_of_another_archive_nothing_is_stored(tmp_path: Path) -> None:
    """What was stored under them could not be read once the right file is back; with both keys in it, it opens."""
    given = Settings(home=tmp_path / "home", encryption_key_file=str(tmp_path / "keys"))
    digest = open_store(given).put_bytes(b"secret").digest
    right = (tmp_path / "keys").read_bytes()
    (tmp_path / "keys").unlink()
    KeyRing(tmp_path / "keys").add(now=NOW)
    with pytest.raises(Unavailable) as told:
        open_store(given)
    assert told.value.code == "key.another"
    (tmp_path / "keys").write_bytes(right)
    open_store(given).ring.add(now=NOW)
    assert open_store(given).read(digest) == b"secret"


def test_a_rotation_that_is_killed_is_on_record(settings: Settings, migrated_file: Path, tmp_path: Path) -> None:
    """Begun before anything is wrapped anew; done only when all of it is; called again, it ends what was begun."""
    settings.home.mkdir()
    shutil.copy(migrated_file, settings.home / "archive.db")
    changed = settings.model_copy(update={"encryption_key_file": str(tmp_path / "outside" / "keys")})
    store = open_store(changed)
    for number in range(3):
        store.put_bytes(bytes([number]))
    database = Database(changed.url())
    with database.unit_of_work() as session:
        # Who keeps the keys does so for every unit: there has to be one.
        records.unit(session)
    database.close()
    environment = {**os.environ, **changed.environment()}

    def told() -> list[str]:
        database = Database(changed.url())
        with database.reading() as session:
            did = list(session.scalars(select(AuditEntry.did).where(AuditEntry.object_id == "keys")))
        database.close()
        return did

    killed = subprocess.run([sys.executable, "-c", ROTATION, "2"], env=environment, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert told() == ["keys.rotation-begun"]
    again = subprocess.run([sys.executable, "-c", ROTATION, "0"], env=environment, check=False, capture_output=True)
    assert again.returncode == 0, again.stderr
    assert told() == ["keys.rotation-begun", "keys.rotation-begun", "keys.rotated"]
    opened = open_store(changed)
    assert isinstance(opened, EncryptedStore)
    assert [one.objects for one in use_of_keys([opened])][-1] == 3


ROTATION = """
import os, signal, sys
from archive_service.cli.main import main
from archive_service.storage.encrypted import EncryptedStore
wrapped, last, real = 0, int(sys.argv[1]), EncryptedStore.rewrap
def rewrap(self, digest):
    global wrapped
    wrapped += 1
    if wrapped == last:
        os.kill(os.getpid(), signal.SIGKILL)
    return real(self, digest)
EncryptedStore.rewrap = rewrap
sys.argv[1:] = ["keys", "rotate"]
main()
"""
