"""The columns that all drafts of editions have, and those of a look at what one would change."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from archive_service.db.base import Base, UtcDateTime


class Drafted(Base):
    """An edition as somebody writes it; once released, its text is what holds."""

    __abstract__ = True

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(40))
    title: Mapped[str] = mapped_column(String(200))
    effective_from: Mapped[date]
    text: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(10))
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    made_by: Mapped[int | None] = mapped_column(ForeignKey("persons.id"))
    #: Who last changed the text: neither they nor who began it may release it.
    changed_by: Mapped[int | None] = mapped_column(ForeignKey("persons.id"))
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("persons.id"))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Weighed(Drafted):
    """A draft that nobody releases before its very text was looked at for what it would change."""

    __abstract__ = True

    #: Raised by every change of the text; a look says of which it was.
    revision: Mapped[int]


class Look(Base):
    """Everything that a draft concerns gone through: to see what it would change, or after its release."""

    __abstract__ = True

    id: Mapped[int] = mapped_column(primary_key=True)
    #: The draft; its own table says of which kind.
    draft_id: Mapped[int]
    #: preview, or what follows a release.
    purpose: Mapped[str] = mapped_column(String(10))
    revision: Mapped[int]
    state: Mapped[str] = mapped_column(String(10))  # running | done | failed
    made_by: Mapped[int | None] = mapped_column(ForeignKey("persons.id"))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
