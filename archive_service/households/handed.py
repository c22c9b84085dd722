"""What `lifecycle` writes of a case and its figures and cross-checks read: hand-overs, and reasons for lateness."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from archive_service.db.base import Base, UtcDateTime


class HandOver(Base):
    """Papers of a case given from one person to another (移交): both confirm, the receiver within a working day."""

    __tablename__ = "hand_overs"
    __table_args__ = (UniqueConstraint("case_id", "round"), Index("ix_hand_overs_given_at", "given_at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case_files.id"))
    #: Which submission of the case it is, from 1: every one after the first is a new version.
    round: Mapped[int]
    giver_id: Mapped[int | None] = mapped_column(ForeignKey("persons.id"))
    given_at: Mapped[datetime] = mapped_column(UtcDateTime)
    #: Last day on which the receipt is in time; none when the holiday table ends before it.
    due_on: Mapped[date | None]
    note: Mapped[str] = mapped_column(String(500))
    receiver_id: Mapped[int | None] = mapped_column(ForeignKey("persons.id"))
    #: When the receiver confirmed, or sent it back.
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    #: accepted | returned; none while it waits.
    outcome: Mapped[str | None] = mapped_column(String(10))


Index(
    "ix_hand_overs_waiting",
    HandOver.id,
    sqlite_where=text("outcome IS NULL"),
    postgresql_where=text("outcome IS NULL"),
)


class LatenessReason(Base):
    """Why a clock of a case was missed: a code that can be counted, said once."""

    __tablename__ = "lateness_reasons"
    __table_args__ = (UniqueConstraint("case_id", "clock"), Index("ix_lateness_reasons_said_at", "said_at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case_files.id"))
    #: What was missed: a stage, FILING, or a family of papers.
    clock: Mapped[str] = mapped_column(String(20))
    #: One of `lifecycle.rules.LATENESS`.
    code: Mapped[str] = mapped_column(String(20))
    note: Mapped[str] = mapped_column(String(500))
    said_by: Mapped[int | None] = mapped_column(ForeignKey("persons.id"))
    said_at: Mapped[datetime] = mapped_column(UtcDateTime)
