"""ZIP files: every byte counted while unpacking, because what the directory says about sizes may be a lie."""

from __future__ import annotations

import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ingest.errors import FileRefused, refuse
from ingest.formats import kinds
from ingest.formats.limits import Limits
from ingest.names import display_name

#: Below this size a member may shrink as much as it likes: a blank page does.
_RATIO_FROM = 10 * 1024 * 1024
_CHUNK = 1 << 16
ENCRYPTED, _UTF8 = 0x1, 0x800
_JUNK_NAMES = {".ds_store", "thumbs.db", "desktop.ini"}


def check(path: Path, limits: Limits) -> tuple[int, list[str]]:
    """Return how many files a ZIP holds for us, and flags. Raises FileRefused; unpacks nothing."""
    with _open(path) as package:
        members, flags = _wanted(package, limits)
        return len(members), flags


def unpack(path: Path, into: Path, limits: Limits) -> list[dict[str, Any]]:
    """Write each member to `into` under a name of ours; return [{file, name, flags}] in the order of the ZIP.

    Names inside the ZIP are only ever shown, never used as paths. Raises FileRefused; all or nothing.
    """
    with _open(path) as package:
        members, _ = _wanted(package, limits)
        counter = Counter(limits, packed_bytes=path.stat().st_size)
        return [_take(package, info, into / f"member-{n:05}", counter) for n, info in enumerate(members, 1)]


class Counter:
    """Counts what really comes out, over all members: overlapping ones are counted as often as they come out."""

    def __init__(self, limits: Limits, *, packed_bytes: int) -> None:
        self._limits = limits
        self._packed = packed_bytes
        self._total = 0

    def add(self, count: int, *, member_bytes: int, member_packed: int) -> None:
        """Count bytes that came out of a member of `member_packed` bytes. Raises FileRefused when it is too much."""
        self._total += count
        ratio = self._limits.max_zip_ratio
        if self._total > self._limits.max_unpacked_bytes:
            raise refuse("file.unpack-limit", limit=self._limits.max_unpacked_bytes)
        if member_bytes > _RATIO_FROM and member_bytes > ratio * max(1, member_packed):
            raise refuse("file.unpack-limit", limit=ratio)
        if self._total > _RATIO_FROM and self._total > ratio * self._packed:
            raise refuse("file.unpack-limit", limit=ratio)


def _open(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except (zipfile.BadZipFile, NotImplementedError, ValueError, struct.error) as error:
        raise refuse("file.damaged/zip") from error


def _wanted(package: zipfile.ZipFile, limits: Limits) -> tuple[list[zipfile.ZipInfo], list[str]]:
    infos = package.infolist()
    if len(infos) > limits.max_zip_members:
        raise refuse("file.unpack-limit", limit=limits.max_zip_members)
    members = [info for info in infos if not info.is_dir() and not _is_junk(info)]
    links = [info for info in members if stat.S_ISLNK(info.external_attr >> 16)]
    members = [info for info in members if info not in links]
    if any(info.flag_bits & ENCRYPTED for info in members):
        raise refuse("file.password/zip")
    if not members:
        raise refuse("file.empty/zip")
    return members, ["links-skipped"] if links else []


def _is_junk(info: zipfile.ZipInfo) -> bool:
    parts = info.filename.replace("\\", "/").lower().split("/")
    return "__macosx" in parts or parts[-1] in _JUNK_NAMES or parts[-1].startswith("._")


def _take(package: zipfile.ZipFile, info: zipfile.ZipInfo, target: Path, counter: Counter) -> dict[str, Any]:
    raw = name_of(info)
    try:
        with target.open("wb") as out:
            written = 0
            for chunk in _chunks(package, info):
                written += len(chunk)
                counter.add(len(chunk), member_bytes=written, member_packed=info.compress_size)
                out.write(chunk)
    except NotImplementedError as error:
        raise refuse("file.type-not-accepted/method") from error
    except RuntimeError as error:
        raise refuse("file.password/zip") from error
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, struct.error) as error:
        raise refuse("file.damaged/zip") from error
    name = display_name(raw)
    if _is_zip(target):
        raise refuse("file.zip-nested", member=name)
    return {"file": target.name, "name": name, "flags": ["unsafe-name"] if is_unsafe(raw) else []}


def _chunks(package: zipfile.ZipFile, info: zipfile.ZipInfo) -> Iterator[bytes]:
    with package.open(info) as member:
        while chunk := member.read(_CHUNK):
            yield chunk


def _is_zip(path: Path) -> bool:
    try:
        return kinds.identify(path) == "zip"
    except FileRefused:
        return False  # it gets its own refusal when its turn comes


def is_unsafe(raw: str) -> bool:
    """Say whether a name inside a ZIP leads out of the folder that it is unpacked to."""
    parts = raw.replace("\\", "/").split("/")
    return ".." in parts or raw.startswith(("/", "\\")) or "\0" in raw or raw[1:2] == ":"


def name_of(info: zipfile.ZipInfo) -> str:
    """Return the name of a member as its maker meant it.

    Without the UTF-8 flag the bytes are in the maker's code page: on the machines of our users that is GBK, and
    zipfile has read them as cp437.
    """
    raw = info.orig_filename
    if info.flag_bits & _UTF8:
        return raw
    unicode_path = _unicode_path(info.extra)
    if unicode_path:
        return unicode_path
    data = raw.encode("cp437", errors="replace")
    for encoding in ("ascii", "utf-8", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw


def _unicode_path(extra: bytes) -> str | None:
    """Return the name from Info-ZIP's extra field, which holds it in UTF-8 beside the old one."""
    while len(extra) >= 4:
        kind, length = struct.unpack("<HH", extra[:4])
        if kind == 0x7075 and length > 5:
            return extra[9 : 4 + length].decode("utf-8", errors="replace")
        extra = extra[4 + length :]
    return None
