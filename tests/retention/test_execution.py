"""Destroying what a plan says and nothing else, wherever it is stopped, so that nothing can be read afterwards."""

from __future__ import annotations

import ast
import io
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pypdf
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from archive_service import clock
from archive_service.audit.tables import AuditEntry
from archive_service.cli.services import Services
from archive_service.cli.verify import findings
from archive_service.db.session import Database
from archive_service.errors import ArchiveError, Refused, Unavailable
from archive_service.exchange import actions as packages
from archive_service.exchange.tables import Package
from archive_service.holds.actions import On, release
from archive_service.holds.actions import place as hold
from archive_service.holds.rules import Terms
from archive_service.households.tables import HouseholdFile, Item, ItemField, Page
from archive_service.jobs import queue
from archive_service.jobs.tables import Job
from archive_service.lifecycle.tables import ClosedFile
from archive_service.settings import Settings
from archive_service.storage.choose import open_stores
from archive_service.storage.files import FileStore
from archive_service.storage.memory import MemoryStore
from archive_service.storage.record import record_object
from archive_service.storage.tables import RemovedObject, StoredObject
from indexing.erasing import IndexRoad
from indexing.identities import actions as identities
from indexing.index import index_of
from indexing.sync import follow
from ingest.erasing import ScanRoad
from ingest.tables import Scan, ScanPage
from retention import reckoning
from retention.disposal import EXECUTE_JOB
from retention.disposal_tables import DisposalItem, DisposalList, Tombstone
from retention.erase import MAKING, ExecuteHandler
from retention.roads import FileRoad
from retention.tables import RetentionDue
from tests.docs.words import ROOT
from tests.faults.test_kill import ACCOUNT, APPLICATION, take_in, work_on
from tests.retention.world import World, filed, papers, world
from tests.support import records

#: Where the work is stopped; between taking an object out and striking it off, a worker is killed for real.
POINTS = ("dispose-item", "dispose-announced", "dispose-certified")

#: What is stopped, and what papers say, is the same on both databases.
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


class Stopped(BaseException):
    """The process is gone."""


def handler(here: World, settings: Settings, *, stop_at: str = "", roads: bool = True) -> ExecuteHandler:
    """Return what executes, with all ways or only that of the household file."""

    def passed(point: str) -> None:
        if point == stop_at:
            raise Stopped

    ways = (FileRoad(), ScanRoad(), IndexRoad(lambda: index_of(settings))) if roads else (FileRoad(), ScanRoad())
    return ExecuteHandler(
        here.database, lambda: open_stores(settings, here.store), ways, 600, 90, lambda: here.now, holds=here.holds,
        passed=passed,
    )  # fmt: skip


@pytest.fixture
def there(database: Database, store: FileStore, settings: Settings) -> World:
    """Two papers that were taken in for real, indexed and hashed, of which the first is signed for."""
    with database.unit_of_work() as session:
        records.case(session, account_no=ACCOUNT, application_no=APPLICATION, account_name="汪雪梅")
    take_in(database, store, note="壹号附言仅见于此件")
    take_in(database, store, note="贰号附言仅见于彼件")
    work_on(settings)
    here = world(database, store)
    here.now = max(here.now, clock.now() + timedelta(minutes=1))
    bring_up(here, settings)
    return here


def bring_up(here: World, settings: Settings) -> None:
    """Let index and hashes follow."""
    follow(here.database, index_of(settings), now=here.now)
    identities.follow(here.database, b"k" * 32)


def execute(here: World, settings: Settings, list_id: int) -> None:
    """Do the job until it is done, as a worker would: the index follows between two tries."""
    with pytest.raises(Unavailable):
        handler(here, settings).run(here.claim())
    bring_up(here, settings)
    here.now += timedelta(hours=1)
    handler(here, settings).run(here.claim())
    assert here.state(list_id) == "done"


def wrong(here: World, settings: Settings) -> list[str]:
    """Return what `verify` finds."""
    services = Services(settings)
    found = findings(services, sample=None, now=here.now).findings
    services.database.close()
    return [f"{one.kind} {one.subject}" for one in found]


