"""Fetch the pages of an item from the store and put its rendition together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import BinaryIO

from archive_service.errors import Refused
from archive_service.storage.store import ObjectStore
from ingest import lines
from ingest.renditions.pdf_a import SourcePage, write
from ingest.renditions.source import PageSource, Source

_MIB = 1024 * 1024
#: The pictures of an item lie in memory together until its rendition is written, so they may have this much altogether.
MOST_BYTES = 256 * _MIB


def assemble(store: ObjectStore, found: Source, out: BinaryIO, *, check: Callable[[], None]) -> None:
    """Write the rendition of an item to `out`; `check` is called before each page and may stop the work by raising.

    Raises Refused for an item that is too large or has no pages, Damaged or NotFound for a picture or lines that are
    not as recorded, and what the store raises when it is away.
    """
    if not found.pages:
        raise Refused("rendition.no-pages", "这份资料没有页面，不能生成可检索 PDF。请联系档案员核对。")
    budget = _Budget(store, check, left=MOST_BYTES)
    pages = [
        SourcePage(
            picture=partial(budget.read, page.image_digest),
            dpi=page.dpi,
            width_px=page.width_px,
            height_px=page.height_px,
            lines=_lines(store, page),
        )
        for page in found.pages
    ]
    write(pages, found.about, out)


def _lines(store: ObjectStore, page: PageSource) -> tuple[lines.TextLine, ...]:
    return lines.from_json(store.read(page.lines_digest)) if page.lines_digest else ()


@dataclass
class _Budget:
    """Reads pictures until there are too many bytes of them."""

    store: ObjectStore
    check: Callable[[], None]
    left: int

    def read(self, digest: str) -> bytes:
        """Return a picture; raises Refused beyond the budget, and LeaseLost when the job was cancelled meanwhile."""
        self.check()
        data = self.store.read(digest)
        self.left -= len(data)
        if self.left < 0:
            raise Refused(
                "rendition.too-large",
                f"这份资料的图像合计超过 {MOST_BYTES // _MIB} MB，不生成可检索 PDF。请逐页查看或下载原件。",
            )
        return data
