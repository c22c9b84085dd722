"""Pages that are to be read again, and what became of it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from archive_service.db.base import Base, UtcDateTime

#: The page waits to be read again; this was its reading before; this is a reading that was no better and not taken.
WANTED, REPLACED, NOT_TAKEN = "wanted", "replaced", "not-taken"


class PageReadingRow(Base):
    """A reading of a page that the page does not show, or the wish for a new one.

    Pages are named by scan and number, as their table is parted. A wish names nothing yet; when it is fulfilled its
    row becomes the reading that was replaced, or the new one if that was worse.
    """

    __tablename__ = "scan_page_readings"
    __table_args__ = (Index("ix_scan_page_readings_scan_id_page_no", "scan_id", "page_no"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    scan_id: Mapped[int] = mapped_column(ForeignKey("scans.id"))
    page_no: Mapped[int]
    #: wanted, replaced or not-taken.
    state: Mapped[str] = mapped_column(String(10), default=WANTED)
    wanted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    engine: Mapped[str | None] = mapped_column(String(80))
    reading_settings: Mapped[str | None] = mapped_column(String(80))
    confidence: Mapped[float | None]
    rotation: Mapped[int | None]
    width_px: Mapped[int | None]
    height_px: Mapped[int | None]
    image_digest: Mapped[str | None] = mapped_column(String(64))
    thumbnail_digest: Mapped[str | None] = mapped_column(String(64))
    lines_digest: Mapped[str | None] = mapped_column(String(64))
    #: When it was read, where that is known, and when another took its place.
    read_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    replaced_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
