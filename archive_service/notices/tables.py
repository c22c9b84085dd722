"""What people were told, how they want to be told, and the mails that went out."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from archive_service.db.base import Base, JsonText, UtcDateTime

_UNREAD = text("read_at IS NULL")
_OWED = text("mail_id IS NULL AND way <> 'program'")
_OPEN = text("state IN ('waiting', 'sending')")


class Notice(Base):
    """Something that one person is told once."""

    __tablename__ = "notices"
    __table_args__ = (
        UniqueConstraint("person_id", "once_key"),
        Index("ix_notices_person_id_id", "person_id", "id"),
        Index("ix_notices_mail_id", "mail_id"),
        Index("ix_notices_unread", "person_id", sqlite_where=_UNREAD, postgresql_where=_UNREAD),
        Index("ix_notices_owed", "way", "id", sqlite_where=_OWED, postgresql_where=_OWED),
        CheckConstraint("way in ('program', 'mail', 'digest')", name="way"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("persons.id"))
    #: A code of `kinds.KINDS`.
    kind: Mapped[str] = mapped_column(String(40))
    #: Page of the program that it leads to, with its query.
    address: Mapped[str] = mapped_column(String(300))
    #: What fills the places of its texts, with what is personal hidden.
    values: Mapped[dict[str, str]] = mapped_column(JsonText)
    #: What makes it the same notice: a second one under the same key is none.
    once_key: Mapped[str] = mapped_column(String(120))
    #: How it goes out besides the program, settled when it was written: a value of `kinds.Way`.
    way: Mapped[str] = mapped_column(String(8))
    #: The mail that holds it; none while it is owed one, or gets none.
    mail_id: Mapped[int | None] = mapped_column(ForeignKey("notice_mails.id"))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    read_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class NoticeMail(Base):
    """One mail to one person, and how its sending went."""

    __tablename__ = "notice_mails"
    __table_args__ = (
        # A person gets one digest a day; single mails have no day, and nulls do not collide.
        UniqueConstraint("person_id", "digest_on"),
        Index("ix_notice_mails_open", "next_at", "id", sqlite_where=_OPEN, postgresql_where=_OPEN),
        CheckConstraint("state in ('waiting', 'sending', 'sent', 'failed', 'dropped')", name="state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("persons.id"))
    #: Kind of its notice, or digest.
    kind: Mapped[str] = mapped_column(String(40))
    digest_on: Mapped[date | None]
    state: Mapped[str] = mapped_column(String(10))
    #: Raised before each try; also the fencing token of who tries.
    attempts: Mapped[int]
    #: What the server answered last, and why it was no success.
    status: Mapped[int | None]
    error_code: Mapped[str | None] = mapped_column(String(60))
    #: True when a try may have reached the server without anybody knowing; the mail may then come twice.
    doubtful: Mapped[bool]
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    tried_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    #: When it may be taken up; while it is being sent, when others may think that the sender died.
    next_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class NoticeChoice(Base):
    """How one person wants to be told of one kind, where it is not the usual way."""

    __tablename__ = "notice_choices"
    __table_args__ = (UniqueConstraint("person_id", "kind"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("persons.id"))
    kind: Mapped[str] = mapped_column(String(40))
    way: Mapped[str] = mapped_column(String(8))


class NoticeMark(Base):
    """Up to which day everybody was told what is due; one row."""

    __tablename__ = "notice_marks"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    day: Mapped[date]
