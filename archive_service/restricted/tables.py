"""Restrictions on papers, and their openings by who keeps them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from archive_service.db.base import Base, UtcDateTime

_LASTS = text("ended_at IS NULL")


class Restriction(Base):
    """A paper that is only stored from a moment on; ending it keeps the row."""

    __tablename__ = "restrictions"
    __table_args__ = (
        # Several requests may restrict a paper, each of them once at a time.
        Index(
            "uq_restrictions_lasts", "item_id", "request_id", unique=True, sqlite_where=_LASTS, postgresql_where=_LASTS
        ),
        Index("ix_restrictions_household_id", "household_id"),
        Index("ix_restrictions_request_id", "request_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("items.id"))
    household_id: Mapped[int] = mapped_column(ForeignKey("household_files.id"))
    #: The request of the person whom the paper speaks of.
    request_id: Mapped[int] = mapped_column(ForeignKey("subject_requests.id"))
    begun_by: Mapped[int | None] = mapped_column(ForeignKey("persons.id"))
    begun_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_by: Mapped[int | None] = mapped_column(ForeignKey("persons.id"))
    #: None while it lasts.
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    end_reason: Mapped[str] = mapped_column(String(300))


class RestrictedReading(Base):
    """Somebody who keeps restricted papers opened one for a while, saying why."""

    __tablename__ = "restricted_readings"
    __table_args__ = (
        Index("ix_restricted_readings_person_id_until", "person_id", "until"),
        Index("ix_restricted_readings_item_id", "item_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("items.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("persons.id"))
    reason: Mapped[str] = mapped_column(String(300))
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    until: Mapped[datetime] = mapped_column(UtcDateTime)
