"""Holds and what they were placed on."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from archive_service.db.base import Base, UtcDateTime


class Hold(Base):
    """One hold with its grounds; releasing it keeps the row."""

    __tablename__ = "holds"
    __table_args__ = (
        CheckConstraint("kind in ('dispute', 'litigation', 'inspection', 'unpaid')", name="kind"),
        Index("ix_holds_unit_id_id", "unit_id", "id"),
        Index("ix_holds_review_on", "review_on"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    #: The unit whose people keep it.
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    #: A value of `rules.Kind`.
    kind: Mapped[str] = mapped_column(String(12))
    reason: Mapped[str] = mapped_column(String(300))
    #: By whose word: a court, an office, the number of a letter.
    authority: Mapped[str] = mapped_column(String(120))
    #: The day on which somebody looks whether it is still needed; the hold goes on until it is released.
    review_on: Mapped[date]
    placed_by: Mapped[int | None] = mapped_column(ForeignKey("persons.id"))
    placed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    released_by: Mapped[int | None] = mapped_column(ForeignKey("persons.id"))
    #: None while it lasts.
    released_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    release_reason: Mapped[str] = mapped_column(String(300))


class HoldSubject(Base):
    """What a hold was placed on, fixed when it was placed: an item, a case, or a whole household when both are none.

    A hold on a case or household covers what is filed there later.
    """

    __tablename__ = "hold_subjects"
    __table_args__ = (
        CheckConstraint("case_id is null or item_id is null", name="one"),
        Index("ix_hold_subjects_hold_id", "hold_id"),
        Index("ix_hold_subjects_household_id", "household_id"),
        Index("ix_hold_subjects_case_id", "case_id"),
        Index("ix_hold_subjects_item_id", "item_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    hold_id: Mapped[int] = mapped_column(ForeignKey("holds.id"))
    household_id: Mapped[int] = mapped_column(ForeignKey("household_files.id"))
    case_id: Mapped[int | None] = mapped_column(ForeignKey("case_files.id"))
    item_id: Mapped[int | None] = mapped_column(ForeignKey("items.id"))
