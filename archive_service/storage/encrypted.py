"""Encryption at rest: a store around another one, in which every object is sealed under a key of its own.

The object's key is wrapped by a key of the key ring and kept in an envelope, a small file beside the store named after
the digest of the plain bytes. Changing the wrapping key rewrites envelopes and no object; destroying the envelope
destroys the object, also where a lock of the store still keeps the sealed bytes.
"""

from __future__ import annotations

import base64
import binascii
import io
import json
import os
import re
import secrets
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO, cast

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from archive_service.errors import Damaged, Refused
from archive_service.storage.files import FileStore, unavailable
from archive_service.storage.key_ring import KeyRing, write_whole
from archive_service.storage.sealing import Opened, Sealer
from archive_service.storage.store import CHUNK, ObjectStore, Readable, Stored, copy_checked, damaged, missing

_NAME = re.compile(r"[0-9a-f]{64}")
#: Another process may still write an envelope under the key that was in use when it began; so long an old one is kept.
KEPT = timedelta(hours=24)


@dataclass(frozen=True)
class Envelope:
    """Where the sealed bytes are, and the key that opens them, wrapped."""

    cipher: str
    key_id: str
    wrapped: str


class EncryptedStore:
    """Objects sealed in `inner`, their envelopes in the folder `envelopes`."""

    def __init__(self, inner: ObjectStore, ring: KeyRing, envelopes: Path) -> None:
        self.inner, self.ring, self.envelopes = inner, ring, envelopes
        envelopes.mkdir(mode=0o700, parents=True, exist_ok=True)

    def put(self, source: Readable) -> Stored:
        """Store all of `source` durably before returning; nothing of it is ever on the disk unsealed."""
        key = secrets.token_bytes(32)
        # Small objects wait in memory, larger ones sealed on the disk, until their digest is known.
        with tempfile.SpooledTemporaryFile(max_size=4 * CHUNK) as spool:
            sealer = Sealer(source, key)
            try:
                sealer.seal(spool.write)
            except OSError as e:
                raise unavailable(e) from e
            digest, size = sealer.digest, sealer.size_bytes
            if self.exists(digest):
                return Stored(digest, size, new=False)
            spool.seek(0)
            cipher = self.inner.put(cast(Readable, spool)).digest
        return Stored(digest, size, new=self._enclose(digest, cipher, key))

    def put_bytes(self, data: bytes) -> Stored:
        """Store `data` durably before returning."""
        return self.put(io.BytesIO(data))

    def open(self, digest: str) -> BinaryIO:
        """Open the bytes for reading; a piece that was altered, moved or cut off raises Damaged when it is reached."""
        envelope = self.envelope(digest)
        if envelope is None:
            # Stored before encryption was switched on.
            return self.inner.open(digest)
        key = self._unwrap(digest, envelope)
        return cast(BinaryIO, io.BufferedReader(Opened(self.inner.open(envelope.cipher), key, lambda: damaged(digest))))

    def read(self, digest: str) -> bytes:
        """Return the bytes after checking them."""
        if self.envelope(digest) is None:
            return self.inner.read(digest)
        with self.open(digest) as source:
            return source.read()

    def fetch(self, digest: str, to: Path) -> None:
        """Copy the bytes to the file `to`, checking them on the way."""
        with self.open(digest) as source:
            copy_checked(source, digest, to)

    def exists(self, digest: str) -> bool:
        """Say whether the store holds bytes under `digest`, and the key to them."""
        envelope = self.envelope(digest, strict=False)
        return self.inner.exists(envelope.cipher if envelope else digest)

    def digests(self) -> Iterator[str]:
        """Yield the digest of every object; sealed bytes without envelope, left by a crash, under their own."""
        sealed = set()
        for digest in self.enclosed():
            envelope = self.envelope(digest, strict=False)
            if envelope is not None:
                sealed.add(envelope.cipher)
            if envelope is None or self.inner.exists(envelope.cipher):
                yield digest
        yield from (digest for digest in self.inner.digests() if digest not in sealed)

    def mend(self, digest: str, source: Readable, aside: Path) -> None:
        """Seal good bytes anew in the place of bad ones; what was there is kept in the folder `aside`."""
        aside.mkdir(parents=True, exist_ok=True)
        path, before = self._path(digest), self.envelope(digest, strict=False)
        key = secrets.token_bytes(32)
        with tempfile.SpooledTemporaryFile(max_size=4 * CHUNK) as spool:
            sealer = Sealer(source, key)
            sealer.seal(spool.write)
            if sealer.digest != digest:
                raise damaged(digest)
            spool.seek(0)
            cipher = self.inner.put(cast(Readable, spool)).digest
        if before is not None and self.inner.exists(before.cipher):
            # The old sealed bytes stay where they are, and this says under which name.
            write_whole(aside / f"{digest}.envelope", path.read_bytes(), mode=0o440)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, self._wrap(digest, cipher, key), mode=0o600)

    def protect(self, digest: str) -> bool:
        """Take every right to write to the sealed bytes away, where they are files; say whether there was one."""
        envelope = self.envelope(digest, strict=False)
        return isinstance(self.inner, FileStore) and self.inner.protect(envelope.cipher if envelope else digest)

    def forget(self, digest: str) -> None:
        """Destroy the key of an object, durably: from now on nobody can read it, wherever its sealed bytes are kept."""
        path = self._path(digest)
        try:
            if not path.exists():
                return
            with path.open("r+b") as file:
                file.write(b"\0" * path.stat().st_size)
                file.flush()
                os.fsync(file.fileno())
            path.unlink()
            handle = os.open(path.parent, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)
        except OSError as e:
            raise unavailable(e) from e

    def remove_for_good(self, digest: str) -> None:
        """Take out the sealed bytes, and bytes from before encryption, then destroy the key.

        Where a lock of the inner store keeps the sealed bytes, they are left without a key.
        """
        envelope = self.envelope(digest, strict=False)
        if envelope is not None:
            self._remove_sealed(envelope.cipher)
        self.inner.remove_for_good(digest)
        # Last, since only the envelope knows the name of the sealed bytes.
        self.forget(digest)

    def remove_set_aside(self, envelope: Path) -> None:
        """Take out the bad bytes that `mend` left in the store, of which the file `envelope` says the name."""
        try:
            cipher = str(json.loads(envelope.read_bytes())["cipher"])
        except FileNotFoundError:
            return
        except (ValueError, KeyError, TypeError):
            # Half written: it held no name yet.
            return
        self._remove_sealed(cipher)

    def _remove_sealed(self, cipher: str) -> None:
        with suppress(Refused):
            self.inner.remove_for_good(cipher)

    def enclosed(self) -> Iterator[str]:
        """Yield the digest of every envelope."""
        for _, _, names in os.walk(self.envelopes):
            yield from (name for name in names if _NAME.fullmatch(name))

    def envelope(self, digest: str, *, strict: bool = True) -> Envelope | None:
        """Return the envelope of an object; none when it has none. Raises Damaged when it cannot be read."""
        try:
            said = json.loads(self._path(digest).read_bytes())
            return Envelope(cipher=str(said["cipher"]), key_id=str(said["key_id"]), wrapped=str(said["wrapped"]))
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError) as e:
            if strict:
                raise damaged(digest) from e
            return None

    def rewrap(self, digest: str) -> bool:
        """Wrap the key of an object with the key in use; say whether it was another. Raises Damaged."""
        envelope = self.envelope(digest)
        if envelope is None or envelope.key_id == self.ring.current().id:
            return False
        key = self._unwrap(digest, envelope)
        write_whole(self._path(digest), self._wrap(digest, envelope.cipher, key), mode=0o600)
        return True

    def _enclose(self, digest: str, cipher: str, key: bytes) -> bool:
        path = self._path(digest)
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            if path.exists() and not self.exists(digest):
                # The sealed bytes of this envelope are gone: these take their place.
                write_whole(path, self._wrap(digest, cipher, key), mode=0o600)
                return True
            part = path.with_name(f".{digest}.{secrets.token_hex(8)}")
            write_whole(part, self._wrap(digest, cipher, key), mode=0o600)
            try:
                os.link(part, path)
            except FileExistsError:
                return False
            finally:
                part.unlink()
        except OSError as e:
            raise unavailable(e) from e
        return True

    def _wrap(self, digest: str, cipher: str, key: bytes) -> bytes:
        wrapping, nonce = self.ring.current(), secrets.token_bytes(12)
        sealed = nonce + AESGCM(wrapping.key).encrypt(nonce, key, f"{digest} {cipher}".encode())
        return json.dumps(asdict(Envelope(cipher, wrapping.id, base64.b64encode(sealed).decode()))).encode()

    def _unwrap(self, digest: str, envelope: Envelope) -> bytes:
        wrapping = self.ring.key(envelope.key_id)
        try:
            sealed = base64.b64decode(envelope.wrapped, validate=True)
            return AESGCM(wrapping).decrypt(sealed[:12], sealed[12:], f"{digest} {envelope.cipher}".encode())
        except (InvalidTag, ValueError, binascii.Error) as e:
            raise damaged(digest) from e

    def _path(self, digest: str) -> Path:
        if not _NAME.fullmatch(digest):
            raise missing(digest)
        return self.envelopes / digest[:2] / digest


