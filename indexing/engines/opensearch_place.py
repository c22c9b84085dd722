"""Generations on an OpenSearch server: an index each, and an alias that points to the one in use.

Names: `<prefix>.<generation>`, the pointer `<prefix>.current`, the rights of writers `<prefix>.locks`. A prefix has no
point in it, so archives that share a server cannot mistake each other's indices for their own. What made an index
stands in its mapping's `_meta`, and so does when it was last put to use.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from opensearchpy.exceptions import NotFoundError

from archive_service.errors import Invalid, Refused, Unavailable
from archive_service.settings import Settings
from indexing.engine import IndexBusy, unusable
from indexing.engines.opensearch import OpenSearchEngine
from indexing.engines.opensearch_lease import Held, Leases
from indexing.engines.opensearch_server import Address, Server, server_faults
from indexing.generations import Pointer, fresh_name, missing, rebuild_running, stamp

_GENERATION = re.compile(r"\d{6}-[0-9a-f]{8}")
_BUILDING = "building"
_ASK_AGAIN_S = 0.2


def server_generations(settings: Settings) -> ServerGenerations:
    """Return the generations on the server that the settings name; raises Invalid when they name none."""
    if not settings.opensearch_url:
        raise Invalid("settings.opensearch", "选择了 OpenSearch 检索，但没有给出地址。请设置 ARCHIVE_OPENSEARCH_URL。")
    address = Address(
        urls=settings.opensearch_url,
        prefix=settings.opensearch_prefix,
        user=settings.opensearch_user,
        password=settings.opensearch_password.get_secret_value(),
        ca_file=settings.opensearch_ca_file,
        verify=settings.opensearch_verify,
        shards=settings.opensearch_shards,
        replicas=settings.opensearch_replicas,
        timeout_s=settings.opensearch_timeout_s,
    )
    return ServerGenerations(Server(address))


class ServerGenerations:
    """The generations of one prefix on one server."""

    engine_name = OpenSearchEngine.name

    def __init__(self, server: Server) -> None:
        self.server = server
        self.leases = Leases(server)
        self._prefix = f"{server.address.prefix}."
        self._current = f"{self._prefix}current"

    def version(self) -> str:
        """Return version, health and number of nodes of the server."""
        return self.server.version()

    def pointer(self) -> Pointer:
        """Return the pointer; see Generations."""
        name, meta = self._named()
        if not name:
            raise missing()
        return Pointer(name, str(meta.get("engine", "")), str(meta.get("stamp", "")))

    def named(self) -> str:
        """Return the generation that the alias names; see Generations."""
        return self._named()[0]

    def pointed_at(self) -> float:
        """Return when the alias was last set, by the clock of who set it."""
        return float(self._named()[1].get("in_use_since", 0.0))

    def _named(self) -> tuple[str, dict[str, Any]]:
        """Return the generation that the alias names and what its index says of itself; empty when there is none."""
        with server_faults():
            try:
                found = self.server.client.indices.get_mapping(index=self._current)
            except NotFoundError:
                return "", {}
        names = [name for name in found if _GENERATION.fullmatch(name.removeprefix(self._prefix))]
        if len(found) != 1 or not names:
            # Somebody else moved the alias.
            raise unusable()
        return names[0].removeprefix(self._prefix), found[names[0]]["mappings"].get("_meta", {})

    def names(self) -> list[str]:
        """Return the generations that have an index, oldest first."""
        with server_faults():
            found = self.server.client.indices.get(
                index=f"{self._prefix}*", params={"filter_path": "*.settings.index.uuid"}
            )
        names = (name.removeprefix(self._prefix) for name in found)
        return sorted(name for name in names if _GENERATION.fullmatch(name))

    def open(self, generation: str, *, create: bool = False) -> OpenSearchEngine:
        """Open the index of one generation."""
        meta = {"engine": self.engine_name, "stamp": stamp()}
        return OpenSearchEngine(self.server, self.leases, self._prefix + generation, create=create, meta=meta)

    def point_to(self, generation: str) -> None:
        """Move the alias in one step of the server; searches find either the old index or the new one."""
        new = self._prefix + generation
        meta = {"engine": self.engine_name, "stamp": stamp(), "in_use_since": time.time()}
        moves: list[dict[str, Any]] = [{"add": {"index": new, "alias": self._current}}]
        with server_faults():
            self.server.client.indices.put_mapping(index=new, body={"_meta": meta})
            with suppress(NotFoundError):
                old = self.server.client.indices.get_alias(name=self._current)
                moves += [{"remove": {"index": name, "alias": self._current}} for name in old if name != new]
            self.server.client.indices.update_aliases(body={"actions": moves})

    def remove(self, generation: str) -> None:
        """Remove the index of a generation, and what a writer that died left of its right."""
        index = self._prefix + generation
        with server_faults(), suppress(NotFoundError):
            self.server.client.indices.delete(index=index)
        self.leases.drop(f"writer {index}")

    @contextmanager
    def building(self, *, at_once: bool = False) -> Iterator[None]:
        """Hold the right on the server; one whose holder died is taken over once it has not been renewed for long."""
        held = self._right_to_build(at_once)
        try:
            yield
        finally:
            held.give_back()

    def _right_to_build(self, at_once: bool) -> Held:
        first = None
        while True:
            try:
                return self.leases.acquire(_BUILDING)
            except IndexBusy as e:
                last = self.leases.seen(_BUILDING)
                first = first or last
                if at_once or last != first:
                    raise rebuild_running() from e
            time.sleep(_ASK_AGAIN_S)

    def begin(self) -> None:
        """Make an empty first generation where there never was one; a server that is gone is told when it is used."""
        with suppress(Unavailable):
            while not self.named() and not self.names():
                with suppress(Refused), self.building(at_once=True):
                    if not self.names():
                        name = fresh_name([])
                        self.open(name, create=True)
                        self.point_to(name)
                        return
                time.sleep(_ASK_AGAIN_S)
