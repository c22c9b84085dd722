"""Lists: cases by deadline, households by what somebody types, the history of a household, completeness rates."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, String, and_, cast, false, func, or_, select
from sqlalchemy.orm import Session, aliased

from archive_service import ids, masking
from archive_service.audit import queries as audit_queries
from archive_service.audit.queries import EntryListing
from archive_service.audit.tables import AuditEntry
from archive_service.errors import Invalid
from archive_service.households.queries.files import readable_household
from archive_service.households.tables import CaseFile, HouseholdFile, Item
from archive_service.households.views import CaseFilters, CaseRow, HouseholdRow, Listing, Rate
from archive_service.people.roles import Right
from archive_service.people.tables import Unit
from archive_service.people.viewer import Viewer
from archive_service.zone import local

_MOST = 500
#: Stands for "no deadline yet", which comes after every deadline.
_NEVER = date(9999, 12, 31)


def cases(
    session: Session, viewer: Viewer, *, filters: CaseFilters | None = None, after: str | None = None, limit: int = 50
) -> Listing:
    """Return cases by their deadline, the soonest first and those without one last; `after` is a listing's `next`."""
    limit = max(1, min(limit, _MOST))
    deadline = func.coalesce(CaseFile.filing_due_on, _NEVER)
    wanted = (
        select(CaseFile, HouseholdFile, Unit)
        .join(HouseholdFile, HouseholdFile.id == CaseFile.household_id)
        .join(Unit, Unit.id == HouseholdFile.unit_id)
        .where(HouseholdFile.unit_id.in_(viewer.units(Right.RECORD_READ)))
        .where(*_conditions(filters or CaseFilters()))
    )
    total = session.scalar(select(func.count()).select_from(wanted.with_only_columns(CaseFile.id).subquery())) or 0
    if after:
        day, key = _cursor(after)
        wanted = wanted.where(or_(deadline > day, and_(deadline == day, CaseFile.id > key)))
    found = list(session.execute(wanted.order_by(deadline, CaseFile.id).limit(limit + 1)))
    rows = [_case_row(case, head, unit) for case, head, unit in found[:limit]]
    more = len(found) > limit
    return Listing(rows, next=_printed(rows[-1]) if more else None, total=total)


def due_days(session: Session, viewer: Viewer) -> dict[date, int]:
    """Return how many cases still to be filed are due on each day."""
    wanted = (
        select(CaseFile.filing_due_on, func.count())
        .join(HouseholdFile, HouseholdFile.id == CaseFile.household_id)
        .where(HouseholdFile.unit_id.in_(viewer.units(Right.RECORD_READ)))
        .where(CaseFile.state == "collecting", CaseFile.filing_due_on.is_not(None))
        .group_by(CaseFile.filing_due_on)
    )
    return {day: count for day, count in session.execute(wanted) if day is not None}


def _conditions(filters: CaseFilters) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = []
    if filters.centre:
        top = aliased(Unit)
        wanted.append(Unit.path.startswith(select(top.path).where(top.code == filters.centre).scalar_subquery()))
    if filters.state:
        wanted.append(CaseFile.state == filters.state)
    if filters.customer_category:
        wanted.append(CaseFile.customer_category == filters.customer_category)
    if filters.business_type:
        wanted.append(CaseFile.business_type == filters.business_type)
    if filters.complete is not None:
        wanted.append(CaseFile.complete.is_(filters.complete))
    if filters.due_before is not None:
        # The command line hands down moments; what is due is a day.
        day = filters.due_before.date() if isinstance(filters.due_before, datetime) else filters.due_before
        wanted += [CaseFile.filing_due_on < day, CaseFile.state == "collecting"]
    if filters.not_assessable:
        wanted.append(CaseFile.assessment_error.is_not(None))
    if filters.energised is not None:
        wanted.append(CaseFile.energised_on.between(*filters.energised))
    if filters.not_energised:
        wanted.append(CaseFile.energised_on.is_(None))
    if filters.text and filters.text.strip():
        number = ids.compact(filters.text)
        wanted.append(
            or_(CaseFile.application_no.startswith(number.upper(), autoescape=True), _household_like(filters.text))
        )
    return wanted


def _household_like(text: str) -> ColumnElement[bool]:
    """Say that the account number begins with `text`, or name and address contain each of its words."""
    number = ids.compact(text)
    words = text.split()
    by_number = _begins_with(number)
    if number.isdecimal() and len(number) >= _SURELY_NUMBER:
        return by_number
    # Names are stored as written: both kinds of brackets are tried.
    in_text = [
        or_(*(column.icontains(form, autoescape=True) for form in _forms(word) for column in _NAMED)) for word in words
    ]
    return or_(by_number, and_(*in_text)) if in_text else by_number


def _begins_with(number: str) -> ColumnElement[bool]:
    if not number.isdecimal():
        return HouseholdFile.account_no.startswith(number, autoescape=True) if number else false()
    # A range uses the index on every database; LIKE does not on SQLite.
    return HouseholdFile.account_no.between(number, number + "9" * 20)


#: So many digits are an account number and no house number.
_SURELY_NUMBER = 5
_NAMED = (HouseholdFile.account_name, HouseholdFile.service_address)
_TO_HALF = str.maketrans("\uff08\uff09", "()")
_TO_FULL = str.maketrans("()", "\uff08\uff09")


def _forms(word: str) -> list[str]:
    return list(dict.fromkeys([word, word.translate(_TO_HALF), word.translate(_TO_FULL)]))


