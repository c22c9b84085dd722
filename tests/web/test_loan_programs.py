"""Borrowing, rooms, notices and copies for programs: from asking to the register, with the rights of the pages."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import timedelta

import pytest

from archive_service import clock
from archive_service.borrowing.tables import PaperLoan
from archive_service.notices.tables import NoticeMail
from archive_service.people.tables import Person
from tests.support.records import NOW
from tests.web.conftest import World
from tests.web.programs import Program, program

#: The queries under these doors are tested on each database with their packages.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def staff_program(world: World) -> Iterator[Program]:
    with program(world, "staff") as one:
        yield one


@pytest.fixture
def archivist(world: World) -> Iterator[Program]:
    with program(world, "archivist") as one:
        yield one


def line(world: World, **said: object) -> dict[str, object]:
    """The first paper of centre A, unless said otherwise."""
    return {"account_no": world.near.account_no, "item_nos": [1], "way": "screen", "days": 1, **said}


def test_what_is_asked_for_is_decided_read_and_on_record(
    world: World, staff_program: Program, archivist: Program
) -> None:
    """Once for one key; by somebody else; the picture only while the reading lasts."""
    said = {"purpose": "legal", "words": "应诉取证", "lines": [line(world, unmasked=True)]}
    assert staff_program.done("/loans/preview", **said)["lines"][0]["pages"] == 1
    key = {"Idempotency-Key": "loan-0001"}
    made = [staff_program.post("/api/v1/loans/requests", json=said, headers=key) for _ in range(2)]
    assert made[0].status_code == 201, made[0].text
    assert made[0].json() == made[1].json()
    (asked,) = made[0].json()["lines"]
    wish, item = asked["wish"], asked["papers"][0]["item"]
    reason = {"code": "decides", "rule": "BR08", "level": "archivist", "sentence": asked["why"]}
    assert (asked["because"], asked["may_decide"]["reasons"]) == (reason, [reason])
    assert asked["may_decide"]["why"] == ["本单位的档案（规则 BR08），由档案员决定。"]
    assert staff_program.refused(f"/loans/wishes/{wish}/decide", approve=True)[0] in (403, 409)
    assert staff_program.get(f"/api/v1/readings/{item}/pages/1/image").status_code == 403
    decided = archivist.done(f"/loans/wishes/{wish}/decide", approve=True, words="仅限本案")
    assert decided["lines"][0]["outcome"] == "approved"
    own = staff_program.told("/loans/requests")["lines"][0]
    assert (own["wish"], own["item"]) == (wish, item)
    picture = staff_program.get(f"/api/v1/readings/{item}/pages/1/image")
    assert picture.headers["content-type"] == "image/jpeg"
    assert archivist.told("/loans/pages")["lines"][0]["account_no"] == world.near.account_no
    assert staff_program.done(f"/loans/grants/{own['grant']}/end")["why"] == "given-back"
    assert staff_program.get(f"/api/v1/readings/{item}/pages/1/image").status_code == 403


def test_why_it_is_they_who_decide_is_told_in_the_language_of_who_asks(world: World, staff_program: Program) -> None:
    staff_program.submit("/me/preferences", name="language", value="en", next="/")
    said = {"purpose": "legal", "words": "court", "lines": [line(world)]}
    deciders = staff_program.done("/loans/preview", **said)["lines"][0]["deciders"]
    assert deciders["level_title"] == "Archivist"
    assert deciders["why"] == ["files of the own unit (rule BR08); who decides: Archivist."]
    assert [one["code"] for one in deciders["reasons"]] == ["decides"]
    levels = staff_program.told("/loans/matrix")["levels"]
    assert {one["code"]: one["title"] for one in levels}["leader"] == "Company leader"


def test_the_basket_holds_what_is_asked_for_later(world: World, staff_program: Program) -> None:
    key = f"{world.near.account_no}||1"
    assert staff_program.done("/loans/basket", lines=[key])["lines"] == [key]
    assert staff_program.refused("/loans/basket", lines=["|"]) == (422, "loan.line")
    left = staff_program.delete(f"/api/v1/loans/basket/{key}")
    assert (left.status_code, left.json()["lines"]) == (200, [])


def test_a_letter_goes_along_and_comes_back_as_it_was(world: World, staff_program: Program) -> None:
    line = {"account_no": world.near.account_no}
    said = json.dumps({"purpose": "legal", "words": "应诉", "on_behalf_of": "某法院", "lines": [line]})
    files = {"letter": ("公函.pdf", b"%PDF-1.4 letter of a court", "application/pdf")}
    made = staff_program.post("/api/v1/loans/requests/with-letter", data={"request": said}, files=files)
    assert made.status_code == 201, made.text
    address = f"/api/v1/loans/requests/{made.json()['request']}/letter"
    assert staff_program.get(address).content == b"%PDF-1.4 letter of a court"
    bad = staff_program.post("/api/v1/loans/requests/with-letter", data={"request": "{"}, files=files)
    assert (bad.status_code, bad.json()["code"]) == (422, "loan.request-text")


def test_a_letter_of_more_than_a_megabyte_goes_along_whole(world: World, staff_program: Program) -> None:
    """Past the size up to which an upload stays in memory."""
    line = {"account_no": world.near.account_no}
    said = json.dumps({"purpose": "legal", "words": "应诉", "on_behalf_of": "某法院", "lines": [line]})
    letter = b"%PDF-1.4 " + random.Random(8).randbytes(1_500_000)
    files = {"letter": ("公函.pdf", letter, "application/pdf")}
    made = staff_program.post("/api/v1/loans/requests/with-letter", data={"request": said}, files=files)
    assert made.status_code == 201, made.text
    assert staff_program.get(f"/api/v1/loans/requests/{made.json()['request']}/letter").content == letter


def test_the_register_is_narrowed_to_what_is_overdue(world: World, archivist: Program) -> None:
    """From the day after it was due; the day itself is still in time."""
    for late in (0, 1):
        with world.services.database.unit_of_work() as session:
            due = session.get_one(PaperLoan, world.near.loan).due_on = clock.today() - timedelta(days=late)
        lines = archivist.told("/loans/register", overdue=True)["lines"]
        assert [(one["loan"], one["due_on"]) for one in lines] == [(str(world.near.loan), due.isoformat())] * late
    assert len(archivist.told("/loans/register")["lines"]) > 1


def test_a_wrong_reading_is_struck_out_and_its_moment_written_down_again(world: World, archivist: Program) -> None:
    """It stays to be seen; a second strike is refused; another unit's room is as if it were not there."""
    room = f"/rooms/places/{world.near.room}/climate"
    first = {"temperature": 20.5, "humidity": 95, "measured_at": "2026-11-01T01:00:00Z"}
    wrong = archivist.done(room, **first)
    assert archivist.refused(room, **first) == (409, "climate.there-already")
    strike = f"{room}/{wrong['reading']}/strike"
    assert archivist.refused(strike, reason="") == (422, "room.reason")
    assert archivist.done(strike, reason="抄错了一位")["struck"] == "抄错了一位"
    assert archivist.refused(strike, reason="再划") == (409, "climate.struck")
    again = archivist.done(room, **{**first, "humidity": 45})
    shown = archivist.told(room)["readings"]
    assert [(one["reading"], one["struck"]) for one in shown] == [
        (again["reading"], None),
        (wrong["reading"], "抄错了一位"),
    ]
    far = f"/rooms/places/{world.far.room}/climate/{wrong['reading']}/strike"
    assert archivist.refused(far, reason="别处的")[0] == 404


