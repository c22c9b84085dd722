"""Mails through a real server: once, encrypted, tried again, never lost, never broken by a name."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import select

from archive_service import clock, zone
from archive_service.db.session import Database
from archive_service.errors import NotPermitted
from archive_service.jobs.runner import Runner
from archive_service.jobs.tables import Job
from archive_service.notices import actions, outbox, queries, rules
from archive_service.notices.tables import Notice, NoticeMail
from archive_service.people.roles import Role
from archive_service.people.tables import Person
from archive_service.settings import Settings
from tests.support import records
from tests.support.mail_server import PASSWORD, USER, MailServer, certificate, hang_up
from tests.support.naughty import HALVES, NAUGHTY
from tests.support.records import NOW

VALUES = {"application_no": "202611090001", "round": 1, "due_on": date(2026, 11, 25), "by": "李四"}
#: The headers of every mail, and no other.
HEADERS = {
    "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "X-Auto-Response-Suppress", "Content-Type",
    "Content-Transfer-Encoding", "MIME-Version",
}  # fmt: skip


@pytest.fixture
def server() -> Iterator[MailServer]:
    made = MailServer()
    with made.up():
        yield made


def told(settings: Settings, server: MailServer, **more: Any) -> Settings:
    """Settings with this server, without encryption unless more is said."""
    said = {"smtp_url": server.url(), "mail_from": "archive@grid.test", "smtp_starttls": False, "smtp_timeout_s": 5}
    return settings.model_copy(update={**said, **more})


def reader(database: Database, login: str = "zhang.san", name: str = "张三", **more: Any) -> int:
    """Make a person with an address and return their id."""
    with database.unit_of_work() as session:
        made = records.person(session, login)
        made.name, made.email = name, more.get("email", f"{login}@grid.test")
        made.preferences = more.get("preferences", {})
        return made.id


def tell(database: Database, to: int, key: str = "k", now: datetime = NOW, kind: str = "case-returned") -> bool:
    values: dict[str, object] = dict(VALUES)
    if kind == "ruling-approved":
        values = {"application_no": "202611090001", "paper": "K01R", "by": "李四"}
    if kind == "work-due":
        values = dict.fromkeys(("overdue", "today", "week", "returned", "findings"), 3)
    with database.unit_of_work() as session:
        return actions.tell(
            session, to=to, kind=kind, address="/cases/202611090001/life", values=values, once_key=key, now=now
        )


def work(database: Database, settings: Settings, now: datetime = NOW) -> None:
    """Do what the upkeep and a worker do at a moment."""
    outbox.follow(database, settings, now=now)
    handler = outbox.SendHandler(settings, database, lambda: now)
    runner = Runner(database, {outbox.SEND_JOB: handler}, "w", ("upkeep",), 60, lambda: now)
    while runner.run_one():
        continue


def mails(database: Database) -> list[NoticeMail]:
    with database.reading() as session:
        return list(session.scalars(select(NoticeMail).order_by(NoticeMail.id)))


def test_a_notice_is_written_once_and_with_what_it_tells(database: Database) -> None:
    """Under one key; not when the transaction fails, nor to nobody, nor to a closed account."""
    person = reader(database)
    assert tell(database, person)
    assert not tell(database, person)
    assert tell(database, person, "other")
    with database.unit_of_work() as session:
        actions.tell(session, to=person, kind="case-returned", address="/", values=VALUES, once_key="x", now=NOW)
        session.rollback()
    with database.unit_of_work() as session:
        assert not actions.tell(
            session, to=None, kind="case-returned", address="/", values=VALUES, once_key="y", now=NOW
        )
        session.get_one(Person, person).active = False
    assert not tell(database, person, "z")
    with database.reading() as session:
        assert sorted(session.scalars(select(Notice.once_key))) == ["k", "other"]


@pytest.mark.parametrize(
    "wrong", [{"kind": "no-such"}, {"values": {"by": "x"}}, {"address": "https://evil.test/"}, {"once_key": "k" * 121}]
)
def test_a_notice_that_cannot_be_meant_is_a_fault(database: Database, wrong: dict[str, Any]) -> None:
    person = reader(database)
    said: dict[str, Any] = {"kind": "case-returned", "address": "/", "values": VALUES, "once_key": "k"}
    with pytest.raises((KeyError, ValueError)), database.unit_of_work() as session:
        actions.tell(session, to=person, now=NOW, **{**said, **wrong})


def test_a_mail_arrives_once_in_the_language_of_its_reader(
    database: Database, settings: Settings, server: MailServer
) -> None:
    here = told(settings, server, public_address="https://archive.grid.test/")
    tell(database, reader(database))
    tell(database, reader(database, "ann", "Ann", preferences={"language": "en"}))
    work(database, here)
    work(database, here)
    zh, en = server.messages
    assert [(sender, to) for sender, to, _ in server.came] == [
        ("archive@grid.test", ["zhang.san@grid.test"]), ("archive@grid.test", ["ann@grid.test"])
    ]  # fmt: skip
    assert zh["Subject"] == "案件 202611090001 已退回，2026-11-25 前补正"
    assert "李四 退回了您第 1 次移交的案件 202611090001" in zh.get_content()
    assert "https://archive.grid.test/cases/202611090001/life" in zh.get_content()
    assert en["Subject"] == "Case 202611090001 was returned, mend it by 2026-11-25"
    assert "Dear Ann," in en.get_content()
    assert zh["Message-ID"] != en["Message-ID"]
    assert {zh["Message-ID"].rpartition("@")[2]} == {"grid.test>"}
    assert [(one.state, one.attempts, one.status, one.doubtful) for one in mails(database)] == [
        ("sent", 1, 250, False)
    ] * 2
    assert server.lines == 1


def test_a_password_is_said_only_behind_tls(database: Database, settings: Settings, tmp_path: Path) -> None:
    context, vouching = certificate(tmp_path)
    server = MailServer(tls=context, sign_in=True)
    signed = {"smtp_user": USER, "smtp_password": SecretStr(PASSWORD)}
    here = told(settings, server, smtp_starttls=True, smtp_ca_file=str(vouching), **signed)
    tell(database, reader(database))
    with server.up():
        work(database, here)
    assert [to for _, to, _ in server.came] == [["zhang.san@grid.test"]]


def test_tls_from_the_first_byte_on(database: Database, settings: Settings, tmp_path: Path) -> None:
    context, vouching = certificate(tmp_path)
    server = MailServer(tls=context, at_once=True)
    tell(database, reader(database))
    with server.up():
        work(database, told(settings, server, smtp_ca_file=str(vouching)))
    assert len(server.came) == 1


@pytest.mark.parametrize("case", ["no starttls", "nobody vouches", "another name", "wrong password"])
def test_a_server_that_is_not_to_be_trusted_gets_nothing(
    database: Database, settings: Settings, tmp_path: Path, case: str
) -> None:
    """The mail waits, and goes out when the server is right."""
    context, vouching = certificate(tmp_path, "elsewhere.test" if case == "another name" else "localhost")
    server = MailServer(tls=None if case == "no starttls" else context, sign_in=case == "wrong password")
    more: dict[str, Any] = {"smtp_starttls": True, "smtp_ca_file": "" if case == "nobody vouches" else str(vouching)}
    if case == "wrong password":
        more |= {"smtp_user": USER, "smtp_password": SecretStr("wrong")}
    tell(database, reader(database))
    with server.up():
        work(database, told(settings, server, **more))
        (mail,) = mails(database)
        code = "mail.sign-in" if case == "wrong password" else "mail.no-tls"
        assert (mail.state, mail.error_code, server.came) == ("waiting", code, [])
        assert "MAIL" not in server.said
    good_context, good = certificate(tmp_path, "localhost")
    later = MailServer(tls=good_context)
    with later.up():
        here = told(settings, later, smtp_starttls=True, smtp_ca_file=str(good))
        work(database, here, NOW + rules.OUTAGE)
    assert len(later.came) == 1


@pytest.mark.parametrize(("command", "answer"), [("RCPT", "450 mailbox busy"), ("DATA", "451 try later")])
def test_a_mail_that_is_put_off_goes_out_later_once(
    database: Database, settings: Settings, server: MailServer, command: str, answer: str
) -> None:
    server.answers = {command: [answer]}
    here = told(settings, server)
    tell(database, reader(database))
    tell(database, reader(database, "ann"))
    work(database, here)
    first, second = mails(database)
    assert (first.state, first.attempts, first.error_code) == ("waiting", 1, "mail.put-off")
    # It keeps nobody else waiting.
    assert second.state == "sent"
    work(database, here, NOW + timedelta(seconds=30))
    assert len(server.came) == 1
    work(database, here, NOW + rules.WAITS[0])
    work(database, here, NOW + timedelta(hours=3))
    assert [to for _, to, _ in server.came] == [["ann@grid.test"], ["zhang.san@grid.test"]]
    assert {one.state for one in mails(database)} == {"sent"}


@pytest.mark.parametrize(("command", "answer"), [("RCPT", "550 no such user"), ("DATA", "554 refused")])
def test_a_mail_that_is_refused_for_good_is_not_tried_again(
    database: Database, settings: Settings, server: MailServer, command: str, answer: str
) -> None:
    server.answers = {command: [answer]}
    here = told(settings, server)
    tell(database, reader(database))
    tell(database, reader(database, "ann"))
    for hours in range(0, 200, 12):
        work(database, here, NOW + timedelta(hours=hours))
    failed, sent = mails(database)
    assert (failed.state, failed.attempts, failed.error_code) == ("failed", 1, "mail.refused")
    assert failed.status == int(answer[:3])
    assert (sent.state, len(server.came)) == ("sent", 1)


@pytest.mark.parametrize("answer", ["550 who are you", "421 going away"])
def test_a_server_that_takes_nothing_loses_nothing(
    database: Database, settings: Settings, server: MailServer, answer: str
) -> None:
    """A sender that is not taken is a matter of the settings, not of the mail."""
    server.answers = {"MAIL": [answer] * 3}
    here = told(settings, server)
    for login in ("one", "two", "three"):
        tell(database, reader(database, login))
    for turn in range(3):
        work(database, here, NOW + turn * rules.OUTAGE)
    # One mail a turn is tried, the others wait.
    assert sorted(one.attempts for one in mails(database)) == [1, 1, 1]
    assert {one.state for one in mails(database)} == {"waiting"}
    work(database, here, NOW + 4 * rules.OUTAGE)
    assert len(server.came) == 3


def test_a_line_that_breaks_in_the_middle_sends_the_same_message_again(
    database: Database, settings: Settings, server: MailServer
) -> None:
    """Nobody knows whether the server has it: it comes again under its Message-ID, and the log says so."""
    server.at_data = hang_up
    here = told(settings, server)
    tell(database, reader(database))
    work(database, here)
    (mail,) = mails(database)
    assert (mail.state, mail.error_code, mail.doubtful) == ("waiting", "mail.broken-off", True)
    server.at_data = None
    work(database, here, NOW + timedelta(minutes=1))
    first, second = server.messages
    assert first["Message-ID"] == second["Message-ID"]
    assert first.get_content() == second.get_content()
    (mail,) = mails(database)
    assert (mail.state, mail.doubtful, mail.attempts) == ("sent", True, 2)


def test_a_server_that_is_down_for_a_day_gets_everything_later_once(database: Database, settings: Settings) -> None:
    server, people = MailServer(), [reader(database, f"person{number}") for number in range(5)]
    here = told(settings, server)
    for number, person in enumerate(people):
        tell(database, person, now=NOW + timedelta(hours=number))
    for minutes in range(0, 24 * 60, 30):
        work(database, here, NOW + timedelta(minutes=minutes))
    assert {one.state for one in mails(database)} == {"waiting"}
    assert {one.error_code for one in mails(database)} <= {"mail.unreachable", None}
    with server.up():
        for minutes in (0, 10, 20):
            work(database, here, NOW + timedelta(days=1, minutes=minutes))
    assert sorted(to[0] for _, to, _ in server.came) == [f"person{number}@grid.test" for number in range(5)]
    assert {(one.state, one.doubtful) for one in mails(database)} == {("sent", False)}
    with database.reading() as session:
        assert set(session.scalars(select(Job.state))) == {"done"}


def test_after_five_days_a_mail_has_failed(database: Database, settings: Settings) -> None:
    here = told(settings, MailServer())
    tell(database, reader(database))
    work(database, here)
    work(database, here, NOW + rules.GIVEN_UP - timedelta(hours=1))
    assert mails(database)[0].state == "waiting"
    work(database, here, NOW + rules.GIVEN_UP)
    assert (mails(database)[0].state, mails(database)[0].error_code) == ("failed", "mail.unreachable")


def test_a_worker_that_dies_behind_the_sending_sends_again_under_the_same_name(
    database: Database, settings: Settings
) -> None:
    """The server has it, the row does not know: the one window in which a mail comes twice."""
    server = MailServer()
    here = told(settings, server)
    now = clock.now()
    tell(database, reader(database), now=now)
    outbox.follow(database, here, now=now)
    worker: list[subprocess.Popen[bytes]] = []
    server.at_data = lambda _server: os.kill(worker[0].pid, signal.SIGKILL)
    with server.up():
        command = [sys.executable, "-m", "tests.support.doomed_worker", "nowhere", "doomed"]
        worker.append(subprocess.Popen(command, env={**os.environ, **here.environment()}))
        assert worker[0].wait(60) == -signal.SIGKILL
        assert (mails(database)[0].state, len(server.came)) == ("sending", 1)
        server.at_data = None
        work(database, here, now + timedelta(minutes=5))
        assert len(server.came) == 1
        work(database, here, now + rules.HELD + timedelta(minutes=1))
    first, second = server.messages
    assert first["Message-ID"] == second["Message-ID"]
    (mail,) = mails(database)
    assert (mail.state, mail.doubtful, mail.attempts) == ("sent", True, 2)


def test_without_a_mail_server_notices_stay_in_the_program(
    database: Database, settings: Settings, server: MailServer
) -> None:
    """Also when there is one later."""
    person = reader(database)
    tell(database, person)
    tell(database, person, "d", kind="ruling-approved")
    work(database, settings, NOW + timedelta(days=1))
    work(database, told(settings, server), NOW + timedelta(days=2))
    assert (mails(database), server.came) == ([], [])
    with database.reading() as session:
        assert len(session.scalars(select(Notice.id)).all()) == 2


def test_who_has_no_address_or_left_meanwhile_gets_no_mail(
    database: Database, settings: Settings, server: MailServer
) -> None:
    tell(database, reader(database, "none", email=None))
    left = reader(database, "left")
    tell(database, left)
    outbox.follow(database, told(settings, server), now=NOW)
    with database.unit_of_work() as session:
        session.get_one(Person, left).active = False
    work(database, told(settings, server))
    (mail,) = mails(database)
    assert (mail.state, mail.error_code, server.came) == ("dropped", "mail.nobody", [])


def test_a_digest_holds_what_came_until_its_time_and_goes_out_once_a_day(
    database: Database, settings: Settings, server: MailServer
) -> None:
    here = told(settings, server, mail_digest_at="07:30")
    person = reader(database)
    morning = rules.digest_moment(zone.local(NOW).date() + timedelta(days=1), "07:30")
    for number in range(3):
        tell(database, person, f"k{number}", kind="ruling-approved")
    work(database, here, morning - timedelta(seconds=1))
    assert server.came == []
    work(database, here, morning)
    # What is due today is told today; what was decided this morning, tomorrow.
    tell(database, person, "late", now=morning + timedelta(hours=1), kind="ruling-approved")
    work(database, here, morning + timedelta(hours=2))
    (first,) = server.messages
    assert first["Subject"] == "档案通知 2026-11-21：3 条"
    assert first.get_content().count("申请已批准") == 3
    work(database, here, morning + timedelta(days=1))
    assert len(server.came) == 2
    assert server.messages[1].get_content().count("申请已批准") == 1


def test_what_is_due_today_is_in_the_digest_of_today_however_late(
    database: Database, settings: Settings, server: MailServer
) -> None:
    morning = rules.digest_moment(zone.local(NOW).date(), "07:30")
    tell(database, reader(database), now=morning + timedelta(hours=3), kind="work-due")
    work(database, told(settings, server), morning + timedelta(hours=3))
    assert "归档已逾期 3 件" in server.messages[0].get_content()


@pytest.mark.parametrize("name", [*NAUGHTY.values(), *HALVES, "x" * 2000, "11010519491231002X"])
def test_no_name_breaks_a_header_or_brings_an_identity_number_along(name: str) -> None:
    """A header more, a receiver more or a line more would be somebody else's mail."""
    from archive_service.notices.message import Told, compose

    values = rules.values({**VALUES, "by": name, "application_no": name})
    message = compose(
        [Told("case-returned", "/cases/1/life", values)], mail_id=7, made_at=NOW, digest_on=None,
        sender="archive@grid.test", to_name=name, to_address="zhang.san@grid.test", language="zh",
        public_address="", now=NOW,
    )  # fmt: skip
    server = MailServer()
    server.came.append(("", [], message.as_bytes()))
    (parsed,) = server.messages
    assert set(parsed.keys()) == HEADERS
    assert len(parsed.keys()) == len(HEADERS)
    assert [one.addr_spec for one in parsed["To"].addresses] == ["zhang.san@grid.test"]
    assert parsed["Message-ID"] == f"<notice-7-{int(NOW.timestamp())}@grid.test>"
    assert "1949" not in parsed["Subject"] + parsed["To"] + parsed.get_content()
    assert max(len(line) for line in message.as_bytes().split(b"\r\n")) <= 998


