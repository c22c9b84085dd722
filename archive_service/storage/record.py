"""Write down what the store holds, in the transaction that refers to it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from archive_service.storage.store import Stored
from archive_service.storage.tables import StoredObject


def record_object(session: Session, stored: Stored, *, role: str, media_type: str, now: datetime) -> None:
    """Record that the store holds `stored`; nothing changes when it is on record already.

    `role` is original, rendition or model.
    """
    on_sqlite = session.get_bind().dialect.name == "sqlite"
    insert = (sqlite_insert if on_sqlite else postgresql_insert)(StoredObject)
    row = {
        "digest": stored.digest,
        "size_bytes": stored.size_bytes,
        "role": role,
        "media_type": media_type,
        "stored_at": now,
    }
    session.execute(insert.values(row).on_conflict_do_nothing(index_elements=["digest"]))
