"""Where the generations of an index live, and which of them is in use: the port, and folders of one machine.

Layout under the home folder: `index/current.json` points to the generation in use, `index/<generation>/` holds it. A
rebuilt index is made in a folder of its own and becomes current by replacing the pointer, in one step. The index is a
cache: everything in it comes from the database, and `reindex` makes it again.
"""

from __future__ import annotations

import fcntl
import importlib.metadata
import json
import os
import secrets
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol

from archive_service.errors import Refused
from indexing import text
from indexing.engine import IndexUnusable, SearchEngine, unusable

#: Raised by every change of an engine's schema or of the search document.
SCHEMA_VERSION = 1


def stamp() -> str:
    """Return the version of everything that decides what an index holds."""
    return f"text {text.VERSION}, schema {SCHEMA_VERSION}"


@dataclass(frozen=True)
class Pointer:
    """Which generation is in use, and what made it."""

    generation: str
    engine: str
    stamp: str


class Generations(Protocol):
    """The generations of one archive's index. Raises Unavailable where they are on a server that does not answer."""

    engine_name: str

    def version(self) -> str:
        """Return which version of the engine this is, for people."""

    def pointer(self) -> Pointer:
        """Return the pointer as it stands; raises IndexUnusable when there is none or it cannot be read."""

    def named(self) -> str:
        """Return the generation that the pointer names, usable or not; empty when there is no readable pointer."""

    def names(self) -> list[str]:
        """Return all generations, oldest first, in use or not."""

    def open(self, generation: str, *, create: bool = False) -> SearchEngine:
        """Open one generation, in use or not."""

    def point_to(self, generation: str) -> None:
        """Make `generation` the one in use, in one step that survives a crash."""

    def pointed_at(self) -> float:
        """Return when the pointer was last set, in seconds since 1970."""

    def remove(self, generation: str) -> None:
        """Remove a generation that is not in use."""

    def building(self, *, at_once: bool = False) -> AbstractContextManager[None]:
        """Hold the right to make and remove generations; raises Refused while another process has it.

        Finding out whether the other still lives may take some seconds on a server; not when it has to be `at_once`.
        """

    def begin(self) -> None:
        """Make an empty first generation where there never was one; many may do so at once."""


def checked(pointer: Pointer, engine_name: str) -> Pointer:
    """Return the pointer; raises IndexUnusable when it names what this program cannot use."""
    if pointer.engine != engine_name:
        raise IndexUnusable(
            "index.engine-changed",
            f"现有索引由 {pointer.engine} 建立，而设置要求 {engine_name}。请运行 archive-service reindex 重建索引。",
        )
    if pointer.stamp != stamp():
        raise IndexUnusable(
            "index.outdated", "全文索引由另一版本的程序建立，不能继续使用。请运行 archive-service reindex 重建索引。"
        )
    return pointer


def missing() -> IndexUnusable:
    """Return the error for an archive without an index."""
    return IndexUnusable(
        "index.missing", "还没有全文索引。请运行 archive-service reindex 建立索引；档案本身没有受影响。"
    )


def rebuild_running() -> Refused:
    """Return the refusal of a second rebuild."""
    return Refused("index.rebuild-running", "另一个进程正在重建全文索引。请等它完成后再试。")


def fresh_name(names: Iterable[str]) -> str:
    """Return a name for a new generation, after all others."""
    last = max((int(name[:6]) for name in names if name[:6].isdigit()), default=0)
    # The database remembers what a generation holds, so a name must not come back, even in an emptied folder.
    return f"{last + 1:06d}-{secrets.token_hex(4)}"


class FolderGenerations:
    """Generations as folders of one machine."""

    def __init__(self, folder: Path, engine_name: str, engine: Callable[..., SearchEngine]) -> None:
        self.folder = folder
        self.engine_name = engine_name
        self._engine = engine
        self._pointer = folder / "current.json"

    def version(self) -> str:
        """Return the version of the library."""
        return importlib.metadata.version(self.engine_name)

    def pointer(self) -> Pointer:
        """Return the pointer; see Generations."""
        try:
            return Pointer(**json.loads(self._pointer.read_text("utf-8")))
        except FileNotFoundError as e:
            raise missing() from e
        except (OSError, ValueError, TypeError) as e:
            raise unusable() from e

    def named(self) -> str:
        """Return the generation that the pointer names; see Generations."""
        try:
            return str(json.loads(self._pointer.read_text("utf-8"))["generation"])
        except (OSError, ValueError, TypeError, KeyError):
            return ""

    def names(self) -> list[str]:
        """Return the generations that have a folder, oldest first."""
        if not self.folder.is_dir():
            return []
        return sorted(path.name for path in self.folder.iterdir() if path.is_dir())

    def open(self, generation: str, *, create: bool = False) -> SearchEngine:
        """Open one generation."""
        return self._engine(self.folder / generation, create=create)

    def point_to(self, generation: str) -> None:
        """Replace the pointer."""
        part = self.folder / "current.json.part"
        with part.open("w", encoding="utf-8") as file:
            json.dump(asdict(Pointer(generation, self.engine_name, stamp())), file)
            file.flush()
            os.fsync(file.fileno())
        part.replace(self._pointer)
        folder = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def pointed_at(self) -> float:
        """Return when the pointer was last replaced."""
        return self._pointer.stat().st_mtime

    def remove(self, generation: str) -> None:
        """Remove the folder of a generation."""
        shutil.rmtree(self.folder / generation, ignore_errors=True)

    @contextmanager
    def building(self, *, at_once: bool = False) -> Iterator[None]:
        """Hold the lock file; the system frees it when the process dies."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "building.lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as e:
                raise rebuild_running() from e
            yield

    def begin(self) -> None:
        """Make an empty first generation where there never was one."""
        if self._pointer.exists() or self.names():
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "building.lock").open("w") as file:
            # Two processes may start at once on a fresh home: the second waits and finds the work done.
            fcntl.flock(file, fcntl.LOCK_EX)
            if not self.names():
                name = fresh_name([])
                self.open(name, create=True).close()
                self.point_to(name)
