"""Letters about papers that are due or overdue: who is to get which today. Nobody is told here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive_service.borrowing import rules
from archive_service.borrowing.tables import PaperLoan


@dataclass(frozen=True)
class Letter:
    """A letter of a day about a loan of paper."""

    loan_id: int
    holder_id: int
    #: The unit that keeps the papers.
    unit_id: int
    due_on: date
    #: Days after the due day; -1 is the day before.
    days: int
    #: The head of the holder's unit gets it too.
    to_superior: bool


def letters_of(session: Session, today: date) -> list[Letter]:
    """Return the letters of a day, the longest overdue first: the day before, 1 and 3 days after, then every week."""
    out = select(PaperLoan).where(PaperLoan.state == "out").order_by(PaperLoan.due_on, PaperLoan.id)
    found = [(one, rules.reminder(one.due_on, today)) for one in session.scalars(out)]
    return [
        Letter(one.id, one.holder_id, one.unit_id, one.due_on, told.days, told.to_superior)
        for one, told in found
        if told is not None
    ]
