"""The main walk: scans in, a doubt decided, a complete and searchable file out, all in a real browser."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from archive_service.db.session import Database
from archive_service.people.roles import Role
from archive_service.storage.store import ObjectStore
from ingest.tables import Batch, Scan, ScanDocument, ScanPage
from tests.flows.conftest import COUNTY_ONLY
from tests.support import papers, records
from tests.support.stored_pages import stored_page

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

ACCOUNT, APPLICATION, NAME = "5101431049", "202611020417", "汪雪梅"
PHRASE = "望江线十七号杆"
#: Sure: a title of the catalogue, the account and the application.
SURE = (
    "居民供用电合同",
    f"户号：{ACCOUNT}",
    f"户名：{NAME}",
    f"申请编号：{APPLICATION}",
    "用电地址：清河路 12 号 3 幢 401 室",
    "供电方式：交流 220 V 单相供电",
    "本合同自双方签字之日起生效，用电人应当按时交纳电费。",
)
#: Doubtful: the account is there, a title is not.
DOUBTFUL = (
    f"户号：{ACCOUNT}", f"户名：{NAME}", f"申请编号：{APPLICATION}", f"供电电源由{PHRASE}接入，经办人员现场核对无误。",
    "因房屋过户，原户名与现住用户不一致，请予办理。", "以上内容属实，望批准。",
)  # fmt: skip


@pytest.fixture
def household(database: Database, store: ObjectStore) -> None:
    """A household whose renaming lacks only the signed application, and the archivist of its centre."""
    with database.unit_of_work() as session:
        at = records.unit(session, "QY02", below=records.unit(session), name="望江供电所")
        case = records.case(
            session, APPLICATION, account_no=ACCOUNT, account_name=NAME, business="RENAME", at=at,
            conditions=("natural",),
        )  # fmt: skip
        for shade, code in enumerate(("A05", "A29", "X01", "X02"), start=90):
            records.item(session, case, code, pages=[stored_page(store, f"第 {shade} 份", shade)])
        records.person(session, "shen", roles=[Role.ARCHIVIST], at=at)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What the scanner left: one sure document, one doubtful."""
    made = tmp_path / "scans"
    made.mkdir()
    (made / "扫描0001.pdf").write_bytes(papers.born_digital(SURE))
    (made / "扫描0002.pdf").write_bytes(papers.born_digital(DOUBTFUL))
    return made


def sign_in(page: Page) -> None:
    page.goto("/")
    page.get_by_label("登录名").fill("shen")
    page.get_by_label("密码").fill(records.PASSWORD)
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("归档待办")


def drop(page: Page, folder: Path) -> None:
    """Let the files fall onto the page as a mouse would."""
    files = [(path.name, list(path.read_bytes())) for path in sorted(folder.iterdir())]
    held = page.evaluate_handle(
        """files => { const held = new DataTransfer();
        for (const [name, bytes] of files) held.items.add(new File([new Uint8Array(bytes)], name));
        return held; }""",
        files,
    )
    for kind in ("dragenter", "dragover", "drop"):
        page.dispatch_event("#drop", kind, {"dataTransfer": held})


def sideways(page: Page) -> int:
    width: int = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return width


