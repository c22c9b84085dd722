"""JBIG2 files (ITU-T T.88, annex D) as the bare segments that PDF asks for."""

from __future__ import annotations

import struct
from dataclasses import dataclass

_MAGIC = b"\x97JB2\r\n\x1a\n"
_PAGE_INFORMATION, _END_OF_PAGE, _END_OF_FILE = 48, 49, 51
_MOST_SEGMENTS = 10_000
_UNKNOWN = 0xFFFFFFFF


class Broken(Exception):
    """The file is no JBIG2 that can be unwrapped."""


@dataclass(frozen=True)
class Bilevel:
    """The one page of a file."""

    width: int
    height: int
    segments: bytes


@dataclass(frozen=True)
class _Segment:
    kind: int
    head: bytes
    length: int


def is_one(data: bytes) -> bool:
    """Say whether the bytes are a JBIG2 file."""
    return data.startswith(_MAGIC)


def unwrap(data: bytes) -> Bilevel:
    """Return the segments of the first page, without the marks of where page and file end. Raises Broken."""
    try:
        return _unwrapped(data)
    except (struct.error, IndexError) as error:
        raise Broken from error


def _unwrapped(data: bytes) -> Bilevel:
    flags, at = data[8], 9
    at += 0 if flags & 2 else 4
    kept: list[bytes] = []
    size: tuple[int, int] | None = None
    for segment, body in _in_order(data, at) if flags & 1 else _apart(data, at):
        if segment.kind == _PAGE_INFORMATION:
            size = struct.unpack_from(">II", body)
        if segment.kind not in (_END_OF_PAGE, _END_OF_FILE):
            kept.append(segment.head + body)
    if size is None or size[1] == _UNKNOWN:
        raise Broken
    return Bilevel(size[0], size[1], b"".join(kept))


def _in_order(data: bytes, at: int) -> list[tuple[_Segment, bytes]]:
    """Read segments each of which is followed by its data."""
    found: list[tuple[_Segment, bytes]] = []
    while at < len(data) and len(found) < _MOST_SEGMENTS:
        segment, at = _head(data, at)
        found.append((segment, _body(data, at, segment.length)))
        at += segment.length
        if segment.kind in (_END_OF_PAGE, _END_OF_FILE):
            break
    return found


def _apart(data: bytes, at: int) -> list[tuple[_Segment, bytes]]:
    """Read segments whose data follow after the heads of all."""
    heads: list[_Segment] = []
    while len(heads) < _MOST_SEGMENTS:
        segment, at = _head(data, at)
        heads.append(segment)
        if segment.kind == _END_OF_FILE:
            break
    found = []
    for segment in heads:
        found.append((segment, _body(data, at, segment.length)))
        at += segment.length
    return found


def _body(data: bytes, at: int, length: int) -> bytes:
    if at + length > len(data):
        raise Broken
    return data[at : at + length]


def _head(data: bytes, at: int) -> tuple[_Segment, int]:
    start = at
    number, flags, count = struct.unpack_from(">IBB", data, at)
    at += 5
    referred = count >> 5
    if referred == 7:
        (long,) = struct.unpack_from(">I", data, at)
        referred = long & 0x1FFFFFFF
        at += 4 + (referred + 8) // 8
    else:
        at += 1
    at += referred * (1 if number <= 256 else 2 if number <= 65_536 else 4)
    at += 4 if flags & 0x40 else 1
    (length,) = struct.unpack_from(">I", data, at)
    if length == _UNKNOWN:
        raise Broken
    return _Segment(flags & 0x3F, data[start : at + 4], length), at + 4
