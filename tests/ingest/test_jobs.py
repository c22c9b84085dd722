"""A person sees what is being done, stops it, and sends it on its way again."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import func, select

from archive_service import clock
from archive_service.audit.tables import AuditEntry
from archive_service.cli.services import Services
from archive_service.cli.verify import findings
from archive_service.db.session import Database
from archive_service.errors import ArchiveError, Invalid, NotFound, NotPermitted
from archive_service.households.tables import Item
from archive_service.jobs.queries import JobFilters
from archive_service.jobs.runner import Runner
from archive_service.jobs.tables import Job
from archive_service.people.queries import system_viewer
from archive_service.people.roles import Right, Role
from archive_service.people.viewer import Viewer
from archive_service.settings import Settings
from archive_service.storage.files import FileStore
from archive_service.worker import jobs as kinds
from indexing.sync import follow
from ingest import jobs
from ingest.pipeline import sweep
from ingest.receive import Said, open_batch, receive
from ingest.tables import Scan, ScanPage
from ingest.workshop import Workshop
from tests.support import records
from tests.support.at_once import at_once
from tests.support.born_digital import paper, supply_reply

ACCOUNT, APPLICATION = "5101431049", "202603100001"
PAGES = 6


@dataclass
class Place:
    """An archive with one household, and what works in it."""

    settings: Settings
    database: Database
    store: FileStore
    viewer: Viewer

    def take_in(self, data: bytes, name: str = "长.pdf") -> int:
        """Receive a file and return its scan's id."""
        with self.database.unit_of_work() as session:
            unit_id = min(self.viewer.units(Right.SCAN_RECEIVE))
            batch = open_batch(session, self.viewer, name="批", channel="cli", unit_id=unit_id, now=clock.now())
        receipt = receive(
            self.database, self.store, stream=io.BytesIO(data), file_name=name, batch_id=batch.id,
            viewer=self.viewer, said=Said(), max_bytes=10_000_000, now=clock.now(),
        )  # fmt: skip
        assert receipt.state == "received", receipt
        return receipt.scan_id

    def work(self, at: Callable[[str, Workshop], None] = lambda point, workshop: None) -> None:
        """Do all work that is owed, calling `at` with each point that a step passes."""
        workshop = kinds.open_workshop(self.settings)
        workshop.passed = lambda point: at(point, workshop)
        runner = Runner(workshop.database, kinds.handlers(workshop), "w", kinds.QUEUES, 60, clock.now)
        while runner.run_one():
            continue
        workshop.database.close()

    def job(self, scan_id: int) -> jobs.JobView:
        """Return the newest job of a scan that is not done."""
        with self.database.reading() as session:
            return jobs.jobs_of_scan(session, self.viewer, scan_id)[0]

    def cancel(self, job_id: int, reason: str = "传错了") -> None:
        with self.database.unit_of_work() as session:
            jobs.cancel(session, self.viewer, job_id, reason=reason, now=clock.now())

    def retry(self, job_id: int) -> str:
        with self.database.unit_of_work() as session:
            return jobs.retry(session, self.viewer, job_id, now=clock.now())

    def scan(self, scan_id: int) -> Scan:
        with self.database.reading() as session:
            return session.get_one(Scan, scan_id)

    def pages_read(self, scan_id: int) -> int:
        read = select(func.count()).where(ScanPage.scan_id == scan_id, ScanPage.lines_digest.is_not(None))
        with self.database.reading() as session:
            return session.scalar(read) or 0

    def did(self, verb: str) -> list[AuditEntry]:
        with self.database.reading() as session:
            return list(session.scalars(select(AuditEntry).where(AuditEntry.did == verb)))

    def amiss(self) -> tuple[object, ...]:
        """Return what `verify` finds."""
        services = Services(self.settings)
        follow(self.database, services.index, now=clock.now())
        found = findings(services, sample=None, now=clock.now()).findings
        services.database.close()
        return found


@pytest.fixture
def place(database: Database, store: FileStore, settings: Settings) -> Place:
    with database.unit_of_work() as session:
        records.case(session, account_no=ACCOUNT, application_no=APPLICATION, account_name="汪雪梅")
        viewer = system_viewer(session)
    return Place(settings, database, store, viewer)


def long_paper(pages: int = PAGES) -> bytes:
    rows = [("户号", ACCOUNT), ("申请编号", APPLICATION), ("户名", "汪雪梅")]
    return paper("低压供方案答复单", rows, pages=pages)


