"""Executing a plan: item by item, then object by object, each in a transaction of its own, and looked at afterwards.

What is stopped half way goes on where it stopped: an item is destroyed or not, an object announced, gone, or neither.
The roads by which content can be reached belong to other workflows; the worker hands them in. Source: decision 0044.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from archive_service import zone
from archive_service.audit.record import SYSTEM, record
from archive_service.db.session import Database
from archive_service.errors import Refused, Unavailable
from archive_service.households.queries import locked
from archive_service.households.tables import Item
from archive_service.jobs import queue
from archive_service.jobs.queue import Claimed
from archive_service.people.queries import system_viewer
from archive_service.storage import removal
from archive_service.storage.places import Stores
from archive_service.storage.record import record_object
from archive_service.storage.tables import RemovedObject, StoredObject
from retention import certificate, lists, lock_ends
from retention import disposal_rules as rules
from retention.candidates import Holds, held
from retention.disposal import backups_until, check_time, refused_now
from retention.disposal_rules import State
from retention.disposal_tables import DisposalItem, DisposalList, Tombstone

#: While a package of an item is being made nothing of it is destroyed, and how long it is until that is asked again.
MAKING = "disposal.package-making"
_SOON = timedelta(minutes=5)


class Road(Protocol):
    """One way by which the content of an item can be reached."""

    def close(self, session: Session, item: Item) -> Collection[str]:
        """Take out what this way holds of an item; return the digests of the objects that it named."""

    def names(self, session: Session, digest: str) -> bool:
        """Say whether anything that is not destroyed names the object."""

    def still_open(self, session: Session, item_id: int) -> str:
        """Return what can still be read of a destroyed item by this way; empty for nothing."""


@dataclass(frozen=True)
class ExecuteHandler:
    """The job handler that executes a plan that two witnesses signed."""

    database: Database
    #: Opened when needed: the second store may be away while nothing is destroyed.
    stores: Callable[[], Stores]
    roads: Sequence[Road]
    lease_s: float
    #: Days for which backups are kept, and for which they may hold what was destroyed.
    backup_days: int
    now: Callable[[], datetime]
    holds: Holds = held
    #: Called with the name of each point that is passed; tests stop the process there.
    passed: Callable[[str], None] = field(default=lambda point: None)

    def run(self, claimed: Claimed) -> None:
        """Destroy what the plan says, take the objects out, look whether anything can be read, certify it."""
        list_id = int(claimed.subject)
        self._check(list_id)
        locked = self._locked(list_id)
        if locked is not None:
            self._wait(claimed, list_id, locked)
            return
        try:
            while self._next_item(claimed, list_id):
                self.passed("dispose-item")
            self._objects(claimed, list_id)
        except (Refused, Unavailable) as e:
            if e.code == "store.locked":
                self._wait(claimed, list_id, self._objects_locked(list_id))
            elif e.code == MAKING:
                with self.database.unit_of_work() as session:
                    queue.postpone(session, claimed, code=e.code, until=self.now() + _SOON)
            else:
                raise
            return
        self._look(list_id)
        self.passed("dispose-looked")
        self._certify(claimed, list_id)

    def give_up(self, session: Session, claimed: Claimed, *, code: str, now: datetime) -> None:
        """Leave the list where it is: the failed job says why, and tried again it goes on behind what is done."""

    def _check(self, list_id: int) -> None:
        """Refuse a list that nobody signed for twice, and one whose items are not those of the plan."""
        with self.database.reading() as session:
            row = session.get_one(DisposalList, list_id)
            rules.check_state(row.state, State.EXECUTING, State.DONE)
            items = list(session.scalars(_of_plan(list_id)))
            assert row.plan_hash is not None
            rules.check_plan(rules.plan_digest(row.number, lists.planned(items)), row.plan_hash)

    def _locked(self, list_id: int) -> datetime | None:
        """Return until when a store keeps something of an item that is still to go: it was locked since the plan."""
        with self.database.reading() as session:
            waiting = session.scalars(_of_plan(list_id).where(DisposalItem.state == "listed"))
            ends = lock_ends.locked_until(session, [one.item_id for one in waiting], now=self.now())
        return max(ends.values(), default=None)

    def _objects_locked(self, list_id: int) -> datetime:
        """Return until when the objects that wait to be taken out are locked, as far as is known."""
        with self.database.reading() as session:
            going = removal.going(session, session.get_one(DisposalList, list_id).number)
            return lock_ends.objects_until(session, going, now=self.now())

    def _wait(self, claimed: Claimed, list_id: int, until: datetime) -> None:
        """Have the job come again by itself on the first day without the lock, and put on record that it waits."""
        day = lock_ends.free_on(until)
        with self.database.unit_of_work() as session:
            row = session.get_one(DisposalList, list_id, with_for_update=True)
            row.locked_until = day
            lists.note(session, row, "disposal.put-off", {"until": str(day)}, by=system_viewer(session), now=self.now())
            queue.postpone(session, claimed, code="disposal.locked", until=zone.midnight(day))

    def _next_item(self, claimed: Claimed, list_id: int) -> bool:
        """Destroy the next item, or let it drop out when it may not go; say whether there was one."""
        claimed.check()
        now = self.now()
        with self.database.unit_of_work() as session:
            row = session.get_one(DisposalList, list_id, with_for_update=True)
            wanted = _of_plan(list_id).where(DisposalItem.state == "listed").limit(1)
            one = session.scalar(wanted)
            if one is None:
                return False
            today = zone.local(now).date()
            check_time(session, row, now=now, today=today)
            household = locked.household_for_update(session, one.household_id)
            item = locked.item_for_update(session, one.item_id)
            refused = refused_now(session, row, today=today, holds=self.holds, only=one)
            if refused:
                lists.drop(session, row, one, refused[0][1], by=system_viewer(session), now=now)
            else:
                self._destroy(session, row, one, item, now=now)
                household.revision += 1
            queue.renew(session, claimed, now=now, lease_s=self.lease_s)
        return True

    def _destroy(self, session: Session, row: DisposalList, one: DisposalItem, item: Item, *, now: datetime) -> None:
        if session.get_bind().dialect.name == "sqlite":
            # What is deleted is overwritten, not only forgotten.
            session.connection().exec_driver_sql("pragma secure_delete = on")
        digests = {digest for road in self.roads for digest in road.close(session, item)}
        item.state, item.reasons, item.marks = "withdrawn", [], None
        one.state = "destroyed"
        session.add(
            Tombstone(
                item_id=one.item_id,
                household_id=one.household_id,
                code=one.code,
                title=one.title,
                document_type=one.document_type,
                document_date=one.document_date,
                filed_on=one.filed_on,
                destroyed_at=now,
                pages=one.pages,
                content_hash=one.content_hash,
                register_no=row.number,
            )
        )
        session.flush()
        free = [digest for digest in digests if not any(road.names(session, digest) for road in self.roads)]
        removal.announce(session, free, register_no=row.number, now=now)
        facts = {"number": row.number, "code": one.code, "sha256": one.content_hash, "objects": len(free)}
        record(
            session,
            by=SYSTEM,
            did="item.destroyed",
            object_kind="item",
            object_id=item.id,
            unit_id=row.unit_id,
            facts=facts,
            now=now,
        )

    def _objects(self, claimed: Claimed, list_id: int) -> None:
        """Take every announced object out of every store, but for those that something came to name meanwhile."""
        with self.database.reading() as session:
            number = session.get_one(DisposalList, list_id).number
            going = removal.going(session, number)
        stores = self.stores()
        for done, digest in enumerate(going, start=1):
            claimed.check()
            with self.database.unit_of_work() as session:
                queue.renew(session, claimed, now=self.now(), lease_s=self.lease_s, done=done, total=len(going))
                if any(road.names(session, digest) for road in self.roads):
                    removal.withdraw(session, digest)
                    continue
            self.passed("dispose-announced")
            lock_ends.lift_holds(self.database, stores, digest, now=self.now())
            removal.remove(self.database, stores, digest, now=self.now())
            self.passed("dispose-object")

    def _look(self, list_id: int) -> None:
        """Raise Unavailable, so that the job comes again, while anything destroyed can still be read by some way."""
        with self.database.reading() as session:
            row = session.get_one(DisposalList, list_id)
            gone = select(DisposalItem.item_id).where(
                DisposalItem.list_id == list_id, DisposalItem.state == "destroyed"
            )
            items = list(session.scalars(gone))
            open_ways = {way for one in items for road in self.roads if (way := road.still_open(session, one))}
            removed = session.scalars(select(RemovedObject.digest).where(RemovedObject.register_no == row.number)).all()
            back = set(session.scalars(select(StoredObject.digest).where(StoredObject.digest.in_(removed))))
        stores = self.stores()
        there = {digest: places for digest in removed if digest not in back and (places := stores.holding(digest))}
        if there:
            # Put back meanwhile, by hand or by a restored copy: the next try takes them out again.
            removal.announce_again(self.database, list(there))
            open_ways.update(place for places in there.values() for place in places)
        if not self.database.settle():
            open_ways.add("数据库日志")
        if open_ways:
            raise Unavailable(
                "disposal.still-readable",
                f"销毁后的内容仍可从这里读到：{'、'.join(sorted(open_ways))}。任务会自动再试；如一直不成功，请通知管理员。",
                ways=sorted(open_ways),
            )

    def _certify(self, claimed: Claimed, list_id: int) -> None:
        now = self.now()
        with self.database.reading() as session:
            row = session.get_one(DisposalList, list_id)
            until = backups_until(row.second_witnessed_at or now, self.backup_days)
            made = certificate.of(session, row, backups_until=until) if row.state != State.DONE else None
        stored = self.stores().first.put_bytes(made) if made is not None else None
        self.passed("dispose-certified")
        with self.database.unit_of_work() as session:
            row = session.get_one(DisposalList, list_id, with_for_update=True)
            if stored is not None and row.state == State.EXECUTING:
                record_object(session, stored, role="report", media_type="application/pdf", now=now)
                row.state, row.done_at, row.backups_until = State.DONE.value, now, until
                row.certificate_digest = stored.digest
                facts = {"sha256": stored.digest, "plan": row.plan_hash, "backups_until": str(until)}
                lists.note(session, row, "disposal.done", facts, by=system_viewer(session), now=now)
            queue.finish(session, claimed, now=now)


def _of_plan(list_id: int) -> Select[DisposalItem]:
    """Select the items of the plan that was signed, destroyed or dropped since or not."""
    wanted = select(DisposalItem).where(DisposalItem.list_id == list_id, DisposalItem.in_plan)
    return wanted.order_by(DisposalItem.item_id)
