"""Make a new index beside the old one, then swap: searching goes on all the while."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import datetime

from sqlalchemy import delete, func, select

from archive_service.db.session import Database
from archive_service.households.tables import HouseholdFile
from indexing import sync
from indexing.engine import Writer
from indexing.index import Index
from indexing.tables import IndexedRevision

#: Told (households done, households in all).
Progress = Callable[[int, int], None]

_HOUSEHOLDS_A_COMMIT = 500
#: Changes made meanwhile are caught up so often before the swap; what is left, the indexer follows afterwards.
_ROUNDS = 5


def rebuild(database: Database, index: Index, *, now: datetime, progress: Progress = lambda done, total: None) -> int:
    """Build a new generation from the records and make it the one in use; return its number of documents.

    Also the way out of a missing, damaged or outdated index. Raises Refused while another rebuild is running. A rebuild
    that was cut short leaves the old index in use, and its remains are removed by the next.
    """
    with index.building():
        _remove_remains(database, index)
        generation = index.fresh_name()
        engine = index.open_generation(generation, create=True)
        with engine.writer(bulk=True) as writer:
            _fill(database, writer, generation, now=now, progress=progress)
            for _ in range(_ROUNDS):
                with database.reading() as session:
                    owed = sync.waiting(session, generation, limit=_HOUSEHOLDS_A_COMMIT)
                if not owed:
                    break
                sync.take(database, writer, generation, owed, now=now)
        engine.reload()
        count = engine.count()
        index.point_to(generation)
        with database.unit_of_work() as session:
            session.execute(delete(IndexedRevision).where(IndexedRevision.generation != generation))
    index.refresh()
    return count


def _fill(database: Database, writer: Writer, generation: str, *, now: datetime, progress: Progress) -> None:
    with database.reading() as session:
        total, newest = session.execute(select(func.count(), func.max(HouseholdFile.id))).one()
    done = last = 0
    progress(0, total)
    # Up to what there was at the beginning: who waits for the last household while others come in, may wait forever.
    while last < (newest or 0):
        with database.reading() as session:
            owed = sync.waiting(session, generation, limit=_HOUSEHOLDS_A_COMMIT, after=last)
        if not owed:
            return
        sync.take(database, writer, generation, owed, now=now)
        last = owed[-1][0]
        done += len(owed)
        progress(done, max(done, total))


def _remove_remains(database: Database, index: Index) -> None:
    # Only the generation in use is worth keeping; a pointer that cannot be used keeps none.
    in_use = index.named_generation()
    for name in index.generations():
        if name != in_use:
            shutil.rmtree(index.folder / name, ignore_errors=True)
            with database.unit_of_work() as session:
                session.execute(delete(IndexedRevision).where(IndexedRevision.generation == name))
