"""When things come due and by which rule, within what the viewer may see."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from archive_service.holds.queries import item_held
from archive_service.households.tables import CaseFile, HouseholdFile, Item
from archive_service.people.roles import Right
from archive_service.people.tables import Unit
from archive_service.people.viewer import Viewer
from archive_service.restricted.queries import shown_title
from retention.candidates import kept_until
from retention.disposal_tables import Tombstone
from retention.tables import RetentionDue

#: What the due list can be asked for: due now, within a year, waiting, unknown, permanent; all of it is empty.
LISTS = ("now", "soon", "waiting", "unknown", "permanent")


@dataclass(frozen=True)
class DueView:
    """How long an item is kept, and by which rule; `due_on` only where the outcome is a date."""

    id: int
    item_id: int
    item_no: int
    title: str
    document_type: str
    account_no: str
    account_name: str
    application_no: str | None
    unit_id: int
    unit_name: str
    outcome: str
    due_on: date | None
    starts_on: date | None
    rule: str
    edition: str
    reason: str
    #: A hold lasts on it: it is not disposed of, whatever the day.
    held: bool
    #: An approved opinion keeps it longer than its rule: until a day, or for good where there is none.
    kept: bool = False
    kept_until: date | None = None


@dataclass(frozen=True)
class DueListing:
    """A page of the due list, earliest first; `next` continues it."""

    rows: Sequence[DueView]
    next: str | None
    total: int


def dues(
    session: Session,
    viewer: Viewer,
    *,
    which: str = "",
    text: str = "",
    today: date,
    after: str = "",
    limit: int = 50,
) -> DueListing:
    """Return what comes due in the viewer's units, earliest first and without a day last, behind the mark `after`.

    What was destroyed is not due any more.
    """
    viewer.require(Right.RECORD_READ)
    destroyed = select(Tombstone.id).where(Tombstone.item_id == Item.id).correlate(Item).exists()
    wanted = _rows(viewer).where(HouseholdFile.unit_id.in_(viewer.units(Right.RECORD_READ)), ~destroyed)
    if which in ("now", "soon"):
        last = today if which == "now" else date(today.year + 1, today.month, min(today.day, 28))
        wanted = wanted.where(RetentionDue.outcome == "date", RetentionDue.due_on <= last)
    elif which:
        wanted = wanted.where(RetentionDue.outcome == which)
    if said := text.strip():
        wanted = wanted.where((HouseholdFile.account_no == said) | (RetentionDue.rule == said))
    total = session.scalar(select(func.count()).select_from(wanted.subquery())) or 0
    day = func.coalesce(RetentionDue.due_on, date.max)
    if (mark := _mark(after)) is not None:
        wanted = wanted.where((day > mark[0]) | ((day == mark[0]) & (RetentionDue.id > mark[1])))
    rows = session.execute(wanted.order_by(day, RetentionDue.id).limit(limit + 1)).all()
    shown = _with_opinions(session, [_view(row) for row in rows[:limit]])
    following = f"{shown[-1].due_on or date.max}_{shown[-1].id}" if len(rows) > limit else None
    return DueListing(shown, following, total)


def dues_of(session: Session, viewer: Viewer, item_ids: Collection[int]) -> dict[int, DueView]:
    """Return the dues of items that the viewer may see, by item; what was not reckoned yet is not in it."""
    readable = HouseholdFile.unit_id.in_(viewer.units(Right.RECORD_READ))
    asked = sorted(set(item_ids))
    found = {}
    for start in range(0, len(asked), 500):
        chosen = _rows(viewer).where(readable, RetentionDue.item_id.in_(asked[start : start + 500]))
        for row in session.execute(chosen):
            found[row[0].item_id] = _view(row)
    return found


def longest_of_household(session: Session, viewer: Viewer, household_id: int) -> DueView | None:
    """Return the due of a household that comes last, none before it was reckoned; without a day comes after any."""
    readable = HouseholdFile.unit_id.in_(viewer.units(Right.RECORD_READ))
    day = func.coalesce(RetentionDue.due_on, date.max)
    chosen = _rows(viewer).where(readable, RetentionDue.household_id == household_id)
    row = session.execute(chosen.order_by(day.desc(), RetentionDue.id).limit(1)).first()
    return _view(row) if row is not None else None


def _with_opinions(session: Session, rows: Sequence[DueView]) -> list[DueView]:
    kept = kept_until(session, [one.item_id for one in rows])
    return [
        replace(one, kept=True, kept_until=kept[one.item_id])
        if one.item_id in kept and (kept[one.item_id] or date.max) > (one.due_on or date.max)
        else one
        for one in rows
    ]


def _mark(text: str) -> tuple[date, int] | None:
    day, _, key = text.partition("_")
    try:
        return (date.fromisoformat(day), int(key)) if len(key) <= 18 else None
    except ValueError:
        return None


def _rows(viewer: Viewer) -> Any:
    return (
        select(
            RetentionDue,
            Item.item_no,
            shown_title(Item.id, Item.title, Item.document_type, opened=viewer.opened).label("title"),
            Item.document_type,
            HouseholdFile.account_no,
            HouseholdFile.account_name,
            CaseFile.application_no,
            HouseholdFile.unit_id,
            Unit.name.label("unit_name"),
            item_held().label("held"),
        )
        .join(Item, Item.id == RetentionDue.item_id)
        .join(HouseholdFile, HouseholdFile.id == Item.household_id)
        .join(Unit, Unit.id == HouseholdFile.unit_id)
        .outerjoin(CaseFile, CaseFile.id == Item.case_id)
    )


def _view(found: Any) -> DueView:
    row: RetentionDue = found[0]
    return DueView(
        id=row.id,
        item_id=row.item_id,
        item_no=found.item_no,
        title=found.title,
        document_type=found.document_type,
        account_no=found.account_no,
        account_name=found.account_name,
        application_no=found.application_no,
        unit_id=found.unit_id,
        unit_name=found.unit_name,
        outcome=row.outcome,
        due_on=row.due_on,
        starts_on=row.starts_on,
        rule=row.rule,
        edition=row.edition,
        reason=row.reason,
        held=bool(found.held),
    )


def outcomes_of(session: Session, item_ids: Sequence[int]) -> dict[int, str]:
    """Return how the retention of items was reckoned, by item; what was not reckoned yet is not in it.

    For checks of the program: nothing is filtered by rights.
    """
    asked = sorted(set(item_ids))
    found: dict[int, str] = {}
    for start in range(0, len(asked), 500):
        chosen = select(RetentionDue.item_id, RetentionDue.outcome)
        rows = session.execute(chosen.where(RetentionDue.item_id.in_(asked[start : start + 500])))
        found |= dict(rows.all())
    return found
