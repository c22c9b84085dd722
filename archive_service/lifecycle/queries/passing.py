"""How cases pass: first-pass rate, rounds, receipts in time; summed by the database."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, select
from sqlalchemy.orm import Session

from archive_service.db.local import local_day
from archive_service.households.handed import HandOver
from archive_service.households.tables import CaseFile, HouseholdFile
from archive_service.lifecycle.views import Passing
from archive_service.people.roles import Right
from archive_service.people.tables import Unit
from archive_service.people.viewer import Viewer


def passing(session: Session, viewer: Viewer, *, since: datetime, until: datetime) -> list[Passing]:
    """Return how the hand-overs given from `since` up to, not including, `until` went, by unit code.

    A case passes at the first try when its first hand-over was taken in. Rounds count every hand-over of the cases
    that were taken in at one of these hand-overs.
    """
    answered = HandOver.outcome.is_not(None)
    first, taken = HandOver.round == 1, HandOver.outcome == "accepted"
    late = and_(answered, HandOver.due_on.is_not(None), local_day(HandOver.answered_at) > HandOver.due_on)
    wanted: Any = (
        select(
            Unit.code,
            Unit.name,
            _sum(and_(first, answered)),
            _sum(and_(first, taken)),
            _sum(taken),
            func.sum(case((taken, HandOver.round), else_=0)),
            _sum(answered),
            _sum(late),
        )
        .select_from(HandOver)
        .join(CaseFile, CaseFile.id == HandOver.case_id)
        .join(HouseholdFile, HouseholdFile.id == CaseFile.household_id)
        .join(Unit, Unit.id == HouseholdFile.unit_id)
        .where(HouseholdFile.unit_id.in_(viewer.units(Right.RECORD_READ)))
        .where(HandOver.given_at >= since, HandOver.given_at < until)
        .group_by(Unit.code, Unit.name)
        .order_by(Unit.code)
    )
    return [Passing(row[0], row[1], *(int(one or 0) for one in row[2:])) for row in session.execute(wanted)]


def _sum(condition: ColumnElement[bool]) -> Any:
    return func.sum(case((condition, 1), else_=0))
