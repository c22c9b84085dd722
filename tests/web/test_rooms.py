"""Rooms as people see them: forms, the scanning page, labels that scan, the report of a stocktake, both languages."""

from __future__ import annotations

import io
import re

import httpx
import pypdf
import pytest
from sqlalchemy import select

from archive_service.audit.tables import AuditEntry
from archive_service.db.session import Database
from archive_service.households.tables import CaseFile
from archive_service.people.roles import Role
from archive_service.rooms.tables import PaperPlace, Place
from tests.printing.pictures import pictures, qr_codes
from tests.support import records
from tests.web.conftest import Browser, World, flat

PART = {"X-Scan-Part": "1"}


def id_of(answer: httpx.Response) -> int:
    """The number at the end of where a form leads to."""
    found = re.search(r"/(\d+)(\?|$)", answer.headers["location"])
    assert found is not None
    return int(found[1])


def text_of(made: bytes) -> str:
    """All words of a PDF, without white space."""
    return re.sub(r"\s+", "", "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(made)).pages))


def test_a_room_is_built_labelled_and_filled_by_forms(world: World, browser: Browser) -> None:
    """Room, cabinet, shelf, boxes; labels whose codes find the boxes; a paper scanned into one shows with its file."""
    room = id_of(browser.submit("/rooms", centre="A", name="二楼库房"))
    assert "二楼库房" in browser.get("/rooms").text
    browser.submit(f"/rooms/places/{room}/inside", kind="cabinet", name="一号柜", count="1")
    cabinet = int(re.findall(r'data-open href="/rooms/places/(\d+)"', browser.get(f"/rooms/places/{room}").text)[0])
    browser.submit(f"/rooms/places/{cabinet}/inside", kind="shelf", capacity="4", count="1")
    shelf = int(re.findall(r'data-open href="/rooms/places/(\d+)"', browser.get(f"/rooms/places/{cabinet}").text)[0])
    added = browser.submit(f"/rooms/places/{shelf}/inside", kind="box", capacity="2", count="3")
    assert added.headers["location"].endswith("done=inside-added")
    page = flat(browser.get(f"/rooms/places/{shelf}").text)
    assert "还可放 1 盒" in page
    codes = re.findall(r"A-H\d{5}", page)
    labels = browser.get(f"/rooms/places/{shelf}/labels.pdf?kind=box").content
    assert sorted(one for sheet in pictures(labels) for one in qr_codes(sheet)) == sorted(set(codes))
    refused = browser.submit(f"/rooms/places/{shelf}/inside", kind="box", capacity="2", count="2")
    assert refused.status_code == 409
    assert "放不下" in refused.text


def test_scanning_a_box_and_then_papers_puts_them_away(world: World, browser: Browser, database: Database) -> None:
    """With a plain form, and as the part that scripts ask for; refusals are sentences beside the field."""
    near = world.near
    with database.reading() as session:
        code, key = session.execute(
            select(Place.code, Place.id).where(Place.unit_id == near.unit, Place.kind == "box").order_by(Place.id)
        ).first() or ("", 0)
    with database.unit_of_work() as session:
        # The papers of the world are in another box, and lent.
        case = session.scalars(select(CaseFile).where(CaseFile.application_no == near.application_no)).one()
        paper = records.item(session, case, "S01")
        item, card = paper.id, f"{near.account_no}-{paper.item_no:03d}"
    first = browser.submit("/rooms/scan", mode="put", code=card)
    assert first.status_code == 422
    assert "请先扫盒上的标签" in first.text
    chosen = browser.submit("/rooms/scan", mode="put", code=code.lower())
    assert f'name="at" value="{key}"' in chosen.text
    said = {"token": browser.token, "mode": "put", "at": str(key), "code": card}
    put = browser.post("/rooms/scan", data=said, headers=PART)
    assert put.headers["x-scan-part"] == "1"
    assert "<html" not in put.text
    assert f"已放入 {code}：{card}" in put.text
    again = browser.post("/rooms/scan", data=said, headers=PART)
    assert (again.status_code, 'class="scan-said bad"' in again.text) == (409, True)
    strange = browser.post("/rooms/scan", data={**said, "code": "https://pay.test/1"}, headers=PART)
    assert (strange.status_code, "不是档案室的编码" in strange.text) == (422, True)
    other = browser.post("/rooms/scan", data={**said, "code": "B-H00001"}, headers=PART)
    assert "B供电所的编码" in other.text
    listed = flat(browser.get(f"/households/{near.account_no}/items").text)
    assert f'href="/rooms/papers/{item}"' in listed
    assert code in listed
    history = browser.get(f"/rooms/papers/{item}").text
    assert code in history
    out = browser.submit("/rooms/scan", mode="take", code=card)
    assert f"已取出：{card}" in out.text
    with database.reading() as session:
        assert session.scalars(select(PaperPlace.box_id).where(PaperPlace.item_id == item)).one() is None


def test_staff_see_the_place_and_nothing_else_of_rooms(world: World, staff: Browser) -> None:
    """Where the paper is, without a way into the rooms."""
    near = world.near
    listed = staff.get(f"/households/{near.account_no}/items").text
    assert "A-H00001" in listed
    part = staff.get(f"/households/{near.account_no}/shelf").text
    assert "A-H00001" in part
    assert "1 件未入盒" in part
    assert "/rooms/places/" not in part
    assert "/rooms/places/" not in staff.get(f"/rooms/papers/{near.internal_item}").text
    assert 'href="/rooms"' not in staff.get("/").text
    assert staff.get("/rooms").status_code == 403


def test_a_stocktake_is_scanned_closed_and_printed_to_be_signed(world: World, browser: Browser) -> None:
    """The report names the place, what was found and what is missing, and both who sign."""
    near = world.near
    address = f"/rooms/stocktakes/{near.stocktake}"
    form, card = f"{near.account_no}-001", f"{near.account_no}-002"
    page = flat(browser.get(address).text)
    assert "未点到 1" in page
    at = re.search(r'name="at" value="(\d+)"', browser.submit(f"{address}/scan", code="A-H00001").text)
    assert at is not None
    seen = browser.submit(f"{address}/scan", code=card, at=at[1])
    assert f"已点到 {card}" in seen.text
    strange = browser.submit(f"{address}/scan", code="SF12345", at=at[1])
    assert "记为“无法识别”" in strange.text
    refused = browser.submit(f"{address}/close", reason="", watched_by="王五")
    assert (refused.status_code, "3 处差异" in refused.text) == (422, True)
    closed = browser.submit(f"{address}/close", reason="一件错放，一件待查", watched_by="王五")
    assert closed.headers["location"] == f"{address}?done=stocktake-closed"
    said = text_of(browser.get(f"{address}/report.pdf").content)
    for words in (
        "盘点报告",
        "A-H00001",
        form,
        card,
        "SF12345",
        "一件错放，一件待查",
        "王五",
        "监盘人",
        "缺失",
        "错位",
    ):
        assert words in said, words
    assert browser.submit(f"{address}/scan", code=form, at=at[1]).status_code == 409


def test_boxes_are_received_by_who_counted_them(world: World, browser: Browser, anonymous: Browser) -> None:
    """The sender may call them back, only the other unit takes them in; a difference is explained."""
    del anonymous
    address = f"/rooms/transfers/{world.near.transfer}"
    assert "点清签收" not in browser.get(address).text
    with world.services.database.unit_of_work() as session:
        records.person(session, "keeper", roles=[Role.ARCHIVIST], at=records.unit(session))
    with Browser(world.app, base_url="http://archive.test", follow_redirects=False) as other:
        other.sign_in("keeper")
        page = other.get(address).text
        box = re.search(r'name="count-(\d+)"', page)
        assert box is not None
        count, note = f"count-{box[1]}", f"note-{box[1]}"
        missing = other.submit(f"{address}/receive", counted_with="李四", **{count: ""})
        assert (missing.status_code, "每个盒都要点" in missing.text) == (422, True)
        differs = other.submit(f"{address}/receive", counted_with="李四", **{count: "1"})
        assert (differs.status_code, "写明差异" in differs.text) == (422, True)
        assert 'value="1"' in differs.text
        taken = other.submit(f"{address}/receive", counted_with="李四", **{count: "1", note: "多一件未登记"})
        assert taken.headers["location"] == f"{address}?done=transfer-received"
        assert "多一件未登记" in other.get(address).text
        assert "待上架的盒" in other.get("/rooms").text
    late = browser.submit(f"{address}/recall", reason="送错了")
    assert (late.status_code, "已经签收" in late.text) == (409, True)


def test_readings_outside_the_limits_are_marked(world: World, browser: Browser) -> None:
    """On the page of the room and in the list of rooms; what no room has is refused and stays in the form."""
    address = f"/rooms/places/{world.near.room}/climate"
    wrong = browser.submit(address, temperature="230", humidity="50")
    assert (wrong.status_code, 'value="230"' in wrong.text) == (422, True)
    noted = browser.submit(address, temperature="26.5", humidity="70", measured_at="2026-11-20T09:00", note="空调停")
    assert noted.headers["location"] == f"{address}?done=reading-noted"
    page = browser.get(address).text
    assert "2026-11-20 09:00" in page
    assert "温度偏高" in page
    assert "湿度偏高" in page
    assert "JGJ 25" in page
    assert "超限" in browser.get("/rooms").text


def test_the_pages_speak_english(world: World, browser: Browser) -> None:
    """Pages, refusals and papers."""
    browser.submit("/me/preferences", name="language", value="en", next="/rooms")
    near = world.near
    for address in ("/rooms", f"/rooms/places/{near.room}", f"/rooms/stocktakes/{near.stocktake}", "/rooms/transfers",
                    "/rooms/scan", f"/rooms/places/{near.room}/climate"):  # fmt: skip
        assert "Storage" in browser.get(address).text, address
    assert "no code of the archive" in browser.submit("/rooms/scan", mode="put", code="x").text
    assert "Stocktakereport" in text_of(browser.get(f"/rooms/stocktakes/{near.stocktake}/report.pdf").content)


@pytest.mark.parametrize("address", ["labels.pdf", "report.pdf"])
def test_each_print_is_on_record(world: World, browser: Browser, database: Database, address: str) -> None:
    """Who printed which labels or report."""
    near = world.near
    place = f"/rooms/places/{near.room}" if address == "labels.pdf" else f"/rooms/stocktakes/{near.stocktake}"
    assert browser.get(f"{place}/{address}").content.startswith(b"%PDF")
    with database.reading() as session:
        printed = select(AuditEntry).where(AuditEntry.object_kind != "reading-list")
        last = session.scalars(printed.order_by(AuditEntry.seq.desc()).limit(1)).one()
    assert (last.did, last.person_name) == ("paper.printed", "张三")


def test_the_camera_is_allowed_where_codes_are_scanned_and_nowhere_else(world: World, browser: Browser) -> None:
    """And only by the program's own pages."""
    del world
    for address, allowed in (("/rooms/scan", True), ("/", False), ("/cases", False), ("/rooms", False)):
        policy = browser.get(address).headers["permissions-policy"].split(", ")
        assert ("camera=(self)" in policy, "camera=()" in policy) == (allowed, not allowed), address
