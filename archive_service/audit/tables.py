"""The audit trail: entries chained by their hashes, and the head that serialises appending."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from archive_service.db.base import Base, JsonText, UtcDateTime


class AuditEntry(Base):
    """One thing that happened; never changed, never removed."""

    __tablename__ = "audit_entries"
    __table_args__ = (
        Index("ix_audit_entries_object_kind_object_id", "object_kind", "object_id"),
        Index("ix_audit_entries_unit_id_seq", "unit_id", "seq"),
    )

    #: Position in the chain, from 1 without gaps.
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    #: Who did it: a person's id, or none for the system itself.
    person_id: Mapped[int | None]
    person_name: Mapped[str] = mapped_column(String(120))
    #: Dotted verb such as "item.filed".
    did: Mapped[str] = mapped_column(String(60), index=True)
    object_kind: Mapped[str] = mapped_column(String(30))
    object_id: Mapped[str] = mapped_column(String(80))
    #: Unit whose auditors may read the entry; none concerns the whole system.
    unit_id: Mapped[int | None]
    facts: Mapped[dict[str, Any]] = mapped_column(JsonText)
    previous_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))


class AuditHead(Base):
    """The end of the chain; its one row is locked while an entry is appended."""

    __tablename__ = "audit_head"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seq: Mapped[int]
    hash: Mapped[str] = mapped_column(String(64))
