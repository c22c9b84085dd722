"""The index of an archive: the generation in use, opened so that readers follow the writer."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path

from archive_service.errors import Refused
from archive_service.settings import Settings
from indexing import generations
from indexing.engine import EngineResult, IndexUnusable, SearchEngine
from indexing.engines.tantivy import TantivyEngine
from indexing.engines.whoosh import WhooshEngine
from indexing.generations import FolderGenerations, Generations, Pointer
from indexing.query import EngineQuery

#: Engines that keep an index in a folder; `opensearch` is a server.
ENGINES: dict[str, Callable[..., SearchEngine]] = {"tantivy": TantivyEngine, "whoosh": WhooshEngine}

_RELOAD_EVERY_S = 0.5
_GRACE_S = 60.0


class Index:
    """The index in use. Opening never fails; using it raises IndexUnusable with what to do."""

    def __init__(self, place: Generations) -> None:
        self.place = place
        self.engine_name = place.engine_name
        self._lock = threading.Lock()
        self._opened: tuple[Pointer, SearchEngine] | None = None
        self._looked_at = 0.0

    def search(self, query: EngineQuery) -> EngineResult:
        """Search the generation in use."""
        generation, engine = self.current()
        try:
            return engine.search(query)
        except IndexUnusable:
            # A rebuild removes what is left of others, perhaps what was in use when we last looked.
            self.refresh()
            if self.generation() == generation:
                raise
            return self.current()[1].search(query)

    def generation(self) -> str:
        """Return the name of the generation in use."""
        return self.pointer().generation

    def current(self) -> tuple[str, SearchEngine]:
        """Return the generation in use and its engine, which sees commits that are older than half a second."""
        opened = self._opened
        # While one thread looks, the others go on with what is open; where nothing is, they wait for it.
        if (opened is None or self._is_due()) and self._lock.acquire(blocking=opened is None):
            try:
                opened = self._look() if self._opened is None or self._is_due() else self._opened
            finally:
                self._lock.release()
        assert opened is not None
        return opened[0].generation, opened[1]

    def _is_due(self) -> bool:
        return time.monotonic() - self._looked_at >= _RELOAD_EVERY_S

    def refresh(self) -> None:
        """See every commit made until now."""
        with self._lock:
            self._look()

    def _look(self) -> tuple[Pointer, SearchEngine]:
        pointer = self.pointer()
        if self._opened is not None and self._opened[0] == pointer:
            self._opened[1].reload()
        else:
            # Searches that still run keep the old engine until they end.
            self._opened = pointer, self.place.open(pointer.generation)
        self._looked_at = time.monotonic()
        return self._opened

    def pointer(self) -> Pointer:
        """Return the pointer; raises IndexUnusable when there is none, or one that this program cannot use."""
        return generations.checked(self.place.pointer(), self.engine_name)

    def open_generation(self, generation: str, *, create: bool = False) -> SearchEngine:
        """Open one generation, in use or not."""
        return self.place.open(generation, create=create)

    def point_to(self, generation: str) -> None:
        """Make `generation` the one in use, in one step that survives a crash."""
        self.place.point_to(generation)

    def generations(self) -> list[str]:
        """Return all generations, oldest first, in use or not."""
        return self.place.names()

    def named_generation(self) -> str:
        """Return the generation that the pointer names, usable or not; empty when there is no readable pointer."""
        return self.place.named()

    def fresh_name(self) -> str:
        """Return a name for a new generation, after all others."""
        return generations.fresh_name(self.generations())

    def building(self) -> AbstractContextManager[None]:
        """Hold the right to make and remove generations; raises Refused while another process has it."""
        return self.place.building()

    def remove(self, generation: str) -> None:
        """Remove a generation that is not in use; only while `building`."""
        self.place.remove(generation)

    def remove_unused(self, *, now: datetime) -> None:
        """Remove generations that are not in use, once readers have had time to move to the current one."""
        if all(name == self.generation() for name in self.generations()):
            return
        try:
            with self.place.building(at_once=True):
                # Looked at again: a rebuild may have ended since.
                in_use = self.generation()
                if now.timestamp() - self.place.pointed_at() >= _GRACE_S:
                    for name in self.generations():
                        if name != in_use:
                            self.remove(name)
        except Refused:
            # A rebuild is under way; what it makes is not in use yet.
            return

    def close(self) -> None:
        """Give up files and memory."""
        with self._lock:
            if self._opened is not None:
                self._opened[1].close()
            self._opened = None


def open_index(home: Path, engine: str) -> Index:
    """Open the index of the archive in `home`; a home that never had one gets an empty first generation."""
    return _begun(FolderGenerations(home / "index", engine, ENGINES[engine]))


def index_of(settings: Settings) -> Index:
    """Open the index that the settings name, in the home folder or on a server."""
    if settings.search_engine == "opensearch":
        # Only who uses the server needs its client.
        from indexing.engines.opensearch_place import server_generations

        return _begun(server_generations(settings))
    return open_index(settings.home, settings.search_engine)


def _begun(place: Generations) -> Index:
    place.begin()
    return Index(place)
