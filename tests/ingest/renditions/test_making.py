"""Every filed item gets its rendition from a job of its own, and only the one of the item as it is is handed over."""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import pypdf
import pytest
from sqlalchemy import func, select

from archive_service import clock
from archive_service.audit.tables import AuditEntry
from archive_service.db.session import Database
from archive_service.errors import ArchiveError, NotFound, NotPermitted, Refused, Unavailable
from archive_service.households import actions
from archive_service.households.tables import HouseholdFile, Item, Page
from archive_service.households.values import NewPage
from archive_service.jobs.actions import cancel
from archive_service.jobs.runner import Runner
from archive_service.jobs.tables import Job
from archive_service.people.roles import Role
from archive_service.people.viewer import Viewer
from archive_service.settings import Settings
from archive_service.storage.files import FileStore
from archive_service.storage.tables import StoredObject
from archive_service.subjects import actions as subjects
from archive_service.subjects.tables import SubjectRequest
from archive_service.worker import jobs
from ingest.renditions import about, assemble, queries
from ingest.renditions.make import make_now
from ingest.renditions.owed import RENDITION_JOB, owe
from ingest.renditions.queries import Readiness, hand_over, readiness, sweep
from ingest.renditions.tables import PDF_A, Rendition
from ingest.tables import Batch, Scan
from ingest.workshop import Workshop
from tests.subjects.test_concealed import restrict
from tests.support import records
from tests.support.faulty import Faults, FaultyStore
from tests.support.stored_pages import stored_page

TEXT = "低压供电方案答复单\n编号 5101431049"


@dataclass
class Archive:
    """A migrated archive with one filed item whose page lies in the store."""

    settings: Settings
    database: Database
    store: FileStore
    item_id: int
    viewer: Viewer

    def work(self) -> None:
        """Do all work that is owed."""
        runner = jobs.open_runner(self.settings, worker="worker")
        while runner.run_one():
            continue
        runner.database.close()

    def work_with(self, store: FaultyStore, *, later: timedelta) -> None:
        """Do all work that is owed at a later time, with a store that fails."""

        def now() -> datetime:
            return clock.now() + later

        workshop = Workshop(self.settings, self.database, store, now=now, today=lambda: records.TODAY)
        runner = Runner(self.database, jobs.handlers(workshop), "worker", jobs.QUEUES, self.settings.lease_s, now)
        while runner.run_one():
            continue

    def owe(self) -> None:
        """Ask for the rendition as filing does."""
        with self.database.unit_of_work() as session:
            owe(session, self.item_id, now=clock.now())

    def made(self) -> Rendition:
        """What is on record of the rendition."""
        with self.database.reading() as session:
            return session.get_one(Rendition, (self.item_id, PDF_A))

    def state(self) -> Readiness:
        """How far the rendition is."""
        with self.database.reading() as session:
            return readiness(session, self.item_id)

    def hand_over(self, viewer: Viewer | None = None) -> queries.Handed:
        """Ask for the rendition as a door does."""
        return hand_over(self.database, viewer or self.viewer, self.item_id, now=clock.now())

    def refused(self, viewer: Viewer | None = None) -> ArchiveError:
        """The error that asking for it ends in."""
        with pytest.raises(ArchiveError) as told:
            self.hand_over(viewer)
        return told.value

    def owed(self) -> int:
        """How many renditions are to be made."""
        with self.database.reading() as session:
            waiting = select(func.count()).select_from(Job).where(Job.kind == RENDITION_JOB, Job.state == "queued")
            return session.scalar(waiting) or 0

    def sweep(self, *, below: int | None = None, later: timedelta = timedelta()) -> queries.Swept:
        """Look for items without a rendition."""
        with self.database.unit_of_work() as session:
            return sweep(session, below=below, now=clock.now() + later)


@pytest.fixture
def archive(settings: Settings, database: Database, store: FileStore) -> Archive:
    """One item of one page."""
    with database.unit_of_work() as session:
        item = records.item(session, records.case(session), "P03L", pages=(stored_page(store, TEXT, 40),))
        viewer = records.viewer(session)
    return Archive(settings, database, store, item.id, viewer)


def text_of(archive: Archive, digest: str) -> str:
    return pypdf.PdfReader(io.BytesIO(archive.store.read(digest))).pages[0].extract_text().rstrip("\n")


