"""How far the index has followed the records."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from archive_service.db.base import Base, UtcDateTime


class IndexedRevision(Base):
    """The revision of a household file that the index in use holds."""

    __tablename__ = "indexed_revisions"

    household_id: Mapped[int] = mapped_column(ForeignKey("household_files.id"), primary_key=True)
    #: Names the index directory; a rebuilt index starts a new generation.
    generation: Mapped[str] = mapped_column(String(40), primary_key=True)
    revision: Mapped[int]
    indexed_at: Mapped[datetime] = mapped_column(UtcDateTime)
