"""The review desk by plain forms: confirm, correct, send back, undo; nothing typed is lost."""

from __future__ import annotations

import re

from archive_service.households.tables import Item
from archive_service.web.pages.households import columns, problems
from ingest.tables import Scan, ScanDocument, ScanPage, standing
from tests.support import records
from tests.support.stored_pages import stored_page
from tests.web.conftest import Browser, World, flat


def decided(world: World) -> ScanDocument:
    with world.services.database.reading() as session:
        return session.get_one(ScanDocument, world.near.document)


def confirm(world: World, browser: Browser, **fields: str) -> str:
    form = {"document_type": "K01R", "account_no": world.near.account_no, "application_no": world.near.application_no}
    answer = browser.submit(f"/review/{world.near.document}/confirm", **{**form, **fields})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def test_the_desk_begins_with_what_waits_longest(world: World, browser: Browser) -> None:
    assert browser.get("/review").headers["location"] == f"/review/{world.near.document}"
    page = browser.get(f"/review/{world.near.document}").text
    for part in ("居民供用电合同", "文件类型把握不足", world.near.account_no, "校验位不符", 'data-field="account_no"'):
        assert part in page


def test_a_confirmed_document_is_filed_and_the_next_one_comes(world: World, browser: Browser) -> None:
    onward = confirm(world, browser)
    assert onward == f"/review?after={world.near.document}&done=filed&last={world.near.document}"
    assert decided(world).state == "filed"
    last = browser.get(onward)
    assert "没有待校核的文件" in last.text
    assert "撤销" in last.text
    file = browser.get(f"/households/{world.near.account_no}/items").text
    assert "K01R" in file


def test_a_corrected_field_is_filed_as_typed(world: World, browser: Browser) -> None:
    confirm(world, browser, **{"field.id_number": "11010519491231002X"})
    item = browser.get(f"/api/v1/items/{decided(world).item_id}").json()
    assert item["fields"]["id_number"]["value"] == "11010519491231002X"
    assert item["fields"]["id_number"]["confidence"] == 1.0


def test_a_field_that_differs_from_the_business_system_offers_its_value(world: World, browser: Browser) -> None:
    with world.services.database.unit_of_work() as session:
        document = session.get_one(ScanDocument, world.near.document)
        read = {"value": "90001", "confidence": 0.99, "page": 1, "box": [5, 45, 55, 60], "checked": None}
        document.fields = {**document.fields, "application_no": read}
    page = browser.get(f"/review/{world.near.document}").text
    assert f"业务系统登记为 {world.near.application_no}" in page
    assert f'data-suggest="{world.near.application_no}"' in page
    assert '<rect class="doubt" data-field="application_no"' in page
    assert f'data-suggest="{world.near.account_no}"' not in page


def test_turning_a_page_leaves_the_form_beside_it(world: World, browser: Browser) -> None:
    with world.services.database.unit_of_work() as session:
        session.get_one(ScanDocument, world.near.document).pages = [1, 2]
    page = browser.get(f"/review/{world.near.document}").text
    turn = f'data-page="next" rel="next" href="/review/{world.near.document}?page=2" hx-get='
    assert turn in flat(page)
    assert "hx-get" not in browser.get(f"/items/{world.near.internal_item}").text.split("data-stage")[1]


def test_another_type_is_taken_by_its_code_or_its_line_of_the_list(world: World, browser: Browser) -> None:
    confirm(world, browser, document_type="other", other_type="k01l 低压供用电合同")
    assert decided(world).document_type == "K01L"


def test_what_was_typed_stays_when_it_is_refused(world: World, browser: Browser) -> None:
    form = {"document_type": "other", "other_type": "不存在", "account_no": "5100000099", "field.phone": "13800000000"}
    answer = browser.submit(f"/review/{world.near.document}/confirm", **form)
    assert answer.status_code == 422
    for part in ("不存在", "5100000099", "没有登记户号", 'role="alert"'):
        assert part in answer.text
    assert decided(world).state == "proposed"


