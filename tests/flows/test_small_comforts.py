"""What a long day asks of the pages: warned before the sign-in ends, nothing lost on leaving, room for large print."""

from __future__ import annotations

from datetime import date

import pytest
from playwright.sync_api import Page, expect

from archive_service.db.session import Database
from archive_service.people.roles import Role
from archive_service.storage.store import ObjectStore
from tests.flows.conftest import COUNTY_ONLY
from tests.support import papers, records
from tests.support.stored_pages import stored_page

#: What a browser does by itself is the same whatever stands behind the pages.
pytestmark = [pytest.mark.browser, pytest.mark.timeout(600), COUNTY_ONLY]

ACCOUNT = "3271834724798"


@pytest.fixture
def item(database: Database, store: ObjectStore) -> int:
    """A household with a long name, a case and a paper, and the archivist of its centre."""
    with database.unit_of_work() as session:
        at = records.unit(session, "QY02", below=records.unit(session), name="望江供电所")
        case = records.case(
            session, "202506175985", account_no=ACCOUNT, account_name="青屿县恒润冷链物流有限公司", business="DG",
            at=at, conditions=("natural",), stages={"ACCEPT": date(2025, 6, 17), "ENERGISE": date(2025, 7, 9)},
        )  # fmt: skip
        made = records.item(session, case, "A05", pages=[stored_page(store, "居民身份证", 90)])
        records.person(session, "shen", roles=[Role.ARCHIVIST], at=at)
        return made.id


def sign_in(page: Page) -> None:
    page.goto("/")
    page.get_by_label("登录名").fill("shen")
    page.get_by_label("密码").fill(records.PASSWORD)
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("归档待办")


def choose(page: Page, **choices: str) -> None:
    """Keep choices of the person as the page `/me` does."""
    for name, value in choices.items():
        token = page.locator("input[name=token]").first.get_attribute("value")
        page.request.post("/me/preferences", form={"token": str(token), "name": name, "value": value, "next": "/me"})


def test_the_end_of_an_idle_sign_in_is_said_before_and_can_be_put_off(page: Page, item: int) -> None:
    page.clock.install()
    sign_in(page)
    warning = page.locator("#idle")
    page.clock.fast_forward("56:00")
    expect(warning).to_be_hidden()
    page.clock.fast_forward("02:00")
    expect(warning).to_be_visible()
    expect(warning).to_contain_text("两分钟后")
    page.get_by_role("button", name="继续使用").click()
    expect(warning).to_be_hidden()
    page.clock.fast_forward("56:00")
    expect(warning).to_be_hidden()


@pytest.mark.parametrize("stuck", ["**/intake/files", "**/intake/batches"])
def test_leaving_while_files_wait_to_be_sent_is_asked_first(page: Page, item: int, stuck: str) -> None:
    """What the server has goes on without the page; what it has not would be lost, also while a batch is opened."""
    sign_in(page)
    page.goto("/intake")
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    page.route(stuck, lambda route: None)
    content = papers.born_digital(("低压供用电合同",))
    page.set_input_files("#files", [{"name": "一.pdf", "mimeType": "application/pdf", "buffer": content}])
    expect(page.locator("#sending li")).to_have_count(1)
    page.get_by_role("link", name="案件", exact=True).first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("案件")
    assert asked == ["beforeunload"]
    page.get_by_role("link", name="首页").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("归档待办")
    assert asked == ["beforeunload"]


def test_between_phone_and_desk_the_facts_of_a_paper_are_one_key_away(page: Page, item: int) -> None:
    sign_in(page)
    page.set_viewport_size({"width": 1024, "height": 768})
    page.goto(f"/items/{item}")
    facts = page.get_by_role("complementary", name="资料")
    expect(facts).to_be_hidden()
    page.keyboard.press("i")
    expect(facts).to_be_visible()
    page.get_by_role("button", name="资料 I").click()
    expect(facts).to_be_hidden()
    page.set_viewport_size({"width": 1440, "height": 900})
    expect(facts).to_be_visible()
    expect(page.get_by_role("button", name="资料 I")).to_be_hidden()


def test_large_print_in_english_needs_no_sideways_scrolling(page: Page, item: int) -> None:
    sign_in(page)
    choose(page, print="large", language="en")
    file = f"/households/{ACCOUNT}"
    for address in ("/", "/cases", "/intake", "/scans", file, f"{file}/items", f"{file}/history", "/me"):
        page.goto(address)
        for width in (1440, 1024, 390):
            page.set_viewport_size({"width": width, "height": 844})
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (address, width)
