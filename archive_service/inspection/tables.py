"""Samples of the auditors, the cases drawn into them, and the findings that come of it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from archive_service.db.base import Base, JsonText, UtcDateTime


class Sample(Base):
    """A sample as it was drawn; nothing in this row changes but its closing."""

    __tablename__ = "samples"
    __table_args__ = (Index("ix_samples_unit_id_drawn_at", "unit_id", "drawn_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    #: The unit whose cases, with those of all units below it, are the frame.
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    #: random, stratified or risk, as `rules.Method`.
    method: Mapped[str] = mapped_column(String(12))
    #: What else the frame was narrowed by: category, business, months, and what sets the size.
    frame: Mapped[dict[str, Any]] = mapped_column(JsonText)
    frame_size: Mapped[int]
    #: Digest of the ids of the frame in their order: whoever draws again can tell whether it is the same frame.
    frame_digest: Mapped[str] = mapped_column(String(64))
    size: Mapped[int]
    seed: Mapped[str] = mapped_column(String(40))
    drawn_by: Mapped[int | None] = mapped_column(ForeignKey("persons.id"))
    drawn_at: Mapped[datetime] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class SampleCase(Base):
    """A case drawn into a sample, and its inspection sheet."""

    __tablename__ = "sample_cases"
    __table_args__ = (UniqueConstraint("sample_id", "place"), UniqueConstraint("sample_id", "case_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    sample_id: Mapped[int] = mapped_column(ForeignKey("samples.id"))
    #: Running number in the sample, from 1, in the order of drawing.
    place: Mapped[int]
    case_id: Mapped[int] = mapped_column(ForeignKey("case_files.id"))
    #: How the case stood when it was drawn: revision of the household, counts, rules broken.
    drawn_as: Mapped[dict[str, Any]] = mapped_column(JsonText)
    #: Nothing yet, or passed, faulty, not_found as `rules.Verdict`.
    verdict: Mapped[str | None] = mapped_column(String(12))
    remark: Mapped[str] = mapped_column(Text, default="")
    #: Points of the sheet that were looked at, and what was seen, by the key of the point.
    sheet: Mapped[dict[str, str]] = mapped_column(JsonText, default=dict)
    inspected_by: Mapped[int | None] = mapped_column(ForeignKey("persons.id"))
    inspected_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Finding(Base):
    """Something that an auditor found and that a unit has to mend."""

    __tablename__ = "findings"
    __table_args__ = (
        Index("ix_findings_unit_id_state_due_on", "unit_id", "state", "due_on"),
        Index("ix_findings_sample_case_id", "sample_case_id"),
        Index("ix_findings_case_id", "case_id"),
        CheckConstraint("state in ('open', 'mended', 'closed', 'escalated')", name="state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    sample_case_id: Mapped[int | None] = mapped_column(ForeignKey("sample_cases.id"))
    case_id: Mapped[int] = mapped_column(ForeignKey("case_files.id"))
    #: The unit that has to mend it.
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    #: A rule of the cross-checks or anomalies, or other.
    rule: Mapped[str] = mapped_column(String(24))
    #: minor, major or serious.
    severity: Mapped[str] = mapped_column(String(8))
    description: Mapped[str] = mapped_column(Text)
    #: The item and page on which it is seen, where there is one.
    item_id: Mapped[int | None] = mapped_column(ForeignKey("items.id"))
    page_no: Mapped[int | None]
    due_on: Mapped[date]
    state: Mapped[str] = mapped_column(String(10), default="open")
    #: How often it was mended and sent back.
    rounds: Mapped[int] = mapped_column(default=0)
    raised_by: Mapped[int | None] = mapped_column(ForeignKey("persons.id"))
    raised_at: Mapped[datetime] = mapped_column(UtcDateTime)


class FindingStep(Base):
    """One step in the life of a finding; never changed."""

    __tablename__ = "finding_steps"
    __table_args__ = (Index("ix_finding_steps_finding_id_id", "finding_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    finding_id: Mapped[int] = mapped_column(ForeignKey("findings.id"))
    #: raised, answered, refused, closed, escalated, extended.
    step: Mapped[str] = mapped_column(String(10))
    words: Mapped[str] = mapped_column(Text)
    #: The item that proves the mending, where one does.
    proof_item_id: Mapped[int | None] = mapped_column(ForeignKey("items.id"))
    due_on: Mapped[date | None]
    by: Mapped[int | None] = mapped_column(ForeignKey("persons.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
