"""Odd scans through the whole pipeline: each ends filed rightly or before a person, with what is wrong with it said."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw
from sqlalchemy import select
from sqlalchemy.orm import Session

from archive_service import clock
from archive_service.cli.services import Services
from archive_service.cli.verify import findings as verified
from archive_service.db.session import Database
from archive_service.households.tables import Item
from archive_service.people.queries import system_viewer
from archive_service.samples import fonts
from archive_service.settings import Settings
from archive_service.storage.files import FileStore
from archive_service.worker import jobs
from indexing import query
from indexing.query import EngineQuery
from indexing.sync import follow
from ingest.ocr import images
from ingest.ocr.reading import MIRRORED
from ingest.quality import findings
from ingest.quality import queries as quality
from ingest.receive import Said, open_batch, receive
from ingest.recognise.classify import OTHER
from ingest.sheets.codes import SheetCode
from ingest.sheets.draw import Sheet
from ingest.tables import Scan, ScanDocument, ScanPage, standing
from tests.ingest.ocr.conftest import draw_page
from tests.ingest.sheets.test_look import copied_twice, printed, torn
from tests.support import records

# All scans are read by the first test that asks.
pytestmark = [pytest.mark.ocr, pytest.mark.timeout(1200)]
ACCOUNT, APPLICATION = "5101431049", "202603100001"
NAME, ADDRESS = "汪雪梅", "青屿县东门街道阳光新城17幢1单元401室"
REPLY = (
    "低压供电方案答复单", f"户号：{ACCOUNT}", f"申请编号：{APPLICATION}", f"户名：{NAME}", f"用电地址：{ADDRESS}",
    "供电电压：交流220伏", "合同容量：12千瓦", "答复日期：2026年3月12日",
)  # fmt: skip
ENGLISH = ("Certificate of Conformity", "Rated operational current 630 A", "Serial number 2023-0516-0032")
COLUMNS = ("供用电合同书正文第一条", "甲方应当按照约定支付电费", "乙方应当保证安全连续供电")
DRAWING = "低压配电线路走向图"
#: An application in traditional characters, printed with a face that has them, and scanned a little askew.
TRADITIONAL = Path(__file__).parent / "odd" / "traditional.jpg"


def reply() -> np.ndarray:
    return draw_page(REPLY, text_px=36).pixels.copy()


def picture(pixels: np.ndarray, *, dpi: int = 150) -> bytes:
    out = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(out, "JPEG", quality=85, dpi=(dpi, dpi))
    return out.getvalue()


def upside_down() -> bytes:
    return picture(images.turn(reply(), 180))


def mirrored() -> bytes:
    return picture(reply()[:, ::-1])


def black() -> bytes:
    return picture(np.full((1754, 1240, 3), 6, np.uint8))


def white() -> bytes:
    return picture(np.full((1754, 1240, 3), 252, np.uint8))


def in_columns() -> bytes:
    page = Image.new("RGB", (1240, 1754), (250, 250, 250))
    pen, font = ImageDraw.Draw(page), fonts.at("song", 40)
    for column, words in enumerate(COLUMNS):
        for row, sign in enumerate(words):
            pen.text((1000 - column * 120, 150 + row * 58), sign, font=font, fill=(20, 20, 20))
    return picture(np.asarray(page))


def by_hand() -> bytes:
    """Strokes that nobody can read."""
    source = np.random.default_rng(8)
    page = np.full((1754, 1240, 3), 250, np.uint8)
    for row in range(6):
        right = 150 + source.uniform(2, 18, 90).cumsum() + source.normal(0, 6, 90)
        down = 250 + row * 200 + source.normal(0, 26, 90)
        stroke = np.stack([right, down], axis=1).astype(np.int32)
        cv2.polylines(page, [stroke], isClosed=False, color=(40, 40, 90), thickness=3)
    return picture(page)


def in_english() -> bytes:
    return picture(draw_page(ENGLISH).pixels)


def landscape() -> bytes:
    """Sky, hills and trees."""
    source = np.random.default_rng(4)
    hills = cv2.resize(source.uniform(0, 1, (9, 12)).astype(np.float32), (1600, 1200), interpolation=cv2.INTER_CUBIC)
    leaves = cv2.resize(source.uniform(0.6, 1.2, (300, 400)).astype(np.float32), (1600, 1200))
    above = (hills + np.linspace(1, 0.2, 1200)[:, None] > 1.0)[..., None]
    sky, wood = np.array((120, 170, 230)), np.array((50, 90, 40))
    shot = np.where(above, sky * (0.6 + 0.4 * hills[..., None]), wood * leaves[..., None])
    return picture(shot.clip(0, 255).astype(np.uint8), dpi=72)


def long_drawing() -> bytes:
    """Twenty metres at thirty dots per inch."""
    strip = np.full((1000, 24_000, 3), 250, np.uint8)
    strip[50:950, 200:2600] = draw_page((DRAWING,), size=(2400, 900), text_px=160).pixels
    cv2.line(strip, (3000, 500), (23_800, 480), (30, 30, 30), 6)
    return picture(strip, dpi=30)


def boxes() -> bytes:
    """Five thousand ruled cells, a number in every twentieth."""
    page = Image.new("RGB", (3300, 4400), (250, 250, 250))
    pen, font = ImageDraw.Draw(page), fonts.at("hei", 26)
    for number in range(5000):
        row, column = divmod(number, 40)
        left, top = 30 + column * 81, 20 + row * 35
        pen.rectangle((left, top, left + 81, top + 35), outline=(60, 60, 60))
        if number % 20 == 0:
            pen.text((left + 4, top + 4), f"{number:04d}", font=font, fill=(20, 20, 20))
    return picture(np.asarray(page), dpi=300)


def negative() -> bytes:
    """A colour film on the glass: light print on its orange ground."""
    film = (255 - reply()) * np.array((1.0, 0.62, 0.42)) * 0.8 + 20
    return picture(film.clip(0, 255).astype(np.uint8))


def behind_sheets() -> bytes:
    """A separator of which half is torn off, the reply; the same separator copied twice, a contract."""
    kept = np.asarray(printed(sheet("P03L"), 150))
    copied = copied_twice(np.asarray(printed(sheet("K01R"), 150)), Random(7))
    contract = draw_page(("居民供用电合同", f"户号：{ACCOUNT}", "双方按照约定履行各自的义务"), text_px=36).pixels
    pages = [torn(kept, Random(7)), reply(), copied, copied, contract]
    first, *rest = [Image.fromarray(np.ascontiguousarray(one)) for one in pages]
    out = io.BytesIO()
    first.save(out, "TIFF", save_all=True, append_images=rest, compression="jpeg", dpi=(150, 150))
    return out.getvalue()


def sheet(kind: str) -> Sheet:
    return Sheet(SheetCode(APPLICATION, kind), "分隔页", advice="放在这份资料之前")


ODD: dict[str, Callable[[], bytes]] = {
    "倒置.jpg": upside_down,
    "镜像.jpg": mirrored,
    "全黑.jpg": black,
    "全白.jpg": white,
    "竖排.jpg": in_columns,
    "繁体.jpg": TRADITIONAL.read_bytes,
    "手写.jpg": by_hand,
    "英文.jpg": in_english,
    "风景.jpg": landscape,
    "长图.jpg": long_drawing,
    "表格.jpg": boxes,
    "负片.jpg": negative,
    "分隔.tif": behind_sheets,
}


@dataclass(frozen=True)
class Archive:
    """What became of the scans, by name."""

    services: Services
    scans: dict[str, Scan]
    pages: dict[str, list[ScanPage]]
    documents: dict[str, list[ScanDocument]]
    items: dict[str, list[Item]]
    faults: dict[str, set[str]]

    def the_document(self, name: str) -> ScanDocument:
        (document,) = self.documents[name]
        return document

    def found(self, typed: str) -> set[int]:
        """Items that a search finds."""
        with self.services.database.reading() as session:
            viewer = system_viewer(session)
            wanted = EngineQuery(frozenset({viewer.unit_id}), wanted=query.parse(typed))
        return {hit.item_id for hit in self.services.index.current()[1].search(wanted).hits}


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory, migrated_file: Path) -> Iterator[Archive]:
    """All odd scans handed in together, and all work done that is owed."""
    home = tmp_path_factory.mktemp("odd") / "home"
    settings = Settings(_env_file=None, home=home)  # type: ignore[call-arg]
    home.mkdir()
    (home / "archive.db").write_bytes(migrated_file.read_bytes())
    database, store = Database(settings.url()), FileStore(home / "objects")
    with database.unit_of_work() as session:
        records.case(session, APPLICATION, account_no=ACCOUNT, account_name=NAME, service_address=ADDRESS)
        viewer = system_viewer(session)
        batch = open_batch(session, viewer, name="怪", channel="cli", unit_id=viewer.unit_id, now=clock.now()).id
    for name, make in ODD.items():
        receive(
            database, store, stream=io.BytesIO(make()), file_name=name, batch_id=batch, viewer=viewer,
            said=Said(), max_bytes=50_000_000, now=clock.now(),
        )  # fmt: skip
    runner = jobs.open_runner(settings, worker="test")
    while runner.run_one():
        continue
    services = Services(settings)
    follow(services.database, services.index, now=clock.now())
    assert verified(services, sample=None, now=clock.now()).findings == ()
    yield look(services, database)
    services.index.close()
    services.database.close()
    database.close()


def faults_of(session: Session, scan: Scan) -> set[str]:
    found = quality.findings_of(session, system_viewer(session), scan.id)
    return {one.code for of_page in found.values() for one in of_page}


def look(services: Services, database: Database) -> Archive:
    with database.reading() as session:
        scans = {scan.file_name: scan for scan in session.scalars(select(Scan))}
        return Archive(
            services,
            scans,
            {name: list(scan.pages) for name, scan in scans.items()},
            {name: standing(scan.documents) for name, scan in scans.items()},
            {name: list(session.scalars(select(Item).where(Item.scan_id == scan.id))) for name, scan in scans.items()},
            {name: faults_of(session, scan) for name, scan in scans.items()},
        )


def test_every_scan_ends_and_no_page_is_lost(archive: Archive) -> None:
    """None hangs, none is refused, and each page lies in one document or is dropped with its reason."""
    ended = ("filed", "needs_review")
    assert {name: scan.state for name, scan in archive.scans.items() if scan.state not in ended} == {}
    for name, scan in archive.scans.items():
        assert [page.error_code for page in archive.pages[name]] == [None] * scan.page_count


def test_a_scan_upside_down_is_filed_upright(archive: Archive) -> None:
    (item,) = archive.items["倒置.jpg"]
    assert item.document_type == "P03L"
    assert [page.rotation for page in archive.pages["倒置.jpg"]] == [180]


def test_a_mirrored_scan_is_read_and_waits_for_a_person(archive: Archive) -> None:
    """What it says is known, so that only the picture has to be looked at."""
    document = archive.the_document("镜像.jpg")
    assert (document.state, document.document_type) == ("proposed", "P03L")
    assert document.fields["account_no"]["value"] == ACCOUNT
    assert findings.MIRRORED in archive.faults["镜像.jpg"]
    assert MIRRORED in archive.pages["镜像.jpg"][0].flags


@pytest.mark.parametrize(("name", "fault"), [("全黑.jpg", findings.TOO_DARK), ("全白.jpg", findings.BLANK)])
def test_a_scan_without_anything_on_it_goes_to_a_person_with_what_is_wrong(
    archive: Archive, name: str, fault: str
) -> None:
    document = archive.the_document(name)
    assert (document.state, document.document_type) == ("proposed", OTHER)
    assert document.doubts
    assert fault in archive.faults[name]


def test_columns_from_the_right_are_read_in_order(archive: Archive) -> None:
    assert (archive.pages["竖排.jpg"][0].text or "").split() == list(COLUMNS)
    assert archive.the_document("竖排.jpg").state == "proposed"


def test_an_application_in_traditional_characters_is_known_filled_and_filed(archive: Archive) -> None:
    """Labels are known in either writing; the page keeps the characters that stand on it."""
    document = archive.the_document("繁体.jpg")
    values = {name: found["value"] for name, found in document.fields.items()}
    assert document.document_type == "A02R"
    assert values["account_no"] == ACCOUNT
    assert values["application_no"] == APPLICATION
    assert values["account_name"] == NAME
    assert values["service_address"] == ADDRESS
    assert values["phone"] == "13800138000"
    assert values["capacity"] == "12"
    read = archive.pages["繁体.jpg"][0].text or ""
    assert "用電申請書" in read
    assert "戶號" in read
    assert [item.document_type for item in archive.items["繁体.jpg"]] == [document.document_type]


@pytest.mark.parametrize("typed", ["用電類別", "用电类别", "“供電營業規則”", "“供电营业规则”"])
def test_either_writing_finds_a_paper_in_traditional_characters(archive: Archive, typed: str) -> None:
    assert archive.found(typed) == {item.id for item in archive.items["繁体.jpg"]}


@pytest.mark.parametrize("typed", ["“低压供电方案答复单”", "“低壓供電方案答復單”"])
def test_either_writing_finds_a_paper_in_simplified_characters(archive: Archive, typed: str) -> None:
    assert {item.id for item in archive.items["倒置.jpg"]} <= archive.found(typed)


@pytest.mark.parametrize("name", ["手写.jpg", "英文.jpg", "风景.jpg"])
def test_what_nobody_can_name_is_other_and_waits_for_a_person(archive: Archive, name: str) -> None:
    document = archive.the_document(name)
    assert (document.state, document.document_type, document.household_id) == ("proposed", OTHER, None)
    assert document.doubts


def test_an_english_page_keeps_its_words(archive: Archive) -> None:
    assert (archive.pages["英文.jpg"][0].text or "").splitlines() == list(ENGLISH)


def test_a_long_drawing_keeps_its_size_and_its_title(archive: Archive) -> None:
    (page,) = archive.pages["长图.jpg"]
    assert DRAWING in (page.text or "")
    assert page.width_px > 20 * page.height_px
    assert archive.the_document("长图.jpg").state == "proposed"


def test_a_page_of_boxes_waits_for_a_person_with_its_numbers_read(archive: Archive) -> None:
    read = archive.pages["表格.jpg"][0].text or ""
    assert sum(f"{number:04d}" in read for number in range(0, 5000, 20)) > 200
    assert archive.the_document("表格.jpg").state == "proposed"


def test_a_colour_negative_is_read_and_kept_as_it_came(archive: Archive) -> None:
    document = archive.the_document("负片.jpg")
    assert document.document_type == "P03L"
    assert document.fields["account_no"]["value"] == ACCOUNT
    kept = images.decode(archive.services.store.read(archive.pages["负片.jpg"][0].image_digest or ""))
    assert np.median(kept) < 130


def test_a_torn_sheet_and_one_copied_twice_part_the_papers_and_are_no_papers(archive: Archive) -> None:
    found = archive.documents["分隔.tif"]
    assert [(one.document_type, one.pages) for one in found] == [("P03L", [2]), ("K01R", [5])]
    dropped = [one.pages for one in archive.scans["分隔.tif"].documents if one.state == "dropped"]
    assert sorted(page for pages in dropped for page in pages) == [1, 3, 4]
