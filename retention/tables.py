"""When what is kept may be appraised, by which rule; schedules that people draft; what a schedule would change."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from archive_service.db.base import Base, UtcDateTime
from archive_service.editions.columns import Look, Weighed

_HOLDS = text("taken_back_at IS NULL")


class RetentionDue(Base):
    """How long an item is kept, as it was last reckoned."""

    __tablename__ = "retention_dues"
    __table_args__ = (
        UniqueConstraint("item_id"),
        CheckConstraint("outcome in ('date', 'waiting', 'unknown', 'permanent')", name="outcome"),
        CheckConstraint("(outcome = 'date') = (due_on is not null)", name="due_on"),
        Index("ix_retention_dues_household_id", "household_id"),
        Index("ix_retention_dues_outcome_due_on_id", "outcome", "due_on", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("items.id"))
    household_id: Mapped[int] = mapped_column(ForeignKey("household_files.id"))
    #: date; waiting: the clock has not started; unknown: the day on which it starts is missing or makes no sense;
    #: permanent. Only with `date` may the item ever be appraised, from `due_on`.
    outcome: Mapped[str] = mapped_column(String(10))
    due_on: Mapped[date | None]
    #: The day on which the clock started.
    starts_on: Mapped[date | None]
    #: Code of the rule that gave it, and of the edition of the schedule.
    rule: Mapped[str] = mapped_column(String(40))
    edition: Mapped[str] = mapped_column(String(40))
    #: The rule in words, and why it was this one.
    reason: Mapped[str] = mapped_column(String(300))


class RetentionReckoned(Base):
    """At which revision of a household its dues were last reckoned; another revision, and they are owed."""

    __tablename__ = "retention_reckoned"

    household_id: Mapped[int] = mapped_column(ForeignKey("household_files.id"), primary_key=True, autoincrement=False)
    revision: Mapped[int]
    edition: Mapped[str] = mapped_column(String(40))
    #: By which day it was reckoned: what lay in the future then may have come.
    reckoned_on: Mapped[date]


class LockMark(Base):
    """By what the locks of a household's objects were last set; anything else now, and they are owed."""

    __tablename__ = "lock_marks"

    household_id: Mapped[int] = mapped_column(ForeignKey("household_files.id"), primary_key=True, autoincrement=False)
    #: As `RetentionReckoned` had them.
    revision: Mapped[int]
    edition: Mapped[str] = mapped_column(String(40))
    reckoned_on: Mapped[date]
    #: How often something of the household was put under a hold or let go; it only grows.
    holds: Mapped[int]
    #: The local day; another one, and they are looked at again.
    done_on: Mapped[date]


class PaperLockMark(Base):
    """By what the locks of the archive's own papers of a kind were last set; anything else now, and they are owed."""

    __tablename__ = "paper_lock_marks"

    kind: Mapped[str] = mapped_column(String(24), primary_key=True)
    #: What the rule of the kind said, in short.
    rule: Mapped[str] = mapped_column(String(16))
    #: How many papers there were.
    papers: Mapped[int]
    #: The local day; another one, and they are looked at again.
    done_on: Mapped[date]


class RetentionFact(Base):
    """Something from which a clock counts, said by a person: a paper was superseded, or its contract has ended."""

    __tablename__ = "retention_facts"
    __table_args__ = (
        CheckConstraint("kind in ('superseded', 'contract_ended')", name="kind"),
        CheckConstraint("by_item_id is null or by_item_id <> item_id", name="another"),
        Index("uq_retention_facts_holds", "item_id", "kind", unique=True, sqlite_where=_HOLDS, postgresql_where=_HOLDS),
        Index("ix_retention_facts_household_id", "household_id"),
        Index("ix_retention_facts_by_item_id", "by_item_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("items.id"))
    household_id: Mapped[int] = mapped_column(ForeignKey("household_files.id"))
    kind: Mapped[str] = mapped_column(String(16))
    #: The day on which it happened.
    happened_on: Mapped[date]
    #: The paper that took its place, where there is one.
    by_item_id: Mapped[int | None] = mapped_column(ForeignKey("items.id"))
    reason: Mapped[str] = mapped_column(String(300))
    said_by: Mapped[int | None] = mapped_column(ForeignKey("persons.id"))
    said_at: Mapped[datetime] = mapped_column(UtcDateTime)
    taken_back_by: Mapped[int | None] = mapped_column(ForeignKey("persons.id"))
    #: None while it holds.
    taken_back_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class RetentionDraft(Weighed):
    """An edition of the schedule as somebody writes it; once released, its text is what is reckoned by."""

    __tablename__ = "retention_drafts"
    __table_args__ = (
        UniqueConstraint("code"),
        CheckConstraint("state in ('draft', 'released', 'dropped')", name="state"),
        CheckConstraint("decided_by is null or decided_by <> changed_by", name="another"),
    )


class RetentionRun(Look):
    """All dues reckoned by a draft: to see what it would change, or after its release to change it."""

    __tablename__ = "retention_runs"
    __table_args__ = (
        Index("ix_retention_runs_draft_id", "draft_id"),
        CheckConstraint("purpose in ('preview', 'apply')", name="purpose"),
        CheckConstraint("state in ('running', 'done', 'failed')", name="state"),
    )

    draft_id: Mapped[int] = mapped_column(ForeignKey("retention_drafts.id"))
    #: Households up to this one are done, of those up to `last_id`.
    next_id: Mapped[int]
    last_id: Mapped[int]
    #: Items looked at, and of them those that come due earlier, later, or by another rule on the same day.
    items: Mapped[int]
    earlier: Mapped[int]
    later: Mapped[int]
    other: Mapped[int]


class RetentionChange(Base):
    """An item whose due day a run found earlier or later."""

    __tablename__ = "retention_changes"
    __table_args__ = (
        UniqueConstraint("run_id", "item_id"),
        Index("ix_retention_changes_run_id_effect_id", "run_id", "effect", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("retention_runs.id"))
    item_id: Mapped[int] = mapped_column(ForeignKey("items.id"))
    #: earlier or later.
    effect: Mapped[str] = mapped_column(String(10))
    was: Mapped[str] = mapped_column(String(80))
    becomes: Mapped[str] = mapped_column(String(80))
