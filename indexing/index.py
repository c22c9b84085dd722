"""The index of an archive: which generation is in use, opened so that readers follow the writer.

Layout under the home folder: `index/current.json` points to the generation in use, `index/<generation>/` holds it. A
rebuilt index is made in a folder of its own and becomes current by replacing the pointer, in one step. The index is a
cache: everything in it comes from the database, and `reindex` makes it again.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from archive_service.errors import Refused
from indexing import text
from indexing.engine import EngineResult, IndexUnusable, SearchEngine, unusable
from indexing.engines.tantivy import TantivyEngine
from indexing.engines.whoosh import WhooshEngine
from indexing.query import EngineQuery

ENGINES: dict[str, Callable[..., SearchEngine]] = {"tantivy": TantivyEngine, "whoosh": WhooshEngine}

#: Raised by every change of an engine's schema or of the search document.
SCHEMA_VERSION = 1

_RELOAD_EVERY_S = 0.5
_GRACE_S = 60.0


def stamp() -> str:
    """Return the version of everything that decides what an index holds."""
    return f"text {text.VERSION}, schema {SCHEMA_VERSION}"


@dataclass(frozen=True)
class Pointer:
    """Which generation is in use, and what made it."""

    generation: str
    engine: str
    stamp: str


class Index:
    """The index in use. Opening never fails; using it raises IndexUnusable with what to do."""

    def __init__(self, home: Path, engine: str) -> None:
        self.folder = home / "index"
        self.engine_name = engine
        self._lock = threading.Lock()
        self._opened: tuple[Pointer, SearchEngine] | None = None
        self._looked_at = 0.0

    def search(self, query: EngineQuery) -> EngineResult:
        """Search the generation in use."""
        return self.current()[1].search(query)

    def generation(self) -> str:
        """Return the name of the generation in use."""
        return self.pointer().generation

    def current(self) -> tuple[str, SearchEngine]:
        """Return the generation in use and its engine, which sees commits that are older than half a second."""
        with self._lock:
            if self._opened is None or time.monotonic() - self._looked_at >= _RELOAD_EVERY_S:
                self._look()
            assert self._opened is not None
            return self._opened[0].generation, self._opened[1]

    def refresh(self) -> None:
        """See every commit made until now."""
        with self._lock:
            self._look()

    def _look(self) -> None:
        pointer = self.pointer()
        if self._opened is not None and self._opened[0] == pointer:
            self._opened[1].reload()
        else:
            # Searches that still run keep the old engine until they end.
            self._opened = pointer, ENGINES[pointer.engine](self.folder / pointer.generation)
        self._looked_at = time.monotonic()

    def pointer(self) -> Pointer:
        """Return the pointer; raises IndexUnusable when there is none, or one that this program cannot use."""
        try:
            pointer = Pointer(**json.loads((self.folder / "current.json").read_text("utf-8")))
        except FileNotFoundError as e:
            raise IndexUnusable(
                "index.missing", "还没有全文索引。请运行 archive-service reindex 建立索引；档案本身没有受影响。"
            ) from e
        except (OSError, ValueError, TypeError) as e:
            raise unusable() from e
        if pointer.engine != self.engine_name:
            raise IndexUnusable(
                "index.engine-changed",
                f"现有索引由 {pointer.engine} 建立，而设置要求 {self.engine_name}。"
                "请运行 archive-service reindex 重建索引。",
            )
        if pointer.stamp != stamp():
            raise IndexUnusable(
                "index.outdated",
                "全文索引由另一版本的程序建立，不能继续使用。请运行 archive-service reindex 重建索引。",
            )
        return pointer

    def open_generation(self, generation: str, *, create: bool = False) -> SearchEngine:
        """Open one generation, in use or not."""
        return ENGINES[self.engine_name](self.folder / generation, create=create)

    def point_to(self, generation: str) -> None:
        """Make `generation` the one in use, in one step that survives a crash."""
        pointer = Pointer(generation, self.engine_name, stamp())
        part = self.folder / "current.json.part"
        with part.open("w", encoding="utf-8") as file:
            json.dump(asdict(pointer), file)
            file.flush()
            os.fsync(file.fileno())
        part.replace(self.folder / "current.json")
        folder = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def generations(self) -> list[str]:
        """Return the generations that have a folder, oldest first, in use or not."""
        if not self.folder.is_dir():
            return []
        return sorted(path.name for path in self.folder.iterdir() if path.is_dir())

    def named_generation(self) -> str:
        """Return the generation that the pointer names, usable or not; empty when there is no readable pointer."""
        try:
            return str(json.loads((self.folder / "current.json").read_text("utf-8"))["generation"])
        except (OSError, ValueError, TypeError, KeyError):
            return ""

    def fresh_name(self) -> str:
        """Return a name for a new generation, after all others."""
        last = max((int(name[:6]) for name in self.generations() if name[:6].isdigit()), default=0)
        # The database remembers what a generation holds, so a name must not come back, even in an emptied folder.
        return f"{last + 1:06d}-{secrets.token_hex(4)}"

    @contextmanager
    def building(self) -> Iterator[None]:
        """Hold the right to make and remove generations; raises Refused while another process has it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "building.lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as e:
                raise Refused("index.rebuild-running", "另一个进程正在重建全文索引。请等它完成后再试。") from e
            yield

    def remove_unused(self, *, now: datetime) -> None:
        """Remove generations that are not in use, once readers have had time to move to the current one."""
        unused = [name for name in self.generations() if name != self.generation()]
        if not unused:
            return
        try:
            with self.building():
                if now.timestamp() - (self.folder / "current.json").stat().st_mtime >= _GRACE_S:
                    for name in unused:
                        shutil.rmtree(self.folder / name, ignore_errors=True)
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
    index = Index(home, engine)
    if not (index.folder / "current.json").exists() and not index.generations():
        index.folder.mkdir(parents=True, exist_ok=True)
        with (index.folder / "building.lock").open("w") as file:
            # Two processes may start at once on a fresh home: the second waits and finds the work done.
            fcntl.flock(file, fcntl.LOCK_EX)
            if not index.generations():
                name = index.fresh_name()
                index.open_generation(name, create=True).close()
                index.point_to(name)
    return index
