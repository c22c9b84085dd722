"""A disposal never stands still in silence: where a store still keeps something, it waits for a day that is said."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from archive_service import clock
from archive_service.db.session import Database
from archive_service.errors import Refused
from archive_service.jobs import queue
from archive_service.jobs.tables import Job
from archive_service.storage import lock_rows, retain
from archive_service.storage.places import Stores
from archive_service.storage.record import record_object
from archive_service.storage.tables import RemovedObject
from archive_service.zone import local, midnight
from ingest.erasing import ScanRoad
from retention import disposal_queries
from retention.disposal_tables import DisposalList
from retention.erase import ExecuteHandler
from retention.lock_ends import free_on
from retention.roads import FileRoad
from tests.retention.world import World, world
from tests.support import lock_server, records
from tests.support.lock_server import LockServer


@dataclass
class There:
    """Two papers that are due, in a bucket that locks, and the list of one of them."""

    here: World
    server: LockServer
    stores: Stores
    digest: str
    item: int

    def lock(self, days: float, *, held: bool = False) -> None:
        """Lock the object of the paper for so many days, as the job of the locks would."""
        (place,) = retain.places(self.stores)
        until = self.here.now + timedelta(days=days) if days else None
        said = retain.settle(place, self.digest, known=None, least=until, until=until, held=held)
        assert said.state == "kept"
        with self.here.database.unit_of_work() as session:
            lock_rows.note(session, said, now=self.here.now)

    def run(self) -> None:
        """Do the job of the execution once."""
        ways = (FileRoad(), ScanRoad())
        handler = ExecuteHandler(
            self.here.database, lambda: self.stores, ways, 600, 90, lambda: self.here.now, holds=self.here.holds
        )
        handler.run(self.here.claim())

    def approved(self) -> int:
        """Bring a list as far as its approval, with the waiting period over."""
        list_id = self.here.freeze([self.item])
        self.here.judge(list_id, [self.item])
        self.here.propose(list_id)
        self.here.decide(list_id)
        self.here.days_pass(self.here.waiting_days)
        return list_id

    def waits(self) -> tuple[str, object, object]:
        """Return state and time of the job, and the day that the list says."""
        with self.here.database.reading() as session:
            job = session.scalars(select(Job).order_by(Job.id.desc())).first()
            row = session.scalars(select(DisposalList)).one()
            assert job is not None
            return job.state, job.not_before, row.locked_until


@pytest.fixture
def there(database: Database, tmp_path: Path) -> Iterator[There]:
    with lock_server.running() as server:
        store = server.store()
        here = world(database, store)
        # The server goes by its own clock.
        here.now = max(clock.now(), here.now) + timedelta(minutes=1)
        stored = store.put_bytes(b"contract")
        with database.unit_of_work() as session:
            record_object(session, stored, role="original", media_type="text/plain", now=here.now)
            case = records.case(session)
            item = records.item(session, case, pages=(records.page(1, digest=stored.digest),)).id
        yield There(here, server, Stores(store, None, tmp_path / "aside"), stored.digest, item)


def test_what_is_locked_is_not_planned_and_the_day_is_said(there: There) -> None:
    """On the list, in the refusal; and on that day it goes."""
    list_id = there.approved()
    there.lock(3)
    day = local(there.here.now).date() + timedelta(days=4)
    with pytest.raises(Refused) as told:
        there.here.plan(list_id)
    assert (told.value.code, told.value.facts["from_day"]) == ("disposal.locked", str(day))
    with there.here.database.reading() as session:
        viewer = there.here.viewer(session, "asker")
        shown = disposal_queries.one(session, viewer, list_id, now=there.here.now)
    assert (shown.free_on, shown.items[0].free_on) == (day, day)
    there.here.days_pass(4)
    plan_hash = there.here.plan(list_id)
    there.lock(1)
    with pytest.raises(Refused) as told:
        there.here.witness(list_id, "first", plan_hash)
    assert told.value.code == "disposal.locked"


def test_locked_after_the_signatures_it_goes_on_by_itself_the_day_after(there: There) -> None:
    """Nothing is touched until then, no try is used up, and the list says until when."""
    list_id = there.here.signed([there.item])
    there.lock(3)
    day = local(there.here.now).date() + timedelta(days=4)
    for _ in range(queue.TRIES + 1):
        there.run()
        assert there.waits() == ("queued", midnight(day), day)
        with there.here.database.unit_of_work() as session:
            session.scalars(select(Job).order_by(Job.id.desc())).first().not_before = there.here.now  # type: ignore[union-attr]
    assert there.here.trail().count("item.destroyed") == 0
    there.server.versions(there.digest)[0].until = None
    there.here.days_pass(4)
    there.run()
    assert there.here.state(list_id) == "done"
    assert not there.stores.first.exists(there.digest)


def test_a_lock_that_nobody_knew_of_puts_the_rest_off_a_day(there: There) -> None:
    """The item is gone, its object announced; the job comes again by itself until the store lets it go."""
    list_id = there.here.signed([there.item])
    there.server.versions(there.digest)[0].until = there.here.now + timedelta(days=2)
    there.run()
    state, _, day = there.waits()
    assert (state, day) == ("queued", free_on(there.here.now + timedelta(days=1)))
    assert there.here.trail()[-2:] == ["item.destroyed", "disposal.put-off"]
    there.server.versions(there.digest)[0].until = None
    there.here.days_pass(3)
    there.run()
    assert there.here.state(list_id) == "done"
    with there.here.database.reading() as session:
        assert session.get_one(RemovedObject, there.digest).removed_at is not None


def test_a_hold_that_was_released_is_lifted_before_the_object_goes(there: There) -> None:
    """The round that mirrors holds may not have come by since, and later nobody would know of it."""
    list_id = there.here.signed([there.item])
    there.lock(0, held=True)
    there.run()
    assert there.here.state(list_id) == "done"
    assert not there.stores.first.exists(there.digest)


def test_what_another_paper_keeps_is_in_nobodys_way(there: There) -> None:
    """Its object stays when the item goes, so its lock does not matter."""
    with there.here.database.unit_of_work() as session:
        case = records.case(session, account_no="5101431050", application_no="202603100002")
        records.item(session, case, pages=(records.page(1, digest=there.digest),))
    list_id = there.here.signed([there.item])
    there.lock(3)
    there.run()
    assert there.here.state(list_id) == "done"
    assert there.stores.first.exists(there.digest)


def test_the_day_after_is_the_first_without_any_of_the_lock(there: There) -> None:
    today = local(there.here.now).date()
    assert free_on(midnight(today)) == today
    assert free_on(midnight(today) + timedelta(seconds=1)) == today + timedelta(days=1)
