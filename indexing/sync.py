"""The one indexer: bring the index up to the revisions of the household files.

The database says what is owed: a household whose revision is not the one the index holds. The index is committed
first and the revision marked afterwards, so a crash between the two only makes the indexer do a household again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import Select, and_, delete, func, insert, or_, select
from sqlalchemy.orm import Session

from archive_service.db.session import Database
from archive_service.households.tables import HouseholdFile, Item
from indexing import project
from indexing.engine import IndexBusy, Writer
from indexing.index import Index
from indexing.tables import IndexedRevision

#: A household's id and the revision it had when it was read.
Revision = tuple[int, int]

#: A commit costs a sync of the disk, a household held back is not found, and many of them fill the memory.
_HOUSEHOLDS_A_COMMIT = 50


def follow(database: Database, index: Index, *, limit: int = 500, now: datetime) -> int:
    """Index every household whose revision the index does not hold yet; return how many were done.

    `limit` is how many households are looked up at a time. Does nothing, and returns 0, while another process
    writes the index. Raises IndexUnusable when the index has to be rebuilt.
    """
    generation, engine = index.current()
    done = 0
    try:
        with database.reading() as session:
            owed = waiting(session, generation, limit=limit)
        while owed:
            with engine.writer() as writer:
                for part in _parts(owed, _HOUSEHOLDS_A_COMMIT):
                    take(database, writer, generation, part, now=now)
            done += len(owed)
            with database.reading() as session:
                owed = waiting(session, generation, limit=limit)
    except IndexBusy:
        return done
    if done:
        index.refresh()
    index.remove_unused(now=now)
    return done


def waiting(session: Session, generation: str, *, limit: int, after: int = 0) -> list[Revision]:
    """Return households with an id above `after` that `generation` does not hold at their revision, by id."""
    asked = _waiting(generation).where(HouseholdFile.id > after).limit(limit)
    return [(row.id, row.revision) for row in session.execute(asked)]


def lag(session: Session, index: Index) -> int:
    """Return how many households wait to be indexed."""
    return session.scalar(select(func.count()).select_from(_waiting(index.generation()).subquery())) or 0


def missing_documents(session: Session, index: Index) -> int:
    """Return by how many documents index and records differ; other than 0 without a lag means: rebuild."""
    filed = session.scalar(select(func.count()).select_from(Item).where(Item.state == "filed")) or 0
    return filed - index.current()[1].count()


def take(database: Database, writer: Writer, generation: str, owed: Sequence[Revision], *, now: datetime) -> None:
    """Replace the documents of the owed households, commit the index, then mark them."""
    with database.reading() as session:
        # Revisions are read before the documents: where the database shows later changes in between (PostgreSQL), the
        # household is done once more instead of being taken for done.
        fresh = _revisions(session, owed)
        documents = project.documents(session, [household for household, _ in fresh])
    writer.delete_household(household for household, _ in owed)
    writer.add(documents)
    writer.commit()
    with database.unit_of_work() as session:
        mark(session, generation, fresh, now=now)


def mark(session: Session, generation: str, done: Iterable[Revision], *, now: datetime) -> None:
    """Record that `generation` holds these households at these revisions."""
    rows = [
        {"household_id": household, "generation": generation, "revision": revision, "indexed_at": now}
        for household, revision in done
    ]
    held = IndexedRevision.household_id.in_([row["household_id"] for row in rows])
    session.execute(delete(IndexedRevision).where(IndexedRevision.generation == generation, held))
    if rows:
        session.execute(insert(IndexedRevision), rows)


def _waiting(generation: str) -> Select[int, int]:
    held = and_(IndexedRevision.household_id == HouseholdFile.id, IndexedRevision.generation == generation)
    return (
        select(HouseholdFile.id, HouseholdFile.revision)
        .outerjoin(IndexedRevision, held)
        # Not "less than": a database restored from a backup may stand at an earlier revision than the index.
        .where(or_(IndexedRevision.revision.is_(None), IndexedRevision.revision != HouseholdFile.revision))
        .order_by(HouseholdFile.id)
    )


def _revisions(session: Session, owed: Sequence[Revision]) -> list[Revision]:
    asked = select(HouseholdFile.id, HouseholdFile.revision).where(HouseholdFile.id.in_([one for one, _ in owed]))
    return [(row.id, row.revision) for row in session.execute(asked)]


def _parts(owed: Sequence[Revision], size: int) -> Iterable[Sequence[Revision]]:
    return (owed[at : at + size] for at in range(0, len(owed), size))
