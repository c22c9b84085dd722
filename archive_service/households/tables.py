"""The household file, its cases, their items and pages."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from archive_service.db.base import Base, JsonText, UtcDateTime


class HouseholdFile(Base):
    """Everything kept about one account number (一户一档)."""

    __tablename__ = "household_files"
    __table_args__ = (
        Index("ix_household_files_unit_id_account_no", "unit_id", "account_no"),
        Index("ix_household_files_account_name", "account_name"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_no: Mapped[str] = mapped_column(String(20), unique=True)
    account_name: Mapped[str] = mapped_column(String(200))
    service_address: Mapped[str] = mapped_column(String(400))
    customer_category: Mapped[str] = mapped_column(String(4))
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    state: Mapped[str] = mapped_column(String(10), default="open")  # open | closed
    #: Raised by every change of what the file holds; the index follows it.
    revision: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    cases: Mapped[list[CaseFile]] = relationship(back_populates="household", order_by="CaseFile.id")


class CaseFile(Base):
    """One business case of a household, under its application number."""

    __tablename__ = "case_files"
    __table_args__ = (
        Index("ix_case_files_household_id", "household_id"),
        Index("ix_case_files_state_filing_due_on_id", "state", "filing_due_on", "id"),
        Index("ix_case_files_accepted_on_id", "accepted_on", "id"),
        Index("ix_case_files_energised_on", "energised_on"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    household_id: Mapped[int] = mapped_column(ForeignKey("household_files.id"))
    application_no: Mapped[str] = mapped_column(String(40), unique=True)
    customer_category: Mapped[str] = mapped_column(String(4))
    business_type: Mapped[str] = mapped_column(String(10))
    capacity_kva: Mapped[Decimal | None] = mapped_column(Numeric(12, 2))
    #: Supply voltage as the business system prints it, such as 10kV.
    voltage: Mapped[str | None] = mapped_column(String(20))
    #: Flags of the catalogue that hold; none means that the business system did not say.
    conditions: Mapped[list[str] | None] = mapped_column(JsonText)
    accepted_on: Mapped[date | None]
    energised_on: Mapped[date | None]
    #: Until when it is to be filed; of a case that was opened again, for this time.
    filing_due_on: Mapped[date | None]
    #: The deadline of its first filing, once it was opened again.
    first_due_on: Mapped[date | None]
    #: The moment of which the business system said what it last said of the case; none: it never said of which.
    source_as_of: Mapped[datetime | None] = mapped_column(UtcDateTime)
    #: One of `states.STATES`; only the actions of `lifecycle` change it.
    state: Mapped[str] = mapped_column(String(12), default="collecting")
    #: When it was filed for the first time.
    filed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    #: Last assessment, renewed in the transaction that changes what the case holds.
    edition: Mapped[str | None] = mapped_column(String(40))
    complete: Mapped[bool] = mapped_column(default=False)
    due_count: Mapped[int] = mapped_column(default=0)
    satisfied_count: Mapped[int] = mapped_column(default=0)
    missing_count: Mapped[int] = mapped_column(default=0)
    doubtful_count: Mapped[int] = mapped_column(default=0)
    deferred_count: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    #: Why the case cannot be assessed (an unknown fact), as a sentence.
    assessment_error: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    household: Mapped[HouseholdFile] = relationship(back_populates="cases")
    stages: Mapped[list[CaseStage]] = relationship(order_by="CaseStage.id")


Index(
    "ix_case_files_incomplete",
    CaseFile.state,
    CaseFile.filing_due_on,
    CaseFile.id,
    sqlite_where=text("complete IS 0"),
    postgresql_where=text("complete IS false"),
)


class CasePlace(Base):
    """The place of a paper in a filed case: given once, in the order of filing, and never given again."""

    __tablename__ = "case_places"
    __table_args__ = (UniqueConstraint("case_id", "place"), UniqueConstraint("item_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case_files.id"))
    #: From 1.
    place: Mapped[int]
    item_id: Mapped[int] = mapped_column(ForeignKey("items.id"))
    #: 1 for what was filed first; every later filing brings supplements.
    filing_no: Mapped[int]
    placed_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ArchiveCode(Base):
    """The archive code (档号) of a case: given when it is filed first, never altered and never given again."""

    __tablename__ = "archive_codes"
    __table_args__ = (UniqueConstraint("case_id"), UniqueConstraint("code"), UniqueConstraint("series", "serial"))

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case_files.id"))
    code: Mapped[str] = mapped_column(String(120))
    #: The code but for the serial.
    series: Mapped[str] = mapped_column(String(120))
    #: From 1, without gaps.
    serial: Mapped[int]
    given_at: Mapped[datetime] = mapped_column(UtcDateTime)


class CaseStage(Base):
    """The day a stage of a case was completed; written once (article 14)."""

    __tablename__ = "case_stages"
    __table_args__ = (UniqueConstraint("case_id", "stage"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case_files.id"))
    #: Code of the stage: ACCEPT, SURVEY, ...
    stage: Mapped[str] = mapped_column(String(12))
    done_on: Mapped[date]
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)


class StageCorrection(Base):
    """A correction of a stage day: asked for by one person, decided by another; the day as first recorded stays."""

    __tablename__ = "stage_corrections"
    __table_args__ = (Index("ix_stage_corrections_case_id", "case_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case_files.id"))
    stage: Mapped[str] = mapped_column(String(12))
    #: The day that held when it was asked for, and the one that is wanted.
    was: Mapped[date]
    wanted: Mapped[date]
    reason: Mapped[str] = mapped_column(String(500))
    asked_by: Mapped[int | None] = mapped_column(ForeignKey("persons.id"))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("persons.id"))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    #: None while nobody has decided.
    approved: Mapped[bool | None]


#: One correction of a stage waits at a time.
Index(
    "uq_stage_corrections_waiting",
    StageCorrection.case_id,
    StageCorrection.stage,
    unique=True,
    sqlite_where=text("decided_at IS NULL"),
    postgresql_where=text("decided_at IS NULL"),
)


class Item(Base):
    """The smallest filed unit: one document with its pages."""

    __tablename__ = "items"
    __table_args__ = (
        UniqueConstraint("household_id", "item_no"),
        Index("ix_items_case_id", "case_id"),
        Index("ix_items_filed_at_id", "filed_at", "id"),
        CheckConstraint("state in ('filed', 'withdrawn')", name="state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    household_id: Mapped[int] = mapped_column(ForeignKey("household_files.id"))
    case_id: Mapped[int | None] = mapped_column(ForeignKey("case_files.id"))
    #: Running number within the household, from 1, never given twice.
    item_no: Mapped[int]
    #: Catalogue code, or OTHER.
    document_type: Mapped[str] = mapped_column(String(10))
    title: Mapped[str] = mapped_column(String(200))
    document_date: Mapped[date | None]
    sensitivity: Mapped[str] = mapped_column(String(12))
    state: Mapped[str] = mapped_column(String(10), default="filed")
    #: How sure the type is, 0 to 1; 1 when a person decided.
    confidence: Mapped[float]
    reasons: Mapped[list[str]] = mapped_column(JsonText)
    #: Signatures and seals that the catalogue asks for, as `completeness.marks` writes them; none: nobody looked.
    marks: Mapped[list[dict[str, Any]] | None] = mapped_column(JsonText)
    #: original, verified_copy or copy, as a person or the stamp on it says; none: nobody knows.
    medium: Mapped[str | None] = mapped_column(String(16))
    #: Whether a person could read it; none: nobody said.
    legible: Mapped[bool | None]
    #: Where the item came from: a scan's id and the running number of the document in it. Filing twice is impossible.
    scan_id: Mapped[int | None]
    scan_document: Mapped[int | None]
    filed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    filed_by: Mapped[int | None] = mapped_column(ForeignKey("persons.id"))

    household: Mapped[HouseholdFile] = relationship()
    case: Mapped[CaseFile | None] = relationship()
    pages: Mapped[list[Page]] = relationship(order_by="Page.page_no", back_populates="item")
    fields: Mapped[list[ItemField]] = relationship(order_by="ItemField.id")


Index(
    "uq_items_scan_id_scan_document",
    Item.scan_id,
    Item.scan_document,
    unique=True,
    sqlite_where=text("scan_id is not null and state = 'filed'"),
    postgresql_where=text("scan_id is not null and state = 'filed'"),
)


#: Papers of no case are few, and looked for by number.
Index(
    "ix_items_without_case",
    Item.id,
    sqlite_where=text("case_id IS NULL AND state = 'filed'"),
    postgresql_where=text("case_id IS NULL AND state = 'filed'"),
)


class ItemField(Base):
    """A value read from an item or given by a person."""

    __tablename__ = "item_fields"
    __table_args__ = (UniqueConstraint("item_id", "name"), Index("ix_item_fields_name_value", "name", "value"))

    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("items.id"))
    name: Mapped[str] = mapped_column(String(40))
    #: Normalised: dates ISO, numbers plain, names without spaces.
    value: Mapped[str] = mapped_column(String(400))
    unit: Mapped[str | None] = mapped_column(String(10))
    confidence: Mapped[float]
    #: Page of the item, from 1, and the box there: x0, y0, x1, y1 in pixels of the upright page image.
    page: Mapped[int | None]
    box: Mapped[list[int] | None] = mapped_column(JsonText)
    checked: Mapped[bool | None]  # result of the check digit, none where there is no check


class Page(Base):
    """One page of an item: where its bytes are and what it says."""

    __tablename__ = "pages"
    __table_args__ = (UniqueConstraint("item_id", "page_no"), Index("ix_pages_original_digest", "original_digest"))

    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("items.id"))
    page_no: Mapped[int]
    #: The file as received and the page in it, from 1.
    original_digest: Mapped[str] = mapped_column(String(64))
    original_page: Mapped[int]
    #: The upright page image and its small form, in the object store.
    image_digest: Mapped[str] = mapped_column(String(64))
    thumbnail_digest: Mapped[str] = mapped_column(String(64))
    width_px: Mapped[int]
    height_px: Mapped[int]
    dpi: Mapped[int]
    #: Degrees by which the received page was turned to stand upright, clockwise.
    rotation: Mapped[int]
    engine: Mapped[str] = mapped_column(String(80))
    #: How sure the reading is, 0 to 1.
    confidence: Mapped[float]
    text: Mapped[str] = mapped_column(Text)
    #: The lines with their boxes, as JSON in the object store.
    lines_digest: Mapped[str] = mapped_column(String(64))

    item: Mapped[Item] = relationship(back_populates="pages")


class Unmasking(Base):
    """A person sees the personal data of a household unmasked for a while, for a reason."""

    __tablename__ = "unmaskings"
    __table_args__ = (Index("ix_unmaskings_person_id_until", "person_id", "until"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("persons.id"))
    household_id: Mapped[int] = mapped_column(ForeignKey("household_files.id"))
    #: One of rules.PURPOSES, and the reason in the person's words.
    purpose: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str] = mapped_column(String(200))
    begun_at: Mapped[datetime] = mapped_column(UtcDateTime)
    until: Mapped[datetime] = mapped_column(UtcDateTime)
    #: When the person ended it before its time.
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Verdict(Base):
    """The last assessment of a case, one row a catalogue requirement that applies."""

    __tablename__ = "verdicts"
    __table_args__ = (UniqueConstraint("case_id", "document_type"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case_files.id"))
    document_type: Mapped[str] = mapped_column(String(10))
    requirement: Mapped[str] = mapped_column(String(12))  # required | conditional | optional
    condition: Mapped[str | None] = mapped_column(String(200))
    status: Mapped[str] = mapped_column(String(16))
    #: Ids of the items that the verdict rests on.
    evidence: Mapped[list[int]] = mapped_column(JsonText)
    reason: Mapped[str] = mapped_column(Text)
    details: Mapped[dict[str, Any]] = mapped_column(JsonText, default=dict)


class CaseRuling(Base):
    """A decision of people about a paper that a case lacks: asked for by one, decided by another."""

    __tablename__ = "case_rulings"
    __table_args__ = (
        Index("ix_case_rulings_case_id", "case_id"),
        Index("ix_case_rulings_state_until_on", "state", "until_on"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case_files.id"))
    document_type: Mapped[str] = mapped_column(String(10))
    kind: Mapped[str] = mapped_column(String(16))  # deferred | waived | not_applicable
    reason: Mapped[str] = mapped_column(String(300))
    #: Last day of a deferral.
    until_on: Mapped[date | None]
    state: Mapped[str] = mapped_column(String(10), default="asked")  # asked | approved | refused | withdrawn
    asked_by: Mapped[int | None] = mapped_column(ForeignKey("persons.id"))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("persons.id"))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    #: Name of who decided, as it stands in the verdicts.
    decider: Mapped[str | None] = mapped_column(String(80))
    #: Why it was refused or withdrawn.
    note: Mapped[str | None] = mapped_column(String(300))


_HOLDS = text("state in ('asked', 'approved')")
Index(
    "uq_case_rulings_case_id_document_type",
    CaseRuling.case_id,
    CaseRuling.document_type,
    unique=True,
    sqlite_where=_HOLDS,
    postgresql_where=_HOLDS,
)


class FalseAlarm(Base):
    """A person says that what a consistency rule found is none; it holds as long as the rule sees the same values."""

    __tablename__ = "false_alarms"
    __table_args__ = (Index("ix_false_alarms_case_id", "case_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case_files.id"))
    rule: Mapped[str] = mapped_column(String(6))
    #: Of what the rule saw when it was said.
    fingerprint: Mapped[str] = mapped_column(String(64))
    reason: Mapped[str] = mapped_column(String(300))
    said_by: Mapped[int | None] = mapped_column(ForeignKey("persons.id"))
    said_at: Mapped[datetime] = mapped_column(UtcDateTime)
    taken_back_by: Mapped[int | None] = mapped_column(ForeignKey("persons.id"))
    taken_back_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


_STANDS = text("taken_back_at is null")
Index(
    "uq_false_alarms_case_id_rule",
    FalseAlarm.case_id,
    FalseAlarm.rule,
    unique=True,
    sqlite_where=_STANDS,
    postgresql_where=_STANDS,
)