def test_the_log_tells_the_administrator_of_their_units_and_nothing_of_the_contents(
    database: Database, settings: Settings, server: MailServer
) -> None:
    with database.unit_of_work() as session:
        root = records.unit(session)
        west, east = records.unit(session, "WEST", below=root), records.unit(session, "EAST", below=root)
        for at, login in ((west, "west"), (east, "east")):
            records.person(session, login, at=at).email = f"{login}@grid.test"
        admin = records.viewer(session, Role.SYSTEM_ADMIN, at=west)
        archivist = records.viewer(session)
        ids = {one.login: one.id for one in session.scalars(select(Person))}
    for login in ("west", "east"):
        tell(database, ids[login])
    work(database, told(settings, server))
    with database.reading() as session:
        (row,) = queries.mails(session, admin).rows
        with pytest.raises(NotPermitted):
            queries.mails(session, archivist)
    assert (row.login, row.kind, row.state, row.attempts, row.notices) == ("west", "case-returned", "sent", 1, 1)
    assert "202611090001" not in repr(row)
    assert "west@grid.test" not in repr(row)


def test_old_notices_go_and_take_their_mails_along(database: Database, settings: Settings, server: MailServer) -> None:
    person = reader(database)
    tell(database, person)
    work(database, told(settings, server))
    tell(database, person, "new", now=NOW + timedelta(days=10))
    with database.unit_of_work() as session:
        assert actions.prune(session, before=NOW + timedelta(days=1)) == 1
    assert mails(database) == []
    with database.reading() as session:
        assert list(session.scalars(select(Notice.once_key))) == ["new"]
