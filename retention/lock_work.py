"""What the job of the locks has to do: households whose objects are owed a lock, and what is wanted of each object."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Row, func, or_, select
from sqlalchemy.orm import Session

from archive_service.holds.queries import item_held
from archive_service.holds.tables import Hold, HoldSubject
from archive_service.households.tables import HouseholdFile, Item, Page
from archive_service.properties.tables import PropertyRun
from archive_service.storage.tables import ObjectLock, RemovedObject, StoredObject
from retention import letters
from retention.candidates import kept_until
from retention.lock_rules import Holder, Wish, step_of, wish
from retention.tables import LockMark, RetentionDue, RetentionReckoned

#: Households whose objects are looked at in one transaction.
A_TIME = 20
STORES = ("first", "second")
#: What is kept of a page; small pictures and lines of text can be made again from these, and are not locked.
COLUMNS = (Page.original_digest, Page.image_digest)


@dataclass(frozen=True)
class Work:
    """Some objects, what is wanted of each, and what is known of it."""

    #: What the trail says the objects belong to.
    facts: Mapping[str, Any]
    wishes: Mapping[str, Wish]
    known: Mapping[tuple[str, str], ObjectLock]
    #: Objects that each store is to hold.
    there: Mapping[str, Collection[str]]
    #: Writes down that this is done.
    mark: Callable[[Session], None]


#: Says which originals belong to items besides those that their pages name.
Originals = Callable[[Session, Collection[int]], Mapping[int, Collection[str]]]


def of_households(
    session: Session, originals: Originals, *, now: datetime, today: date, span: timedelta
) -> Work | None:
    """Return the next households whose objects are owed a lock, none where there are none."""
    marks = owed(session, today=today, limit=A_TIME)
    if not marks:
        return None
    wishes = _wishes(session, originals, [one.id for one in marks], now=now, today=today, span=span)
    known, there = look_up(session, wishes)

    def mark(writing: Session) -> None:
        for one in marks:
            done = writing.get(LockMark, one.id) or LockMark(household_id=one.id)
            done.revision, done.edition, done.reckoned_on = one.revision, one.edition, one.reckoned_on
            done.holds, done.done_on = one.holds, today
            writing.add(done)

    facts = {"households": [one.id for one in marks]}
    return Work(facts, _with_others(session, wishes, known), known, there, mark)


def owed(session: Session, *, today: date, limit: int) -> Sequence[Row[Any]]:
    """Return households whose locks are owed, with the marks that they get once that is done."""
    ever = select(func.count() + func.count(Hold.released_at)).select_from(HoldSubject)
    ever = ever.join(Hold, Hold.id == HoldSubject.hold_id)
    holds = ever.where(HoldSubject.household_id == HouseholdFile.id).scalar_subquery()
    at, mark = RetentionReckoned, LockMark
    return session.execute(
        select(HouseholdFile.id, at.revision, at.edition, at.reckoned_on, holds.label("holds"))
        .join(at, at.household_id == HouseholdFile.id)
        .outerjoin(mark, mark.household_id == HouseholdFile.id)
        .where(
            or_(
                mark.household_id.is_(None),
                mark.revision != at.revision,
                mark.edition != at.edition,
                mark.reckoned_on != at.reckoned_on,
                mark.holds != holds,
                mark.done_on != today,
            )
        )
        .order_by(HouseholdFile.id)
        .limit(limit)
    ).all()


def _wishes(
    session: Session,
    originals: Originals,
    households: Collection[int],
    *,
    now: datetime,
    today: date,
    span: timedelta,
) -> dict[str, Wish]:
    asked = select(
        Item.id,
        *COLUMNS,
        RetentionDue.outcome,
        RetentionDue.due_on,
        item_held().label("held"),
        Item.household_id,
        Item.case_id,
    ).join(Page, Page.item_id == Item.id)
    rows = session.execute(
        asked.outerjoin(RetentionDue, RetentionDue.item_id == Item.id).where(Item.household_id.in_(households))
    ).all()
    items = {row[0] for row in rows}
    longer, more = kept_until(session, items), originals(session, items)
    reports = _reports(session, households)
    holders: dict[str, set[Holder]] = defaultdict(set)
    for row in rows:
        due = row.due_on if row.outcome == "date" else None
        if due is not None and row[0] in longer:
            said = longer[row[0]]
            due = max(due, said) if said is not None else None
        told = (*reports.get((row.household_id, None), ()), *reports.get((row.household_id, row.case_id or 0), ()))
        for digest in (*row[1 : 1 + len(COLUMNS)], *more.get(row[0], ()), *told):
            holders[digest].add(Holder(due, bool(row.held), step_of(row.outcome)))
    for written in letters.of_households(session, households, today=today).values():
        for one in written:
            holders[one.digest].add(Holder(one.due.due_on, one.held, step_of(one.due.outcome)))
    return {digest: wish(held_by, now=now, span=span) for digest, held_by in holders.items()}


def _reports(session: Session, households: Collection[int]) -> dict[tuple[int, int | None], list[str]]:
    """Return reports of the four-property check by household, and by case unless they are about a package.

    A report is kept, and held, as long as any of the papers that it is about.
    """
    found: dict[tuple[int, int | None], list[str]] = defaultdict(list)
    asked = select(PropertyRun.household_id, PropertyRun.case_id, PropertyRun.report_digest, PropertyRun.data_digest)
    for household, case, *digests in session.execute(
        asked.where(PropertyRun.household_id.in_(households), PropertyRun.report_digest.is_not(None))
    ):
        found[(household or 0, case)] += [one for one in digests if one is not None]
    return found


def look_up(
    session: Session, digests: Iterable[str]
) -> tuple[dict[tuple[str, str], ObjectLock], dict[str, Collection[str]]]:
    """Return what is known of the locks of objects, by store and digest, and which objects each store holds."""
    known: dict[tuple[str, str], ObjectLock] = {}
    there: dict[str, set[str]] = {name: set() for name in STORES}
    going = select(RemovedObject.digest).where(
        RemovedObject.digest == StoredObject.digest, RemovedObject.removed_at.is_(None)
    )
    for some in slices(digests):
        for lock in session.scalars(select(ObjectLock).where(ObjectLock.digest.in_(some))):
            known[(lock.store, lock.digest)] = lock
        stored = select(StoredObject.digest, StoredObject.copied_at).where(StoredObject.digest.in_(some))
        for digest, copied_at in session.execute(stored.where(~going.exists())):
            there["first"].add(digest)
            if copied_at is not None:
                there["second"].add(digest)
    return known, dict(there)


def _with_others(
    session: Session, wishes: Mapping[str, Wish], known: Mapping[tuple[str, str], ObjectLock]
) -> dict[str, Wish]:
    """Keep the hold on objects that a record of another household holds, and is under a hold."""
    lifted = {digest for (_, digest), row in known.items() if row.held and not wishes[digest].held}
    still: set[str] = set()
    for some in slices(lifted):
        for column in COLUMNS:
            elsewhere = select(column).join(Item, Item.id == Page.item_id).where(column.in_(some), item_held())
            still |= set(session.scalars(elsewhere))
    return {digest: Wish(one.least, one.until, True) if digest in still else one for digest, one in wishes.items()}


def slices(digests: Iterable[str]) -> Iterable[list[str]]:
    """Return digests some hundred at a time, in their order."""
    every = sorted(digests)
    return (every[start : start + 500] for start in range(0, len(every), 500))
