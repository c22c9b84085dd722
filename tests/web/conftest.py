"""An archive with two centres that may not know of each other, and browsers signed in to it."""

from __future__ import annotations

import re
import shutil
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from archive_service import clock
from archive_service.audit import checkpoints
from archive_service.audit.tables import AuditEntry
from archive_service.borrowing.tables import (
    GrantPage,
    LentPaper,
    LoanRequest,
    LoanWish,
    PaperLoan,
    ReadingGrant,
    WishPage,
)
from archive_service.copies.tables import CertifiedCopy
from archive_service.db.session import Database
from archive_service.editions import actions as desk
from archive_service.exchange.tables import HandIn, Package
from archive_service.households import actions
from archive_service.households.actions.previews import Fate
from archive_service.households.queries.figures import FigureFilters
from archive_service.households.tables import CaseFile, CaseRuling, Item, StageCorrection
from archive_service.households.values import FieldValue, RowError
from archive_service.imports import parts
from archive_service.imports.tables import CaseImport, CaseImportPart
from archive_service.inspection import actions as inspection
from archive_service.jobs.tables import Job
from archive_service.people import sessions
from archive_service.people.roles import Role
from archive_service.people.tables import Person, Unit
from archive_service.proofs.tables import AuditRun
from archive_service.properties.tables import PropertyResult, PropertyRun
from archive_service.rooms import actions as keeping
from archive_service.rooms import queries as places
from archive_service.settings import Settings
from archive_service.storage.files import FileStore
from archive_service.storage.record import record_object
from archive_service.web.app import create_app
from archive_service.web.services import Services
from archive_service.webhooks.tables import Webhook, WebhookDelivery
from indexing.index import open_index
from indexing.sync import follow
from ingest.quality.tables import PageFinding, Rescan
from ingest.receive import STEP_JOB
from ingest.tables import Batch, Scan, ScanDocument, ScanPage
from tests.support import databases, records, rooms
from tests.support.odd_provider import OddProvider, odd_provider
from tests.support.stored_pages import picture, stored_page

with warnings.catch_warnings():
    # It asks for a successor of httpx that is not among our dependencies; what we use of it stays.
    warnings.simplefilter("ignore")
    from fastapi.testclient import TestClient

ID_NUMBER = "11010519491231002X"
PHONE = "13812340092"
#: What a hostile customer might be called, and a hostile file.
HOSTILE = "<script>alert('户')</script>"
HOSTILE_FILE = '"><img src=x onerror=alert(1)>.pdf'
PHRASE = "望江线十七号杆"
FAR_NAME = "远方食品有限公司"


