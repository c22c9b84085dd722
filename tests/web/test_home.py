"""The first page of each role: its numbers are those of the lists behind them."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta

import pytest

from archive_service import clock, workdays
from archive_service.households import counting
from archive_service.households.tables import CaseFile
from archive_service.web import words
from tests.docs.test_docs import described
from tests.support import records
from tests.web.conftest import Browser, World, flat


@pytest.fixture
def busy(world: World) -> World:
    """Centre A with cases that were due before today, are due today, and in a few days."""
    today = clock.today()
    with world.services.database.unit_of_work() as session:
        at = records.unit(session, "A")
        for number, due in enumerate((-9, -3, 0, 0, 4, 30)):
            case = records.case(session, f"20261109{number:05d}", account_no=f"53{number:08d}", at=at)
            session.get_one(CaseFile, case.id).filing_due_on = today + timedelta(days=due)
            # As whatever changes a case does at its end.
            counting.count(session, [case.id])
    return world


def figures(page: str) -> dict[str, int]:
    """The key figures of a page by the address that they link to."""
    found = re.findall(r'<a class="kpi" href="([^"]+)">(?:(?!</a>).)*<b>(\d+)\+?</b>', flat(page))
    return {address.replace("&amp;", "&"): int(number) for address, number in found}


def length(browser: Browser, address: str) -> int:
    """How many cases a list has."""
    answer = browser.get(address.replace("/cases?", "/cases/export?"))
    return len(list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))) - 1


@pytest.mark.parametrize("login", ["archivist", "unit_head"])
def test_every_number_of_cases_is_as_long_as_the_list_behind_it(busy: World, anonymous: Browser, login: str) -> None:
    """Whoever follows a number finds what it counted."""
    anonymous.sign_in(login)
    counted = {
        address: number
        for address, number in figures(anonymous.get("/").text).items()
        if address.startswith("/cases?") and "month" not in address
    }
    assert counted["/cases?due=today"] == 2
    assert counted == {address: length(anonymous, address) for address in counted}


def test_cases_that_cannot_be_judged_are_counted_as_their_list_has_them(world: World, anonymous: Browser) -> None:
    """The auditor's figure is kept with the case and not counted anew; it says what the list holds."""
    with world.services.database.unit_of_work() as session:
        at = records.unit(session, "A")
        for number in range(2):
            records.case(session, f"20261110{number:05d}", account_no=f"54{number:08d}", at=at, conditions=None)
    anonymous.sign_in("auditor")
    for page in ("/", "/completeness"):
        assert figures(anonymous.get(page).text)["/cases?complete=unknown"] == 2
    assert length(anonymous, "/cases?complete=unknown") == 2


def test_the_load_of_the_days_ahead_leads_to_the_cases_of_the_day(busy: World, browser: Browser) -> None:
    """A bar is a link into its list."""
    page = flat(browser.get("/").text)
    days = re.findall(r'<a href="(/cases\?due=[\d-]+)" aria-label="[^"]+">(\d+)</a>', page)
    assert len(days) == 6
    assert all(int(number) == length(browser, address) for address, number in days)
    first = clock.today() if workdays.is_working_day(clock.today()) else workdays.add_working_days(clock.today(), 1)
    assert days[0][0] == f"/cases?due={first}"


def test_what_the_product_does_not_have_is_not_shown_as_nothing(busy: World, browser: Browser, staff: Browser) -> None:
    """No card counts loans or findings before there are any to count."""
    for page in (browser.get("/").text, staff.get("/").text):
        assert "我的借阅" not in page
        assert "未整改" not in page


def test_staff_come_back_to_what_they_opened_and_looked_for(world: World, staff: Browser) -> None:
    """The last file and the last search are one click away, and the person's own."""
    assert "还没有打开过户档案" in staff.get("/").text
    staff.get(f"/households/{world.near.account_no}")
    staff.get("/search?q=望江线")
    page = staff.get("/").text
    assert f'<a href="/households/{world.near.account_no}">' in page
    assert 'href="/search?q=%E6%9C%9B%E6%B1%9F%E7%BA%BF"' in page


def test_a_search_for_a_personal_number_is_not_remembered(world: World, browser: Browser) -> None:
    """It would lie in the list longer than anybody needs it."""
    assert browser.get("/search?q=11010519491231002X").status_code == 200
    assert "最近的检索" not in browser.get("/search").text


def test_administrators_see_how_the_program_is_and_no_records(world: World, anonymous: Browser) -> None:
    """Each of its parts with its state; figures of jobs lead to the jobs."""
    page = anonymous.sign_in("sysadmin").get("/").text
    assert "数据库结构" in page
    assert "原件库" in page
    assert set(figures(page)) == {"/jobs?state=queued", "/jobs?state=running", "/jobs?state=failed"}
    assert world.near.account_no not in page


def test_the_audit_administrator_sees_what_happened(world: World, anonymous: Browser) -> None:
    """The latest entries of the trail stand on the first page of who reads it."""
    page = anonymous.sign_in("audit_admin").get("/").text
    assert "最近的操作记录" in page
    assert "登录" in page.partition("最近的操作记录")[2]
    assert "后台任务" not in page


def test_every_verb_of_the_trail_has_its_words() -> None:
    """Nobody reads a code where a sentence should stand."""
    assert set(described("glossary.md", "Verbs of the audit trail")) - set(words.EVENT) == set()


def test_the_case_list_behind_a_cell_comes_page_by_page(world: World, anonymous: Browser) -> None:
    """A centre with many cases a month does not come down as one page."""
    with world.services.database.unit_of_work() as session:
        at = records.unit(session, "A")
        for number in range(60):
            stages = {"ACCEPT": records.TODAY - timedelta(days=9), "ENERGISE": records.TODAY - timedelta(days=2)}
            records.case(session, account_no=f"54{number:08d}", at=at, stages=stages)
    page = flat(anonymous.sign_in("auditor").get("/completeness/A/2026-11").text)
    assert page.count('<td class="full">') == 50
    following = re.search(r'href="([^"]+)" rel="next"', page)
    assert following
    rest = flat(anonymous.get(following.group(1).replace("&amp;", "&")).text)
    assert rest.count('<td class="full">') == 11
    assert anonymous.get("/completeness/nowhere/2026-11").status_code == 404
