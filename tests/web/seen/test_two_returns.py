"""The flow "file a case with two returns", walked in a real browser on the desk and looked at on the phone."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from archive_service.households.tables import CaseFile
from archive_service.people.roles import Role
from tests.properties.world import give_bytes
from tests.support import records
from tests.support.browser import faults, sideways
from tests.web.conftest import World
from tests.web.seen.conftest import Windows, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]


@pytest.fixture
def life(world: World) -> str:
    """A case with all its papers, and the address of its life."""
    with world.services.database.unit_of_work() as session:
        at = records.unit(session, "A")
        case: CaseFile = records.case(session, "20261109777", at=at, account_name="望江机械厂")
        for place, item in enumerate(records.everything_due(session, case)):
            give_bytes(session, world.services.store, item, place + 20)
        records.person(session, "giver", roles=[Role.STAFF], at=at)
    return "/cases/20261109777/life"


def picture(page: Page, name: str) -> None:
    """Keep a picture for whoever looks, when a folder is named for it."""
    if folder := os.environ.get("ARCHIVE_TEST_PICTURES"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def hand_over(page: Page, life: str, words: str) -> None:
    page.goto(life)
    page.get_by_role("button", name=words).click()
    expect(page.get_by_role("status")).to_contain_text("已移交")


def send_back(page: Page, life: str, stage: str, reason: str) -> None:
    page.goto(life)
    page.get_by_role("link", name="退回补正").click()
    form = page.locator("#return")
    form.get_by_label("退回到环节").select_option(label=stage)
    form.get_by_role("checkbox", name=reason, exact=True).check()
    form.get_by_role("checkbox", name="整件").first.check()
    form.get_by_label("补正期限").fill("2099-01-05")
    form.get_by_role("button", name="退回", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("已退回")


def test_a_case_is_sent_back_twice_and_filed(windows: Windows, life: str) -> None:
    """Handed over three times; the file in the end shows both returns, the list and the order."""
    with windows(1440, 900) as staff, windows(1440, 900) as desk:
        sign_in(staff, "giver")
        sign_in(desk, "archivist")
        hand_over(staff, life, "移交")
        desk.goto("/hand-overs")
        desk.get_by_role("link", name="望江机械厂").click()
        expect(desk.get_by_role("heading", level=1)).to_have_text("移交与归档")
        picture(desk, "life-received-1440")
        send_back(desk, life, "合同", "未签字")
        staff.goto("/hand-overs?list=owed")
        expect(staff.locator("main")).to_contain_text("未签字")
        picture(staff, "owed-1440")
        hand_over(staff, life, "重新移交")
        send_back(desk, life, "勘查", "看不清")
        hand_over(staff, life, "重新移交")
        desk.goto(life)
        desk.get_by_role("button", name="签收").click()
        expect(desk.get_by_role("status")).to_contain_text("已签收")
        desk.get_by_role("button", name="归档，锁定件号").click()
        expect(desk.get_by_role("status")).to_contain_text("已归档")
        expect(desk.locator("main")).to_contain_text("第 3 次移交")
        expect(desk.get_by_role("heading", name="归档顺序")).to_be_visible()
        assert faults(desk) == []
        assert sideways(desk) <= 0
        picture(desk, "life-filed-1440")
    with windows(390, 844) as phone:
        sign_in(phone, "archivist")
        phone.goto(life)
        assert faults(phone) == []
        assert sideways(phone) <= 0
        picture(phone, "life-filed-390")