def after(point: str, times: int, act: Callable[[Workshop], None]) -> Callable[[str, Workshop], None]:
    """Do something once, when a point is passed for the nth time."""
    passed = 0

    def at(reached: str, workshop: Workshop) -> None:
        nonlocal passed
        if reached == point:
            passed += 1
            if passed == times:
                act(workshop)

    return at


def test_a_queued_job_is_cancelled_at_once_and_its_file_waits_for_a_person(place: Place) -> None:
    """Nobody works on it, the sweep does not take it up again, the reason is on record."""
    scan_id = place.take_in(long_paper())
    job = place.job(scan_id)
    place.cancel(job.id, "传错了户")
    place.work()
    with place.database.unit_of_work() as session:
        assert sweep(session, now=clock.now()) == 0
    scan = place.scan(scan_id)
    assert (scan.state, scan.error_code) == ("set_aside", "job.cancelled")
    assert place.job(scan_id).state == "cancelled"
    (entry,) = place.did("job.cancelled")
    assert (entry.object_kind, entry.object_id, entry.facts["reason"]) == ("job", str(job.id), "传错了户")
    assert entry.unit_id == scan.unit_id


def test_a_job_cancelled_while_pages_are_read_keeps_them_and_writes_nothing_more(place: Place) -> None:
    """The page under way is lost, the ones before stay; nothing is filed, and nothing in the store is foreign."""
    scan_id = place.take_in(long_paper())
    place.work(after("read.page", 3, lambda _: place.cancel(place.job(scan_id).id)))
    assert place.scan(scan_id).state == "set_aside"
    assert place.pages_read(scan_id) == 2
    with place.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Item)) == 0
    assert place.amiss() == ()


@pytest.mark.parametrize("point", ["check.prepared", "render.chunk", "read.prepared", "sort.prepared", "file.prepared"])
def test_a_cancelled_job_goes_on_where_it_stopped_whatever_step_it_was(place: Place, point: str) -> None:
    """Retried, the file ends as if nothing had happened: one item, every page once."""
    scan_id = place.take_in(supply_reply(ACCOUNT, APPLICATION))
    place.work(after(point, 1, lambda _: place.cancel(place.job(scan_id).id)))
    assert place.scan(scan_id).state == "set_aside"
    place.retry(place.job(scan_id).id)
    place.work()
    scan = place.scan(scan_id)
    assert (scan.state, scan.error_code, scan.error_message) == ("filed", None, None)
    with place.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Item)) == 1
        assert session.scalars(select(ScanPage.page_no).where(ScanPage.scan_id == scan_id)).all() == [1]
    assert len(place.did("scan.resumed")) == len(place.did("job.retried")) == 1
    assert place.amiss() == ()


def test_a_retried_job_reads_only_the_pages_that_are_not_read(place: Place) -> None:
    """What was finished before the cancel is not done again."""
    scan_id = place.take_in(long_paper())
    place.work(after("read.page", 3, lambda _: place.cancel(place.job(scan_id).id)))
    place.retry(place.job(scan_id).id)
    again: list[str] = []
    place.work(lambda point, _: again.append(point))
    assert again.count("read.page") == PAGES - 2
    assert place.scan(scan_id).state in ("filed", "needs_review")
    assert place.pages_read(scan_id) == PAGES


def test_the_worker_that_lost_a_cancelled_job_writes_nothing_even_after_a_retry(place: Place) -> None:
    """Its token is old for ever: the tries begin anew, the attempts do not."""
    scan_id = place.take_in(supply_reply(ACCOUNT, APPLICATION))

    def cancel_and_put_back(_: Workshop) -> None:
        job = place.job(scan_id)
        place.cancel(job.id)
        place.retry(job.id)

    seen: list[str] = []
    at = after("check.prepared", 1, cancel_and_put_back)
    place.work(lambda point, workshop: (seen.append(point), at(point, workshop))[0])
    assert seen.count("check.prepared") == 2
    assert seen.count("check.committed") == 1
    assert place.scan(scan_id).state == "filed"
    with place.database.reading() as session:
        row = session.scalars(select(Job).order_by(Job.id).limit(1)).one()
    assert (row.attempt, row.max_attempts, row.state) == (2, 4, "done")


def test_a_failed_job_is_retried_with_all_its_tries(place: Place) -> None:
    """The scan leaves the pile of those set aside; the error of before is gone."""
    scan_id = place.take_in(supply_reply(ACCOUNT, APPLICATION))
    with place.database.unit_of_work() as session:
        row = session.get_one(Job, place.job(scan_id).id)
        row.max_attempts = 1

    def fail(point: str, _: Workshop) -> None:
        if point == "check.prepared":
            raise ZeroDivisionError

    place.work(fail)
    job = place.job(scan_id)
    assert (job.state, job.error_code, job.may_retry, job.may_cancel) == ("failed", "internal.fault", True, False)
    assert job.error_message
    assert place.retry(job.id) == "light"
    back = place.job(scan_id)
    assert (back.state, back.attempt, back.max_attempts, back.error_code) == ("queued", 0, 3, None)
    place.work()
    assert place.scan(scan_id).state == "filed"


