"""Jobs: rows that say what work is owed. The row is the truth; a message is only a nudge."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from archive_service.db.base import Base, UtcDateTime

_IS_OPEN = text("state in ('queued', 'running')")


class Job(Base):
    """One piece of work, inserted in the transaction that made it necessary."""

    __tablename__ = "jobs"
    __table_args__ = (
        Index("ix_jobs_state_queue_not_before_id", "state", "queue", "not_before", "id"),
        Index("ix_jobs_kind_subject", "kind", "subject"),
        Index("ix_jobs_state_lease_until", "state", "lease_until"),
        # Claims take the oldest open job; without this PostgreSQL may look for it among millions that are done.
        Index("ix_jobs_id_open", "id", sqlite_where=_IS_OPEN, postgresql_where=_IS_OPEN),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    #: What the job is about, for example a scan's id.
    subject: Mapped[str] = mapped_column(String(80))
    #: Cost class: light, read, index or upkeep.
    queue: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(10), default="queued")  # queued | running | done | failed | cancelled
    #: Raised at each claim, before work begins; also the fencing token.
    attempt: Mapped[int] = mapped_column(default=0)
    max_attempts: Mapped[int] = mapped_column(default=3)
    #: When it may be taken up; once it was, when that happened.
    not_before: Mapped[datetime] = mapped_column(UtcDateTime)
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    #: Process that holds the lease, as host:pid:start.
    worker: Mapped[str | None] = mapped_column(String(120))
    done_units: Mapped[int] = mapped_column(default=0)
    total_units: Mapped[int] = mapped_column(default=0)
    error_code: Mapped[str | None] = mapped_column(String(60))
    #: For the operator's log page only, never shown to others.
    error_detail: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
