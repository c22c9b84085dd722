"""Through the whole pipeline: what is wrong with a scan is on record when it rests, and a better scan mends it."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import pytest
from PIL import Image
from sqlalchemy import select

from archive_service import clock
from archive_service.audit.tables import AuditEntry
from archive_service.cli.services import Services
from archive_service.cli.verify import findings as verified
from archive_service.db.session import Database
from archive_service.errors import Refused
from archive_service.people.queries import system_viewer
from archive_service.people.viewer import Viewer
from archive_service.settings import Settings
from archive_service.storage.files import FileStore
from archive_service.worker import jobs
from indexing.sync import follow
from ingest import queries
from ingest.quality import findings, rescan
from ingest.quality import queries as quality
from ingest.quality.tables import Rescan
from ingest.quality.views import FindingView
from ingest.receive import Said, open_batch, receive
from ingest.tables import ScanDocument, ScanPage
from tests.ingest.ocr.conftest import draw_page
from tests.ingest.quality.conftest import blurred
from tests.support import records

pytestmark = pytest.mark.ocr
ACCOUNT, APPLICATION = "5101431049", "202603100001"
HEAD = ("低压供电方案答复单", f"户号：{ACCOUNT}", f"申请编号：{APPLICATION}", "户名：汪雪梅", "答复日期：2026年3月12日")
MORE = ("供电电压：交流220伏", "合同容量：12千瓦", "计量方式：低供低计", "本答复单自签收之日起三个月内有效。")


def page(*lines: str, foot: str = "") -> np.ndarray:
    """A page at 150 dots per inch, with a number at its foot."""
    pixels = draw_page(lines, size=(1240, 1754), text_px=34).pixels.copy()
    if foot:
        strip = draw_page((foot,), size=(700, 180), text_px=30).pixels
        pixels[1560:1740, 300:1000] = strip
    return pixels


def tiff(pages: Sequence[np.ndarray], *, dpi: int = 150) -> bytes:
    out = io.BytesIO()
    first, *rest = [Image.fromarray(one) for one in pages]
    first.save(out, "TIFF", save_all=True, append_images=rest, compression="jpeg", dpi=(dpi, dpi))
    return out.getvalue()


def jpeg(pixels: np.ndarray, *, dpi: int = 200) -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "JPEG", quality=90, dpi=(dpi, dpi))
    return out.getvalue()


@dataclass
class Archive:
    """A migrated archive with one household, and a scan whose pages have faults."""

    settings: Settings
    database: Database
    store: FileStore
    viewer: Viewer
    scan_id: int
    batch_id: int

    def work(self) -> None:
        """Do all work that is owed."""
        runner = jobs.open_runner(self.settings, worker="test")
        while runner.run_one():
            continue
        runner.database.close()

    def found(self) -> dict[int, dict[str, FindingView]]:
        with self.database.reading() as session:
            by_page = quality.findings_of(session, self.viewer, self.scan_id)
        return {number: {one.code: one for one in ones} for number, ones in by_page.items()}

    def page(self, number: int) -> ScanPage:
        with self.database.reading() as session:
            wanted = select(ScanPage).where(ScanPage.scan_id == self.scan_id, ScanPage.page_no == number)
            return session.scalars(wanted).one()

    def document_of(self, number: int) -> ScanDocument:
        with self.database.reading() as session:
            rows = session.scalars(select(ScanDocument).where(ScanDocument.scan_id == self.scan_id)).all()
        return next(row for row in rows if number in row.pages)

    def rescan(self, number: int, data: bytes, *, name: str = "重扫.jpg") -> int:
        return rescan.receive(
            self.database,
            self.store,
            stream=io.BytesIO(data),
            file_name=name,
            scan_id=self.scan_id,
            page_no=number,
            reason="影像不清",
            viewer=self.viewer,
            max_bytes=10_000_000,
            now=clock.now(),
        )

    def rescan_row(self, number: int) -> Rescan:
        with self.database.reading() as session:
            return session.get_one(Rescan, number)

    def verify(self) -> None:
        """Everything that a row names is on record and in the store, and nothing else is."""
        services = Services(self.settings)
        follow(self.database, services.index, now=clock.now())
        assert verified(services, sample=None, now=clock.now()).findings == ()
        services.index.close()
        services.database.close()


def worn_pages() -> list[np.ndarray]:
    """Four pages: the second blurred beyond reading, number three of four lacks, the last with a border, and again."""
    last = page(*MORE, *MORE, foot="第 4 页 共 4 页")
    bordered = last.copy()
    bordered[:, -40:] = 25
    again = cv2.warpAffine(last, np.float32([[1, 0, 5], [0, 1, 4]]), last.shape[1::-1], borderValue=(250, 250, 250))
    return [
        page(*HEAD, *MORE, foot="第 1 页 共 4 页"),
        blurred(page("计量装置由供电人安装并负责维护。", *MORE, foot="第 2 页 共 4 页"), 6.5),
        bordered,
        again,
    ]


@pytest.fixture
def archive(settings: Settings, database: Database, store: FileStore) -> Iterator[Archive]:
    """The scan with faults, taken as far as it goes."""
    with database.unit_of_work() as session:
        records.case(session, account_no=ACCOUNT, application_no=APPLICATION, account_name="汪雪梅")
        viewer = system_viewer(session)
        batch = open_batch(session, viewer, name="一批", channel="cli", unit_id=viewer.unit_id, now=clock.now())
        batch_id = batch.id
    receipt = receive(
        database, store, stream=io.BytesIO(tiff(worn_pages())), file_name="一.tif", batch_id=batch_id, viewer=viewer,
        said=Said(), max_bytes=50_000_000, now=clock.now(),
    )  # fmt: skip
    made = Archive(settings, database, store, viewer, receipt.scan_id, batch_id)
    made.work()
    yield made
    made.verify()


def test_what_is_wrong_with_each_page_is_on_record_when_the_scan_rests(archive: Archive) -> None:
    """Findings do not keep a document from being filed; a page that nobody can read does."""
    found = archive.found()
    assert {code for ones in found.values() for code in ones} >= {findings.LOW_RESOLUTION, findings.DARK_BORDER}
    assert all(ones[findings.LOW_RESOLUTION].measure == 150 for ones in found.values())
    assert findings.BLURRED in found[2]
    assert findings.DARK_BORDER in found[3]
    assert found[4][findings.REPEATED].facts == {"other": 3}
    assert archive.page(3).scanned_dpi == 150
    assert "unreadable-picture" in archive.page(2).flags
    assert any("影像质量太差" in doubt for doubt in archive.document_of(2).doubts)
    with archive.database.reading() as session:
        sheet = quality.quality_sheet(session, archive.viewer, archive.batch_id, archive.settings)
    assert (sheet.pages, len(sheet.sample), sheet.verdict.state) == (4, 4, "open")
    assert {one.code: one.pages for one in sheet.counts}[findings.REPEATED] == 1


def test_a_better_scan_takes_the_place_of_a_page_and_the_one_before_is_kept(archive: Archive) -> None:
    before = archive.page(2)
    original = queries_digest(archive)
    better = page("计量装置由供电人安装并负责维护。", *MORE, foot="第 2 页 共 4 页")
    sharp = cv2.resize(better, (1654, 2339), interpolation=cv2.INTER_CUBIC)
    number = archive.rescan(2, jpeg(sharp))
    assert archive.page(2).image_digest == before.image_digest
    archive.work()
    row, after = archive.rescan_row(number), archive.page(2)
    assert (row.state, row.error_code) == ("taken", None)
    assert (row.image_digest, row.superseded["text"]) == (before.image_digest, before.text)
    assert "计量装置由供电人安装" in (after.text or "")
    assert after.scanned_dpi == 200
    assert set(archive.found().get(2, {})) & {findings.BLURRED, findings.LOW_RESOLUTION} == set()
    document = archive.document_of(2)
    assert not any("影像质量太差" in doubt for doubt in document.doubts)
    assert any("重扫件" in doubt for doubt in document.doubts)
    assert queries_digest(archive) == original
    with archive.database.reading() as session:
        told = session.scalars(select(AuditEntry).where(AuditEntry.did == "page.superseded")).one()
        assert told.facts["before"] == before.image_digest
        assert quality.superseded_image(session, archive.viewer, archive.scan_id, number) == before.image_digest


def queries_digest(archive: Archive) -> str:
    with archive.database.reading() as session:
        return queries.scan(session, archive.viewer, archive.scan_id).digest


def test_a_better_scan_that_is_no_good_changes_nothing_and_says_why(archive: Archive) -> None:
    before = archive.page(2).image_digest
    two = archive.rescan(2, tiff(worn_pages()[:2]), name="两页.tif")
    with pytest.raises(Refused, match="正在识读"):
        archive.rescan(2, b"x")
    archive.work()
    torn = archive.rescan(2, b"\xff\xd8\xff\xe0 torn")
    archive.work()
    codes = [archive.rescan_row(number).error_code for number in (two, torn)]
    assert codes[0] == "file.not-one-page"
    assert (codes[1] or "").startswith("file.")
    assert {archive.rescan_row(number).state for number in (two, torn)} == {"refused"}
    assert archive.page(2).image_digest == before
