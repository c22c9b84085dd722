"""Make a new index beside the old one, then swap: searching goes on all the while."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime

from sqlalchemy import delete, func, select

from archive_service.db.session import Database
from archive_service.households.tables import HouseholdFile
from indexing import readers, sync
from indexing.engine import Writer
from indexing.index import Index
from indexing.tables import IndexedRevision

#: Told (households done, households in all).
Progress = Callable[[int, int], None]

#: Read and written at a time; the index itself is committed once, since a rebuild that is cut short begins anew.
_HOUSEHOLDS_A_TIME = 250
_HOUSEHOLDS_A_COMMIT = 500
#: With fewer households, starting readers of their own takes longer than they save.
_WORTH_READERS = 2_000
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
    done = 0
    progress(0, total)
    portions = _portions(database, newest or 0)
    read = readers.read_ahead(database, portions) if total >= _WORTH_READERS else _one_by_one(database, portions)
    for found, documents in read:
        writer.add(documents)
        with database.unit_of_work() as session:
            # Before the commit, which does no harm: nobody uses the generation until it is pointed to, after it.
            sync.mark(session, generation, found, now=now, new=True)
        done += len(found)
        progress(done, max(done, total))
    writer.commit()


def _portions(database: Database, newest: int) -> Iterator[Sequence[int]]:
    # Up to what there was at the beginning: who waits for the last household while others come in, may wait forever.
    last = 0
    while last < newest:
        wanted = select(HouseholdFile.id).where(HouseholdFile.id > last, HouseholdFile.id <= newest)
        with database.reading() as session:
            found = session.scalars(wanted.order_by(HouseholdFile.id).limit(_HOUSEHOLDS_A_TIME)).all()
        if not found:
            return
        last = found[-1]
        yield found


def _one_by_one(database: Database, portions: Iterable[Sequence[int]]) -> Iterator[readers.Read]:
    for portion in portions:
        with database.reading() as session:
            read = readers.read(session, portion)
        yield read


def _remove_remains(database: Database, index: Index) -> None:
    # Only the generation in use is worth keeping; a pointer that cannot be used keeps none.
    in_use = index.named_generation()
    for name in index.generations():
        if name != in_use:
            index.remove(name)
            with database.unit_of_work() as session:
                session.execute(delete(IndexedRevision).where(IndexedRevision.generation == name))
