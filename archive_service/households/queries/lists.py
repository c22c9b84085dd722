"""Lists: cases by deadline, households by what somebody types, the history of a household, completeness rates."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, String, and_, cast, func, or_, select
from sqlalchemy.orm import Session

from archive_service import masking
from archive_service.audit import queries as audit_queries
from archive_service.audit.queries import EntryListing
from archive_service.audit.tables import AuditEntry
from archive_service.households.queries.files import readable_household
from archive_service.households.queries.likeness import household_like
from archive_service.households.tables import CaseFile, HouseholdFile, Item
from archive_service.households.views import HouseholdRow, Rate
from archive_service.people.roles import Right
from archive_service.people.tables import Unit
from archive_service.people.viewer import Viewer
from archive_service.zone import local

_MOST = 500
#: Stands for "no deadline yet", which comes after every deadline.
_NEVER = date(9999, 12, 31)


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
        .where(HouseholdFile.unit_id.in_(viewer.units(Right.RECORD_READ)), household_like(text))
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
    session: Session,
    viewer: Viewer,
    account_no: str,
    *,
    before: int | None = None,
    limit: int = 50,
    counted: bool = True,
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
    listing = audit_queries.page_of(session, wanted, before=before, limit=max(1, min(limit, _MOST)), counted=counted)
    if viewer.reads_personal(head.unit_id, head.id):
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
