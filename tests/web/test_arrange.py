"""The board of pages by plain forms, and sheets to print: rights, forms that are out of date, undo."""

from __future__ import annotations

import io
import re

import httpx
import pypdfium2
import pytest

from archive_service.web.pages import arrange
from ingest.sheets import look
from ingest.sheets.codes import SheetCode
from ingest.tables import Scan, ScanDocument, ScanPage
from tests.support.stored_pages import stored_page
from tests.web.conftest import Browser, World


@pytest.fixture
def pages(world: World) -> tuple[int, int]:
    """The scan of the near centre with three pages, cut into [1, 2] and [3]; the ids of the documents."""
    with world.services.database.unit_of_work() as session:
        first = session.get_one(ScanDocument, world.near.document)
        scan = session.get_one(Scan, world.near.scan)
        there = {page.page_no for page in scan.pages}
        for number in {1, 2, 3} - there:
            shown = stored_page(world.services.store, f"第 {number} 页 供用电合同", number)
            session.add(
                ScanPage(
                    scan_id=scan.id, page_no=number, image_digest=shown.image_digest, width_px=60, height_px=80,
                    thumbnail_digest=shown.thumbnail_digest, dpi=200, engine="rapidocr", confidence=0.98,
                    text=shown.text, lines_digest=shown.lines_digest, flags=[],
                )
            )  # fmt: skip
        first.pages = [1, 2]
        second = ScanDocument(
            scan_id=scan.id, seq=9, pages=[3], document_type="K01R", confidence=0.6, candidates=[["K01R", 0.6]],
            fields={}, reasons=[], doubts=["类型把握不足"], match_confidence=0.9,
        )  # fmt: skip
        session.add(second)
        session.flush()
        return first.id, second.id


def lie(world: World, *documents: int) -> list[list[int]]:
    with world.services.database.reading() as session:
        return [session.get_one(ScanDocument, one).pages for one in documents]


def send(browser: Browser, address: str, body: object) -> httpx.Response:
    return browser.post(address, json=body, headers={"x-form-token": browser.token})


def seen(browser: Browser, document: int) -> dict[str, str]:
    """The fields of the board as it is shown."""
    page = browser.get(f"/review/{document}/pages").text
    fields = re.findall(r'name="((?:doc|new|seen)-\d+)"\s+value="([\d,]*)"', page)
    assert fields
    return dict(fields)


def test_the_board_shows_every_page_once_with_its_order(world: World, browser: Browser, pages: tuple[int, int]) -> None:
    first, second = pages
    fields = seen(browser, first)
    assert (fields[f"doc-{first}"], fields[f"doc-{second}"]) == ("1,2", "3")
    page = browser.get(f"/review/{first}/pages").text
    assert sorted(re.findall(r'class="tile"[^>]*data-page="(\d+)"', page)) == ["1", "2", "3"]


def test_pages_are_moved_by_the_plain_form_and_moved_back(
    world: World, browser: Browser, pages: tuple[int, int]
) -> None:
    first, second = pages
    form = {**seen(browser, first), f"doc-{first}": "2", f"doc-{second}": "3、1"}
    done = browser.submit(f"/review/{first}/pages", **form)
    assert done.status_code == 303, done.text
    assert lie(world, first, second) == [[2], [3, 1]]
    assert "撤销整理页面" in browser.get(f"/review/{first}/pages").text
    assert browser.submit(f"/review/{first}/undo-pages").status_code == 303
    assert lie(world, first, second) == [[1, 2], [3]]


def test_a_form_that_is_out_of_date_changes_nothing(world: World, browser: Browser, pages: tuple[int, int]) -> None:
    first, _ = pages
    form = seen(browser, first)
    assert browser.submit(f"/review/{first}/split", before_page="2", pages="1,2").status_code == 303
    late = browser.submit(f"/review/{first}/pages", **{**form, f"doc-{first}": "2,1"})
    assert late.status_code == 409
    assert "刚被他人调整过" in late.text
    assert lie(world, first) == [[1]]