def test_what_has_ended_is_not_cancelled_and_what_is_done_or_under_way_is_not_retried(place: Place) -> None:
    """Each refusal says why."""
    scan_id = place.take_in(supply_reply(ACCOUNT, APPLICATION))
    job = place.job(scan_id)
    assert refusal(lambda: place.retry(job.id)) == "job.under-way"
    place.cancel(job.id)
    assert refusal(lambda: place.cancel(job.id)) == "job.ended"
    place.retry(job.id)
    place.work()
    assert refusal(lambda: place.cancel(job.id)) == "job.ended"
    assert refusal(lambda: place.retry(job.id)) == "job.done"
    assert refusal(lambda: place.cancel(99_999)) == "job.not-found"


def refusal(act: Callable[[], object]) -> str:
    with pytest.raises(ArchiveError) as caught:
        act()
    return caught.value.code


def test_a_cancel_needs_a_reason(place: Place) -> None:
    job = place.job(place.take_in(supply_reply(ACCOUNT, APPLICATION)))
    for reason in ("", "  ", "长" * 201):
        with pytest.raises(Invalid):
            place.cancel(job.id, reason)
    assert place.did("job.cancelled") == []


@pytest.mark.parametrize("act", ["cancel", "retry"])
def test_of_two_people_who_press_at_once_one_wins_and_the_other_is_told(place: Place, act: str) -> None:
    """One audit entry, one refusal."""
    job = place.job(place.take_in(supply_reply(ACCOUNT, APPLICATION)))
    if act == "retry":
        place.cancel(job.id)

    def press(_finger: int) -> str:
        place.cancel(job.id) if act == "cancel" else place.retry(job.id)
        return "done"

    answers = at_once(press, range(2))
    assert sorted(answers) == ["done", "job.ended" if act == "cancel" else "job.under-way"]
    assert len(place.did("job.cancelled")) == 1


def test_a_file_that_was_handed_in_again_is_not_retried(place: Place) -> None:
    """Otherwise the same bytes would be filed twice."""
    # One file: a paper that is made again bears another moment inside.
    data = supply_reply(ACCOUNT, APPLICATION)
    first = place.take_in(data)
    job = place.job(first)
    place.cancel(job.id)
    second = place.take_in(data)
    assert refusal(lambda: place.retry(job.id)) == "job.file-again"
    place.work()
    assert (place.scan(first).state, place.scan(second).state) == ("set_aside", "filed")


def test_a_container_waits_again_for_a_member_that_is_retried(place: Place, tmp_path: Path) -> None:
    """Cancelling one member brings the container to rest; retrying it opens the container until it is done."""
    import zipfile

    bundle = tmp_path / "包.zip"
    with zipfile.ZipFile(bundle, "w") as packed:
        packed.writestr("一.pdf", supply_reply(ACCOUNT, APPLICATION, note="一"))
        packed.writestr("二.pdf", supply_reply(ACCOUNT, APPLICATION, note="二"))
    container = place.take_in(bundle.read_bytes(), "包.zip")

    def cancel_a_member(_: Workshop) -> None:
        with place.database.reading() as session:
            member = session.scalars(select(Scan.id).where(Scan.parent_id == container).order_by(Scan.id)).first()
        assert member is not None
        place.cancel(place.job(member).id)

    place.work(after("check.committed", 1, cancel_a_member))
    assert place.scan(container).state == "set_aside"
    with place.database.reading() as session:
        member = session.scalars(select(Scan.id).where(Scan.parent_id == container).order_by(Scan.id)).first()
    assert member is not None
    place.retry(place.job(member).id)
    assert place.scan(container).state == "unpacked"
    place.work()
    assert place.scan(container).state == "filed"
    assert place.amiss() == ()


