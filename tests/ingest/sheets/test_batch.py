"""A stack of papers with sheets between them, through the real pipeline: exactly the documents that the sheets part."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass

import pikepdf
import pytest
from sqlalchemy import select

from archive_service import clock
from archive_service.cli.services import Services
from archive_service.cli.verify import findings
from archive_service.db.session import Database
from archive_service.households.tables import Item
from archive_service.jobs.runner import Runner
from archive_service.people.viewer import Viewer
from archive_service.settings import Settings
from archive_service.storage.files import FileStore
from archive_service.worker import jobs
from indexing.sync import follow
from ingest.receive import Said, open_batch, receive
from ingest.sheets import draw
from ingest.sheets.codes import SheetCode
from ingest.sheets.draw import Sheet
from ingest.tables import Scan, ScanDocument, ScanPage, standing
from ingest.workshop import Workshop
from tests.support import records
from tests.support.born_digital import paper, supply_reply

ACCOUNT, APPLICATION = "5101431049", "202603100001"
NEIGHBOUR, THEIRS = "5101431050", "202603100002"
STRANGER, FAR = "5101431051", "202603100003"


@dataclass
class Place:
    """A centre with two cases, another centre with a third, and the archivist of the first."""

    settings: Settings
    database: Database
    store: FileStore
    archivist: Viewer

    def take_in(self, *parts: bytes, said: Said | None = None) -> int:
        """Hand in these PDFs as one file and do all that is owed; return the scan."""
        with self.database.unit_of_work() as session:
            batch = open_batch(
                session, self.archivist, name="批", channel="web", unit_id=self.archivist.unit_id, now=clock.now()
            )
        receipt = receive(
            self.database, self.store, stream=io.BytesIO(one_file(parts)), file_name="一叠.pdf", batch_id=batch.id,
            viewer=self.archivist, said=said or Said(), max_bytes=10_000_000, now=clock.now(),
        )  # fmt: skip
        self.work()
        return receipt.scan_id

    def work(self) -> None:
        """Do all jobs that are owed."""
        workshop = Workshop(self.settings, self.database, self.store, now=clock.now, today=clock.today)
        handlers = jobs.handlers(workshop)
        runner = Runner(self.database, handlers, "worker", jobs.QUEUES, self.settings.lease_s, clock.now)
        while runner.run_one():
            continue

    def documents(self, scan: int) -> list[ScanDocument]:
        with self.database.reading() as session:
            return standing(session.get_one(Scan, scan).documents)

    def lie(self, scan: int) -> list[tuple[str, list[int]]]:
        return [(one.document_type, one.pages) for one in self.documents(scan)]

    def sheets(self, scan: int) -> list[int]:
        with self.database.reading() as session:
            rows = session.get_one(Scan, scan).documents
            return [page for one in rows if one.doubts == ["剔除：分隔页"] for page in one.pages]


def one_file(parts: Sequence[bytes]) -> bytes:
    whole, out = pikepdf.new(), io.BytesIO()
    for part in parts:
        with pikepdf.open(io.BytesIO(part)) as book:
            whole.pages.extend(book.pages)
    whole.save(out)
    return out.getvalue()


def sheet(application: str = "", kind: str = "", *, cover: bool = False) -> bytes:
    return draw.pdf([Sheet(SheetCode(application, kind, cover), "分隔页", advice="放在这份资料之前")])


def pages(title: str, count: int, account: str = ACCOUNT) -> bytes:
    return paper(title, [("户号", account), ("说明", "双方按照约定履行各自的义务")], pages=count)


def blank() -> bytes:
    book, out = pikepdf.new(), io.BytesIO()
    book.add_blank_page(page_size=(595, 842))
    book.save(out)
    return out.getvalue()


@pytest.fixture
def place(settings: Settings, database: Database, store: FileStore) -> Place:
    with database.unit_of_work() as session:
        root = records.unit(session)
        here, there = records.unit(session, "QY02", below=root), records.unit(session, "QY03", below=root)
        records.case(session, APPLICATION, account_no=ACCOUNT, account_name="汪雪梅", at=here)
        records.case(session, THEIRS, account_no=NEIGHBOUR, account_name="周海燕", at=here)
        records.case(session, FAR, account_no=STRANGER, account_name="郑国强", at=there)
        archivist = records.viewer(session, at=here)
    return Place(settings, database, store, archivist)


def test_a_stack_with_a_cover_and_separators_becomes_exactly_these_documents(place: Place) -> None:
    """Twenty pages: two covers, six separators, some of them doubled, two blank backs, ten pages of paper."""
    scan = place.take_in(
        sheet(APPLICATION, cover=True),
        *(sheet(APPLICATION, "K01R"), pages("居民供用电合同", 4)),
        *(sheet(APPLICATION, "P03L"), blank(), supply_reply(ACCOUNT, APPLICATION)),
        *(sheet(), sheet(), pages("告知确认书", 1)),
        sheet(THEIRS, cover=True),
        *(sheet(THEIRS, "K01R"), sheet(THEIRS, "K01R"), pages("居民供用电合同", 4, NEIGHBOUR), blank()),
    )
    found = place.documents(scan)
    assert [one.pages for one in found] == [[3, 4, 5, 6], [9], [12], [16, 17, 18, 19]]
    assert [found[at].document_type for at in (0, 1, 3)] == ["K01R", "P03L", "K01R"]
    assert place.sheets(scan) == [1, 2, 7, 10, 11, 13, 14, 15]
    with place.database.reading() as session:
        items = {item.document_type: item for item in session.scalars(select(Item).order_by(Item.id))}
        read = session.scalars(select(ScanPage.engine).where(ScanPage.scan_id == scan, ScanPage.page_no == 1)).one()
    assert items["P03L"].household_id == found[0].household_id
    assert found[3].household_id not in (None, found[0].household_id)
    assert read == "sheet"
    services = Services(place.settings)
    follow(services.database, services.index, now=clock.now())
    assert findings(services, sample=None, now=clock.now()).findings == ()
    services.index.close()
    services.database.close()


def test_a_forged_sheet_files_nothing_where_its_bearer_may_not(place: Place) -> None:
    """The paper bears no number; only the sheet says that it is of a case of another centre."""
    scan = place.take_in(sheet(FAR, "K01R"), paper("居民供用电合同", [("说明", "双方按照约定履行各自的义务")]))
    (found,) = place.documents(scan)
    assert (found.state, found.household_id) == ("proposed", None)
    assert any(FAR in doubt and "管辖范围" in doubt for doubt in found.doubts)
    with place.database.reading() as session:
        assert session.scalars(select(Item)).all() == []


def test_sheets_alone_are_refused_with_what_to_do(place: Place) -> None:
    scan = place.take_in(sheet(APPLICATION, cover=True), sheet())
    with place.database.reading() as session:
        row = session.get_one(Scan, scan)
    assert (row.state, row.error_code) == ("refused", "file.only-sheets")
