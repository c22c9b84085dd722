"""What the steps of borrowing share: entries of the trail, days, papers that a person has overdue."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from archive_service import zone
from archive_service.audit.record import record
from archive_service.borrowing.tables import LoanWish, PaperLoan
from archive_service.errors import NotPermitted
from archive_service.people.viewer import Viewer


def note(session: Session, by: Viewer, wish: LoanWish, *, did: str, now: datetime, **facts: object) -> None:
    """Put a step with a wish on record; what people wrote stays with the wish, for the trail outlives it."""
    record(
        session, by=by.actor, did=did, object_kind="loan", object_id=wish.id, unit_id=wish.unit_id, facts=facts,
        now=now,
    )  # fmt: skip


def person_of(viewer: Viewer) -> int:
    """Return the id of the person who acts. Raises NotPermitted for the program itself, which borrows nothing."""
    if viewer.person_id is None:
        raise NotPermitted("loan.person-only", "借阅只能由本人办理。请用 --as 指明人员，或在网页上办理。")
    return viewer.person_id


def day_of(now: datetime) -> date:
    """Return the day of a moment as the service centres see it."""
    return zone.local(now).date()


def overdue_of(session: Session, person_id: int, today: date) -> int:
    """Return how many loans of paper a person has overdue."""
    wanted = select(func.count()).where(
        PaperLoan.holder_id == person_id, PaperLoan.state == "out", PaperLoan.due_on < today
    )
    return session.scalar(wanted) or 0
