"""Removing objects for good: announced in one transaction, taken out, and then struck off the records.

The only callers are `retention.erase` and, for copies that it made meanwhile, `fixity.actions` (import contract);
`remove_for_good` is called here and by a store for the one within it (`tests/retention/test_execution.py`). Stopped
anywhere, the same calls again finish it.
"""

from __future__ import annotations

import shutil
from collections.abc import Collection
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from archive_service.db.session import Database
from archive_service.storage.encrypted import EncryptedStore
from archive_service.storage.files import sync_folder, unavailable
from archive_service.storage.places import Stores, set_aside
from archive_service.storage.record import is_kept
from archive_service.storage.tables import ObjectLock, RemovedObject, StoredObject


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


def announce_again(database: Database, digests: Collection[str]) -> None:
    """Write down that objects which were taken out, and are back without a record, go once more."""
    with database.unit_of_work() as session:
        session.execute(update(RemovedObject).where(RemovedObject.digest.in_(digests)).values(removed_at=None))


def remove(database: Database, stores: Stores, digest: str, *, now: datetime) -> None:
    """Take an announced object out of both stores and its damaged bytes away, then off the records.

    Raises Refused, Unavailable.
    """
    _take_out(stores, digest)
    with database.unit_of_work() as session:
        session.execute(delete(StoredObject).where(StoredObject.digest == digest))
        session.execute(delete(ObjectLock).where(ObjectLock.digest == digest))
        row = session.get(RemovedObject, digest)
        if row is not None:
            row.removed_at = now


def take_back(database: Database, stores: Stores, digest: str) -> bool:
    """Take out what a check copied while a disposal removed the object; say whether that was so.

    Nothing happens to an object that is on record and not announced.
    """
    with database.reading() as session:
        gone = session.get(RemovedObject, digest) is not None and not is_kept(session, digest)
    if gone:
        _take_out(stores, digest)
    return gone


def _take_out(stores: Stores, digest: str) -> None:
    for _, store, folder in stores.each():
        if isinstance(store, EncryptedStore):
            store.remove_set_aside(folder / f"{digest}.envelope")
        store.remove_for_good(digest)
    try:
        for path in set_aside(stores.aside, digest):
            if path.is_dir():
                shutil.rmtree(path)
            path.unlink(missing_ok=True)
            sync_folder(path.parent)
    except OSError as e:
        raise unavailable(e) from e
