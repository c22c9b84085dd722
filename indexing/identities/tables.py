"""Keyed hashes of the identity numbers that papers bear, and how far they follow the records."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from archive_service.db.base import Base


class IdentityHash(Base):
    """An item bears an identity number with this hash."""

    __tablename__ = "identity_hashes"
    __table_args__ = (
        UniqueConstraint("item_id", "hash"),
        Index("ix_identity_hashes_hash", "hash"),
        Index("ix_identity_hashes_household_id", "household_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    #: HMAC-SHA256 of the number, hexadecimal.
    hash: Mapped[str] = mapped_column(String(64))
    household_id: Mapped[int] = mapped_column(ForeignKey("household_files.id"))
    item_id: Mapped[int] = mapped_column(ForeignKey("items.id"))


class IdentityMark(Base):
    """The revision of a household whose numbers are hashed, and the key that they were hashed with."""

    __tablename__ = "identity_marks"

    household_id: Mapped[int] = mapped_column(ForeignKey("household_files.id"), primary_key=True)
    revision: Mapped[int]
    key_id: Mapped[str] = mapped_column(String(16))
