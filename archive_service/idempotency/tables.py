"""Answers to writes of programs, kept under the key that the program gave."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from archive_service.db.base import Base, JsonText, UtcDateTime


class KeptAnswer(Base):
    """A write that a program began under a key of its own, and the answer it got; no status while it is under way."""

    __tablename__ = "kept_answers"
    __table_args__ = (
        UniqueConstraint("person_id", "idempotency_key"),
        Index("ix_kept_answers_begun_at", "begun_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("persons.id"))
    idempotency_key: Mapped[str] = mapped_column(String(200))
    #: sha256 of method, address and content of the request.
    request_digest: Mapped[str] = mapped_column(String(64))
    status: Mapped[int | None]
    headers: Mapped[dict[str, str] | None] = mapped_column(JsonText)
    body: Mapped[str | None] = mapped_column(Text)
    begun_at: Mapped[datetime] = mapped_column(UtcDateTime)
