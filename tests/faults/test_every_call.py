"""Every call to the outside, of every step, fails once in every way that it can: a delay, and nothing else.

The table says what each step asks of store, database and index, and how often. One test holds it against what the steps
really ask, so a step or a call that is new is missed here; the others make each call of the table fail.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any, cast

import numpy as np
import pytest
from pydantic import SecretStr
from sqlalchemy import delete, func, select
from sqlalchemy.exc import OperationalError

from archive_service.audit.tables import AuditEntry
from archive_service.db.session import Database
from archive_service.editions import actions as editions
from archive_service.editions.actions import CHECK_JOB
from archive_service.editions.tables import CatalogueCheck, CatalogueDraft, CatalogueFinding
from archive_service.errors import ArchiveError
from archive_service.exchange import actions as packages
from archive_service.exchange.actions import PACK_JOB
from archive_service.exchange.hand_ins import actions as handing_in
from archive_service.exchange.hand_ins.actions import TAKE_JOB
from archive_service.exchange.tables import HandIn
from archive_service.fixity.actions import check_some
from archive_service.fixity.proofs import prove_all
from archive_service.households.csv_rows import rows_of
from archive_service.households.tables import HouseholdFile, Page
from archive_service.imports import actions as imports
from archive_service.imports.actions import IMPORT_JOB
from archive_service.imports.tables import CaseImport, CaseImportPart
from archive_service.jobs.tables import Job
from archive_service.notices import actions as notices
from archive_service.notices import outbox
from archive_service.notices.outbox import SEND_JOB
from archive_service.notices.rules import HELD
from archive_service.notices.tables import NoticeMail
from archive_service.people.queries import viewer_for
from archive_service.people.tables import Person
from archive_service.proofs import actions as proofs
from archive_service.proofs.actions import CHECK_JOB as AUDIT_CHECK_JOB
from archive_service.proofs.actions import EXPORT_JOB as AUDIT_EXPORT_JOB
from archive_service.proofs.selecting import Asked
from archive_service.proofs.tables import AuditRun
from archive_service.settings import Settings
from archive_service.storage.choose import open_stores
from archive_service.storage.files import FileStore
from archive_service.storage.tables import ObjectLock
from archive_service.webhooks import actions as webhooks
from archive_service.webhooks.actions import DELIVERY_JOB
from archive_service.webhooks.tables import WebhookDelivery
from indexing.index import Index, open_index
from indexing.sync import follow
from ingest import pipeline
from ingest.again.queries import READ_AGAIN_JOB
from ingest.again.tables import PageReadingRow
from ingest.ocr import images
from ingest.quality.rescan import RESCAN_JOB
from ingest.quality.tables import Rescan
from ingest.receive import STEP_JOB
from ingest.review.turns import REREAD_JOB
from ingest.tables import Scan, ScanPage
from retention import actions as schedules
from retention import locking, paper_rules, reckoning
from retention.actions import RUN_JOB
from retention.disposal import EXECUTE_JOB
from retention.locking import LOCK_JOB
from retention.tables import LockMark, PaperLockMark, RetentionDraft, RetentionRun
from tests.catalogue.test_desk_rules import text
from tests.cli.test_import_preview import line
from tests.retention.test_reckoning import SHORTER
from tests.support import born_digital, faulty, lock_server, records
from tests.support.archive import COLUMNS
from tests.support.faulty_place import ACCOUNT, APPLICATION, FaultyPlace
from tests.support.lock_server import LockServer
from tests.support.mail_server import MailServer
from tests.support.receiver import listening, subscribed

#: What is asked, how often, while one page is taken through a step; "unpack" is the check of a ZIP with two papers.
ASKED: Mapping[str, Mapping[str, int]] = {
    "receive": {"put": 1, "put-half": 3, "put-done": 1, "begin": 1, "commit": 1, "commit-lost": 1},
    "unpack": {"reading": 1, "read": 1, "fetch-half": 1, "put": 2, "put-half": 4, "put-done": 2, "begin": 2,
               "commit": 2, "commit-lost": 2},
    "check": {"reading": 1, "read": 1, "fetch-half": 1, "begin": 1, "commit": 1, "commit-lost": 1},
    "render": {"reading": 2, "read": 1, "fetch-half": 1, "put": 2, "put-done": 2, "begin": 2, "commit": 2,
               "commit-lost": 2},
    "read": {"reading": 3, "read": 3, "put": 3, "put-done": 3, "begin": 2, "commit": 2, "commit-lost": 2},
    "sort": {"reading": 2, "read": 1, "begin": 1, "commit": 1, "commit-lost": 1},
    "file": {"reading": 1, "begin": 1, "commit": 1, "commit-lost": 1},
    "item.rendition": {"reading": 1, "read": 2, "put": 1, "put-half": 2, "put-done": 1, "begin": 1, "commit": 1,
                       "commit-lost": 1},
    "page.reread": {"reading": 2, "read": 3, "put": 3, "put-done": 3, "begin": 2, "commit": 2, "commit-lost": 2},
    "page.rescan": {"reading": 2, "read": 5, "fetch-half": 1, "put": 5, "put-done": 5, "begin": 1, "commit": 1,
                    "commit-lost": 1},
    "scan.read-again": {"reading": 3, "read": 4, "put": 3, "put-done": 3, "begin": 2, "commit": 2, "commit-lost": 2},
    "catalogue.check": {"reading": 2, "begin": 1, "commit": 1, "commit-lost": 1},
    "package.make": {"reading": 1, "read": 40, "put": 1, "put-half": 3, "put-done": 1, "begin": 1,
                     "commit": 1, "commit-lost": 1},
    "package.take": {"reading": 3, "read": 1, "fetch-half": 1, "put": 1, "put-half": 3, "put-done": 1, "begin": 1,
                     "commit": 1, "commit-lost": 1},
    "package.look": {"reading": 2, "read": 1, "fetch-half": 1, "begin": 1, "commit": 1, "commit-lost": 1},
    "audit-check": {"reading": 1, "begin": 1, "commit": 1, "commit-lost": 1},
    "audit-export": {"reading": 4, "put": 1, "put-half": 2, "put-done": 1, "begin": 3, "commit": 3, "commit-lost": 3},
    "retention.run": {"reading": 1, "begin": 1, "commit": 1, "commit-lost": 1},
    "storage.lock": {"reading": 12, "begin": 10, "commit": 10, "commit-lost": 10},
    "cases.import": {"begin": 2, "commit": 2, "commit-lost": 2},
    "webhook": {"reading": 1, "begin": 1, "commit": 1, "commit-lost": 1},
    "notice-mails": {"begin": 4, "commit": 4, "commit-lost": 4},
    "index": {"reading": 3, "index-open": 1, "index-add": 1, "index-commit": 1, "index-lost": 1, "begin": 1,
              "commit": 1, "commit-lost": 1},
}  # fmt: skip
Ways = Mapping[str, tuple[Callable[[], Exception], str]]
AWAY, FULL = (faulty.store_away, "store.unavailable"), (faulty.store_full, "store.full")
SILENT = (faulty.disk_silent, "store.unavailable")
CUT, LATE = (faulty.cut_off, "database.unavailable"), (faulty.locked, "database.unavailable")
GONE = (faulty.refused, "database.unavailable")
#: How a call can fail, and the class under which its job then waits: refused, too late, half done, no room.
WAYS: Mapping[str, Ways] = {
    "put": {"refused": AWAY, "too late": SILENT, "no room": FULL},
    "put-half": {"half done": AWAY, "no room": FULL},
    "put-done": {"answer lost": AWAY},
    "read": {"refused": AWAY, "too late": SILENT},
    "fetch-half": {"half done": AWAY, "no room": (faulty.disk_full, "disk.full")},
    "reading": {"refused": GONE, "too late": LATE},
    "begin": {"refused": GONE, "too late": LATE},
    "commit": {"cut off": CUT, "too late": LATE, "no room": (faulty.database_full, "database.unavailable")},
    "commit-lost": {"answer lost": CUT},
    "index-open": {"refused": (faulty.index_away, "index.unusable")},
    "index-add": {"half done": (faulty.index_away, "index.unusable")},
    "index-commit": {"refused": (faulty.index_away, "index.unusable")},
    "index-lost": {"answer lost": (faulty.index_away, "index.unusable")},
}
OF_THE_DATABASE = frozenset({"reading", "begin", "commit", "commit-lost"})
#: What is run one after the other after a file was received.
JOBS = [*(step.name for step in pipeline.STEPS.values()), "item.rendition"]
#: The first pass of a package that was handed in, before somebody accepts it.
LOOK = "package.look"
#: What auditors ask of the trail.
PROOFS = [AUDIT_CHECK_JOB, AUDIT_EXPORT_JOB]
#: What is run for a page that waits for review; nothing is filed by it.
AT_THE_DESK = [REREAD_JOB, RESCAN_JOB, READ_AGAIN_JOB]
#: What has points of its own: tests/retention/test_execution.py stops it at each of them.
STOPPED_ELSEWHERE = {EXECUTE_JOB}
#: What other programs are told of.
TOLD = "scan.filed"
#: What a page seems to say that was read the wrong way up.
MISREAD = "乱码"


@pytest.fixture
def receiver() -> Iterator[Any]:
    with listening() as server:
        yield server


@pytest.fixture
def post() -> Iterator[MailServer]:
    with MailServer().up() as server:
        yield server


@pytest.fixture
def locks() -> Iterator[LockServer]:
    with lock_server.running() as server:
        yield server


@pytest.fixture
def place(
    database: Database, store: FileStore, settings: Settings, receiver: Any, post: MailServer, locks: LockServer
) -> Iterator[FaultyPlace]:
    """An archive with one household, which may tell one program, and people by mail, and keeps a second copy in S3."""
    settings = settings.model_copy(
        update={
            "webhook_hosts": f"127.0.0.1:{receiver.server_port}", "smtp_url": post.url(), "smtp_starttls": False,
            "mail_from": "archive@grid.test", "second_store": "s3://second", "second_s3_endpoint": locks.endpoint,
            "second_s3_access_key": SecretStr("a"), "second_s3_secret_key": SecretStr("b" * 8),
            "second_s3_secure": False,
        }
    )  # fmt: skip
    with database.unit_of_work() as session:
        records.case(session, account_no=ACCOUNT, application_no=APPLICATION, account_name="汪雪梅")
    made = FaultyPlace(settings, database, store)
    yield made
    made.faulty_database.close()


def failures(place: FaultyPlace, step: str) -> Iterator[tuple[str, str, Callable[[], Exception], str, int]]:
    """Yield call, way, what is thrown, the class of it, and which call of that kind it is: the first and the last.

    On PostgreSQL only the calls of the database: what follows on those of the store and the index was seen on SQLite.
    """
    on_postgres = place.settings.url().startswith("postgresql")
    for call, times in ASKED[step].items():
        if on_postgres and call not in OF_THE_DATABASE:
            continue
        for way, (make, code) in WAYS[call].items():
            for nth in sorted({1, times}):
                yield call, way, make, code, nth


def paper(note: str) -> bytes:
    return born_digital.supply_reply(ACCOUNT, APPLICATION, note=note)


def nobodys_paper(note: str) -> bytes:
    """Return a paper of one page that names no household, so that it waits for review."""
    return born_digital.paper("告知确认书", [("说明", note)])


def bundle(note: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as members:
        for number in (1, 2):
            members.writestr(f"{number}.pdf", paper(f"{note} {number}"))
    return packed.getvalue()


def hand_in(place: FaultyPlace, step: str, note: str) -> None:
    """Receive a file and take it up to the step."""
    if step == DELIVERY_JOB:
        place.take_in(paper(note))
        place.finish()
        assert webhooks.follow(place.database, now=place.now()) == 1
        return
    if step == SEND_JOB:
        tell(place, note)
        return
    if step == "unpack":
        place.take_in(bundle(note), "包.zip")
        return
    if step in AT_THE_DESK:
        ask_at_the_desk(place, step, note)
        return
    if step == IMPORT_JOB:
        hand_in_cases(place, note)
        return
    if step == PACK_JOB:
        with place.database.unit_of_work() as session:
            number = session.scalars(select(HouseholdFile.account_no).order_by(HouseholdFile.id)).first() or ""
            by = records.system(session)
            packages.ask_package(session, by, number, format="bagit", items=None, now=place.now())
        return
    if step in (TAKE_JOB, LOOK):
        hand_in_package(place, note, accepted=step == TAKE_JOB)
        return
    if step == LOCK_JOB:
        order_locks(place)
        return
    if step in (AUDIT_CHECK_JOB, AUDIT_EXPORT_JOB):
        with place.database.unit_of_work() as session:
            by = records.system(session)
            if step == AUDIT_CHECK_JOB:
                proofs.ask_check(session, by, now=place.now())
            else:
                proofs.ask_export(session, by, Asked(), now=place.now())
        return
    if step == RUN_JOB:
        with place.database.unit_of_work() as session:
            by = records.system(session)
            draft = session.scalar(select(RetentionDraft.id))
            draft = draft or schedules.save_draft(session, by, SHORTER, draft_id=None, now=place.now()).id
            schedules.preview(session, by, draft, now=place.now())
        return
    if step == CHECK_JOB:
        with place.database.unit_of_work() as session:
            by, unit = records.system(session), records.unit(session)
            number = session.scalar(select(CatalogueDraft.id))
            if number is None:
                number = editions.save_draft(
                    session, draft_id=None, unit_id=unit.id, text=text(), by=by, now=place.now()
                ).id
            editions.preview_draft(session, draft_id=number, by=by, now=place.now())
        return
    place.take_in(paper(note))
    for _ in range(JOBS.index(step)):
        assert place.runner.run_one()


def hand_in_package(place: FaultyPlace, note: str, *, accepted: bool) -> int:
    """Hand in a bag of another program with one file, which is no paper, and accept it; return what was handed in."""
    content = note.encode()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as members:
        members.writestr("bagit.txt", "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n")
        members.writestr("manifest-sha256.txt", f"{hashlib.sha256(content).hexdigest()}  data/1.txt\n")
        members.writestr("data/1.txt", content)
    stored = place.store.put_bytes(packed.getvalue())
    with place.database.unit_of_work() as session:
        by = records.system(session)
        made = handing_in.hand_in(
            session, by, stored, name=note, channel="web", unit_id=records.unit(session).id, as_named=False,
            now=place.now(),
        ).id  # fmt: skip
    if accepted:
        place.finish()
        with place.database.unit_of_work() as session:
            handing_in.accept(session, records.system(session), made, now=place.now())
    return made


def order_locks(place: FaultyPlace) -> None:
    """Have every object in the second store, which is on a server that locks, and order its lock anew."""
    stores = open_stores(place.settings)
    prove_all(place.database, stores, now=place.now())
    check_some(place.database, stores, budget_bytes=10**9, before=place.now(), now=place.now, agent="test")
    with place.database.unit_of_work() as session:
        reckoning.sweep(session, today=records.TODAY)
        for table in (LockMark, PaperLockMark, ObjectLock):
            session.execute(delete(table))
        assert locking.ask(session, paper_rules.load(""), now=place.now(), today=records.TODAY)


def hand_in_cases(place: FaultyPlace, note: str) -> int:
    """Hand in a file of one case and confirm its preview; return the file."""
    with place.database.unit_of_work() as session:
        serial = session.scalar(select(func.count()).select_from(CaseImport)) or 0
        at = records.unit(session)
        person = session.scalar(select(Person.id).where(Person.login == "importer"))
        person = person or records.person(session, "importer", at=at).id
        by = viewer_for(session, person, now=place.now())
        assert by is not None
        content = f"{COLUMNS}\n{','.join(str(cell or '') for cell in line(serial, centre=at.code))}"
        made = imports.hand_in(session, lambda: rows_of(content), name=note, by=by, now=place.now()).id
    place.finish()
    with place.database.unit_of_work() as session:
        imports.confirm(session, made, by=by, now=place.now())
    return made


def tell(place: FaultyPlace, note: str) -> None:
    """Tell somebody something that goes out by mail."""
    with place.database.unit_of_work() as session:
        person = session.scalar(select(Person).where(Person.login == "reader")) or records.person(session, "reader")
        person.email = "reader@grid.test"
        values = {"application_no": APPLICATION, "paper": "K01R", "by": note}
        notices.tell(
            session, to=person.id, kind="ruling-asked", address="/", values=values, once_key=note, now=place.now()
        )
    assert outbox.follow(place.database, place.settings, now=place.now()) == 1


def ask_at_the_desk(place: FaultyPlace, job: str, note: str) -> ScanPage:
    """Take a paper as far as it goes without a person and give the job at the desk; return the page before."""
    scan_id = place.take_in(nobodys_paper(note)).scan_id
    place.finish()
    before = place.page(scan_id)
    if job == RESCAN_JOB:
        place.hand_in_better(scan_id, nobodys_paper(f"重扫{note}"))
        return before
    if job == READ_AGAIN_JOB:
        place.ask_again(scan_id)
        return before
    place.turn(scan_id, 90)
    with place.database.unit_of_work() as session:
        session.get_one(ScanPage, before.id).text = MISREAD
    return before


def job_codes(place: FaultyPlace, above: int = 0) -> dict[int, str | None]:
    with place.database.reading() as session:
        return {job.id: job.error_code for job in session.scalars(select(Job).where(Job.id > above))}


def index_of(place: FaultyPlace) -> Index:
    """Return the index of the place, with an engine that fails when told to."""
    return cast(Index, faulty.FaultyIndex(open_index(place.settings.home, "tantivy"), place.faults))


def test_the_table_knows_every_step_and_every_call(place: FaultyPlace) -> None:
    """What has no row here is not known to survive its failures."""
    kinds = {kind for kind in place.runner.handlers if kind != STEP_JOB} - STOPPED_ELSEWHERE
    assert set(ASKED) == {step.name for step in pipeline.STEPS.values()} | kinds | {"receive", "unpack", "index", LOOK}
    asked: dict[str, Mapping[str, int]] = {}
    subscribe(place)
    for step in ("unpack", *JOBS, *AT_THE_DESK, CHECK_JOB, RUN_JOB, LOCK_JOB, IMPORT_JOB, PACK_JOB, LOOK, TAKE_JOB,
                 SEND_JOB, *PROOFS):  # fmt: skip
        hand_in(place, step, step)
        asked[step] = counted(place, place.runner.run_one)
        place.finish()
    webhooks.follow(place.database, now=place.now())
    place.finish()
    hand_in(place, DELIVERY_JOB, DELIVERY_JOB)
    asked[DELIVERY_JOB] = counted(place, place.runner.run_one)
    asked["receive"] = counted(place, lambda: place.take_in(paper("receive")))
    place.finish()
    index = index_of(place)
    asked["index"] = counted(place, lambda: follow(place.faulty_database, index, now=place.now()))
    assert asked == ASKED
    assert {call for calls in asked.values() for call in calls} == set(WAYS)


def counted(place: FaultyPlace, run: Callable[[], Any]) -> Mapping[str, int]:
    place.faults.arm("nothing", faulty.store_away)
    run()
    return dict(place.faults.calls)


@pytest.mark.parametrize("step", ["unpack", *JOBS])
def test_a_call_of_a_job_that_fails_once_only_delays_it(place: FaultyPlace, step: str) -> None:
    """The job goes back with the class of the failure; the file ends filed exactly once."""
    filed = 0
    for call, way, make, code, nth in failures(place, step):
        case = f"{call} {nth}, {way}"
        hand_in(place, step, case)
        fail_once(place, call, make, code, nth, case)
        place.finish()
        filed += 2 if step == "unpack" else 1
        assert Counter(place.scans()) == {("filed", None): len(place.scans())}, case
    place.check(filed=filed)


def fail_once(place: FaultyPlace, call: str, make: Callable[[], Exception], code: str, nth: int, case: str) -> None:
    """Run the job enqueued last with this call failing, and see that it waits under the class of the failure."""
    before = max(job_codes(place)) - 1
    place.faults.arm(call, make, nth=nth)
    assert place.runner.run_one(), case
    assert place.faults.thrown == 1, case
    codes = {had for had in job_codes(place, before).values() if had}
    assert codes == {code} or (call == "commit-lost" and not codes), case


def test_a_page_that_was_turned_is_read_anew_whatever_call_fails_once(place: FaultyPlace) -> None:
    """The page lies as the person turned it, says what it says, and its scan waits for review as before."""
    for call, way, make, code, nth in failures(place, REREAD_JOB):
        case = f"{call} {nth}, {way}"
        before = ask_at_the_desk(place, REREAD_JOB, case)
        fail_once(place, call, make, code, nth, case)
        place.finish()
        after = place.page(before.scan_id)
        assert (after.text, after.rotation, after.flags) == (before.text, 90, ["turned:90"]), case
        assert after.raw_digest == before.raw_digest, case
        shown, lay = (images.decode(place.store.read(one.image_digest or "")) for one in (after, before))
        assert np.abs(shown.astype(int) - images.turn(lay, 90)).mean() < 1, case
        assert at_rest(place, before.scan_id) == ("needs_review", [("proposed", [1])]), case
    place.check(filed=0)


def test_a_better_scan_takes_the_place_of_a_page_once_whatever_call_fails_once(place: FaultyPlace) -> None:
    """The page shows the better scan, the one before is kept beside, and its scan waits for review as before."""
    for call, way, make, code, nth in failures(place, RESCAN_JOB):
        case = f"{call} {nth}, {way}"
        before = ask_at_the_desk(place, RESCAN_JOB, case)
        fail_once(place, call, make, code, nth, case)
        place.finish()
        after = place.page(before.scan_id)
        assert f"重扫{case}" in (after.text or ""), case
        assert place.store.read(after.image_digest or "") != place.store.read(before.image_digest or ""), case
        with place.database.reading() as session:
            kept = session.scalars(select(Rescan).where(Rescan.scan_id == before.scan_id)).one()
            assert (kept.state, kept.image_digest) == ("taken", before.image_digest), case
            told = select(func.count()).where(AuditEntry.did == "page.superseded")
            assert session.scalar(told.where(AuditEntry.object_id == str(before.scan_id))) == 1, case
        assert at_rest(place, before.scan_id) == ("needs_review", [("proposed", [1])]), case
    place.check(filed=0)


def test_a_page_is_read_again_once_whatever_call_fails_once(place: FaultyPlace) -> None:
    """The new reading is shown and the one before kept beside it; its scan waits for review as before."""
    for call, way, make, code, nth in failures(place, READ_AGAIN_JOB):
        case = f"{call} {nth}, {way}"
        before = ask_at_the_desk(place, READ_AGAIN_JOB, case)
        fail_once(place, call, make, code, nth, case)
        place.finish()
        after = place.page(before.scan_id)
        assert (after.text, after.engine) == (before.text, before.engine), case
        with place.database.reading() as session:
            (kept,) = session.scalars(select(PageReadingRow).where(PageReadingRow.scan_id == before.scan_id))
            assert (kept.state, kept.engine) == ("replaced", "an older one"), case
            told = select(func.count()).where(AuditEntry.did == "scan.read-again")
            assert session.scalar(told.where(AuditEntry.object_id == str(before.scan_id))) == 1, case
        assert at_rest(place, before.scan_id) == ("needs_review", [("proposed", [1])]), case
    place.check(filed=0)


def test_a_program_is_told_of_an_event_whatever_call_fails_once(place: FaultyPlace, receiver: Any) -> None:
    """It hears of each event; when our note of that was lost, a second time under the same name."""
    subscribe(place)
    filed = 0
    for call, way, make, code, nth in failures(place, DELIVERY_JOB):
        case = f"{call} {nth}, {way}"
        receiver.came.clear()
        hand_in(place, DELIVERY_JOB, case)
        fail_once(place, call, make, code, nth, case)
        place.finish()
        filed += 1
        names = [headers["webhook-id"] for _, headers, _ in receiver.came]
        assert len(names) == (2 if call in ("begin", "commit") else 1), case
        assert len(set(names)) == 1, case
        with place.database.reading() as session:
            assert set(session.scalars(select(WebhookDelivery.state))) == {"delivered"}, case
    place.check(filed=filed)


@pytest.mark.parametrize("step", [LOOK, TAKE_JOB])
def test_a_package_is_looked_at_and_taken_in_once_whatever_call_fails_once(place: FaultyPlace, step: str) -> None:
    """It waits for an answer, or its one file is received once, in one batch."""
    # One way for each call: each opens the package twice in the sandbox.
    for call, way, make, code, nth in {one[0]: one for one in failures(place, step)}.values():
        case = f"{call} {nth}, {way}"
        made = hand_in_package(place, case, accepted=step == TAKE_JOB)
        fail_once(place, call, make, code, nth, case)
        if step == LOOK:
            place.faults.disarm()
        place.finish()
        with place.database.reading() as session:
            row = session.get_one(HandIn, made)
            assert row.state == ("checked" if step == LOOK else "taken"), case
            scans = session.scalars(select(Scan.batch_id).where(Scan.batch_id == row.batch_id)).all()
            told = select(func.count()).where(AuditEntry.object_kind == "hand-in", AuditEntry.object_id == str(made))
            assert len(scans) == (0 if step == LOOK else 1), case
            assert session.scalar(told) == (2 if step == LOOK else 4), case
    place.check(filed=0)


def test_cases_are_judged_by_a_draft_once_whatever_call_fails_once(place: FaultyPlace) -> None:
    """Each preview ends, and names the one case once."""
    for number, (call, way, make, code, nth) in enumerate(failures(place, CHECK_JOB), start=1):
        case = f"{call} {nth}, {way}"
        hand_in(place, CHECK_JOB, case)
        fail_once(place, call, make, code, nth, case)
        place.finish()
        with place.database.reading() as session:
            assert session.scalars(select(CatalogueCheck.state)).all() == ["done"] * number, case
            told = select(CatalogueFinding.check_id, func.count()).group_by(CatalogueFinding.check_id)
            assert [count for _, count in session.execute(told)] == [1] * number, case
    place.check(filed=0)


def test_dues_are_reckoned_by_a_draft_once_whatever_call_fails_once(place: FaultyPlace) -> None:
    """Each preview ends, and looks at the one paper once."""
    place.take_in(paper("到期"))
    place.finish()
    for number, (call, way, make, code, nth) in enumerate(failures(place, RUN_JOB), start=1):
        case = f"{call} {nth}, {way}"
        hand_in(place, RUN_JOB, case)
        fail_once(place, call, make, code, nth, case)
        place.finish()
        with place.database.reading() as session:
            done = [(one.state, one.items) for one in session.scalars(select(RetentionRun))]
        assert done == [("done", 1)] * number, case
    place.check(filed=1)


def test_objects_are_locked_whatever_call_fails_once(place: FaultyPlace) -> None:
    """Each run ends with every object of the one paper locked in the second store, and none but those."""
    place.take_in(paper("锁定"))
    place.finish()
    for call, way, make, code, nth in failures(place, LOCK_JOB):
        case = f"{call} {nth}, {way}"
        hand_in(place, LOCK_JOB, case)
        fail_once(place, call, make, code, nth, case)
        place.finish()
        with place.database.reading() as session:
            locks = session.scalars(select(ObjectLock)).all()
            (page,) = session.scalars(select(Page)).all()
        named = {page.original_digest, page.image_digest}
        assert {one.digest for one in locks} == named, case
        assert {(one.store, one.state) for one in locks} == {("second", "kept")}, case
    place.check(filed=1)


@pytest.mark.parametrize("job", PROOFS)
def test_the_trail_is_checked_and_taken_out_once_whatever_call_fails_once(place: FaultyPlace, job: str) -> None:
    """Each check and each bundle is done in the end, and on record as done once."""
    for number, (call, way, make, code, nth) in enumerate(failures(place, job), start=1):
        case = f"{call} {nth}, {way}"
        hand_in(place, job, case)
        fail_once(place, call, make, code, nth, case)
        place.finish()
        with place.database.reading() as session:
            assert set(session.scalars(select(AuditRun.state))) == {"done"}, case
            did = Counter(session.scalars(select(AuditEntry.did).where(AuditEntry.object_kind == "audit-run")))
            assert did["audit.checked"] + did["audit.export-made"] == number, case


def test_a_file_of_cases_is_registered_once_whatever_call_fails_once(place: FaultyPlace) -> None:
    """Each file ends with its case registered, told of once, whatever failed when it was confirmed."""
    for number, (call, way, make, code, nth) in enumerate(failures(place, IMPORT_JOB), start=1):
        case = f"{call} {nth}, {way}"
        made = hand_in_cases(place, case)
        fail_once(place, call, make, code, nth, case)
        place.finish()
        with place.database.reading() as session:
            part = session.scalars(select(CaseImportPart).where(CaseImportPart.import_id == made)).one()
            assert (session.get_one(CaseImport, made).state, part.passed) == ("done", "imported"), case
            assert (part.created, part.refused, part.rows) == (1, 0, "[]"), case
            told = select(func.count()).where(AuditEntry.did == "cases.imported")
            assert session.scalar(told) == number, case
    place.check(filed=0)


def subscribe(place: FaultyPlace) -> None:
    """Have the one program told of filed scans."""
    subscribed(
        place.database, place.settings, int(place.settings.webhook_hosts.partition(":")[2]), [TOLD], now=place.now()
    )


def at_rest(place: FaultyPlace, scan_id: int) -> tuple[str, list[tuple[str, list[int]]]]:
    """Return the state of a scan, and of its documents with their pages."""
    with place.database.reading() as session:
        scan = session.get_one(Scan, scan_id)
        return scan.state, [(one.state, list(one.pages)) for one in scan.documents]


def test_a_call_of_the_door_that_fails_once_is_heard_of_and_the_file_taken_at_the_second_try(
    place: FaultyPlace,
) -> None:
    """The sender knows that nothing was promised and sends again; no scan is left half way."""
    filed = 0
    for call, way, make, _code, nth in failures(place, "receive"):
        case = f"{call} {nth}, {way}"
        sent = paper(case)
        place.faults.arm(call, make, nth=nth)
        with pytest.raises((ArchiveError, OperationalError, OSError)):
            place.take_in(sent)
        assert place.faults.thrown == 1, case
        assert list((place.settings.home / "objects" / "tmp").iterdir()) == [], case
        place.faults.disarm()
        again = place.take_in(sent)
        assert again.state == ("refused" if call == "commit-lost" else "received"), case
        place.finish()
        filed += 1
    place.check(filed=filed)


def test_a_call_of_the_index_that_fails_once_is_made_up_for(place: FaultyPlace) -> None:
    """Whether index or database broke off: each paper is in the index once in the end."""
    for call, way, make, _code, nth in failures(place, "index"):
        case = f"{call} {nth}, {way}"
        place.take_in(paper(case))
        place.finish()
        place.faults.arm(call, make, nth=nth)
        with pytest.raises((ArchiveError, OperationalError)):
            follow(place.faulty_database, index_of(place), now=place.now())
        assert place.faults.thrown == 1, case
        place.faults.disarm()
        follow(place.database, open_index(place.settings.home, "tantivy"), now=place.now())
    place.check(filed=len(list(failures(place, "index"))))


def test_a_notice_goes_out_once_whatever_call_fails_once(place: FaultyPlace, post: MailServer) -> None:
    """A call that fails before or behind a mail delays it, and sends it no second time."""
    for number, (call, way, make, code, nth) in enumerate(failures(place, SEND_JOB), start=1):
        case = f"{call} {nth}, {way}"
        hand_in(place, SEND_JOB, case)
        fail_once(place, call, make, code, nth, case)
        # A mail that was claimed in vain is free again after a quarter of an hour.
        place.later += HELD
        outbox.follow(place.database, place.settings, now=place.now())
        place.finish()
        with place.database.reading() as session:
            assert set(session.scalars(select(NoticeMail.state))) == {"sent"}, case
        assert len(post.came) == number, case
