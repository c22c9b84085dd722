"""Editions that people draft and release, and what judging the cases by them would change or has changed."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from archive_service.db.base import Base, JsonText, UtcDateTime


class CatalogueDraft(Base):
    """An edition as somebody writes it; once released, its text is what cases are judged by."""

    __tablename__ = "catalogue_drafts"
    __table_args__ = (
        CheckConstraint("state in ('draft', 'submitted', 'released', 'dropped')", name="state"),
        Index("ix_catalogue_drafts_state", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(40), unique=True)
    #: The unit whose people draft it; one at the top drafts for all.
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    title: Mapped[str] = mapped_column(String(400))
    effective_from: Mapped[date]
    text: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(10), default="draft")
    #: Raised by every change of the text; a preview says of which it was.
    revision: Mapped[int] = mapped_column(default=1)
    made_by: Mapped[int | None] = mapped_column(ForeignKey("persons.id"))
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    #: Who last changed the text or handed it in: none of them may release it.
    changed_by: Mapped[int | None] = mapped_column(ForeignKey("persons.id"))
    submitted_by: Mapped[int | None] = mapped_column(ForeignKey("persons.id"))
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("persons.id"))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    #: Why it was sent back.
    note: Mapped[str | None] = mapped_column(String(300))


class CatalogueCheck(Base):
    """All cases that an edition concerns, judged by it: to see what would change, or after its release."""

    __tablename__ = "catalogue_checks"
    __table_args__ = (Index("ix_catalogue_checks_draft_id", "draft_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    draft_id: Mapped[int] = mapped_column(ForeignKey("catalogue_drafts.id"))
    purpose: Mapped[str] = mapped_column(String(10))  # preview | recheck
    revision: Mapped[int]
    state: Mapped[str] = mapped_column(String(10), default="running")  # running | done | failed
    made_by: Mapped[int | None] = mapped_column(ForeignKey("persons.id"))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class CatalogueSlice(Base):
    """A part of the cases of a check, by their ids: the work of one job."""

    __tablename__ = "catalogue_slices"
    __table_args__ = (UniqueConstraint("check_id", "first_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    check_id: Mapped[int] = mapped_column(ForeignKey("catalogue_checks.id"))
    #: First case of the part, and the first behind it.
    first_id: Mapped[int]
    end_id: Mapped[int]
    #: Cases below this one are done; how many of them the edition concerns.
    next_id: Mapped[int]
    done: Mapped[int] = mapped_column(default=0)


class CatalogueFinding(Base):
    """A case that an edition makes complete or incomplete, or of which it asks for something else."""

    __tablename__ = "catalogue_findings"
    __table_args__ = (
        UniqueConstraint("check_id", "case_id"),
        Index("ix_catalogue_findings_check_id_effect_id", "check_id", "effect", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    check_id: Mapped[int] = mapped_column(ForeignKey("catalogue_checks.id"))
    case_id: Mapped[int] = mapped_column(ForeignKey("case_files.id"))
    #: filed-incomplete, incomplete, complete, more, less or other.
    effect: Mapped[str] = mapped_column(String(20))
    filed: Mapped[bool]
    #: Document types that the case lacks more than before, and that it lacks no longer.
    added: Mapped[list[str]] = mapped_column(JsonText)
    gone: Mapped[list[str]] = mapped_column(JsonText)
