"""What is due and overdue, told once each working day to everybody who can do something about it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from archive_service import logs, workdays, zone
from archive_service.borrowing.notify import remind_deciders, send_letters
from archive_service.db.session import Database
from archive_service.holds.notify import tell_reviews
from archive_service.households import queries as households
from archive_service.households.tables import CaseFile, HouseholdFile
from archive_service.inspection.rules import State
from archive_service.inspection.tables import Finding
from archive_service.lifecycle.tables import CaseReturn
from archive_service.notices.actions import tell
from archive_service.notices.tables import NoticeMark
from archive_service.people.queries import viewer_for
from archive_service.people.roles import Right, Role
from archive_service.people.tables import Person, RoleGrant
from archive_service.people.viewer import Viewer
from archive_service.subjects.notify import tell_answers

log = logs.get("due-work")
#: Local time of day from which on people are told: before they begin to work, and before the usual digest.
EARLIEST_HOUR = 6
#: How long one look may keep the rest of the upkeep waiting, and between two looks, in seconds.
SPELL_S, ROUND_S = 2.0, 60.0
_WEEK = timedelta(days=7)
_ROLES = (Role.ARCHIVIST.value, Role.UNIT_HEAD.value, Role.STAFF.value)


@dataclass
class DueWork:
    """Tells people what is due; called between rounds it does nothing."""

    database: Database
    now: Callable[[], datetime]
    _next: float = 0.0
    #: Day that is being told, and the person behind whom it goes on.
    _day: date | None = None
    _after: int = 0

    def run_once(self) -> None:
        """Tell some people what is due today; raises OperationalError when the database is away."""
        began = time.monotonic()
        if began < self._next:
            return
        self._next = began + ROUND_S
        today = zone.local(self.now()).date()
        if not self._to_tell(today):
            return
        if self._day != today:
            self._day, self._after = today, 0
        while self._some(today):
            if time.monotonic() - began > SPELL_S:
                # The rest goes on at the next look of the upkeep.
                self._next = 0.0
                return

    def _to_tell(self, today: date) -> bool:
        if zone.local(self.now()).hour < EARLIEST_HOUR or not workdays.is_working_day(today):
            return False
        with self.database.reading() as session:
            mark = session.get(NoticeMark, 1)
        return mark is None or mark.day < today

    def _some(self, today: date) -> bool:
        """Tell the next person; say whether there may be more."""
        with self.database.unit_of_work() as session:
            wanted = select(RoleGrant.person_id).join(Person, Person.id == RoleGrant.person_id)
            wanted = wanted.where(RoleGrant.person_id > self._after, RoleGrant.role.in_(_ROLES), Person.active)
            person_id = session.scalar(wanted.order_by(RoleGrant.person_id).limit(1))
            if person_id is None:
                send_letters(session, today, now=self.now())
                remind_deciders(session, today, now=self.now())
                # Everybody was told; after a crash before this line they are asked again, and told nothing twice.
                mark = session.get(NoticeMark, 1) or NoticeMark(id=1, day=today)
                mark.day = today
                session.add(mark)
                return False
            tell_due(session, person_id, today=today, now=self.now())
            tell_reviews(session, person_id, today=today, now=self.now())
            tell_answers(session, person_id, today=today, now=self.now())
        self._after = person_id
        return True


def tell_due(session: Session, person_id: int, *, today: date, now: datetime) -> bool:
    """Tell a person what is due and overdue in their units; say whether there was anything."""
    viewer = viewer_for(session, person_id, now=now)
    if viewer is None:
        return False
    counts = due_counts(session, viewer, today)
    if not any(counts[name] for name in ("overdue", "today", "returned", "findings")):
        return False
    return tell(
        session,
        to=person_id,
        kind="work-due",
        address="/",
        values=counts,
        once_key=f"work-due:{today.isoformat()}",
        now=now,
    )


def due_counts(session: Session, viewer: Viewer, today: date) -> dict[str, int]:
    """Return how much is due and overdue for a person: what the reminder, the returns and the findings say."""
    files = viewer.may(Right.SCAN_REVIEW) or Role.UNIT_HEAD in viewer.roles
    days = households.due_days(session, viewer) if files else {}
    return {
        "overdue": sum(cases for day, cases in days.items() if day < today),
        "today": days.get(today, 0),
        "week": sum(cases for day, cases in days.items() if today <= day <= today + _WEEK),
        "returned": _returned(session, viewer, today),
        "findings": _findings(session, viewer, today),
    }


def _returned(session: Session, viewer: Viewer, today: date) -> int:
    late = (
        select(func.count())
        .select_from(CaseReturn)
        .join(CaseFile, CaseFile.id == CaseReturn.case_id)
        .join(HouseholdFile, HouseholdFile.id == CaseFile.household_id)
        .where(CaseReturn.mended_at.is_(None), CaseReturn.due_on < today)
        .where(HouseholdFile.unit_id.in_(viewer.units(Right.CASE_HAND_OVER)))
    )
    return session.scalar(late) or 0


def _findings(session: Session, viewer: Viewer, today: date) -> int:
    late = select(func.count()).where(
        Finding.unit_id.in_(viewer.units(Right.FINDING_ANSWER)),
        Finding.state.in_((State.OPEN.value, State.ESCALATED.value)),
        Finding.due_on < today,
    )
    return session.scalar(late) or 0
