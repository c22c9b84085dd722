"""In a real browser no name is anything but text: nothing runs, nothing opens, nothing is asked of another host."""

from __future__ import annotations

from playwright.sync_api import Page

from tests.support.naughty import NAUGHTY
from tests.web.conftest import World
from tests.web.naughty_names import give_names


def read(page: Page) -> str:
    """All text of the page as the document holds it, spaces and ends of lines made one."""
    text: str = page.evaluate(
        "document.body.textContent + [...document.querySelectorAll('input, textarea')].map(one => one.value).join()"
    )
    return " ".join(text.split())


def test_names_are_text_on_the_pages_that_show_them(page: Page, world: World) -> None:
    """The file, the list of cases, the list of received files, and what is suggested while somebody types."""
    opened: list[str] = []
    page.on("dialog", lambda dialog: (opened.append(dialog.message), dialog.dismiss()))
    page.context.on("page", lambda other: opened.append(other.url))
    missing = []
    for what, account in give_names(world).items():
        name = " ".join(NAUGHTY[what].split())
        for address in (f"/households/{account}", f"/cases?q={account}"):
            page.goto(address)
            if name not in read(page):
                missing.append((what, address))
    page.goto("/scans?state=refused")
    shown = read(page)
    missing += [(what, "/scans") for what, text in NAUGHTY.items() if " ".join(text.split()) not in shown]
    assert missing == []
    assert opened == []


def test_a_name_may_be_typed_into_every_field_of_search(page: Page, world: World) -> None:
    """As a person types it: suggestions come as text, and the answer says what was asked."""
    opened: list[str] = []
    page.on("dialog", lambda dialog: (opened.append(dialog.message), dialog.dismiss()))
    accounts = give_names(world)
    for what in ("html", "script end", "attribute", "jinja", "sql", "query language", "rare Han", "emoji joined"):
        page.goto("/search")
        field = page.locator("main input[name=q]")
        field.fill(NAUGHTY[what])
        field.press("Enter")
        page.wait_for_url("**/search?**")
        assert NAUGHTY[what] in (page.locator("main input[name=q]").input_value(), read(page)), (what, accounts[what])
    assert opened == []
