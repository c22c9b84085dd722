"""Editions of the items as people draft them; runs of the check with what came of each item."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from archive_service.db.base import Base, UtcDateTime
from archive_service.editions.columns import Drafted


class PropertyScheme(Drafted):
    """An edition of the items as somebody writes it; once released, its text is what is checked by."""

    __tablename__ = "property_schemes"
    __table_args__ = (
        UniqueConstraint("code"),
        CheckConstraint("state in ('draft', 'released', 'dropped')", name="state"),
        CheckConstraint("decided_by is null or decided_by <> changed_by", name="another"),
    )


class PropertyRun(Base):
    """One run of the check over a case, a package or a batch; with its report it never changes again."""

    __tablename__ = "property_runs"
    __table_args__ = (
        CheckConstraint("moment in ('filing', 'transfer', 'longterm')", name="moment"),
        CheckConstraint("state in ('open', 'passed', 'failed')", name="state"),
        CheckConstraint("report_digest is null or state <> 'open'", name="report"),
        CheckConstraint("household_id is not null or batch_id is not null", name="subject"),
        Index("ix_property_runs_unit_id_id", "unit_id", "id"),
        Index("ix_property_runs_case_id_id", "case_id", "id"),
        Index("ix_property_runs_household_id_id", "household_id", "id"),
        Index("ix_property_runs_package_id", "package_id"),
        Index("ix_property_runs_batch_id", "batch_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    #: filing, transfer or longterm.
    moment: Mapped[str] = mapped_column(String(10))
    #: None for a batch: its papers may belong to many households.
    household_id: Mapped[int | None] = mapped_column(ForeignKey("household_files.id"))
    #: The case that was checked; none when a package of a household was, or a batch.
    case_id: Mapped[int | None] = mapped_column(ForeignKey("case_files.id"))
    package_id: Mapped[int | None] = mapped_column(ForeignKey("packages.id"))
    batch_id: Mapped[int | None] = mapped_column(ForeignKey("batches.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    #: Edition of the items by which it was checked.
    edition: Mapped[str] = mapped_column(String(40))
    #: open while a person is awaited; then passed or failed.
    state: Mapped[str] = mapped_column(String(8))
    #: sha256 over what was checked: answers of people hold for as long as it is the same.
    fingerprint: Mapped[str] = mapped_column(String(64))
    papers: Mapped[int]
    pages: Mapped[int]
    asked_by: Mapped[int | None] = mapped_column(ForeignKey("persons.id"))
    begun_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    #: The report as PDF and as data in the store; none before it is written.
    report_digest: Mapped[str | None] = mapped_column(String(64))
    data_digest: Mapped[str | None] = mapped_column(String(64))


#: Runs that ended and whose report is still to be written.
Index(
    "ix_property_runs_unreported",
    PropertyRun.id,
    sqlite_where=text("report_digest IS NULL AND state <> 'open'"),
    postgresql_where=text("report_digest IS NULL AND state <> 'open'"),
)


class PropertyResult(Base):
    """What came of one item in a run, with its evidence."""

    __tablename__ = "property_results"
    __table_args__ = (
        UniqueConstraint("run_id", "place"),
        UniqueConstraint("run_id", "code"),
        CheckConstraint("result in ('passed', 'failed', 'open', 'not_checked', 'not_applicable')", name="result"),
        CheckConstraint("evidence <> ''", name="evidence"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("property_runs.id"))
    #: From 1, in the order of the edition.
    place: Mapped[int]
    code: Mapped[str] = mapped_column(String(20))
    #: authenticity, integrity, usability or security.
    property: Mapped[str] = mapped_column(String(12))
    #: automatic, manual or not_applicable.
    mode: Mapped[str] = mapped_column(String(14))
    title_zh: Mapped[str] = mapped_column(String(200))
    title_en: Mapped[str] = mapped_column(String(200))
    result: Mapped[str] = mapped_column(String(14))
    evidence: Mapped[str] = mapped_column(String(500))
    answered_by: Mapped[int | None] = mapped_column(ForeignKey("persons.id"))
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
