"""What is due for filing is reminded of on every page, once a day."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from archive_service import clock
from archive_service.households import counting
from archive_service.households.tables import CaseFile
from archive_service.notebook import actions as notebook
from archive_service.notebook.rules import Kind
from archive_service.people.queries import viewer_by_login
from archive_service.web import reminders
from tests.support import records
from tests.web.conftest import Browser, World, flat


@pytest.fixture
def due(world: World) -> World:
    """Centre A with one more case that is overdue, two for today, one for next month; centre B with one for today."""
    today = clock.today()
    with world.services.database.unit_of_work() as session:
        for number, (days, centre) in enumerate(((-2, "A"), (0, "A"), (0, "A"), (30, "A"), (0, "B"))):
            at = records.unit(session, centre)
            case = records.case(session, f"20261109{number:05d}", account_no=f"53{number:08d}", at=at)
            session.get_one(CaseFile, case.id).filing_due_on = today + timedelta(days=days)
            counting.count(session, [case.id])
    return world


def reminded(browser: Browser, address: str = "/cases") -> dict[str, str]:
    """What the reminder of a page says, by the list that it leads to."""
    found = re.search(r'<aside class="note \w+ reminder".*?</aside>', flat(browser.get(address).text))
    return dict(re.findall(r'<a href="([^"]+)">([^<]+)</a>', found.group())) if found else {}


def test_every_page_tells_what_is_due_until_it_was_seen(due: World, anonymous: Browser) -> None:
    archivist = anonymous.sign_in("archivist")
    told = {"/cases?due=overdue": "2 件案件已逾期", "/cases?due=today": "2 件今日到期"}
    assert reminded(archivist) == told
    assert reminded(archivist, "/search?q=a") == told
    answer = archivist.post("/me/reminder", data={"token": archivist.token, "next": "/cases"})
    assert answer.headers["location"] == "/cases"
    assert reminded(archivist) == {}


def test_it_comes_back_the_next_day(due: World, anonymous: Browser) -> None:
    """What was seen yesterday is not what is due today."""
    archivist = anonymous.sign_in("archivist")
    with due.services.database.unit_of_work() as session:
        viewer = viewer_by_login(session, "archivist")
        assert viewer
        yesterday = clock.today() - timedelta(days=1)
        notebook.remember(session, viewer, Kind.REMINDED, reminders.DUE, yesterday.isoformat(), now=clock.now())
    assert reminded(archivist)


def test_who_files_nothing_and_pages_that_show_it_anyway_are_left_alone(due: World, anonymous: Browser) -> None:
    assert reminded(anonymous.sign_in("staff")) == {}
    assert reminded(anonymous.sign_in("auditor")) == {}
    assert reminded(anonymous.sign_in("archivist"), "/") == {}


def test_nothing_due_is_no_reminder(world: World, anonymous: Browser) -> None:
    with world.services.database.unit_of_work() as session:
        cases = session.scalars(select(CaseFile)).all()
        for case in cases:
            case.filing_due_on = None
        counting.count(session, [case.id for case in cases])
    assert reminded(anonymous.sign_in("archivist")) == {}
