"""Packages of other archives, ZIP or TAR: unpacked under their own names, which are hostile until they are looked at.

What may not come in is a finding and is not written; nothing is followed, and every byte that comes out is counted.
"""

from __future__ import annotations

import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from archive_service.exchange.bags import names
from archive_service.exchange.bags.check import Limits as Most
from archive_service.exchange.bags.check import check
from archive_service.exchange.bags.tags import MOST_FINDINGS
from archive_service.exchange.eep.read import read_eep
from archive_service.exchange.findings import Finding, as_facts, printable
from ingest.errors import FileRefused, refuse
from ingest.formats import kinds, zips
from ingest.formats.limits import Limits
from ingest.formats.zips import Counter

#: Folder that the content is written to, in the folder of the step.
TREE = "tree"
_CHUNK = 1 << 16
#: What a Mac adds beside what was packed.
_BESIDE = "__MACOSX/"


def unpack(path: Path, work: Path, limits: Limits, *, most_files: int) -> list[dict[str, str]]:
    """Write the files of a package to `work`/tree under their own names and return what may not come in.

    Raises FileRefused for what is no ZIP or TAR, is damaged or has a password, or holds too much.
    """
    into = _Tree(work / TREE, Counter(limits, packed_bytes=path.stat().st_size), most_files)
    if _is_tar(path):
        _of_tar(path, into)
    else:
        _of_zip(path, into)
    return as_facts(list(dict.fromkeys(into.findings))[:MOST_FINDINGS])


def check_bag(folder: Path, *, files: int, size_bytes: int) -> dict[str, Any]:
    """Check the bag in `folder`, all of it."""
    found = check(folder, limits=Most(files, size_bytes))
    told = {"findings": as_facts(found.findings), "warnings": as_facts(found.warnings)}
    return {**told, "files": found.files, "digests": found.digests, "info": found.info}


def check_eep(folder: Path, work: Path, *, files: int, size_bytes: int) -> dict[str, Any]:
    """Read the EEP package in `folder`; what stands in its XML, and what is signed, becomes files in `work`."""
    found = read_eep(folder, desk=work, limits=Most(files, size_bytes))
    said = None if found.signatures is None else [vars(one) for one in found.signatures]
    inline = {path: place.name for path, place in found.inline.items()}
    listed = {"findings": as_facts(found.findings), "files": found.files, "digests": found.digests}
    return {**listed, "inline": inline, "signatures": said}


class _Tree:
    """The folder that a package is unpacked to, and what was found on the way."""

    def __init__(self, folder: Path, counter: Counter, most: int) -> None:
        self._folder, self._counter, self._most = folder, counter, Most(files=most)
        self._seen = {True: 0, False: 0}
        self.findings: list[Finding] = []
        folder.mkdir()

    def is_full(self, *, is_folder: bool) -> bool:
        """Count an entry and say whether it is one too many, which then is a finding."""
        self._seen[is_folder] += 1
        if self._seen[is_folder] <= self._most.entries:
            return False
        self.find("bag.too-many", "", f"文件超过 {self._most.files} 个，没有继续检查。")
        return True

    def find(self, code: str, path: str, said: str) -> None:
        """Note a finding."""
        self.findings.append(Finding(code, printable(path), said))

    def fits(self, path: str) -> bool:
        """Say whether something may be written under this name; if not, it is a finding."""
        wrong = names.path_finding(path)
        if wrong is not None:
            self.findings.append(wrong)
        return wrong is None

    def add_folder(self, path: str) -> None:
        """Make a folder: a bag may have one without a file in it."""
        try:
            (self._folder / path).mkdir(parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError):
            self._twice(path)

    def _twice(self, path: str) -> None:
        self.find("bag.duplicate", path, "在压缩包里不止一次，或者既是文件又是文件夹。")

    def write(self, path: str, chunks: Iterator[bytes], *, packed: int) -> None:
        """Write a file, which must not be there yet. Raises FileRefused when too much comes out."""
        place, written = self._folder / path, 0
        try:
            out = _begun(place)
        except (FileExistsError, NotADirectoryError, IsADirectoryError):
            self._twice(path)
            return
        with out:
            for chunk in chunks:
                written += len(chunk)
                self._counter.add(len(chunk), member_bytes=written, member_packed=packed)
                out.write(chunk)


def _begun(place: Path) -> BinaryIO:
    """Begin a file, in a folder that is made when it is not there."""
    try:
        return place.open("xb")
    except FileNotFoundError:
        place.parent.mkdir(parents=True, exist_ok=True)
        return place.open("xb")


def _is_tar(path: Path) -> bool:
    """Say whether it is a TAR. Raises FileRefused for what is neither TAR nor ZIP."""
    with path.open("rb") as file:
        head = file.read(512)
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return False
    if head[257:262] == b"ustar" or _is_old_tar(head):
        return True
    try:
        kind = kinds.identify(path)
    except FileRefused as error:
        kind = str(error.facts.get("looks_like", "unknown"))
    raise refuse("file.type-not-accepted/package", looks_like=kind)


def _is_old_tar(head: bytes) -> bool:
    """Say whether it begins as a TAR from before there was a mark for them: by the sum over its first header."""
    try:
        tarfile.TarInfo.frombuf(head, "utf-8", "surrogateescape")
    except tarfile.HeaderError:
        return False
    return True


def _of_zip(path: Path, into: _Tree) -> None:
    try:
        with zipfile.ZipFile(path) as package:
            if any(info.flag_bits & zips.ENCRYPTED for info in package.infolist()):
                raise refuse("file.password/zip")
            for info in package.infolist():
                if into.is_full(is_folder=info.is_dir()):
                    return
                _zip_entry(package, info, into)
    except NotImplementedError as error:
        raise refuse("file.type-not-accepted/method") from error
    except RuntimeError as error:
        raise refuse("file.password/zip") from error
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, struct.error) as error:
        raise refuse("file.damaged/zip") from error


def _zip_entry(package: zipfile.ZipFile, info: zipfile.ZipInfo, into: _Tree) -> None:
    path, mode = zips.name_of(info).removeprefix("./"), info.external_attr >> 16
    if path.startswith(_BESIDE):
        return
    is_folder = path.endswith("/")
    if not path or not into.fits(path.removesuffix("/")):
        return
    if is_folder:
        into.add_folder(path)
        return
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        into.find("bag.link", path, "是链接或特殊文件，不是普通文件。")
        return
    with package.open(info) as member:
        into.write(path, _chunks(member.read), packed=info.compress_size)


def _of_tar(path: Path, into: _Tree) -> None:
    try:
        with tarfile.open(path, "r:") as package:
            for one in package:
                if into.is_full(is_folder=one.isdir()):
                    return
                _tar_entry(package, one, into)
    except (tarfile.TarError, EOFError, ValueError, OverflowError) as error:
        raise refuse("file.damaged/zip") from error


def _tar_entry(package: tarfile.TarFile, one: tarfile.TarInfo, into: _Tree) -> None:
    # As `tar -cf … .` writes it.
    path = one.name.removeprefix("./")
    if (one.isdir() and path in ("", ".")) or not into.fits(path):
        return
    if one.isdir():
        into.add_folder(path)
        return
    # A sparse file says of a few bytes that they are many.
    if not one.isreg() or one.issparse():
        into.find("bag.link", path, "是链接或特殊文件，不是普通文件。")
        return
    member = package.extractfile(one)
    assert member is not None
    into.write(path, _chunks(member.read), packed=one.size)


def _chunks(read: Callable[[int], bytes]) -> Iterator[bytes]:
    while chunk := read(_CHUNK):
        yield chunk
