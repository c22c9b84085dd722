"""Which kept cases are due to be checked over time, within what the viewer may see."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from archive_service.households import states
from archive_service.households.tables import CaseFile, HouseholdFile
from archive_service.inspection.rules import State
from archive_service.inspection.tables import Finding
from archive_service.people.roles import Right
from archive_service.people.viewer import Viewer
from archive_service.properties.scheme import Moment
from archive_service.properties.tables import PropertyRun

#: The rule under which findings of this check stand, and days after which a case with an open one is checked again.
RULE, FOLLOWED_DAYS = "four-property", 7


@dataclass(frozen=True)
class DueCase:
    """A kept case that is due to be checked; `followed`: a finding of this check is open."""

    application_no: str
    account_no: str
    filed_at: datetime | None
    #: When it was last checked over time; none: never.
    checked_at: datetime | None
    followed: bool


def kept_cases_due(session: Session, *, now: datetime, every_days: int, limit: int) -> list[int]:
    """Return filed cases that are due to be checked over time, those with a finding of it first, then by their filing.

    A case is due when it was neither filed nor checked for so many days, and after `FOLLOWED_DAYS` while a finding of
    this check is open: what was found is looked at again until it is mended.
    """
    wanted = select(CaseFile.id).where(_due(now, every_days))
    return list(session.scalars(wanted.order_by(_followed().desc(), CaseFile.filed_at, CaseFile.id).limit(limit)))


def due_cases(session: Session, viewer: Viewer, *, now: datetime, every_days: int, limit: int) -> list[DueCase]:
    """Return the cases of the viewer's units that are due to be checked over time, in their turn."""
    viewer.require(Right.RECORD_READ)
    mine = PropertyRun.case_id == CaseFile.id
    last = select(func.max(PropertyRun.begun_at)).where(mine, PropertyRun.moment == Moment.LONGTERM.value)
    wanted = (
        select(
            CaseFile.application_no,
            HouseholdFile.account_no,
            CaseFile.filed_at,
            last.scalar_subquery().label("checked_at"),
            _followed().label("followed"),
        )
        .join(HouseholdFile, HouseholdFile.id == CaseFile.household_id)
        .where(HouseholdFile.unit_id.in_(viewer.units(Right.RECORD_READ)), _due(now, every_days))
        .order_by(_followed().desc(), CaseFile.filed_at, CaseFile.id)
    )
    return [DueCase(*row) for row in session.execute(wanted.limit(limit))]


def _due(now: datetime, every_days: int) -> ColumnElement[bool]:
    before, followed = now - timedelta(days=every_days), now - timedelta(days=FOLLOWED_DAYS)

    def checked(since: datetime) -> ColumnElement[bool]:
        return (
            select(PropertyRun.id)
            .where(
                PropertyRun.case_id == CaseFile.id,
                PropertyRun.moment == Moment.LONGTERM.value,
                PropertyRun.begun_at >= since,
            )
            .exists()
        )

    in_turn = and_(CaseFile.filed_at < before, ~checked(before))
    again = and_(_followed(), ~checked(followed))
    return and_(CaseFile.state.in_((states.FILED, states.CLOSED)), or_(in_turn, again))


def _followed() -> ColumnElement[bool]:
    """Say that a finding of this check is open."""
    mine = select(Finding.id).where(
        Finding.case_id == CaseFile.id, Finding.rule == RULE, Finding.state != State.CLOSED.value
    )
    return mine.exists()


def checked_by_itself(session: Session, since: datetime) -> int:
    """Return how many runs over time the archive began by itself since a moment."""
    wanted = select(func.count()).where(
        PropertyRun.moment == Moment.LONGTERM.value, PropertyRun.asked_by.is_(None), PropertyRun.begun_at >= since
    )
    return session.scalar(wanted) or 0