def test_scans_come_in_and_a_complete_file_comes_out(page: Page, household: None, folder: Path) -> None:
    """Sign in, drop a batch, watch it finish, correct one document, see the case complete, find it, open it."""
    sign_in(page)
    page.keyboard.press("g")
    page.keyboard.press("i")
    expect(page.get_by_role("heading", level=1)).to_have_text("扫描入库")
    drop(page, folder)
    batch = page.locator("#batch")
    expect(batch.get_by_text("本批 2 份文件已处理完")).to_be_visible()
    rows = batch.locator("tbody tr")
    expect(rows.filter(has_text="扫描0001.pdf")).to_contain_text("已归户")
    expect(rows.filter(has_text="扫描0002.pdf")).to_contain_text("待校核")

    page.goto(f"/households/{ACCOUNT}")
    expect(page.locator("[data-paper=A02V]")).to_have_attribute("data-status", "missing")
    expect(page.locator("#why")).to_contain_text("尚不能归档")

    page.keyboard.press("g")
    page.keyboard.press("r")
    expect(page.get_by_role("heading", level=1)).to_have_text("校核台")
    expect(page.locator(".words text", has_text=PHRASE)).to_have_count(1)
    other = page.get_by_role("combobox", name="其他类型")
    other.fill("A02V")
    other.press("Control+Enter")
    expect(page.get_by_text("没有待校核的文件")).to_be_visible()
    expect(page.locator(".toast-bar")).to_contain_text("变更用电申请表已归入 " + ACCOUNT)

    page.goto(f"/households/{ACCOUNT}")
    expect(page.locator("[data-paper=A02V]")).to_have_attribute("data-status", "present")
    expect(page.locator("#why")).to_contain_text("资料齐全，可以移交归档")

    find(page, PHRASE)
    expect(page.locator(".hit mark").first).to_contain_text("望江线")
    page.locator(".hit a[data-open]").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("变更用电申请表")
    drawn = page.locator("[data-sheet] image")
    expect(drawn).to_be_visible()
    assert page.request.get(drawn.get_attribute("href") or "").headers["content-type"] == "image/jpeg"
    expect(page.locator(".found rect")).to_have_count(1)
    look_closely(page)


def find(page: Page, phrase: str) -> None:
    """Search until the index has followed; it does so by itself within seconds."""
    page.keyboard.press("/")
    page.keyboard.insert_text(phrase)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/search"))
    for _ in range(60):
        if page.locator(".hit").count():
            return
        page.wait_for_timeout(1000)
        page.reload()
    raise AssertionError(page.locator("main").inner_text())


def look_closely(page: Page) -> None:
    """Zoom, turn and select by keyboard and mouse; the text lies over its own picture."""
    sheet = page.locator("[data-sheet]")
    before = sheet.bounding_box()
    page.keyboard.press("+")
    after = sheet.bounding_box()
    assert before is not None
    assert after is not None
    assert after["width"] > before["width"] * 1.2
    page.keyboard.press("0")
    page.keyboard.press("o")
    assert page.locator("[data-sheet] svg").get_attribute("viewBox") == turned(page)
    for _ in range(3):
        page.keyboard.press("o")
    line = page.locator(".words text", has_text=PHRASE)
    line.click(click_count=3)
    assert PHRASE in page.evaluate("getSelection().toString()")
    page.keyboard.press("t")
    expect(page.locator("[data-sheet] svg")).to_have_class(re.compile("show-text"))


def turned(page: Page) -> str:
    svg = page.locator("[data-sheet] svg")
    return f"0 0 {svg.get_attribute('data-height')} {svg.get_attribute('data-width')}"


@COUNTY_ONLY
def test_the_same_work_fits_a_phone(phone: Page, household: None, folder: Path) -> None:
    """Every page of the walk stands on 390 pixels without scrolling sideways, and a decision can be made there."""
    sign_in(phone)
    phone.goto("/intake")
    phone.locator("#files").set_input_files(sorted(folder.iterdir()))
    expect(phone.locator("#batch").get_by_text("本批 2 份文件已处理完")).to_be_visible()
    for address in (
        "/",
        "/intake",
        "/scans",
        "/review",
        "/review/queue",
        f"/households/{ACCOUNT}",
        "/cases",
        "/search",
        "/me",
    ):
        phone.goto(address)
        assert sideways(phone) <= 0, address
    phone.goto("/review")
    phone.get_by_role("link", name="退回").click()
    phone.get_by_role("dialog").get_by_label("影像不清").check()
    phone.get_by_role("dialog").get_by_role("button", name="退回").click()
    expect(phone.locator(".toast-bar")).to_contain_text("已退回")
    phone.get_by_role("button", name="撤销").click()
    expect(phone.get_by_role("button", name="确认归入")).to_be_visible()


