"""Locks in the store follow the records: as long as the longest rule, held while something holds, and never shorter."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import delete, func, select

from archive_service import clock
from archive_service.audit.tables import AuditEntry
from archive_service.db.session import Database
from archive_service.errors import Refused, Unavailable
from archive_service.fixity import write_once
from archive_service.fixity.proofs import prove_all
from archive_service.holds import actions as holds
from archive_service.holds.actions import On
from archive_service.holds.rules import Terms
from archive_service.households.tables import HouseholdFile, Item
from archive_service.jobs import queue
from archive_service.notices.tables import Notice
from archive_service.people.roles import Role
from archive_service.properties.tables import PropertyRun
from archive_service.settings import Settings
from archive_service.storage.places import Stores
from archive_service.storage.record import record_object
from archive_service.storage.s3 import S3Store
from archive_service.storage.tables import ObjectLock, StoredObject
from archive_service.subjects import actions as subjects
from archive_service.subjects.rules import Said, Verdict
from archive_service.zone import local, midnight
from ingest.quality.received import better_scans
from retention import locking, paper_rules, reckoning
from retention.locking import LockHandler
from retention.paper_rules import PaperRules
from retention.tables import LockMark, RetentionDue
from tests.docs.words import ROOT
from tests.properties import world as _tables  # noqa: F401 - a run may name a batch or a package
from tests.support import lock_server, records
from tests.support.lock_server import LockServer, Version

SPAN = 364
RULES = paper_rules.load("")


@dataclass
class World:
    """An archive whose objects are in a bucket, and the server that keeps it."""

    database: Database
    server: LockServer
    store: S3Store
    stores: Stores
    now: datetime = field(default_factory=clock.now)
    rules: PaperRules = RULES

    def file(self, *contents: bytes, account_no: str = "5101431049") -> list[int]:
        """File one paper of a page for each content; return the items."""
        with self.database.unit_of_work() as session:
            head = session.scalar(select(HouseholdFile).where(HouseholdFile.account_no == account_no))
            case = records.case(session, account_no=account_no) if head is None else head.cases[0]
            made = []
            for content in contents:
                names = ("original_digest", "image_digest", "thumbnail_digest", "lines_digest")
                kept = {name: self.store.put_bytes(content + name.encode()) for name in names}
                for one in kept.values():
                    record_object(session, one, role="original", media_type="text/plain", now=self.now)
                page = replace(records.page(), **{name: one.digest for name, one in kept.items()})
                made.append(records.item(session, case, pages=(page,)).id)
            reckoning.sweep(session, today=local(self.now).date())
            return made

    def due(self, item_id: int, days: int | None) -> datetime | None:
        """Have an item come due in so many days, or on no day, as a reckoning would have said; return the moment."""
        with self.database.unit_of_work() as session:
            row = session.scalars(select(RetentionDue).where(RetentionDue.item_id == item_id)).one()
            row.outcome = "waiting" if days is None else "date"
            row.due_on = None if days is None else local(self.now).date() + timedelta(days=days)
            session.execute(delete(LockMark))
            return midnight(row.due_on) if row.due_on else None

    def prove(self) -> str:
        """Test the store."""
        return prove_all(self.database, self.stores, now=self.now)[0].state

    def lock(self) -> bool:
        """Order the job and do it, when it is owed; say whether it was."""
        with self.database.unit_of_work() as session:
            ordered = locking.ask(session, self.rules, now=self.now, today=local(self.now).date())
        claimed = queue.claim(self.database, worker="w", queues=("upkeep",), now=self.now, lease_s=600)
        assert (claimed is not None) == ordered
        if claimed is not None:
            self.handler().run(claimed)
        return ordered

    def handler(self) -> LockHandler:
        """Return what does the job."""
        return LockHandler(
            self.database,
            lambda: self.stores,
            600,
            SPAN,
            lambda: self.rules,
            better_scans,
            lambda: self.now,
            lambda: local(self.now).date(),
        )

    def original(self, item_id: int) -> Version:
        """Return the version of the received file of an item, as the server keeps it."""
        with self.database.reading() as session:
            (page,) = session.get_one(Item, item_id).pages
            (version,) = self.server.versions(page.original_digest)
        return version

    def states(self) -> set[tuple[str, str]]:
        """Return how the archive takes its objects to be locked."""
        with self.database.reading() as session:
            return {(one.state, one.code) for one in session.scalars(select(ObjectLock))}

    def counted(self) -> tuple[int, int]:
        """Return how many objects count as locked, and how many as not."""
        with self.database.reading() as session:
            (one,) = write_once.states(session, now=self.now)
        return one.locked, one.refused + one.short

    def told(self, kind: str) -> int:
        """Return how many notices of a kind were given."""
        with self.database.reading() as session:
            return session.scalar(select(func.count()).where(Notice.kind == kind)) or 0


@pytest.fixture
def world(database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with lock_server.running() as server:
        store = server.store()
        with database.unit_of_work() as session:
            records.person(session, "keeper", roles=(Role.SYSTEM_ADMIN,))
        yield World(database, server, store, Stores(store, None, tmp_path_factory.mktemp("aside")))


def test_every_object_is_locked_until_the_day_of_its_record(world: World) -> None:
    """A day that comes later moves the lock, one that comes sooner does not; then the job rests until tomorrow."""
    (item,) = world.file(b"contract")
    assert world.prove() == "enforced"
    first = world.due(item, 2000)
    assert world.lock()
    assert world.original(item).until == first
    assert world.counted() == (2, 0)
    assert not world.lock()
    world.due(item, 1000)
    world.lock()
    assert world.original(item).until == first
    later = world.due(item, 3000)
    world.lock()
    assert world.original(item).until == later
    world.now += timedelta(days=1)
    world.prove()
    asked = len(world.server.asked)
    assert world.lock()
    assert len(world.server.asked) == asked
    with pytest.raises(Refused):
        world.store.remove_for_good(next(world.store.digests()))


def test_an_object_of_two_records_is_locked_as_long_as_the_longer_one(world: World) -> None:
    """Whichever household is looked at first, and when only one of them is owed."""
    (near,) = world.file(b"shared", account_no="5101431049")
    (far,) = world.file(b"shared", account_no="5101431050")
    world.prove()
    world.due(near, 500)
    until = world.due(far, 4000)
    world.lock()
    assert world.original(near).until == until
    world.due(near, 600)
    world.lock()
    assert world.original(near).until == until


def test_a_letter_that_answers_a_request_is_locked_with_its_household(world: World) -> None:
    """While its account is open for the span; held with the whole household, and let go with it."""
    world.file(b"contract")
    letter = world.store.put_bytes(b"letter")
    with world.database.unit_of_work() as session:
        by = records.viewer(session)
        said = Said("copy", "王秀英", "self", "passport", "", "要一份合同", local(world.now).date())
        made = subjects.register(
            session, by, "5101431049", said, now=world.now, today=said.received_on, workdays_to_answer=15
        )
        subjects.decide(session, by, made.id, Verdict(False, "不属于申请人"), letter, now=world.now)
        terms = Terms("litigation", "合同纠纷", "传票", said.received_on + timedelta(days=90))
        held = holds.place(session, by, On(accounts=["5101431049"]), terms, now=world.now, today=said.received_on)
        reckoning.sweep(session, today=said.received_on)
    world.prove()
    world.lock()
    (version,) = world.server.versions(letter.digest)
    assert (version.until, version.held) == ((world.now + timedelta(days=SPAN)).replace(microsecond=0), True)
    with world.database.unit_of_work() as session:
        holds.release(session, records.system(session), held.id, reason="已经结案", now=world.now)
    world.lock()
    assert not world.server.versions(letter.digest)[0].held


def test_what_comes_due_on_no_day_is_locked_for_a_span_that_is_renewed(world: World) -> None:
    """Renewed before its half is over, and not daily."""
    (item,) = world.file(b"contract")
    world.prove()
    world.due(item, None)
    world.lock()
    first = world.original(item).until
    assert first is not None
    assert first == (world.now + timedelta(days=SPAN)).replace(microsecond=0)
    for days, renewed in ((100, False), (100, True)):
        world.now += timedelta(days=days)
        world.prove()
        world.lock()
        assert (world.original(item).until != first) is renewed


def test_holds_are_mirrored_on_and_off(world: World) -> None:
    """A hold on another household that holds the same bytes keeps it on."""
    (mine,) = world.file(b"shared", account_no="5101431049")
    (other,) = world.file(b"shared", account_no="5101431050")
    world.prove()
    world.lock()
    placed = []
    with world.database.unit_of_work() as session:
        by, today = records.system(session), local(world.now).date()
        terms = Terms("litigation", "诉讼保全", "法院来函", today + timedelta(days=90))
        for account in ("5101431049", "5101431050"):
            placed.append(holds.place(session, by, On(accounts=[account]), terms, now=world.now, today=today).id)
    assert world.lock()
    assert world.original(mine).held
    for number, held in zip(placed, (True, False), strict=True):
        with world.database.unit_of_work() as session:
            holds.release(session, records.system(session), number, reason="已经结案", now=world.now)
        assert world.lock()
        assert world.original(other).held is held


def test_a_report_of_the_four_properties_is_kept_and_held_like_the_papers_that_it_is_about(world: World) -> None:
    """As long as the longest of its case, and under its hold."""
    (short, long) = world.file(b"form", b"contract")
    with world.database.unit_of_work() as session:
        case = session.get_one(Item, short).case
        assert case is not None
        report = world.store.put_bytes(b"report")
        record_object(session, report, role="report", media_type="application/pdf", now=world.now)
        session.add(
            PropertyRun(
                moment="filing", household_id=case.household_id, case_id=case.id, unit_id=case.household.unit_id,
                edition="FP2026", state="passed", fingerprint="f" * 64, papers=2, pages=2, begun_at=world.now,
                finished_at=world.now, report_digest=report.digest,
            )
        )  # fmt: skip
    world.prove()
    world.due(short, 500)
    until = world.due(long, 4000)
    with world.database.unit_of_work() as session:
        by, today = records.system(session), local(world.now).date()
        terms = Terms("litigation", "诉讼保全", "法院来函", today + timedelta(days=90))
        holds.place(session, by, On(accounts=["5101431049"]), terms, now=world.now, today=today)
    world.lock()
    (kept,) = world.server.versions(report.digest)
    assert (kept.until, kept.held) == (until, True)


def test_a_store_that_deletes_all_the_same_is_not_asked_and_nothing_counts(world: World) -> None:
    """It held before, so those who watch are told, once."""
    (item,) = world.file(b"contract")
    world.prove()
    world.lock()
    assert world.counted() == (2, 0)
    world.server.mood = "deletes"
    world.now += timedelta(days=1)
    assert world.prove() == "broken"
    assert world.counted() == (0, 0)
    asked = len(world.server.asked)
    world.due(item, 5000)
    assert not world.lock()
    assert len(world.server.asked) == asked
    world.now += timedelta(days=1)
    world.prove()
    assert world.told("lock-unproven") == 1
    with world.database.reading() as session:
        (one,) = write_once.states(session, now=world.now)
        did = session.scalars(select(AuditEntry.did).where(AuditEntry.did.like("store.lock-%"))).all()
    assert (one.proven, one.let, one.proven_at) == (False, "deleted", world.now - timedelta(days=2))
    assert did == ["store.lock-proven", "store.lock-unproven"]


@pytest.mark.parametrize(("mood", "state"), [("denies", "refused"), ("forgets", "short")])
def test_what_the_server_does_not_lock_is_told_and_tried_again(world: World, mood: str, state: str) -> None:
    """It never counts as locked; once the server keeps locks, it does."""
    world.file(b"contract")
    world.prove()
    world.server.mood = mood  # type: ignore[assignment]
    assert world.lock()
    assert {one for one, _ in world.states()} == {state}
    assert world.counted() == (0, 2)
    assert world.told("lock-refused") == 1
    world.server.mood = "good"
    world.now += timedelta(days=1)
    world.lock()
    assert world.counted() == (2, 0)


def test_a_lock_that_somebody_took_off_is_found_and_set_again(world: World) -> None:
    """The server is asked again after a while, and a proof that is too old says nothing of today."""
    (item,) = world.file(b"contract")
    world.prove()
    world.lock()
    world.original(item).until = None
    world.now += locking.BELIEVED
    assert world.counted() == (0, 0)
    world.prove()
    world.lock()
    assert world.original(item).until is not None


def test_cut_off_between_store_and_row_the_next_run_finds_the_lock(world: World) -> None:
    """The day is not moved, and the row says what the store says."""
    (item,) = world.file(b"contract")
    world.prove()
    world.due(item, None)
    world.lock()
    until = world.original(item).until
    with world.database.unit_of_work() as session:
        session.execute(delete(ObjectLock))
        session.execute(delete(LockMark))
    world.now += timedelta(hours=1)
    world.lock()
    assert world.original(item).until == until
    with world.database.reading() as session:
        assert set(session.scalars(select(ObjectLock.until))) == {until}


def test_a_clock_thirty_years_off_locks_nothing_shorter(world: World) -> None:
    """Back: what is locked stays as it is. Forward: what is due by that clock is kept by the store all the same."""
    (item,) = world.file(b"contract")
    world.prove()
    until = world.due(item, 2000)
    world.lock()
    right = world.now
    for days in (-30 * 365, 30 * 365):
        world.now = right + timedelta(days=days)
        with world.database.unit_of_work() as session:
            session.execute(delete(LockMark))
        world.lock()
        assert world.original(item).until == until
        with pytest.raises(Refused):
            world.store.remove_for_good(next(world.store.digests()))


def test_a_server_that_is_away_leaves_the_rest_owed(world: World) -> None:
    """The job waits for its next try."""
    world.file(b"contract")
    world.prove()
    with world.database.unit_of_work() as session:
        assert locking.ask(session, RULES, now=world.now, today=local(world.now).date())
    claimed = queue.claim(world.database, worker="w", queues=("upkeep",), now=world.now, lease_s=600)
    assert claimed is not None
    away = S3Store(
        endpoint="127.0.0.1:9", access_key="a", secret_key="b" * 8, bucket="archive", secure=False, timeout_s=1
    )
    handler = replace(world.handler(), stores=lambda: Stores(away, None, world.stores.aside))
    with pytest.raises(Unavailable):
        handler.run(claimed)
    with world.database.reading() as session:
        assert session.scalars(select(LockMark)).all() == []
        assert session.scalar(select(func.count()).select_from(StoredObject)) == 4


KILLED = """
import os, signal, sys
from archive_service import clock
from archive_service.db.session import Database
from archive_service.jobs import queue
from archive_service.storage import retain
from archive_service.storage.places import Stores
from pathlib import Path
from retention.locking import LockHandler
from tests.support.two_stores import bucket_at
from tests.retention.test_locking import RULES, SPAN, better_scans, local
def killed(real):
    def run(*a, **k):
        done = real(*a, **k) if sys.argv[3] == "after" else None
        os.kill(os.getpid(), signal.SIGKILL)
        return done
    return run
