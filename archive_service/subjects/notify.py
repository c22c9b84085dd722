"""Telling who answers requests that the day to answer one by is near, or has passed."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy.orm import Session

from archive_service.notices.actions import tell
from archive_service.people.queries import viewer_for
from archive_service.people.roles import Right
from archive_service.subjects import queries
from archive_service.subjects.tables import SubjectRequest

#: Requests of which one person is told in one look; the rest stands in the list.
_MOST = 50
#: What is late is told anew after so many days: the law gives the day, and nobody else watches it.
_AGAIN_DAYS = 7


def tell_answers(session: Session, person_id: int, *, today: date, now: datetime) -> int:
    """Tell a person of requests of their units that are to be answered soon or late; return of how many.

    Of each they are told once when its day is near, once when it has passed, and then every week until it is answered.
    """
    viewer = viewer_for(session, person_id, now=now)
    if viewer is None or not viewer.may(Right.SUBJECT_KEEP):
        return 0
    waiting = queries.waiting(session, viewer, today=today, limit=_MOST)
    return sum(_tell(session, person_id, one, today=today, now=now) for one in waiting)


def _tell(session: Session, person_id: int, one: SubjectRequest, *, today: date, now: datetime) -> bool:
    late = (today - one.due_on).days
    kind = "subject-late" if late > 0 else "subject-due"
    week = f":{(late - 1) // _AGAIN_DAYS}" if late > 0 else ""
    return tell(
        session,
        to=person_id,
        kind=kind,
        address=f"/subjects/{one.id}",
        values={"number": one.number, "due_on": one.due_on.isoformat()},
        once_key=f"{kind}:{one.id}:{one.due_on.isoformat()}{week}",
        now=now,
    )
