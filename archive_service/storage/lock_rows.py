"""What stores said of the locks of objects, written down; nothing is believed of a lock that was not read back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from archive_service.storage.tables import ObjectLock


@dataclass(frozen=True)
class Said:
    """What a store said of the lock of an object; the fields are those of `ObjectLock`."""

    place: str
    digest: str
    name: str
    version: str | None
    until: datetime | None
    held: bool
    state: str
    code: str


def note(session: Session, said: Said, *, now: datetime) -> ObjectLock:
    """Write down what a store said of a lock, in place of what it said before."""
    row = session.get(ObjectLock, (said.digest, said.place)) or ObjectLock(digest=said.digest, store=said.place)
    row.name, row.version, row.until, row.held = said.name, said.version, said.until, said.held
    row.state, row.code, row.seen_at = said.state, said.code, now
    session.add(row)
    return row
