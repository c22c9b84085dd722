"""What reading objects back found: successes summed up by day, failures one by one."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from archive_service.db.base import Base, UtcDateTime


class FixityDay(Base):
    """The checks of one local day, summed up."""

    __tablename__ = "fixity_days"

    day: Mapped[date] = mapped_column(primary_key=True)
    objects: Mapped[int]
    size_bytes: Mapped[int]
    #: Objects copied to the second store.
    copies: Mapped[int]
    failures: Mapped[int]
    #: Milliseconds that the checks took.
    took_ms: Mapped[int]


class FixityEvent(Base):
    """A check that failed, or what was done about it; as PREMIS knows events: what, when, outcome, who."""

    __tablename__ = "fixity_events"
    __table_args__ = (Index("ix_fixity_events_digest", "digest"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    #: damaged, missing, unreadable, or writable (good, and nobody could rely on that); repaired; lost when no good copy
    #: was left.
    outcome: Mapped[str] = mapped_column(String(12))
    #: first or second; both when lost.
    store: Mapped[str] = mapped_column(String(6))
    agent: Mapped[str] = mapped_column(String(40))
