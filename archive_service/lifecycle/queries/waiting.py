"""What waits: hand-overs to be received, the oldest first; returns to be mended, the soonest due first."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import date
from typing import Any

from sqlalchemy import Select, func, select, tuple_
from sqlalchemy.orm import Session

from archive_service.errors import Invalid
from archive_service.households.handed import HandOver
from archive_service.households.tables import CaseFile, HouseholdFile
from archive_service.lifecycle.tables import CaseReturn, HandOverPaper
from archive_service.lifecycle.views import WaitingList, WaitingRow
from archive_service.people.roles import Right
from archive_service.people.tables import Person, Unit
from archive_service.people.viewer import Viewer

#: Counting further would read all of it for a number that nobody reads to the last digit.
COUNTED = 1000
_MOST = 200
_PAPERS = select(func.count()).where(HandOverPaper.hand_over_id == HandOver.id).correlate(HandOver).scalar_subquery()
_HEAD = (
    CaseFile.application_no,
    HouseholdFile.account_no,
    HouseholdFile.account_name,
    Unit.name.label("unit_name"),
    CaseFile.customer_category,
    CaseFile.business_type,
    HandOver.round,
    Person.name.label("by"),
    _PAPERS.label("papers"),
)


def to_receive(session: Session, viewer: Viewer, *, after: str | None = None, limit: int = 50) -> WaitingList:
    """Return the hand-overs that the viewer may receive, the longest waiting first."""
    limit = max(1, min(limit, _MOST))
    waiting = HandOver.outcome.is_(None)
    columns = (HandOver.id, HandOver.given_at.label("at"), HandOver.due_on, *_HEAD)
    found = _of_cases(select(*columns).select_from(HandOver), HandOver.giver_id, viewer.units(Right.CASE_RECEIVE))
    found = found.where(waiting)
    total, more = _count(session, found)
    if after:
        found = found.where(HandOver.id > _number(after))
    rows = session.execute(found.order_by(HandOver.id).limit(limit + 1)).all()
    following = str(rows[limit - 1].id) if len(rows) > limit else None
    return WaitingList([_row(one) for one in rows[:limit]], following, total, more)


def owed(session: Session, viewer: Viewer, *, after: str | None = None, limit: int = 50) -> WaitingList:
    """Return what was sent back and is not handed over again yet, the soonest due first."""
    limit = max(1, min(limit, _MOST))
    columns = (CaseReturn.id, CaseReturn.at, CaseReturn.due_on, CaseReturn.stage, CaseReturn.reasons, *_HEAD)
    base = select(*columns).select_from(CaseReturn).join(HandOver, HandOver.id == CaseReturn.hand_over_id)
    found = _of_cases(base, CaseReturn.by, viewer.units(Right.RECORD_READ)).where(CaseReturn.mended_at.is_(None))
    total, more = _count(session, found)
    if after:
        found = found.where(tuple_(CaseReturn.due_on, CaseReturn.id) > tuple_(*_place(after)))
    rows = session.execute(found.order_by(CaseReturn.due_on, CaseReturn.id).limit(limit + 1)).all()
    last = rows[limit - 1] if len(rows) > limit else None
    following = f"{last.due_on.isoformat()}:{last.id}" if last else None
    return WaitingList([_row(one) for one in rows[:limit]], following, total, more)


def _of_cases(found: Select[Any], person: Any, units: Collection[int]) -> Select[Any]:
    return (
        found.join(CaseFile, CaseFile.id == HandOver.case_id)
        .join(HouseholdFile, HouseholdFile.id == CaseFile.household_id)
        .join(Unit, Unit.id == HouseholdFile.unit_id)
        .outerjoin(Person, Person.id == person)
        .where(HouseholdFile.unit_id.in_(units))
    )


def _count(session: Session, found: Select[Any]) -> tuple[int, bool]:
    few = found.with_only_columns(HandOver.id).limit(COUNTED + 1)
    count = session.scalar(select(func.count()).select_from(few.subquery())) or 0
    return min(count, COUNTED), count > COUNTED


def _row(one: Any) -> WaitingRow:
    return WaitingRow(
        id=one.id,
        application_no=one.application_no,
        account_no=one.account_no,
        account_name=one.account_name,
        unit_name=one.unit_name,
        customer_category=one.customer_category,
        business_type=one.business_type,
        round=one.round,
        by=one.by,
        at=one.at,
        due_on=one.due_on,
        papers=one.papers,
        stage=getattr(one, "stage", None),
        reasons=tuple(getattr(one, "reasons", ())),
    )


def _number(after: str) -> int:
    if not re.fullmatch(r"\d{1,18}", after, re.ASCII):
        raise _bad()
    return int(after)


def _place(after: str) -> tuple[date, int]:
    match = re.fullmatch(r"(\d{4}-\d{2}-\d{2}):(\d{1,18})", after, re.ASCII)
    try:
        if match is None:
            raise ValueError(after)
        return date.fromisoformat(match[1]), int(match[2])
    except ValueError:
        raise _bad() from None


def _bad() -> Invalid:
    return Invalid("list.cursor", "翻页位置不对。请回到第一页再翻。")
