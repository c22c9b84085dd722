"""Writing a household out of the store as a bag; every object is checked against its digest on the way."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable
from datetime import date
from typing import BinaryIO

from sqlalchemy.orm import Session

from archive_service.exchange import content as contents
from archive_service.exchange import dat46
from archive_service.exchange.bags.write import BagWriter, Target
from archive_service.exchange.content import Content
from archive_service.storage.store import ObjectStore, damaged

HOUSEHOLD = "metadata/household.json"
METADATA = "metadata/dat46.xml"
#: What a file is, by its first bytes; the record says of originals only that they are bytes.
_KINDS = (
    (b"%PDF", "pdf"), (b"\xff\xd8\xff", "jpg"), (b"\x89PNG", "png"), (b"II*\0", "tif"), (b"MM\0*", "tif"),
    (b"PK\x03\x04", "zip"), (b"{", "json"), (b"[", "json"),
)  # fmt: skip
#: Told of each object that was written: how many of how many.
Progress = Callable[[int, int], None]


def write_bag(
    target: Target,
    session: Session,
    store: ObjectStore,
    content: Content,
    *,
    program: str,
    on: date,
    sign: Callable[[bytes], bytes] | None = None,
    progress: Progress = lambda done, total: None,
) -> int:
    """Write a whole bag and return how many files its payload has. Raises Damaged, NotFound for an object."""
    bag = BagWriter(target)
    paths: dict[str, str] = {}
    total = len(content.objects) + len(content.carried)
    for done, (digest, role) in enumerate(content.objects.items(), start=1):
        paths[digest] = _put(bag, store, digest, f"{role}s/{digest}")
        progress(done, total)
    for number, digest in enumerate(content.carried, start=1):
        _put(bag, store, digest, f"history/{number:04d}.jsonl", named=True)
        progress(len(content.objects) + number, total)
    bag.add(f"history/{len(content.carried) + 1:04d}.jsonl", _Lines(contents.history(session, content)))
    said = {**content.said, "files": paths}
    bag.add(HOUSEHOLD, io.BytesIO(json.dumps(said, ensure_ascii=False, sort_keys=True, indent=1).encode()))
    bag.add(METADATA, io.BytesIO(dat46.xml(content.said)))
    head = content.said["household"]
    info = [
        ("Source-Organization", content.said["unit"]),
        ("External-Identifier", head["account_no"]),
        ("External-Description", f"电力客户档案 户号 {head['account_no']}"),
        ("Bag-Software-Agent", program),
    ]
    bag.finish(info, on=on, sign=sign)
    return total + 3


def _put(bag: BagWriter, store: ObjectStore, digest: str, path: str, *, named: bool = False) -> str:
    """Write an object, and return its path; an object that does not match its digest ends the package."""
    with store.open(digest) as stream:
        first = stream.read(8)
        place = path if named else f"{path}.{kind_of(first)}"
        if bag.add(place, _Prefixed(first, stream)) != digest:
            raise damaged(digest)
    return f"data/{place}"


def kind_of(first: bytes) -> str:
    """Return the ending that a file with these first bytes should have."""
    return next((kind for start, kind in _KINDS if first.startswith(start)), "bin")


class _Prefixed:
    """A stream of which the first bytes were read already."""

    def __init__(self, first: bytes, rest: BinaryIO) -> None:
        self._first, self._rest = first, rest

    def read(self, size: int = -1, /) -> bytes:
        """Return the next bytes."""
        if self._first:
            found, self._first = self._first, b""
            return found
        return self._rest.read(size)


class _Lines:
    """A stream of lines that are made as they are read."""

    def __init__(self, lines: object) -> None:
        self._lines = iter(lines)  # type: ignore[call-overload]

    def read(self, size: int = -1, /) -> bytes:
        """Return the next line, nothing at the end."""
        found: bytes = next(self._lines, b"")
        return found


def manifest_digest(read: Callable[[str], bytes], name: str) -> str:
    """Return the sha256 of the file that lists a package, by which others name it."""
    return hashlib.sha256(read(name)).hexdigest()
