"""The archive's own keys: files in `secrets/` of the home folder that only its user may read."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from pathlib import Path

from archive_service.errors import Unavailable
from archive_service.settings import Settings

#: Hashes identity numbers; makes the secrets of webhooks.
IDENTITY, WEBHOOK = "identity", "webhook"
_BYTES = 32


def key(settings: Settings, name: str) -> bytes:
    """Return a key of 32 bytes, made if it is not there. Raises Unavailable when its file cannot be read or made."""
    given = settings.identity_key.get_secret_value() if name == IDENTITY else ""
    return given.encode() or file(settings, f"{name}.key", lambda: secrets.token_bytes(_BYTES))


def file(settings: Settings, name: str, make: Callable[[], bytes]) -> bytes:
    """Return a file of the folder, made if it is not there. Raises Unavailable when it cannot be read or made."""
    path = settings.home / "secrets" / name
    try:
        if not path.exists():
            _write(path, make())
        return path.read_bytes()
    except OSError as e:
        raise Unavailable(
            "key.unreadable", "档案库的密钥文件无法读取。请检查数据目录 secrets 的权限。", key=name
        ) from e


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Written beside and linked into place: of two processes that make it at once one wins, and nobody reads half a key.
    part = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as opened:
            opened.write(content)
            opened.flush()
            os.fsync(opened.fileno())
        try:
            os.link(part, path)
        except FileExistsError:
            return
    finally:
        part.unlink(missing_ok=True)