@dataclass(frozen=True)
class KeyUse:
    """A wrapping key: since when, whether it is in use, and how many objects it still opens."""

    id: str
    made_at: datetime
    current: bool
    objects: int


def rotate(stores: Sequence[EncryptedStore], *, now: datetime) -> int:
    """Put a new wrapping key in use and wrap the key of every object of stores with one key ring; return how many.

    Stopped half way, the next call goes on with the key that was made, and makes no further one.
    """
    ring = stores[0].ring
    current = ring.current().id
    if not any(_under_another(store, digest, current) for store in stores for digest in store.enclosed()):
        ring.add(now=now)
    return sum(store.rewrap(digest) for store in stores for digest in list(store.enclosed()))


def use_of_keys(stores: Sequence[EncryptedStore]) -> list[KeyUse]:
    """Return the wrapping keys and what they open, the one in use last. Raises Damaged for an unreadable envelope."""
    counts: Counter[str] = Counter()
    for store in stores:
        for digest in store.enclosed():
            envelope = store.envelope(digest)
            counts[envelope.key_id if envelope else ""] += 1
    keys = stores[0].ring.keys()
    return [KeyUse(one.id, one.made_at, one == keys[-1], counts[one.id]) for one in keys]


def drop_old(stores: Sequence[EncryptedStore], *, now: datetime) -> int:
    """Forget wrapping keys that open nothing any more; return how many. Raises Refused when it is too early."""
    uses = use_of_keys(stores)
    old = [one for one in uses if not one.current]
    if old and now - uses[-1].made_at < KEPT:
        raise Refused("key.too-early", "新密钥启用不满 24 小时，旧密钥还不能删除。请明天再试。")
    if any(one.objects for one in old):
        raise Refused("key.in-use", "还有内容使用旧密钥。请先运行 keys rotate，完成后再删除旧密钥。")
    if old:
        stores[0].ring.keep({uses[-1].id})
    return len(old)


def _under_another(store: EncryptedStore, digest: str, current: str) -> bool:
    try:
        envelope = store.envelope(digest)
    except Damaged:
        return False
    return envelope is not None and envelope.key_id != current
