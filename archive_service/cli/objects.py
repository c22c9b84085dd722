"""Read objects to their end, piece by piece, and say what is wrong with those that cannot be."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from typing import BinaryIO

from archive_service.errors import ArchiveError, Damaged, NotFound
from archive_service.storage.store import CHUNK, damaged


class Unreadable(Damaged):
    """The disk or its rights do not let us read bytes that are there."""


def blocks(opened: Callable[[str], BinaryIO], digest: str) -> Iterator[bytes]:
    """Yield the bytes of an object; raises NotFound, Unreadable, and Damaged once they turn out to be others."""
    seen = hashlib.sha256()
    try:
        with opened(digest) as source:
            while block := source.read(CHUNK):
                seen.update(block)
                yield block
    except OSError as e:
        raise Unreadable("object.unreadable", "内容无法读取。请检查磁盘和文件权限。", digest=digest) from e
    if seen.hexdigest() != digest:
        raise damaged(digest)


def fault(error: ArchiveError) -> str:
    """Return the kind of finding that an error of `blocks` stands for."""
    if isinstance(error, NotFound):
        return "object.missing"
    return "object.unreadable" if isinstance(error, Unreadable) else "object.damaged"
