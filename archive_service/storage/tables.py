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
