"""The claim that a person has on a scan while they review it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from archive_service.db.base import Base, UtcDateTime


class ReviewClaim(Base):
    """One scan in the hands of one person. A row whose time has run out holds nobody up; the next claim takes it."""

    __tablename__ = "review_claims"

    id: Mapped[int] = mapped_column(primary_key=True)
    scan_id: Mapped[int] = mapped_column(ForeignKey("scans.id"), unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("persons.id"))
    #: Since when it is in these hands without a break.
    since: Mapped[datetime] = mapped_column(UtcDateTime)
    #: When it ends without a sign of life; none for a scan that was handed over, which waits for its person.
    until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    #: Raised each time the scan is opened: a page that was left ends only the claim that it made itself.
    turn: Mapped[int] = mapped_column(default=1)
    #: Who handed it over, and what they said to it.
    handed_by: Mapped[int | None] = mapped_column(ForeignKey("persons.id"))
    note: Mapped[str] = mapped_column(String(200), default="", server_default="")
