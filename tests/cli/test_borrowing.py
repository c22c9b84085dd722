"""Lending, rooms, certified copies and notices at the command line, with the rights of the person it acts for."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pypdf
import pytest
from sqlalchemy import func, select

from archive_service import clock
from archive_service.audit.tables import AuditEntry
from archive_service.cli.main import run
from archive_service.copies import actions as copying
from archive_service.copies import rules as copy_rules
from archive_service.db.session import Database
from archive_service.notices.tables import NoticeMail
from archive_service.people.queries import viewer_by_login
from archive_service.people.roles import Role
from archive_service.people.tables import Person
from archive_service.settings import Settings, load
from archive_service.storage.files import FileStore
from tests.borrowing import world as worlds
from tests.support import records, rooms
from tests.support.records import NOW
from tests.support.stored_pages import stored_page

#: The command line is the same on both databases; what it calls is tested on both.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
#: What a command leaves: its exit code, what it printed, what it said on standard error.
Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def call(settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Call]:
    """Give the command line, with the settings of the test."""
    for name, value in settings.environment().items():
        monkeypatch.setenv(name, value)
    load.cache_clear()

    def called(login: str, *said: object) -> tuple[int, str, str]:
        capsys.readouterr()
        code = run(["--as", login, *map(str, said)])
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    yield called
    load.cache_clear()


def told(called: tuple[int, str, str]) -> list[dict[str, Any]]:
    """Return the JSON lines of a command that was done."""
    code, out, err = called
    assert code == 0, err
    return [json.loads(line) for line in out.splitlines()]


def test_a_paper_is_asked_for_lent_and_brought_back(database: Database, call: Call) -> None:
    with database.unit_of_work() as session:
        made = worlds.build(session)
    asking = ("loans", "request", f"{made.accounts['A']}||1", "--purpose", "customer-service", "--words", "核对合同")
    (asked,) = told(call("staff", *asking, "--way", "paper", "--days", 3, "--json"))
    assert asked["state"] == "asked"
    wish = asked["wish"]
    assert call("staff", "loans", "approve", wish)[0] == 3
    assert call("archivist", "loans", "approve", wish)[0] == 0
    pages = 1
    (lent,) = told(call("archivist", "loans", "hand-out", wish, "--pages", pages, "--json"))
    assert told(call("archivist", "loans", "overdue", "--json")) == []
    (row,) = told(call("archivist", "loans", "list", "--json"))
    assert (row["wish_id"], row["account_no"]) == (wish, made.accounts["A"])
    (back,) = told(call("archivist", "loans", "return", lent["loan"], "--json"))
    assert back == {"loan": lent["loan"], "state": "returned"}


def test_a_line_is_refused_with_its_reason(database: Database, call: Call) -> None:
    with database.unit_of_work() as session:
        made = worlds.build(session)
        (wish,) = worlds.ask(session, made, "staff", worlds.wish(made, "A", "paper", 2))
    assert call("staff", "loans", "refuse", wish, "--words", "不必")[0] == 3
    assert call("archivist", "loans", "refuse", wish, "--words", "请到柜台看")[0] == 0
    (row,) = told(call("archivist", "loans", "list", "--state", "refused", "--json"))
    assert row["wish_id"] == str(wish)
    assert call("archivist", "loans", "approve", 999)[0] == 4


def test_papers_go_into_a_box_and_out_and_are_counted(database: Database, settings: Settings, call: Call) -> None:
    with database.unit_of_work() as session:
        records.person(session, "keeper")
        records.person(session, "checker", roles=(Role.AUDITOR,))
        here = rooms.room(session, records.system(session))
        room, box = here.room.code, here.boxes[0].code
        one, other = (rooms.number(session, item) for item in rooms.papers(session, 2))
    (listed,) = told(call("keeper", "rooms", "list", "--json"))
    assert (listed["code"], listed["papers"]) == (room, 0)
    assert call("checker", "rooms", "put", box, one)[0] == 3
    # One code is foreign: neither is put away.
    assert call("keeper", "rooms", "put", box, one, "https://parcel.test/1")[0] == 4
    assert told(call("keeper", "rooms", "list", "--json"))[0]["papers"] == 0
    assert call("keeper", "rooms", "put", box, one, other)[0] == 0
    (begun,) = told(call("keeper", "rooms", "stocktake", "open", room, "--json"))
    number = begun["stocktake"]
    assert call("keeper", "rooms", "stocktake", "scan", number, box, one)[0] == 0
    assert call("keeper", "rooms", "stocktake", "close", number, "--watched-by", "李四")[0] == 2
    closing = ("rooms", "stocktake", "close", number, "--watched-by", "李四", "--reason", "待查", "--json")
    (closed,) = told(call("keeper", *closing))
    assert (closed["state"], closed["counts"]["found"], closed["counts"]["missing"]) == ("closed", 1, 1)
    assert call("keeper", "rooms", "take", one, "--reason", "补扫")[0] == 0
    assert told(call("keeper", "rooms", "list", "--json"))[0]["papers"] == 1
    sheet = settings.home / "labels.pdf"
    assert call("keeper", "rooms", "labels", room, "--kind", "box", "--out", sheet)[0] == 0
    assert box in pypdf.PdfReader(sheet).pages[0].extract_text()
    with database.reading() as session:
        printed = session.scalars(select(AuditEntry).where(AuditEntry.did == "paper.printed")).one()
        assert printed.facts["labels"] == len(here.boxes)


def test_a_copy_is_checked_and_withdrawn(database: Database, store: FileStore, call: Call) -> None:
    stored = store.put_bytes(b"%PDF-1.7 a copy")
    code = copy_rules.new_code()
    with database.unit_of_work() as session:
        records.person(session, "keeper")
        records.person(session, "clerk", roles=(Role.STAFF,))
        head = records.household(session)
        said = copying.Said(head.id, head.unit_id, head.account_no, "lawsuit", "", "某法院", None)
        number = copying.take_number(session, records.system(session), head.unit_id, now=NOW)
        made = copying.issue(
            session, records.system(session), said, number=number, code=code, request_key="a" * 32,
            pages=[{"item": 1, "page": 1}], stored=stored, signed=False, now=NOW,
        ).id  # fmt: skip
    assert told(call("clerk", "copies", "check", code, "--json")) == [{"state": "valid", "sha256": stored.digest}]
    assert call("clerk", "copies", "withdraw", made, "--reason", "内容有误")[0] == 3
    assert call("clerk", "copies", "list")[0] == 3
    assert call("keeper", "copies", "withdraw", made, "--reason", "内容有误")[0] == 0
    assert call("keeper", "copies", "withdraw", made, "--reason", "内容有误")[0] == 3
    assert told(call("clerk", "copies", "check", code, "--json"))[0]["state"] == "withdrawn"
    assert told(call("clerk", "copies", "check", copy_rules.new_code(), "--json"))[0]["state"] == "unknown"
    (row,) = told(call("keeper", "copies", "list", "--json"))
    assert (row["number"], row["state"], row["withdrawn_reason"]) == (number, "withdrawn", "内容有误")
    assert number in call("keeper", "copies", "list")[1]


def test_a_failed_mail_is_sent_again_once(database: Database, call: Call) -> None:
    with database.unit_of_work() as session:
        records.person(session, "sysadmin", roles=(Role.SYSTEM_ADMIN,))
        receiver = records.person(session, "receiver")
        session.get_one(Person, receiver.id).email = "a@archive.test"
        mail = NoticeMail(
            person_id=receiver.id, kind="loan-asked", state="failed", attempts=3, doubtful=False, made_at=NOW,
            error_code="mail.refused",
        )  # fmt: skip
        session.add(mail)
        session.flush()
        number = mail.id
    (row,) = told(call("sysadmin", "notices", "outbox", "--state", "failed", "--json"))
    assert (row["id"], row["login"]) == (str(number), "receiver")
    assert call("receiver", "notices", "outbox")[0] == 3
    assert call("receiver", "notices", "send-again", number)[0] == 3
    assert call("sysadmin", "notices", "send-again", number)[0] == 0
    assert call("sysadmin", "notices", "send-again", number)[0] == 3
    assert told(call("sysadmin", "notices", "outbox", "--state", "failed", "--json")) == []


def test_a_copy_is_issued_as_the_page_does(
    database: Database, store: FileStore, settings: Settings, call: Call
) -> None:
    """By whoever may, of pages of that file; the same request issues one; the code on the paper is valid."""
    with database.unit_of_work() as session:
        records.person(session, "keeper")
        records.person(session, "clerk", roles=(Role.STAFF,))
        case = records.case(session)
        paper = records.item(session, case, pages=[stored_page(store, "用电登记表", 1)])
        account, number = case.household.account_no, paper.item_no
    out = settings.home / "copy.pdf"
    asked = ("copies", "issue", account, f"{number}:1", "--purpose", "lawsuit", "--receiver", "某法院", "--out", out)
    assert call("clerk", *asked)[0] == 3
    assert call("keeper", "copies", "issue", account, "99:1", *asked[4:])[0] == 4
    assert call("keeper", "copies", "issue", account, "first", *asked[4:])[0] == 2
    assert not out.exists()
    (made,) = told(call("keeper", *asked, "--request", "k" * 32, "--json"))
    (again,) = told(call("keeper", *asked, "--request", "k" * 32, "--json"))
    assert made == again
    assert hashlib.sha256(out.read_bytes()).hexdigest() == made["sha256"]
    found = re.search(r"(?:[0-9A-Z]{5}-){3}[0-9A-Z]{5}", pypdf.PdfReader(out).pages[0].extract_text())
    assert found
    assert told(call("clerk", "copies", "check", found.group(), "--json"))[0]["state"] == "valid"
    with database.reading() as session:
        trail = session.scalars(select(AuditEntry.did).where(AuditEntry.object_kind == "copy")).all()
        assert trail == ["copy.issued", "copy.downloaded", "copy.downloaded"]


def test_who_asks_for_unknown_codes_has_to_wait(
    database: Database, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each account by itself, and after the wait no longer; a refusal says nothing of the code."""
    with database.unit_of_work() as session:
        records.person(session, "clerk", roles=(Role.STAFF,))
        records.person(session, "other", roles=(Role.STAFF,))
    monkeypatch.setenv("ARCHIVE_SIGN_IN_ADDRESS_ATTEMPTS", "2")
    load.cache_clear()
    for _ in range(2):
        assert call("clerk", "copies", "check", copy_rules.new_code())[0] == 0
    code, out, err = call("clerk", "copies", "check", copy_rules.new_code())
    assert (code, out) == (3, "")
    assert "次数太多" in err
    assert call("other", "copies", "check", copy_rules.new_code())[0] == 0
    with database.unit_of_work() as session:
        by = viewer_by_login(session, "clerk")
        assert by is not None
        later = clock.now() + timedelta(minutes=16)
        answer = copying.check_code(session, by, copy_rules.new_code(), failures=2, minutes=15, now=later)
        assert answer.state == "unknown"
        assert session.scalar(select(func.count()).where(AuditEntry.did == "copy.unknown-code")) == 4
