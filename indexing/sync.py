"""The one indexer: bring the index up to the revisions of the household files.

The database says what is owed: a household whose revision is not the one the index holds. Which households to look at
is told by the audit trail, which names whatever changed. The index is committed first and the revision marked
afterwards, so a crash between the two only makes the indexer do a household again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from sqlalchemy import Select, and_, delete, func, insert, or_, select
from sqlalchemy.orm import Session

from archive_service.audit.tables import AuditEntry
from archive_service.audit.verify import last_seq
from archive_service.db.session import Database
from archive_service.households.tables import CaseFile, HouseholdFile, Item
from archive_service.subjects.tables import SubjectRequest
from indexing import project
from indexing.engine import IndexBusy, Writer
from indexing.index import Index
from indexing.tables import IndexedRevision

#: A household's id and the revision it had when it was read.
Revision = tuple[int, int]
T = TypeVar("T")

#: A commit costs a sync of the disk, a household held back is not found, and many of them fill the memory.
_HOUSEHOLDS_A_COMMIT = 50
#: More entries than this are not read one by one: comparing all households costs less.
_MOST_ENTRIES = 20_000
_IDS_A_QUESTION = 500


@dataclass(frozen=True)
class Mark:
    """How far an index has followed: `generation` holds all that the trail tells up to its entry `seq`."""

    generation: str
    seq: int


def follow(database: Database, index: Index, *, limit: int = 500, now: datetime) -> int:
    """Index every household whose revision the index does not hold yet; return how many were done.

    `limit` is how many households are looked up at a time. Does nothing, and returns 0, while another process
    writes the index. Raises IndexUnusable when the index has to be rebuilt.
    """
    try:
        return follow_from(database, index, None, limit=limit, now=now)[0]
    except IndexBusy:
        return 0


def follow_from(
    database: Database, index: Index, mark: Mark | None, *, limit: int = 500, now: datetime
) -> tuple[int, Mark]:
    """Index what changed since `mark`; return how many households were done, and how far the index follows now.

    Without a mark, or with one that this index and this trail cannot be at, every household is compared, which costs
    more the more there are. Raises IndexBusy while another process writes the index; nothing is lost by asking again.
    """
    generation, engine = index.current()
    with database.reading() as session:
        reached = Mark(generation, last_seq(session))
        changed = None if mark is None else _changed(session, mark, reached)
        owed = waiting(session, generation, limit=limit, among=changed)
    done = 0
    while owed:
        with engine.writer() as writer:
            for part in parts(owed, _HOUSEHOLDS_A_COMMIT):
                take(database, writer, generation, part, now=now)
        done += len(owed)
        with database.reading() as session:
            owed = waiting(session, generation, limit=limit, among=changed)
    if done:
        index.refresh()
    index.remove_unused(now=now)
    return done, reached


def waiting(
    session: Session, generation: str, *, limit: int, after: int = 0, among: Sequence[int] | None = None
) -> list[Revision]:
    """Return households with an id above `after` that `generation` does not hold at their revision, by id.

    With `among`, only these households are looked at.
    """
    asked = _waiting(generation).where(HouseholdFile.id > after).limit(limit)
    if among is None:
        return [(row.id, row.revision) for row in session.execute(asked)]
    found: list[Revision] = []
    for part in parts(among, _IDS_A_QUESTION):
        rows = session.execute(asked.where(HouseholdFile.id.in_(part)))
        found += [(row.id, row.revision) for row in rows]
        if len(found) >= limit:
            break
    return found[:limit]


def _changed(session: Session, mark: Mark, reached: Mark) -> list[int] | None:
    """Return the households that the trail names after `mark`; none when only comparing everything can tell."""
    told = reached.seq - mark.seq
    if mark.generation != reached.generation or not 0 <= told <= _MOST_ENTRIES:
        return None
    # Whatever raises the revision of a household names it, its case, its item or what somebody asks about its papers in
    # the trail, in the same transaction.
    entries = select(AuditEntry.object_kind, AuditEntry.object_id).where(AuditEntry.seq > mark.seq)
    named: dict[str, set[int]] = {"household": set(), "case": set(), "item": set(), "subject-request": set()}
    for kind, key in session.execute(entries.where(AuditEntry.object_kind.in_(named)).distinct()):
        named[kind].add(int(key))
    found = named["household"]
    for table, kind in ((CaseFile, "case"), (Item, "item"), (SubjectRequest, "subject-request")):
        for part in parts(sorted(named[kind]), _IDS_A_QUESTION):
            found.update(session.scalars(select(table.household_id).where(table.id.in_(part))))
    return sorted(found)


def lag(session: Session, index: Index) -> int:
    """Return how many households wait to be indexed."""
    return session.scalar(select(func.count()).select_from(_waiting(index.generation()).subquery())) or 0


def take(database: Database, writer: Writer, generation: str, owed: Sequence[Revision], *, now: datetime) -> None:
    """Replace the documents of the owed households, commit the index, then mark them."""
    with database.reading() as session:
        # Revisions are read before the documents: where the database shows later changes in between (PostgreSQL), the
        # household is done once more instead of being taken for done.
        fresh = revisions(session, [household for household, _ in owed])
        documents = project.documents(session, [household for household, _ in fresh])
    writer.delete_household(household for household, _ in owed)
    writer.add(documents)
    writer.commit()
    with database.unit_of_work() as session:
        mark(session, generation, fresh, now=now)


def mark(session: Session, generation: str, done: Iterable[Revision], *, now: datetime, new: bool = False) -> None:
    """Record that `generation` holds these households at these revisions; `new`: none of them was recorded before."""
    rows = [
        {"household_id": household, "generation": generation, "revision": revision, "indexed_at": now}
        for household, revision in done
    ]
    held = IndexedRevision.household_id.in_([row["household_id"] for row in rows])
    if not new:
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


def revisions(session: Session, household_ids: Sequence[int]) -> list[Revision]:
    """Return the revisions of these households as they are now, by id."""
    asked = select(HouseholdFile.id, HouseholdFile.revision).where(HouseholdFile.id.in_(household_ids))
    return [(row.id, row.revision) for row in session.execute(asked.order_by(HouseholdFile.id))]


def parts(whole: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """Cut a sequence into parts of at most `size`."""
    return (whole[at : at + size] for at in range(0, len(whole), size))
