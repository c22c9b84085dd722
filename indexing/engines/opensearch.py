"""The engine of an archive that outgrew one machine: an index on an OpenSearch server.

Folding stays with us, as for every engine; the server cuts the folded streams into overlapping pairs of characters
with its own analyzer (see `definition`). Nothing readable is kept there: no source, only what is needed to find. A
document stands under its item id, so that writing it again replaces it.

Readers see a commit when the server refreshes the index, which it does only when a writer commits. Writes go to an
alias that each index has for itself: a server makes an index of a name it does not know, but never an alias.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from indexing.engine import EngineHit, EngineResult, EngineStats, Facets
from indexing.engines import opensearch_query
from indexing.engines.opensearch_lease import Leases
from indexing.engines.opensearch_server import Server, gone, server_faults
from indexing.engines.opensearch_walk import WINDOW, ask, walk, walk_ids
from indexing.engines.opensearch_writer import OpenSearchWriter, definition, write_alias
from indexing.query import EngineQuery


class OpenSearchEngine:
    """The index called `name` on the server; made when it is not there and `create` says so."""

    name = "opensearch"

    def __init__(
        self, server: Server, leases: Leases, name: str, *, create: bool = False, meta: dict[str, Any] | None = None
    ) -> None:
        self._server = server
        self._leases = leases
        self.index = name
        if create:
            made = definition(shards=server.address.shards, replicas=server.address.replicas, meta=meta or {})
            with server_faults():
                server.client.indices.create(index=name, body={**made, "aliases": {write_alias(name): {}}})

    @contextmanager
    def writer(self, *, bulk: bool = False) -> Iterator[OpenSearchWriter]:
        """Open the one writer; see SearchEngine. The right to write is held on the server, across machines."""
        with self._leases.hold(f"writer {self.index}") as held:
            yield OpenSearchWriter(self._server, self.index, held, bulk=bulk)

    def search(self, query: EngineQuery) -> EngineResult:
        """Return a page of hits, exact ones first, then by BM25; newest first when nothing is asked for."""
        if not query.units:
            return EngineResult(0, ())
        body, tiered = opensearch_query.body(query)
        if query.offset + query.limit <= WINDOW:
            answer = ask(self._server, {**body, "from": query.offset, "size": query.limit}, self.index)
            hits = answer["hits"]["hits"]
        else:
            answer, hits = self._deep(body, query.offset, query.limit)
        return EngineResult(
            int(answer["hits"]["total"]["value"]),
            tuple(
                EngineHit(int(hit["sort"][-1]), not tiered or hit["sort"][0] >= opensearch_query.EXACT) for hit in hits
            ),
            _facets(answer) if answer["hits"]["total"]["value"] else {},
        )

    def _deep(self, body: dict[str, Any], offset: int, limit: int) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """Walk to a page that lies deeper than the server goes by offset; cost grows with the depth, not memory."""
        first: dict[str, Any] = {}
        hits: list[dict[str, Any]] = []
        passed = 0
        for answer in walk(self._server, self.index, body):
            first = first or answer
            page = answer["hits"]["hits"]
            hits += page[max(0, offset - passed) : max(0, offset + limit - passed)]
            passed += len(page)
            if passed >= offset + limit:
                break
        return first, hits

    def count(self) -> int:
        """Return the number of documents that readers see."""
        with server_faults():
            answer = self._server.client.count(index=self.index)
        if answer["_shards"]["failed"]:
            raise gone()
        return int(answer["count"])

    def ids(self) -> Iterator[int]:
        """Yield the item id of every document, in ascending order, as of one moment."""
        yield from walk_ids(self._server, self.index, {"match_all": {}})

    def reload(self) -> None:
        """Nothing to do: what is committed is seen at once."""

    def stats(self) -> EngineStats:
        """Return size of the primary shards, and a warning where copies are missing."""
        with server_faults():
            told = self._server.client.indices.stats(index=self.index, metric="store")
            health = self._server.client.cluster.health(index=self.index)["status"]
        size = int(told["_all"]["primaries"]["store"]["size_in_bytes"])
        warning = "索引的副本没有全部就位，少一台服务器就可能无法检索。请检查 OpenSearch 的节点数和副本数。"
        return EngineStats(self.count(), size, () if health == "green" else (warning,))

    def close(self) -> None:
        """Nothing to give up: connections belong to the server's client, which other generations use."""


def _facets(answer: dict[str, Any]) -> Facets:
    return {
        name: {str(bucket["key"]): int(bucket["doc_count"]) for bucket in told["buckets"]}
        for name, told in answer.get("aggregations", {}).items()
    }
