"""The register of requests by the people whom papers speak of."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from archive_service.db.base import Base, UtcDateTime


class SubjectRequest(Base):
    """One request, from the day it came in to its answer."""

    __tablename__ = "subject_requests"
    __table_args__ = (
        UniqueConstraint("number"),
        CheckConstraint("kind in ('copy', 'annotate', 'restrict', 'erase')", name="kind"),
        CheckConstraint("relation in ('self', 'agent')", name="relation"),
        CheckConstraint("state in ('open', 'granted', 'refused', 'withdrawn')", name="state"),
        CheckConstraint("(state = 'open') = (decided_at is null)", name="decided"),
        Index("ix_subject_requests_unit_id_id", "unit_id", "id"),
        Index("ix_subject_requests_household_id", "household_id"),
        Index("ix_subject_requests_state_due_on", "state", "due_on"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    #: What the register calls it, such as GR-CG-2026-0001.
    number: Mapped[str] = mapped_column(String(80))
    household_id: Mapped[int] = mapped_column(ForeignKey("household_files.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    #: Values of `rules.Kind`, `rules.Relation`, `rules.Proof`.
    kind: Mapped[str] = mapped_column(String(10))
    asker: Mapped[str] = mapped_column(String(80))
    relation: Mapped[str] = mapped_column(String(6))
    #: What was seen to know who asks; never the number that stands on it.
    proof: Mapped[str] = mapped_column(String(20))
    proof_note: Mapped[str] = mapped_column(String(200))
    words: Mapped[str] = mapped_column(String(500))
    received_on: Mapped[date]
    #: The working day by which it is answered.
    due_on: Mapped[date]
    state: Mapped[str] = mapped_column(String(10))
    made_by: Mapped[int | None] = mapped_column(ForeignKey("persons.id"))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("persons.id"))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    #: Why it was refused or withdrawn, or what was done.
    reason: Mapped[str] = mapped_column(String(500))
    #: What stands beside the papers from then on, with the kind annotate; the papers stay as they were filed.
    annotation: Mapped[str] = mapped_column(String(500))
    #: The certified copy that was handed over, with the kind copy.
    copy_id: Mapped[int | None] = mapped_column(ForeignKey("certified_copies.id"))
    #: sha256 of the letter that answers it.
    letter_digest: Mapped[str | None] = mapped_column(String(64))


class SubjectItem(Base):
    """A paper that a request names, fixed when it came in."""

    __tablename__ = "subject_items"
    __table_args__ = (
        UniqueConstraint("request_id", "item_id"),
        Index("ix_subject_items_item_id", "item_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    request_id: Mapped[int] = mapped_column(ForeignKey("subject_requests.id"))
    item_id: Mapped[int] = mapped_column(ForeignKey("items.id"))
