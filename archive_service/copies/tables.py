"""The register of certified copies."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from archive_service.db.base import Base, JsonText, UtcDateTime


class CertifiedCopy(Base):
    """A copy that was issued; nothing in this row changes but its withdrawal."""

    __tablename__ = "certified_copies"
    __table_args__ = (
        UniqueConstraint("number"),
        UniqueConstraint("code_hash"),
        UniqueConstraint("request_key"),
        Index("ix_certified_copies_unit_id_id", "unit_id", "id"),
        Index("ix_certified_copies_household_id", "household_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    #: What the register calls it, such as ZM-KH-2026-00012.
    number: Mapped[str] = mapped_column(String(80))
    #: sha256 of the verification code, which stands on the paper and nowhere else.
    code_hash: Mapped[str] = mapped_column(String(64))
    #: What the form carried: sent twice, it issues once.
    request_key: Mapped[str] = mapped_column(String(64))
    household_id: Mapped[int] = mapped_column(ForeignKey("household_files.id"))
    #: The unit that issued it, whose file it is.
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    #: One of `rules.PURPOSES`, and more of it in words.
    purpose: Mapped[str] = mapped_column(String(20))
    note: Mapped[str] = mapped_column(String(200))
    #: Whom it was issued to.
    receiver: Mapped[str] = mapped_column(String(120))
    #: The pages in their order: item, its number, page, and the digest of the picture that was copied.
    pages: Mapped[list[dict[str, Any]]] = mapped_column(JsonText)
    page_count: Mapped[int]
    #: Personal numbers were left readable, and why; empty where they are blacked out.
    unmasked: Mapped[bool]
    unmask_reason: Mapped[str] = mapped_column(String(200))
    #: sha256 of the file, under which the store keeps it.
    digest: Mapped[str] = mapped_column(String(64))
    signed: Mapped[bool]
    issued_by: Mapped[int | None] = mapped_column(ForeignKey("persons.id"))
    issued_at: Mapped[datetime] = mapped_column(UtcDateTime)
    withdrawn_by: Mapped[int | None] = mapped_column(ForeignKey("persons.id"))
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    withdrawn_reason: Mapped[str] = mapped_column(String(200))


class CopySeries(Base):
    """The counter of a unit and year; a number that was taken and not used is never given again."""

    __tablename__ = "copy_series"

    series: Mapped[str] = mapped_column(String(60), primary_key=True)
    #: The last number that was given.
    last: Mapped[int]
