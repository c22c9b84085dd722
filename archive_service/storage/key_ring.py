"""The keys that wrap the keys of objects: a file outside of the store, the newest line last.

A line is `<id> <moment> <key in base64>`. The file is only ever replaced as a whole, so that nobody reads half of it.
"""

from __future__ import annotations

import base64
import binascii
import os
import secrets
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from archive_service.errors import Unavailable


@dataclass(frozen=True)
class WrappingKey:
    """A key that wraps others, and when it was made."""

    id: str
    made_at: datetime
    key: bytes


class KeyRing:
    """The file of keys; read anew each time, as another process may have added one."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def keys(self) -> list[WrappingKey]:
        """Return all keys, the one in use last; none when there is no file. Raises Unavailable."""
        try:
            lines = self.path.read_text("ascii").splitlines()
            return [_key(line) for line in lines if line.strip()]
        except FileNotFoundError:
            return []
        except (OSError, ValueError, binascii.Error) as e:
            raise _unreadable() from e

    def current(self) -> WrappingKey:
        """Return the key in use. Raises Unavailable when there is none."""
        keys = self.keys()
        if not keys:
            raise _unreadable()
        return keys[-1]

    def key(self, key_id: str) -> bytes:
        """Return the key of that id. Raises Unavailable when the file does not hold it."""
        for one in self.keys():
            if one.id == key_id:
                return one.key
        raise _unreadable()

    def add(self, *, now: datetime) -> WrappingKey:
        """Make a new key and put it in use, durably."""
        made = WrappingKey(secrets.token_hex(4), now, secrets.token_bytes(32))
        self._write([*self.keys(), made])
        return made

    def keep(self, ids: set[str]) -> None:
        """Forget every key but these, durably."""
        self._write([one for one in self.keys() if one.id in ids])

    def _write(self, keys: list[WrappingKey]) -> None:
        text = "".join(f"{k.id} {k.made_at.isoformat()} {base64.b64encode(k.key).decode()}\n" for k in keys)
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_whole(self.path, text.encode("ascii"), mode=0o600)
        except OSError as e:
            raise _unreadable() from e


def write_whole(path: Path, content: bytes, *, mode: int) -> None:
    """Put a file in the place of the one that is there, durably, so that it is read either old or new."""
    part = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(handle, "wb") as opened:
            opened.write(content)
            opened.flush()
            os.fsync(opened.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _key(line: str) -> WrappingKey:
    key_id, made_at, key = line.split()
    raw = base64.b64decode(key, validate=True)
    if len(raw) != 32:
        raise ValueError("a wrapping key has 32 bytes")
    return WrappingKey(key_id, datetime.fromisoformat(made_at), raw)


def _unreadable() -> Unavailable:
    return Unavailable(
        "key.wrapping",
        "加密存储的密钥文件无法读取，或缺少所需的密钥。请核对 ARCHIVE_ENCRYPTION_KEY_FILE，并从保管处取回密钥文件。",
    )
