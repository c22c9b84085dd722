"""The pure-Python engine: Whoosh in lean mode, for machines without the native one and up to a township's papers.

Whoosh is slow at scoring and at positions, so it does neither here: bigrams give candidates as sets, and whether a
phrase stands there is read off the stored stream. Hits come exact ones first, then those whose name or title says
it, then newest first.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from whoosh import fields, index, writing

from indexing import text
from indexing.document import SearchDocument
from indexing.engine import EngineResult, EngineStats, busy, engine_faults, size_of, unusable
from indexing.engines import whoosh_search
from indexing.query import EngineQuery

#: Above this many documents common phrases take longer than people wait.
MOST_DOCUMENTS = 20_000
_FAULTS = (OSError, ValueError, KeyError, index.IndexError)


def schema() -> fields.Schema:
    """Return the schema: sets of grams and codes, columns to sort and count by, and the streams as stored."""
    raw = {name: fields.ID(sortable=True) for name in ("document_type", "centre", "category", "year")}
    return fields.Schema(
        key=fields.ID(unique=True, stored=True),
        household=fields.ID(),
        business_type=fields.ID(),
        account=fields.ID(),
        date=fields.NUMERIC(int, bits=32, sortable=True),
        codes=fields.KEYWORD(),
        private_codes=fields.KEYWORD(),
        grams=fields.KEYWORD(),
        private_grams=fields.KEYWORD(),
        streams=fields.STORED(),
        **raw,
    )


def _to_whoosh(document: SearchDocument) -> dict[str, Any]:
    return {
        "key": str(document.item_id), "household": str(document.household_id), "business_type": document.business_type,
        "account": text.fold(document.account_no), "date": document.day, "year": str(document.on.year),
        "document_type": document.document_type, "centre": str(document.unit_id), "category": document.category,
        "codes": " ".join(document.codes), "private_codes": " ".join(document.private_codes),
        "grams": _grams(document.body_stream), "private_grams": _grams(document.private_stream),
        "streams": {
            "body": document.body_stream, "name": document.name_stream,
            "address": document.address_stream, "title": document.title_stream, "private": document.private_stream,
        },
    }  # fmt: skip


def _grams(stream: str) -> str:
    return " ".join(sorted(set(text.tokens(stream).split()) - {text.BREAK}))


class WhooshWriter:
    """The one writer of an index."""

    def __init__(self, index: Any, bulk: bool) -> None:
        self._index = index
        self._bulk = bulk
        self._inner = self._open()

    def _open(self) -> Any:
        return writing.SegmentWriter(self._index, limitmb=512 if self._bulk else 128)

    def add(self, documents: Iterable[SearchDocument]) -> None:
        """Add documents that the index does not hold."""
        with engine_faults(_FAULTS):
            for document in documents:
                self._inner.add_document(**_to_whoosh(document))

    def upsert(self, documents: Iterable[SearchDocument]) -> None:
        """Add documents in place of those with the same item id."""
        latest = {document.item_id: document for document in documents}
        self.delete(latest)
        self.add(latest.values())

    def delete(self, item_ids: Iterable[int]) -> None:
        """Remove the documents of these items."""
        self._delete("key", item_ids)

    def delete_household(self, household_ids: Iterable[int]) -> None:
        """Remove all documents of these households."""
        self._delete("household", household_ids)

    def _delete(self, field: str, ids: Iterable[int]) -> None:
        with engine_faults(_FAULTS):
            for one in ids:
                self._inner.delete_by_term(field, str(one))

    def commit(self) -> None:
        """Make the changes durable; the next change opens a new transaction of the engine."""
        with engine_faults(_FAULTS):
            self._inner.commit()
            self._inner = self._open()

    def abandon(self) -> None:
        """Drop what was not committed and free the lock."""
        with suppress(*_FAULTS):
            self._inner.cancel()


class WhooshEngine:
    """A Whoosh index in `folder`; made when the folder holds none and `create` says so."""

    name = "whoosh"

    def __init__(self, folder: Path, *, create: bool = False) -> None:
        self._folder = folder
        # A searcher reads columns and postings from shared files; two threads would move each other's place.
        self._lock = threading.Lock()
        with engine_faults(_FAULTS):
            exists = folder.is_dir() and index.exists_in(str(folder))
            if not exists and not create:
                raise unusable()
            folder.mkdir(parents=True, exist_ok=True)
            self._index = index.open_dir(str(folder)) if exists else index.create_in(str(folder), schema())
            self._searcher = self._index.searcher()
        # Unpacking a stored stream takes longer than all else; those of a township's papers fit into memory.
        self._streams: dict[int, dict[str, str]] = {}

    @contextmanager
    def writer(self, *, bulk: bool = False) -> Iterator[WhooshWriter]:
        """Open the one writer; see SearchEngine."""
        try:
            with engine_faults((OSError, ValueError)):
                opened = WhooshWriter(self._index, bulk)
        except index.LockError as e:
            raise busy() from e
        try:
            yield opened
        finally:
            opened.abandon()

    def search(self, query: EngineQuery) -> EngineResult:
        """Return a page of hits, exact ones first; newest first when nothing is asked for."""
        if not query.units:
            return EngineResult(0, ())
        with self._lock, engine_faults(_FAULTS):
            return whoosh_search.Search(self._searcher, query, self._kept()).page()

    def count(self) -> int:
        """Return the number of documents."""
        return int(self._searcher.doc_count())

    def ids(self) -> Iterator[int]:
        """Yield the item id of every document."""
        with self._lock, engine_faults(_FAULTS):
            reader = self._searcher.reader()
            found = [int(reader.stored_fields(number)["key"]) for number in reader.all_doc_ids()]
        yield from found

    def reload(self) -> None:
        """Let readers see the last commit."""
        with self._lock, engine_faults(_FAULTS):
            if not self._searcher.up_to_date():
                self._searcher = self._searcher.refresh()
                self._streams = {}

    def _kept(self) -> dict[int, dict[str, str]]:
        if len(self._streams) > MOST_DOCUMENTS:
            self._streams = {}
        return self._streams

    def stats(self) -> EngineStats:
        """Return size and, above what Whoosh is meant for, a warning."""
        count = self.count()
        warning = (
            f"索引已有 {count} 件，超过 Whoosh 适用的 {MOST_DOCUMENTS} 件，检索会变慢。请改用 tantivy 并运行 reindex。"
        )
        return EngineStats(count, size_of(self._folder), (warning,) if count > MOST_DOCUMENTS else ())

    def close(self) -> None:
        """Give up files."""
        with self._lock:
            self._searcher.close()