def files_with(root: Path, needles: list[bytes]) -> Iterator[Path]:
    """Yield the files below a folder that hold one of the needles."""
    for path in root.rglob("*"):
        if path.is_file() and any(one in path.read_bytes() for one in needles):
            yield path


def test_what_was_destroyed_is_found_nowhere(there: World, database: Database, settings: Settings) -> None:
    gone, kept = filed(database)
    with database.reading() as session:
        objects = {d for row in session.execute(select(Page.original_digest, Page.image_digest, Page.thumbnail_digest,
                   Page.lines_digest).where(Page.item_id == gone.id)) for d in row}  # fmt: skip
    execute(there, settings, there.signed([gone.id]))
    assert wrong(there, settings) == []
    with database.reading() as session:
        stone = session.scalars(select(Tombstone)).one()
        assert (stone.item_id, stone.title, stone.register_no) == (gone.id, gone.title, "XH-ROOT-2027-0001")
        assert [one.state for one in session.scalars(select(Item).order_by(Item.id))] == ["withdrawn", "filed"]
        assert session.scalar(select(func.count()).where(ItemField.item_id == gone.id)) == 0
        assert objects <= set(session.scalars(select(RemovedObject.digest)))
        assert not objects & set(session.scalars(select(StoredObject.digest)))
        assert [one.text for one in session.scalars(select(ScanPage).where(ScanPage.scan_id == gone.scan_id))] == [None]
        assert session.get_one(Scan, gone.scan_id).file_name == str(gone.scan_id)
    assert not any(there.store.exists(one) for one in objects)
    dump = sqlite3.connect(settings.home / "archive.db") if not settings.database_url else None
    if dump is not None:
        whole = "\n".join(dump.iterdump())
        dump.close()
        assert "贰号附言" in whole
        assert "壹号附言" not in whole
    needles = ["壹号附言".encode()]
    assert list(files_with(settings.home, needles)) == []
    assert kept.state == "filed"


@ON_SQLITE
def test_the_certificate_says_what_was_done(there: World, database: Database, settings: Settings) -> None:
    gone, _ = filed(database)
    list_id = there.signed([gone.id])
    execute(there, settings, list_id)
    with database.reading() as session:
        row = session.get_one(DisposalList, list_id)
        content = session.scalars(select(DisposalItem.content_hash)).one()
        assert row.backups_until is not None
        assert row.certificate_digest is not None
    pdf = pypdf.PdfReader(io.BytesIO(there.store.read(row.certificate_digest)))
    text = "".join(page.extract_text() for page in pdf.pages).replace("\n", "")
    for said in ("档案销毁证明", row.number, "销毁 1 件", str(row.backups_until)):
        assert said.replace(" ", "") in text.replace(" ", "")
    for digest in (row.plan_hash, content):
        assert digest is not None
        assert digest in text.replace(" ", "")


@ON_SQLITE
@pytest.mark.parametrize("point", POINTS)
def test_stopped_anywhere_it_goes_on_and_ends_once(
    there: World, database: Database, settings: Settings, point: str
) -> None:
    gone, _ = filed(database)
    list_id = there.signed([gone.id])
    late = point == "dispose-certified"
    if late:
        with pytest.raises(Unavailable):
            handler(there, settings).run(there.claim())
        bring_up(there, settings)
        there.now += timedelta(hours=1)
    with pytest.raises(Stopped):
        handler(there, settings, stop_at=point).run(there.claim())
    bring_up(there, settings)
    there.now += timedelta(hours=1)
    handler(there, settings).run(there.claim())
    assert there.state(list_id) == "done"
    assert wrong(there, settings) == []
    told = there.trail()
    assert (told.count("item.destroyed"), told.count("disposal.done")) == (1, 1)


