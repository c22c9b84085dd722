"""The day's reminder of what is due for filing: on every page but the first, until the person has seen it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from archive_service.households import queries as households
from archive_service.notebook import queries as notebook
from archive_service.notebook.rules import Kind
from archive_service.people.roles import Right, Role

if TYPE_CHECKING:
    from archive_service.web.visit import Visit

#: Name under which a person's notepad holds the day on which they last saw it.
DUE = "due"
_WEEK = timedelta(days=7)
#: Pages that take the whole screen for a scan.
_WHOLE_SCREEN = ("/review", "/items/")


@dataclass(frozen=True)
class Reminder:
    """How many cases still to be filed are past their deadline, due today, and due within a week with today."""

    overdue: int
    today: int
    week: int


def due(visit: Visit) -> Reminder | None:
    """Return what to remind this person of; none for who files nothing, saw it today, or stands before the figures."""
    viewer, today = visit.viewer, visit.today
    files = viewer.may(Right.SCAN_REVIEW) or (Role.UNIT_HEAD in viewer.roles and viewer.may(Right.RECORD_READ))
    path = visit.request.url.path
    if not files or path == "/" or path.startswith(_WHOLE_SCREEN):
        return None
    with visit.services.database.reading() as session:
        if notebook.content_of(session, viewer, Kind.REMINDED, DUE) == today.isoformat():
            return None
        days = households.due_days(session, viewer)
    found = counted(days, today)
    return found if found.overdue or found.week else None


def counted(days: Mapping[date, int], today: date) -> Reminder:
    """Return how many of the cases that are due on these days are past, due today, and due within a week."""
    return Reminder(
        overdue=sum(cases for day, cases in days.items() if day < today),
        today=days.get(today, 0),
        week=sum(cases for day, cases in days.items() if today <= day <= today + _WEEK),
    )
