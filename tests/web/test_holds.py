"""Holds on pages: placed, seen on the household, released; and the due list."""

from __future__ import annotations

import re
from datetime import timedelta

from sqlalchemy import select

from archive_service import clock
from archive_service.holds.tables import Hold, HoldSubject
from archive_service.households.tables import HouseholdFile, Item
from tests.web.conftest import PHRASE, Browser, World

SAID = {"kind": "litigation", "reason": "合同纠纷一审", "authority": "望江县人民法院", "review_on": "2030-05-20"}


def test_a_hold_is_placed_seen_on_the_household_and_released(world: World, browser: Browser) -> None:
    """The page of the household says by whose word it is held, until it is released with a reason."""
    account = world.near.account_no
    assert account in browser.get(f"/holds/new?account={account}").text
    wrong = browser.submit("/holds", **{**SAID, "review_on": "soon"}, accounts=account)
    assert (wrong.status_code, "复查日要在明天以后" in wrong.text) == (422, True)
    made = browser.submit("/holds", **SAID, accounts=account)
    assert made.status_code == 303
    address = made.headers["location"].partition("?")[0]
    assert "望江县人民法院" in browser.get(f"/households/{account}").text
    assert "合同纠纷一审" in browser.get("/holds").text
    assert account in browser.get(address).text
    assert browser.submit(f"{address}/release", reason=" ").status_code == 422
    assert browser.submit(f"{address}/release", reason="已经结案").status_code == 303
    assert "望江县人民法院" not in browser.get(f"/households/{account}").text
    assert "合同纠纷一审" in browser.get("/holds?state=released").text


def test_the_due_list_and_its_export_answer(world: World, browser: Browser) -> None:
    """Each of its parts, and as a file."""
    for which in ("now", "soon", "waiting", "unknown", "permanent"):
        assert browser.get(f"/retention?list={which}").status_code == 200
    assert browser.get("/retention/export?list=waiting").status_code == 200


def test_a_review_is_put_off_with_a_reason_and_the_page_keeps_it(world: World, browser: Browser) -> None:
    """Past its day the page of the hold and the first page say so; a released hold is not put off."""
    address = browser.submit("/holds", **SAID, accounts=world.near.account_no).headers["location"].partition("?")[0]
    assert "冻结过了复查日" not in browser.get("/").text
    with world.services.database.unit_of_work() as session:
        session.scalars(select(Hold)).one().review_on = clock.today() - timedelta(days=1)
    assert "冻结过了复查日" in browser.get("/").text
    assert "已过复查日" in browser.get(address).text
    later = str(clock.today() + timedelta(days=90))
    assert browser.submit(f"{address}/review", review_on=later, why=" ").status_code == 422
    refused = browser.submit(f"{address}/review", review_on=str(clock.today()), why="仍在审理")
    assert (refused.status_code, ">仍在审理</textarea>" in refused.text) == (422, True)
    assert browser.submit(f"{address}/review", review_on=later, why="仍在审理").status_code == 303
    page = browser.get(address).text
    assert later in page
    assert "仍在审理" in page
    assert "冻结过了复查日" not in browser.get("/").text
    browser.submit(f"{address}/release", reason="已经结案")
    assert browser.submit(f"{address}/review", review_on=later, why="仍在审理").status_code == 409


def test_what_a_search_found_is_held_in_bulk_where_the_person_may(world: World, browser: Browser) -> None:
    """The number confirms it; what was found of another centre is left out, and shown to be held is every hit."""
    found = {"q": PHRASE}
    page = browser.get("/search/hold", params=found).text
    count = int(re.search(r"这 (\d+) 件资料", page).group(1))  # type: ignore[union-attr]
    mark = re.search(r'name="mark" value="(\w+)"', page).group(1)  # type: ignore[union-attr]
    said = {**SAID, **found, "scope": "items", "mark": mark}
    assert count > 0
    for wrong, status in (({"count": "999"}, 422), ({"count": str(count), "mark": "0"}, 409)):
        answer = browser.submit("/search/hold", **{**said, **wrong})
        assert (answer.status_code, "没有冻结任何资料" in answer.text) == (status, True)
    assert "没有这一类冻结" in browser.get("/holds").text
    assert browser.submit("/search/hold", **said, count=str(count)).status_code == 303
    with world.services.database.reading() as session:
        held = set(session.scalars(select(HoldSubject.item_id)))
        units = set(
            session.scalars(
                select(HouseholdFile.unit_id).join(Item, Item.household_id == HouseholdFile.id).where(Item.id.in_(held))
            )
        )
    assert (len(held), units) == (count, {world.near.unit})
    assert browser.get("/search", params=found).text.count("冻结中") == count
    item = min(one for one in held if one)
    assert "冻结中" in browser.get(f"/items/{item}").text


def test_a_reader_is_not_offered_to_hold_what_was_found(world: World, staff: Browser) -> None:
    """Neither the button nor the page."""
    assert "/search/hold" not in staff.get("/search", params={"q": PHRASE}).text
    assert staff.get("/search/hold", params={"q": PHRASE}).status_code == 403


def test_a_request_to_borrow_says_what_keeps_its_papers(world: World, browser: Browser) -> None:
    """Who decides sees that they are on hold before anything is lent."""
    request = f"/loans/requests/{world.near.request}"
    assert "冻结中" not in browser.get(request).text
    browser.submit("/holds", **SAID, accounts=world.near.account_no)
    assert "冻结中" in browser.get(request).text
