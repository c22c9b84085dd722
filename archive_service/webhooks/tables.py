"""Who wants to be told what, what they were told, and how far the trail was followed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from archive_service.db.base import Base, JsonText, UtcDateTime


class Webhook(Base):
    """A program wants to be told of events in a unit and everything below it."""

    __tablename__ = "webhooks"

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    address: Mapped[str] = mapped_column(String(500))
    events: Mapped[list[str]] = mapped_column(JsonText)
    #: The secret is made of this and the archive's own key; it is shown once and stored nowhere.
    salt: Mapped[str] = mapped_column(String(64))
    label: Mapped[str] = mapped_column(String(120))
    made_by: Mapped[int | None] = mapped_column(ForeignKey("persons.id"))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class WebhookDelivery(Base):
    """One event to be told to one program, and how that went."""

    __tablename__ = "webhook_deliveries"
    __table_args__ = (UniqueConstraint("webhook_id", "seq", "event"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    webhook_id: Mapped[int] = mapped_column(ForeignKey("webhooks.id"))
    event: Mapped[str] = mapped_column(String(40))
    #: Number of the audit entry that tells of it.
    seq: Mapped[int]
    payload: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(10))  # waiting | delivered | failed
    attempts: Mapped[int]
    #: What the other side answered last, and why it was no success.
    status: Mapped[int | None]
    error_code: Mapped[str | None] = mapped_column(String(60))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    tried_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    next_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class WebhookMark(Base):
    """Up to which audit entry events were told; one row."""

    __tablename__ = "webhook_marks"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seq: Mapped[int]
