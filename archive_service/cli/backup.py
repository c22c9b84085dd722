"""Back up a running archive: the database of one moment, then every object that it names, then the manifest.

Objects are stored before the rows that name them and never change, so a copy of the database taken first is whole once
its objects are copied. A backup into a folder that holds one already copies only what is new; until the new manifest
takes the place of the old one, the old backup stays as good as it was. Settings and their secrets are not part of it.
"""

from __future__ import annotations

import errno
import fcntl
import os
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TextIO

from sqlalchemy import Connection, text

from archive_service import __version__
from archive_service.cli import dumps, manifest, objects
from archive_service.cli.manifest import File, Manifest
from archive_service.errors import Damaged, NotFound, Refused, Unavailable
from archive_service.settings import Settings
from archive_service.storage.store import ObjectStore

#: Told (objects done, objects in all).
Progress = Callable[[int, int], None]
#: Copies at the same time: while one waits for the disk or the server, others go on.
COPIERS = 4
#: Objects handed to the copiers at a time.
CHUNK = 500
#: Space left over on the disk of the backup.
SPARE_BYTES = 16 * 1024 * 1024
#: What a folder may hold in which a backup is made.
_OURS = re.compile(r"objects|backup\.lock|manifest\.json|(?:database|objects|catalogue)-[^/]+|.+\.part")


@dataclass(frozen=True)
class Copied:
    """What became of one object."""

    digest: str
    size_bytes: int
    #: True when it was not in the backup before.
    new: bool
    #: Kind of finding, empty for a sound object.
    fault: str = ""


@dataclass(frozen=True)
class BackedUp:
    """A finished backup and what it took."""

    manifest: Manifest
    copied: int
    copied_bytes: int


def backup(
    settings: Settings,
    store: ObjectStore,
    out: Path,
    *,
    now: datetime,
    progress: Progress = lambda done, total: None,
) -> BackedUp:
    """Copy the archive into the folder `out`; damaged objects are named in the manifest and the rest is copied.

    Raises Refused for a folder that holds something else, Unavailable when the disk is full or cannot be written: what
    was copied until then stays for the next run.
    """
    if out.resolve().is_relative_to(settings.home.resolve()):
        raise Refused("backup.inside-home", "备份不能放在档案库自己的文件夹里。请选择另一块磁盘上的文件夹。")
    with _disk(), _held(out):
        made = _make(settings, store, out, now=now, progress=progress)
        manifest.write(out, made.manifest)
        _remove_old(out, made.manifest)
    return made


@contextmanager
def _disk() -> Iterator[None]:
    """Turn what the disk of the backup refuses into Unavailable."""
    try:
        yield
    except OSError as e:
        if e.errno in (errno.ENOSPC, errno.EDQUOT):
            raise dumps.full() from e
        raise Unavailable("backup.unwritable", "备份文件夹无法写入。请检查路径、权限和磁盘后重试。") from e


