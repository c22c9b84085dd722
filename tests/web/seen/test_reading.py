"""The viewer by mouse and keys: zoom, pan, turn, select, two pages, notes, and the next page at once."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from archive_service.households.tables import CaseFile, Item
from tests.support import records
from tests.support.stored_pages import stored_page
from tests.web.conftest import World

# How pages look does not depend on the database; what they do runs on both.
pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(300),
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]


@pytest.fixture
def contract(world: World) -> int:
    """A contract of three pages in the case of centre A."""
    with world.services.database.unit_of_work() as session:
        item = session.get_one(Item, world.near.internal_item)
        case = session.get_one(CaseFile, item.case_id)
        texts = ("供用电合同\n第一条 用电地址", "第二条 容量 630 千伏安", "签章处")
        pages = [stored_page(world.services.store, text, 40 + n) for n, text in enumerate(texts)]
        return records.item(session, case, "K01L", pages=pages).id


def zoom(page: Page) -> str:
    return page.locator("[data-zoom]").first.inner_text()


def test_the_page_is_zoomed_moved_and_turned_by_keys_and_mouse(page: Page, contract: int) -> None:
    """The wheel with Ctrl zooms at the pointer; dragging beside the words moves the page."""
    page.goto(f"/items/{contract}")
    paper = page.locator(".stage .paper")
    page.keyboard.press("+")
    page.keyboard.press("+")
    assert zoom(page) == "156%"
    page.keyboard.press("0")
    assert zoom(page) == "100%"
    box = paper.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.keyboard.down("Control")
    page.mouse.wheel(0, -400)
    page.keyboard.up("Control")
    expect(page.locator("[data-zoom]")).not_to_have_text("100%")
    page.keyboard.press("h")
    before = paper.evaluate("one => [one.scrollLeft, one.scrollTop]")
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2 - 60, box["y"] + box["height"] / 2 - 80, steps=4)
    page.mouse.up()
    after = paper.evaluate("one => [one.scrollLeft, one.scrollTop]")
    assert after[1] - before[1] == pytest.approx(80, abs=2)
    page.keyboard.press("o")
    expect(page.locator("[data-turned]")).to_have_attribute("transform", "translate(80 0) rotate(90)")


def test_the_words_of_a_page_can_be_selected(page: Page, contract: int) -> None:
    """They lie invisibly over their picture."""
    page.goto(f"/items/{contract}")
    word = page.locator(".words text", has_text="供用电合同")
    word.click(click_count=3, force=True)
    assert "供用电合同" in page.evaluate("getSelection().toString()")


def test_turning_to_the_next_page_keeps_the_place_and_fetches_no_picture_again(page: Page, contract: int) -> None:
    """The neighbours are there before anybody asks for them; the address follows, and so does going back."""
    page.goto(f"/items/{contract}")
    page.wait_for_load_state("networkidle")
    pictures: list[str] = []
    page.on("request", lambda asked: pictures.append(asked.url) if asked.url.endswith("/image") else None)
    page.keyboard.press("PageDown")
    expect(page.locator("[data-stage]")).to_have_attribute("data-stage", "2")
    assert page.url.endswith("page=2")
    expect(page.locator(".strip [aria-current]")).to_have_attribute("data-page-no", "2")
    assert [one for one in pictures if one.endswith("/pages/2/image")] == []
    expect(page.locator(".words text", has_text="630")).to_have_count(1)
    page.go_back()
    expect(page.locator("[data-stage]")).to_have_attribute("data-stage", "1")


def test_find_marks_the_word_on_the_page_that_has_it(page: Page, contract: int) -> None:
    """F, the word, Enter."""
    page.goto(f"/items/{contract}")
    page.keyboard.press("f")
    page.keyboard.type("630")
    page.keyboard.press("Enter")
    expect(page.locator("[data-stage]")).to_have_attribute("data-stage", "2")
    expect(page.locator(".found rect")).to_have_count(1)


def test_two_pages_stand_side_by_side_and_turn_by_themselves(page: Page, contract: int) -> None:
    """B; the keys act on the page that was touched last."""
    page.goto(f"/items/{contract}")
    page.keyboard.press("b")
    expect(page.locator("[data-stage]")).to_have_count(2)
    second = page.locator("[data-stage][data-second]")
    expect(second).to_have_attribute("data-stage", "2")
    second.locator("[data-view=in]").click()
    assert page.locator("[data-zoom]").all_inner_texts() == ["100%", "125%"]
    page.keyboard.press("PageDown")
    expect(second).to_have_attribute("data-stage", "3")
    expect(page.locator("[data-stage]").first).to_have_attribute("data-stage", "1")


def test_a_note_is_pinned_where_the_page_is_pressed(page: Page, contract: int) -> None:
    """N, a place, a word; also on a page that was turned."""
    page.goto(f"/items/{contract}")
    page.keyboard.press("o")
    page.keyboard.press("n")
    picture = page.locator("svg[data-width]").bounding_box()
    assert picture is not None
    # Turned to the right, the left edge of the screen is the foot of the page.
    page.mouse.click(picture["x"] + picture["width"] * 0.25, picture["y"] + picture["height"] * 0.1)
    page.get_by_label("批注内容").fill("章不清")
    page.get_by_role("button", name="钉在这里").click()
    expect(page.get_by_role("status").filter(has_text="批注已钉在页面上")).to_be_visible()
    place = page.locator(".notes circle")
    x, y = (float(str(place.get_attribute(name))) for name in ("cx", "cy"))
    assert (x / 60, y / 80) == (pytest.approx(0.1, abs=0.03), pytest.approx(0.75, abs=0.03))
    page.get_by_role("button", name="取下批注 1").click()
    expect(page.locator(".notes circle")).to_have_count(0)


def test_single_keys_rest_while_a_word_is_composed_or_when_switched_off(page: Page, contract: int) -> None:
    """A Chinese input method gets its letters; and whoever wants none of it has none of it."""
    page.goto(f"/items/{contract}")
    page.evaluate(
        "document.body.dispatchEvent(new KeyboardEvent('keydown', {code: 'Equal', key: 'Process', keyCode: 229,"
        " isComposing: true, bubbles: true}))"
    )
    assert zoom(page) == "100%"
    token = page.locator("input[name=token]").first.get_attribute("value")
    page.request.post("/me/preferences", form={"token": str(token), "name": "single_keys", "value": "off", "next": "/"})
    page.reload()
    page.keyboard.press("+")
    assert zoom(page) == "100%"
