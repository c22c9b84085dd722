"""Writing down damage and repairs; what was mended is locked as the bad bytes were, at once.

The lock is set behind the repair and before the repair is written down: stopped in between, the next round finds the
repair unfinished and does both. Of an object that was not locked nothing is said; the daily round of
`retention.locking` is for it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from archive_service.audit.record import record
from archive_service.db.session import Database
from archive_service.fixity.proofs import newest
from archive_service.fixity.tables import FixityEvent
from archive_service.people.queries import system_viewer
from archive_service.storage import lock_rows
from archive_service.storage.lock_rows import Said
from archive_service.storage.places import Stores
from archive_service.storage.tables import ObjectLock


def event(
    session: Session, digest: str, outcome: str, store: str, *, now: datetime, agent: str, said: Sequence[Said] = ()
) -> FixityEvent:
    """Write down a check that failed, or what was done about it, with its entry of the trail.

    `said` is what stores say of the locks that were set with a repair; what they said before holds no more.
    """
    made = FixityEvent(digest=digest, at=now, outcome=outcome, store=store, agent=agent)
    session.add(made)
    session.flush()
    if outcome == "repaired":
        # The bytes that took the place of the bad ones carry no other lock than what was set with the repair.
        stores = ("first", "second") if store == "both" else (store,)
        session.execute(delete(ObjectLock).where(ObjectLock.digest == digest, ObjectLock.store.in_(stores)))
    for one in said:
        lock_rows.note(session, one, now=now)
    locks = {
        one.place: {"state": one.state, "until": one.until and one.until.isoformat(), "held": one.held} for one in said
    }
    did = {"repaired": "object.repaired", "lost": "object.lost"}.get(outcome, "object.damaged")
    record(
        session,
        by=system_viewer(session).actor,
        did=did,
        object_kind="object",
        object_id=digest,
        unit_id=None,
        facts={"store": store, "outcome": outcome, **({"locks": locks} if locks else {})},
        now=now,
    )
    return made


def unfinished(session: Session, digests: Sequence[str]) -> dict[str, str]:
    """Return which of these objects were found bad and not written down as mended, each with the store."""
    last = select(func.max(FixityEvent.id)).where(FixityEvent.digest.in_(digests)).group_by(FixityEvent.digest)
    events = session.scalars(select(FixityEvent).where(FixityEvent.id.in_(last)))
    return {event.digest: event.store for event in events if event.outcome != "repaired"}


def write_down(
    database: Database, stores: Stores, digest: str, where: str, *, now: Callable[[], datetime], agent: str
) -> None:
    """Lock what took the place of bad bytes as those were, then write the repair down. Raises Unavailable."""
    said = _lock_again(database, stores, digest, where, now=now())
    with database.unit_of_work() as session:
        event(session, digest, "repaired", where, now=now(), agent=agent, said=said)


def _lock_again(database: Database, stores: Stores, digest: str, where: str, *, now: datetime) -> list[Said]:
    """Lock an object anew in the store `where`, first, second or both; return what was said. Raises Unavailable."""
    with database.reading() as session:
        asked = ("first", "second") if where == "both" else (where,)
        rows = [row for name in asked if (row := session.get(ObjectLock, (digest, name))) and row.state == "kept"]
        # A store that was not seen to hold is not asked: one that knows no locks might write them over the object.
        rows = [row for row in rows if (proof := newest(session, row.store)) and proof.state == "enforced"]
        session.expunge_all()
    if not rows:
        return []
    # The SDK takes a while to load, and most archives keep files.
    from archive_service.storage import retain

    places = {one.name: one for one in retain.places(stores)}
    said = []
    for row in rows:
        if row.store in places:
            # A day that is over cannot be set, and need not be.
            until = row.until if row.until is not None and row.until > now else None
            place = places[row.store]
            said.append(retain.settle(place, digest, known=None, least=until, until=until, held=row.held))
    return said