database = Database(sys.argv[1])
stores = Stores(bucket_at(sys.argv[2]), None, Path("/nowhere"))
claimed = queue.claim(database, worker="w", queues=("upkeep",), now=clock.now(), lease_s=1)
retain.settle = killed(retain.settle)
LockHandler(
    database, lambda: stores, 1, SPAN, lambda: RULES, better_scans, clock.now, lambda: local(clock.now()).date()
).run(claimed)
"""


@pytest.mark.parametrize("stop", ["before", "after"])
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_killed_at_a_lock_or_a_hold_the_next_run_ends_with_both(world: World, settings: Settings, stop: str) -> None:
    """SIGKILL right before or behind what the store is asked: nothing is shorter, lifted or forgotten afterwards."""
    (item,) = world.file(b"contract")
    world.prove()
    until = world.due(item, 2000)
    with world.database.unit_of_work() as session:
        by, today = records.system(session), local(world.now).date()
        terms = Terms("litigation", "诉讼保全", "法院来函", today + timedelta(days=90))
        holds.place(session, by, On(accounts=["5101431049"]), terms, now=world.now, today=today)
        assert locking.ask(session, RULES, now=world.now, today=today)
    child = [sys.executable, "-c", KILLED, settings.url(), world.server.endpoint, stop]
    assert subprocess.run(child, check=False, cwd=ROOT).returncode == -signal.SIGKILL
    world.now = clock.now() + timedelta(minutes=10)
    claimed = queue.claim(world.database, worker="heir", queues=("upkeep",), now=world.now, lease_s=600)
    assert claimed is not None
    world.handler().run(claimed)
    assert (world.original(item).until, world.original(item).held) == (until, True)
    assert world.states() == {("kept", "")}
    assert world.counted() == (2, 0)
