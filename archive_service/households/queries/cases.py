"""Lists of cases by deadline, and how many are due on which day."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime
from heapq import merge
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select, tuple_, union
from sqlalchemy.orm import Session

from archive_service import ids
from archive_service.households import states
from archive_service.households.queries import orders
from archive_service.households.queries.likeness import begins_with, household_like
from archive_service.households.tables import ArchiveCode, CaseFile, HouseholdFile
from archive_service.households.views import CaseFilters, CaseRow, Listing
from archive_service.people.queries import unit_by_code, units_below
from archive_service.people.roles import Right
from archive_service.people.tables import Unit
from archive_service.people.viewer import Viewer

_MOST = 500
#: Counting further would read the whole archive for a number that nobody reads to the last digit.
COUNTED = 1000
#: Stands for "no deadline yet", which comes after every deadline.
_NEVER = date(9999, 12, 31)
_Place = tuple[date, int]


def cases(
    session: Session,
    viewer: Viewer,
    *,
    filters: CaseFilters | None = None,
    after: str | None = None,
    limit: int = 50,
    counted: int | None = COUNTED,
    order: str = orders.ORDERS[0],
) -> Listing:
    """Return cases in one of `orders.ORDERS`; `after` is the `next` of a listing in the same order.

    By deadline the soonest come first and those without one last; by acceptance the newest come first. No more than
    `counted` are counted; none counts all, which takes the longer the more there are.
    """
    limit, filters = max(1, min(limit, _MOST)), filters or CaseFilters()
    units = _units(session, viewer, filters)
    conditions = [HouseholdFile.unit_id.in_(units), *_conditions(filters)]
    if order != orders.ORDERS[0]:
        return _ordered(session, conditions, order, after=after, limit=limit, counted=counted)
    place = _cursor(after) if after else None
    if filters.text and counted is not None:
        total, keys = _fitting_keys(session, conditions, place, limit + 1, counted)
    else:
        total = _count(session, conditions, counted)
        keys = _keys(session, filters, conditions, place, limit + 1)
    rows = _rows(session, [key for _, key in keys[:limit]])
    following = _printed(rows[-1]) if len(keys) > limit else None
    more = counted is not None and total > counted
    return Listing(rows, next=following, total=counted if more and counted else total, more=more)


def _ordered(
    session: Session,
    conditions: Sequence[ColumnElement[bool]],
    order: str,
    *,
    after: str | None,
    limit: int,
    counted: int | None,
) -> Listing:
    ids = orders.keys(session, order, conditions, after, limit + 1)
    total = _count(session, conditions, counted)
    rows = _rows(session, ids[:limit])
    following = None
    if len(ids) > limit:
        last = rows[-1]
        place = last.account_no if order == "account" else last.accepted_on.isoformat() if last.accepted_on else ""
        following = f"{place}:{last.id}"
    more = counted is not None and total > counted
    return Listing(rows, next=following, total=counted if more and counted else total, more=more)


def _units(session: Session, viewer: Viewer, filters: CaseFilters) -> frozenset[int]:
    mine = viewer.units(Right.RECORD_READ)
    if not filters.centre:
        return mine
    top = unit_by_code(session, filters.centre)
    if top is None:
        return frozenset()
    return mine & (frozenset({top.id}) if filters.centre_alone else units_below(session, top.id))


def _count(session: Session, conditions: Sequence[ColumnElement[bool]], counted: int | None) -> int:
    """Return how many cases there are, but no more than one above `counted`."""
    found = select(CaseFile.id).join(HouseholdFile, HouseholdFile.id == CaseFile.household_id).where(*conditions)
    if counted is not None:
        found = found.limit(counted + 1)
    return session.scalar(select(func.count()).select_from(found.subquery())) or 0


def _fitting_keys(
    session: Session, conditions: Sequence[ColumnElement[bool]], after: _Place | None, limit: int, counted: int
) -> tuple[int, list[_Place]]:
    """Count and find what fits a text in one go: to look into every name takes longer than all the rest."""
    deadline = func.coalesce(CaseFile.filing_due_on, _NEVER)
    fitting = select(deadline, CaseFile.id).join(HouseholdFile, HouseholdFile.id == CaseFile.household_id)
    fitting = fitting.where(*conditions).order_by(deadline, CaseFile.id)
    found = [(day, key) for day, key in session.execute(fitting.limit(counted + 1))]
    total = len(found)
    if after and total > counted:
        further = fitting.where(tuple_(deadline, CaseFile.id) > tuple_(*after)).limit(limit)
        return total, [(day, key) for day, key in session.execute(further)]
    return total, [place for place in found if after is None or place > after][:limit]


def _keys(
    session: Session,
    filters: CaseFilters,
    conditions: Sequence[ColumnElement[bool]],
    after: _Place | None,
    limit: int,
) -> list[_Place]:
    """Return the next deadlines and ids, in their order."""
    deadline = func.coalesce(CaseFile.filing_due_on, _NEVER)
    found = select(deadline, CaseFile.id).join(HouseholdFile, HouseholdFile.id == CaseFile.household_id)
    found = found.where(*conditions)
    if filters.text:
        # What fits a number or a name is little, and sorted when found.
        if after:
            found = found.where(tuple_(deadline, CaseFile.id) > tuple_(*after))
        return [(day, key) for day, key in session.execute(found.order_by(deadline, CaseFile.id).limit(limit))]
    # The index of deadlines begins with the state; so the next ones of each state are taken, and merged.
    wanted = _states(filters)
    dated = [_dated(found.where(CaseFile.state == state), after, limit) for state in wanted]
    keys = [] if after and after[0] == _NEVER else _merged(session, dated, limit)
    if len(keys) < limit:
        undated = [_undated(found.where(CaseFile.state == state), after, limit) for state in wanted]
        keys += _merged(session, undated, limit - len(keys))
    return keys


def _merged(session: Session, streams: Sequence[Select[date, int]], limit: int) -> list[_Place]:
    found = [[(day, key) for day, key in session.execute(stream)] for stream in streams]
    return list(merge(*found))[:limit]


def _dated(found: Select[date, int], after: _Place | None, limit: int) -> Select[date, int]:
    if after:
        found = found.where(tuple_(CaseFile.filing_due_on, CaseFile.id) > tuple_(*after))
    dated = found.where(CaseFile.filing_due_on.is_not(None))
    return dated.order_by(CaseFile.filing_due_on, CaseFile.id).limit(limit)


def _undated(found: Select[date, int], after: _Place | None, limit: int) -> Select[date, int]:
    if after and after[0] == _NEVER:
        found = found.where(CaseFile.id > after[1])
    return found.where(CaseFile.filing_due_on.is_(None)).order_by(CaseFile.id).limit(limit)


def _rows(session: Session, keys: Sequence[int]) -> list[CaseRow]:
    wanted = (
        select(CaseFile, HouseholdFile, Unit, ArchiveCode.code)
        .join(HouseholdFile, HouseholdFile.id == CaseFile.household_id)
        .join(Unit, Unit.id == HouseholdFile.unit_id)
        .outerjoin(ArchiveCode, ArchiveCode.case_id == CaseFile.id)
        .where(CaseFile.id.in_(keys))
    )
    found = {case.id: _case_row(case, head, unit, code) for case, head, unit, code in session.execute(wanted)}
    return [found[key] for key in keys]


def _conditions(filters: CaseFilters) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = []
    if (chosen := _states(filters)) != states.STATES:
        wanted.append(CaseFile.state.in_(chosen))
    if filters.customer_category:
        wanted.append(CaseFile.customer_category == filters.customer_category)
    if filters.business_type:
        wanted.append(CaseFile.business_type == filters.business_type)
    if filters.complete is not None:
        wanted.append(CaseFile.complete.is_(filters.complete))
    if filters.due_before is not None:
        # The command line hands down moments; what is due is a day.
        day = filters.due_before.date() if isinstance(filters.due_before, datetime) else filters.due_before
        wanted += [CaseFile.filing_due_on < day]
    if filters.due_from is not None:
        wanted.append(CaseFile.filing_due_on >= filters.due_from)
    if filters.not_assessable:
        wanted.append(CaseFile.assessment_error.is_not(None))
    if filters.energised is not None:
        wanted.append(CaseFile.energised_on.between(*filters.energised))
    if filters.not_energised:
        wanted.append(CaseFile.energised_on.is_(None))
    if filters.only is not None:
        wanted.append(CaseFile.id.in_(filters.only))
    if filters.text and filters.text.strip():
        wanted.append(CaseFile.id.in_(_fitting(filters.text)))
    return wanted


def _states(filters: CaseFilters) -> tuple[str, ...]:
    """Return the states that the filters let through; what is due is still to be filed."""
    chosen = states.of_filter(filters.state)
    if filters.due_before is None and filters.due_from is None:
        return chosen
    return tuple(state for state in chosen if state in states.OPEN)


def _fitting(text: str) -> Any:
    """Select the ids of the cases that `text` may mean, through the index of each kind of number."""
    number = ids.compact(text).upper()
    of_households = select(CaseFile.id).join(HouseholdFile, HouseholdFile.id == CaseFile.household_id)
    by_household = of_households.where(household_like(text))
    by_number = select(CaseFile.id).where(begins_with(CaseFile.application_no, number))
    by_code = select(ArchiveCode.case_id).where(ArchiveCode.code.in_(ids.archive_codes_meant(text)))
    return union(by_number, by_code, by_household)


def _cursor(after: str) -> _Place:
    match = re.fullmatch(r"(\d{4}-\d{2}-\d{2}):(\d{1,18})", after)
    try:
        if match is None:
            raise ValueError(after)
        return date.fromisoformat(match.group(1)), int(match.group(2))
    except ValueError:
        raise orders.bad_cursor() from None


def _printed(row: CaseRow) -> str:
    return f"{(row.filing_due_on or _NEVER).isoformat()}:{row.id}"


def _case_row(case: CaseFile, head: HouseholdFile, unit: Unit, code: str | None) -> CaseRow:
    return CaseRow(
        id=case.id,
        application_no=case.application_no,
        account_no=head.account_no,
        account_name=head.account_name,
        unit_code=unit.code,
        unit_name=unit.name,
        customer_category=case.customer_category,
        business_type=case.business_type,
        accepted_on=case.accepted_on,
        energised_on=case.energised_on,
        filing_due_on=case.filing_due_on,
        state=case.state,
        complete=case.complete,
        due_count=case.due_count,
        satisfied_count=case.satisfied_count,
        missing_count=case.missing_count,
        doubtful_count=case.doubtful_count,
        assessment_error=case.assessment_error,
        service_address=head.service_address,
        filed_at=case.filed_at,
        archive_code=code,
    )
