"""Every call to the outside, of every step, fails once in every way that it can: a delay, and nothing else.

The table in calls.py says what each step asks of store, database and index, and how often; steps.py brings each step
about. One test holds the table against what the steps really ask, so a step or a call that is new is missed here; the
others make each call of the table fail.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import pytest
from pydantic import SecretStr
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from archive_service.audit.tables import AuditEntry
from archive_service.db.session import Database
from archive_service.editions.actions import CHECK_JOB
from archive_service.editions.tables import CatalogueCheck, CatalogueFinding
from archive_service.errors import ArchiveError
from archive_service.exchange.actions import PACK_JOB
from archive_service.exchange.hand_ins.actions import TAKE_JOB
from archive_service.exchange.tables import HandIn
from archive_service.households.tables import Page
from archive_service.imports.actions import IMPORT_JOB
from archive_service.imports.tables import CaseImport, CaseImportPart
from archive_service.notices import outbox
from archive_service.notices.outbox import SEND_JOB
from archive_service.notices.rules import HELD
from archive_service.notices.tables import NoticeMail
from archive_service.proofs.tables import AuditRun
from archive_service.settings import Settings
from archive_service.storage.files import FileStore
from archive_service.storage.tables import ObjectLock
from archive_service.webhooks import actions as webhooks
from archive_service.webhooks.actions import DELIVERY_JOB
from archive_service.webhooks.tables import WebhookDelivery
from indexing.index import open_index
from indexing.sync import follow
from ingest import pipeline
from ingest.again.queries import READ_AGAIN_JOB
from ingest.again.tables import PageReadingRow
from ingest.ocr import images
from ingest.quality.rescan import RESCAN_JOB
from ingest.quality.tables import Rescan
from ingest.receive import STEP_JOB
from ingest.review.turns import REREAD_JOB
from ingest.tables import Scan
from retention.actions import RUN_JOB
from retention.locking import LOCK_JOB
from retention.tables import RetentionRun
from tests.faults.calls import ASKED, AT_THE_DESK, JOBS, LOOK, PROOFS, STOPPED_ELSEWHERE, WAYS, failures
from tests.faults.steps import (
    ask_at_the_desk,
    at_rest,
    fail_once,
    hand_in,
    hand_in_cases,
    hand_in_package,
    index_of,
    paper,
    subscribe,
)
from tests.support import faulty, lock_server, records
from tests.support.faulty_place import ACCOUNT, APPLICATION, FaultyPlace
from tests.support.lock_server import LockServer
from tests.support.mail_server import MailServer
from tests.support.receiver import listening


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


def test_a_page_that_was_turned_is_read_anew_whatever_call_fails_once(place: FaultyPlace) -> None:
    """The page lies as the person turned it, says what it says, and its scan waits for review as before."""
    for call, way, make, code, nth in failures(place, REREAD_JOB):
        case = f"{call} {nth}, {way}"
        before = ask_at_the_desk(place, case, job=REREAD_JOB)
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
        before = ask_at_the_desk(place, case, job=RESCAN_JOB)
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
        before = ask_at_the_desk(place, case, job=READ_AGAIN_JOB)
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