def test_a_document_someone_else_decided_says_so_and_goes_on(world: World, browser: Browser) -> None:
    confirm(world, browser)
    again = browser.submit(
        f"/review/{world.near.document}/confirm", document_type="K01R", account_no=world.near.account_no
    )
    assert again.status_code == 409
    assert "已由他人处理" in again.text
    assert "下一份" in again.text


def test_sending_back_wants_a_reason(world: World, browser: Browser) -> None:
    address = f"/review/{world.near.document}/reject"
    assert "必选" in browser.get(address).text
    assert browser.submit(address).status_code == 422
    assert decided(world).state == "proposed"
    assert browser.submit(address, reason_code="other").status_code == 422
    done = browser.submit(address, reason_code="blurred", reason="第 1 页有阴影")
    assert done.status_code == 303
    assert (decided(world).state, decided(world).rescan_pages) == ("rejected", [1])
    assert "退回重扫：影像不清：第 1 页有阴影" in browser.get(f"/scans/{world.near.scan}").text


def test_a_decision_can_be_undone_by_who_made_it(world: World, browser: Browser) -> None:
    confirm(world, browser)
    back = browser.submit(f"/review/{world.near.document}/undo")
    assert back.headers["location"] == f"/review/{world.near.document}?done=undone"
    assert decided(world).state == "proposed"
    assert "确认归入" in browser.get(f"/review/{world.near.document}").text


def test_undoing_what_is_not_decided_is_refused(world: World, browser: Browser) -> None:
    assert browser.submit(f"/review/{world.near.document}/undo").status_code == 409


def test_later_goes_round_the_queue(world: World, browser: Browser) -> None:
    alone = browser.get(f"/review?after={world.near.document}")
    assert alone.headers["location"] == f"/review/{world.near.document}"


def test_the_file_points_to_the_doubtful_scan_that_may_close_a_gap(world: World, browser: Browser) -> None:
    with world.services.database.unit_of_work() as session:
        document = session.get_one(ScanDocument, world.near.document)
        document.document_type = "X01"
    page = browser.get(f"/households/{world.near.account_no}").text
    assert "可能是本件" in page
    assert f'href="/review/{world.near.document}"' in page


def test_the_matrix_shows_every_verdict_once_with_the_page_behind_it(world: World, browser: Browser) -> None:
    with world.services.database.reading() as session:
        from archive_service.households.queries import case as case_of

        case = case_of(session, records.system(session), world.near.application_no)
    shown = [cell.document_type for column in columns(case) for cell in column.cells]
    assert sorted(shown) == sorted(verdict.document_type for verdict in case.verdicts)
    assert sum(column.due for column in columns(case)) == case.due_count
    assert sum(column.satisfied for column in columns(case)) == case.satisfied_count
    page = flat(browser.get(f"/households/{world.near.account_no}").text)
    assert f'data-paper="A02R" data-status="present" href="/items/{world.near.internal_item}"' in page
    assert [verdict.status for verdict in problems(case)][:1] == ["missing"]


def test_the_viewer_marks_the_word_looked_for_over_the_picture(world: World, browser: Browser) -> None:
    page = flat(browser.get(f"/items/{world.near.internal_item}?q=望江线").text)
    assert '<g class="found"><rect' in page
    assert 'textLength="50"' in page
    assert "“望江线”在第" in page
    assert "本件中没有" in browser.get(f"/items/{world.near.internal_item}?q=没有的词").text


def test_an_exact_account_number_opens_its_file(world: World, browser: Browser) -> None:
    straight = browser.get(f"/search?q= {world.near.account_no} ")
    assert straight.headers["location"] == f"/households/{world.near.account_no}"
    assert browser.get(f"/search?q={world.far.account_no}").status_code == 200


def with_second_page(world: World) -> None:
    """Give the doubtful scan a second page, as part of its one document."""
    page = stored_page(world.services.store, "低压供电方案答复单\n第二份", 77)
    with world.services.database.unit_of_work() as session:
        scan = session.get_one(Scan, world.near.scan)
        scan.page_count = 2
        session.add(
            ScanPage(
                scan_id=scan.id, page_no=2, image_digest=page.image_digest, thumbnail_digest=page.thumbnail_digest,
                width_px=60, height_px=80, dpi=200, engine="rapidocr", confidence=0.9, text=page.text,
                lines_digest=page.lines_digest,
            )
        )  # fmt: skip
        session.get_one(ScanDocument, world.near.document).pages = [1, 2]


