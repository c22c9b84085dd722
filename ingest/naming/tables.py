"""The models that were trained here and put in use; that of the package has no row."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from archive_service.db.base import Base, UtcDateTime

IN_USE, REPLACED, TAKEN_BACK = "in_use", "replaced", "taken_back"


class NamingModel(Base):
    """One model with what it was learnt from and how it did; its bytes are an object of the store."""

    __tablename__ = "naming_models"

    id: Mapped[int] = mapped_column(primary_key=True)
    #: Its object, and its name.
    digest: Mapped[str] = mapped_column(String(64))
    #: in_use, replaced by a later one, or taken_back.
    state: Mapped[str] = mapped_column(String(10))
    #: The model in use before it; none where that was the one of the package.
    before_id: Mapped[int | None] = mapped_column(ForeignKey("naming_models.id"))
    trained_at: Mapped[datetime] = mapped_column(UtcDateTime)
    trained_by: Mapped[int | None] = mapped_column(ForeignKey("persons.id"))
    #: Papers that it learnt from: generated ones, and documents that people confirmed.
    generated: Mapped[int]
    confirmed: Mapped[int]
    #: Confirmed documents kept out of training, and the share of them that it named right; none where there were none.
    held_back: Mapped[int]
    accuracy: Mapped[float | None]
