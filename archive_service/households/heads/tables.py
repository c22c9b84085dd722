"""Values of the head of a household through time, and links between accounts."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from archive_service.db.base import Base, UtcDateTime


class HeadValue(Base):
    """A value of the head of a household (article 13) from a moment on; the newest of a name is the one that holds."""

    __tablename__ = "head_values"
    __table_args__ = (
        UniqueConstraint("household_id", "name", "as_of"),
        Index("ix_head_values_name_value", "name", "value"),
        CheckConstraint("source in ('push', 'case')", name="source"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    household_id: Mapped[int] = mapped_column(ForeignKey("household_files.id"))
    #: One of `heads.rules.NAMES`.
    name: Mapped[str] = mapped_column(String(20))
    value: Mapped[str] = mapped_column(String(400))
    #: The moment of which it was said first, by the clock of the business system.
    as_of: Mapped[datetime] = mapped_column(UtcDateTime)
    #: The last moment of which it was said again.
    heard_until: Mapped[datetime] = mapped_column(UtcDateTime)
    #: push: the business system said it of the household; case: it came with a case.
    source: Mapped[str] = mapped_column(String(8))
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    recorded_by: Mapped[int | None] = mapped_column(ForeignKey("persons.id"))


class AccountLink(Base):
    """An account that came out of another one: split off, merged into, handed to another customer, renumbered."""

    __tablename__ = "account_links"
    __table_args__ = (
        UniqueConstraint("from_household_id", "to_household_id", "kind"),
        Index("ix_account_links_to_household_id", "to_household_id"),
        CheckConstraint("kind in ('split', 'merge', 'transfer', 'renumber')", name="kind"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    from_household_id: Mapped[int] = mapped_column(ForeignKey("household_files.id"))
    to_household_id: Mapped[int] = mapped_column(ForeignKey("household_files.id"))
    kind: Mapped[str] = mapped_column(String(10))
    happened_on: Mapped[date]
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    recorded_by: Mapped[int | None] = mapped_column(ForeignKey("persons.id"))
