"""Checks and exports of the audit trail that somebody asked for, and what came of them."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from archive_service.db.base import Base, JsonText, UtcDateTime


class AuditRun(Base):
    """A check of the whole trail, or an export of a part of it."""

    __tablename__ = "audit_runs"
    __table_args__ = (
        CheckConstraint("kind in ('check', 'export')", name="kind"),
        CheckConstraint("state in ('asked', 'done')", name="state"),
        Index("ix_audit_runs_kind_id", "kind", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(8))
    state: Mapped[str] = mapped_column(String(8), default="asked")
    #: The unit whose auditors may take the export along; none: those of all units.
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"))
    #: What was chosen; none of these: the whole trail.
    account_no: Mapped[str | None] = mapped_column(String(20))
    sample_id: Mapped[int | None] = mapped_column(ForeignKey("samples.id"))
    first_day: Mapped[date | None]
    last_day: Mapped[date | None]
    asked_by: Mapped[int | None] = mapped_column(ForeignKey("persons.id"))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    #: How many entries were looked at or taken out, and how many lie under the newest checkpoint of it.
    entries: Mapped[int] = mapped_column(default=0)
    covered: Mapped[int] = mapped_column(default=0)
    #: What does not hold: how much, and the first of it as [number, reason].
    finding_count: Mapped[int] = mapped_column(default=0)
    findings: Mapped[list[list[int | str]]] = mapped_column(JsonText, default=list)
    #: The bundle as one file in the store, once it is made, and the fingerprint of the key that signed.
    digest: Mapped[str | None] = mapped_column(String(64))
    size_bytes: Mapped[int] = mapped_column(default=0)
    key: Mapped[str] = mapped_column(String(64), default="")
