"""The directory of a TIFF, walked without decoding anything: pages are counted, loops and nonsense are found."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any, BinaryIO

from ingest.errors import refuse
from ingest.formats.limits import Limits

_WIDTH, _HEIGHT = 256, 257
#: Honest pages have about twenty.
_MOST_TAGS = 4096
_SIZES = {3: "H", 4: "I", 16: "Q"}


def count(path: Path, limits: Limits) -> int:
    """Return the number of pages. Raises FileRefused for loops, absurd directories, too many or too large pages."""
    with path.open("rb") as file:
        found = 0
        seen: set[int] = set()
        reader = _Reader(file)
        offset = reader.first()
        while offset:
            if offset in seen:
                raise refuse("file.damaged")
            seen.add(offset)
            found += 1
            if found > limits.max_pages:
                raise refuse("file.too-many-pages", limit=limits.max_pages)
            offset = reader.page(offset, limits)
    if not found:
        raise refuse("file.damaged")
    return found


class _Reader:
    """Reads classic TIFF and BigTIFF of either byte order."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        head = file.read(4)
        self._order = "<" if head[:2] == b"II" else ">"
        self._big = head[2:4] in (b"+\0", b"\0+")

    def first(self) -> int:
        """Return where the first directory stands."""
        if self._big:
            self._take("HH")
        return int(self._take("Q" if self._big else "I")[0])

    def page(self, offset: int, limits: Limits) -> int:
        """Check the directory at `offset`; return where the next one stands, 0 after the last."""
        self._file.seek(offset)
        tags = int(self._take("Q" if self._big else "H")[0])
        if not 0 < tags <= _MOST_TAGS:
            raise refuse("file.damaged")
        sides = {_WIDTH: 0, _HEIGHT: 0}
        for _ in range(tags):
            tag, kind, _, value = self._take("HHQ8s" if self._big else "HHI4s")
            if tag in sides and kind in _SIZES:
                code = self._order + _SIZES[kind]
                sides[tag] = int(struct.unpack(code, value[: struct.calcsize(code)])[0])
        if sides[_WIDTH] * sides[_HEIGHT] > limits.max_image_pixels:
            raise refuse("file.pixel-limit", limit=limits.max_image_pixels)
        if not sides[_WIDTH] * sides[_HEIGHT]:
            raise refuse("file.damaged")
        return int(self._take("Q" if self._big else "I")[0])

    def _take(self, code: str) -> tuple[Any, ...]:
        code = self._order + code
        size = struct.calcsize(code)
        data = self._file.read(size)
        if len(data) != size:
            raise refuse("file.damaged")
        return struct.unpack(code, data)
