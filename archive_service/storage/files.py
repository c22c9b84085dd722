"""The embedded object store: read-only files in folders named after their digests.

A put writes to a temporary file, flushes it to the disk, and only then gives it its name, so a crash leaves either the
whole object or a temporary file that `sweep` removes. Names are linked, never replaced.
"""

from __future__ import annotations

import errno
import hashlib
import io
import os
import re
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from archive_service.errors import Unavailable
from archive_service.storage.room import free_bytes
from archive_service.storage.store import CHUNK, Readable, Stored, copy_checked, damaged, missing, read_checked

_NAME = re.compile(r"[0-9a-f]{64}")


class FileStore:
    """Objects as read-only files below one folder, spread over 65,536 folders by their first four digits."""

    def __init__(self, root: Path, *, reserve_bytes: int = 0) -> None:
        self.root = root
        #: Below so many free bytes nothing new is put: on a full disk not even what people read could be put on record.
        self.reserve_bytes = reserve_bytes
        self._temporary = root / "tmp"
        self._temporary.mkdir(parents=True, exist_ok=True)

    def put(self, source: Readable) -> Stored:
        """Store all of `source` durably before returning."""
        try:
            if self.reserve_bytes and free_bytes(self.root) < self.reserve_bytes:
                raise OSError(errno.ENOSPC, "what is left is reserved")
            return self._put(source)
        except OSError as e:
            raise unavailable(e) from e

    def put_bytes(self, data: bytes) -> Stored:
        """Store `data` durably before returning."""
        digest = hashlib.sha256(data).hexdigest()
        if self.exists(digest):
            self._check_size(digest, len(data))
            return Stored(digest, len(data), new=False)
        return self.put(io.BytesIO(data))

    def open(self, digest: str) -> BinaryIO:
        """Open the bytes for reading; a link or anything else that stands in their place is damage."""
        try:
            handle = os.open(self._path(digest), os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except FileNotFoundError as e:
            raise missing(digest) from e
        except OSError as e:
            if e.errno in (errno.ELOOP, errno.ENOTDIR, errno.ENXIO):
                raise damaged(digest) from e
            raise
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            os.close(handle)
            raise damaged(digest)
        return os.fdopen(handle, "rb")

    def read(self, digest: str) -> bytes:
        """Return the bytes after checking them."""
        with self.open(digest) as source:
            return read_checked(source, digest)

    def fetch(self, digest: str, to: Path) -> None:
        """Copy the bytes to the file `to`, checking them on the way."""
        with self.open(digest) as source:
            copy_checked(source, digest, to)

    def exists(self, digest: str) -> bool:
        """Say whether the store holds bytes under `digest`."""
        return os.path.lexists(self._path(digest))

    def digests(self) -> Iterator[str]:
        """Yield the digest of every object."""
        for folder, below, names in os.walk(self.root):
            if Path(folder) == self._temporary:
                # Nor what a self-test writes in a folder there.
                below.clear()
                continue
            yield from (name for name in names if _NAME.fullmatch(name))

    def remove_for_good(self, digest: str) -> None:
        """Take the file out of its folder, durably."""
        path = self._path(digest)
        try:
            path.unlink(missing_ok=True)
            if path.parent.exists():
                sync_folder(path.parent)
        except OSError as e:
            raise unavailable(e) from e

    def mend(self, digest: str, source: Readable, aside: Path) -> None:
        """Put good bytes in the place of bad ones in one step; the bad file is kept in the folder `aside`."""
        try:
            self._mend(digest, source, aside)
        except OSError as e:
            raise unavailable(e) from e

    def protect(self, digest: str) -> bool:
        """Take every right to write to an object away; say whether there was one."""
        path = self._path(digest)
        try:
            if not path.lstat().st_mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH):
                return False
            path.chmod(0o440)
        except FileNotFoundError:
            return False
        except OSError as e:
            raise unavailable(e) from e
        return True

    def sweep(self, *, older_than_s: float = 86_400) -> int:
        """Remove temporary files that a crash left behind; return how many."""
        old = [p for p in self._temporary.iterdir() if time.time() - p.stat().st_mtime > older_than_s]
        for path in old:
            path.unlink(missing_ok=True)
        return len(old)

    def _put(self, source: Readable) -> Stored:
        handle, name = tempfile.mkstemp(dir=self._temporary)
        temporary = Path(name)
        try:
            digest, size = _write_durably(source, handle)
            new = self._give_name(temporary, digest)
            if not new:
                self._check_size(digest, size)
        finally:
            temporary.unlink(missing_ok=True)
        return Stored(digest, size, new)

    def _check_size(self, digest: str, size: int) -> None:
        """Raise Damaged for a file that was cut off or grew: what is handed in now would be taken for kept."""
        if self._path(digest).stat().st_size != size:
            raise damaged(digest)

    def _mend(self, digest: str, source: Readable, aside: Path) -> None:
        handle, name = tempfile.mkstemp(dir=self._temporary)
        temporary, target = Path(name), self._path(digest)
        try:
            if _write_durably(source, handle)[0] != digest:
                raise damaged(digest)
            temporary.chmod(0o440)
            if os.path.lexists(target):
                aside.mkdir(parents=True, exist_ok=True)
                _keep_aside(target, aside / digest)
            target.parent.mkdir(parents=True, exist_ok=True)
            temporary.replace(target)
            for folder in (target.parent, target.parent.parent, self.root):
                sync_folder(folder)
        finally:
            temporary.unlink(missing_ok=True)

    def _give_name(self, temporary: Path, digest: str) -> bool:
        target = self._path(digest)
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary.chmod(0o440)
        try:
            os.link(temporary, target)
        except FileExistsError:
            return False
        for folder in (target.parent, target.parent.parent, self.root):
            sync_folder(folder)
        return True

    def _path(self, digest: str) -> Path:
        return self.root / digest[:2] / digest[2:4] / digest


def _write_durably(source: Readable, handle: int) -> tuple[str, int]:
    seen, size = hashlib.sha256(), 0
    with os.fdopen(handle, "wb") as target:
        while chunk := source.read(CHUNK):
            seen.update(chunk)
            size += len(chunk)
            target.write(chunk)
        target.flush()
        os.fsync(target.fileno())
    return seen.hexdigest(), size


def _keep_aside(bad: Path, aside: Path) -> None:
    """Copy bad bytes as far as they can be read; a disk that no longer gives them does not stop the repair.

    Of a link it is kept where it led, and a folder that stands in the place of a file is moved away whole.
    """
    if bad.is_dir() and not bad.is_symlink():
        shutil.move(bad, aside.with_name(f"{aside.name}.folder"))
        return
    part = aside.with_name(f".{aside.name}.part")
    try:
        if bad.is_symlink():
            source: BinaryIO = io.BytesIO(os.fsencode(bad.readlink()))
        else:
            source = bad.open("rb")
        with source, part.open("wb") as target:
            while chunk := source.read(CHUNK):
                target.write(chunk)
            target.flush()
            os.fsync(target.fileno())
    except OSError as e:
        if e.errno != errno.EIO:
            raise
    part.replace(aside)


def sync_folder(folder: Path) -> None:
    """Have the names in a folder durable before returning. Raises OSError."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def unavailable(error: OSError) -> Unavailable:
    """Return what is said of a disk that does not take bytes."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return Unavailable("store.full", "存储空间已满，本次内容没有保存。请腾出空间后重新提交。")
    return Unavailable("store.unavailable", "存储暂时无法写入，本次内容没有保存。请检查磁盘后重新提交。")
