"""Bytes sealed piece by piece with AES-256-GCM, under a key that belongs to one object only.

Each piece is authenticated with its number and with whether it is the last, so that pieces that were changed, swapped,
repeated or cut off are refused. As no key seals two objects, the number of a piece can be its nonce. The scheme is the
STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár 2015).
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from typing import Any, BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from archive_service.storage.store import Readable

#: Begins every sealed object and says in which way it is sealed.
MAGIC = b"ARCSEAL1"
#: Plain bytes of a piece, and how many more it has when sealed.
PIECE, TAG = 256 * 1024, 16


class Sealer:
    """Gives the sealed bytes of `source`, and afterwards the sha256 and the size of the plain ones."""

    def __init__(self, source: Readable, key: bytes) -> None:
        self._source, self._cipher = source, AESGCM(key)
        self._seen, self.size_bytes = hashlib.sha256(), 0

    @property
    def digest(self) -> str:
        """Return the sha256 of the plain bytes sealed so far."""
        return self._seen.hexdigest()

    def seal(self, write: Callable[[bytes], object]) -> None:
        """Hand all sealed bytes to `write`."""
        write(MAGIC)
        number, piece = 0, self._piece()
        while True:
            following = self._piece() if len(piece) == PIECE else b""
            write(self._cipher.encrypt(_nonce(number, last=not following), piece, None))
            if not following:
                return
            number, piece = number + 1, following

    def _piece(self) -> bytes:
        parts, lacking = [], PIECE
        while lacking and (part := self._source.read(lacking)):
            parts.append(part)
            lacking -= len(part)
        piece = b"".join(parts)
        self._seen.update(piece)
        self.size_bytes += len(piece)
        return piece


class Opened(io.RawIOBase):
    """The plain bytes of a sealed object; reading raises the given error where they are not what was sealed."""

    def __init__(self, sealed: BinaryIO, key: bytes, refused: Callable[[], Exception]) -> None:
        self._sealed, self._cipher, self._refused = sealed, AESGCM(key), refused
        self._number, self._left, self._ended = 0, b"", False
        if self._take(len(MAGIC)) != MAGIC:
            raise refused()
        self._next = self._take(PIECE + TAG)

    def readable(self) -> bool:
        """Say yes."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer with the next bytes; return how many, none at the end."""
        while not self._left and not self._ended:
            self._open_piece()
        part = self._left[: len(buffer)]
        self._left = self._left[len(part) :]
        buffer[: len(part)] = part
        return len(part)

    def close(self) -> None:
        """Close the sealed bytes too."""
        if not self.closed:
            self._sealed.close()
        super().close()

    def _open_piece(self) -> None:
        piece = self._next
        self._next = self._take(PIECE + TAG) if len(piece) == PIECE + TAG else b""
        try:
            self._left = self._cipher.decrypt(_nonce(self._number, last=not self._next), piece, None)
        except InvalidTag:
            raise self._refused() from None
        self._number += 1
        self._ended = not self._next

    def _take(self, size: int) -> bytes:
        parts, lacking = [], size
        while lacking and (part := self._sealed.read(lacking)):
            parts.append(part)
            lacking -= len(part)
        return b"".join(parts)


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])
