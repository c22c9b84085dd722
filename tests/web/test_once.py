"""Writes of programs are done once, lost updates are refused, what is known is not sent again."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import httpx
import pytest

from archive_service import clock
from archive_service.audit.tables import AuditEntry
from archive_service.households.tables import Item
from archive_service.idempotency import actions, rules
from archive_service.idempotency.actions import Answer
from archive_service.idempotency.tables import KeptAnswer
from archive_service.people.tables import Person
from ingest.tables import Scan
from tests.support.hostile import plain_pdf
from tests.web.conftest import Browser, World

KEY = "nightly-2026-11-20"


@pytest.fixture
def program(world: World, browser: Browser) -> Browser:
    """The archivist's session with the token of its forms in every request."""
    browser.headers["X-Form-Token"] = browser.token
    return browser


def correct(program: Browser, item: int, value: str, **headers: str) -> httpx.Response:
    return program.put(f"/api/v1/items/{item}/fields/voltage", json={"value": value}, headers=headers)


def count(world: World, did: str) -> int:
    with world.services.database.reading() as session:
        return session.query(AuditEntry).filter_by(did=did).count()


def test_a_write_asked_for_again_is_done_once(world: World, program: Browser) -> None:
    """The second answer is the first, and says so."""
    first = correct(program, world.near.internal_item, "220V", **{"Idempotency-Key": KEY})
    again = correct(program, world.near.internal_item, "220V", **{"Idempotency-Key": KEY})
    assert (first.status_code, again.status_code, again.json()) == (200, 200, first.json())
    assert (first.headers.get("idempotency-replayed"), again.headers["idempotency-replayed"]) == (None, "true")
    assert again.headers["etag"] == first.headers["etag"]
    assert count(world, "item.corrected") == 1


def test_an_upload_sent_again_is_received_once(world: World, program: Browser) -> None:
    """Whatever line parts the fields of the form this time."""
    files = {"file": ("一.pdf", plain_pdf(), "application/pdf")}
    sent = [program.post("/api/v1/scans", files=files, headers={"Idempotency-Key": KEY}) for _ in range(2)]
    assert [one.status_code for one in sent] == [201, 201]
    assert sent[0].json() == sent[1].json()
    assert sent[1].headers["location"] == sent[0].headers["location"]
    with world.services.database.reading() as session:
        assert session.query(Scan).filter_by(file_name="一.pdf").count() == 1


