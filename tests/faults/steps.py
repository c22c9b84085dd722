"""Work handed in so that a step is the next to run: for each step of the table of calls one way to bring it about."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Callable, Mapping
from functools import partial
from typing import cast

from sqlalchemy import delete, func, select

from archive_service.editions import actions as editions
from archive_service.editions.actions import CHECK_JOB
from archive_service.editions.tables import CatalogueDraft
from archive_service.exchange import actions as packages
from archive_service.exchange.actions import PACK_JOB
from archive_service.exchange.hand_ins import actions as handing_in
from archive_service.exchange.hand_ins.actions import TAKE_JOB
from archive_service.fixity.actions import check_some
from archive_service.fixity.proofs import prove_all
from archive_service.households.csv_rows import rows_of
from archive_service.households.tables import HouseholdFile
from archive_service.imports import actions as imports
from archive_service.imports.actions import IMPORT_JOB
from archive_service.imports.tables import CaseImport
from archive_service.jobs.tables import Job
from archive_service.notices import actions as notices
from archive_service.notices import outbox
from archive_service.notices.outbox import SEND_JOB
from archive_service.people.queries import viewer_for
from archive_service.people.tables import Person
from archive_service.proofs import actions as proofs
from archive_service.proofs.actions import CHECK_JOB as AUDIT_CHECK_JOB
from archive_service.proofs.actions import EXPORT_JOB as AUDIT_EXPORT_JOB
from archive_service.proofs.selecting import Asked
from archive_service.storage.choose import open_stores
from archive_service.storage.tables import ObjectLock
from archive_service.webhooks import actions as webhooks
from archive_service.webhooks.actions import DELIVERY_JOB
from indexing.index import Index, open_index
from ingest.again.queries import READ_AGAIN_JOB
from ingest.quality.rescan import RESCAN_JOB
from ingest.tables import Scan, ScanPage
from retention import actions as schedules
from retention import locking, paper_rules, reckoning
from retention.actions import RUN_JOB
from retention.locking import LOCK_JOB
from retention.tables import LockMark, PaperLockMark, RetentionDraft
from tests.catalogue.test_desk_rules import text
from tests.cli.test_import_preview import line
from tests.faults.calls import AT_THE_DESK, JOBS, LOOK
from tests.retention.test_reckoning import SHORTER
from tests.support import born_digital, faulty, records
from tests.support.archive import COLUMNS
from tests.support.faulty_place import ACCOUNT, APPLICATION, FaultyPlace
from tests.support.receiver import subscribed

#: What other programs are told of.
TOLD = "scan.filed"
#: What a page seems to say that was read the wrong way up.
MISREAD = "乱码"


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
    """Bring it about that the step is what runs next."""
    if step in HANDED_IN:
        HANDED_IN[step](place, note)
        return
    place.take_in(paper(note))
    for _ in range(JOBS.index(step)):
        assert place.runner.run_one()


def file_and_tell(place: FaultyPlace, note: str) -> None:
    """File a paper, of which the program that asked is to hear."""
    place.take_in(paper(note))
    place.finish()
    assert webhooks.follow(place.database, now=place.now()) == 1


def ask_package(place: FaultyPlace, _: str) -> None:
    """Ask for the first household as a bag."""
    with place.database.unit_of_work() as session:
        number = session.scalars(select(HouseholdFile.account_no).order_by(HouseholdFile.id)).first() or ""
        packages.ask_package(session, records.system(session), number, format="bagit", items=None, now=place.now())


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


def order_locks(place: FaultyPlace, _: str) -> None:
    """Have every object in the second store, which is on a server that locks, and order its lock anew."""
    stores = open_stores(place.settings)
    prove_all(place.database, stores, now=place.now())
    check_some(place.database, stores, budget_bytes=10**9, before=place.now(), now=place.now, agent="test")
    with place.database.unit_of_work() as session:
        reckoning.sweep(session, today=records.TODAY)
        for table in (LockMark, PaperLockMark, ObjectLock):
            session.execute(delete(table))
        assert locking.ask(session, paper_rules.load(""), now=place.now(), today=records.TODAY)


def ask_check(place: FaultyPlace, _: str) -> None:
    with place.database.unit_of_work() as session:
        proofs.ask_check(session, records.system(session), now=place.now())


def ask_export(place: FaultyPlace, _: str) -> None:
    with place.database.unit_of_work() as session:
        proofs.ask_export(session, records.system(session), Asked(), now=place.now())


def preview_schedule(place: FaultyPlace, _: str) -> None:
    """Ask what the one draft of a retention schedule would change."""
    with place.database.unit_of_work() as session:
        by = records.system(session)
        draft = session.scalar(select(RetentionDraft.id))
        draft = draft or schedules.save_draft(session, by, SHORTER, draft_id=None, now=place.now()).id
        schedules.preview(session, by, draft, now=place.now())


def preview_catalogue(place: FaultyPlace, _: str) -> None:
    """Ask what the one draft of an edition would change."""
    with place.database.unit_of_work() as session:
        by, unit, now = records.system(session), records.unit(session), place.now()
        number = session.scalar(select(CatalogueDraft.id))
        if number is None:
            number = editions.save_draft(session, draft_id=None, unit_id=unit.id, text=text(), by=by, now=now).id
        editions.preview_draft(session, draft_id=number, by=by, now=now)


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


def ask_at_the_desk(place: FaultyPlace, note: str, *, job: str) -> ScanPage:
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


#: How each step is brought about, but for those that a paper comes to on its way from the door to its file.
HANDED_IN: Mapping[str, Callable[[FaultyPlace, str], object]] = {
    "unpack": lambda place, note: place.take_in(bundle(note), "包.zip"),
    **{job: partial(ask_at_the_desk, job=job) for job in AT_THE_DESK},
    DELIVERY_JOB: file_and_tell,
    SEND_JOB: tell,
    IMPORT_JOB: hand_in_cases,
    PACK_JOB: ask_package,
    LOOK: partial(hand_in_package, accepted=False),
    TAKE_JOB: partial(hand_in_package, accepted=True),
    LOCK_JOB: order_locks,
    AUDIT_CHECK_JOB: ask_check,
    AUDIT_EXPORT_JOB: ask_export,
    RUN_JOB: preview_schedule,
    CHECK_JOB: preview_catalogue,
}


def subscribe(place: FaultyPlace) -> None:
    """Have the one program told of filed scans."""
    subscribed(
        place.database, place.settings, int(place.settings.webhook_hosts.partition(":")[2]), [TOLD], now=place.now()
    )


def job_codes(place: FaultyPlace, above: int = 0) -> dict[int, str | None]:
    with place.database.reading() as session:
        return {job.id: job.error_code for job in session.scalars(select(Job).where(Job.id > above))}


def index_of(place: FaultyPlace) -> Index:
    """Return the index of the place, with an engine that fails when told to."""
    return cast(Index, faulty.FaultyIndex(open_index(place.settings.home, "tantivy"), place.faults))


def fail_once(place: FaultyPlace, call: str, make: Callable[[], Exception], code: str, nth: int, case: str) -> None:
    """Run the job enqueued last with this call failing, and see that it waits under the class of the failure."""
    before = max(job_codes(place)) - 1
    place.faults.arm(call, make, nth=nth)
    assert place.runner.run_one(), case
    assert place.faults.thrown == 1, case
    codes = {had for had in job_codes(place, before).values() if had}
    assert codes == {code} or (call == "commit-lost" and not codes), case


def at_rest(place: FaultyPlace, scan_id: int) -> tuple[str, list[tuple[str, list[int]]]]:
    """Return the state of a scan, and of its documents with their pages."""
    with place.database.reading() as session:
        scan = session.get_one(Scan, scan_id)
        return scan.state, [(one.state, list(one.pages)) for one in scan.documents]
