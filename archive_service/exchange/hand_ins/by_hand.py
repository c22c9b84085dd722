"""Imports by command that end half way: nothing of their package stays, and their row says that they were stopped.

While an import runs, it holds the lock of a file in the home. One that was killed holds nothing any more: the next one
on this machine puts it on record.
"""

from __future__ import annotations

import fcntl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO

from archive_service.db.session import Database
from archive_service.exchange import leaving
from archive_service.exchange.hand_ins import actions
from archive_service.people import queries as people

_FOLDER = "imports"


@dataclass(frozen=True)
class Hold:
    """An import that runs: the lock of its file, held until it ended."""

    hand_in_id: int
    path: Path
    file: IO[bytes]


def hold(home: Path, hand_in_id: int) -> Hold:
    """Hold an import before its row is on record, so that none is ever on record and not held."""
    path = home / _FOLDER / str(hand_in_id)
    path.parent.mkdir(parents=True, exist_ok=True)
    while (file := leaving.locked(path, fcntl.LOCK_EX)) is None:
        pass
    return Hold(hand_in_id, path, file)


def end(database: Database, held: Hold, *, now: datetime) -> None:
    """Let an import go; one that is not through is put on record as stopped."""
    with held.file:
        with database.unit_of_work() as session:
            actions.stop(session, people.system_viewer(session), held.hand_in_id, now=now)
        held.path.unlink(missing_ok=True)


def clear(database: Database, home: Path, *, now: Callable[[], datetime]) -> int:
    """Put the imports of this home on record as stopped whose process is gone; return how many those were."""
    cleared, folder = 0, home / _FOLDER
    for path in sorted(folder.iterdir()) if folder.is_dir() else []:
        if path.name.isdigit() and (file := leaving.locked(path, fcntl.LOCK_EX | fcntl.LOCK_NB)) is not None:
            end(database, Hold(int(path.name), path, file), now=now())
            cleared += 1
    return cleared