@pytest.mark.parametrize("typed", ["1,1", "2,x", "7"])
def test_an_order_that_is_none_is_told_and_stays_typed(
    world: World, browser: Browser, pages: tuple[int, int], typed: str
) -> None:
    first, _ = pages
    told = browser.submit(
        f"/review/{first}/pages", **{**seen(browser, first), f"doc-{first}": typed, "reason": "空白页"}
    )
    assert told.status_code == 422
    assert 'role="alert"' in told.text
    assert lie(world, first) == [[1, 2]]


def test_a_page_left_out_lies_in_the_bin(world: World, browser: Browser, pages: tuple[int, int]) -> None:
    first, _ = pages
    form = {**seen(browser, first), f"doc-{first}": "1", "reason": "空白页"}
    assert browser.submit(f"/review/{first}/pages", **form).status_code == 303
    with world.services.database.reading() as session:
        held = session.query(ScanDocument).filter_by(scan_id=world.near.scan, state="dropped").one()
    assert (held.pages, held.doubts) == ([2], ["剔除：空白页"])


def test_the_page_on_the_desk_is_turned(world: World, browser: Browser, pages: tuple[int, int]) -> None:
    first, _ = pages
    done = browser.submit(f"/review/{first}/turn", page="2", pages="1,2")
    assert done.status_code == 303, done.text
    with world.services.database.reading() as session:
        page = session.query(ScanPage).filter_by(scan_id=world.near.scan, page_no=2).one()
    assert (page.width_px, page.height_px, page.rotation) == (80, 60, 90)
    assert "正在重新识读" in browser.get(done.headers["location"]).text


def test_the_pages_and_sheets_of_another_centre_are_not_there(world: World, browser: Browser) -> None:
    theirs = world.far.document
    for act in (
        browser.get(f"/review/{theirs}/pages"),
        browser.submit(f"/review/{theirs}/pages", **{f"seen-{theirs}": "1", f"doc-{theirs}": "1"}),
        browser.submit(f"/review/{theirs}/turn", page="1", pages="1"),
        browser.submit(f"/review/{theirs}/undo-pages"),
        browser.get(f"/api/v1/cases/{world.far.application_no}/sheets.pdf"),
        browser.get(f"/households/{world.far.account_no}/cases/{world.far.application_no}/sheets"),
        send(browser, f"/api/v1/scans/{world.far.scan}/pages", {"seen": {}, "documents": []}),
        send(browser, f"/api/v1/scans/{world.far.scan}/pages/undo", {}),
    ):
        assert act.status_code == 404


def test_who_only_reads_prints_no_sheets(world: World, staff: Browser) -> None:
    assert staff.get(f"/api/v1/cases/{world.near.application_no}/sheets.pdf").status_code == 403


def test_the_sheets_of_a_case_are_printed_with_codes_that_are_read_again(world: World, browser: Browser) -> None:
    case = f"/households/{world.near.account_no}/cases/{world.near.application_no}"
    assert f'href="{case}/sheets"' in browser.get(case).text
    assert 'name="cover"' in browser.get(f"{case}/sheets").text
    answer = browser.get(f"{case}/sheets.pdf?cover=1&type=K01R&plain=2")
    assert answer.headers["content-type"] == "application/pdf"
    found = []
    for page in pypdfium2.PdfDocument(answer.content):
        out = io.BytesIO()
        page.render(scale=2).to_pil().convert("RGB").save(out, "JPEG")
        sheet = look.find(out.getvalue())
        found += list(sheet.codes) if sheet else []
    number = world.near.application_no
    assert found == [SheetCode(number, cover=True), SheetCode(number, "K01R"), SheetCode(), SheetCode()]


