"""What an index on the server is made of, and how it is written."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from typing import Any

from opensearchpy import TransportError, helpers

from indexing import text
from indexing.document import SearchDocument
from indexing.engines.opensearch_lease import Held
from indexing.engines.opensearch_server import TOO_MANY, Server, gone, meaning, server_faults
from indexing.engines.opensearch_walk import WINDOW, walk_ids

_DOCUMENTS_A_REQUEST, _BYTES_A_REQUEST = 500, 8 * 1024 * 1024
#: A writer of a new generation sends what has gathered up to here, as nobody reads it yet.
_GATHERED = 2_000
#: Seconds to wait before what the server had no room for is sent again, each time twice as long.
_PATIENCE_S = (0.25, 0.5, 1.0, 2.0, 4.0)


def write_alias(name: str) -> str:
    """Return the alias through which the index called `name` is written."""
    return f"{name}.write"


def definition(*, shards: int, replicas: int, meta: dict[str, Any]) -> dict[str, Any]:
    """Return settings and mapping of an index; `meta` says what made it."""
    keyword = {"type": "keyword", "doc_values": False}
    counted = {"type": "keyword"}
    stream = {"type": "text", "analyzer": "pairs"}
    return {
        "settings": {
            "number_of_shards": shards,
            "number_of_replicas": replicas,
            "refresh_interval": "-1",
            # An answered write is on the disk.
            "translog": {"durability": "request"},
            "max_result_window": WINDOW,
            "analysis": {
                "tokenizer": {"pairs": {"type": "ngram", "min_gram": 2, "max_gram": 2}},
                "analyzer": {"pairs": {"type": "custom", "tokenizer": "pairs"}},
            },
        },
        "mappings": {
            "_meta": meta,
            "_source": {"enabled": False},
            "dynamic": "strict",
            "properties": {
                "id": {"type": "long"},
                "date": {"type": "integer"},
                **dict.fromkeys(("document_type", "centre", "category", "year"), counted),
                **dict.fromkeys(("household", "business_type", "account", "codes", "private_codes"), keyword),
                **dict.fromkeys(("body", "private", "name", "address", "title"), stream),
            },
        },
    }


def to_opensearch(document: SearchDocument) -> dict[str, Any]:
    """Return `document` as the server takes it."""
    streams = {
        "body": document.body_stream, "private": document.private_stream, "name": document.name_stream,
        "address": document.address_stream, "title": document.title_stream,
    }  # fmt: skip
    return {
        "id": document.item_id, "household": str(document.household_id), "centre": str(document.unit_id),
        "document_type": document.document_type, "category": document.category,
        "business_type": document.business_type, "account": text.fold(document.account_no),
        "date": document.day, "year": str(document.on.year),
        "codes": document.codes, "private_codes": document.private_codes,
        # The break behind the last run gives its last character a pair of its own.
        **{name: f"{stream} " for name, stream in streams.items() if stream},
    }  # fmt: skip


class OpenSearchWriter:
    """Gathers changes and sends them at a commit, while it holds the right to write."""

    def __init__(self, server: Server, name: str, held: Held, *, bulk: bool) -> None:
        self._server = server
        self._name = name
        self._held = held
        self._bulk = bulk
        #: What is to stand under an item id; none means nothing.
        self._changes: dict[int, SearchDocument | None] = {}
        self._emptied: set[int] = set()
        #: A commit that was cut short may have left documents that searches do not see yet.
        self._unseen = True

    def add(self, documents: Iterable[SearchDocument]) -> None:
        """Add documents that the index does not hold."""
        for document in documents:
            self._changes[document.item_id] = document
            if self._bulk and len(self._changes) >= _GATHERED:
                self._send()

    def upsert(self, documents: Iterable[SearchDocument]) -> None:
        """Add documents in place of those with the same item id."""
        self.add(documents)

    def delete(self, item_ids: Iterable[int]) -> None:
        """Remove the documents of these items."""
        self._changes.update(dict.fromkeys(item_ids))

    def delete_household(self, household_ids: Iterable[int]) -> None:
        """Remove all documents of these households."""
        emptied = set(household_ids)
        self._emptied |= emptied
        for item_id, document in self._changes.items():
            if document is not None and document.household_id in emptied:
                self._changes[item_id] = None

    def commit(self) -> None:
        """Send the changes and let readers see them. When it raises, nothing may be taken for written."""
        self._send()
        self._refresh()

    def _send(self) -> None:
        if self._emptied:
            self._refresh()
            for item_id in self._held_by(self._emptied):
                # What is written again in the same commit is replaced, and is never missing in between.
                self._changes.setdefault(item_id, None)
        self._unseen = self._unseen or bool(self._changes)
        changes = [self._action(item_id, document) for item_id, document in self._changes.items()]
        for at in range(0, len(changes), _DOCUMENTS_A_REQUEST):
            self._write(changes[at : at + _DOCUMENTS_A_REQUEST])
        self._changes, self._emptied = {}, set()

    def _held_by(self, households: set[int]) -> Iterator[int]:
        asked = sorted(str(one) for one in households)
        for at in range(0, len(asked), _DOCUMENTS_A_REQUEST):
            query = {"terms": {"household": asked[at : at + _DOCUMENTS_A_REQUEST]}}
            yield from walk_ids(self._server, self._name, query)

    @staticmethod
    def _action(item_id: int, document: SearchDocument | None) -> dict[str, Any]:
        if document is None:
            return {"_op_type": "delete", "_id": str(item_id)}
        return {"_op_type": "index", "_id": str(item_id), "_source": to_opensearch(document)}

    def _write(self, actions: list[dict[str, Any]]) -> None:
        """Write all of the actions; those that the server had no room for again, after a while."""
        for pause_s in (*_PATIENCE_S, None):
            self._held.check()
            turned_away = self._try(actions)
            if not turned_away:
                return
            actions = [action for action in actions if action["_id"] in turned_away]
            if pause_s is None:
                raise meaning(TOO_MANY, "", "")
            time.sleep(pause_s)

    def _try(self, actions: list[dict[str, Any]]) -> set[str]:
        """Send the actions once; return the ids of those that the server had no room for."""
        with server_faults():
            try:
                _, failed = helpers.bulk(
                    self._server.client, actions, index=write_alias(self._name), require_alias=True,
                    max_chunk_bytes=_BYTES_A_REQUEST, raise_on_error=False,
                )  # fmt: skip
            except TransportError as e:
                if e.status_code != TOO_MANY or "cluster_block" in str(e.error):
                    raise
                return {action["_id"] for action in actions}
        turned_away: set[str] = set()
        assert isinstance(failed, list)
        for one in failed:
            [(_, told)] = one.items()
            if told.get("result") == "not_found":
                # To be deleted, and not there.
                continue
            fault = told.get("error") or {}
            if told["status"] != TOO_MANY or fault.get("type") == "cluster_block_exception":
                raise meaning(int(told["status"]), str(fault.get("type")), str(fault.get("reason")))
            turned_away.add(told["_id"])
        return turned_away

    def _refresh(self) -> None:
        if not self._unseen:
            return
        with server_faults():
            if self._server.client.indices.refresh(index=self._name)["_shards"]["failed"]:
                raise gone()
        self._unseen = False