def test_a_rendition_is_made_by_its_job_and_kept_as_an_object_on_record(archive: Archive) -> None:
    archive.owe()
    archive.work()
    made = archive.made()
    assert made.digest is not None
    assert text_of(archive, made.digest) == TEXT
    with archive.database.reading() as session:
        kept = session.get_one(StoredObject, made.digest)
    assert (kept.role, kept.media_type, kept.size_bytes) == (
        "rendition", "application/pdf", len(archive.store.read(made.digest)),
    )  # fmt: skip


def test_a_rendition_leaves_under_the_number_of_the_item_and_on_record(archive: Archive) -> None:
    archive.owe()
    archive.work()
    handed = archive.hand_over()
    assert handed.digest == archive.made().digest
    with archive.database.reading() as session:
        entry = session.scalars(select(AuditEntry).order_by(AuditEntry.seq.desc()).limit(1)).one()
        item = session.get_one(Item, archive.item_id)
        assert handed.file_name == f"{item.household.account_no}-001-{item.title}.pdf"
    assert (entry.did, entry.object_id, entry.facts["sha256"]) == (
        "rendition.downloaded", str(archive.item_id), handed.digest,
    )  # fmt: skip


def test_what_is_not_made_yet_is_asked_for_once_by_whoever_wants_it(archive: Archive) -> None:
    """An item filed by an older version: the first request puts it in the queue, the next ones find it there."""
    assert archive.state() is Readiness.WAITING
    first, second = archive.refused(), archive.refused()
    assert isinstance(first, Unavailable)
    assert (first.code, second.code) == ("rendition.not-ready", "rendition.not-ready")
    assert archive.owed() == 1
    archive.work()
    assert archive.hand_over().digest == archive.made().digest


def test_nobody_has_it_who_may_not_take_originals_out(archive: Archive) -> None:
    """The right is asked for before anything else is said; other centres do not even learn that there is an item."""
    archive.owe()
    archive.work()
    with archive.database.unit_of_work() as session:
        root = records.unit(session)
        reader, auditor = records.viewer(session, Role.STAFF), records.viewer(session, Role.AUDITOR)
        elsewhere = records.viewer(session, at=records.unit(session, "B", below=root))
    assert isinstance(archive.refused(reader), NotPermitted)
    assert isinstance(archive.refused(auditor), NotPermitted)
    assert isinstance(archive.refused(elsewhere), NotFound)


def test_a_withdrawn_item_has_none(archive: Archive) -> None:
    """Neither one that was made before nor one that is asked for afterwards."""
    archive.owe()
    archive.work()
    with archive.database.unit_of_work() as session:
        actions.withdraw_item(
            session, item_id=archive.item_id, reason="扫错", by=records.system(session), now=clock.now(),
            today=records.TODAY,
        )  # fmt: skip
    told = archive.refused()
    assert isinstance(told, Refused)
    assert told.code == "rendition.withdrawn"
    archive.owe()
    archive.work()
    assert archive.sweep().count == 0


