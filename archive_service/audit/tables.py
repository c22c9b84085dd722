"""The audit trail: entries chained by their hashes, and the head that serialises appending."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
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


class AuditCheckpoint(Base):
    """A signed statement about the first `size` entries; never changed, never removed."""

    __tablename__ = "audit_checkpoints"
    __table_args__ = (UniqueConstraint("size"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    #: How many entries it covers.
    size: Mapped[int]
    #: Root of the Merkle tree over them, and the hash of the last.
    root: Mapped[str] = mapped_column(String(64))
    head_hash: Mapped[str] = mapped_column(String(64))
    #: Hashes of the full subtrees that the tree consists of, the largest first: from here the next one goes on.
    frontier: Mapped[list[str]] = mapped_column(JsonText)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    #: The text that was signed, how, and the signature in base64.
    note: Mapped[str] = mapped_column(Text)
    algorithm: Mapped[str] = mapped_column(String(20))
    signature: Mapped[str] = mapped_column(Text)


class AuditTile(Base):
    """The root over 1,024 entries that follow each other, for quick proofs; never changed, never removed."""

    __tablename__ = "audit_tiles"

    #: Position, from 0.
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    root: Mapped[str] = mapped_column(String(64))


class AuditDeposit(Base):
    """A checkpoint on its way to a place outside of the program's reach."""

    __tablename__ = "audit_deposits"
    __table_args__ = (
        UniqueConstraint("checkpoint_id", "place"),
        Index("ix_audit_deposits_done_at_next_at", "done_at", "next_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    checkpoint_id: Mapped[int] = mapped_column(ForeignKey("audit_checkpoints.id"))
    #: folder, s3 or mail.
    place: Mapped[str] = mapped_column(String(20))
    tries: Mapped[int]
    next_at: Mapped[datetime] = mapped_column(UtcDateTime)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    #: Code of the last failure.
    error: Mapped[str | None] = mapped_column(String(60))
