"""Telling who keeps holds that the day on which one was to be looked at again has passed."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive_service.holds.tables import Hold
from archive_service.notices.actions import tell
from archive_service.people.queries import viewer_for
from archive_service.people.roles import Right

#: Holds of which one person is told in one look; the rest stands in the list.
_MOST = 50


def tell_reviews(session: Session, person_id: int, *, today: date, now: datetime) -> int:
    """Tell a person of holds of their units that are past their review day, of each once; return of how many.

    A review that was put off to another day, and missed again, is told again.
    """
    viewer = viewer_for(session, person_id, now=now)
    if viewer is None or not viewer.may(Right.HOLD_KEEP):
        return 0
    late = (
        select(Hold)
        .where(Hold.unit_id.in_(viewer.units(Right.HOLD_KEEP)), Hold.released_at.is_(None), Hold.review_on < today)
        .order_by(Hold.review_on.desc(), Hold.id.desc())
        .limit(_MOST)
    )
    return sum(
        tell(
            session,
            to=person_id,
            kind="hold-review",
            address=f"/holds/{one.id}",
            values={"number": str(one.id), "due_on": one.review_on.isoformat()},
            once_key=f"hold-review:{one.id}:{one.review_on.isoformat()}",
            now=now,
        )
        for one in session.scalars(late).all()
    )