@ON_SQLITE
def test_a_worker_that_is_killed_leaves_the_rest_to_the_next(
    there: World, database: Database, settings: Settings
) -> None:
    gone, _ = filed(database)
    # The processes live in the present day, so the list is made in it.
    there.now, there.waiting_days = clock.now() + timedelta(seconds=1), 0
    with database.unit_of_work() as session:
        there.now = max(there.now, session.scalars(select(func.max(AuditEntry.at))).one())
    list_id = there.signed([gone.id])
    point = "dispose-object"
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.doomed_worker", point, "doomed"],
        env={**os.environ, **settings.environment()}, cwd=ROOT, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == -signal.SIGKILL
    queue.release(database, worker="doomed", now=clock.now())
    bring_up(there, settings)
    work_on(settings)
    assert there.state(list_id) == "done"
    assert wrong(there, settings) == []


def test_bytes_that_another_paper_holds_stay(database: Database, settings: Settings) -> None:
    here = world(database, MemoryStore())
    shared = here.store.put_bytes(b"one file with two papers").digest
    with database.unit_of_work() as session:
        case = records.case(session)
        gone = records.item(session, case, pages=(records.page(1, digest=shared),)).id
        records.item(session, case, "K01R", pages=(records.page(2, digest=shared),))
    here.signed([gone])
    handler(here, settings, roads=False).run(here.claim())
    assert here.store.exists(shared)
    with database.reading() as session:
        removed = set(session.scalars(select(RemovedObject.digest)))
    assert shared not in removed
    assert removed


@ON_SQLITE
@pytest.mark.parametrize("sealed", [False, True], ids=["plain", "encrypted"])
def test_second_copy_and_damaged_bytes_go_too(database: Database, settings: Settings, *, sealed: bool) -> None:
    """And the look afterwards asks for them: a copy that came back meanwhile is named, and taken out again."""
    key_file = str(settings.home / "keys") if sealed else ""
    kept_twice = {"second_store": str(settings.home / "second"), "encryption_key_file": key_file}
    settings = settings.model_copy(update=kept_twice)
    stores = open_stores(settings)
    assert stores.second is not None
    here = world(database, stores.first)
    stored = here.store.put_bytes(b"goes")
    for store in (stores.first, stores.second):
        store.put_bytes(b"goes")
        store.mend(stored.digest, io.BytesIO(b"goes"), stores.aside / ("first" if store is stores.first else "second"))
    assert stores.holding(stored.digest) == ["对象存储", "第二存储", "校验隔离目录"]
    with database.unit_of_work() as session:
        record_object(session, stored, role="original", media_type="text/plain", now=here.now)
        case = records.case(session)
        gone = records.item(session, case, pages=(records.page(1, digest=stored.digest),)).id
    list_id = here.signed([gone])
    came_back: list[str] = []

    def passed(point: str) -> None:
        if point == "dispose-object" and not stores.holding(stored.digest) and not came_back:
            came_back.append(stores.second.put_bytes(b"goes").digest if stores.second else "")

    with pytest.raises(Unavailable) as told:
        replace(handler(here, settings, roads=False), passed=passed).run(here.claim())
    assert told.value.facts == {"ways": ["第二存储"]}
    here.now += timedelta(hours=1)
    handler(here, settings, roads=False).run(here.claim())
    assert here.state(list_id) == "done"
    assert stores.holding(stored.digest) == []


