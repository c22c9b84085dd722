"""What a person's pages remember, and the notes that people pin to pages of items."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from archive_service.db.base import Base, UtcDateTime


class Remembered(Base):
    """One thing remembered for a person; nobody else sees it."""

    __tablename__ = "remembered"
    __table_args__ = (
        UniqueConstraint("person_id", "kind", "name"),
        Index("ix_remembered_person_id_kind_at", "person_id", "kind", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("persons.id"))
    #: A value of `rules.Kind`.
    kind: Mapped[str] = mapped_column(String(10))
    name: Mapped[str] = mapped_column(String(200))
    content: Mapped[str] = mapped_column(Text, default="")
    #: When it was last used.
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class PageNote(Base):
    """A note pinned to a place on a page of an item; taking it off keeps the row."""

    __tablename__ = "page_notes"
    __table_args__ = (Index("ix_page_notes_item_id_page_no", "item_id", "page_no"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("items.id"))
    page_no: Mapped[int]
    #: Thousandths of width and height of the upright page, from its top left.
    x: Mapped[int]
    y: Mapped[int]
    text: Mapped[str] = mapped_column(Text)
    pinned_by: Mapped[int] = mapped_column(ForeignKey("persons.id"))
    pinned_at: Mapped[datetime] = mapped_column(UtcDateTime)
    taken_off_by: Mapped[int | None] = mapped_column(ForeignKey("persons.id"))
    taken_off_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