def test_the_archivist_sees_and_steers_the_jobs_of_their_unit_only(place: Place) -> None:
    """Another unit's job does not exist for them; a reader has no list at all."""
    scan_id = place.take_in(supply_reply(ACCOUNT, APPLICATION))
    job = place.job(scan_id)
    with place.database.unit_of_work() as session:
        near = records.viewer(session, Role.ARCHIVIST)
        elsewhere = records.unit(session, "B", below=records.unit(session))
        far = records.viewer(session, Role.ARCHIVIST, at=elsewhere)
        reader = records.viewer(session, Role.STAFF)
        session.get_one(Job, job.id).error_detail = "Traceback"
    with place.database.reading() as session:
        assert [one.id for one in jobs.listing(session, near, JobFilters()).rows] == [job.id]
        assert jobs.find(session, near, job.id).job.file_name == "长.pdf"
        assert jobs.find(session, near, job.id).error_detail is None
        assert jobs.listing(session, far, JobFilters()).rows == ()
        assert jobs.moving(session, far, [job.id]) == jobs.jobs_of_scan(session, far, scan_id) == ()
        with pytest.raises(NotFound):
            jobs.find(session, far, job.id)
        with pytest.raises(NotPermitted):
            jobs.listing(session, reader, JobFilters())
    for act in (
        lambda session: jobs.cancel(session, far, job.id, reason="不该", now=clock.now()),
        lambda session: jobs.retry(session, far, job.id, now=clock.now()),
    ):
        with pytest.raises(NotFound), place.database.unit_of_work() as session:
            act(session)


def test_who_looks_after_the_system_sees_every_job_and_its_trace_but_no_file_name(place: Place) -> None:
    """Names of files say whose they are."""
    scan_id = place.take_in(supply_reply(ACCOUNT, APPLICATION), "汪雪梅.pdf")
    job = place.job(scan_id)
    with place.database.unit_of_work() as session:
        operator = records.viewer(session, Role.SYSTEM_ADMIN)
        session.get_one(Job, job.id).error_detail = "Traceback"
        session.add(Job(kind="other", subject="x", queue="upkeep", not_before=records.NOW, created_at=records.NOW))
    with place.database.reading() as session:
        assert len(jobs.listing(session, operator, JobFilters()).rows) == 2
        detail = jobs.find(session, operator, job.id)
    assert (detail.job.scan_id, detail.job.file_name, detail.error_detail) == (scan_id, None, "Traceback")


def test_the_list_is_paged_by_key_and_filtered(place: Place) -> None:
    """Newest first; the key of the last row begins the next page."""
    made = [place.job(place.take_in(supply_reply(ACCOUNT, APPLICATION, note=str(n)))).id for n in range(5)]
    place.cancel(made[0])
    with place.database.reading() as session:
        first = jobs.listing(session, place.viewer, JobFilters(), limit=2)
        second = jobs.listing(session, place.viewer, JobFilters(), after=first.next_after, limit=3)
        cancelled = jobs.listing(session, place.viewer, JobFilters(state="cancelled"))
        light = jobs.listing(session, place.viewer, JobFilters(state="queued", queue="read"))
    assert [row.id for row in (*first.rows, *second.rows)] == made[::-1]
    assert (first.total, second.next_after) == (5, None)
    assert [row.id for row in cancelled.rows] == [made[0]]
    assert light.rows == ()
    with pytest.raises(Invalid):
        JobFilters(state="lost")


def test_all_failed_jobs_are_retried_and_one_that_cannot_be_does_not_keep_the_others(place: Place) -> None:
    """Each is a decision of its own; what was cancelled on purpose stays cancelled."""
    files = [supply_reply(ACCOUNT, APPLICATION, note=str(n)) for n in range(4)]
    scans = [place.take_in(data) for data in files]
    found = {scan_id: place.job(scan_id).id for scan_id in scans}
    place.cancel(found[scans[3]])
    with place.database.unit_of_work() as session:
        for scan_id in scans[:3]:
            session.get_one(Job, found[scan_id]).state = "failed"
            session.get_one(Scan, scan_id).state = "set_aside"
    place.take_in(files[1])
    done = jobs.retry_failed(place.database, place.viewer, JobFilters(), now=clock.now())
    assert done.jobs == (found[scans[0]], found[scans[2]])
    assert list(done.refused) == [found[scans[1]]]
    assert (done.queues, done.next_after) == (frozenset({"light"}), None)
    assert place.job(scans[3]).state == "cancelled"
    assert len(place.did("job.retried")) == 2


def test_a_running_job_says_its_step_how_far_it_is_and_since_when(place: Place) -> None:
    """Pages are counted while they are read."""
    scan_id = place.take_in(long_paper())
    seen: list[jobs.JobView] = []
    began = clock.now()
    place.work(after("read.page", 4, lambda _: seen.append(place.job(scan_id))))
    (job,) = seen
    assert (job.state, job.step, job.done_units, job.total_units) == ("running", "read", 3, PAGES)
    assert (job.attempt, job.max_attempts) == (1, 3)
    assert began <= job.since <= clock.now()
