"""Lists and the search field by keyboard, as somebody works who never takes the mouse."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.web.conftest import World

# How pages look does not depend on the database; what they do runs on both.
pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(300),
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]


def test_a_household_is_opened_from_the_search_field_without_the_mouse(page: Page, world: World) -> None:
    """Slash, the beginning of a number, arrow, Enter; Esc closes and leaves."""
    page.goto("/cases")
    page.keyboard.press("/")
    page.keyboard.type("5100")
    box = page.get_by_role("listbox")
    expect(box.get_by_role("option").first).to_contain_text(world.near.account_no)
    page.keyboard.press("Escape")
    expect(box).to_be_hidden()
    page.keyboard.type("00")
    expect(box).to_be_visible()
    page.keyboard.press("ArrowDown")
    expect(page.locator("#find")).to_have_attribute("aria-activedescendant", "suggestion-1")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/households/{world.near.account_no}")


def test_a_list_is_walked_and_opened_by_keys(page: Page, world: World) -> None:
    """J marks the next row, Enter opens it, G S goes on to the search."""
    page.goto("/cases")
    page.keyboard.press("j")
    expect(page.locator("tr.marked")).to_have_count(1)
    page.keyboard.press("Enter")
    page.wait_for_url("**/cases/*")
    page.keyboard.press("g")
    page.keyboard.press("s")
    page.wait_for_url("**/search")


def test_the_keys_of_a_page_are_listed(page: Page) -> None:
    """A question mark lists them, Esc closes the list."""
    page.keyboard.press("?")
    sheet = page.get_by_role("dialog", name="快捷键")
    expect(sheet).to_contain_text("上下移动")
    page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()


def test_columns_are_chosen_in_a_menu_that_gives_the_focus_back(page: Page) -> None:
    """Esc closes it; what was chosen stands in the list at once."""
    page.goto("/cases")
    menu = page.locator("details.menu summary", has_text="列")
    menu.click()
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    expect(page.get_by_text("显示的列")).to_be_hidden()
    expect(menu).to_be_focused()
    menu.click()
    page.get_by_label("受理").check()
    page.get_by_role("button", name="应用").click()
    expect(page.get_by_role("columnheader", name="受理")).to_be_visible()
    page.get_by_role("link", name="受理").click()
    expect(page.get_by_role("columnheader", name="受理")).to_have_attribute("aria-sort", "descending")
    expect(page).to_have_url(re.compile(r"order=accepted"))


def test_the_first_tab_leads_past_the_menu(page: Page) -> None:
    """Who works by keyboard does not walk through the rail on every page."""
    page.goto("/cases")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
