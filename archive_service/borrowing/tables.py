"""Requests to borrow, what was decided, readings on screen, papers that are out, and the register of pages read."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from archive_service.db.base import Base, UtcDateTime


class LoanRequest(Base):
    """What one person asked for at once, and why; never altered."""

    __tablename__ = "loan_requests"
    __table_args__ = (Index("ix_loan_requests_asker_id_id", "asker_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    asker_id: Mapped[int] = mapped_column(ForeignKey("persons.id"))
    #: The unit of who asked, then.
    asker_unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    #: Code of the matrix's list, and the reason in the person's words.
    purpose: Mapped[str] = mapped_column(String(24))
    words: Mapped[str] = mapped_column(String(500))
    #: The outside body for which it is asked; empty for the utility's own work.
    on_behalf_of: Mapped[str] = mapped_column(String(120))
    #: The letter in the object store.
    letter_digest: Mapped[str | None] = mapped_column(String(64))
    #: Read at once, to be approved after.
    emergency: Mapped[bool]
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)


class LoanWish(Base):
    """One line of a request: papers of one household file, borrowed in one way."""

    __tablename__ = "loan_wishes"
    __table_args__ = (
        UniqueConstraint("request_id", "place"),
        Index("ix_loan_wishes_unit_id_state_id", "unit_id", "state", "id"),
        CheckConstraint("state in ('asked', 'approved', 'refused', 'withdrawn', 'done')", name="state"),
        CheckConstraint("days > 0", name="days"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    request_id: Mapped[int] = mapped_column(ForeignKey("loan_requests.id"))
    #: From 1.
    place: Mapped[int]
    #: The unit that keeps the file.
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    household_id: Mapped[int] = mapped_column(ForeignKey("household_files.id"))
    #: screen, print, copy or paper, as `matrix.Way`.
    way: Mapped[str] = mapped_column(String(8))
    #: Working days for paper, 24 hours each otherwise.
    days: Mapped[int]
    #: Pages that may be printed.
    prints: Mapped[int]
    #: Personal data is asked for unmasked.
    unmasked: Mapped[bool]
    #: As `rules.State`.
    state: Mapped[str] = mapped_column(String(10))
    #: Edition, rule and level of the matrix that it fell under when it was asked for.
    edition: Mapped[str] = mapped_column(String(20))
    rule: Mapped[str] = mapped_column(String(20))
    level: Mapped[str] = mapped_column(String(20))
    #: None where the holiday table ends before it.
    decide_by: Mapped[date | None]
    #: The place in the queue for its papers; later for whoever was passed over.
    queued_at: Mapped[datetime] = mapped_column(UtcDateTime)


class WishPage(Base):
    """A page that a wish names; for a whole file, each page that it had then."""

    __tablename__ = "loan_wish_pages"
    __table_args__ = (UniqueConstraint("wish_id", "item_id", "page_no"), Index("ix_loan_wish_pages_item_id", "item_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    wish_id: Mapped[int] = mapped_column(ForeignKey("loan_wishes.id"))
    item_id: Mapped[int] = mapped_column(ForeignKey("items.id"))
    page_no: Mapped[int]
    #: None until somebody decides.
    approved: Mapped[bool | None]


class LoanDecision(Base):
    """What was decided about a wish, once; the database lets nobody decide their own."""

    __tablename__ = "loan_decisions"
    __table_args__ = (
        UniqueConstraint("wish_id"),
        CheckConstraint("decided_by is null or decided_by <> asker_id", name="not_own"),
        CheckConstraint("outcome in ('approved', 'partial', 'refused')", name="outcome"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    wish_id: Mapped[int] = mapped_column(ForeignKey("loan_wishes.id"))
    asker_id: Mapped[int] = mapped_column(ForeignKey("persons.id"))
    #: None where the matrix itself says yes.
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("persons.id"))
    #: The person who was stood in for.
    deputy_for: Mapped[int | None] = mapped_column(ForeignKey("persons.id"))
    #: The level at which it was decided.
    level: Mapped[str] = mapped_column(String(20))
    outcome: Mapped[str] = mapped_column(String(10))
    #: Conditions of an approval, the reason of a refusal.
    words: Mapped[str] = mapped_column(Text)
    #: It was read first and decided after.
    after: Mapped[bool]
    decided_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ReadingGrant(Base):
    """A person may read exactly these pages on the screen, from a moment until another."""

    __tablename__ = "reading_grants"
    __table_args__ = (
        Index("ix_reading_grants_person_id_ends_at", "person_id", "ends_at"),
        Index("ix_reading_grants_wish_id", "wish_id"),
        CheckConstraint("ends_at > begins_at", name="ends_later"),
        CheckConstraint("printed <= prints", name="prints"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    wish_id: Mapped[int] = mapped_column(ForeignKey("loan_wishes.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("persons.id"))
    #: The unit in which the person has to hold the right to borrow as long as they read.
    reader_unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    begins_at: Mapped[datetime] = mapped_column(UtcDateTime)
    #: The first moment at which it is over.
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    unmasked: Mapped[bool]
    #: Pages that may be printed, and those that were.
    prints: Mapped[int]
    printed: Mapped[int]
    #: When and why it ended, once somebody or the program saw that; it is over at `ends_at` all the same.
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_why: Mapped[str | None] = mapped_column(String(12))
    ended_by: Mapped[int | None] = mapped_column(ForeignKey("persons.id"))


#: Those that the program looks through every minute are few.
Index(
    "ix_reading_grants_open",
    ReadingGrant.ends_at,
    sqlite_where=text("ended_at IS NULL"),
    postgresql_where=text("ended_at IS NULL"),
)


class GrantPage(Base):
    """A page that a grant opens."""

    __tablename__ = "reading_grant_pages"
    __table_args__ = (UniqueConstraint("grant_id", "item_id", "page_no"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    grant_id: Mapped[int] = mapped_column(ForeignKey("reading_grants.id"))
    item_id: Mapped[int] = mapped_column(ForeignKey("items.id"))
    page_no: Mapped[int]


class PaperLoan(Base):
    """Papers that a person took along, until all of them are back or lost."""

    __tablename__ = "paper_loans"
    __table_args__ = (
        UniqueConstraint("wish_id"),
        Index("ix_paper_loans_holder_id", "holder_id"),
        CheckConstraint("state in ('out', 'returned', 'lost')", name="state"),
        CheckConstraint("handed_out_by <> holder_id", name="two_people"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    wish_id: Mapped[int] = mapped_column(ForeignKey("loan_wishes.id"))
    holder_id: Mapped[int] = mapped_column(ForeignKey("persons.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    handed_out_at: Mapped[datetime] = mapped_column(UtcDateTime)
    handed_out_by: Mapped[int] = mapped_column(ForeignKey("persons.id"))
    #: Pages that both counted, and why they are not those of the records.
    pages_counted: Mapped[int]
    count_note: Mapped[str] = mapped_column(String(500))
    due_on: Mapped[date]
    renewals: Mapped[int]
    recalled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    recalled_by: Mapped[int | None] = mapped_column(ForeignKey("persons.id"))
    state: Mapped[str] = mapped_column(String(10))
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


_OUT = text("state = 'out'")
Index(
    "ix_paper_loans_unit_id_due_on",
    PaperLoan.unit_id,
    PaperLoan.due_on,
    sqlite_where=_OUT,
    postgresql_where=_OUT,
)


class LentPaper(Base):
    """One paper of a loan; the database lets a paper be out once at a time."""

    __tablename__ = "lent_papers"
    __table_args__ = (UniqueConstraint("loan_id", "item_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    loan_id: Mapped[int] = mapped_column(ForeignKey("paper_loans.id"))
    item_id: Mapped[int] = mapped_column(ForeignKey("items.id"))
    pages_out: Mapped[int]
    pages_back: Mapped[int | None]
    #: As `rules.Condition`; none while it is out. What is lost stays out for everybody else.
    condition: Mapped[str | None] = mapped_column(String(10))
    note: Mapped[str] = mapped_column(String(500))
    #: Who looked at it, or wrote down that it is lost.
    seen_by: Mapped[int | None] = mapped_column(ForeignKey("persons.id"))
    back_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


#: One holder of a paper at a time.
Index(
    "uq_lent_papers_out",
    LentPaper.item_id,
    unique=True,
    sqlite_where=text("back_at IS NULL"),
    postgresql_where=text("back_at IS NULL"),
)


class PageReading(Base):
    """A borrowed page was shown or printed; never altered."""

    __tablename__ = "page_readings"
    __table_args__ = (
        Index("ix_page_readings_grant_id_id", "grant_id", "id"),
        Index("ix_page_readings_item_id_at", "item_id", "at"),
        Index("ix_page_readings_person_id_at", "person_id", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    grant_id: Mapped[int] = mapped_column(ForeignKey("reading_grants.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("persons.id"))
    item_id: Mapped[int] = mapped_column(ForeignKey("items.id"))
    page_no: Mapped[int]
    purpose: Mapped[str] = mapped_column(String(24))
    printed: Mapped[bool]
    at: Mapped[datetime] = mapped_column(UtcDateTime)
