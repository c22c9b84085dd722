"""What attackers try at the door, and what a careless client does by accident."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import anyio
import pytest
from starlette.types import Message, Receive, Scope, Send

from archive_service import clock
from archive_service.people import queries as people
from archive_service.people import sign_in
from archive_service.web import door, errors, guard
from archive_service.web.app import create_app
from archive_service.web.services import Services
from tests.support import records
from tests.web.conftest import Browser, World


def token_of(world: World, login: str) -> str:
    """A bearer token of a person."""
    now = clock.now()
    with world.services.database.unit_of_work() as session:
        viewer = people.viewer_by_login(session, login)
        assert viewer is not None
        return sign_in.issue_token(session, by=viewer, label="n", expires_at=now + timedelta(days=1), now=now)[0]


@pytest.mark.parametrize("origin", ["http://[", "http://[::1", "x", ""])
def test_an_origin_that_is_no_address_is_foreign_and_no_fault(browser: Browser, origin: str) -> None:
    answer = browser.post("/me/preferences", data={"token": "x"}, headers={"Origin": origin})
    assert answer.status_code == 403
    assert "request.foreign" in answer.text


def test_a_programs_token_opens_no_pages_and_a_session_is_no_token(world: World, anonymous: Browser) -> None:
    token = token_of(world, "archivist")
    bearer = {"Authorization": f"Bearer {token}"}
    assert anonymous.get("/api/v1/cases", headers=bearer).status_code == 200
    anonymous.cookies.set("archive_session", token)
    assert anonymous.get("/cases").headers["location"].startswith("/sign-in")
    assert anonymous.get("/api/v1/cases").status_code == 401
    anonymous.cookies.clear()
    anonymous.sign_in("archivist")
    session = anonymous.cookies["archive_session"]
    anonymous.cookies.clear()
    assert anonymous.get("/api/v1/cases", headers={"Authorization": f"Bearer {session}"}).status_code == 401


def test_an_address_names_all_its_methods_when_it_refuses_one(browser: Browser) -> None:
    answer = browser.delete("/api/v1/scans")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, POST"
    assert answer.json()["title"] == "没有执行"
    assert browser.get("/sign-out").headers["allow"] == "POST"


def test_a_balancer_may_ask_for_the_head_of_the_health_pages(anonymous: Browser) -> None:
    for address in ("/healthz", "/readyz"):
        assert anonymous.head(address).status_code == 200


@pytest.mark.parametrize(
    "address", ["/search?q=%00", "/cases?q=a%00b", "/scans?q=%00", "/households/51%0000", "/api/v1/cases?q=%00"]
)
def test_an_address_with_a_nul_names_nothing(browser: Browser, address: str) -> None:
    """PostgreSQL takes no NUL in text, so none may reach a query."""
    assert browser.get(address).status_code == 404


def test_a_nul_in_a_form_is_left_out(anonymous: Browser) -> None:
    assert anonymous.post("/sign-in", data={"login": "a\0b", "password": "x"}).status_code == 401
    signed_in = anonymous.sign_in("archivist")
    assert signed_in.submit("/me/preferences", name="the\0me", value="dark", next="/me").headers["location"] == "/me"


def test_too_many_files_in_one_form_are_refused_with_the_limit(world: World, browser: Browser) -> None:
    files = [("files", (f"{n}.pdf", b"x", "application/pdf")) for n in range(1001)]
    answer = browser.post("/intake", data={"token": browser.token}, files=files)
    assert answer.status_code == 422
    assert "1000" in answer.text
    assert browser.get("/api/v1/scans").json()["total"] == 1


def test_an_upload_that_stands_still_is_given_up(monkeypatch: pytest.MonkeyPatch, world: World) -> None:
    monkeypatch.setattr(guard, "STALLED_S", 0.05)
    sent: list[Message] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        while True:
            await receive()

    async def silent() -> Message:
        if not sent and not told:
            told.append(True)
            return {"type": "http.request", "body": b"x", "more_body": True}
        await anyio.sleep(30)
        raise AssertionError

    async def send(message: Message) -> None:
        sent.append(message)

    told: list[bool] = []
    ring = guard.Guard(app, answer=errors.by_code, max_upload_bytes=100, tls=False)
    scope = {
        "type": "http", "method": "POST", "path": "/intake", "query_string": b"", "headers": [(b"cookie", b"a=b")],
        "app": world.app,
    }  # fmt: skip
    anyio.run(ring, scope, silent, send)
    assert sent[0]["status"] == 408
    assert ring._uploads == 0


def test_who_hangs_up_in_the_middle_of_a_form_is_no_fault(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """A page that is closed sends the head of its last word, and the rest no more."""
    sent: list[Message] = []

    async def hung_up() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {
        "type": "http", "method": "POST", "path": "/sign-in", "query_string": b"", "client": ("testclient", 4711),
        "headers": [(b"content-type", b"application/x-www-form-urlencoded"), (b"content-length", b"9")],
        "app": world.app, "scheme": "http", "server": ("archive.test", 80), "http_version": "1.1",
    }  # fmt: skip
    with caplog.at_level("WARNING"):
        anyio.run(world.app, scope, hung_up, send)
    assert sent == []
    assert caplog.records == []


@pytest.fixture
def strict(world: World) -> Iterator[Browser]:
    """A browser at a door that takes three wrong passwords from one address."""
    settings = world.services.settings.model_copy(update={"sign_in_address_attempts": 3})
    app = create_app(Services(settings, world.services.database, world.services.store, world.services.index))
    with Browser(app, base_url="http://archive.test", follow_redirects=False) as browser:
        yield browser


def test_one_address_cannot_try_passwords_on_many_logins(strict: Browser) -> None:
    for n in range(3):
        assert strict.post("/sign-in", data={"login": f"u{n}", "password": "x"}).status_code == 401
    refused = strict.post("/sign-in", data={"login": "archivist", "password": records.PASSWORD})
    assert refused.status_code == 429
    assert 0 < int(refused.headers["retry-after"]) <= 15 * 60
    assert "没有尝试登录" in refused.text
    assert "set-cookie" not in refused.headers


def test_an_address_may_try_again_after_a_while() -> None:
    async def walk() -> None:
        now = clock.now()
        gate = door.Door(failures=2, minutes=15)
        # Hosts of one network have many IPv6 addresses each.
        for address in ("2001:db8::1", "2001:db8::2"):
            gate.count_failure(address, now)
        with pytest.raises(door.ComeAgain):
            async with gate.turn("2001:db8::3", now + timedelta(minutes=14)):
                raise AssertionError
        async with gate.turn("2001:db8::3", now + timedelta(minutes=16)):
            pass
        async with gate.turn("10.0.0.1", now):
            pass

    anyio.run(walk)


def test_few_passwords_are_tried_at_once_and_few_may_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "WAITING", 3)
    inside, most, refused = 0, 0, 0

    async def enter(gate: door.Door) -> None:
        nonlocal inside, most, refused
        try:
            async with gate.turn("10.0.0.1", clock.now()):
                inside += 1
                most = max(most, inside)
                await anyio.sleep(0.01)
                inside -= 1
        except door.ComeAgain:
            refused += 1

    async def walk() -> None:
        gate = door.Door(failures=0, minutes=15)
        async with anyio.create_task_group() as tasks:
            for _ in range(20):
                tasks.start_soon(enter, gate)

    anyio.run(walk)
    assert most == door.AT_ONCE
    assert refused > 0


def test_a_wrong_password_does_not_lose_the_page_that_was_wanted(anonymous: Browser) -> None:
    form = {"login": "archivist", "password": "wrong", "next": "/cases?due=overdue"}
    page = anonymous.post("/sign-in", data=form).text
    assert 'name="next" value="/cases?due=overdue"' in page


def test_the_interface_describes_its_refusals_as_they_are(world: World, browser: Browser) -> None:
    document = browser.get("/api/v1/openapi.json").json()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            assert {"401", "403", "404", "422", "default"} <= set(operation["responses"]), (method, path)
            assert list(operation["responses"]["422"]["content"]) == ["application/problem+json"], (method, path)
    wanted = document["components"]["schemas"]["ProblemDetails"]
    assert "HTTPValidationError" not in document["components"]["schemas"]
    for address in ("/api/v1/cases?limit=0", "/api/v1/items/999999", "/api/v1/cases?after=x"):
        told = browser.get(address).json()
        assert set(wanted["required"]) <= set(told) <= set(wanted["properties"]), address


def test_a_day_is_a_day_and_no_number_of_seconds(browser: Browser) -> None:
    for address in ("/api/v1/search?from=0", "/api/v1/search?to=1e9", "/api/v1/cases?due_before=1700000000"):
        assert browser.get(address).status_code == 422, address
    assert browser.get("/api/v1/cases?due_before=2026-11-23").status_code == 200
    assert browser.get("/api/v1/search?from=2026-01-01&to=2026-12-31").status_code == 200
