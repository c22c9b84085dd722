"""Until when stores keep what a disposal would take out: a lock that nobody can lift is waited for, and said.

A lock follows the due day, so it is over by then. It can last longer when the day came nearer after it was set: a
schedule was changed, or a clock that was not known turned out to have run for long. Sealed objects are not waited for:
without their key nobody reads what the lock keeps.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from archive_service import zone
from archive_service.db.session import Database
from archive_service.errors import Refused
from archive_service.households.tables import Page
from archive_service.storage import lock_rows
from archive_service.storage.places import Stores
from archive_service.storage.tables import ObjectLock
from retention.lock_work import slices

_COLUMNS = (Page.original_digest, Page.image_digest, Page.thumbnail_digest, Page.lines_digest)


def locked_until(session: Session, item_ids: Collection[int], *, now: datetime) -> dict[int, datetime]:
    """Return until when objects are locked that go with the last of these items; items without any are left out.

    What a paper names that is not among the items stays when they go, and its lock is in nobody's way.
    """
    named = _named(session, Page.item_id, item_ids)
    digests = {digest for _, digest in named}
    kept: set[str] = set()
    ends: dict[str, datetime] = {}
    for some in slices(digests):
        lock = select(ObjectLock.digest, func.max(ObjectLock.until)).where(
            ObjectLock.digest.in_(some), ObjectLock.name == ObjectLock.digest, ObjectLock.until > now
        )
        ends.update((digest, until) for digest, until in session.execute(lock.group_by(ObjectLock.digest)) if until)
    going = set(item_ids)
    for some in slices(ends):
        for column in _COLUMNS:
            others = session.execute(select(Page.item_id, column).where(column.in_(some)))
            kept |= {digest for item_id, digest in others if item_id not in going}
    found: dict[int, datetime] = {}
    for item_id, digest in named:
        if digest in ends and digest not in kept:
            found[item_id] = max(ends[digest], found.get(item_id, ends[digest]))
    return found


def objects_until(session: Session, digests: Iterable[str], *, now: datetime) -> datetime:
    """Return until when the longest lock of these objects lasts, as far as is known; a day from now where it is not."""
    found = now + timedelta(days=1)
    for some in slices(digests):
        lasts = select(func.max(ObjectLock.until)).where(ObjectLock.digest.in_(some), ObjectLock.until > now)
        found = max(found, session.scalar(lasts) or found)
    return found


def lift_holds(database: Database, stores: Stores, digest: str, *, now: datetime) -> None:
    """Lift the legal holds of an object that no record names any more. Raises Unavailable.

    A hold that was released a moment ago may not have been lifted in the store yet, and later nobody would know of it.
    """
    with database.reading() as session:
        rows = session.scalars(select(ObjectLock).where(ObjectLock.digest == digest, ObjectLock.held)).all()
        session.expunge_all()
    if not rows:
        return
    # The SDK takes a while to load, and most archives keep files.
    from archive_service.storage import retain

    places = {one.name: one for one in retain.places(stores)}
    for row in rows:
        if row.store in places:
            place = places[row.store]
            said = retain.settle(place, digest, known=row.version, least=None, until=None, held=False)
            with database.unit_of_work() as session:
                lock_rows.note(session, said, now=now)


def free_on(until: datetime) -> date:
    """Return the first day that no part of the lock falls on."""
    end = zone.local(until)
    return end.date() if end == zone.midnight(end.date()) else end.date() + timedelta(days=1)


def check_free(session: Session, item_ids: Collection[int], *, now: datetime) -> None:
    """Refuse to go on while a store keeps something of these items. Raises Refused with the day after."""
    found = locked_until(session, item_ids, now=now)
    if found:
        day = free_on(max(found.values()))
        raise Refused(
            "disposal.locked",
            f"有 {len(found)} 件的存储内容仍在对象锁定期内，任何人都不能提前解除，没有执行。"
            f"请在 {day} 或以后再申请执行或签字。",
            items=sorted(found)[:20],
            from_day=str(day),
        )


def _named(session: Session, key: object, item_ids: Collection[int]) -> list[tuple[int, str]]:
    found: list[tuple[int, str]] = []
    asked = sorted(item_ids)
    for start in range(0, len(asked), 500):
        wanted = select(Page.item_id, *_COLUMNS).where(Page.item_id.in_(asked[start : start + 500]))
        for item_id, *digests in session.execute(wanted):
            found += [(item_id, digest) for digest in digests if digest]
    return found
