"""Pages laid in wrongly are put right at the desk: by keys alone, by mouse, and on a phone by finger."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from archive_service.db.session import Database
from archive_service.people.roles import Role
from archive_service.storage.store import ObjectStore
from ingest.tables import Batch, Scan, ScanDocument, ScanPage
from tests.flows.conftest import COUNTY_ONLY
from tests.support import records
from tests.support.stored_pages import stored_page

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

SAID = (
    "居民供用电合同\n户号：3271834724798",
    "第二条 供电方式",
    "低压供电方案答复单\n户号：3271834724798",
    "签字盖章页",
)


@pytest.fixture
def documents(database: Database, store: ObjectStore) -> tuple[int, int]:
    """A scan of four pages, cut into [1, 2] and [3, 4], that waits at the desk of its centre."""
    with database.unit_of_work() as session:
        at = records.unit(session, "QY02", below=records.unit(session), name="望江供电所")
        case = records.case(session, account_no="3271834724798", account_name="汪雪梅", at=at)
        records.person(session, "shen", roles=[Role.ARCHIVIST], at=at)
        batch = Batch(name="B", channel="web", unit_id=at.id, received_by=None, received_at=records.NOW)
        session.add(batch)
        session.flush()
        scan = Scan(
            batch_id=batch.id, unit_id=at.id, file_name="扫描件.pdf", digest="9" * 64, size_bytes=9, format="pdf",
            state="needs_review", page_count=4, pages_done=4, received_at=records.NOW, finished_at=records.NOW,
        )  # fmt: skip
        session.add(scan)
        session.flush()
        for number, said in enumerate(SAID, start=1):
            shown = stored_page(store, said, 60 * number - 20)
            session.add(
                ScanPage(
                    scan_id=scan.id, page_no=number, image_digest=shown.image_digest, width_px=60, height_px=80,
                    thumbnail_digest=shown.thumbnail_digest, dpi=200, engine="rapidocr", confidence=0.98,
                    text=said, lines_digest=shown.lines_digest, flags=[],
                )
            )  # fmt: skip
        made = [
            ScanDocument(
                scan_id=scan.id, seq=seq, pages=pages, document_type="K01R", confidence=0.6,
                candidates=[["K01R", 0.6]], fields={}, reasons=[], doubts=["类型把握不足"],
                household_id=case.household_id, case_id=case.id, match_confidence=0.9,
            )
            for seq, pages in ((1, [1, 2]), (2, [3, 4]))
        ]  # fmt: skip
        session.add_all(made)
        session.flush()
        return made[0].id, made[1].id


def sign_in(page: Page) -> None:
    page.goto("/")
    page.get_by_label("登录名").fill("shen")
    page.get_by_label("密码").fill(records.PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("归档待办")


def lane(page: Page, at: int) -> Locator:
    return page.locator("[data-lane]").nth(at).locator("[data-page]")


def shows(page: Page, at: int, *numbers: int) -> None:
    expect(lane(page, at)).to_have_count(len(numbers))
    assert [tile.get_attribute("data-page") for tile in lane(page, at).all()] == [str(one) for one in numbers]


def lie(database: Database, *documents: int) -> list[list[int]]:
    with database.reading() as session:
        return [session.get_one(ScanDocument, one).pages for one in documents]


def test_pages_are_put_right_by_keys_alone_and_taken_back(
    page: Page, database: Database, documents: tuple[int, int]
) -> None:
    sign_in(page)
    page.goto(f"/review/{documents[0]}")
    page.keyboard.press("p")
    expect(page.get_by_role("heading", level=1)).to_have_text("整理页面")
    while page.evaluate("document.activeElement.dataset.page") != "1":
        page.keyboard.press("Tab")
    page.keyboard.press("Shift+ArrowRight")
    shows(page, 0, 2, 1)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowUp")
    shows(page, 0, 2, 1, 3)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("q")
    page.keyboard.press("n")
    shows(page, 2, 4)
    page.keyboard.press("Control+Enter")
    expect(page.locator(".toast-bar")).to_contain_text("页面已重新整理")
    assert lie(database, *documents) == [[2, 1, 3], []]
    page.keyboard.press("z")
    expect(page.locator(".toast-bar")).to_contain_text("已撤销")
    assert lie(database, *documents) == [[1, 2], [3, 4]]


def drag(page: Page, what: Locator, onto: Locator) -> None:
    start, end = what.bounding_box(), onto.bounding_box()
    assert start is not None
    assert end is not None
    page.mouse.move(start["x"] + start["width"] / 2, start["y"] + start["height"] / 2)
    page.mouse.down()
    page.mouse.move(end["x"] + 8, end["y"] + 20, steps=8)
    page.mouse.up()


@COUNTY_ONLY
def test_pages_are_dragged_by_mouse_and_dropped_into_the_bin(
    page: Page, database: Database, documents: tuple[int, int]
) -> None:
    sign_in(page)
    page.goto(f"/review/{documents[0]}/pages")
    drag(page, lane(page, 1).nth(1), lane(page, 0).nth(0))
    shows(page, 0, 4, 1, 2)
    drag(page, lane(page, 0).nth(2), page.locator("[data-lane=bin] [data-tiles]"))
    page.get_by_label("剔除原因").select_option("重复扫描")
    page.get_by_role("button", name="保存页面").click()
    expect(page.locator(".toast-bar")).to_contain_text("页面已重新整理")
    assert lie(database, *documents) == [[4, 1], [3]]


@COUNTY_ONLY
def test_on_a_phone_the_board_fits_and_a_page_is_turned(
    phone: Page, database: Database, documents: tuple[int, int]
) -> None:
    sign_in(phone)
    phone.goto(f"/review/{documents[0]}/pages")
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    phone.get_by_role("button", name="右转第 1 页").click()
    phone.get_by_role("button", name="保存页面").click()
    expect(phone.locator(".toast-bar")).to_contain_text("页面已重新整理")
    with database.reading() as session:
        turned = session.query(ScanPage).filter_by(page_no=1).one()
    assert (turned.rotation, turned.width_px, turned.height_px) == (90, 80, 60)
