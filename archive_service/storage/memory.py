"""An object store in memory, for tests."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from archive_service.storage.store import Readable, Stored, copy_checked, missing, read_checked


class MemoryStore:
    """Objects in a dictionary."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}

    def put(self, source: Readable) -> Stored:
        """Store all of `source`."""
        return self.put_bytes(source.read())

    def put_bytes(self, data: bytes) -> Stored:
        """Store `data`."""
        digest = hashlib.sha256(data).hexdigest()
        new = digest not in self.objects
        self.objects.setdefault(digest, data)
        return Stored(digest, len(data), new)

    def open(self, digest: str) -> BinaryIO:
        """Open the bytes for reading."""
        if digest not in self.objects:
            raise missing(digest)
        return io.BytesIO(self.objects[digest])

    def read(self, digest: str) -> bytes:
        """Return the bytes after checking them."""
        return read_checked(self.open(digest), digest)

    def fetch(self, digest: str, to: Path) -> None:
        """Copy the bytes to the file `to`, checking them on the way."""
        copy_checked(self.open(digest), digest, to)

    def exists(self, digest: str) -> bool:
        """Say whether the store holds bytes under `digest`."""
        return digest in self.objects

    def mend(self, digest: str, source: Readable, aside: Path) -> None:
        """Put good bytes in the place of bad ones."""
        data = read_checked(source, digest)
        if digest in self.objects:
            aside.mkdir(parents=True, exist_ok=True)
            (aside / digest).write_bytes(self.objects[digest])
        self.objects[digest] = data

    def digests(self) -> Iterator[str]:
        """Yield the digest of every object."""
        yield from list(self.objects)

    def remove_for_good(self, digest: str) -> None:
        """Take the bytes out of the dictionary."""
        self.objects.pop(digest, None)
