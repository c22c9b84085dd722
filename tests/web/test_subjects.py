"""What may only be stored, on pages and over the interface: asked for, answered, shut, opened with a reason, lifted."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from archive_service import clock
from archive_service.households.tables import HouseholdFile, Item
from archive_service.lifecycle.tables import ClosedFile
from archive_service.subjects.tables import SubjectRequest
from indexing.sync import follow
from tests.web.conftest import PHRASE, Browser, World

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def said(world: World, item_id: int, **more: str) -> dict[str, str]:
    """A form about one paper of centre A."""
    with world.services.database.reading() as session:
        number = session.scalars(select(Item.item_no).where(Item.id == item_id)).one()
    return {
        "account": world.near.account_no, "kind": "restrict", "asker": "王秀英", "relation": "self",
        "proof": "identity_card", "words": "不再使用我的资料", "papers": str(number), **more,
    }  # fmt: skip


def followed(world: World) -> None:
    """Let the index come up to the records."""
    while follow(world.services.database, world.services.index, now=clock.now()):
        continue


def test_a_paper_that_is_stored_only_is_shut_on_every_road(world: World, browser: Browser, staff: Browser) -> None:
    """Viewer, pictures, original, PDF, received file, search, loan, interface; then opened, and lifted."""
    item, form = world.near.internal_item, said(world, world.near.internal_item)
    with world.services.database.unit_of_work() as session:
        session.get_one(Item, item).scan_id = world.near.scan
    roads = [
        f"/items/{item}/pages/1/image", f"/items/{item}/pages/1/original", f"/items/{item}/pdf",
        f"/scans/{world.near.scan}/pages/1/image", f"/scans/{world.near.scan}/original",
    ]  # fmt: skip
    followed(world)
    assert f"/items/{item}" in browser.get("/search", params={"q": PHRASE}).text
    assert browser.get(roads[0]).status_code == 200

    assert "不要写证件号码" in browser.submit("/subjects", **{**form, "words": "11010519491231002X"}).text
    assert "身份证明" in browser.submit("/subjects", **{**form, "proof": "none"}).text
    address = browser.submit("/subjects", **form).headers["location"].partition("?")[0]
    assert browser.get(f"{address}/letter").status_code == 404
    assert "请写明原因" in browser.submit(f"{address}/decide", verdict="grant", reason="").text
    assert browser.submit(f"{address}/decide", verdict="grant", reason="经核对同意").status_code == 303
    assert browser.get(f"{address}/letter").content.startswith(b"%PDF")
    assert "已经办结" in browser.submit(f"{address}/decide", verdict="grant", reason="再来一次").text

    for one in roads:
        assert browser.get(one).status_code == 403, one
    page = browser.get(f"/items/{item}").text
    assert "只作存储" in page
    assert PHRASE not in page
    assert PHRASE not in staff.get(f"/items/{item}").text
    assert "打开 30 分钟" not in staff.get(f"/items/{item}").text
    assert staff.submit(f"/items/{item}/open", reason="想看看").status_code == 403
    # Neither before the index has followed nor after.
    assert f"/items/{item}?" not in browser.get("/search", params={"q": PHRASE}).text
    followed(world)
    assert f"/items/{item}?" not in browser.get("/search", params={"q": PHRASE}).text
    assert browser.get(f"/loans/ask?item={item}").status_code in (200, 403)
    asked = {"lines": f"{world.near.account_no}||{form['papers']}", "purpose": "service", "words": "核对", "days": "1"}
    assert "只作存储" in staff.submit("/loans/ask", **asked, act="send").text

    assert browser.submit(f"/items/{item}/open", reason="法院调取核对").status_code == 303
    assert browser.get(roads[0]).status_code == 200
    assert "法院调取核对" in browser.get(address).text
    assert "只作存储" in staff.get(roads[0]).text
    assert browser.submit(f"{address}/lift", reason="本人撤回要求").status_code == 303
    assert "只作存储" not in staff.get(roads[0]).text
    assert browser.get(roads[0]).status_code == 200
    followed(world)
    assert f"/items/{item}" in browser.get("/search", params={"q": PHRASE}).text


def test_a_correction_is_read_beside_the_paper_by_everybody_who_reads_it(
    world: World, browser: Browser, staff: Browser
) -> None:
    """And a request can be withdrawn, or refused with its reason in the letter."""
    item = world.near.internal_item
    address = browser.submit("/subjects", **said(world, item, kind="annotate")).headers["location"].partition("?")[0]
    refused = browser.submit(f"{address}/decide", verdict="grant", reason="已当面核对").text
    assert "更正说明" in refused
    # What was typed is there again.
    assert ">已当面核对</textarea>" in refused
    wanted = {"verdict": "grant", "reason": "已附说明", "annotation": "用电地址应为清河路八号"}
    assert browser.submit(f"{address}/decide", **wanted).status_code == 303
    assert "用电地址应为清河路八号" in staff.get(f"/items/{item}").text
    # The letter is a record of the household, for who keeps the register.
    here = f"/households/{world.near.account_no}"
    assert f'href="{address}/letter"' in browser.get(here).text
    assert "ANSWERS" in browser.get(address).text
    assert address not in staff.get(here).text
    found = browser.get("/api/v1/subject-requests", params={"text": "王秀英"}).json()
    assert browser.get("/api/v1" + address.replace("subjects", "subject-requests")).json()["letter_kept"] == {
        "outcome": "waiting", "due_on": None, "rule": "ANSWERS", "edition": "R2026", "held": False,
        "reason": "对个人信息要求的答复书：销户后 10 年，还没有开始计算。",
    }  # fmt: skip
    assert [one["subject_id"] for one in found["requests"]] == [address.rpartition("/")[2]]
    assert address in browser.get("/subjects", params={"q": "王秀英"}).text
    assert address not in browser.get("/subjects", params={"q": "没有此人"}).text
    other = browser.submit("/subjects", **said(world, item)).headers["location"].partition("?")[0]
    assert browser.submit(f"{other}/withdraw", reason="本人撤回").status_code == 303
    assert "已撤回" in browser.get(other).text
    third = browser.submit("/subjects", **said(world, item)).headers["location"].partition("?")[0]
    assert browser.submit(f"{third}/decide", verdict="refuse", reason="不属于申请人").status_code == 303
    assert "已拒绝" in browser.get(third).text
    assert "不属于申请人" in browser.get(third).text
    assert browser.get("/subjects?state=refused").text.count('data-open href="/subjects/') == 1
    assert staff.get("/subjects").status_code == 403


def test_a_letter_past_its_day_says_so_and_what_to_do(world: World, browser: Browser) -> None:
    """On its own page and in the register; one that is kept says nothing."""
    over, kept = (
        browser.submit("/subjects", **said(world, world.near.internal_item)).headers["location"].partition("?")[0]
        for _ in range(2)
    )
    for one in (over, kept):
        assert browser.submit(f"{one}/decide", verdict="refuse", reason="不属于申请人").status_code == 303
    assert "已过保管期限的答复书" not in browser.get("/subjects?state=refused").text
    day = datetime(2001, 1, 1, tzinfo=UTC)
    with world.services.database.unit_of_work() as session:
        row = session.get_one(SubjectRequest, int(over.rpartition("/")[2]))
        row.decided_at = day
        head = session.get_one(HouseholdFile, row.household_id)
        session.add(ClosedFile(household_id=head.id, number="S-1", closed_on=day.date(), reopen_reason=""))
        head.state = "closed"
    listed = browser.get("/subjects?state=refused").text.partition("已过保管期限的答复书")[2]
    assert (f'href="{over}"' in listed, f'href="{kept}"' in listed) == (True, False)
    assert "写进鉴定意见" in browser.get(over).text
    assert "写进鉴定意见" not in browser.get(kept).text