def lie(world: World) -> list[list[int]]:
    with world.services.database.reading() as session:
        return [one.pages for one in standing(session.get_one(Scan, world.near.scan).documents)]


def test_a_document_is_split_and_one_key_takes_that_back(world: World, browser: Browser) -> None:
    """The strip offers the cut; the desk shows the first part, and the way back stands on it."""
    with_second_page(world)
    address = f"/review/{world.near.document}"
    assert 'form="split" name="before_page" value="2" data-cut="2"' in flat(browser.get(address).text)
    done = browser.submit(f"{address}/split", before_page="2", pages="1,2")
    assert done.headers["location"].startswith(f"{address}?done=split&last=")
    assert lie(world) == [[1], [2]]
    behind = int(done.headers["location"].rpartition("=")[2])
    desk = flat(browser.get(done.headers["location"]).text)
    assert "已分件" in desk
    assert re.search(rf'action="{address}/undo-pages" data-once data-undo>.{{0,300}}data-key="KeyZ"', desk)
    assert browser.submit(f"{address}/undo-pages").headers["location"] == f"{address}?done=undone"
    assert lie(world) == [[1, 2]]
    assert "看并入的资料" in browser.get(f"/review/{behind}").text


def test_a_document_is_joined_with_the_one_before_it(world: World, browser: Browser) -> None:
    """The desk shows the page where they met, and the way back."""
    with_second_page(world)
    address = f"/review/{world.near.document}"
    behind = browser.submit(f"{address}/split", before_page="2").headers["location"].rpartition("=")[2]
    joined = browser.submit(f"/review/{behind}/join")
    assert joined.headers["location"] == f"{address}?done=joined&page=2"
    assert lie(world) == [[1, 2]]
    desk = flat(browser.get(joined.headers["location"]).text)
    assert f'action="{address}/undo-pages" data-once data-undo>' in desk


def test_a_page_is_dropped_with_a_reason_and_taken_back(world: World, browser: Browser) -> None:
    with_second_page(world)
    address = f"/review/{world.near.document}"
    assert 'name="page" value="2" data-drop-page' in browser.get(f"{address}/drop?page=2").text
    assert browser.submit(f"{address}/drop", page="2").status_code == 422
    done = browser.submit(f"{address}/drop", page="2", reason="空白页")
    assert lie(world) == [[1]]
    desk = browser.get(done.headers["location"]).text
    assert "已剔除" in desk
    held = re.search(r'action="/review/(\d+)/undo-pages" data-once data-undo>', desk)
    assert held is not None
    bin_page = browser.get(f"/review/{held.group(1)}").text
    assert "剔除：空白页" in bin_page
    assert f'action="/review/{held.group(1)}/restore"' in bin_page
    back = browser.submit(f"/review/{held.group(1)}/restore")
    assert back.headers["location"] == f"{address}?done=restored&page=2"
    assert lie(world) == [[1, 2]]


def test_a_cut_that_cannot_be_made_says_why_on_the_desk(world: World, browser: Browser) -> None:
    with_second_page(world)
    address = f"/review/{world.near.document}"
    for verb, fields, status, told in (
        ("split", {"before_page": "1"}, 422, "第二页"),
        ("split", {}, 422, "第二页"),
        ("split", {"before_page": "2", "pages": "1"}, 409, "刚被他人调整过"),
        ("join", {}, 409, "第一份资料"),
        ("restore", {}, 409, "没有被剔除"),
    ):
        answer = browser.submit(f"{address}/{verb}", **fields)
        assert (answer.status_code, told in answer.text) == (status, True), verb
        assert 'role="alert"' in answer.text
    assert lie(world) == [[1, 2]]


