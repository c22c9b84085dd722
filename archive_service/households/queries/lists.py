"""Lists: households by what somebody types, the history of a household."""

from __future__ import annotations

from dataclasses import replace
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
from archive_service.households.views import HouseholdRow
from archive_service.people.roles import Right
from archive_service.people.tables import Unit
from archive_service.people.viewer import Viewer

_MOST = 500


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
