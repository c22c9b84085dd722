"""The bell, the page of one's notices, how one is told, and the log of mails."""

from __future__ import annotations

import re
from datetime import date

import pytest
from sqlalchemy import select

from archive_service import clock
from archive_service.audit.tables import AuditEntry
from archive_service.notices import actions
from archive_service.notices.tables import Notice, NoticeMail
from archive_service.people.tables import Person
from tests.support import records
from tests.web.conftest import HOSTILE, Browser, World, flat

VALUES = {"application_no": "202611090001", "round": 1, "due_on": date(2026, 11, 25), "by": HOSTILE}


def person_id(world: World, login: str) -> int:
    with world.services.database.reading() as session:
        return session.scalars(select(Person.id).where(Person.login == login)).one()


def tell(world: World, login: str = "archivist", count: int = 1) -> list[int]:
    """Tell somebody something; return the ids of the notices."""
    to = person_id(world, login)
    with world.services.database.unit_of_work() as session:
        before = set(session.scalars(select(Notice.id)))
        for number in range(count):
            actions.tell(
                session, to=to, kind="case-returned", address=f"/cases/{world.near.application_no}/life",
                values=VALUES, once_key=f"{login}:{number}:{len(before)}", now=clock.now(),
            )  # fmt: skip
        return sorted(set(session.scalars(select(Notice.id))) - before)


def bell(browser: Browser) -> str:
    """What the bell says to those who cannot see it."""
    found = re.search(r'<a class="icon-btn" href="/me/notices" aria-label="([^"]+)"', flat(browser.get("/cases").text))
    assert found
    return found.group(1)


@pytest.fixture
def quiet(world: World) -> World:
    """A world in which nobody was told anything yet."""
    with world.services.database.unit_of_work() as session:
        for notice in session.scalars(select(Notice)):
            session.delete(notice)
    return world


def test_the_bell_counts_what_was_not_read(quiet: World, browser: Browser) -> None:
    assert bell(browser) == "我的通知"
    first, second = tell(quiet, count=2)
    assert bell(browser) == "我的通知，2 条未读"
    answer = browser.submit(f"/me/notices/{first}/open")
    assert answer.headers["location"] == f"/cases/{quiet.near.application_no}/life"
    assert bell(browser) == "我的通知，1 条未读"
    assert browser.submit("/me/notices/read", until=str(second)).status_code == 303
    assert bell(browser) == "我的通知"
    assert "没有未读的通知" in browser.get("/me/notices?show=unread").text


def test_a_notice_that_came_meanwhile_stays_unread(quiet: World, browser: Browser) -> None:
    (first,) = tell(quiet)
    tell(quiet)
    browser.submit("/me/notices/read", until=str(first))
    assert bell(browser) == "我的通知，1 条未读"


def test_the_page_says_it_in_the_language_of_the_reader_and_escapes_names(quiet: World, browser: Browser) -> None:
    assert "还没有通知" in browser.get("/me/notices").text
    tell(quiet)
    page = browser.get("/me/notices").text
    assert "案件 202611090001 已退回，2026-11-25 前补正" in page
    assert HOSTILE not in page
    browser.submit("/me/preferences", name="language", value="en", next="/")
    assert "Case 202611090001 was returned" in browser.get("/me/notices").text


def test_long_lists_go_on_where_the_last_page_ended(quiet: World, browser: Browser) -> None:
    ids = tell(quiet, count=53)
    page = browser.get("/me/notices").text
    following = re.search(r'href="(/me/notices\?after=\d+)"', page)
    assert following
    shown = [re.findall(r"/me/notices/(\d+)/open", text) for text in (page, browser.get(following[1]).text)]
    assert [int(one) for one in shown[0] + shown[1]] == ids[::-1]


def test_nobody_opens_or_reads_the_notices_of_others(quiet: World, browser: Browser, staff: Browser) -> None:
    (mine,) = tell(quiet)
    assert staff.submit(f"/me/notices/{mine}/open").status_code == 404
    staff.submit("/me/notices/read", until=str(mine))
    assert "202611090001" not in staff.get("/me/notices").text
    assert bell(browser) == "我的通知，1 条未读"


def test_a_person_chooses_how_to_be_told(quiet: World, browser: Browser) -> None:
    """What is chosen holds for notices from now on, and stands in the trail."""
    answer = browser.submit("/me/notices/address", mail="zhang@grid.test", password=records.PASSWORD)
    assert answer.headers["location"] == "/me/notices/settings?done=address"
    (before,) = tell(quiet)
    fields = {"way.case-returned": "digest", "way.ruling-asked": "program"}
    assert browser.submit("/me/notices/settings", **fields).status_code == 303
    (after,) = tell(quiet)
    with quiet.services.database.reading() as session:
        ways = dict(session.execute(select(Notice.id, Notice.way)).all())
        entries = session.scalars(select(AuditEntry).where(AuditEntry.object_kind == "person")).all()
        facts = {one.did: one.facts for one in entries}
    assert (ways[before], ways[after]) == ("mail", "digest")
    assert facts["person.notices-chosen"] == {"case-returned": "digest", "ruling-asked": "program"}
    assert facts["person.mail-address-set"] == {"domain": "grid.test"}
    page = flat(browser.get("/me/notices/settings").text)
    chosen = re.search(r'<select[^>]*name="way.case-returned">.*?</select>', page)
    assert chosen
    assert '<option value="digest" selected>' in chosen.group()


def test_an_address_is_kept_only_with_the_password_and_if_it_is_one(quiet: World, browser: Browser) -> None:
    wrong = browser.submit("/me/notices/address", mail="zhang@grid.test", password="wrong")
    assert wrong.status_code >= 400
    odd = browser.submit("/me/notices/address", mail="a@b.test\r\nBcc: x@y.test", password=records.PASSWORD)
    assert odd.status_code == 422
    with quiet.services.database.reading() as session:
        assert session.scalars(select(Person.email).where(Person.login == "archivist")).one() is None


@pytest.mark.parametrize("fields", [{"way.no-such": "mail"}, {"way.case-returned": "pigeon"}])
def test_a_way_that_does_not_exist_is_refused(browser: Browser, fields: dict[str, str]) -> None:
    assert browser.submit("/me/notices/settings", **fields).status_code == 422


def test_the_log_of_mails_is_for_who_keeps_the_program_running(quiet: World, anonymous: Browser) -> None:
    (notice,) = tell(quiet)
    to = person_id(quiet, "archivist")
    with quiet.services.database.unit_of_work() as session:
        mail = NoticeMail(
            person_id=to, kind="case-returned", state="failed", attempts=3, status=550, error_code="mail.refused",
            doubtful=True, made_at=clock.now(), tried_at=clock.now(),
        )  # fmt: skip
        session.add(mail)
        session.flush()
        session.get_one(Notice, notice).mail_id = mail.id
    admin = anonymous.sign_in("sysadmin")
    page = flat(admin.get("/notices/log").text)
    for said in ("没有发成", "案件被退回", "邮件服务器拒收", "550", "可能收到两次", "archivist"):
        assert said in page
    assert "202611090001" not in page
    assert "案件被退回" not in admin.get("/notices/log?state=sent").text
