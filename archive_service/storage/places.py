"""All the places in which the bytes of an object are kept, and asking each of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from archive_service.storage.store import ObjectStore


@dataclass(frozen=True)
class Stores:
    """The store, its second copy if there is one, and the folder in which damaged bytes are kept."""

    first: ObjectStore
    second: ObjectStore | None
    aside: Path

    def each(self) -> Iterator[tuple[str, ObjectStore, Path]]:
        """Yield the name of each store, the store, and the folder of the damaged bytes that were taken out of it."""
        yield "first", self.first, self.aside / "first"
        if self.second is not None:
            yield "second", self.second, self.aside / "second"

    def holding(self, digest: str) -> list[str]:
        """Return, in words, the places that hold bytes of an object, good or damaged. Raises Unavailable."""
        words = {"first": "对象存储", "second": "第二存储"}
        found = [words[name] for name, store, _ in self.each() if store.exists(digest)]
        return [*found, "校验隔离目录"] if any(set_aside(self.aside, digest)) else found


def set_aside(aside: Path, digest: str) -> list[Path]:
    """Return the files of damaged bytes of an object, also those of a store that is no longer used."""
    return sorted(aside.glob(f"*/*{digest}*"))
