"""Write down what the store holds, in the transaction that refers to it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from archive_service.errors import Unavailable
from archive_service.storage.store import Stored
from archive_service.storage.tables import RemovedObject, StoredObject


def record_object(session: Session, stored: Stored, *, role: str, media_type: str, now: datetime) -> None:
    """Record that the store holds `stored`; nothing changes when it is on record already.

    `role` is original, rendition or model. Raises Unavailable while a disposal takes these very bytes out of the store.
    """
    going = select(RemovedObject.digest).where(
        RemovedObject.digest == stored.digest, RemovedObject.removed_at.is_(None)
    )
    if session.scalar(going) is not None:
        raise Unavailable(
            "store.going", "相同的内容正在按销毁计划移除，本次没有保存。请稍后重新提交。", digest=stored.digest
        )
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


def is_kept(session: Session, digest: str) -> bool:
    """Say whether an object is on record and no disposal takes it out."""
    going = select(RemovedObject.digest).where(RemovedObject.digest == digest, RemovedObject.removed_at.is_(None))
    wanted = select(StoredObject.digest).where(StoredObject.digest == digest, ~going.exists())
    return session.scalar(wanted) is not None
