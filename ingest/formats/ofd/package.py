"""The ZIP of an OFD: files by their names inside, nothing on disk, every byte counted."""

from __future__ import annotations

import posixpath
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from ingest.errors import refuse
from ingest.formats import zips
from ingest.formats.limits import Limits
from ingest.formats.ofd import xml

_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, ValueError, struct.error, NotImplementedError)
_CHUNK = 1 << 16
_ENCRYPTED = 0x1
#: No description of a page is larger: it is held in memory as a tree.
_LARGEST_XML = 48 * 1024 * 1024


class Absent(Exception):
    """The package holds no file of that name."""


class Package:
    """An opened OFD."""

    def __init__(self, package: zipfile.ZipFile, limits: Limits, *, packed_bytes: int) -> None:
        self._zip = package
        self._counter = zips.Counter(limits, packed_bytes=packed_bytes)
        self.limits = limits
        #: What has been made of files of the package, by their names: fonts are the same on all pages.
        self.made: dict[str, Any] = {}
        self._counted: set[str] = set()
        infos = package.infolist()
        if len(infos) > limits.max_zip_members:
            raise refuse("file.unpack-limit", limit=limits.max_zip_members)
        if any(info.flag_bits & _ENCRYPTED for info in infos):
            raise refuse("file.password/ofd")
        if any(zips.is_unsafe(info.orig_filename) for info in infos):
            raise refuse("file.unreadable/outside")
        files = [info for info in infos if not info.is_dir()]
        self._infos = {info.filename.replace("\\", "/").removeprefix("./").lower(): info for info in files}
        # Two files of one name: another reader would show the other one.
        if len(self._infos) != len(files):
            raise refuse("file.damaged/ofd")
        if "encryptions.xml" in self._infos:
            raise refuse("file.password/ofd")

    def __contains__(self, name: str) -> bool:
        return name.lower() in self._infos

    def read(self, name: str, *, most: int | None = None) -> bytes:
        """Return a file. Raises Absent, FileRefused."""
        info = self._infos.get(name.lower())
        if info is None:
            raise Absent(name)
        parts, size = [], 0
        try:
            with self._zip.open(info) as member:
                while chunk := member.read(_CHUNK):
                    size += len(chunk)
                    if info.filename not in self._counted:
                        self._counter.add(len(chunk), member_bytes=size, member_packed=info.compress_size)
                    if most is not None and size > most:
                        raise refuse("file.unpack-limit", limit=most)
                    parts.append(chunk)
        except RuntimeError as error:
            if isinstance(error, NotImplementedError):
                raise refuse("file.type-not-accepted/method") from error
            raise refuse("file.password/ofd") from error
        except _BROKEN as error:
            raise refuse("file.damaged/ofd") from error
        # Templates and fonts are read for every page; they are as large as before.
        self._counted.add(info.filename)
        return b"".join(parts)

    def xml(self, name: str) -> xml.Node:
        """Return a file as a tree. Raises Absent, FileRefused."""
        return xml.parse(self.read(name, most=_LARGEST_XML))

    def find(self, location: str, *folders: str) -> str:
        """Return the name of what `location` means, seen from the first of `folders` where there is such a file.

        Makers differ over what a location is relative to. Raises Absent; FileRefused for one that leads outside.
        """
        names = [resolved(location, folder) for folder in folders]
        for name in names:
            if name in self:
                return name
        raise Absent(location)


def resolved(location: str, folder: str) -> str:
    """Return the name inside the package of a location given by a file of `folder`. Raises FileRefused."""
    plain = location.strip().replace("\\", "/")
    if ":" in plain or "\0" in plain:
        raise refuse("file.unreadable/outside")
    name = posixpath.normpath(plain.lstrip("/") if plain.startswith("/") else posixpath.join(folder, plain))
    if name == ".." or name.startswith("../"):
        raise refuse("file.unreadable/outside")
    return name


def folder_of(name: str) -> str:
    """Return the folder of a file inside the package."""
    return posixpath.dirname(name)


@contextmanager
def opened(source: Path | BinaryIO, limits: Limits, *, packed_bytes: int) -> Iterator[Package]:
    """Open the ZIP of an OFD. Raises FileRefused."""
    try:
        archive = zipfile.ZipFile(source)
    except _BROKEN as error:
        raise refuse("file.damaged/ofd") from error
    with archive:
        yield Package(archive, limits, packed_bytes=packed_bytes)
