"""Back up a running archive: the database of one moment, then every object that it names, then the manifest.

Objects are stored before the rows that name them and never change, so a copy of the database taken first is whole once
its objects are copied. A backup into a folder that holds one already copies only what is new; until the new manifest
takes the place of the old one, the old backup stays as good as it was. Settings and their secrets are not part of it.
"""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import islice
from pathlib import Path

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
_OURS = {"objects", "backup.lock", manifest.NAME, f"{manifest.NAME}.part"}


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
    present = {path.name for path in out.iterdir()}
    if present and not present & _OURS:
        raise Refused(
            "backup.foreign-folder", "这个文件夹里有别的文件。请给备份一个空文件夹，或以前的备份所在的文件夹。"
        )
    with (out / "backup.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as e:
            raise Refused("backup.running", "另一个备份正在写入这个文件夹。请等它完成后再试。") from e
        yield


def _make(settings: Settings, store: ObjectStore, out: Path, *, now: datetime, progress: Progress) -> BackedUp:
    url, stamp = settings.url(), f"{now:%Y%m%dT%H%M%S%f}"
    for remains in out.glob("*.part"):
        remains.unlink()
    kind = dumps.kind_of(url)
    part = out / f"database-{stamp}.part"
    with dumps.copied(url, part) as connection:
        archive = _identity(connection)
        _check_same(out, archive)
        listing, bad, copied, copied_bytes, size = _objects(connection, store, out, stamp, progress)
        schema, counts, (seq, head) = (
            dumps.schema_of(connection),
            dumps.counts_of(connection),
            dumps.audit_head(connection),
        )
    database = part.rename(part.with_suffix(dumps.ENDINGS[kind]))
    made = Manifest(
        archive=archive,
        created_at=now.isoformat(),
        program=__version__,
        schema=schema,
        kind=kind,
        database=manifest.described(out, database),
        listing=manifest.described(out, listing),
        objects=counts["stored_objects"] - len(bad),
        objects_bytes=size,
        counts=counts,
        audit_seq=seq,
        audit_hash=head,
        catalogue=tuple(_catalogue(settings.home / "catalogue", out, stamp)),
        missing=bad,
    )
    # One sync brings all names and bytes to the disk before the manifest vouches for them.
    os.sync()
    return BackedUp(made, copied, copied_bytes)


def _identity(connection: Connection) -> str:
    return str(connection.execute(text("select hash from audit_entries where seq = 1")).scalar() or "")


def _check_same(out: Path, archive: str) -> None:
    try:
        before = manifest.read(out)
    except (NotFound, Damaged, Refused):
        return
    if before.archive != archive:
        raise Refused("backup.other-archive", "这个文件夹里是另一个档案库的备份。请另选文件夹，以免覆盖。")


def _objects(
    connection: Connection, store: ObjectStore, out: Path, stamp: str, progress: Progress
) -> tuple[Path, dict[str, str], int, int, int]:
    """Copy all objects on record; return their list, the bad ones, new ones and their bytes, and all bytes."""
    total = int(connection.execute(text("select count(*) from stored_objects")).scalar_one())
    _check_space(connection, out)
    listing = out / f"objects-{stamp}.sha256"
    bad: dict[str, str] = {}
    done = new = new_bytes = size = 0
    progress(0, total)
    part = listing.with_suffix(".part")
    with part.open("w", encoding="ascii") as lines, ThreadPoolExecutor(COPIERS) as pool:
        for chunk in _recorded(connection):
            for one in pool.map(partial(_copy, store, out), chunk):
                done += 1
                if one.fault:
                    bad[one.digest] = one.fault
                    continue
                lines.write(manifest.line(one.digest))
                size += one.size_bytes
                new, new_bytes = new + one.new, new_bytes + (one.size_bytes if one.new else 0)
            progress(done, total)
    return part.rename(listing), bad, new, new_bytes, size


def _recorded(connection: Connection) -> Iterator[list[tuple[str, int]]]:
    asked = text("select digest, size_bytes from stored_objects order by digest")
    rows = connection.execution_options(stream_results=True, yield_per=CHUNK).execute(asked)
    found = ((str(digest), int(size)) for digest, size in rows)
    while chunk := list(islice(found, CHUNK)):
        yield chunk


def _check_space(connection: Connection, out: Path) -> None:
    """Refuse at once what would fill the disk after hours."""
    chunks = _recorded(connection)
    needed = sum(size for chunk in chunks for digest, size in chunk if not _is_there(out, digest, size))
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