@COUNTY_ONLY
def test_the_work_can_be_done_without_scripts(chromium: object, server: str, household: None, folder: Path) -> None:
    """A browser that runs no script brings files in, decides and finds, by plain forms and links."""
    context = chromium.new_context(base_url=server, java_script_enabled=False)  # type: ignore[attr-defined]
    page = context.new_page()
    page.set_default_timeout(60_000)
    sign_in(page)
    page.goto("/intake")
    page.locator("#files").set_input_files(sorted(folder.iterdir()))
    page.get_by_role("button", name="上传").click()
    for _ in range(90):
        if page.get_by_text("本批 2 份文件已处理完").count():
            break
        page.wait_for_timeout(1000)
        page.reload()
    page.goto("/review")
    page.locator("input[name=document_type][value=other]").check()
    page.get_by_role("combobox", name="其他类型").fill("A02V")
    page.get_by_role("button", name="确认归入").click()
    expect(page.get_by_text("没有待校核的文件")).to_be_visible()
    context.close()


@pytest.fixture
def two_in_one(database: Database, store: ObjectStore, household: None) -> None:
    """A doubtful scan of two pages that were taken for one document."""
    with database.unit_of_work() as session:
        at = records.unit(session, "QY02")
        batch = Batch(name="B", channel="web", unit_id=at.id, received_by=None, received_at=records.NOW)
        session.add(batch)
        session.flush()
        scan = Scan(
            batch_id=batch.id, unit_id=at.id, file_name="两份.pdf", digest="e" * 64, size_bytes=9, format="pdf",
            state="needs_review", page_count=2, pages_done=2, received_at=records.NOW, finished_at=records.NOW,
        )  # fmt: skip
        session.add(scan)
        session.flush()
        for number in (1, 2):
            page = stored_page(store, f"居民供用电合同\n第 {number} 份", number)
            session.add(
                ScanPage(
                    scan_id=scan.id, page_no=number, image_digest=page.image_digest, text=page.text, width_px=60,
                    thumbnail_digest=page.thumbnail_digest, height_px=80, dpi=200, lines_digest=page.lines_digest,
                )
            )  # fmt: skip
        session.add(
            ScanDocument(
                scan_id=scan.id, seq=1, pages=[1, 2], document_type="K01R", confidence=0.5, candidates=[], fields={},
                reasons=[], doubts=["请核对"],
            )
        )  # fmt: skip


def test_a_wrong_cut_is_mended_by_keys(page: Page, two_in_one: None) -> None:
    """Turn to the second page, split there, take it back, split again, join from the second part."""
    sign_in(page)
    page.goto("/review")
    page.keyboard.press("b")
    expect(page.locator(".strip h3")).to_have_count(1)
    split(page)
    page.keyboard.press("z")
    expect(page.locator(".toast-bar")).to_contain_text("已撤销")
    expect(page.locator(".strip h3")).to_have_count(1)
    split(page)
    page.locator(".strip h3 a").click()
    expect(page.locator("[data-stage]")).to_have_attribute("data-stage", "2")
    page.keyboard.press("m")
    expect(page.locator(".toast-bar")).to_contain_text("已并件")
    page.keyboard.press("x")
    page.get_by_role("dialog").get_by_role("button", name="剔除").click()
    expect(page.locator(".toast-bar")).to_contain_text("已剔除")
    expect(page.locator(".strip .gone")).to_have_count(1)
    page.keyboard.press("z")
    expect(page.locator(".strip .gone")).to_have_count(0)


def split(page: Page) -> None:
    """Split before the second page, which is turned to without leaving the form."""
    expect(page.locator("[data-stage]")).to_have_attribute("data-stage", "1")
    page.keyboard.press("PageDown")
    expect(page.locator("[data-stage]")).to_have_attribute("data-stage", "2")
    page.keyboard.press("b")
    expect(page.locator(".toast-bar")).to_contain_text("已分件")
    expect(page.locator(".strip h3")).to_have_count(2)
