"""Which rendition each filed item has, and what it was made from."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from archive_service.db.base import Base, UtcDateTime

#: The kind of rendition that this program makes.
PDF_A = "pdf-a"


class Rendition(Base):
    """The last attempt to make a rendition of an item: the object that came of it, or why none did."""

    __tablename__ = "renditions"

    item_id: Mapped[int] = mapped_column(ForeignKey("items.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(12), primary_key=True)
    #: The object in the store; none when it could not be made.
    digest: Mapped[str | None] = mapped_column(String(64))
    #: What it was made from, see `source.fingerprint`; another one today means that it is outdated.
    fingerprint: Mapped[str] = mapped_column(String(64))
    #: Version of the builder, see `metadata.BUILDER`.
    builder: Mapped[int]
    error_code: Mapped[str | None] = mapped_column(String(60))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
