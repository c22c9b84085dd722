"""Reading back the objects that papers name: digests checked, pictures opened, originals scanned for viruses."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from PIL import Image, UnidentifiedImageError

from archive_service.errors import Damaged, NotFound, Refused, Unavailable
from archive_service.properties.facts import ObjectFacts, PageFacts, Virus
from archive_service.storage.store import ObjectStore

#: Bytes that one run reads back; what is beyond them stays unread and is said to be so.
MOST_BYTES = 1024 * 1024 * 1024


class Scanner(Protocol):
    """A virus scanner; the one of the program stands above this package."""

    def version(self) -> str:
        """Return what it calls itself. Raises Unavailable."""

    def check(self, path: Path) -> None:
        """See that nothing is found in a file. Raises Refused with the find, Unavailable when nobody can tell."""


@dataclass(frozen=True)
class Looked:
    """What reading back showed, by digest, and the scanner that looked: none there is none, empty it was away."""

    objects: Mapping[str, ObjectFacts]
    scanner: str | None


def look(
    store: ObjectStore,
    pages: Iterable[PageFacts],
    *,
    scanner: Scanner | None,
    home: Path,
    most_bytes: int = MOST_BYTES,
) -> Looked:
    """Read back all that pages name, up to a limit. Raises Unavailable when the store does not answer."""
    listed = list(pages)
    named = {digest for page in listed for digest in page.digests}
    originals, images = {page.original for page in listed}, {page.image for page in listed}
    return look_at(store, named, originals, images, scanner=scanner, home=home, most_bytes=most_bytes)


def look_at(
    store: ObjectStore,
    named: Collection[str],
    originals: Collection[str],
    images: Collection[str],
    *,
    scanner: Scanner | None,
    home: Path,
    most_bytes: int = MOST_BYTES,
) -> Looked:
    """Read back objects by digest, scan the `originals` among them for viruses, open the `images`, up to a limit."""
    name = _name(scanner)
    left, found = most_bytes, {}
    work = home / "work"
    work.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=work) as folder:
        for digest in sorted(named):
            if left <= 0:
                break
            if digest in originals:
                found[digest] = _original(store, digest, Path(folder) / "file", scanner if name else None)
            else:
                found[digest] = _rendition(store, digest)
            if digest in images:
                found[digest] = _opened(store, found[digest])
            left -= found[digest].read_bytes
    return Looked(found, name)


def _name(scanner: Scanner | None) -> str | None:
    if scanner is None:
        return None
    try:
        return scanner.version()
    except Unavailable:
        return ""


def _original(store: ObjectStore, digest: str, path: Path, scanner: Scanner | None) -> ObjectFacts:
    one = ObjectFacts(digest, recorded=False)
    try:
        store.fetch(digest, path)
    except NotFound:
        return replace(one, found="missing")
    except Damaged:
        return replace(one, found="damaged")
    try:
        virus = _virus(scanner, path)
        return replace(one, found="intact", read_bytes=path.stat().st_size, virus=virus)
    finally:
        path.unlink(missing_ok=True)


def _virus(scanner: Scanner | None, path: Path) -> Virus:
    if scanner is None:
        return "unseen"
    try:
        scanner.check(path)
    except Refused:
        return "found"
    except Unavailable:
        return "unseen"
    return "clean"


def _rendition(store: ObjectStore, digest: str) -> ObjectFacts:
    one = ObjectFacts(digest, recorded=False)
    try:
        return replace(one, found="intact", read_bytes=len(store.read(digest)))
    except NotFound:
        return replace(one, found="missing")
    except Damaged:
        return replace(one, found="damaged")


def _opened(store: ObjectStore, one: ObjectFacts) -> ObjectFacts:
    """Open a picture that this program made."""
    if one.found != "intact":
        return replace(one, opens=False)
    try:
        with Image.open(io.BytesIO(store.read(one.digest))) as picture:
            picture.load()
            width, height = picture.size
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return replace(one, opens=False)
    return replace(one, opens=True, width_px=width, height_px=height)


def digests(pages: Iterable[PageFacts]) -> Collection[str]:
    """Return what pages name."""
    return {digest for page in pages for digest in page.digests}
