"""The job that locks stored objects as long as the records that hold them are kept, and mirrors holds on and off.

A household is owed when its dues were reckoned anew, when something of it was put under a hold or let go, and each day.
Only a store whose last self-test held is asked at all; what it says of each object is read back and kept. Stopped
anywhere, the next run asks the store again and finds what is set already.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row, func, or_, select
from sqlalchemy.orm import Session

from archive_service.audit.record import SYSTEM, record
from archive_service.db.session import Database
from archive_service.errors import NotFound, Refused
from archive_service.fixity.proofs import newest
from archive_service.fixity.watchers import watchers
from archive_service.holds.queries import item_held
from archive_service.holds.tables import Hold, HoldSubject
from archive_service.households.tables import HouseholdFile, Item, Page
from archive_service.jobs import queue
from archive_service.jobs.queue import Claimed
from archive_service.notices.actions import tell_all
from archive_service.properties.tables import PropertyRun
from archive_service.storage.places import Stores
from archive_service.storage.tables import ObjectLock, RemovedObject, StoredObject
from retention.candidates import kept_until
from retention.lock_rules import Holder, Wish, wish
from retention.tables import LockMark, RetentionDue, RetentionReckoned

if TYPE_CHECKING:
    from archive_service.storage.retain import Place

LOCK_JOB = "storage.lock"
#: Households whose objects are looked at in one transaction.
A_TIME = 20
#: How long what a store said of a lock is believed before it is asked again.
BELIEVED = timedelta(days=30)
_COLUMNS = (Page.original_digest, Page.image_digest, Page.thumbnail_digest, Page.lines_digest)
_STORES = ("first", "second")


@dataclass(frozen=True)
class _Found:
    """What a store said of the lock of an object."""

    place: str
    digest: str
    name: str
    version: str | None
    until: datetime | None
    held: bool
    state: str
    code: str


@dataclass(frozen=True)
class _Work:
    """Some households with their marks, what is wanted of their objects, and what is known of each."""

    marks: Sequence[Row[Any]]
    wishes: Mapping[str, Wish]
    known: Mapping[tuple[str, str], ObjectLock]
    #: Objects that each store is to hold.
    there: Mapping[str, Collection[str]]


def enforcing(session: Session) -> list[str]:
    """Return the stores whose last self-test proved that locks hold."""
    proofs = {name: newest(session, name) for name in _STORES}
    return [name for name, proof in proofs.items() if proof is not None and proof.state == "enforced"]


def ask(session: Session, *, now: datetime, today: date) -> bool:
    """Order the job when a store enforces locks and some are owed; say whether."""
    if not enforcing(session) or not _owed(session, today=today, limit=1):
        return False
    queue.enqueue(session, kind=LOCK_JOB, subject="objects", queue="upkeep", now=now)
    return True


@dataclass(frozen=True)
class LockHandler:
    """The job handler that brings the locks up to the records."""

    database: Database
    #: Opened when needed, for the second store may be away.
    stores: Callable[[], Stores]
    lease_s: float
    #: Days for which an object is locked that has no day of its own; renewed before half of them are over.
    span_days: int
    now: Callable[[], datetime]
    today: Callable[[], date]

    def run(self, claimed: Claimed) -> None:
        """Lock the objects of the households that are owed, some at a time."""
        # The SDK takes a while to load, and most archives keep files.
        from archive_service.storage import retain

        with self.database.reading() as session:
            trusted = enforcing(session)
        places = [one for one in retain.places(self.stores()) if one.name in trusted] if trusted else []
        while self._some(claimed, places):
            claimed.check()

    def give_up(self, session: Session, claimed: Claimed, *, code: str, now: datetime) -> None:
        """Leave the rest owed: the upkeep orders the job anew."""

    def _some(self, claimed: Claimed, places: Sequence[Place]) -> bool:
        """Do the next households; say whether there may be more."""
        now = self.now()
        with self.database.reading() as session:
            marks = _owed(session, today=self.today(), limit=A_TIME) if places else []
            work = _work(session, marks, now=now, span=timedelta(days=self.span_days))
        found = []
        for place in places:
            for digest in sorted(work.there[place.name]):
                row, wanted = work.known.get((place.name, digest)), work.wishes[digest]
                if not _is_kept(row, wanted, now=now):
                    claimed.check()
                    found.append(_set(place, digest, row, wanted))
        with self.database.unit_of_work() as session:
            _write(session, work, found, today=self.today(), now=now)
            if marks:
                queue.renew(session, claimed, now=self.now(), lease_s=self.lease_s)
            else:
                queue.finish(session, claimed, now=self.now())
        return bool(marks)


def _owed(session: Session, *, today: date, limit: int) -> Sequence[Row[Any]]:
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


def _work(session: Session, marks: Sequence[Row[Any]], *, now: datetime, span: timedelta) -> _Work:
    asked = select(
        Item.id,
        *_COLUMNS,
        RetentionDue.outcome,
        RetentionDue.due_on,
        item_held().label("held"),
        Item.household_id,
        Item.case_id,
    ).join(Page, Page.item_id == Item.id)
    rows = session.execute(
        asked.outerjoin(RetentionDue, RetentionDue.item_id == Item.id).where(
            Item.household_id.in_([one.id for one in marks])
        )
    ).all()
    longer = kept_until(session, {row[0] for row in rows})
    reports = _reports(session, [one.id for one in marks])
    holders: dict[str, set[Holder]] = defaultdict(set)
    for row in rows:
        due = row.due_on if row.outcome == "date" else None
        if due is not None and row[0] in longer:
            said = longer[row[0]]
            due = max(due, said) if said is not None else None
        told = (*reports.get((row.household_id, None), ()), *reports.get((row.household_id, row.case_id or 0), ()))
        for digest in (*row[1 : 1 + len(_COLUMNS)], *told):
            holders[digest].add(Holder(due, bool(row.held)))
    wishes = {digest: wish(held_by, now=now, span=span) for digest, held_by in holders.items()}
    known, there = _known(session, wishes)
    return _Work(marks, _with_others(session, wishes, known), known, there)


def _reports(session: Session, households: Sequence[int]) -> dict[tuple[int | None, int | None], list[str]]:
    """Return reports of the four-property check by household, and by case unless they are about a package.

    A report is kept, and held, as long as any of the papers that it is about.
    """
    found: dict[tuple[int | None, int | None], list[str]] = defaultdict(list)
    asked = select(PropertyRun.household_id, PropertyRun.case_id, PropertyRun.report_digest, PropertyRun.data_digest)
    for household, case, *digests in session.execute(
        asked.where(PropertyRun.household_id.in_(households), PropertyRun.report_digest.is_not(None))
    ):
        found[(household, case)] += [one for one in digests if one is not None]
    return found


def _known(
    session: Session, digests: Iterable[str]
) -> tuple[dict[tuple[str, str], ObjectLock], dict[str, Collection[str]]]:
    known: dict[tuple[str, str], ObjectLock] = {}
    there: dict[str, set[str]] = {name: set() for name in _STORES}
    going = select(RemovedObject.digest).where(
        RemovedObject.digest == StoredObject.digest, RemovedObject.removed_at.is_(None)
    )
    for some in _slices(digests):
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
    for some in _slices(lifted):
        for column in _COLUMNS:
            elsewhere = select(column).join(Item, Item.id == Page.item_id).where(column.in_(some), item_held())
            still |= set(session.scalars(elsewhere))
    return {digest: Wish(one.least, one.until, True) if digest in still else one for digest, one in wishes.items()}


def _slices(digests: Iterable[str]) -> Iterable[list[str]]:
    every = sorted(digests)
    return (every[start : start + 500] for start in range(0, len(every), 500))


def _is_kept(row: ObjectLock | None, wanted: Wish, *, now: datetime) -> bool:
    """Say whether a lock is as it should be and the store said so not too long ago."""
    if row is None:
        return wanted == Wish(None, None, False)
    long_enough = wanted.least is None or (row.until is not None and row.until >= wanted.least)
    return row.state == "kept" and long_enough and row.held == wanted.held and abs(now - row.seen_at) < BELIEVED


def _set(place: Place, digest: str, row: ObjectLock | None, wanted: Wish) -> _Found:
    """Lock an object, and return what the store says of it afterwards. Raises Unavailable."""
    from archive_service.storage import retain

    name = place.object_name(digest)
    version = row.version if row is not None and row.name == name else None
    try:
        kept = retain.keep(place.bucket, name, version, least=wanted.least, until=wanted.until, held=wanted.held)
    except NotFound:
        # What is missing is damage, which reading back finds and mends.
        return _Found(place.name, digest, name, None, None, False, "refused", "missing")
    except Refused as e:
        state = "short" if e.code == "store.lock-short" else "refused"
        return _Found(place.name, digest, name, None, None, False, state, str(e.facts.get("answer", "")))
    return _Found(place.name, digest, name, kept.version, kept.until, kept.held, "kept", "")


def _write(session: Session, work: _Work, found: Sequence[_Found], *, today: date, now: datetime) -> None:
    failed = 0
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for one in found:
        row = session.get(ObjectLock, (one.digest, one.place)) or ObjectLock(digest=one.digest, store=one.place)
        failed += one.state != "kept" and row.state != one.state
        counts[one.place][one.state] += 1
        counts[one.place]["held"] += one.held and not row.held
        counts[one.place]["let_go"] += bool(row.held) and not one.held
        row.name, row.version, row.until, row.held = one.name, one.version, one.until, one.held
        row.state, row.code, row.seen_at = one.state, one.code, now
        session.add(row)
    for mark in work.marks:
        done = session.get(LockMark, mark.id) or LockMark(household_id=mark.id)
        done.revision, done.edition, done.reckoned_on = mark.revision, mark.edition, mark.reckoned_on
        done.holds, done.done_on = mark.holds, today
        session.add(done)
    session.flush()
    for store, sums in sorted(counts.items()):
        facts = {"households": [mark.id for mark in work.marks], **{name: n for name, n in sums.items() if n}}
        record(session, by=SYSTEM, did="object.locked", object_kind="store", object_id=store, unit_id=None, facts=facts,
               now=now)  # fmt: skip
    if failed:
        tell_all(session, watchers(session), but=None, kind="lock-refused", address="/fixity",
                 values={"number": failed}, once_key=f"lock-refused:{today}", now=now)  # fmt: skip
