"""Holds on pages: placed, seen on the household, released; and the due list."""

from __future__ import annotations

from tests.web.conftest import Browser, World

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
