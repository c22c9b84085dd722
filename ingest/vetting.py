"""Looking at a file of a foreign package as at a received one: in the sandbox, before anything of it is kept."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from archive_service.errors import Invalid
from archive_service.settings import Settings
from ingest import lines, opening, scanner
from ingest.formats.limits import Limits

_LARGEST_LINES = 16 * 1024 * 1024
_PICTURES = frozenset({"image_digest", "thumbnail_digest"})


def vetting(settings: Settings) -> Callable[[Path, str], None]:
    """Return what looks at a file as the object that it is said to be.

    It raises an ArchiveError for a file that would be refused at the door, and for one that is not what it is said to
    be: an original that is a container, a page image that is no picture, lines that are no lines, a searchable copy
    that is no PDF.
    """
    limits = Limits.of(settings)

    def look(path: Path, role: str) -> None:
        if role == "lines_digest":
            _lines(path)
            return
        scanner.check(path, settings)
        # The sandbox names files by their content; the name only tells a person which one it was.
        found = opening.probe(path, file_name=path.name, limits=limits).format
        nested = role == "original_digest" and found == "zip"
        if nested or (role in _PICTURES and found not in ("jpeg", "png")) or (role == "rendition" and found != "pdf"):
            raise Invalid("package.object-kind", "这份内容不是元数据所说的种类。请移交方重新导出。")

    return look


def _lines(path: Path) -> None:
    if path.stat().st_size > _LARGEST_LINES:
        raise Invalid("package.object-kind", "文字行文件过大。请移交方重新导出。")
    try:
        read = lines.from_json(path.read_bytes())
        sound = all(
            isinstance(one.text, str) and len(one.box) == 4 and all(isinstance(edge, int) for edge in one.box)
            and isinstance(one.confidence, int | float)
            for one in read
        )  # fmt: skip
    except (ValueError, TypeError, KeyError, RecursionError):
        sound = False
    if not sound:
        raise Invalid("package.object-kind", "这份内容不是元数据所说的文字行。请移交方重新导出。")
