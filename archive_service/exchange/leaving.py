"""Exports by command that end half way: their folder goes, and their row says that they were stopped.

While an export runs, it holds the lock of a file in the home that names the folder it writes. An export that was killed
holds nothing any more: the next one on this machine clears up after it.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO

from archive_service.db.session import Database
from archive_service.exchange import by_hand

_FOLDER = "exports"


@dataclass(frozen=True)
class Hold:
    """An export that runs: the lock of its file, held until it ended."""

    package_id: int
    path: Path
    file: IO[bytes]
    #: Where the package is written until it is whole; None where it was not said yet.
    partial: Path | None


def partial_of(out: Path, package_id: int) -> Path:
    """Return the folder in which the package for `out` grows."""
    return out.absolute().with_name(f".{out.name}.{package_id}.part")


def hold(home: Path, package_id: int, partial: Path) -> Hold:
    """Hold an export before its row is on record, so that none is ever on record and not held."""
    path = home / _FOLDER / str(package_id)
    path.parent.mkdir(parents=True, exist_ok=True)
    while (file := locked(path, fcntl.LOCK_EX)) is None:
        pass
    file.truncate(0)
    file.write(os.fsencode(partial))
    file.flush()
    return Hold(package_id, path, file, partial)


def end(database: Database, held: Hold, *, now: datetime) -> None:
    """Clear up after an export: one that is whole has left nothing, every other is put on record as stopped."""
    with held.file:
        if held.partial is not None:
            shutil.rmtree(held.partial, ignore_errors=True)
        with database.unit_of_work() as session:
            by_hand.stop(session, held.package_id, now=now)
        held.path.unlink(missing_ok=True)


def clear(database: Database, home: Path, *, now: Callable[[], datetime]) -> int:
    """Clear up after the exports of this home whose process is gone; return how many those were."""
    cleared = 0
    folder = home / _FOLDER
    for path in sorted(folder.iterdir()) if folder.is_dir() else []:
        if path.name.isdigit() and (file := locked(path, fcntl.LOCK_EX | fcntl.LOCK_NB)) is not None:
            end(database, Hold(int(path.name), path, file, _named(file, int(path.name))), now=now())
            cleared += 1
    return cleared


def locked(path: Path, how: int) -> IO[bytes] | None:
    """Open and lock a file; None where another process holds it, or removed it meanwhile."""
    file = path.open("a+b")
    try:
        fcntl.flock(file, how)
    except BlockingIOError:
        file.close()
        return None
    if os.fstat(file.fileno()).st_nlink == 0:
        file.close()
        return None
    return file


def _named(file: IO[bytes], package_id: int) -> Path | None:
    """Return the folder that the file names, if it is one of an export of this package."""
    file.seek(0)
    partial = Path(os.fsdecode(file.read()))
    return partial if partial.is_absolute() and partial.name.endswith(f".{package_id}.part") else None
