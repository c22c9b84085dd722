"""Keeps the dues: of a household at once when it closes, of all whose files changed in the upkeep."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from archive_service.editions.drafts import text_in_force
from archive_service.households.queries.locked import households_for_update
from archive_service.households.tables import HouseholdFile
from retention import facts, rules
from retention.rules import Due
from retention.schedule import Schedule, read, standard
from retention.tables import RetentionDraft, RetentionDue, RetentionReckoned

#: Households that are reckoned in one transaction.
A_TIME = 50


def in_force(session: Session, *, today: date) -> Schedule:
    """Return the schedule by which is reckoned on a day: the newest that was released and has begun, or our own."""
    text = text_in_force(session, RetentionDraft, today=today)
    if text is None:
        return standard()
    made, found = read(text)
    assert made is not None, found
    return made


def reckon(session: Session, household_ids: Collection[int], schedule: Schedule, *, today: date) -> dict[int, Due]:
    """Write how long the papers of some households are kept, and return it by item."""
    ids = sorted(set(household_ids))
    households_for_update(session, set(ids))
    found: dict[int, Due] = {}
    for key, one in facts.known(session, ids, schedule).items():
        dues = rules.reckon(schedule, one.household, one.papers, today=today)
        _write(session, key, dues)
        mark = session.get(RetentionReckoned, key) or RetentionReckoned(household_id=key)
        mark.revision, mark.edition, mark.reckoned_on = one.revision, schedule.edition, today
        session.add(mark)
        found |= dues
    session.flush()
    return found


def renew(session: Session, household_ids: Collection[int], *, today: date) -> None:
    """Reckon those households anew, before something is destroyed, whose files or schedule changed since the upkeep.

    One that was never reckoned waits for the upkeep: nothing of it is due.
    """
    schedule = in_force(session, today=today)
    stale = session.scalars(
        select(HouseholdFile.id)
        .join(RetentionReckoned, RetentionReckoned.household_id == HouseholdFile.id)
        .where(HouseholdFile.id.in_(household_ids))
        .where(
            or_(
                RetentionReckoned.revision != HouseholdFile.revision,
                RetentionReckoned.edition != schedule.edition,
            )
        )
    ).all()
    if stale:
        reckon(session, stale, schedule, today=today)


def reckon_account(session: Session, account_no: str, *, today: date) -> None:
    """Reckon a household at once, in the transaction that closed or reopened it."""
    keys = session.scalars(select(HouseholdFile.id).where(HouseholdFile.account_no == account_no)).all()
    session.flush()
    reckon(session, keys, in_force(session, today=today), today=today)


def sweep(session: Session, *, today: date, limit: int = A_TIME) -> int:
    """Reckon households whose files changed since, that never were, or that wait for a day; return how many.

    A clock that was set back makes nothing come due earlier: a day that lies in the future by it is no day.
    """
    mark = RetentionReckoned
    waits = select(RetentionDue.id).where(
        RetentionDue.household_id == HouseholdFile.id, RetentionDue.outcome == rules.UNKNOWN
    )
    owed = (
        select(HouseholdFile.id)
        .outerjoin(mark, mark.household_id == HouseholdFile.id)
        .where(
            or_(
                mark.household_id.is_(None),
                mark.revision != HouseholdFile.revision,
                (mark.reckoned_on != today) & waits.exists(),
            )
        )
        .order_by(HouseholdFile.id)
        .limit(limit)
    )
    ids = session.scalars(owed).all()
    if ids:
        reckon(session, ids, in_force(session, today=today), today=today)
    return len(ids)


def _write(session: Session, household_id: int, dues: Mapping[int, Due]) -> None:
    there = {
        row.item_id: row
        for row in session.scalars(select(RetentionDue).where(RetentionDue.household_id == household_id))
    }
    gone = [row.id for item_id, row in there.items() if item_id not in dues]
    if gone:
        # Moved to another household, where it is reckoned.
        session.execute(delete(RetentionDue).where(RetentionDue.id.in_(gone)))
    for item_id, due in dues.items():
        row = there.get(item_id) or session.scalar(select(RetentionDue).where(RetentionDue.item_id == item_id))
        row = row or RetentionDue(item_id=item_id)
        row.household_id, row.outcome, row.due_on, row.starts_on = household_id, due.outcome, due.due_on, due.starts_on
        row.rule, row.edition, row.reason = due.rule, due.edition, due.reason
        session.add(row)
