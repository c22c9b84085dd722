"""Writing a bag piece by piece, into a folder or into one ZIP file; the same content gives the same bytes."""

from __future__ import annotations

import hashlib
import os
import zipfile
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import IO, Protocol

from archive_service.exchange.bags import names
from archive_service.storage.store import CHUNK, Readable

_ALGORITHMS = ("sha256", "sha512")
_DECLARATION = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
#: The earliest moment that a ZIP can name: moments of writing would make no two packages alike.
_MOMENT = (1980, 1, 1, 0, 0, 0)
_MODE = 0o644


class Target(Protocol):
    """Where the files of a package go."""

    def open(self, path: str) -> IO[bytes]:
        """Begin a file; it is there once it is closed."""


class FolderTarget:
    """A folder; it is made when it is not there."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def open(self, path: str) -> IO[bytes]:
        """Begin a file, which must not be there yet."""
        place = self._folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        return place.open("xb")


class ZipTarget:
    """One ZIP file, not compressed: pictures would not become smaller, and every reader opens it."""

    def __init__(self, archive: zipfile.ZipFile, top: str) -> None:
        self._archive, self._top = archive, top

    def open(self, path: str) -> IO[bytes]:
        """Begin a file below the one folder that the ZIP holds."""
        about = zipfile.ZipInfo(f"{self._top}/{path}", _MOMENT)
        about.external_attr = _MODE << 16
        about.create_system = 3
        return self._archive.open(about, "w", force_zip64=True)


class BagWriter:
    """A bag that is being written: payload first, then `finish`."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._payload: dict[str, tuple[str, ...]] = {}
        self._tags: dict[str, tuple[str, ...]] = {}
        self._bytes = 0

    def add(self, path: str, source: Readable) -> str:
        """Copy a payload file to `data/path` and return its sha256."""
        assert names.problem(path) is None, path
        sums = [hashlib.new(name) for name in _ALGORITHMS]
        with self._target.open(f"data/{path}") as out:
            while chunk := source.read(CHUNK):
                self._bytes += len(chunk)
                for one in sums:
                    one.update(chunk)
                out.write(chunk)
        self._payload[f"data/{path}"] = tuple(one.hexdigest() for one in sums)
        return sums[0].hexdigest()

    def finish(
        self, info: Sequence[tuple[str, str]], *, on: date, sign: Callable[[bytes], bytes] | None = None
    ) -> None:
        """Write the tag files; `info` is what stands in `bag-info.txt` besides size and day.

        `sign` makes a file of signature over the list of the tag files, and so over all that they list.
        """
        self._tag("bagit.txt", _DECLARATION)
        told = [*info, ("Bagging-Date", on.isoformat()), ("Payload-Oxum", f"{self._bytes}.{len(self._payload)}")]
        self._tag("bag-info.txt", "".join(f"{name}: {_one_line(value)}\n" for name, value in told))
        for at, algorithm in enumerate(_ALGORITHMS):
            self._tag(f"manifest-{algorithm}.txt", _listing(self._payload, at))
        known = dict(self._tags)
        for at, algorithm in enumerate(_ALGORITHMS):
            self._tag(f"tagmanifest-{algorithm}.txt", _listing(known, at))
        if sign is not None:
            with self._target.open(names.SIGNATURE) as out:
                out.write(sign(_listing(known, 0).encode()))

    def _tag(self, name: str, text: str) -> None:
        content = text.encode()
        with self._target.open(name) as out:
            out.write(content)
        self._tags[name] = tuple(hashlib.new(one, content).hexdigest() for one in _ALGORITHMS)


def _listing(files: dict[str, tuple[str, ...]], at: int) -> str:
    return "".join(f"{digests[at]}  {names.encoded(path)}\n" for path, digests in sorted(files.items()))


def _one_line(text: str) -> str:
    return " ".join(text.split())


def settle(folder: Path) -> None:
    """Bring all files of a folder to the disk before it is called whole."""
    for at, _, files in os.walk(folder):
        for name in files:
            with open(os.path.join(at, name), "rb") as stream:
                os.fsync(stream.fileno())
