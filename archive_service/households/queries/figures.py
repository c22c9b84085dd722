"""Kept figures as they are asked for: added up by unit, category, business type or month, within a viewer's units."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from sqlalchemy import ColumnElement, and_, case, exists, func, select
from sqlalchemy.orm import Session

from archive_service import masking
from archive_service.households.counted import CaseCount, CaseFigure, CaseHit
from archive_service.households.counting import PAST
from archive_service.households.measures import MEASURES
from archive_service.households.tables import CaseFile, HouseholdFile
from archive_service.households.views import Rate
from archive_service.people.queries import unit_by_code, units_below
from archive_service.people.roles import Right
from archive_service.people.tables import Unit
from archive_service.people.viewer import Viewer

Dimension = Literal["unit", "category", "business", "month"]
_COLUMNS = {
    "unit": CaseFigure.unit_id,
    "category": CaseFigure.customer_category,
    "business": CaseFigure.business_type,
    "month": CaseFigure.month,
}
#: Beside the measures: cases that wait for being filed although their deadline is past.
OVERDUE = "overdue"


@dataclass(frozen=True)
class FigureFilters:
    """Which cases are added up; every filter given must hold. Months as 2026-11, both included."""

    centre: str | None = None
    category: str | None = None
    business: str | None = None
    since: str | None = None
    until: str | None = None


@dataclass(frozen=True)
class Total:
    """The sums of one value of a dimension; the key of units is their code."""

    key: str
    name: str
    sums: Mapping[str, int]


@dataclass(frozen=True)
class HitRow:
    """A case that breaks a rule, with the places where that is seen."""

    case_id: int
    rule: str
    message: str
    evidence: tuple[Mapping[str, Any], ...]
    application_no: str
    account_no: str
    account_name: str
    unit_name: str
    business_type: str
    customer_category: str


def totals(
    session: Session, viewer: Viewer, *, by: Dimension, filters: FigureFilters | None = None, today: date
) -> list[Total]:
    """Return the sums of the viewer's cases by one dimension, in the order of its keys; months run forward.

    Cases that are not energised have no month: they stand under an empty key, and drop out when months are asked for.
    """
    column = _COLUMNS[by]
    wanted = select(column, *_sums(today)).where(*_conditions(session, viewer, filters or FigureFilters()))
    rows = session.execute(wanted.group_by(column)).all()
    named = _named_units(session, [row[0] for row in rows]) if by == "unit" else {}
    names = [*MEASURES, OVERDUE]
    found = [
        Total(*named.get(row[0], (str(row[0]), str(row[0]))), dict(zip(names, map(int, row[1:]), strict=True)))
        for row in rows
    ]
    return sorted((one for one in found if one.sums["cases"]), key=lambda one: one.key)


def added(totals: Sequence[Total]) -> dict[str, int]:
    """Return the sum of sums."""
    return {name: sum(one.sums[name] for one in totals) for name in (*MEASURES, OVERDUE)}


def rates(session: Session, viewer: Viewer, *, since: date | None = None, today: date) -> list[Rate]:
    """Return how complete and how timely the cases of each centre are, by month of energisation, newest month first.

    With `since` only months from that of this day on; without it cases that are not energised count too. A case is
    judged for time once it is filed or its deadline is past.
    """
    filters = FigureFilters(since=f"{since:%Y-%m}" if since else None)
    wanted = select(CaseFigure.unit_id, CaseFigure.month, *_sums(today)).where(*_conditions(session, viewer, filters))
    rows = session.execute(wanted.group_by(CaseFigure.unit_id, CaseFigure.month)).all()
    named = _named_units(session, [row.unit_id for row in rows])
    found = [
        Rate(
            row.unit_id, *named[row.unit_id], row.month or None, int(row.cases), int(row.complete_cases), int(row.due),
            int(row.satisfied), int(row.on_time + row.late + row.overdue), int(row.on_time), int(row.not_assessable),
        )
        for row in rows
        if row.cases
    ]  # fmt: skip
    by_unit = sorted(found, key=lambda rate: rate.unit_code)
    return sorted(by_unit, key=lambda rate: rate.month or "", reverse=True)


def due_days(session: Session, viewer: Viewer) -> dict[date, int]:
    """Return how many cases still to be filed are due on each day; long past days may stand together on the first."""
    waiting = func.sum(CaseFigure.cases)
    wanted = select(CaseFigure.due_on, waiting).where(
        CaseFigure.unit_id.in_(viewer.units(Right.RECORD_READ)), CaseFigure.due_on.is_not(None)
    )
    found = session.execute(wanted.group_by(CaseFigure.due_on))
    return {day: int(count) for day, count in found if day is not None and count}


def waiting_to_be_counted(session: Session) -> bool:
    """Say whether there are cases that were never counted, as after an upgrade."""
    known = exists().where(CaseCount.case_id == CaseFile.id)
    first = select(CaseFile.id).where(~known).order_by(CaseFile.id.desc()).limit(1)
    return session.scalar(first) is not None


def hit_counts(session: Session, viewer: Viewer, filters: FigureFilters | None = None) -> dict[str, int]:
    """Return how many of the viewer's cases break each rule."""
    wanted = select(CaseHit.rule, func.count()).where(*_hit_conditions(session, viewer, filters or FigureFilters()))
    return dict(session.execute(wanted.group_by(CaseHit.rule).order_by(CaseHit.rule)).all())


