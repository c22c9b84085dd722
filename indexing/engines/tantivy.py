"""The embedded engine: Tantivy, one directory, readers that reload, one writer at a time.

Traps that were measured, and are tested: deletion by term on a number field deletes nothing (so keys are raw text);
a phrase of one term aborts the library; an index built with Tantivy's own n-grams has no positions.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import tantivy
from tantivy import Query

from indexing import text
from indexing.document import SearchDocument
from indexing.engine import EngineHit, EngineResult, EngineStats, Facets, busy, engine_faults, size_of, unusable
from indexing.engines import tantivy_query
from indexing.query import EngineQuery

_FAULTS = (ValueError, OSError, RuntimeError)
_BULK_HEAP_BYTES, _HEAP_BYTES = 256_000_000, 50_000_000
#: Ids that are listed at a time, and the largest that a database gives.
_IDS_A_PAGE, _LARGEST_ID = 20_000, 2**63 - 1
_FACETS = {"document_type": 500, "centre": 5000, "category": 50, "year": 300}


def schema() -> tantivy.Schema:
    """Return the schema; text and metadata stay in the database, so nothing is stored."""
    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("id", indexed=True, fast=True)
    builder.add_integer_field("date", indexed=True, fast=True)
    builder.add_integer_field("year", indexed=True, fast=True)
    for name in ("document_type", "centre", "category"):
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic", fast=True)
    for name in ("key", "household", "business_type", "account"):
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic")
    for name in ("codes", "private_codes"):
        builder.add_text_field(name, tokenizer_name="whitespace", index_option="basic")
    for name in ("body", "private", "name", "address", "title"):
        builder.add_text_field(name, tokenizer_name="whitespace", index_option="position")
    return builder.build()


def to_tantivy(document: SearchDocument) -> tantivy.Document:
    """Return `document` as Tantivy takes it."""
    made = tantivy.Document()
    made.add_unsigned("id", document.item_id)
    made.add_integer("date", document.day)
    made.add_integer("year", document.on.year)
    raw = {
        "document_type": document.document_type, "centre": str(document.unit_id), "category": document.category,
        "key": str(document.item_id), "household": str(document.household_id),
        "business_type": document.business_type, "account": text.fold(document.account_no),
        "codes": " ".join(document.codes), "body": text.tokens(document.body_stream),
        "name": text.tokens(document.name_stream), "address": text.tokens(document.address_stream),
        "title": text.tokens(document.title_stream), "private": text.tokens(document.private_stream),
        "private_codes": " ".join(document.private_codes),
    }  # fmt: skip
    for name, value in raw.items():
        made.add_text(name, value)
    return made


class TantivyWriter:
    """The one writer of an index."""

    def __init__(self, inner: Any, schema: Any) -> None:
        self._inner = inner
        self._schema = schema

    def add(self, documents: Iterable[SearchDocument]) -> None:
        """Add documents that the index does not hold."""
        with engine_faults(_FAULTS):
            for document in documents:
                self._inner.add_document(to_tantivy(document))

    def upsert(self, documents: Iterable[SearchDocument]) -> None:
        """Add documents in place of those with the same item id."""
        for document in documents:
            self.delete([document.item_id])
            self.add([document])

    def delete(self, item_ids: Iterable[int]) -> None:
        """Remove the documents of these items."""
        self._delete("key", item_ids)

    def delete_household(self, household_ids: Iterable[int]) -> None:
        """Remove all documents of these households."""
        self._delete("household", household_ids)

    def _delete(self, field: str, ids: Iterable[int]) -> None:
        with engine_faults(_FAULTS):
            for one in ids:
                self._inner.delete_documents_by_query(Query.term_query(self._schema, field, str(one)))

    def commit(self) -> None:
        """Make the changes durable."""
        with engine_faults(_FAULTS):
            self._inner.commit()


class TantivyEngine:
    """A Tantivy index in `folder`; made when the folder holds none and `create` says so."""

    name = "tantivy"

    def __init__(self, folder: Path, *, create: bool = False) -> None:
        self._folder = folder
        with engine_faults(_FAULTS):
            if not create and not tantivy.Index.exists(str(folder)):
                raise unusable()
            folder.mkdir(parents=True, exist_ok=True)
            self._schema = schema()
            self._index = tantivy.Index(self._schema, path=str(folder))
            # Reloading is ours to time: a reader must not change between a page and its facets.
            self._index.config_reader(reload_policy="manual")
            self._searcher = self._index.searcher()

    @contextmanager
    def writer(self, *, bulk: bool = False) -> Iterator[TantivyWriter]:
        """Open the one writer; see SearchEngine."""
        try:
            with engine_faults((OSError, RuntimeError)):
                inner = self._index.writer(_BULK_HEAP_BYTES, 2) if bulk else self._index.writer(_HEAP_BYTES, 1)
        except ValueError as e:
            raise (busy() if "Lock" in str(e) else unusable()) from e
        try:
            yield TantivyWriter(inner, self._schema)
        finally:
            with suppress(ValueError, OSError, RuntimeError):
                inner.rollback()
            # Merges of the background threads are lost, and their files left behind, if nobody waits for them.
            with suppress(ValueError, OSError, RuntimeError):
                inner.wait_merging_threads()

    def search(self, query: EngineQuery) -> EngineResult:
        """Return a page of hits, exact ones first, then by BM25; newest first when nothing is asked for."""
        if not query.units:
            return EngineResult(0, ())
        searcher = self._searcher
        with engine_faults(_FAULTS):
            asked, tiered = tantivy_query.Builder(self._schema, query).whole()
            order = None if query.wanted.parts else "date"
            found: Any = searcher.search(asked, limit=query.limit, offset=query.offset, order_by_field=order)
            ids: list[Any] = searcher.fast_field_values("id", [address for _, address in found.hits])
            hits = [
                EngineHit(int(one), not tiered or score >= tantivy_query.EXACT)
                for one, (score, _) in zip(ids, found.hits, strict=True)
            ]
            facets = _facets(searcher, asked) if query.facets and found.count else {}
        return EngineResult(found.count, tuple(hits), facets)

    def count(self) -> int:
        """Return the number of documents."""
        return int(self._searcher.num_docs)

    def ids(self) -> Iterator[int]:
        """Yield the item id of every document, in ascending order."""
        # All hits at once would take a hundred bytes a document, hits by offset a sort of all for each page; so the
        # next page begins at the last id of the one before.
        searcher, last = self._searcher, -1
        while True:
            with engine_faults(_FAULTS):
                rest = Query.range_query(self._schema, "id", tantivy.FieldType.Unsigned, last + 1, _LARGEST_ID)
                hits = searcher.search(rest, limit=_IDS_A_PAGE, order_by_field="id", order=tantivy.Order.Asc).hits
            found = [int(one) for one, _ in hits]
            # The documents of the last id may go on behind the page; the next page has them all.
            kept = found if len(found) < _IDS_A_PAGE else [one for one in found if one != found[-1]]
            yield from kept
            if len(found) < _IDS_A_PAGE:
                return
            last = kept[-1]

    def reload(self) -> None:
        """Let readers see the last commit."""
        with engine_faults(_FAULTS):
            self._index.reload()
            self._searcher = self._index.searcher()

    def stats(self) -> EngineStats:
        """Return size and warnings."""
        with engine_faults(_FAULTS):
            return EngineStats(self.count(), size_of(self._folder))

    def close(self) -> None:
        """Nothing to give up: files are mapped and freed with the object."""


def _facets(searcher: Any, asked: Any) -> Facets:
    fields = {name: {"terms": {"field": name, "size": size}} for name, size in _FACETS.items()}
    answer = searcher.aggregate(asked, fields)
    return {
        name: {_key(bucket["key"]): int(bucket["doc_count"]) for bucket in answer[name]["buckets"]} for name in _FACETS
    }


def _key(value: Any) -> str:
    return value if isinstance(value, str) else str(int(value))
