"""Editions that people draft and release, and what judging the cases by them would change or has changed."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from archive_service.db.base import Base, JsonText
from archive_service.editions.columns import Look, Weighed


class CatalogueDraft(Weighed):
    """An edition as somebody writes it; once released, its text is what cases are judged by."""

    __tablename__ = "catalogue_drafts"
    __table_args__ = (
        UniqueConstraint("code"),
        CheckConstraint("state in ('draft', 'submitted', 'released', 'dropped')", name="state"),
        Index("ix_catalogue_drafts_state", "state"),
    )

    title: Mapped[str] = mapped_column(String(400))
    #: Who handed it in: they may not release it either.
    submitted_by: Mapped[int | None] = mapped_column(ForeignKey("persons.id"))
    #: Why it was sent back.
    note: Mapped[str | None] = mapped_column(String(300))


class CatalogueCheck(Look):
    """All cases that an edition concerns, judged by it: to see what would change, or after its release (recheck)."""

    __tablename__ = "catalogue_checks"
    __table_args__ = (Index("ix_catalogue_checks_draft_id", "draft_id"),)

    draft_id: Mapped[int] = mapped_column(ForeignKey("catalogue_drafts.id"))


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
