"""One of two centres that may not know of each other: a household, its papers, a doubtful scan, what waits there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from archive_service import clock
from archive_service.editions import actions as desk
from archive_service.households import actions
from archive_service.households.actions.previews import Fate
from archive_service.households.queries.figures import FigureFilters
from archive_service.households.tables import CaseFile, CaseRuling, StageCorrection
from archive_service.households.values import FieldValue, RowError
from archive_service.imports import parts
from archive_service.imports.tables import CaseImport, CaseImportPart
from archive_service.inspection import actions as inspection
from archive_service.jobs.tables import Job
from archive_service.people import sessions
from archive_service.people.roles import Role
from archive_service.storage.files import FileStore
from archive_service.webhooks.tables import Webhook, WebhookDelivery
from ingest.quality.tables import PageFinding, Rescan
from ingest.receive import STEP_JOB
from ingest.tables import Batch, Scan, ScanDocument, ScanPage
from tests.support import records
from tests.support.stored_pages import picture, stored_page
from tests.web.centre_papers import certified, checked, package_in, packaged, shelved

ID_NUMBER = "11010519491231002X"
PHONE = "13812340092"
#: What a hostile customer might be called, and a hostile file.
HOSTILE = "<script>alert('户')</script>"
HOSTILE_FILE = '"><img src=x onerror=alert(1)>.pdf'
PHRASE = "望江线十七号杆"
FAR_NAME = "远方食品有限公司"


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
