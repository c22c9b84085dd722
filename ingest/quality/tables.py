"""What was found wrong with pages, what a person said of it, what was inspected, and pages that were replaced."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from archive_service.db.base import Base, JsonText, UtcDateTime

#: Decisions about a finding; none while it is open.
ACCEPTED = "accepted"
#: States of a rescan: its file waits to be read, the page shows it, or it was no good.
WAITING, TAKEN, REFUSED = "waiting", "taken", "refused"


class PageFinding(Base):
    """Something wrong with a page of a scan; pages are named by scan and number, as their table is parted."""

    __tablename__ = "page_findings"
    __table_args__ = (UniqueConstraint("scan_id", "page_no", "code"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    scan_id: Mapped[int] = mapped_column(ForeignKey("scans.id"))
    page_no: Mapped[int]
    #: One of ingest.quality.findings.
    code: Mapped[str] = mapped_column(String(20))
    measure: Mapped[float]
    limit: Mapped[float]
    #: Where on the upright image, in pixels: [[x0, y0, x1, y1], ...].
    boxes: Mapped[list[list[int]]] = mapped_column(JsonText, default=list)
    #: Numbers of pages that the sentence names.
    facts: Mapped[dict[str, Any]] = mapped_column(JsonText, default=dict)
    found_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decision: Mapped[str | None] = mapped_column(String(10))
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("persons.id"))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class PageInspection(Base):
    """What a person said of a page drawn from a batch; the last word counts, the audit trail has those before."""

    __tablename__ = "page_inspections"
    __table_args__ = (UniqueConstraint("batch_id", "scan_id", "page_no"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    batch_id: Mapped[int] = mapped_column(ForeignKey("batches.id"))
    scan_id: Mapped[int] = mapped_column(ForeignKey("scans.id"))
    page_no: Mapped[int]
    #: The code of what is wrong; none when the page is good.
    fault: Mapped[str | None] = mapped_column(String(20))
    note: Mapped[str] = mapped_column(String(200), default="")
    inspected_by: Mapped[int | None] = mapped_column(ForeignKey("persons.id"))
    inspected_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Rescan(Base):
    """A better scan of one page: its file, and, once it was taken, what the page showed before."""

    __tablename__ = "rescans"
    __table_args__ = (Index("ix_rescans_scan_id_page_no", "scan_id", "page_no"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    scan_id: Mapped[int] = mapped_column(ForeignKey("scans.id"))
    page_no: Mapped[int]
    #: waiting, taken or refused.
    state: Mapped[str] = mapped_column(String(10), default=WAITING)
    #: The better scan as received, kept like any original.
    digest: Mapped[str] = mapped_column(String(64))
    file_name: Mapped[str] = mapped_column(String(255))
    reason: Mapped[str] = mapped_column(String(200))
    received_by: Mapped[int | None] = mapped_column(ForeignKey("persons.id"))
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    taken_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    error_code: Mapped[str | None] = mapped_column(String(60))
    error_message: Mapped[str | None] = mapped_column(Text)
    #: The superseded page: what stood in its row of scan_pages, and the objects that it named.
    raw_digest: Mapped[str | None] = mapped_column(String(64))
    image_digest: Mapped[str | None] = mapped_column(String(64))
    thumbnail_digest: Mapped[str | None] = mapped_column(String(64))
    layer_digest: Mapped[str | None] = mapped_column(String(64))
    lines_digest: Mapped[str | None] = mapped_column(String(64))
    superseded: Mapped[dict[str, Any]] = mapped_column(JsonText, default=dict)