def hits(
    session: Session,
    viewer: Viewer,
    rule: str,
    *,
    filters: FigureFilters | None = None,
    after: int = 0,
    limit: int = 50,
) -> tuple[list[HitRow], int | None]:
    """Return cases that break a rule, by their ids behind `after`, and the id behind which there are more."""
    wanted = (
        select(CaseHit, CaseFile, HouseholdFile, Unit.name)
        .join(CaseFile, CaseFile.id == CaseHit.case_id)
        .join(HouseholdFile, HouseholdFile.id == CaseFile.household_id)
        .join(Unit, Unit.id == CaseHit.unit_id)
        .where(CaseHit.rule == rule, CaseHit.case_id > after)
        .where(*_hit_conditions(session, viewer, filters or FigureFilters()))
        .order_by(CaseHit.case_id)
        .limit(limit + 1)
    )
    rows = [_hit_row(viewer, *row) for row in session.execute(wanted)]
    return rows[:limit], rows[limit - 1].case_id if len(rows) > limit else None


def hits_of(session: Session, viewer: Viewer, case_id: int) -> list[HitRow]:
    """Return the rules that a case breaks, in their order."""
    wanted = (
        select(CaseHit, CaseFile, HouseholdFile, Unit.name)
        .join(CaseFile, CaseFile.id == CaseHit.case_id)
        .join(HouseholdFile, HouseholdFile.id == CaseFile.household_id)
        .join(Unit, Unit.id == CaseHit.unit_id)
        .where(CaseHit.case_id == case_id, CaseHit.unit_id.in_(viewer.units(Right.RECORD_READ)))
        .order_by(CaseHit.rule)
    )
    return [_hit_row(viewer, *row) for row in session.execute(wanted)]


def _hit_row(viewer: Viewer, hit: CaseHit, case_file: CaseFile, head: HouseholdFile, unit_name: str) -> HitRow:
    personal = viewer.reads_personal(head.unit_id, head.id)
    return HitRow(
        case_id=case_file.id,
        rule=hit.rule,
        message=hit.message if personal else masking.text(hit.message),
        evidence=tuple(
            seen if personal else {**seen, "value": masking.text(str(seen["value"]))} for seen in hit.evidence
        ),
        application_no=case_file.application_no,
        account_no=head.account_no,
        account_name=head.account_name,
        unit_name=unit_name,
        business_type=case_file.business_type,
        customer_category=case_file.customer_category,
    )


def _hit_conditions(session: Session, viewer: Viewer, filters: FigureFilters) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = [CaseHit.unit_id.in_(units_of(session, viewer, filters.centre))]
    if filters.category or filters.business or filters.since or filters.until:
        counted = [CaseCount.case_id == CaseHit.case_id, *narrowed(CaseCount, filters)]
        wanted.append(exists().where(*counted))
    return wanted


def _sums(today: date) -> list[ColumnElement[Any]]:
    over = case((and_(CaseFigure.due_on.is_not(None), CaseFigure.due_on < today), CaseFigure.cases), else_=0)
    measures: list[ColumnElement[Any]] = [func.sum(getattr(CaseFigure, name)).label(name) for name in MEASURES]
    return [*measures, func.sum(over).label(OVERDUE)]


def _conditions(session: Session, viewer: Viewer, filters: FigureFilters) -> list[ColumnElement[bool]]:
    return [CaseFigure.unit_id.in_(units_of(session, viewer, filters.centre)), *narrowed(CaseFigure, filters)]


def narrowed(table: type[CaseFigure] | type[CaseCount], filters: FigureFilters) -> list[ColumnElement[bool]]:
    """Return what the filters but the centre ask of a table of figures."""
    wanted: list[ColumnElement[bool]] = []
    if filters.category:
        wanted.append(table.customer_category == filters.category)
    if filters.business:
        wanted.append(table.business_type == filters.business)
    if filters.since:
        wanted.append(table.month >= filters.since)
    if filters.until:
        wanted += [table.month <= filters.until, table.month != ""]
    return wanted


def units_of(session: Session, viewer: Viewer, centre: str | None) -> frozenset[int]:
    """Return the units of a centre and below it whose records the viewer reads; of all when none is named."""
    mine = viewer.units(Right.RECORD_READ)
    if not centre:
        return mine
    top = unit_by_code(session, centre)
    return mine & units_below(session, top.id) if top else frozenset()


def _named_units(session: Session, keys: Sequence[int]) -> dict[int, tuple[str, str]]:
    named: dict[int, tuple[str, str]] = defaultdict(lambda: ("", ""))
    for unit in session.scalars(select(Unit).where(Unit.id.in_(set(keys)))):
        named[unit.id] = unit.code, unit.name
    return named


__all__ = [
    "OVERDUE", "PAST", "Dimension", "FigureFilters", "HitRow", "Total", "added", "due_days", "hit_counts", "hits",
    "hits_of", "narrowed", "rates", "totals", "units_of", "waiting_to_be_counted",
]  # fmt: skip