@pytest.mark.parametrize("change", ["page", "lines", "order", "type", "builder"])
def test_an_outdated_one_is_not_handed_over_but_made_again(
    archive: Archive, change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever it was made from is another today: a picture, a text, the order of pages, the type, the builder."""
    add_page(archive, stored_page(archive.store, "第二页", 90))
    archive.owe()
    archive.work()
    before = archive.made().digest
    alter(archive, change, monkeypatch)
    assert archive.state() is Readiness.WAITING
    assert archive.refused().code == "rendition.not-ready"
    archive.work()
    assert archive.hand_over().digest == archive.made().digest
    if change != "builder":
        assert archive.made().digest != before


def add_page(archive: Archive, new: NewPage, page_no: int = 2) -> None:
    with archive.database.unit_of_work() as session:
        session.add(Page(item_id=archive.item_id, page_no=page_no, **vars(new)))


def alter(archive: Archive, change: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if change == "builder":
        for module in ("about", "source", "make", "queries"):
            monkeypatch.setattr(f"ingest.renditions.{module}.BUILDER", about.BUILDER + 1)
        return
    with archive.database.unit_of_work() as session:
        first, second = session.scalars(select(Page).where(Page.item_id == archive.item_id).order_by(Page.page_no))
        if change == "page":
            first.image_digest = stored_page(archive.store, TEXT, 41).image_digest
        elif change == "lines":
            first.lines_digest = stored_page(archive.store, "再次识读", 40).lines_digest
        elif change == "order":
            first.page_no = 3
            session.flush()
            second.page_no = 1
        else:
            actions.retype_item(
                session, item_id=archive.item_id, document_type="A02R", title="用电登记表", by=records.system(session),
                now=clock.now(), today=records.TODAY,
            )  # fmt: skip


def test_making_it_again_from_the_same_pages_gives_the_same_object(archive: Archive) -> None:
    archive.owe()
    archive.work()
    before = archive.made()
    with archive.database.unit_of_work() as session:
        session.delete(session.get_one(Rendition, (archive.item_id, PDF_A)))
    archive.owe()
    archive.work()
    assert (archive.made().digest, archive.made().fingerprint) == (before.digest, before.fingerprint)


def test_a_page_whose_picture_is_lost_costs_the_rendition_and_nothing_else(archive: Archive) -> None:
    """It is on record as failed, said so to whoever asks, and tried again the next day."""
    add_page(archive, replace(stored_page(archive.store, "第二页", 90), image_digest="e" * 64))
    archive.owe()
    archive.work()
    assert (archive.state(), archive.made().error_code) == (Readiness.FAILED, "store.not-found")
    told = archive.refused()
    assert isinstance(told, Refused)
    assert (told.code, told.facts) == ("rendition.failed", {"cause": "store.not-found"})
    with archive.database.reading() as session:
        assert session.get_one(Item, archive.item_id).state == "filed"
    assert archive.sweep().count == 0
    assert archive.sweep(later=queries.TRY_AGAIN).count == 1


def test_a_page_that_is_no_picture_costs_the_rendition_and_nothing_else(archive: Archive) -> None:
    strange = archive.store.put_bytes(b"\xff\xd8 no picture").digest
    add_page(archive, replace(stored_page(archive.store, "第二页", 90), image_digest=strange))
    archive.owe()
    archive.work()
    assert (archive.state(), archive.made().error_code) == (Readiness.FAILED, "rendition.page-unreadable")


def test_a_page_that_was_not_read_is_shown_without_text(archive: Archive) -> None:
    add_page(archive, replace(stored_page(archive.store, "第二页", 90), lines_digest=""))
    archive.owe()
    archive.work()
    made = archive.made()
    assert made.digest is not None
    document = pypdf.PdfReader(io.BytesIO(archive.store.read(made.digest)))
    assert [page.extract_text().strip() for page in document.pages] == [TEXT, ""]


def test_an_item_without_pages_or_with_too_many_bytes_has_none(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(assemble, "MOST_BYTES", 10)
    archive.owe()
    archive.work()
    assert archive.made().error_code == "rendition.too-large"
    with archive.database.unit_of_work() as session:
        session.delete(session.scalars(select(Page).where(Page.item_id == archive.item_id)).one())
    archive.owe()
    archive.work()
    assert archive.made().error_code == "rendition.no-pages"


def test_a_store_that_is_away_is_tried_again_and_then_given_up_for_today(archive: Archive) -> None:
    """What may pass is no fault of the item: the job is tried three times before it is said to have failed."""
    away = Faults("read", nth=1, times=1000)
    archive.owe()
    later = timedelta()
    for _ in range(3):
        assert archive.state() is Readiness.WAITING
        archive.work_with(FaultyStore(archive.store, away), later=later)
        later += timedelta(minutes=5)
    assert (archive.state(), archive.made().error_code) == (Readiness.FAILED, "store.unavailable")
    assert away.thrown == 3
    assert archive.sweep(later=queries.TRY_AGAIN + later).count == 1


def test_the_sweep_gives_the_items_of_older_versions_to_the_workers_in_portions(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Newest first, never more than a portion at a time, each once; what is made is left alone."""
    with archive.database.unit_of_work() as session:
        case = records.case(session)
        ids = [archive.item_id, *(
            records.item(session, case, "P03L", pages=(stored_page(archive.store, f"第 {n} 件", n),)).id
            for n in range(4)
        )]  # fmt: skip
    monkeypatch.setattr(queries, "PORTION", 2)
    monkeypatch.setattr(queries, "LOOKED_AT", 3)
    first = archive.sweep()
    assert (first.count, archive.owed()) == (2, 2)
    assert archive.sweep(below=first.below).count == 0
    place, rounds = first.below, 0
    while rounds < 8:
        archive.work()
        place, rounds = archive.sweep(below=place).below, rounds + 1
    with archive.database.reading() as session:
        assert sorted(session.scalars(select(Rendition.item_id))) == ids
        jobs_done = session.scalar(select(func.count()).select_from(Job).where(Job.kind == RENDITION_JOB))
    assert jobs_done == len(ids)


def test_a_job_that_a_person_cancelled_is_left_until_somebody_asks_for_it(archive: Archive) -> None:
    archive.owe()
    with archive.database.unit_of_work() as session:
        cancel(session, session.scalars(select(Job.id).where(Job.kind == RENDITION_JOB)).one(), now=clock.now())
    assert archive.sweep().count == 0
    assert archive.refused().code == "rendition.not-ready"
    assert archive.owed() == 1


def test_whoever_waits_gets_it_made_at_once_beside_the_workers(archive: Archive) -> None:
    """The command line does not wait for a worker, and the job that was there already finds nothing left to do."""
    archive.owe()
    workshop = jobs.open_workshop(archive.settings)
    make_now(workshop, archive.item_id)
    workshop.database.close()
    before = archive.made()
    archive.work()
    assert archive.made().made_at == before.made_at
    assert archive.hand_over().digest == before.digest


def test_pages_that_change_while_it_is_made_make_it_once_more(archive: Archive) -> None:
    """What was made is of yesterday's pages, so it is not handed over; the next job makes the right one."""
    workshop = jobs.open_workshop(archive.settings)
    seen: list[str] = []

    def passed(point: str) -> None:
        if point == "rendition.prepared" and not seen:
            add_page(archive, stored_page(archive.store, "后来的一页", 77))
        seen.append(point)

    workshop.passed = passed
    make_now(workshop, archive.item_id)
    workshop.database.close()
    assert (archive.state(), archive.owed()) == (Readiness.WAITING, 1)
    archive.work()
    made = archive.hand_over()
    assert len(pypdf.PdfReader(io.BytesIO(archive.store.read(made.digest))).pages) == 2


def test_the_wait_is_for_what_came_out_of_the_files_handed_in_and_ends_with_it(archive: Archive) -> None:
    """Of a ZIP the members count; what failed once is not waited for."""
    container, member, other = received(archive)
    with archive.database.unit_of_work() as session:
        session.get_one(Item, archive.item_id).scan_id = member
    archive.owe()
    with archive.database.unit_of_work() as session:
        assert [queries.being_made(session, [one]) for one in (container, member, other)] == [1, 1, 0]
        session.scalars(select(Job)).one().error_code = "store.unavailable"
        session.flush()
        assert queries.being_made(session, [container]) == 0
    archive.work()
    with archive.database.reading() as session:
        assert queries.being_made(session, [container]) == 0


def test_nothing_is_made_of_what_is_stored_only_until_that_ends(archive: Archive) -> None:
    """Not by its job, not by the sweep, not for who opened it; then the sweep makes up for it."""
    with archive.database.unit_of_work() as session:
        item = session.get_one(Item, archive.item_id)
        head = session.get_one(HouseholdFile, item.household_id)
        restrict(session, archive.viewer, head, item.item_no)
    archive.owe()
    archive.work()
    assert (archive.state(), archive.sweep().count, archive.owed()) == (Readiness.WAITING, 0, 0)
    assert archive.refused().code == "item.restricted"
    keeper = replace(archive.viewer, opened=frozenset({archive.item_id}))
    assert archive.refused(keeper).code == "rendition.stored-only"
    assert archive.owed() == 0
    with archive.database.unit_of_work() as session:
        (asked,) = session.scalars(select(SubjectRequest.id)).all()
        subjects.lift(session, archive.viewer, asked, reason="当事人撤回", now=clock.now())
    assert archive.sweep().count == 1
    archive.work()
    assert archive.state() is Readiness.READY


def received(archive: Archive) -> list[int]:
    """The ids of a container, its member and another file."""
    with archive.database.unit_of_work() as session:
        unit = records.unit(session)
        batch = Batch(name="批", channel="cli", unit_id=unit.id, received_at=clock.now())
        session.add(batch)
        session.flush()
        made: list[Scan] = []
        for n in range(3):
            scan = Scan(
                batch_id=batch.id, unit_id=unit.id, parent_id=made[0].id if n == 1 else None, file_name=f"{n}",
                digest=f"{n}" * 64, size_bytes=1, received_at=clock.now(),
            )  # fmt: skip
            session.add(scan)
            session.flush()
            made.append(scan)
        return [scan.id for scan in made]


def test_a_rendition_is_written_nowhere_but_in_the_store(archive: Archive) -> None:
    archive.owe()
    archive.work()
    left = [path for path in (archive.settings.home / "work").rglob("*") if path.is_file()]
    assert left == list[Path]()
