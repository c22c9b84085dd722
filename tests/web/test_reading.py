"""Reading an item: two pages, words found, papers of the case, notes; each with the rights of its own."""

from __future__ import annotations

import re

import pytest

from archive_service.web import sheet
from ingest.lines import TextLine
from tests.support import records
from tests.support.stored_pages import stored_page
from tests.web.conftest import ID_NUMBER, Browser, World, flat


@pytest.fixture
def thick(world: World) -> int:
    """A contract of three pages in the case of centre A."""
    with world.services.database.unit_of_work() as session:
        from archive_service.households.tables import CaseFile, Item

        case_id = session.get_one(Item, world.near.internal_item).case_id
        case = session.get_one(CaseFile, case_id)
        texts = ("合同第一页", "容量 630 千伏安", "签章处")
        pages = [stored_page(world.services.store, text, 40 + n) for n, text in enumerate(texts)]
        return records.item(session, case, "K01L", pages=pages).id


def test_a_word_looked_for_turns_to_the_next_page_that_has_it(thick: int, browser: Browser) -> None:
    """Enter in the field finds; the pages that have it are listed."""
    page = flat(browser.get(f"/items/{thick}?page=1&q=630&find=1").text)
    assert 'data-stage="2"' in page
    assert re.search(r'<a href="[^"]*page=2[^"]*" aria-current="page">2</a>', page)
    assert 'data-stage="1"' in browser.get(f"/items/{thick}?page=1&q=没有&find=1").text


def test_two_pages_stand_side_by_side(world: World, thick: int, browser: Browser) -> None:
    """The next page of the same paper, or any other paper of the case."""
    page = browser.get(f"/items/{thick}?beside=next").text
    assert [int(n) for n in re.findall(r'data-stage="(\d+)"', page)] == [1, 2]
    other = browser.get(f"/items/{thick}?beside={world.near.internal_item}:1").text
    assert f'href="/items/{world.near.internal_item}/pages/1/image"' in other
    for nonsense in ("x", "0:1", f"{thick}:x"):
        assert browser.get(f"/items/{thick}?beside={nonsense}").text.count("data-stage") == 1


def test_the_page_beside_has_rights_of_its_own(world: World, thick: int, browser: Browser, staff: Browser) -> None:
    """Nobody reads another centre's paper, or a personal one, by laying it beside their own."""
    assert browser.get(f"/items/{thick}?beside={world.far.internal_item}:1").status_code == 404
    page = staff.get(f"/items/{thick}?beside={world.near.personal_item}:1").text
    assert "需借阅审批" in page
    assert ID_NUMBER not in page
    assert f"/items/{world.near.personal_item}/pages/1/image" not in page


def test_papers_of_the_case_come_in_the_order_of_the_catalogue(world: World, thick: int, browser: Browser) -> None:
    """The keys for the previous and the next paper follow it."""
    page = flat(browser.get(f"/items/{world.near.personal_item}").text)
    links = dict(re.findall(r'data-paper-link="(\w+)" rel="\w+" href="/items/(\d+)"', page))
    assert links == {"previous": str(world.near.internal_item), "next": str(thick)}


def test_a_note_is_pinned_and_taken_off_on_the_page(thick: int, browser: Browser) -> None:
    """What somebody writes comes back as text, at its place."""
    address = f"/items/{thick}/pages/2/notes"
    done = browser.submit(address, x="250", y="500", text="<b>章</b>不清")
    assert done.headers["location"] == f"/items/{thick}?page=2&done=note"
    page = browser.get(done.headers["location"]).text
    assert "&lt;b&gt;章&lt;/b&gt;不清" in page
    number = re.search(r'data-note="(\d+)"', page)
    assert number
    assert browser.submit(f"/items/{thick}/pages/1/notes", take_off=number.group(1)).status_code == 404
    assert browser.submit(address, take_off=number.group(1)).status_code == 303
    assert "章" not in browser.get(f"/items/{thick}?page=2").text.partition('id="notes"')[2].partition("</section>")[0]


def test_nobody_pins_notes_to_pages_they_do_not_see(world: World, browser: Browser, staff: Browser) -> None:
    """Another centre's page is not there; a personal one has to be borrowed first."""
    said = {"x": "1", "y": "1", "text": "看到了"}
    assert browser.submit(f"/items/{world.far.internal_item}/pages/1/notes", **said).status_code == 404
    refused = staff.submit(f"/items/{world.near.personal_item}/pages/1/notes", **said)
    assert refused.status_code == 403
    assert (
        browser.submit(
            f"/items/{world.near.personal_item}/pages/1/notes",
            **said,
        ).status_code
        == 303
    )
    assert "看到了" not in staff.get(f"/items/{world.near.personal_item}").text


def test_the_mark_stands_around_the_word_and_not_around_its_line() -> None:
    """By the share of the line that the word takes; white space inside a line makes no difference."""
    line = TextLine("供电容量 六百三十", (100, 0, 1000, 50), 0.9)
    (whole,) = sheet.found([line], masked=False, looked_for="容量六百")
    assert 280 < whole[0] < 330
    assert 700 < whole[2] < 830
    tall = TextLine("骑缝章骑缝章", (0, 0, 30, 600), 0.9)
    assert [box[1] for box in sheet.found([tall], masked=False, looked_for="骑缝")] == [0, 300]


def test_what_is_masked_is_not_found() -> None:
    """A mark over a hidden number would say which digits it has."""
    line = TextLine(f"证件号码：{ID_NUMBER}", (0, 0, 900, 20), 0.9)
    assert sheet.found([line], masked=False, looked_for=ID_NUMBER)
    assert sheet.found([line], masked=True, looked_for=ID_NUMBER) == []


def test_a_file_says_which_stage_owes_what_lacks(world: World, browser: Browser) -> None:
    """The rule, the stage that owes the paper, and what happened lately."""
    page = flat(browser.get(f"/households/{world.near.account_no}").text)
    assert "应由“合同”环节交来" in page
    assert "归入资料" in browser.get(f"/households/{world.near.account_no}/recent").text
    assert browser.get(f"/households/{world.far.account_no}/recent").status_code == 404


def test_the_contents_list_holds_the_papers_of_the_case(world: World, thick: int, browser: Browser) -> None:
    """In catalogue order, with what lacks named beneath; another centre's is not there."""
    near, far = world.near, world.far
    page = flat(browser.get(f"/households/{near.account_no}/cases/{near.application_no}/contents").text)
    assert re.findall(r'<td class="code">(\w+)</td>', page) == ["A02R", "A05", "K01L"]
    assert "缺件" in page
    assert browser.get(f"/households/{far.account_no}/cases/{far.application_no}/contents").status_code == 404
