"""Steps of cases, their hand-overs with the lists of papers, and what was sent back with which pages marked."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from archive_service.db.base import Base, JsonText, UtcDateTime


class CaseStep(Base):
    """One step of a case from a state to another; never altered."""

    __tablename__ = "case_steps"
    __table_args__ = (UniqueConstraint("case_id", "seq"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case_files.id"))
    #: From 1, without gaps: two people at once cannot both take the next one.
    seq: Mapped[int]
    #: A verb of `rules.TRANSITIONS`.
    verb: Mapped[str] = mapped_column(String(12))
    from_state: Mapped[str] = mapped_column(String(12))
    to_state: Mapped[str] = mapped_column(String(12))
    #: None for the program itself.
    by: Mapped[int | None] = mapped_column(ForeignKey("persons.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    note: Mapped[str] = mapped_column(String(500))


class ArchiveSeries(Base):
    """The counter of a series of archive codes; whoever takes a number holds it until their transaction ends."""

    __tablename__ = "archive_series"

    series: Mapped[str] = mapped_column(String(120), primary_key=True)
    #: The last number that was given.
    last: Mapped[int]


class CodePattern(Base):
    """How a unit, and those below it without a pattern of their own, write archive codes from now on."""

    __tablename__ = "archive_code_patterns"
    __table_args__ = (UniqueConstraint("unit_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    pattern: Mapped[str] = mapped_column(String(80))
    set_by: Mapped[int | None] = mapped_column(ForeignKey("persons.id"))
    set_at: Mapped[datetime] = mapped_column(UtcDateTime)


class HandOverPaper(Base):
    """A paper on the list of a hand-over, as it was called then."""

    __tablename__ = "hand_over_papers"
    __table_args__ = (UniqueConstraint("hand_over_id", "place"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    hand_over_id: Mapped[int] = mapped_column(ForeignKey("hand_overs.id"))
    #: From 1.
    place: Mapped[int]
    item_id: Mapped[int] = mapped_column(ForeignKey("items.id"))
    item_no: Mapped[int]
    document_type: Mapped[str] = mapped_column(String(10))
    page_count: Mapped[int]


class CaseReturn(Base):
    """A hand-over sent back to the stage that owes something (退回补正)."""

    __tablename__ = "case_returns"
    __table_args__ = (
        UniqueConstraint("hand_over_id"),
        Index("ix_case_returns_case_id", "case_id"),
        Index("ix_case_returns_at", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case_files.id"))
    hand_over_id: Mapped[int] = mapped_column(ForeignKey("hand_overs.id"))
    #: Code of the stage that has to mend it.
    stage: Mapped[str] = mapped_column(String(12))
    #: Codes of `rules.REASONS`.
    reasons: Mapped[list[str]] = mapped_column(JsonText)
    note: Mapped[str] = mapped_column(String(500))
    due_on: Mapped[date]
    by: Mapped[int | None] = mapped_column(ForeignKey("persons.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    #: When it was handed over again.
    mended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


Index(
    "ix_case_returns_owed",
    CaseReturn.due_on,
    CaseReturn.id,
    sqlite_where=text("mended_at IS NULL"),
    postgresql_where=text("mended_at IS NULL"),
)


class ClockPause(Base):
    """Days on which the clocks of a case stand still because the customer owes papers; both included."""

    __tablename__ = "clock_pauses"
    __table_args__ = (Index("ix_clock_pauses_case_id", "case_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case_files.id"))
    first_on: Mapped[date]
    #: None while it lasts.
    last_on: Mapped[date | None]
    reason: Mapped[str] = mapped_column(String(500))
    begun_by: Mapped[int | None] = mapped_column(ForeignKey("persons.id"))
    begun_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_by: Mapped[int | None] = mapped_column(ForeignKey("persons.id"))


#: A case pauses once at a time.
Index(
    "uq_clock_pauses_lasting",
    ClockPause.case_id,
    unique=True,
    sqlite_where=text("last_on IS NULL"),
    postgresql_where=text("last_on IS NULL"),
)


class ClosedFile(Base):
    """The file of a closed account in the series of closed files; opening it again keeps the row and its number."""

    __tablename__ = "closed_files"
    __table_args__ = (UniqueConstraint("number"), Index("ix_closed_files_household_id", "household_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    household_id: Mapped[int] = mapped_column(ForeignKey("household_files.id"))
    #: Its place in the series of its unit and year, such as ROOT-XHD-2026-00003; never given again.
    number: Mapped[str] = mapped_column(String(120))
    #: The clocks of retention start on this day.
    closed_on: Mapped[date]
    closed_by: Mapped[int | None] = mapped_column(ForeignKey("persons.id"))
    #: None while it is closed.
    reopened_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reopened_by: Mapped[int | None] = mapped_column(ForeignKey("persons.id"))
    reopen_reason: Mapped[str] = mapped_column(String(500))


#: A file is closed once at a time.
Index(
    "uq_closed_files_lasting",
    ClosedFile.household_id,
    unique=True,
    sqlite_where=text("reopened_at IS NULL"),
    postgresql_where=text("reopened_at IS NULL"),
)


class ReturnMark(Base):
    """A page that a return is about."""

    __tablename__ = "return_marks"
    __table_args__ = (Index("ix_return_marks_return_id", "return_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    return_id: Mapped[int] = mapped_column(ForeignKey("case_returns.id"))
    item_id: Mapped[int] = mapped_column(ForeignKey("items.id"))
    #: None for the whole paper.
    page_no: Mapped[int | None]