#: Files about headers, forms, sessions and pictures, behind which no query of their own stands: one database is enough.
ON_ONE_DATABASE = {
    f"test_{name}"
    for name in (
        "asvs", "borders", "doors", "intake", "item_pdf", "masked_pictures", "metrics", "own_access", "papers",
        "progress", "protection", "readiness", "sign_on", "words",
    )
}  # fmt: skip


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave PostgreSQL out where it would only be asked the same again."""
    left = {one for one in items if one.path.stem in ON_ONE_DATABASE and "postgresql" in one.name}
    if left:
        config.hook.pytest_deselected(items=list(left))
        items[:] = [one for one in items if one not in left]


@dataclass(frozen=True)
class Centre:
    """What one centre holds, by the numbers in its addresses."""

    code: str
    unit: int
    account_no: str
    application_no: str
    internal_item: int
    personal_item: int
    batch: int
    scan: int
    document: int
    job: int
    finding: int
    rescan: int
    person: int
    #: A sign-in of that person.
    sign_in: int
    webhook: int
    #: What that webhook was not told.
    delivery: int
    #: A correction of a stage day that waits.
    correction: int
    #: What somebody asked for about a paper that its case lacks.
    ruling: int
    #: An edition on the desk, and a preview of what it would change.
    draft: int
    check: int
    #: A sample that holds the case, and a finding about it.
    sample: int
    raised: int
    #: A room with two boxes: one with the internal paper that is being counted, one under way to the company.
    room: int
    stocktake: int
    transfer: int
    #: A certified copy of a page.
    copy: int
    package: int
    #: A long file of cases that somebody of the centre handed in.
    import_file: int = 0
    #: What the colleague asked to borrow, one line of it; what they read now, and the paper that they have.
    request: int = 0
    wish: int = 0
    grant: int = 0
    loan: int = 0
    #: A bundle of the trail that was made about its household, an entry of its own, and a checkpoint over that.
    audit_run: int = 0
    entry: int = 0
    checkpoint: int = 0
    #: A four-property check that waits for a person.
    property_run: int = 0
    #: A package that was handed in, found sound, and waits for an answer.
    hand_in: int = 0


@dataclass(frozen=True)
class World:
    """The app and what stands in its archive."""

    app: FastAPI
    services: Services
    near: Centre
    far: Centre


def centre(session: Any, store: FileStore, code: str, number: int, name: str) -> Centre:
    """Register a household with an internal and a personal paper, and a doubtful scan."""
    at = records.unit(session, code, below=records.unit(session))
    account, application = f"51000000{number:02d}", f"2026110900{number:02d}"
    case = records.case(
        session, application, account_no=account, account_name=name, at=at, conditions=("natural",),
        stages={"ACCEPT": date(2026, 11, 2), "ENERGISE": date(2026, 11, 16)},
    )  # fmt: skip
    form = records.item(
        session, case, "A02R", pages=[stored_page(store, f"用电登记表\n{PHRASE}\n{HOSTILE}", number)],
        fields={"account_no": account, "phone": FieldValue(PHONE, page=1, box=(5, 5, 55, 20))},
    )  # fmt: skip
    card = records.item(
        session, case, "A05", pages=[stored_page(store, f"居民身份证\n{ID_NUMBER}", number + 100)],
        fields={"id_number": ID_NUMBER},
    )  # fmt: skip
    scan, document = doubtful_scan(session, store, at.id, account, case, number)
    job = Job(
        kind=STEP_JOB, subject=str(scan.id), queue="light", state="done", attempt=1, not_before=clock.now(),
        created_at=clock.now(), finished_at=clock.now(),
    )  # fmt: skip
    session.add(job)
    session.flush()
    finding, rescan = flawed(session, store, scan, number)
    colleague = records.person(session, f"colleague{number}", roles=[Role.STAFF], at=at)
    _, begun = sessions.begin(session, colleague, now=clock.now(), expires_at=clock.now() + timedelta(days=1))
    return Centre(
        code, at.id, account, application, form.id, card.id, scan.batch_id, scan.id, document.id, job.id, finding.id,
        rescan.id, colleague.id, begun.id, *told(session, at.id, number), corrected(session, case),
        asked(session, case).id, *drafted(session, at.id, code), *inspected(session, code, application),
        *shelved(session, at, f"{account}-{form.item_no:03d}"),
        certified(session, store, at.id, case.household_id, number),
        packaged(session, store, at.id, case.household_id, number),
        property_run=checked(session, at.id, case), hand_in=package_in(session, store, at.id, account, number),
    )  # fmt: skip


def corrected(session: Any, case: Any) -> int:
    """Let a correction of a stage day wait for somebody to decide."""
    asked = StageCorrection(
        case_id=case.id, stage="ENERGISE", was=date(2026, 11, 16), wanted=date(2026, 11, 17), reason="送电单日期为准",
        asked_at=clock.now(),
    )  # fmt: skip
    session.add(asked)
    session.flush()
    return int(asked.id)


def asked(session: Any, case: CaseFile) -> CaseRuling:
    """Let somebody ask that the contract of a case may come later."""
    return actions.ask_ruling(
        session, application_no=case.application_no, document_type="K01R", kind="deferred",
        reason="客户出差，回来后补签", until=clock.today() + timedelta(days=9), by=records.system(session),
        now=clock.now(), today=clock.today(),
    )  # fmt: skip


def drafted(session: Any, unit_id: int, code: str) -> tuple[int, int]:
    """Let somebody draft additions of a unit and ask what they would change."""
    text = (
        f"edition: {code}-1\nbased_on: '2018'\nfor_unit: {code}\ntitle_zh: 增补\ntitle_en: additions\n"
        "effective_from: 2026-06-01\n"
    )
    by = records.system(session)
    row = desk.save_draft(session, draft_id=None, unit_id=unit_id, text=text, by=by, now=clock.now())
    return row.id, desk.preview_draft(session, draft_id=row.id, by=by, now=clock.now()).id


def told(session: Any, unit_id: int, number: int) -> tuple[int, int]:
    """Let a program want to be told of a unit, and fail to be told once."""
    hook = Webhook(
        unit_id=unit_id, address="https://billing.test/hook", events=["item.filed"], salt=f"{number:032x}",
        label=f"计费{number}", made_at=clock.now(),
    )  # fmt: skip
    session.add(hook)
    session.flush()
    delivery = WebhookDelivery(
        webhook_id=hook.id, event="item.filed", seq=number, payload="{}", state="failed", attempts=9,
        made_at=clock.now(),
    )  # fmt: skip
    session.add(delivery)
    session.flush()
    return hook.id, delivery.id


def inspected(session: Any, code: str, application_no: str) -> tuple[int, int]:
    """Draw a sample of a centre and raise a finding about its case."""
    by = records.system(session)
    sample = inspection.draw_sample(
        session, by, name=f"{code} 抽查", filters=FigureFilters(centre=code), method="random", size=1, seed="1",
        now=clock.now(),
    )  # fmt: skip
    raised = inspection.raise_finding(
        session, by, application_no=application_no, rule="XC08", severity="major", description="日期先后不对",
        due_on=clock.today() + timedelta(days=5), sample_id=sample.id, now=clock.now(), today=clock.today(),
    )  # fmt: skip
    return sample.id, raised.id


def handed_in(session: Any, person_id: int) -> int:
    """Let somebody have handed in a long file of cases, which waits to be confirmed."""
    made = CaseImport(name=HOSTILE_FILE, made_by=person_id, made_at=clock.now(), state="previewed", rows=1, done=1)
    session.add(made)
    session.flush()
    error = RowError(2, "account_name", "cases.cell", HOSTILE)
    fates = parts.fates_packed([Fate(2, "refused", "", "", error=error)])
    session.add(CaseImportPart(import_id=made.id, number=1, rows="[]", fates=fates, passed="previewed", refused=1))
    return int(made.id)


def lent(session: Session, store: FileStore, centre: Centre, keeper: Person) -> Centre:
    """Let the colleague of a centre have asked to borrow, read one paper and hold another."""
    letter = store.put_bytes(b"%PDF-1.4 letter")
    record_object(session, letter, role="original", media_type="application/octet-stream", now=clock.now())
    asked = LoanRequest(
        asker_id=centre.person, asker_unit_id=centre.unit, purpose="legal", words=f"{centre.code} 应诉取证",
        on_behalf_of="", letter_digest=letter.digest, emergency=False, asked_at=clock.now(),
    )  # fmt: skip
    session.add(asked)
    session.flush()
    items = (centre.internal_item, centre.internal_item, centre.personal_item)
    waits, reads, holds = (wished(session, asked, centre, place, item) for place, item in enumerate(items, start=1))
    reads.state, holds.state, holds.way = "approved", "approved", "paper"
    grant = ReadingGrant(
        wish_id=reads.id, person_id=centre.person, reader_unit_id=centre.unit, begins_at=clock.now(),
        ends_at=clock.now() + timedelta(days=1), unmasked=False, prints=0, printed=0,
    )  # fmt: skip
    loan = PaperLoan(
        wish_id=holds.id, holder_id=centre.person, unit_id=centre.unit, handed_out_at=clock.now(),
        handed_out_by=keeper.id, pages_counted=1, count_note="", due_on=clock.today() + timedelta(days=7), renewals=0,
        state="out",
    )  # fmt: skip
    session.add_all([grant, loan])
    session.flush()
    session.add(GrantPage(grant_id=grant.id, item_id=centre.internal_item, page_no=1))
    session.add(LentPaper(loan_id=loan.id, item_id=centre.personal_item, pages_out=1, note=""))
    session.flush()
    return replace(centre, request=asked.id, wish=waits.id, grant=grant.id, loan=loan.id)


def wished(session: Session, asked: LoanRequest, centre: Centre, place: int, item_id: int) -> LoanWish:
    """One line of a request for the first page of a paper."""
    household = session.get_one(Item, item_id).household_id
    wish = LoanWish(
        request_id=asked.id, place=place, unit_id=centre.unit, household_id=household, way="screen", days=1, prints=0,
        unmasked=False, state="asked", edition="B2026", rule="BR08", level="archivist", decide_by=None,
        queued_at=clock.now(),
    )  # fmt: skip
    session.add(wish)
    session.flush()
    session.add(WishPage(wish_id=wish.id, item_id=item_id, page_no=1, approved=None))
    return wish


def shelved(session: Any, at: Unit, paper: str) -> tuple[int, int, int]:
    """Put a paper into a box and begin to count it; send another box to the company, which has a room too."""
    by, now = records.system(session), clock.now()
    made = rooms.room(session, by, at=at, holds=9)
    full, empty = made.boxes
    keeping.put_away(session, full.id, paper, by=by, now=now)
    count = keeping.open_stocktake(session, full.id, "papers", by=by, now=now)
    company = records.unit(session)
    if company.code not in dict(places.receivers(session)):
        keeping.add_room(session, company.code, "总库", by=by, now=now)
    sent = keeping.send_boxes(session, [empty.code], company.code, "划转", by=by, now=now)
    return made.room.id, count.id, sent.id


def certified(session: Any, store: FileStore, unit_id: int, household_id: int, number: int) -> int:
    """Enter a certified copy into the register."""
    stored = store.put_bytes(f"%PDF-1.4 {number}".encode())
    row = CertifiedCopy(
        number=f"ZM-{unit_id}-2026-00001", code_hash=f"{number:064x}", request_key=f"{number:064x}",
        household_id=household_id, unit_id=unit_id, purpose="lawsuit", note="", receiver="某法院", pages=[],
        page_count=0, unmasked=False, unmask_reason="", digest=stored.digest, signed=False, issued_at=clock.now(),
        withdrawn_reason="",
    )  # fmt: skip
    session.add(row)
    record_object(session, stored, role="copy", media_type="application/pdf", now=clock.now())
    session.flush()
    return int(row.id)


def packaged(session: Any, store: FileStore, unit_id: int, household_id: int, number: int) -> int:
    """Enter a package that is ready."""
    stored = store.put_bytes(f"PK {number}".encode())
    row = Package(
        household_id=household_id, unit_id=unit_id, direction="out", format="bagit", state="ready", items=None,
        asked_at=clock.now(), finished_at=clock.now(), digest=stored.digest, size_bytes=stored.size_bytes,
        file_count=1, manifest_sha256=stored.digest,
    )  # fmt: skip
    session.add(row)
    record_object(session, stored, role="package", media_type="application/zip", now=clock.now())
    session.flush()
    return int(row.id)


def package_in(session: Any, store: FileStore, unit_id: int, account: str, number: int) -> int:
    """Enter a package that was handed in and waits for an answer."""
    stored = store.put_bytes(f"PK in {number}".encode())
    row = HandIn(
        unit_id=unit_id, as_named=False, channel="web", name="移交.zip", digest=stored.digest,
        size_bytes=stored.size_bytes, state="checked", handed_in_at=clock.now(), format="bagit", account_no=account,
        cases=1, items=2, files=9, signature="none",
    )  # fmt: skip
    session.add(row)
    record_object(session, stored, role="package", media_type="application/zip", now=clock.now())
    session.flush()
    return int(row.id)


def taken_out(session: Session, store: FileStore, centre: Centre, size: int) -> Centre:
    """Enter a bundle of the trail about the household of a centre, under a checkpoint of this size."""
    stored = store.put_bytes(f"PK audit {centre.code}".encode())
    row = AuditRun(
        kind="export", state="done", unit_id=centre.unit, account_no=centre.account_no, asked_at=clock.now(),
        finished_at=clock.now(), entries=1, covered=size, digest=stored.digest, size_bytes=stored.size_bytes,
    )  # fmt: skip
    session.add(row)
    record_object(session, stored, role="bundle", media_type="application/zip", now=clock.now())
    session.flush()
    entry = session.scalar(select(func.min(AuditEntry.seq)).where(AuditEntry.unit_id == centre.unit))
    return replace(centre, audit_run=row.id, entry=entry or 0, checkpoint=size)


def checked(session: Any, unit_id: int, case: CaseFile) -> int:
    """Let a four-property check of a case wait for a person to say something of one item."""
    row = PropertyRun(
        moment="longterm", household_id=case.household_id, case_id=case.id, unit_id=unit_id, edition="FP2026",
        state="open", fingerprint="0" * 64, papers=2, pages=2, begun_at=clock.now(),
    )  # fmt: skip
    session.add(row)
    session.flush()
    for place, (code, mode, result) in enumerate(
        (("CQ-1-1", "automatic", "passed"), ("CQ-5-2", "manual", "open")), start=1
    ):
        session.add(
            PropertyResult(
                run_id=row.id, place=place, code=code, property="security", mode=mode, title_zh="备份数据可恢复性",
                title_en="Backups can be restored", result=result, evidence="写明最近一次恢复演练的日期。",
            )
        )  # fmt: skip
    session.flush()
    return int(row.id)


def flawed(session: Any, store: FileStore, scan: Scan, number: int) -> tuple[PageFinding, Rescan]:
    """Let the page of a scan lean, and have shown another picture before."""
    finding = PageFinding(
        scan_id=scan.id, page_no=1, code="dark-border", measure=4.5, limit=2.0, boxes=[[0, 0, 6, 80]],
        found_at=clock.now(),
    )  # fmt: skip
    before = store.put_bytes(picture(number + 20)).digest
    rescan = Rescan(
        scan_id=scan.id, page_no=1, state="taken", digest=before, file_name="重扫.jpg", reason="影像不清",
        received_at=clock.now(), taken_at=clock.now(), image_digest=before,
    )  # fmt: skip
    session.add_all([finding, rescan])
    session.flush()
    return finding, rescan


def doubtful_scan(session: Any, store: FileStore, unit_id: int, account: str, case: Any, number: int) -> Any:
    batch = Batch(name=f"B{number}", channel="web", unit_id=unit_id, received_by=None, received_at=clock.now())
    session.add(batch)
    session.flush()
    page = stored_page(store, f"低压供用电合同\n{account}", number + 50)
    scan = Scan(
        batch_id=batch.id, unit_id=unit_id, file_name=HOSTILE_FILE, digest=page.original_digest, size_bytes=9,
        format="pdf", state="needs_review", page_count=1, pages_done=1, received_at=clock.now(),
        finished_at=clock.now(),
    )  # fmt: skip
    session.add(scan)
    session.flush()
    session.add(
        ScanPage(
            scan_id=scan.id, page_no=1, image_digest=page.image_digest, thumbnail_digest=page.thumbnail_digest,
            width_px=60, height_px=80, dpi=200, engine="rapidocr", confidence=0.9, text=page.text,
            lines_digest=page.lines_digest,
        )
    )  # fmt: skip
    document = ScanDocument(
        scan_id=scan.id, seq=1, pages=[1], document_type="K01R", confidence=0.62, candidates=[["K01L", 0.3]],
        fields={
            "account_no": {"value": account, "confidence": 0.99, "page": 1, "box": [5, 25, 55, 40], "checked": None},
            "id_number": {"value": "110105194912310021", "confidence": 0.7, "page": 1, "box": None, "checked": False},
        },
        reasons=["标题相近"], doubts=["文件类型把握不足"], household_id=case.household_id, case_id=case.id,
        match_confidence=0.95,
    )  # fmt: skip
    session.add(document)
    session.flush()
    return scan, document


@dataclass(frozen=True)
class Begun:
    """A home in which the two centres stand, made once and copied for each test; `template` is its PostgreSQL."""

    home: Path
    near: Centre
    far: Centre
    template: str = ""


def begun(settings: Settings, template: str = "") -> Begun:
    """Fill a migrated database, a store and an index with the centres A and B and people in both."""
    database, store = Database(settings.url()), FileStore(settings.home / "objects")
    with database.unit_of_work() as session:
        root = records.unit(session)
        near = centre(session, store, "A", 1, HOSTILE)
        far = centre(session, store, "B", 2, FAR_NAME)
        at = records.unit(session, "A")
        keeper = records.person(session, "archivist", roles=[Role.ARCHIVIST], at=at)
        near = replace(near, import_file=handed_in(session, keeper.id))
        far = replace(far, import_file=handed_in(session, far.person))
        records.person(session, "staff", roles=[Role.STAFF], at=at)
        records.person(session, "auditor", roles=[Role.AUDITOR], at=root)
        records.person(session, "unit_head", roles=[Role.UNIT_HEAD], at=at)
        records.person(session, "sysadmin", roles=[Role.SYSTEM_ADMIN], at=root)
        records.person(session, "audit_admin", roles=[Role.AUDIT_ADMIN], at=root)
        records.person(session, "newcomer", roles=[Role.STAFF], at=at, must_change=True)
        near, far = (lent(session, store, one, keeper) for one in (near, far))
    size = checkpoints.make(database, settings, now=clock.now()) or 0
    with database.unit_of_work() as session:
        near, far = (taken_out(session, store, one, size) for one in (near, far))
    index = open_index(settings.home, settings.search_engine)
    while follow(database, index, now=clock.now()):
        continue
    database.close()
    return Begun(settings.home, near, far, template)


def own_settings(home: Path, url: str = "") -> Settings:
    home.mkdir(parents=True)
    return Settings(_env_file=None, home=home, workers=1, database_url=url)  # type: ignore[call-arg]


@pytest.fixture(scope="session")
def begun_on_sqlite(tmp_path_factory: pytest.TempPathFactory, migrated_file: Path) -> Begun:
    settings = own_settings(tmp_path_factory.mktemp("begun") / "home")
    shutil.copy(migrated_file, settings.home / "archive.db")
    return begun(settings)


@pytest.fixture(scope="session")
def begun_on_postgresql(tmp_path_factory: pytest.TempPathFactory, postgres: databases.Postgres) -> Begun:
    template, url = postgres.another_template("world")
    return begun(own_settings(tmp_path_factory.mktemp("begun") / "home", url), template)


@pytest.fixture
def start(request: pytest.FixtureRequest) -> Begun | None:
    """What a test begins with: the two centres if it asks for the world, else nothing."""
    if "world" not in request.fixturenames:
        return None
    kind = request.node.callspec.params["database_url"] if hasattr(request.node, "callspec") else "sqlite"
    found: Begun = request.getfixturevalue(f"begun_on_{kind}")
    return found


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.service)])
def database_url(request: pytest.FixtureRequest, start: Begun | None) -> Iterator[str]:
    """The address of a fresh database, filled for who asks for the world; empty for a SQLite file in the home."""
    if request.param == "sqlite":
        yield ""
        return
    server: databases.Postgres = request.getfixturevalue("postgres")
    with server.fresh(start.template if start else "") as url:
        yield url


@pytest.fixture
def database(settings: Settings, migrated_file: Path, database_url: str, start: Begun | None) -> Iterator[Database]:
    """That database; the home of whoever asks for the world holds its objects and its index too."""
    settings.home.mkdir(parents=True, exist_ok=True)
    if start:
        shutil.copytree(start.home, settings.home, dirs_exist_ok=True)
    elif not database_url:
        shutil.copy(migrated_file, settings.home / "archive.db")
    opened = Database(settings.url())
    yield opened
    opened.close()


@pytest.fixture
def world(settings: Settings, database: Database, store: FileStore, start: Begun) -> World:
    """An archive with the centres A and B, people in both, and an index that has followed."""
    with database.unit_of_work() as session:
        # The home may have been made long ago; what waits in it has not waited for that.
        session.execute(update(Job).where(Job.state == "queued").values(not_before=clock.now()))
    services = Services(settings, database, store, open_index(settings.home, settings.search_engine))
    return World(create_app(services), services, start.near, start.far)


def flat(html: str) -> str:
    """`html` as if it stood on one line, with nothing between its tags."""
    return re.sub(r"\s+", " ", html).replace("> <", "><")


class Browser(TestClient):
    """A browser that remembers its session and sends the token of its forms."""

    def sign_in(self, login: str, password: str = records.PASSWORD) -> Browser:
        answer = self.post("/sign-in", data={"login": login, "password": password})
        assert answer.status_code == 303, answer.text
        return self

    @property
    def token(self) -> str:
        """The token of this session's forms, as it stands in a page."""
        found = re.search(r'name="token" value="([0-9a-f]{64})"', self.get("/password").text)
        assert found is not None
        return found.group(1)

    def submit(self, address: str, **fields: str) -> httpx.Response:
        """Send a form as a page of this program would."""
        return self.post(address, data={"token": self.token, **fields})


@pytest.fixture
def anonymous(world: World) -> Iterator[Browser]:
    with Browser(world.app, base_url="http://archive.test", follow_redirects=False) as browser:
        yield browser


@pytest.fixture
def browser(anonymous: Browser) -> Browser:
    """The archivist of centre A."""
    return anonymous.sign_in("archivist")


@pytest.fixture
def staff(world: World) -> Iterator[Browser]:
    """A reader of centre A without the right to personal data."""
    with Browser(world.app, base_url="http://archive.test", follow_redirects=False) as browser:
        yield browser.sign_in("staff")


@pytest.fixture
def odd() -> Iterator[OddProvider]:
    """A provider that says what it is told to say."""
    with odd_provider() as provider:
        yield provider
