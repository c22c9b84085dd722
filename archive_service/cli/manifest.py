"""The manifest of a backup: what it holds, written last, and the proof that it is whole.

Layout of a backup folder: `manifest.json` · `database-<time>.db` (or `.dump` from PostgreSQL) ·
`objects-<time>.sha256` (the list of the objects, as `sha256sum -c` reads it) · `objects/ab/cd/<sha256>` ·
`catalogue-<time>/` (editions of one's own). A folder without a manifest holds a backup that was not finished.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from archive_service.errors import Damaged, NotFound, Refused
from archive_service.storage.store import CHUNK

NAME = "manifest.json"
#: Raised when an older program could not read the backup any more.
FORMAT = 1
_LINE = re.compile(r"([0-9a-f]{64})  (objects/\S+)\n?")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_PLAIN = re.compile(r"[\w.-]+(?:/[\w.-]+)?")


@dataclass(frozen=True)
class File:
    """A file of the backup besides the objects; `name` is relative to the folder."""

    name: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """What a backup holds."""

    #: The hash of the archive's first audit entry: two archives never share it.
    archive: str
    created_at: str
    program: str
    schema: str
    #: sqlite or postgresql.
    kind: str
    database: File
    #: The list of objects.
    listing: File
    objects: int
    objects_bytes: int
    #: Rows by table, and the end of the audit chain.
    counts: Mapping[str, int]
    audit_seq: int
    audit_hash: str
    catalogue: tuple[File, ...] = ()
    #: Objects on record that could not be copied, with what is wrong: {digest: kind of finding}.
    missing: Mapping[str, str] = field(default_factory=dict)
    format: int = FORMAT

    def text(self) -> str:
        """Return the manifest as it is written: its last value is the sha256 of all the others."""
        body = asdict(self)
        return json.dumps({**body, "sha256": _digest(body)}, ensure_ascii=False, indent=1) + "\n"

    @property
    def sha256(self) -> str:
        """The digest that the manifest carries of itself."""
        return _digest(asdict(self))

    def files(self) -> tuple[File, ...]:
        """Return every file besides the objects."""
        return self.database, self.listing, *self.catalogue


def write(folder: Path, manifest: Manifest) -> None:
    """Make the backup complete, in one step."""
    part = folder / f"{NAME}.part"
    with part.open("w", encoding="utf-8") as file:
        file.write(manifest.text())
        file.flush()
        os.fsync(file.fileno())
    part.replace(folder / NAME)
    sync_folder(folder)


def read(folder: Path) -> Manifest:
    """Return the manifest of a backup. Raises NotFound, Refused for one not finished or newer, Damaged."""
    try:
        text = (folder / NAME).read_text("utf-8")
    except FileNotFoundError as e:
        if (folder / "objects").is_dir():
            raise Refused(
                "backup.incomplete", "这份备份没有完成，不能用于恢复。请再次运行 backup，会从中断处继续。"
            ) from e
        raise NotFound("backup.not-found", "这个文件夹里没有备份。请核对路径。") from e
    except (OSError, ValueError) as e:
        raise _damaged() from e
    return _parsed(text)


def _parsed(text: str) -> Manifest:
    try:
        body = json.loads(text)
        told = body.pop("sha256")
        if int(body["format"]) > FORMAT:
            raise Refused("backup.newer", "这份备份由更新版本的程序建立。请先升级程序再恢复。")
        if told != _digest(body):
            raise _damaged()
        database, listing = File(**body.pop("database")), File(**body.pop("listing"))
        catalogue = tuple(File(**one) for one in body.pop("catalogue"))
        manifest = Manifest(database=database, listing=listing, catalogue=catalogue, **body)
    except (ValueError, KeyError, TypeError, AttributeError) as e:
        raise _damaged() from e
    # The names are paths below the folder; a manifest made by somebody else must not lead out of it.
    if any(not _PLAIN.fullmatch(file.name) or ".." in file.name for file in manifest.files()):
        raise _damaged()
    return manifest


def check_files(folder: Path, manifest: Manifest) -> None:
    """Raise Damaged when a file of the backup besides the objects is not as it was written."""
    for file in manifest.files():
        try:
            found = described(folder, folder / file.name)
        except OSError as e:
            raise _damaged(file.name) from e
        if found != file:
            raise _damaged(file.name)


def listed(folder: Path, manifest: Manifest) -> Iterator[str]:
    """Yield the digests of the objects in the backup."""
    with (folder / manifest.listing.name).open(encoding="utf-8") as lines:
        for line in lines:
            found = _LINE.fullmatch(line)
            if found is None:
                raise _damaged(manifest.listing.name)
            yield found[1]


def line(digest: str) -> str:
    """Return the line of the list for an object."""
    return f"{digest}  {place(digest)}\n"


def is_digest(text: str) -> bool:
    """Say whether the text can name an object; a row that somebody altered may say anything."""
    return _DIGEST.fullmatch(text) is not None


def place(digest: str) -> str:
    """Return where an object lies in the folder."""
    return f"objects/{digest[:2]}/{digest[2:4]}/{digest}"


def described(folder: Path, path: Path) -> File:
    """Return name, size and digest of a file."""
    with path.open("rb") as source:
        seen, size = hashlib.sha256(), 0
        while block := source.read(CHUNK):
            seen.update(block)
            size += len(block)
    return File(str(path.relative_to(folder)), size, seen.hexdigest())


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _digest(body: Mapping[str, Any]) -> str:
    canonical = json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _damaged(name: str = NAME) -> Damaged:
    return Damaged("backup.damaged", f"备份文件 {name} 已损坏，没有开始恢复。请换用另一份备份。", file=name)