def test_a_count_is_opened_scanned_and_closed(world: World, archivist: Program) -> None:
    address = f"/rooms/stocktakes/{world.near.stocktake}"
    assert archivist.done(f"{address}/scan", code="parcel-1")["unknown"] == "room.unknown-code"
    before = archivist.told(address)
    assert (before["results"]["missing"], before["results"]["unknown"]) == (1, 1)
    assert archivist.refused(f"{address}/close", watched_by="王五") == (422, "stocktake.reason")
    assert archivist.done(f"{address}/close", reason="待查", watched_by="王五")["state"] == "closed"


def test_a_failed_mail_is_owed_once_more(world: World) -> None:
    """By who keeps the program running; not a second time while it waits."""
    with world.services.database.unit_of_work() as session:
        mail = NoticeMail(
            person_id=world.near.person, kind="loan-asked", state="failed", attempts=3, doubtful=False, made_at=NOW,
            error_code="mail.refused",
        )  # fmt: skip
        session.add(mail)
        session.flush()
        address = f"/notices/mails/{mail.id}/send-again"
    with program(world, "archivist") as other:
        assert other.refused(address)[0] == 403
    with program(world, "sysadmin") as keeper:
        assert keeper.refused(address) == (409, "mail.no-address")
        with world.services.database.unit_of_work() as session:
            session.get_one(Person, world.near.person).email = "a@archive.test"
        assert keeper.done(address)["state"] == "waiting"
        assert keeper.refused(address) == (409, "mail.not-failed")