@ON_SQLITE
def test_packages_that_hold_a_destroyed_paper_go_with_it(database: Database, settings: Settings) -> None:
    """That of the whole household and those that name the paper; while one is being made the disposal waits."""
    here = world(database, MemoryStore())
    gone, kept = papers(database, 2)
    made: list[tuple[int, str]] = []
    with database.unit_of_work() as session:
        head = session.scalars(select(HouseholdFile)).one()
        numbers = {one.id: one.item_no for one in session.scalars(select(Item))}
        for items in (None, [numbers[gone]], [numbers[kept]]):
            stored = here.store.put_bytes(f"PK {items}".encode())
            record_object(session, stored, role="package", media_type="application/zip", now=here.now)
            row = Package(
                household_id=head.id, unit_id=head.unit_id, direction="out", format="bagit", state="ready",
                items=items, asked_at=here.now, digest=stored.digest,
            )  # fmt: skip
            session.add(row)
            session.flush()
            made.append((row.id, stored.digest))
    list_id = here.signed([gone])
    with database.unit_of_work() as session:
        account = session.scalars(select(HouseholdFile.account_no)).one()
        asked = packages.ask_package(
            session, records.system(session), account, format="bagit", items=None, now=here.now
        ).id
    handler(here, settings, roads=False).run(here.claim())
    assert [one.id for one in filed(database)] == [gone, kept]
    with database.unit_of_work() as session:
        jobs = {(one.kind, one.subject): one for one in session.scalars(select(Job))}
        jobs[packages.PACK_JOB, str(asked)].state = "done"
        waits = jobs[EXECUTE_JOB, str(list_id)]
        assert (waits.state, waits.error_code) == ("queued", MAKING)
    here.now += timedelta(hours=1)
    handler(here, settings, roads=False).run(here.claim())
    assert here.state(list_id) == "done"
    assert [here.store.exists(digest) for _, digest in made] == [False, False, True]
    with database.unit_of_work() as session:
        with pytest.raises(Refused) as refused:
            packages.hand_over(session, records.system(session), made[0][0], now=here.now)
        assert refused.value.code == "package.cleared"
        assert packages.hand_over(session, records.system(session), made[2][0], now=here.now)[0].id == made[2][0]


def test_a_hold_between_signature_and_execution_keeps_the_item(database: Database, settings: Settings) -> None:
    here = world(database, MemoryStore())
    items = papers(database, 2)
    list_id = here.signed(items)
    with database.unit_of_work() as session:
        terms = Terms("dispute", "用户投诉未结", "95598 工单", here.today + timedelta(days=60))
        hold(session, here.viewer(session, "asker"), On(item_ids=items[:1]), terms, now=here.now, today=here.today)
    handler(here, settings, roads=False).run(here.claim())
    assert [one.id for one in filed(database)] == items[:1]
    with database.reading() as session:
        wanted = select(DisposalItem.dropped_why).where(
            DisposalItem.list_id == list_id, DisposalItem.state == "dropped"
        )
        assert session.scalars(wanted).all() == ["冻结：用户投诉未结"]


@ON_SQLITE
def test_what_became_longer_after_the_signatures_is_not_destroyed(database: Database, settings: Settings) -> None:
    """Also before the upkeep has reckoned it: the day is reckoned anew in the transaction that destroys."""
    here = world(database, MemoryStore())
    here.waiting_days = 1
    item = papers(database, 1)
    with database.unit_of_work() as session:
        head = session.scalars(select(HouseholdFile)).one()
        session.add(ClosedFile(household_id=head.id, number="S-1", closed_on=date(2000, 1, 1), reopen_reason=""))
        head.state = "closed"
        session.scalars(select(Item)).one().filed_at = here.now.replace(year=2000)
        reckoning.reckon_account(session, head.account_no, today=here.today)
        assert session.scalars(select(RetentionDue)).one().due_on == date(2005, 1, 4)
    here.signed(item)
    with database.unit_of_work() as session:
        terms = Terms("dispute", "用户投诉未结", "95598 工单", here.today + timedelta(days=60))
        asker, on = here.viewer(session, "asker"), On(accounts=[head.account_no])
        made = hold(session, asker, on, terms, now=here.now, today=here.today)
        release(session, asker, made.id, reason="已经和解", now=here.now)
    handler(here, settings, roads=False).run(here.claim())
    assert [one.id for one in filed(database)] == item
    with database.reading() as session:
        assert "保管期限已变更" in session.scalars(select(DisposalItem.dropped_why)).one()


