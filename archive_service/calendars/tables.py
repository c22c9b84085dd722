"""What units say of single days, and which years they have entered completely."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from archive_service.db.base import Base, UtcDateTime


class CalendarDay(Base):
    """A day that a unit, and everything below it, works on or not, against what the week says."""

    __tablename__ = "calendar_days"
    __table_args__ = (UniqueConstraint("unit_id", "day"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    day: Mapped[date]
    works: Mapped[bool]
    #: What it is called, such as 国庆节 or 调休上班.
    name: Mapped[str] = mapped_column(String(60))


class CalendarYear(Base):
    """A year that a unit has entered completely: deadlines may be counted into it."""

    __tablename__ = "calendar_years"
    __table_args__ = (UniqueConstraint("unit_id", "year"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    year: Mapped[int]
    kept_by: Mapped[int | None] = mapped_column(ForeignKey("persons.id"))
    kept_at: Mapped[datetime] = mapped_column(UtcDateTime)
