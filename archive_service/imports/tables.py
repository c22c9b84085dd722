"""Files of cases that a job previews and registers, in parts of about a thousand rows."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from archive_service.db.base import Base, UtcDateTime


class CaseImport(Base):
    """A file that somebody handed in, and how far it is."""

    __tablename__ = "case_imports"
    __table_args__ = (
        CheckConstraint("state in ('previewing', 'previewed', 'importing', 'done', 'dropped')", name="state"),
        Index("ix_case_imports_made_by_id", "made_by", "id"),
        Index("ix_case_imports_state_made_at", "state", "made_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    #: The file as its owner calls it.
    name: Mapped[str] = mapped_column(String(200))
    made_by: Mapped[int] = mapped_column(ForeignKey("persons.id"))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    state: Mapped[str] = mapped_column(String(10), default="previewing")
    rows: Mapped[int]
    #: Rows behind in the present pass, which is the preview or the import.
    done: Mapped[int] = mapped_column(default=0)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class CaseImportPart(Base):
    """Rows that bear on each other, taken in one transaction; behind it only what was refused is kept."""

    __tablename__ = "case_import_parts"
    __table_args__ = (UniqueConstraint("import_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    import_id: Mapped[int] = mapped_column(ForeignKey("case_imports.id"))
    #: From 1, in the order in which the parts are taken.
    number: Mapped[int]
    #: The rows as JSON: line and cells by column; empty once they are registered.
    rows: Mapped[str] = mapped_column(Text)
    #: What would become, or became, of the rows: a list as JSON; of what was registered only the refused rows.
    fates: Mapped[str] = mapped_column(Text, default="[]")
    #: The last pass that the part went through: nothing, previewed or imported.
    passed: Mapped[str] = mapped_column(String(10), default="")
    created: Mapped[int] = mapped_column(default=0)
    updated: Mapped[int] = mapped_column(default=0)
    unchanged: Mapped[int] = mapped_column(default=0)
    refused: Mapped[int] = mapped_column(default=0)