def _cursor(after: str) -> tuple[date, int]:
    match = re.fullmatch(r"(\d{4}-\d{2}-\d{2}):(\d{1,18})", after)
    try:
        if match is None:
            raise ValueError(after)
        return date.fromisoformat(match.group(1)), int(match.group(2))
    except ValueError:
        raise Invalid("list.cursor", "翻页位置不对。请回到第一页再翻。") from None


def _printed(row: CaseRow) -> str:
    return f"{(row.filing_due_on or _NEVER).isoformat()}:{row.id}"


def _case_row(case: CaseFile, head: HouseholdFile, unit: Unit) -> CaseRow:
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
    )


def find_households(session: Session, viewer: Viewer, text: str, limit: int = 20) -> list[HouseholdRow]:
    """Return households whose number begins with `text`, or whose name and address contain each of its words.

    In the order of their numbers. Nothing typed finds nothing.
    """
    if not text.strip():
        return []
    count_cases = select(func.count()).where(CaseFile.household_id == HouseholdFile.id).scalar_subquery()
    filed = select(func.count()).where(Item.household_id == HouseholdFile.id, Item.state == "filed").scalar_subquery()
    wanted = (
        select(HouseholdFile, Unit.name, count_cases, filed)
        .join(Unit, Unit.id == HouseholdFile.unit_id)
        .where(HouseholdFile.unit_id.in_(viewer.units(Right.RECORD_READ)), _household_like(text))
        .order_by(HouseholdFile.account_no)
        .limit(max(1, min(limit, _MOST)))
    )
    return [
        HouseholdRow(
            id=head.id,
            account_no=head.account_no,
            account_name=head.account_name,
            service_address=head.service_address,
            customer_category=head.customer_category,
            unit_name=unit_name,
            state=head.state,
            case_count=case_count,
            item_count=item_count,
        )
        for head, unit_name, case_count, item_count in session.execute(wanted)
    ]


def history(
    session: Session, viewer: Viewer, account_no: str, *, before: int | None = None, limit: int = 50
) -> EntryListing:
    """Return what happened to a household, its cases and its items, newest first, older than the entry `before`.

    An item that came from another unit brings only what happened to it in units that the viewer may read.
    """
    head = readable_household(session, viewer, account_no)
    wanted: Select[AuditEntry] = select(AuditEntry).where(
        AuditEntry.unit_id.in_(viewer.units(Right.RECORD_READ)),
        or_(
            _entries_of("household", select(cast(HouseholdFile.id, String)).where(HouseholdFile.id == head.id)),
            _entries_of("case", select(cast(CaseFile.id, String)).where(CaseFile.household_id == head.id)),
            _entries_of("item", select(cast(Item.id, String)).where(Item.household_id == head.id)),
        ),
    )
    listing = audit_queries.page_of(session, wanted, before=before, limit=max(1, min(limit, _MOST)))
    if viewer.may(Right.RECORD_READ_PERSONAL, head.unit_id):
        return listing
    return replace(listing, entries=tuple(replace(e, facts=_masked(e.facts)) for e in listing.entries))


def _entries_of(kind: str, keys: Select[Any]) -> ColumnElement[bool]:
    return and_(AuditEntry.object_kind == kind, AuditEntry.object_id.in_(keys))


def _masked(value: Any) -> Any:
    if isinstance(value, str):
        return masking.text(value)
    if isinstance(value, dict):
        return {key: one if key in _NUMBERS else _masked(one) for key, one in value.items()}
    return [_masked(one) for one in value] if isinstance(value, list) else value


_NUMBERS = frozenset({"account_no", "application_no"})


def rates(
    session: Session, viewer: Viewer, *, since: date | None = None, until: date | None = None, today: date
) -> list[Rate]:
    """Return how complete and how timely the cases of each centre are, by month of energisation, newest month first.

    `since` and `until` bound the day of energisation, both included; without them cases that are not energised
    count too. A case is judged for time once it is filed or its deadline is past.
    """
    columns = select(
        HouseholdFile.unit_id,
        CaseFile.energised_on,
        CaseFile.complete,
        CaseFile.due_count,
        CaseFile.satisfied_count,
        CaseFile.filed_at,
        CaseFile.filing_due_on,
    ).join(HouseholdFile, HouseholdFile.id == CaseFile.household_id)
    wanted = columns.where(HouseholdFile.unit_id.in_(viewer.units(Right.RECORD_READ)))
    if since is not None:
        wanted = wanted.where(CaseFile.energised_on >= since)
    if until is not None:
        wanted = wanted.where(CaseFile.energised_on <= until)
    sums: dict[tuple[int, str | None], list[int]] = defaultdict(lambda: [0] * 6)
    for unit_id, energised, complete, due, satisfied, filed_at, due_on in session.execute(wanted):
        filed_on = local(filed_at).date() if filed_at else None
        judged = due_on is not None and (filed_on is not None or due_on < today)
        in_time = judged and filed_on is not None and due_on is not None and filed_on <= due_on
        month = energised.strftime("%Y-%m") if energised else None
        _add(sums[unit_id, month], [1, int(complete), due, satisfied, int(judged), int(in_time)])
    units = {unit.id: unit for unit in session.scalars(select(Unit).where(Unit.id.in_({key for key, _ in sums})))}
    found = [Rate(key, units[key].code, units[key].name, month, *numbers) for (key, month), numbers in sums.items()]
    by_unit = sorted(found, key=lambda rate: rate.unit_code)
    return sorted(by_unit, key=lambda rate: rate.month or "", reverse=True)


def _add(sums: list[int], numbers: Sequence[int]) -> None:
    for place, number in enumerate(numbers):
        sums[place] += number