def test_a_list_whose_items_are_not_those_of_the_plan_is_not_executed(database: Database, settings: Settings) -> None:
    here = world(database, MemoryStore())
    items = papers(database, 2)
    here.signed(items[:1])
    with database.unit_of_work() as session:
        one = session.scalars(select(DisposalItem)).one()
        one.item_id, one.code = items[1], "another"
    with pytest.raises(Refused) as told:
        handler(here, settings, roads=False).run(here.claim())
    assert told.value.code == "disposal.other-plan"
    assert len(filed(database)) == 2


STEPS = st.lists(
    st.sampled_from(["freeze", "judge", "keep", "propose", "approve", "back", "plan", "first", "second", "head",
                     "run", "wait", "hold"]),
    min_size=6, max_size=16,
)  # fmt: skip


@settings(
    max_examples=6, derandomize=True, database=None, deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip
@given(steps=STEPS)
def test_no_sequence_destroys_what_is_not_on_a_signed_plan(
    steps: list[str], migrated_file: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Whatever is done in whatever order: an item that is gone was on a plan that two others signed."""
    home = tmp_path_factory.mktemp("home")
    shutil.copy(migrated_file, home / "archive.db")
    own = Settings(_env_file=None, home=home, workers=1)  # type: ignore[call-arg]
    database = Database(own.url())
    here = world(database, MemoryStore())
    here.waiting_days = 1
    items, plan, list_id = papers(database, 2), "0" * 64, 0
    for step in ["freeze", "judge", "propose", *steps]:
        try:
            if step == "freeze":
                list_id = here.freeze(items)
            elif step in ("judge", "keep"):
                here.judge(list_id, items if step == "judge" else items[:1],
                           "destroy" if step == "judge" else "permanent", reason="重要用户档案")  # fmt: skip
            elif step == "propose":
                here.propose(list_id)
            elif step in ("approve", "back"):
                here.decide(list_id, approve=step == "approve", note="请再核对一次")
            elif step == "plan":
                plan = here.plan(list_id)
            elif step == "wait":
                here.days_pass(1)
            elif step == "hold":
                here.holds = lambda _session, asked: {one: "冻结" for one in asked if one == items[1]}
            elif step == "run":
                claimed = queue.claim(database, worker="w", queues=("upkeep",), now=here.now, lease_s=600)
                if claimed is not None:
                    handler(here, own, roads=False).run(claimed)
            else:
                here.witness(list_id, step, plan)
        except ArchiveError:
            continue
    with database.reading() as session:
        gone = set(session.scalars(select(Item.id).where(Item.state != "filed")))
        asked = select(DisposalItem.item_id).join(DisposalList, DisposalList.id == DisposalItem.list_id)
        signed = (DisposalList.decided_by.is_not(None), DisposalList.second_witness.is_not(None))
        planned = asked.where(DisposalItem.in_plan, DisposalItem.opinion == "destroy", *signed)
        allowed = set(session.scalars(planned))
        assert gone <= allowed
        assert gone == set(session.scalars(select(Tombstone.item_id)))
    database.close()


def test_there_is_no_other_delete() -> None:
    """One module takes bytes out of the stores, a store of the one within it; two modules import it."""
    callers, importers = set(), set()
    for package in ("archive_service", "ingest", "indexing", "retention"):
        for path in (ROOT / package).rglob("*.py"):
            text = path.read_text("utf-8")
            # Most modules name none of it, and need not be understood.
            if "remov" not in text:
                continue
            tree = ast.parse(text)
            name = path.relative_to(ROOT).as_posix()
            for node in ast.walk(tree):
                if isinstance(node, ast.Attribute) and node.attr in (
                    "remove_for_good",
                    "remove_object",
                    "remove_objects",
                ):
                    callers.add((name, node.attr))
                if isinstance(node, ast.ImportFrom) and any(one.name == "removal" for one in node.names):
                    importers.add(name)
    assert callers - {("archive_service/storage/lock.py", "remove_object")} == {
        ("archive_service/storage/removal.py", "remove_for_good"),
        ("archive_service/storage/encrypted.py", "remove_for_good"),
        ("archive_service/storage/s3.py", "remove_object"),
    }
    assert importers == {"archive_service/fixity/actions.py", "retention/erase.py"}
