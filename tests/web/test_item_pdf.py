"""The searchable PDF of an item is offered to those who may take originals out, and only they get it."""

from __future__ import annotations

import io

import pypdf
import pytest
from sqlalchemy import select

from archive_service import clock
from archive_service.households import actions
from archive_service.households.tables import Page
from archive_service.worker import jobs
from tests.support import records
from tests.web.conftest import PHRASE, Browser, World, flat

OFFERED, WAITING, FAILED = "可检索 PDF</a>", "可检索 PDF 生成中</a>", "可检索 PDF 未能生成"


def work(world: World) -> None:
    """Do all work that is owed."""
    runner = jobs.open_runner(world.services.settings, worker="worker")
    while runner.run_one():
        continue
    runner.database.close()


@pytest.mark.parametrize("address", ["/items/{}/pdf", "/api/v1/items/{}/pdf"])
def test_the_first_request_has_it_made_and_the_next_gets_it(world: World, browser: Browser, address: str) -> None:
    """An item of before this version; the file is only handed over, never shown."""
    item = world.near.internal_item
    waiting = browser.get(address.format(item))
    assert (waiting.status_code, "rendition.not-ready" in waiting.text) == (503, True)
    work(world)
    answer = browser.get(address.format(item))
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
    assert answer.headers["content-disposition"].startswith('attachment; filename="')
    assert answer.headers["content-security-policy"].startswith("sandbox")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert PHRASE in pypdf.PdfReader(io.BytesIO(answer.content)).pages[0].extract_text()


def test_the_page_of_an_item_says_how_far_it_is(world: World, browser: Browser) -> None:
    page = f"/items/{world.near.internal_item}"
    assert WAITING in flat(browser.get(page).text)
    browser.get(f"{page}/pdf")
    work(world)
    assert OFFERED in flat(browser.get(page).text)
    assert "Searchable PDF</a>" in flat(browser.get(page, headers={"cookie": in_english(browser)}).text)


def in_english(browser: Browser) -> str:
    browser.submit("/me/preferences", name="language", value="en", next="/")
    return "; ".join(f"{name}={value}" for name, value in browser.cookies.items())


def test_the_page_of_an_item_says_when_it_could_not_be_made(world: World, browser: Browser) -> None:
    """The original can be had all the same."""
    item = world.near.internal_item
    with world.services.database.unit_of_work() as session:
        session.scalars(select(Page).where(Page.item_id == item)).one().image_digest = "e" * 64
    browser.get(f"/items/{item}/pdf")
    work(world)
    page = browser.get(f"/items/{item}").text
    assert FAILED in page
    assert "下载原件" in page
    assert browser.get(f"/items/{item}/pdf").status_code == 409
    assert browser.get(f"/items/{item}/pages/1/original").status_code == 200


@pytest.mark.parametrize("address", ["/items/{}/pdf", "/api/v1/items/{}/pdf"])
def test_others_get_neither_the_file_nor_the_offer(
    world: World, browser: Browser, staff: Browser, address: str
) -> None:
    """A reader may read the item but not take it out; another centre's archivist does not learn of it."""
    item = world.near.internal_item
    browser.get(f"/items/{item}/pdf")
    work(world)
    assert staff.get(address.format(item)).status_code == 403
    assert "可检索 PDF" not in staff.get(f"/items/{item}").text
    assert browser.get(address.format(world.far.internal_item)).status_code == 404
    assert browser.get(address.format(999_999)).status_code == 404


def test_without_a_sign_in_there_is_nothing(world: World, anonymous: Browser) -> None:
    assert anonymous.get(f"/items/{world.near.internal_item}/pdf").status_code in (302, 303, 401)
    assert anonymous.get(f"/api/v1/items/{world.near.internal_item}/pdf").status_code == 401


def test_a_withdrawn_item_offers_none(world: World, browser: Browser) -> None:
    item = world.near.internal_item
    browser.get(f"/items/{item}/pdf")
    work(world)
    with world.services.database.unit_of_work() as session:
        actions.withdraw_item(
            session, item_id=item, reason="扫错", by=records.system(session), now=clock.now(), today=clock.today()
        )
    assert "可检索 PDF" not in browser.get(f"/items/{item}").text
    answer = browser.get(f"/items/{item}/pdf")
    assert (answer.status_code, "rendition.withdrawn" in answer.text) == (409, True)
