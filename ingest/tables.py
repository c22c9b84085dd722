"""Received files on their way to the household file: batches, scans, their pages and proposed documents."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from archive_service.db.base import Base, JsonText, UtcDateTime


class Batch(Base):
    """Files that came in together."""

    __tablename__ = "batches"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    #: web, cli, watch, api or demo.
    channel: Mapped[str] = mapped_column(String(10))
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"), index=True)
    received_by: Mapped[int | None] = mapped_column(ForeignKey("persons.id"))
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    #: open, filed (it passed the four-property check) or returned (it did not, and waits for who handed it in).
    state: Mapped[str] = mapped_column(String(8), default="open", server_default="open")
    #: When it was last filed or sent back.
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    #: What was mended, as whoever handed it in again says.
    mended: Mapped[str] = mapped_column(String(300), default="", server_default="")


class ReturnedPaper(Base):
    """A paper that was taken back out of its household file because its batch was sent back."""

    __tablename__ = "returned_papers"
    __table_args__ = (
        Index("ix_returned_papers_batch_id", "batch_id"),
        Index("ix_returned_papers_item_id", "item_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    batch_id: Mapped[int] = mapped_column(ForeignKey("batches.id"))
    item_id: Mapped[int] = mapped_column(ForeignKey("items.id"))
    #: When it was put back, or gave way to another; none: it waits for its batch.
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Scan(Base):
    """One received file and how far it has come."""

    __tablename__ = "scans"
    __table_args__ = (
        Index("ix_scans_unit_id_state_id", "unit_id", "state", "id"),
        Index("ix_scans_batch_id", "batch_id"),
        Index("ix_scans_parent_id", "parent_id"),
        Index("ix_scans_digest", "digest"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    batch_id: Mapped[int] = mapped_column(ForeignKey("batches.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    #: The ZIP or other container this file came out of.
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("scans.id"))
    #: Safe for showing: no path, no control characters, at most 255 bytes.
    file_name: Mapped[str] = mapped_column(String(255))
    digest: Mapped[str] = mapped_column(String(64))
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    #: pdf, ofd, jpeg, png, tiff, zip; empty until checked.
    format: Mapped[str] = mapped_column(String(10), default="")
    #: One of ingest.states.
    state: Mapped[str] = mapped_column(String(12), default="received")
    page_count: Mapped[int] = mapped_column(default=0)
    pages_done: Mapped[int] = mapped_column(default=0)
    #: What the person said when handing the file in; believed over what is recognised.
    said_account_no: Mapped[str | None] = mapped_column(String(20))
    said_application_no: Mapped[str | None] = mapped_column(String(40))
    said_document_type: Mapped[str | None] = mapped_column(String(10))
    error_code: Mapped[str | None] = mapped_column(String(60))
    error_message: Mapped[str | None] = mapped_column(Text)
    #: Findings about the file, such as "repaired".
    flags: Mapped[list[str]] = mapped_column(JsonText, default=list)
    #: Who signed it, as it says itself and as `ingest.signatures` writes it; none: it says nothing of that.
    signatures: Mapped[list[dict[str, Any]] | None] = mapped_column(JsonText)
    duplicate_of: Mapped[int | None] = mapped_column(ForeignKey("scans.id"))
    received_by: Mapped[int | None] = mapped_column(ForeignKey("persons.id"))
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    #: When it went back for good with its batch: another takes its place, and the next check passes over it.
    went_back_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    batch: Mapped[Batch] = relationship()
    pages: Mapped[list[ScanPage]] = relationship(order_by="ScanPage.page_no")
    documents: Mapped[list[ScanDocument]] = relationship(order_by="ScanDocument.seq", back_populates="scan")


# Two processes that receive the same bytes at once: the database lets one of them be the first.
Index(
    "uq_scans_digest_first",
    Scan.digest,
    unique=True,
    sqlite_where=text("duplicate_of is null and state not in ('refused', 'set_aside')"),
    postgresql_where=text("duplicate_of is null and state not in ('refused', 'set_aside')"),
)


class ScanPage(Base):
    """One page of a received file; each page is read, and kept, by itself."""

    __tablename__ = "scan_pages"
    __table_args__ = (UniqueConstraint("scan_id", "page_no"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    scan_id: Mapped[int] = mapped_column(ForeignKey("scans.id"))
    page_no: Mapped[int]
    #: As rendered, before turning; empty when the page could not be rendered.
    raw_digest: Mapped[str | None] = mapped_column(String(64))
    #: Upright, with its thumbnail.
    image_digest: Mapped[str | None] = mapped_column(String(64))
    thumbnail_digest: Mapped[str | None] = mapped_column(String(64))
    width_px: Mapped[int] = mapped_column(default=0)
    height_px: Mapped[int] = mapped_column(default=0)
    dpi: Mapped[int] = mapped_column(default=0)
    #: Of the picture in the file as received, where that can be told; `dpi` is that of the image made from it.
    scanned_dpi: Mapped[int | None]
    #: The lines of a sound text layer of the file itself, as JSON in the object store.
    layer_digest: Mapped[str | None] = mapped_column(String(64))
    rotation: Mapped[int] = mapped_column(default=0)
    engine: Mapped[str | None] = mapped_column(String(80))
    #: What besides the engine the reading follows from, as "name=value" with blanks between; none for pages of older
    #: versions and those with text of their own. Short, for there are as many as pages.
    reading_settings: Mapped[str | None] = mapped_column(String(80))
    read_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    confidence: Mapped[float | None]
    text: Mapped[str | None] = mapped_column(Text)
    lines_digest: Mapped[str | None] = mapped_column(String(64))
    error_code: Mapped[str | None] = mapped_column(String(60))
    flags: Mapped[list[str]] = mapped_column(JsonText, default=list)
    #: Seals, signatures and places to sign, as `ingest.marks.values` writes them; none: nobody looked.
    marks: Mapped[dict[str, Any] | None] = mapped_column(JsonText)


class ScanDocument(Base):
    """A document found among the pages of a scan, as proposed and then decided.

    A page lies in one document at most. Documents are never removed once a person may have seen them: one that was
    joined to another keeps its row without pages, and pages that were dropped are a row of their own.
    """

    __tablename__ = "scan_documents"
    __table_args__ = (
        UniqueConstraint("scan_id", "seq"),
        Index("ix_scan_documents_state_scan_id_first_page_id", "state", "scan_id", "first_page", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    scan_id: Mapped[int] = mapped_column(ForeignKey("scans.id"))
    #: Running number within the scan, never given twice: filed items refer to it. The order is that of `first_page`.
    seq: Mapped[int]
    #: Page numbers of the scan, from 1, in order.
    pages: Mapped[list[int]] = mapped_column(JsonText)
    #: The first of `pages`, kept beside them so that the database can sort; 0 without pages.
    first_page: Mapped[int] = mapped_column(default=0)
    document_type: Mapped[str] = mapped_column(String(10))
    confidence: Mapped[float]
    #: Other types with their confidence, best first: [["P03H", 0.97], ...].
    candidates: Mapped[list[list[Any]]] = mapped_column(JsonText)
    #: name -> {value, unit, confidence, page, box, checked}; `page` counts within the document, from 1.
    fields: Mapped[dict[str, dict[str, Any]]] = mapped_column(JsonText)
    reasons: Mapped[list[str]] = mapped_column(JsonText)
    #: What keeps it from being filed without a person, as sentences; empty when sure.
    doubts: Mapped[list[str]] = mapped_column(JsonText)
    #: Signatures and seals that the catalogue asks for, as `completeness.marks` writes them; none: nobody looked.
    marks: Mapped[list[dict[str, Any]] | None] = mapped_column(JsonText)
    household_id: Mapped[int | None] = mapped_column(ForeignKey("household_files.id"))
    case_id: Mapped[int | None] = mapped_column(ForeignKey("case_files.id"))
    match_confidence: Mapped[float] = mapped_column(default=0.0)
    #: Digest of the model that named it beside the rules.
    named_by: Mapped[str | None] = mapped_column(String(64))
    #: proposed, filed, rejected, joined (its pages lie in `part_of` now) or dropped (pages of no document).
    state: Mapped[str] = mapped_column(String(10), default="proposed")
    #: Id of the document that a joined one became part of, or that dropped pages were taken from.
    part_of: Mapped[int | None]
    item_id: Mapped[int | None] = mapped_column(ForeignKey("items.id"))
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("persons.id"))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    #: Pages of the scan that are to be scanned anew before a rejected document waits for a person again.
    rescan_pages: Mapped[list[int] | None] = mapped_column(JsonText)

    scan: Mapped[Scan] = relationship(back_populates="documents")

    @validates("pages")
    def _note_first_page(self, _key: str, pages: list[int]) -> list[int]:
        self.first_page = pages[0] if pages else 0
        return pages


#: States of a document that is one: pages that were dropped and documents that were joined to another are none.
STANDING = ("proposed", "filed", "rejected")


def standing(documents: Iterable[ScanDocument]) -> list[ScanDocument]:
    """Return the documents among the rows of a scan, in the order of their pages."""
    return sorted((one for one in documents if one.state in STANDING), key=lambda one: (one.first_page, one.id))
