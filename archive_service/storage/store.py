"""The port of the object store: bytes under their sha256, written once."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from archive_service.errors import Damaged, NotFound

CHUNK = 1024 * 1024


@dataclass(frozen=True)
class Stored:
    """What was put: its digest and size, and whether the store did not hold it before."""

    digest: str
    size_bytes: int
    new: bool


class Readable(Protocol):
    """Anything that bytes can be read from, piece by piece."""

    def read(self, size: int = -1, /) -> bytes:
        """Return the next bytes, at most `size`; none at the end."""


class ObjectStore(Protocol):
    """Keeps bytes under their digest. Putting the same bytes again changes nothing."""

    def put(self, source: Readable) -> Stored:
        """Store all of `source` durably before returning.

        Raises Unavailable when the disk or server cannot take it, Damaged when something of another size has its name.
        """

    def put_bytes(self, data: bytes) -> Stored:
        """Store `data` durably before returning."""

    def open(self, digest: str) -> BinaryIO:
        """Open the bytes for reading; the reader checks nothing. Raises NotFound."""

    def read(self, digest: str) -> bytes:
        """Return the bytes after checking them. Raises NotFound, Damaged."""

    def fetch(self, digest: str, to: Path) -> None:
        """Copy the bytes to the file `to`, checking them on the way. Raises NotFound, Damaged."""

    def exists(self, digest: str) -> bool:
        """Say whether the store holds bytes under `digest`."""

    def digests(self) -> Iterator[str]:
        """Yield the digest of every object, in no particular order."""

    def remove_for_good(self, digest: str) -> None:
        """Take the bytes out, every version of them; nothing happens where there are none.

        Called by `storage.removal` and by nothing else: what is removed was on an approved plan of disposal. Raises
        Refused where a lock of the store still holds them, Unavailable when disk or server do not answer.
        """

    def mend(self, digest: str, source: Readable, aside: Path) -> None:
        """Put good bytes in the place of bad ones or of none, and keep what was there in the folder `aside`.

        Raises Damaged, and changes nothing, when `source` has other bytes than `digest` says; Unavailable.
        """


def missing(digest: str) -> NotFound:
    """Return the error for an object that the store does not hold."""
    return NotFound("store.not-found", "存储中找不到这份内容。请运行 verify 查明原因，并从备份恢复。", digest=digest)


def damaged(digest: str) -> Damaged:
    """Return the error for bytes that no longer match their digest."""
    return Damaged("store.damaged", "存储内容与登记的摘要不符，已停止读取。请运行 verify 并从备份恢复。", digest=digest)


def read_checked(source: Readable, digest: str) -> bytes:
    """Return all bytes of `source`; raise Damaged when they do not match `digest`."""
    data = source.read()
    if hashlib.sha256(data).hexdigest() != digest:
        raise damaged(digest)
    return data


def copy_checked(source: BinaryIO, digest: str, to: Path) -> None:
    """Copy `source` to the file `to`; raise Damaged when the bytes do not match `digest`, and leave no half copy."""
    seen = hashlib.sha256()
    try:
        with to.open("wb") as target:
            while chunk := source.read(CHUNK):
                seen.update(chunk)
                target.write(chunk)
        if seen.hexdigest() != digest:
            raise damaged(digest)
    except BaseException:
        to.unlink(missing_ok=True)
        raise
