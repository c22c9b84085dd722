"""Borrowing in a real browser: four actions from a paper to a sent request, and a page that ends while it is open."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from archive_service import clock
from archive_service.borrowing.tables import LoanWish, PageReading, ReadingGrant
from archive_service.households.tables import CaseFile, Item
from tests.support import records
from tests.support.browser import faults, sideways
from tests.support.stored_pages import stored_page
from tests.web.conftest import World
from tests.web.seen.conftest import Windows, sign_in

# How pages look does not depend on the database; what they do runs on both.
pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(300),
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]
#: Stands on every page of the contract and nowhere else.
SEAL = "借阅走查之章"
WHY = "核对合同条款"


@pytest.fixture
def contract(world: World) -> int:
    """A personal paper of three pages in the case of centre A."""
    with world.services.database.unit_of_work() as session:
        item = session.get_one(Item, world.near.internal_item)
        case = session.get_one(CaseFile, item.case_id)
        pages = [stored_page(world.services.store, f"供用电合同 {SEAL}", 40 + n) for n in range(3)]
        made = records.item(session, case, "K01L", pages=pages)
        made.sensitivity = "personal"
        return made.id


def ask(page: Page, contract: int) -> None:
    """Ask for the contract from its page: four actions, by keys alone."""
    page.goto(f"/items/{contract}")
    page.keyboard.press("l")
    page.wait_for_url("**/loans/ask**")
    expect(page.locator("#preview")).to_contain_text("由档案员决定")
    page.keyboard.press("Space")
    page.locator("#words").fill(WHY)
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/loans?done=asked")


def approve(windows: Windows) -> None:
    """Approve what was just asked for, as the archivist."""
    with windows(1440, 900) as page:
        sign_in(page, "archivist")
        page.goto("/loans/waiting")
        page.locator("tr", has_text=WHY).locator("a.btn-primary").click()
        page.locator("button[value=approve]").click()
        page.wait_for_url("**done=decided**")


def test_four_actions_send_a_request_which_is_approved_and_read(world: World, windows: Windows, contract: int) -> None:
    with windows(1440, 900) as page:
        sign_in(page, "staff")
        ask(page, contract)
        approve(windows)
        page.goto("/loans")
        page.locator("a.btn-primary", has_text="阅览").click()
        page.wait_for_url("**/readings/**")
        expect(page.locator("svg image")).to_have_attribute("href", f"/readings/{contract}/pages/1/image")
        page.wait_for_load_state("networkidle")
        assert faults(page) == []
        page.keyboard.press("PageDown")
        page.wait_for_url("**page=2")
        page.wait_for_load_state("networkidle")
        with world.services.database.reading() as session:
            read = session.scalars(select(PageReading.page_no).order_by(PageReading.id)).all()
        assert list(read) == [1, 2]
        page.locator("button", has_text="归还").click()
        page.wait_for_url("**done=ended")


def test_the_next_page_is_refused_once_the_time_is_up(world: World, windows: Windows, contract: int) -> None:
    """The page that is open leaves the screen, and the one after it is not shown."""
    with windows(390, 844) as page:
        sign_in(page, "staff")
        ask(page, contract)
        approve(windows)
        page.goto(f"/readings/{contract}?page=1")
        page.wait_for_load_state("networkidle")
        assert sideways(page) <= 0
        with world.services.database.unit_of_work() as session:
            wish = select(LoanWish.id).order_by(LoanWish.id.desc()).limit(1)
            grant = session.scalars(select(ReadingGrant).where(ReadingGrant.wish_id == session.scalar(wish))).one()
            grant.begins_at, grant.ends_at = clock.now() - timedelta(hours=1), clock.now()
        answer = page.request.get(f"/readings/{contract}/pages/2/image")
        assert answer.status == 403
        assert "借阅时间已到" in answer.text()
        with world.services.database.reading() as session:
            assert session.scalars(select(PageReading.page_no)).all() == [1]