@contextmanager
def _held(out: Path) -> Iterator[None]:
    """Hold the folder, which must be empty or hold a backup, begun or finished."""
    out.mkdir(mode=0o700, parents=True, exist_ok=True)
    if any(not _OURS.fullmatch(path.name) for path in out.iterdir()):
        raise Refused(
            "backup.foreign-folder", "这个文件夹里有别的文件。请给备份一个空文件夹，或以前的备份所在的文件夹。"
        )
    with (out / "backup.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as e:
            raise Refused("backup.running", "另一个备份正在写入这个文件夹。请等它完成后再试。") from e
        yield


@dataclass(frozen=True)
class _Moment:
    """What the copied database says of itself."""

    archive: str
    schema: str
    counts: Mapping[str, int]
    audit: tuple[int, str]


def _make(settings: Settings, store: ObjectStore, out: Path, *, now: datetime, progress: Progress) -> BackedUp:
    url, stamp = settings.url(), f"{now:%Y%m%dT%H%M%S%f}"
    for remains in out.glob("*.part"):
        remains.unlink()
    part, wanted = out / f"database-{stamp}.part", out / f"wanted-{stamp}.part"
    # The digests are written down at once: copying takes hours, and a transaction must not stay open for so long.
    with dumps.copied(url, part) as connection, wanted.open("w", encoding="utf-8") as file:
        moment = _moment(connection)
        _check_same(out, moment.archive)
        asked = text("select digest, size_bytes from stored_objects order by digest")
        for digest, size in connection.execution_options(stream_results=True, yield_per=CHUNK).execute(asked):
            file.write(f"{digest} {size}\n")
    _check_space(wanted, out)
    all_copied = _objects(
        wanted, store, out, out / f"objects-{stamp}.sha256", moment.counts["stored_objects"], progress
    )
    wanted.unlink()
    kind = dumps.kind_of(url)
    database = part.rename(part.with_suffix(dumps.ENDINGS[kind]))
    made = Manifest(
        archive=moment.archive,
        created_at=now.isoformat(),
        program=__version__,
        schema=moment.schema,
        kind=kind,
        database=manifest.described(out, database),
        listing=manifest.described(out, all_copied.listing),
        objects=all_copied.objects,
        objects_bytes=all_copied.size_bytes,
        counts=moment.counts,
        audit_seq=moment.audit[0],
        audit_hash=moment.audit[1],
        catalogue=tuple(_catalogue(settings.home / "catalogue", out, stamp)),
        missing=all_copied.bad,
    )
    # One sync brings all names and bytes to the disk before the manifest vouches for them.
    os.sync()
    return BackedUp(made, all_copied.new, all_copied.new_bytes)


def _moment(connection: Connection) -> _Moment:
    return _Moment(
        archive=str(connection.execute(text("select hash from audit_entries where seq = 1")).scalar() or ""),
        schema=dumps.schema_of(connection),
        counts=dumps.counts_of(connection),
        audit=dumps.audit_head(connection),
    )


def _check_same(out: Path, archive: str) -> None:
    try:
        before = manifest.read(out)
    except (NotFound, Damaged, Refused):
        return
    if before.archive != archive:
        raise Refused("backup.other-archive", "这个文件夹里是另一个档案库的备份。请另选文件夹，以免覆盖。")


@dataclass
class _Copies:
    """The objects of a backup, as they are counted while they are copied."""

    listing: Path
    objects: int = 0
    size_bytes: int = 0
    new: int = 0
    new_bytes: int = 0
    bad: dict[str, str] = field(default_factory=dict)

    def add(self, one: Copied, lines: TextIO) -> None:
        """Count an object and put it on the list, or among the bad ones."""
        if one.fault:
            self.bad[one.digest] = one.fault
            return
        lines.write(manifest.line(one.digest))
        self.objects += 1
        self.size_bytes += one.size_bytes
        if one.new:
            self.new += 1
            self.new_bytes += one.size_bytes


def _objects(wanted: Path, store: ObjectStore, out: Path, listing: Path, total: int, progress: Progress) -> _Copies:
    """Copy all objects that are wanted, and make their list."""
    copies, done = _Copies(listing), 0
    part = listing.with_suffix(".part")
    progress(done, total)
    with part.open("w", encoding="ascii") as lines, ThreadPoolExecutor(COPIERS) as pool:
        for chunk in _chunks(wanted):
            for one in pool.map(partial(_copy, store, out), chunk):
                copies.add(one, lines)
            done += len(chunk)
            progress(done, total)
    part.rename(listing)
    return copies


def _chunks(wanted: Path) -> Iterator[list[tuple[str, int]]]:
    with wanted.open(encoding="utf-8") as lines:
        found = ((digest, int(size)) for digest, _, size in (line.rpartition(" ") for line in lines))
        while chunk := list(islice(found, CHUNK)):
            yield chunk


def _check_space(wanted: Path, out: Path) -> None:
    """Refuse at once what would fill the disk after hours."""
    needed = sum(size for chunk in _chunks(wanted) for digest, size in chunk if not _is_there(out, digest, size))
    if needed + SPARE_BYTES > shutil.disk_usage(out).free:
        raise dumps.full()


def _is_there(out: Path, digest: str, size: int) -> bool:
    try:
        return (out / manifest.place(digest)).stat().st_size == size
    except FileNotFoundError:
        return False


def _copy(store: ObjectStore, out: Path, recorded: tuple[str, int]) -> Copied:
    digest, size = recorded
    if not manifest.is_digest(digest):
        return Copied(digest, 0, new=False, fault="object.missing")
    if _is_there(out, digest, size):
        return Copied(digest, size, new=False)
    target = out / manifest.place(digest)
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = target.with_suffix(".part")
    try:
        written = 0
        with part.open("wb") as file:
            for block in objects.blocks(store.open, digest):
                written += file.write(block)
            file.flush()
            # Under its name an object is whole, also after the power failed: a later run looks at the size only.
            os.fsync(file.fileno())
    except (NotFound, Damaged) as e:
        part.unlink()
        return Copied(digest, 0, new=False, fault=objects.fault(e))
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    part.chmod(0o440)
    part.replace(target)
    return Copied(digest, written, new=True)


def _catalogue(folder: Path, out: Path, stamp: str) -> Iterator[File]:
    """Copy the editions that the archive keeps of its own."""
    if not folder.is_dir():
        return
    target = out / f"catalogue-{stamp}"
    target.mkdir(mode=0o700)
    for path in sorted(path for path in folder.iterdir() if path.is_file()):
        yield manifest.described(out, Path(shutil.copyfile(path, target / path.name)))


def _remove_old(out: Path, made: Manifest) -> None:
    """Remove what only the manifest before this one named; objects stay."""
    kept = {Path(file.name).parts[0] for file in made.files()}
    for pattern in ("database-*", "objects-*.sha256", "catalogue-*"):
        for path in out.glob(pattern):
            if path.name not in kept:
                shutil.rmtree(path) if path.is_dir() else path.unlink()