def test_a_program_arranges_pages_and_undoes_it(world: World, browser: Browser, pages: tuple[int, int]) -> None:
    first, second = pages
    address = f"/api/v1/scans/{world.near.scan}/pages"
    wanted = {
        "seen": {str(first): [1, 2], str(second): [3]},
        "documents": [{"document": str(first), "pages": [2, 1]}, {"document": str(second), "pages": [3]}],
    }
    done = send(browser, address, wanted)
    assert done.status_code == 200, done.text
    assert lie(world, first) == [[2, 1]]
    assert send(browser, address, wanted).status_code == 409
    assert send(browser, f"{address}/undo", {}).status_code == 200
    assert lie(world, first) == [[1, 2]]


def test_a_large_scan_of_many_documents_is_arranged(world: World, browser: Browser) -> None:
    first, many, long = world.near.document, 300, 1500
    with world.services.database.unit_of_work() as session:
        scan = session.get_one(Scan, world.near.scan)
        thumbnail, image = scan.pages[0].thumbnail_digest, scan.pages[0].image_digest
        pages = range(2, many + long + 1)
        session.add_all(
            ScanPage(
                scan_id=scan.id, page_no=number, image_digest=image, thumbnail_digest=thumbnail, width_px=60,
                height_px=80, dpi=200, engine="rapidocr", confidence=0.98, text="", flags=[],
            )
            for number in pages
        )  # fmt: skip
        lies = [[number] for number in pages[: many - 1]] + [list(pages[many - 1 :])]
        session.add_all(
            ScanDocument(
                scan_id=scan.id, seq=at, pages=pages, document_type="K01R", confidence=0.6, candidates=[], fields={},
                reasons=[], doubts=["类型把握不足"], match_confidence=0.9,
            )
            for at, pages in enumerate(lies, start=10)
        )  # fmt: skip
    form = seen(browser, first)
    assert sum(name.startswith("doc-") for name in form) == many + 1
    last = max(int(name.removeprefix("doc-")) for name in form if name.startswith("doc-"))
    backwards = list(range(many + long, many, -1))
    form[f"doc-{last}"] = ",".join(map(str, backwards))
    done = browser.submit(f"/review/{first}/pages", **form)
    assert done.status_code == 303, done.text[:2000]
    assert lie(world, last) == [backwards]


@pytest.mark.parametrize(
    "odd",
    [
        {"documents": [{"document": "0", "pages": [1, 2]}]},
        {"seen": {"9" * 5000: [1]}},
        {"turns": {"9" * 5000: 90}},
        {"turns": {"-2": 90}},
        {"turns": {"٢": 90}},
    ],
)
def test_numbers_that_are_no_numbers_are_refused_and_no_fault(
    world: World, browser: Browser, pages: tuple[int, int], odd: dict[str, object]
) -> None:
    first, second = pages
    wanted = {
        "seen": {str(first): [1, 2], str(second): [3]},
        "documents": [{"document": str(first), "pages": [2, 1]}, {"document": str(second), "pages": [3]}],
        "reason": "空白页",
    }
    told = send(browser, f"/api/v1/scans/{world.near.scan}/pages", {**wanted, **odd})
    assert told.status_code == 422, told.text
    assert lie(world, first, second) == [[1, 2], [3]]


def test_a_reason_never_holds_what_no_database_takes(world: World, browser: Browser, pages: tuple[int, int]) -> None:
    first, second = pages
    wanted = {
        "seen": {str(first): [1, 2], str(second): [3]},
        "documents": [{"document": str(second), "pages": [3]}],
        "reason": "空白\0页",
    }
    assert send(browser, f"/api/v1/scans/{world.near.scan}/pages", wanted).status_code == 200
    with world.services.database.reading() as session:
        assert session.get_one(ScanDocument, first).doubts == ["剔除：空白页"]


def test_no_more_new_documents_than_rows_are_offered(world: World, browser: Browser, pages: tuple[int, int]) -> None:
    first, _ = pages
    assert sum(name.startswith("new-") for name in seen(browser, first)) == arrange._NEW
