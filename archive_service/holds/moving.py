"""Moving a paper without losing the holds on it: what covers it where it lies goes along to where it comes to lie."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive_service.audit.record import record
from archive_service.holds import queries
from archive_service.holds.rules import subjects_mark
from archive_service.holds.tables import HoldSubject
from archive_service.households import actions as households
from archive_service.households.queries.locked import households_for_update
from archive_service.households.tables import HouseholdFile, Item
from archive_service.people.viewer import Viewer


def move_item(
    session: Session,
    *,
    item_id: int,
    household_id: int,
    case_id: int | None,
    by: Viewer,
    now: datetime,
    today: date,
) -> Item:
    """Move an item to another case or household; it stays held by all that held it. Raises as the move itself does.

    A hold on the household or case that it leaves holds the item by itself from then on, wherever it goes.
    """
    source = session.scalar(select(Item.household_id).where(Item.id == item_id))
    # Who places a hold locks the same households: the hold is seen here, or comes after the move.
    households_for_update(session, {household_id, source or household_id})
    before = queries.holding(session, [item_id]).get(item_id, ())
    moved = households.move_item(
        session, item_id=item_id, household_id=household_id, case_id=case_id, by=by, now=now, today=today
    )
    session.flush()
    named = select(HoldSubject).where(
        HoldSubject.item_id == item_id, HoldSubject.hold_id.in_([one.id for one in before])
    )
    for subject in session.scalars(named).all():
        # The household where it lies now shows it, and its locks follow.
        subject.household_id = moved.household_id
    session.flush()
    still = {one.id for one in queries.holding(session, [item_id]).get(item_id, ())}
    for hold in before:
        if hold.id not in still:
            session.add(HoldSubject(hold_id=hold.id, household_id=moved.household_id, item_id=item_id))
            session.flush()
            _note(session, by, hold.id, hold.unit_id, moved, now=now)
    session.flush()
    return moved


def _note(session: Session, by: Viewer, hold_id: int, unit_id: int, item: Item, *, now: datetime) -> None:
    account_no = session.get_one(HouseholdFile, item.household_id).account_no
    subjects = select(HoldSubject).where(HoldSubject.hold_id == hold_id)
    which = subjects_mark([(one.household_id, one.case_id, one.item_id) for one in session.scalars(subjects)])
    record(
        session,
        by=by.actor,
        did="hold.went-along",
        object_kind="hold",
        object_id=hold_id,
        unit_id=unit_id,
        facts={"item": item.id, "account_no": account_no, "item_no": item.item_no, "which": which},
        now=now,
    )
