"""Review lists with their items, and the tombstones that a disposal leaves."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from archive_service.db.base import Base, UtcDateTime


class DisposalList(Base):
    """A frozen list of items whose retention is over, from the review to the certificate."""

    __tablename__ = "disposal_lists"
    __table_args__ = (
        UniqueConstraint("number"),
        Index("ix_disposal_lists_unit_id_id", "unit_id", "id"),
        CheckConstraint(
            "state in ('open', 'proposed', 'approved', 'planned', 'executing', 'done', 'dropped')", name="state"
        ),
        CheckConstraint("decided_by is null or decided_by <> proposed_by", name="approver"),
        CheckConstraint("first_witness is null or second_witness is null or first_witness <> second_witness",
                        name="two_witnesses"),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    #: The register number, such as XH-ROOT-2026-0003; the counter is the rows themselves.
    number: Mapped[str] = mapped_column(String(80))
    title: Mapped[str] = mapped_column(String(120))
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    #: One of `disposal_rules.State`.
    state: Mapped[str] = mapped_column(String(10))
    #: The day as of which the items were due.
    frozen_on: Mapped[date]
    made_by: Mapped[int | None] = mapped_column(ForeignKey("persons.id"))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    proposed_by: Mapped[int | None] = mapped_column(ForeignKey("persons.id"))
    proposed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    #: sha256 of the appraisal report with the draft register, a PDF in the store.
    report_digest: Mapped[str | None] = mapped_column(String(64))
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("persons.id"))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    #: What the approver said, also when the list was sent back.
    decision_note: Mapped[str] = mapped_column(String(300))
    #: The first day on which it may be executed.
    execute_from: Mapped[date | None]
    #: Who asked for the execution; with it the plan stands, and this is what it says, see `disposal_rules.plan_digest`.
    requested_by: Mapped[int | None] = mapped_column(ForeignKey("persons.id"))
    requested_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    plan_hash: Mapped[str | None] = mapped_column(String(64))
    place: Mapped[str] = mapped_column(String(120))
    first_witness: Mapped[int | None] = mapped_column(ForeignKey("persons.id"))
    first_witnessed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    second_witness: Mapped[int | None] = mapped_column(ForeignKey("persons.id"))
    second_witnessed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    #: The day on which the execution goes on by itself, while the store keeps what it is to take out.
    locked_until: Mapped[date | None]
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    #: Until the end of this day a backup may still hold what was destroyed.
    backups_until: Mapped[date | None]
    #: sha256 of the certificate, a PDF in the store.
    certificate_digest: Mapped[str | None] = mapped_column(String(64))


class DisposalItem(Base):
    """An item of a list as it was when the list was frozen, the opinion on it, and what became of it."""

    __tablename__ = "disposal_items"
    __table_args__ = (
        UniqueConstraint("list_id", "item_id"),
        Index("ix_disposal_items_item_id", "item_id"),
        CheckConstraint("state in ('listed', 'dropped', 'destroyed')", name="state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    list_id: Mapped[int] = mapped_column(ForeignKey("disposal_lists.id"))
    item_id: Mapped[int] = mapped_column(ForeignKey("items.id"))
    household_id: Mapped[int] = mapped_column(ForeignKey("household_files.id"))
    code: Mapped[str] = mapped_column(String(160))
    title: Mapped[str] = mapped_column(String(200))
    document_type: Mapped[str] = mapped_column(String(10))
    document_date: Mapped[date | None]
    filed_on: Mapped[date]
    pages: Mapped[int]
    #: See `disposal_rules.content_hash`: of the originals and pages that the item held.
    content_hash: Mapped[str] = mapped_column(String(64))
    due_on: Mapped[date]
    #: The rule of the schedule that gave the day.
    rule: Mapped[str] = mapped_column(String(200))
    #: destroy, extend or permanent; none while nobody has said.
    opinion: Mapped[str | None] = mapped_column(String(10))
    #: By how many years it is to be kept longer.
    years: Mapped[int | None]
    reason: Mapped[str] = mapped_column(String(200))
    opined_by: Mapped[int | None] = mapped_column(ForeignKey("persons.id"))
    opined_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    #: The plan that two people sign for destroys it; what drops out later was in it all the same.
    in_plan: Mapped[bool]
    #: listed, dropped (with `dropped_why`) or destroyed.
    state: Mapped[str] = mapped_column(String(10))
    dropped_why: Mapped[str] = mapped_column(String(200))


class Tombstone(Base):
    """All that is left of a destroyed item."""

    __tablename__ = "tombstones"
    __table_args__ = (UniqueConstraint("item_id"), Index("ix_tombstones_household_id", "household_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("items.id"))
    household_id: Mapped[int] = mapped_column(ForeignKey("household_files.id"))
    code: Mapped[str] = mapped_column(String(160))
    title: Mapped[str] = mapped_column(String(200))
    document_type: Mapped[str] = mapped_column(String(10))
    document_date: Mapped[date | None]
    filed_on: Mapped[date]
    destroyed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    pages: Mapped[int]
    content_hash: Mapped[str] = mapped_column(String(64))
    register_no: Mapped[str] = mapped_column(String(80))
