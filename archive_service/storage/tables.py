"""What the object store is supposed to hold."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from archive_service.db.base import Base, UtcDateTime


class StoredObject(Base):
    """Bytes kept under their sha256; written once, never changed."""

    __tablename__ = "stored_objects"
    __table_args__ = (Index("ix_stored_objects_checked_at", "checked_at"),)

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    #: original (as received), rendition (made from an original and can be made again) or model (see ingest.naming).
    role: Mapped[str] = mapped_column(String(10))
    media_type: Mapped[str] = mapped_column(String(80))
    stored_at: Mapped[datetime] = mapped_column(UtcDateTime)
    #: When the bytes were last read back and matched their digest.
    checked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    #: When the second store was last seen to hold the same bytes.
    copied_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    #: When no good copy was found anywhere; none since one was.
    lost_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class RemovedObject(Base):
    """Bytes that an approved disposal removed, or is about to; the digest stays known for good."""

    __tablename__ = "removed_objects"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    #: The register number of the disposal.
    register_no: Mapped[str] = mapped_column(String(80))
    announced_at: Mapped[datetime] = mapped_column(UtcDateTime)
    #: When the store was seen without them; none while they are on their way out.
    removed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class LockProof(Base):
    """A self-test of a store: whether what was written there could be changed or removed before its time."""

    __tablename__ = "lock_proofs"
    __table_args__ = (Index("ix_lock_proofs_store_id", "store", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    #: first or second.
    store: Mapped[str] = mapped_column(String(6))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    #: A state of `lock.Proof`.
    state: Mapped[str] = mapped_column(String(10))
    #: What the store let happen; empty when it held.
    let: Mapped[str] = mapped_column(String(12))


class ObjectLock(Base):
    """The lock that was set on an object in a store and read back; nothing here is believed without that."""

    __tablename__ = "object_locks"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    #: first or second.
    store: Mapped[str] = mapped_column(String(6), primary_key=True)
    #: What the store calls the object, another name than the digest where it is sealed, and which version is locked.
    name: Mapped[str] = mapped_column(String(64))
    version: Mapped[str | None] = mapped_column(String(120))
    #: Until when it is kept, as the store said it; none while only a hold keeps it, or nothing does.
    until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    held: Mapped[bool]
    #: kept: read back as it was set · refused: the store does not set it · short: it says yes and keeps less.
    state: Mapped[str] = mapped_column(String(8))
    #: What the store answered when it refused.
    code: Mapped[str] = mapped_column(String(60))
    #: When the store was last asked.
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