def test_a_form_that_shows_other_pages_files_nothing(world: World, browser: Browser) -> None:
    """Somebody else has split the document while this one was being filled in."""
    with_second_page(world)
    assert 'name="pages" value="1,2"' in browser.get(f"/review/{world.near.document}").text
    browser.submit(f"/review/{world.near.document}/split", before_page="2")
    form = {"document_type": "K01R", "account_no": world.near.account_no, "pages": "1,2"}
    answer = browser.submit(f"/review/{world.near.document}/confirm", **form)
    assert answer.status_code == 409
    assert "刚被他人调整过" in answer.text
    assert decided(world).state == "proposed"


def test_documents_of_another_centre_are_not_cut(world: World, browser: Browser) -> None:
    for verb in ("split", "join", "drop", "restore"):
        assert browser.submit(f"/review/{world.far.document}/{verb}", before_page="2").status_code == 404
    assert browser.get(f"/review/{world.far.document}/drop").status_code == 404


MARKED = {"kind": "seal", "party": "utility_contract", "party_zh": "供电企业(合同章)", "sight": "not_seen"}
MARKED |= {"confidence": 0.9, "page": 1, "box": [5, 5, 40, 30], "why": "各页都没有红色印迹", "said": None}


def mark(world: World) -> None:
    """Let the document on the desk want a seal that was not seen."""
    with world.services.database.unit_of_work() as session:
        document = session.get_one(ScanDocument, world.near.document)
        document.marks = [MARKED]
        for page in document.scan.pages:
            page.marks = {"version": 1, "colour": True, "red": 0.0, "marks": [], "places": []}


def test_the_desk_shows_a_mark_with_its_picture_and_three_words(world: World, browser: Browser) -> None:
    """And what the person chose stays when the form is refused."""
    mark(world)
    page = browser.get(f"/review/{world.near.document}").text
    for part in ("供电企业(合同章)盖章", "未看到", "没有红色印迹", 'name="mark.seal:utility_contract"', "看不清"):
        assert part in page
    picture = browser.get(f"/review/{world.near.document}/marks/1/picture")
    assert picture.headers["content-type"] == "image/jpeg"
    assert browser.get(f"/review/{world.near.document}/marks/2/picture").status_code == 404
    form = {"document_type": "other", "other_type": "不存在", "mark.seal:utility_contract": "doubtful"}
    refused = browser.submit(f"/review/{world.near.document}/confirm", **form)
    assert re.search(r'value="doubtful" checked', flat(refused.text))


def test_a_word_said_on_the_desk_goes_with_the_paper_and_can_be_changed_there(world: World, browser: Browser) -> None:
    """On the page of the item, where it stands with who said it; the interface for programs shows the same."""
    mark(world)
    confirm(world, browser, **{"mark.seal:utility_contract": "not_seen"})
    item = decided(world).item_id
    page = browser.get(f"/items/{item}").text
    assert "张三 已核对" in page
    assert browser.submit(f"/items/{item}/marks", mark="seal:utility_contract", word="seen").status_code == 303
    marks = {one["party"]: one for one in browser.get(f"/api/v1/items/{item}").json()["marks"]}
    assert marks["utility_contract"]["said"]["sight"] == "seen"
    assert browser.submit(f"/items/{item}/marks", mark="seal:utility_contract", word="maybe").status_code == 422
    listed = browser.get(f"/api/v1/scans/{world.near.scan}").json()["items"][0]
    assert {one["party"] for one in listed["marks"]} == {"both", "utility_contract"}


def test_a_reader_sees_marks_but_does_not_say_what_they_are(world: World, browser: Browser, staff: Browser) -> None:
    """Rights are checked where the word is kept, not only where the buttons are."""
    with world.services.database.unit_of_work() as session:
        session.get_one(Item, world.near.internal_item).marks = [MARKED]
    page = staff.get(f"/items/{world.near.internal_item}").text
    assert "未看到" in page
    assert 'name="word"' not in page
    address = f"/items/{world.near.internal_item}/marks"
    assert staff.submit(address, mark="seal:utility_contract", word="seen").status_code == 403
