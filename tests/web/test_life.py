"""Handing over, taking in and sending back through the pages and the interface."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from archive_service.people.roles import Role
from tests.support import records
from tests.web.conftest import Browser, World, flat


@pytest.fixture
def second(world: World) -> Iterator[Browser]:
    """Another archivist of centre A."""
    with world.services.database.unit_of_work() as session:
        records.person(session, "second", roles=[Role.ARCHIVIST], at=records.unit(session, "A"))
    with Browser(world.app, base_url="http://archive.test", follow_redirects=False) as browser:
        yield browser.sign_in("second")


def test_a_case_goes_from_hand_to_hand_on_the_pages(world: World, browser: Browser, staff: Browser) -> None:
    """Handed over by staff, received and sent back by the archivist with a page marked, seen by both."""
    life = f"/cases/{world.near.application_no}/life"
    assert staff.submit(life, verb="submit", seen="0", note="请收").headers["location"] == f"{life}?done=case-submit"
    assert "待签收" in browser.get("/hand-overs").text
    assert world.near.application_no in browser.get("/hand-overs").text
    assert browser.submit(life, verb="accept", seen="1").status_code == 303
    item = world.near.internal_item
    back = browser.submit(
        life,
        verb="return",
        seen="2",
        stage="ACCEPT",
        due_on="2099-01-05",
        **{"reason-unsigned": "1", f"mark-{item}-1": "1"},
    )
    assert back.status_code == 303, back.text
    owed = flat(staff.get("/hand-overs?list=owed").text)
    assert "未签字" in owed
    assert f'href="/items/{item}?page=1"' in staff.get(life).text
    assert staff.submit(life, verb="submit", seen="3").status_code == 303
    assert "第 2 次移交" in browser.get(life).text


def test_who_comes_second_is_told_on_the_page_and_sees_the_case_as_it_is(
    world: World, browser: Browser, staff: Browser, second: Browser
) -> None:
    """409 with the sentence; the form that remains is the one that fits."""
    life = f"/cases/{world.near.application_no}/life"
    staff.submit(life, verb="submit", seen="0")
    assert browser.submit(life, verb="accept", seen="1").status_code == 303
    late = second.submit(life, verb="accept", seen="1")
    assert late.status_code == 409
    assert "刚刚办理了这个案件" in late.text
    assert "归档，锁定件号" in late.text


def test_an_incomplete_case_is_not_filed_from_the_page(world: World, browser: Browser, staff: Browser) -> None:
    """The refusal stands where the button is."""
    life = f"/cases/{world.near.application_no}/life"
    staff.submit(life, verb="submit", seen="0")
    browser.submit(life, verb="accept", seen="1")
    answer = browser.submit(life, verb="file", seen="2")
    assert answer.status_code == 409
    assert "不能归档" in answer.text


def test_programs_take_the_same_steps(world: World, browser: Browser, staff: Browser) -> None:
    """With the same refusals, by code."""
    address = f"/api/v1/cases/{world.near.application_no}"
    given = staff.post(f"{address}/steps", json={"verb": "submit"}, headers={"X-Form-Token": staff.token})
    assert (given.status_code, given.json()["state"], given.json()["seq"]) == (200, "submitted", 1)
    waiting = browser.get("/api/v1/hand-overs").json()
    assert [one["application_no"] for one in waiting["waiting"]] == [world.near.application_no]
    wanted = {"stage": "CONTRACT", "reasons": ["missing"], "due_on": "2099-01-05", "seen": 0}
    refused = browser.post(f"{address}/returns", json=wanted, headers={"X-Form-Token": browser.token})
    assert (refused.status_code, refused.json()["code"]) == (409, "case.passed")
    wanted["seen"] = 1
    back = browser.post(f"{address}/returns", json=wanted, headers={"X-Form-Token": browser.token}).json()
    assert back["hand_overs"][0]["returned"]["reasons"] == ["missing"]
