"""Searching on the server: one page, or all of them as of one moment."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from archive_service.errors import Unavailable
from indexing.engines.opensearch_server import Server, gone, server_faults

#: So many hits a server gives by offset, and at a time; what lies deeper is walked to.
WINDOW = 10_000
#: How long the server keeps a point in time for us between two pages of a walk.
_KEEP = "2m"


def ask(server: Server, body: dict[str, Any], index: str | None = None) -> dict[str, Any]:
    """Search; an answer of which a shard is missing is none."""
    with server_faults():
        params = {"allow_partial_search_results": "false"}
        answer: dict[str, Any] = server.client.search(index=index, body=body, params=params)
    if answer["timed_out"] or answer["_shards"]["failed"]:
        raise gone()
    return answer


def walk(server: Server, index: str, body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the answers of all pages of a search as of one moment, the longest that the server gives."""
    with server_faults():
        moment = server.client.create_pit(index=index, params={"keep_alive": _KEEP})["pit_id"]
    try:
        asked = {**body, "size": WINDOW, "pit": {"id": moment, "keep_alive": _KEEP}}
        while True:
            answer = ask(server, asked)
            yield answer
            hits = answer["hits"]["hits"]
            if len(hits) < WINDOW:
                return
            # What all hits look like was told with the first page.
            asked = {**asked, "search_after": hits[-1]["sort"], "track_total_hits": False}
            asked.pop("aggs", None)
    finally:
        with suppress(Unavailable), server_faults():
            server.client.delete_pit(body={"pit_id": [moment]})


def walk_ids(server: Server, index: str, query: dict[str, Any]) -> Iterator[int]:
    """Yield the ids of all documents that `query` finds, in ascending order."""
    body = {"query": query, "sort": [{"id": "asc"}], "stored_fields": "_none_", "track_total_hits": False}
    for answer in walk(server, index, body):
        yield from (int(hit["sort"][-1]) for hit in answer["hits"]["hits"])
