"""Removing objects for good: announced in one transaction, taken out, and then struck off the records.

The only caller is `retention.erase` (import contract), and the only caller of `remove_for_good` is this module
(`tests/retention/test_no_other_delete.py`). Stopped anywhere, the same calls again finish it.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from archive_service.db.session import Database
from archive_service.storage.store import ObjectStore
from archive_service.storage.tables import RemovedObject, StoredObject


def announce(session: Session, digests: Collection[str], *, register_no: str, now: datetime) -> None:
    """Write down that these objects go; from the commit on nothing new may refer to them until they are gone."""
    known = {one.digest: one for one in session.scalars(select(RemovedObject).where(RemovedObject.digest.in_(digests)))}
    for digest in sorted(digests):
        row = known.get(digest) or RemovedObject(digest=digest)
        row.register_no, row.announced_at, row.removed_at = register_no, now, None
        session.add(row)
    session.flush()


def going(session: Session, register_no: str) -> list[str]:
    """Return the digests that this disposal announced and has not taken out yet."""
    wanted = select(RemovedObject.digest).where(RemovedObject.register_no == register_no)
    return list(session.scalars(wanted.where(RemovedObject.removed_at.is_(None)).order_by(RemovedObject.digest)))


def withdraw(session: Session, digest: str) -> None:
    """Take an announcement back: something refers to the object after all."""
    session.execute(delete(RemovedObject).where(RemovedObject.digest == digest, RemovedObject.removed_at.is_(None)))


def remove(database: Database, store: ObjectStore, digest: str, *, now: datetime) -> None:
    """Take an announced object out of the store, then off the records. Raises Refused, Unavailable."""
    store.remove_for_good(digest)
    with database.unit_of_work() as session:
        session.execute(delete(StoredObject).where(StoredObject.digest == digest))
        row = session.get(RemovedObject, digest)
        if row is not None:
            row.removed_at = now
