"""The port of search engines: what every engine can do, and how it says that it cannot."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from archive_service.errors import Unavailable
from indexing.document import SearchDocument
from indexing.query import EngineQuery

#: Facet name -> value -> number of documents.
Facets = Mapping[str, Mapping[str, int]]


class IndexBusy(Unavailable):
    """Another process writes the index."""


class IndexUnusable(Unavailable):
    """The index is missing, damaged or made by another version; `reindex` makes a new one."""


class IndexUnreachable(Unavailable):
    """The search server does not answer or refuses its service; the index itself may be whole."""


@dataclass(frozen=True)
class EngineHit:
    """A found item; `exact` is false when it is only near to what was asked."""

    item_id: int
    exact: bool


@dataclass(frozen=True)
class EngineResult:
    """One page of hits, best first, and how many there are in all."""

    total: int
    hits: tuple[EngineHit, ...]
    facets: Facets = field(default_factory=dict)


@dataclass(frozen=True)
class EngineStats:
    """Size of an index, and what the operator should know about it, as sentences."""

    documents: int
    size_bytes: int
    warnings: tuple[str, ...] = ()


class Writer(Protocol):
    """Changes an index; nothing is seen before `commit`, and after a crash nothing uncommitted is left.

    A crash within `commit` leaves a folder as before or after it. A server may then hold a part of the changes, each
    document whole: what was not marked as indexed is to be written again.
    """

    def add(self, documents: Iterable[SearchDocument]) -> None:
        """Add documents that the index is known not to hold."""

    def upsert(self, documents: Iterable[SearchDocument]) -> None:
        """Add documents in place of those with the same item id."""

    def delete(self, item_ids: Iterable[int]) -> None:
        """Remove the documents of these items."""

    def delete_household(self, household_ids: Iterable[int]) -> None:
        """Remove all documents of these households."""

    def commit(self) -> None:
        """Make the changes durable, and visible to readers that reload."""


class SearchEngine(Protocol):
    """One generation of an index, in a folder or on a server.

    Searching is safe from several threads; one process at a time may write.
    """

    name: str

    def writer(self, *, bulk: bool = False) -> AbstractContextManager[Writer]:
        """Open the one writer; what is not committed is dropped. Raises IndexBusy at once while another has it."""

    def search(self, query: EngineQuery) -> EngineResult:
        """Return a page of what `query` asks for, within its units."""

    def count(self) -> int:
        """Return the number of documents that readers see."""

    def ids(self) -> Iterator[int]:
        """Yield the item id of every document that readers see, in no particular order; twice when it is there twice.

        OpenSearch keeps documents under their item id, so there it never is.

        May take seconds and is meant for checking the index against the records.
        """

    def reload(self) -> None:
        """Let readers see the last commit; they may have seen it before."""

    def stats(self) -> EngineStats:
        """Return size and warnings."""

    def close(self) -> None:
        """Give up files and memory."""


def size_of(folder: Path) -> int:
    """Return the bytes of all files in an index folder."""
    total = 0
    for path in folder.iterdir():
        try:
            total += path.stat().st_size
        except FileNotFoundError:
            # A merge may remove a segment while we look.
            continue
    return total


@contextmanager
def engine_faults(kinds: tuple[type[Exception], ...]) -> Iterator[None]:
    """Turn faults of an engine into IndexUnusable, so that no library text reaches a person."""
    try:
        yield
    except kinds as e:
        raise unusable() from e
    except BaseException as e:
        # Rust panics arrive as a class of their own that is no Exception and cannot be imported.
        if type(e).__name__ == "PanicException":
            raise unusable() from e
        raise


def unusable() -> IndexUnusable:
    """Return the error for an index that cannot be read."""
    return IndexUnusable(
        "index.damaged", "全文索引无法读取；档案本身没有受影响。请运行 archive-service reindex 重建索引。"
    )


def busy() -> IndexBusy:
    """Return the error for an index that another process writes."""
    return IndexBusy("index.busy", "另一个进程正在写入全文索引。请稍后再试。")
