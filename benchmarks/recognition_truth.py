"""What is true of a set of scans, in one form for the program's own samples and for the held-back papers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from archive_service.households.values import OTHER
from benchmarks.support import plain

_NOT_COUNTED = ("seal", "signature")


@dataclass(frozen=True)
class PageTruth:
    """A page: how far it has to be turned clockwise to stand upright, and its true lines, plain."""

    turn: int
    lines: tuple[str, ...]


@dataclass(frozen=True)
class DocumentTruth:
    """A document among the pages of a file; without account and application it belongs to nobody in the register."""

    document_type: str
    pages: tuple[int, ...]
    account_no: str | None
    application_no: str | None
    fields: Mapping[str, str]
    layout: str


@dataclass(frozen=True)
class FileTruth:
    """A file with its pages and documents; in a set it is known by its name."""

    name: str
    pages: tuple[PageTruth, ...]
    documents: tuple[DocumentTruth, ...]


@dataclass(frozen=True)
class ScanSet:
    """A set of scans under `folder`, with the register that knows their households."""

    name: str
    folder: Path
    units: tuple[tuple[str, str, str | None], ...]
    files: tuple[FileTruth, ...]

    @property
    def page_count(self) -> int:
        """Pages in all files."""
        return sum(len(file.pages) for file in self.files)


def of_samples(name: str, folder: Path, truth: Mapping[str, Any]) -> ScanSet:
    """Return the truth about a set that `archive_service.samples` made."""
    units = tuple((unit[0], unit[1], unit[2]) for unit in truth["units"])
    files = [file for one in truth["files"] for file in _sample_files(one)]
    return ScanSet(name, folder, units, tuple(files))


def of_held_back(name: str, folder: Path, truth: Mapping[str, Any]) -> ScanSet:
    """Return the truth about a set that `benchmarks.held_back` made."""
    files = [
        FileTruth(
            file["file"],
            tuple(PageTruth(-page["rotation"] % 360, _plain(page["lines"])) for page in file["pages"]),
            tuple(_document(one, one["layout"]) for one in file["documents"]),
        )
        for file in truth["files"]
    ]
    return ScanSet(name, folder, (), tuple(files))


def _sample_files(file: Mapping[str, Any]) -> Iterator[FileTruth]:
    for member in file.get("members", []):
        yield from _sample_files(member)
    if "page_truth" in file:
        pages = [
            PageTruth(
                -(page["rotation"] or 0) % 360,
                _plain([line["text"] for line in page["lines"] if line["kind"] not in _NOT_COUNTED]),
            )
            for page in file["page_truth"]
        ]
        yield FileTruth(file["file"], tuple(pages), tuple(_document(one, "sample") for one in file["documents"]))


def _document(one: Mapping[str, Any], layout: str) -> DocumentTruth:
    return DocumentTruth(
        one["document_type"] or OTHER,
        tuple(one["pages"]),
        one["account_no"],
        one["application_no"],
        {name: str(value) for name, value in one["fields"].items() if value is not None},
        layout,
    )


def _plain(lines: Sequence[str]) -> tuple[str, ...]:
    return tuple(line for text in lines if (line := plain(text)))