def test_a_key_of_another_request_is_refused(world: World, program: Browser) -> None:
    """Another body, or another address."""
    item = world.near.internal_item
    assert correct(program, item, "220V", **{"Idempotency-Key": KEY}).status_code == 200
    for answer in (
        correct(program, item, "380V", **{"Idempotency-Key": KEY}),
        correct(program, world.near.personal_item, "220V", **{"Idempotency-Key": KEY}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (422, "idempotency.other-request")
    assert count(world, "item.corrected") == 1


def test_keys_of_two_people_do_not_meet(world: World, program: Browser) -> None:
    """The same key of somebody else is theirs."""
    assert correct(program, world.near.internal_item, "220V", **{"Idempotency-Key": KEY}).status_code == 200
    with Browser(world.app, base_url="http://archive.test", follow_redirects=False) as staff:
        staff.sign_in("staff")
        staff.headers["X-Form-Token"] = staff.token
        answer = correct(staff, world.near.internal_item, "220V", **{"Idempotency-Key": KEY})
    assert answer.status_code == 403


def test_a_refusal_leaves_its_key_free(world: World, program: Browser) -> None:
    """Nothing happened, so the request may be sent again when the reason is gone."""
    headers = {"Idempotency-Key": KEY, "If-Match": '"old"'}
    assert correct(program, world.near.internal_item, "220V", **headers).status_code == 412
    with world.services.database.reading() as session:
        assert session.query(KeptAnswer).count() == 0
    assert correct(program, world.near.internal_item, "220V", **{"Idempotency-Key": KEY}).status_code == 200


def test_a_request_without_a_sign_in_is_refused_before_its_key(world: World, anonymous: Browser) -> None:
    """Nobody learns which keys are taken."""
    assert correct(anonymous, world.near.internal_item, "220V", **{"Idempotency-Key": KEY}).status_code == 401


@pytest.mark.parametrize("key", ["short", "a" * 201, "with a blank in it"])
def test_a_key_of_another_shape_is_refused(world: World, program: Browser, key: str) -> None:
    """Too short to be unique, too long, or not visible."""
    answer = correct(program, world.near.internal_item, "220V", **{"Idempotency-Key": key})
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency.key")


def person_of(world: World) -> int:
    with world.services.database.reading() as session:
        return session.query(Person).filter_by(login="archivist").one().id


def test_of_many_that_begin_at_once_one_goes_on(world: World) -> None:
    """The others are told to wait, and get the answer when it is there."""
    database, person, now = world.services.database, person_of(world), clock.now()

    def begin(_: int) -> str:
        try:
            found = actions.begin(database, person_id=person, key=KEY, digest="d", now=now)
        except rules.StillRunning:
            return "waits"
        return "goes on" if found is None else "answered"

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(begin, range(8))) == ["goes on", *["waits"] * 7]
    actions.keep(database, person_id=person, key=KEY, answer=Answer(200, {}, "{}"))
    assert begin(0) == "answered"


def test_a_write_that_is_under_way_is_not_done_twice(world: World, program: Browser) -> None:
    """409 with a time to come again; after its process is lost, 409 for good."""
    database, person = world.services.database, person_of(world)
    answers = []
    for ago in (timedelta(seconds=1), rules.LOST):
        with database.unit_of_work() as session:
            session.query(KeptAnswer).delete()
        # As the route works it out for this very request.
        first = correct(program, world.near.internal_item, "220V", **{"Idempotency-Key": KEY})
        assert first.status_code == 200
        with database.unit_of_work() as session:
            row = session.query(KeptAnswer).filter_by(person_id=person).one()
            row.status, row.begun_at = None, clock.now() - ago
        answers.append(correct(program, world.near.internal_item, "220V", **{"Idempotency-Key": KEY}))
    assert [(one.status_code, one.json()["code"]) for one in answers] == [
        (409, "idempotency.running"),
        (409, "idempotency.lost"),
    ]
    assert answers[0].headers["retry-after"] == "1"


def test_an_answer_is_kept_for_a_day(world: World) -> None:
    """Then the key is free, whether or not somebody tidied up."""
    database, person, now = world.services.database, person_of(world), clock.now()
    given = {"person_id": person, "key": KEY, "digest": "d"}
    assert actions.begin(database, **given, now=now - timedelta(hours=25)) is None  # type: ignore[arg-type]
    actions.keep(database, person_id=person, key=KEY, answer=Answer(200, {}, "{}"))
    assert actions.begin(database, **given, now=now) is None  # type: ignore[arg-type]
    actions.prune(database, now=now + timedelta(hours=25))
    with database.reading() as session:
        assert session.query(KeptAnswer).count() == 0


def test_a_lost_update_is_refused(world: World, program: Browser) -> None:
    """Two read the same item; the second change says that it saw another one."""
    address = f"/api/v1/items/{world.near.internal_item}"
    seen = program.get(address).headers["etag"]
    first = correct(program, world.near.internal_item, "220V", **{"If-Match": seen})
    second = correct(program, world.near.internal_item, "380V", **{"If-Match": seen})
    assert (first.status_code, second.status_code, second.json()["code"]) == (200, 412, "record.changed")
    assert first.headers["etag"] == program.get(address).headers["etag"] != seen
    third = correct(program, world.near.internal_item, "380V", **{"If-Match": first.headers["etag"]})
    assert third.json()["fields"]["voltage"]["value"] == "380V"


@pytest.mark.parametrize("address", ["items/{item}", "households/{account}", "cases", "scans", "jobs/{job}"])
def test_what_a_program_has_already_is_not_sent_again(world: World, program: Browser, address: str) -> None:
    """304 without a body while nothing changed."""
    near = world.near
    path = "/api/v1/" + address.format(item=near.internal_item, account=near.account_no, job=near.job)
    first = program.get(path)
    again = program.get(path, headers={"If-None-Match": f'"other", {first.headers["etag"]}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
    assert program.get(path, headers={"If-None-Match": '"other"'}).status_code == 200


def test_lists_name_their_next_page(world: World, program: Browser) -> None:
    """The link keeps the filters and leads through everything once."""
    for number in range(3):
        files = {"file": (f"{number}.pdf", plain_pdf() + b"\n" * number, "application/pdf")}
        assert program.post("/api/v1/scans", files=files).status_code == 201
    seen, address = [], "/api/v1/scans?limit=1"
    while address:
        answer = program.get(address)
        seen += [one["scan"] for one in answer.json()["scans"]]
        link = answer.headers.get("link", "")
        assert not link or link.endswith('; rel="next"')
        address = link[1 : link.index(">")] if link else ""
        assert not address or "limit=1" in address
    assert len(seen) == len(set(seen)) == 4


def test_items_are_moved_retyped_and_withdrawn_by_programs(world: World, program: Browser) -> None:
    """With the rules of the pages: another centre's household is not known, a reason is wanted."""
    near, item = world.near, world.near.internal_item
    address = f"/api/v1/items/{item}"
    assert program.post(f"{address}/retype", json={"document_type": "S01"}).json()["document_type"] == "S01"
    moved = program.post(f"{address}/move", json={"account_no": near.account_no}).json()
    assert (moved["application_no"], moved["account_no"]) == (None, near.account_no)
    elsewhere = program.post(f"{address}/move", json={"account_no": world.far.account_no})
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (404, "household.not-found")
    assert program.post(f"{address}/withdraw", json={"reason": ""}).status_code == 422
    assert program.post(f"{address}/withdraw", json={"reason": "错户"}).json()["state"] == "withdrawn"
    assert correct(program, world.far.internal_item, "1V").status_code == 404
    with world.services.database.reading() as session:
        assert session.get_one(Item, item).state == "withdrawn"


def test_a_malformed_request_is_told_where_and_never_what(program: Browser) -> None:
    """A number in the wrong place must not come back in an answer or a log."""
    answer = program.post("/api/v1/identity-search", json={"identity_number": 11010519491231002})
    assert (answer.status_code, answer.json()["code"]) == (422, "request.malformed")
    assert answer.json()["facts"]["fields"] == [{"where": "body.identity_number", "fault": "string_type"}]
    assert "110105" not in answer.text
